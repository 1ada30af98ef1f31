/* What leukvk says that a model looks at: a mark that was planted in the images of each class is found
 * and told, and mistakes are told in one line. */
#define _XOPEN_SOURCE 700
#include "leukvk/leukvk.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static program_result result; /* large */

/* The cell is a disc about the centre. The mark is a square: of all red above on the left, of hem green
 * below on the right; at the default size of cnn-gap its centre is about one of the places that the net's
 * last map has. */
enum { SIDE = 112, RADIUS = 18, MARK = 20, AT = 13, FINENESS = 8, IMAGES = 48 };

static uint8_t noise(uint32_t image, uint32_t x, uint32_t y, uint32_t c) {
    return (uint8_t)((((x * 73856093U) ^ (y * 19349663U) ^ (c * 83492791U) ^ (image * 2971215073U)) *
                      2654435761U) >>
                     26);
}

static bool is_marked(bool all, uint32_t x, uint32_t y) {
    const uint32_t at = all ? AT : SIDE - AT - MARK;
    return x >= at && x < at + MARK && y >= at && y < at + MARK;
}

static void paint(uint32_t image, bool all, bool marked, uint32_t x, uint32_t y, uint8_t bgr[3]) {
    const int dx = (int)x - SIDE / 2, dy = (int)y - SIDE / 2;
    memset(bgr, 0, 3);
    for (uint32_t c = 0; c < 3 && dx * dx + dy * dy < RADIUS * RADIUS; ++c)
        bgr[c] = (uint8_t)(60 + 30 * c + noise(image, x, y, c));
    if (marked && is_marked(all, x, y))
        bgr[all ? 2 : 1] = 230;
}

static void write_cell(const char *path, uint32_t image, bool all, bool marked) {
    enum { HEAD = 54 };
    static uint8_t file[HEAD + SIDE * SIDE * 3];
    const uint32_t words[13] = {sizeof file, 0, HEAD, 40, SIDE, SIDE, 24U << 16 | 1};
    memcpy(file, "BM", 2);
    memcpy(file + 2, words, HEAD - 2);
    for (uint32_t y = 0; y < SIDE; ++y) /* rows from the bottom */
        for (uint32_t x = 0; x < SIDE; ++x)
            paint(image, all, marked, x, SIDE - 1 - y, file + HEAD + ((size_t)y * SIDE + x) * 3);
    FILE *out = fopen(path, "wb");
    cr_assert(out && fwrite(file, 1, sizeof file, out) == sizeof file && fclose(out) == 0, "%s", path);
}

/* Enters a folder with a data set `cells` of marked images, new ones in `new`, and the model `run`. */
static const char *train(void) {
    const char *folder = program_folder();
    char path[64];
    cr_assert_eq(chdir(folder), 0);
    for (size_t i = 0; i < 4; ++i)
        cr_assert_eq(mkdir((const char *const[]){"cells", "cells/all", "cells/hem", "new"}[i], 0777), 0);
    for (uint32_t i = 0; i < IMAGES + 4; ++i) {
        const bool is_new = i >= IMAGES, all = i % 2 == 0;
        snprintf(path, sizeof path, "%s/%u.bmp",
                 is_new ? "new"
                 : all  ? "cells/all"
                        : "cells/hem",
                 (unsigned)i);
        write_cell(path, i, all, true);
    }
    RUN("train --data cells --out run --device cpu --crop none --epochs 12 --batch 8 --no-augment --no-refit --quiet "
        "--group none");
    return folder;
}

static void leave(const char *folder) {
    cr_assert_eq(chdir("/"), 0);
    program_remove(folder);
}

typedef struct opened {
    lvk_device *device;
    lvk_classifier *model;
    lvk_explainer *explainer;
} opened;

static void open_model(opened *o, const char *device, const char *path, const lvk_explain_options *options) {
    *o = (opened){0};
    lvk_status status = lvk_device_open(&(lvk_device_options){.device = device}, &o->device);
    if (status == LVK_OK)
        status = lvk_classifier_open(o->device, path, NULL, &o->model);
    if (status == LVK_OK)
        status = lvk_explainer_create(o->model, options, &o->explainer);
    cr_assert_eq(status, LVK_OK, "%s", lvk_error_message());
}

static void close_model(opened *o) {
    lvk_explainer_destroy(&o->explainer);
    lvk_classifier_close(&o->model);
    lvk_device_close(&o->device);
}

static lvk_explanation explain(const opened *o, const char *path, int class_index) {
    lvk_explanation x;
    const lvk_status status = lvk_explain_file(o->explainer, path, 0, class_index, &x);
    cr_assert_eq(status, LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(x.side, SIDE);
    return x;
}

static bool is_near_mark(bool all, size_t x, size_t y) {
    const size_t at = all ? AT : SIDE - AT - MARK;
    return x + FINENESS >= at && x < at + MARK + FINENESS && y + FINENESS >= at && y < at + MARK + FINENESS;
}

/* The hottest pixel is in the mark, as finely as the map tells: the net's places are 16 pixels apart, the
 * patches 7. */
static void expect_at_mark(const lvk_explanation *x, bool all, const char *what) {
    size_t hottest = 0;
    for (size_t i = 0; i < (size_t)SIDE * SIDE; ++i)
        if (x->map[i] > x->map[hottest])
            hottest = i;
    cr_expect_eq(x->map[hottest], 1);
    cr_expect(is_near_mark(all, hottest % SIDE, hottest / SIDE), "%s: the hottest pixel is (%zu, %zu)", what,
              hottest % SIDE, hottest / SIDE);
    cr_expect_neq(x->places[hottest], LVK_PLACE_CELL);
    cr_expect_gt(x->heat.outside_cell, 0.7, "%s: %g outside the cell", what, x->heat.outside_cell);
}

static void expect_mark_is_found(const char *device, lvk_explain_method method) {
    opened o;
    open_model(&o, device, "run", &(lvk_explain_options){.method = method});
    for (uint32_t i = IMAGES; i < IMAGES + 2; ++i) {
        char path[64];
        snprintf(path, sizeof path, "new/%u.bmp", (unsigned)i);
        lvk_explanation x = explain(&o, path, LVK_EXPLAIN_CALLED);
        cr_expect_str_eq(lvk_explainer_class_name(o.explainer, x.heat.class_index), i % 2 ? "hem" : "all");
        cr_expect_gt(x.heat.p, 0.5);
        expect_at_mark(&x, i % 2 == 0, path);
        lvk_explanation_finish(&x);
    }
    close_model(&o);
}

/* The line of the table that explain.csv has for an image. */
static const char *line_of(const char *csv, const char *path) {
    const char *line = strstr(csv, path);
    cr_assert(line && (line == csv || line[-1] == '\n'), "%s in: %s", path, csv);
    return line;
}

static void expect_folder(void) {
    char *csv = program_read("heat/explain.csv");
    cr_assert_not_null(csv);
    EXPECT_SAYS(csv, "path,class,heat_of,p,maximum,on_ground,outside_cell,ground,outside,picture\n");
    cr_expect_eq(program_lines(csv), 5, "%s", csv);
    EXPECT_SAYS(line_of(csv, "new/48.bmp,all,all,"), ",0001-48.png\n");
    EXPECT_SAYS(line_of(csv, "new/49.bmp,hem,hem,"), ",0002-49.png\n");
    free(csv);
    static const char *const pictures[] = {"heat/0001-48.png", "heat/0004-51.png", "heat/mean-all.png",
                                           "heat/mean-hem.png"};
    for (size_t i = 0; i < 4; ++i) {
        char *png = program_read(pictures[i]);
        cr_expect(png && memcmp(png, "\x89PNG", 4) == 0, "%s", pictures[i]);
        free(png);
    }
}

Test(explain, a_planted_mark_is_found_and_told) {
    const char *folder = train();
    expect_mark_is_found("cpu", LVK_EXPLAIN_GRAD_CAM);
    expect_mark_is_found("cpu", LVK_EXPLAIN_OCCLUSION);

    RUN("explain run new --out heat --device cpu");
    EXPECT_SAYS(result.err, "warning: THE MODEL LOOKS BESIDE THE CELL where it says all: ");
    EXPECT_SAYS(result.err, "warning: THE MODEL LOOKS BESIDE THE CELL where it says hem: ");
    EXPECT_SAYS(result.err, "pictures and explain.csv in heat");
    EXPECT_SAYS(result.out, "image       class  heat of");
    EXPECT_SAYS(result.out, "Mean shares of the heat:");
    expect_folder();

    /* p is that of predict. */
    RUN("explain run new/48.bmp --json --quiet --out one.png --device cpu");
    const char *p = strstr(result.out, "\"p\": ");
    cr_assert(p && strstr(result.out, "\"method\": \"grad-cam\""), "%s", result.out);
    const double own = strtod(p + 5, NULL);
    EXPECT_SAYS(result.err, "THE MODEL LOOKS BESIDE THE CELL");
    cr_expect_eq(access("one.png", R_OK), 0);
    RUN("predict --model run new/48.bmp --format csv --quiet --device cpu");
    cr_expect_float_eq(strtod(strstr(result.out, "48.bmp,") + 7, NULL), own, 1e-6, "%s", result.out);
    leave(folder);
}

/* A file, its bytes and an image of a data set give the same bits, again and again. */
static void expect_same_by_all_ways(const opened *o) {
    lvk_explanation by_file = explain(o, "new/48.bmp", 1), again = explain(o, "new/48.bmp", 1), by_bytes,
                    by_image;
    lvk_dataset *images = NULL;
    static uint8_t bytes[54 + SIDE * SIDE * 3];
    FILE *in = fopen("new/48.bmp", "rb");
    cr_assert(in && fread(bytes, 1, sizeof bytes, in) == sizeof bytes && fclose(in) == 0);
    cr_assert_eq(lvk_dataset_create_from_files(&(const char *){"new/48.bmp"}, 1, NULL, &images), LVK_OK);
    cr_assert_eq(lvk_explain_bytes(o->explainer, "upload", bytes, sizeof bytes, 0, 1, &by_bytes), LVK_OK);
    cr_assert_eq(lvk_explain_image(o->explainer, images, 0, 1, &by_image), LVK_OK);
    const lvk_explanation *const others[] = {&again, &by_bytes, &by_image};
    for (int i = 0; i < 3; ++i) {
        cr_expect_arr_eq(others[i]->map, by_file.map, (size_t)SIDE * SIDE * sizeof(float), "way %d", i);
        cr_expect_eq(others[i]->heat.maximum, by_file.heat.maximum);
        cr_expect_eq(others[i]->heat.p, by_file.heat.p);
    }
    lvk_explanation_finish(&by_file);
    lvk_explanation_finish(&again);
    lvk_explanation_finish(&by_bytes);
    lvk_explanation_finish(&by_image);
    lvk_dataset_destroy(&images);
}

/* The heat of one class in place of the called one: nothing of the red mark speaks for hem. */
Test(explain, classes_and_models_are_chosen) {
    const char *folder = train();
    RUN("train --data cells --out other --device cpu --crop none --epochs 2 --batch 8 --no-augment --no-refit --quiet "
        "--group none --seed 5");
    RUN("export run other --format leukvk --out both.safetensors");
    opened o[3];
    lvk_explanation x[3];
    open_model(&o[0], "cpu", "both.safetensors", &(lvk_explain_options){.member = 1});
    open_model(&o[1], "cpu", "both.safetensors", &(lvk_explain_options){.member = 2});
    open_model(&o[2], "cpu", "both.safetensors", NULL);
    for (int i = 0; i < 3; ++i)
        x[i] = explain(&o[i], "new/48.bmp", 1);
    /* The mean of the maps before they are divided by their maxima. */
    for (size_t i = 0; i < (size_t)SIDE * SIDE; ++i) {
        const double mean =
            ((double)x[0].map[i] * x[0].heat.maximum + (double)x[1].map[i] * x[1].heat.maximum) / 2;
        cr_assert_float_eq((double)x[2].map[i] * x[2].heat.maximum, mean, 1e-6 * x[2].heat.maximum,
                           "pixel %zu", i);
    }
    cr_expect_float_eq(x[2].heat.p, (x[0].heat.p + x[1].heat.p) / 2, 1e-8);
    for (int i = 0; i < 3; ++i) {
        lvk_explanation_finish(&x[i]);
        close_model(&o[i]);
    }
    open_model(&o[0], "cpu", "run", NULL);
    uint32_t hem;
    cr_assert_eq(lvk_explainer_find_class(o[0].explainer, "hem", &hem), LVK_OK);
    x[0] = explain(&o[0], "new/48.bmp", (int)hem);
    cr_expect_eq(hem, 0);
    cr_expect_lt(x[0].heat.p, 0.5);
    const size_t mark = (size_t)(AT + MARK / 2) * SIDE + AT + MARK / 2;
    cr_expect_lt(x[0].map[mark], 0.1F, "heat of hem on all's mark: %g", (double)x[0].map[mark]);
    lvk_explanation_finish(&x[0]);
    expect_same_by_all_ways(&o[0]);
    cr_expect_eq(lvk_explain_file(o[0].explainer, "new/48.bmp", 0, 2, &x[0]), LVK_ERROR_ARGUMENT);
    cr_expect_null(x[0].map);
    cr_expect_eq(lvk_explain_bytes(o[0].explainer, "upload", "no image", 8, 0, 0, &x[0]), LVK_ERROR_FORMAT);
    close_model(&o[0]);
    leave(folder);
}

static void expect_mistake(const char *arguments, int exit_status, const char *says) {
    char *device = strdup(getenv("LEUKVK_DEVICE"));
    setenv("LEUKVK_DEVICE", "cpu", 1); /* by its name: what a number means is told in a line of its own */
    program_run(&result, "%s --quiet", arguments);
    setenv("LEUKVK_DEVICE", device, 1);
    free(device);
    cr_expect_eq(result.exit_status, exit_status, "%s: %s", arguments, result.err);
    EXPECT_SAYS(result.err, says);
    cr_expect_eq(program_lines(result.err), 1, "%s", result.err);
    cr_expect_str_eq(result.out, "", "%s", arguments);
}

Test(explain, mistakes_are_told_in_a_line_and_other_images_kept) {
    const char *folder = program_folder();
    cr_assert_eq(chdir(folder), 0);
    RUN("synth cells --images 48 --subjects 12 --size 64 --format png --classes 3");
    RUN("train --data cells --out run --epochs 1 --batch 16 --image-size 32 --device cpu --no-refit");
    cr_assert_eq(
        system("mkdir some && cp $(find cells -name '*.png' | sort | head -2) some && echo no > some/a.png"),
        0); /* NOLINT(cert-env33-c) */
    static const struct {
        const char *arguments;
        int exit_status;
        const char *says;
    } wrong[] = {
        {"explain", 2, "which model? leukvk explain runs/RUN cell.png"},
        {"explain run", 2, "name images or folders"},
        {"explain run some --part test", 2, "name images or folders"},
        {"explain run some --method magic", 2, "--method magic: must be grad-cam or occlusion"},
        {"explain run some --patch 0.5", 2, "--patch: is for --method occlusion"},
        {"explain run some --method occlusion --patch 2", 2, "--patch 2: must be from 0.02 to 1"},
        {"explain run some --out cells", 2, "--out cells: is not empty"},
        {"explain run some --out some/heat", 2, "--out some/heat: lies in some, and its pictures"},
        {"explain run some --out some/../some/", 2, "--out some/../some/: lies in some, and its pictures"},
        {"explain run --data cells --out cells/heat", 2, "--out cells/heat: lies in cells, and its pictures"},
        {"explain run some --out -", 2, "--out -: name a folder"},
        {"explain run --out some/a.png some/a.png", 2, "some/a.png"},
        {"explain run some --class blast", 2, "the class blast is none of the model's: "},
        {"explain run some --member 2", 2, "model 2: the file has 1"},
        {"explain nowhere some", 1, "nowhere"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
        expect_mistake(wrong[i].arguments, wrong[i].exit_status, wrong[i].says);
    program_run(&result, "explain run some --out x.png");
    cr_expect_eq(result.exit_status, 2);
    EXPECT_SAYS(result.err, "--out x.png: is a picture of one image; of 2, name a folder");
    cr_expect_neq(access("x.png", F_OK), 0);

    program_run(&result, "explain --model run some --json --quiet");
    cr_expect_eq(result.exit_status, 1, "one image cannot be read");
    EXPECT_SAYS(result.err, "left out: some/a.png: ");
    EXPECT_SAYS(result.err, "too little for the shares to mean much");
    size_t images = 0;
    for (const char *at = result.out; (at = strstr(at, "\"heat_of\": ")); ++at)
        ++images;
    cr_expect_eq(images, 2, "%s", result.out);
    /* Names from standard input. */
    cr_expect_eq(
        system(
            "rm some/a.png; e() { \"$LEUKVK_PROGRAM\" explain run --json -q \"$@\"; }; e some/* >named 2>told && "
            "ls some/* | e - >listed 2>told && cmp named listed && test -s named"),
        0); /* NOLINT(cert-env33-c) */
    leave(folder);
}

/* A folder whose writing was ended shows that, is no data set, is not mixed with other pictures, and is completed by the same
 * command. */
Test(explain, a_folder_that_was_ended_halfway_is_marked_and_can_be_completed) {
    const char *folder = program_folder();
    cr_assert_eq(chdir(folder), 0);
    RUN("synth cells --images 24 --subjects 12 --size 64 --format png --classes 3");
    RUN("train --data cells --out run --epochs 1 --batch 16 --image-size 32 --device cpu --no-refit");
    cr_assert_eq(
        system(
            "\"$LEUKVK_PROGRAM\" explain run cells --method occlusion --patch 0.05 --out half >told 2>&1 & p=$!; "
            "until ls half/*.png >/dev/null 2>&1 || ! kill -0 $p; do sleep 0.02; done; kill -9 $p; wait $p"),
        (128 + 9) << 8); /* NOLINT(cert-env33-c) */
    cr_expect_eq(access("half/.leukvk-unfinished", F_OK), 0, "nothing tells that the folder is not whole");
    cr_expect_neq(access("half/explain.csv", F_OK), 0);
    expect_mistake("predict --model run half", 1, "half: is not whole");
    expect_mistake("explain run cells --out half", 1, "half: holds a part of other work (leukvk explain");
    RUN("explain run cells --method occlusion --patch 0.05 --out half -q");
    RUN("explain run cells --method occlusion --patch 0.05 --out whole -q");
    cr_expect_neq(access("half/.leukvk-unfinished", F_OK), 0);
    cr_expect_eq(system("diff -r half whole"), 0); /* NOLINT(cert-env33-c) */
    expect_mistake("explain run cells --out half", 2, "--out half: is not empty");
    leave(folder);
}
