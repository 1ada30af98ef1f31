/* What leukvk says of pictures that are unlike those that a model was trained on. */
#define _XOPEN_SOURCE 700
#include "support/program.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static program_result result; /* large */

enum { SIDE = 450 };

typedef void (*colour_of)(uint32_t x, uint32_t y, uint8_t colour[3]);

static void noise(uint32_t x, uint32_t y, uint8_t colour[3]) {
    for (uint32_t c = 0; c < 3; ++c)
        colour[c] = (uint8_t)(((x * 73856093U) ^ (y * 19349663U) ^ (c * 83492791U)) * 2654435761U >> 24);
}

static void square(uint32_t x, uint32_t y, uint8_t colour[3]) {
    const uint8_t own[3] = {20, 220, 60};
    if (x >= 150 && x < 300 && y >= 150 && y < 300)
        memcpy(colour, own, 3);
}

static void gradient(uint32_t x, uint32_t y, uint8_t colour[3]) {
    colour[0] = (uint8_t)(40 + x / 3);
    colour[1] = (uint8_t)(60 + y / 3);
    colour[2] = 120;
}

static void write_bmp(const char *folder, const char *name, colour_of paint) {
    enum { STRIDE = (SIDE * 3 + 3) / 4 * 4, HEAD = 54 };
    static uint8_t file[HEAD + STRIDE * SIDE];
    char path[600];
    memset(file, 0, sizeof file);
    const uint32_t words[13] = {sizeof file, 0, HEAD, 40, SIDE, SIDE, 24U << 16 | 1};
    memcpy(file, "BM", 2);
    memcpy(file + 2, words, HEAD - 2);
    for (uint32_t y = 0; y < SIDE; ++y)
        for (uint32_t x = 0; x < SIDE; ++x)
            paint(x, y, file + HEAD + (size_t)STRIDE * y + 3 * (size_t)x);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "wb");
    cr_assert(out && fwrite(file, 1, sizeof file, out) == sizeof file && fclose(out) == 0, "%s", path);
}

/* A folder with a run on drawn cells of 24 people. */
static const char *train(void) {
    const char *folder = program_folder();
    RUN("synth %s/cells --images 160 --format png", folder);
    RUN("train --data %s/cells --epochs 1 --image-size 64 --out %s/run", folder, folder);
    return folder;
}

/* Changes the first `from` in the header of the model file to `to`, which is as long. */
static void change_model(const char *folder, const char *name, const char *from, const char *to) {
    char path[600];
    snprintf(path, sizeof path, "%s/run/model.safetensors", folder);
    FILE *in = fopen(path, "rb");
    cr_assert_not_null(in);
    static uint8_t bytes[8 << 20];
    const size_t size = fread(bytes, 1, sizeof bytes, in), length = strlen(from);
    (void)fclose(in);
    uint64_t header;
    memcpy(&header, bytes, sizeof header);
    size_t changed = 0;
    for (size_t i = 8; i + length < 8 + header; ++i) {
        if (memcmp(bytes + i, from, length) != 0)
            continue;
        memcpy(bytes + i, to, length);
        ++changed;
    }
    cr_assert(changed > 0 && strlen(to) == length, "%s", from);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "wb");
    cr_assert(out && fwrite(bytes, 1, size, out) == size && fclose(out) == 0, "%s", path);
}

static size_t count_flagged(const char *csv) {
    size_t flagged = 0;
    for (const char *line = strchr(csv, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
        const char *end = strchr(line + 1, '\n');
        while (end[-1] != ',')
            --end;
        cr_assert_neq(*end, '\n', "a row without novelty: %s", line);
        flagged += strtod(end, NULL) > 1;
    }
    return flagged;
}

/* The path of the first cell that is like the others. */
static const char *find_usual(const char *folder) {
    static char path[600];
    RUN("predict --model %s/run %s/cells/C-NMC_test_prelim_phase_data --format csv", folder, folder);
    for (const char *line = strchr(result.out, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
        const char *end = strchr(line + 1, '\n');
        while (end[-1] != ',')
            --end;
        if (strtod(end, NULL) > 0.9)
            continue;
        snprintf(path, sizeof path, "%.*s", (int)strcspn(line + 1, ","), line + 1);
        return path;
    }
    cr_assert_fail("no usual cell: %s", result.out);
    return NULL;
}

Test(novelty, tells_other_pictures_from_cells) {
    const char *folder = train();
    RUN("synth %s/others --images 60 --seed 9 --format png", folder);
    RUN("predict --model %s/run %s/others --format csv", folder, folder);
    EXPECT_SAYS(result.out, ",class,novelty\n");
    cr_expect_leq(count_flagged(result.out), 6, "%s%s", result.err, result.out);

    /* The same cells at half their scale: drawn cells differ so much in size that each might be one. */
    RUN("synth %s/small --images 60 --seed 9 --size 225 --format png", folder);
    RUN("predict --model %s/run %s/small --format csv", folder, folder);
    EXPECT_SAYS(result.err, "warning: the cells have 0.2");
    EXPECT_SAYS(result.err, "is the scale another?");

    write_bmp(folder, "noise.bmp", noise);
    write_bmp(folder, "square.bmp", square);
    write_bmp(folder, "gradient.bmp", gradient);
    RUN("predict --model %s/run %s/noise.bmp %s/square.bmp %s/gradient.bmp --format csv", folder, folder,
        folder, folder);
    cr_expect_eq(count_flagged(result.out), 3, "%s", result.out);
    EXPECT_SAYS(result.err, "their classes mean little");
    RUN("predict --model %s/run %s/noise.bmp --tta 4 --format json", folder, folder);
    EXPECT_SAYS(result.out, "\"novelty\": ");
    program_remove(folder);
}

Test(novelty, strict_gives_them_no_class) {
    const char *folder = train(), *usual = find_usual(folder);
    char path[600];
    write_bmp(folder, "noise.bmp", noise);
    program_run(&result, "predict --model %s/run %s/noise.bmp %s --strict --format csv --sort %s/sorted",
                folder, folder, usual, folder);
    cr_expect_eq(result.exit_status, 1);
    EXPECT_SAYS(result.err, "1 of 2 images are unlike");
    EXPECT_SAYS(result.err, "they are given no class");
    EXPECT_SAYS(result.err, "1 images sorted into ");
    const char *row = strstr(result.out, "noise.bmp,");
    cr_assert_not_null(row);
    cr_expect_not_null(strstr(row, ",,"), "a class: %s", row);
    program_run(&result, "predict --model %s/run %s/noise.bmp --strict --format json", folder, folder);
    EXPECT_SAYS(result.out, "\"class\": null");
    snprintf(path, sizeof path, "%s/sorted/all/noise.bmp", folder);
    cr_expect_neq(access(path, F_OK), 0);
    RUN("predict --model %s/run %s --strict", folder, usual);

    /* eval counts them; files with the column are read as those without. */
    RUN("eval --model %s/run --part test --out %s/test.csv", folder, folder);
    RUN("eval --from %s/test.csv", folder);
    /* Calibration keeps what the model knows, also for several models. */
    RUN("calibrate %s/run --from %s/run/predictions-validation.csv --temperature", folder, folder);
    RUN("predict --model %s/run --model %s/run %s/noise.bmp --format csv", folder, folder, folder);
    EXPECT_SAYS(result.err, "1 of 1 images are unlike");
    program_remove(folder);
}

Test(novelty, model_without_it_goes_on_working) {
    const char *folder = train();
    change_model(folder, "old.safetensors", "novelty", "unknown");
    RUN("predict --model %s/old.safetensors %s/cells/C-NMC_test_prelim_phase_data/1.png --format csv", folder,
        folder);
    EXPECT_SAYS(result.err, "does not know what images it was trained on");
    cr_expect_str_eq(result.out + strlen(result.out) - 2, ",\n", "%s", result.out);
    RUN("predict --model %s/old.safetensors --model %s/run %s/cells/C-NMC_test_prelim_phase_data/1.png",
        folder, folder, folder);
    EXPECT_LACKS(result.err, "does not know");
    program_run(&result, "predict --model %s/old.safetensors %s/cells/C-NMC_test_prelim_phase_data --strict",
                folder, folder);
    cr_expect_eq(result.exit_status, 1);
    EXPECT_SAYS(result.err, "leukvk predict: --strict: ");
    cr_expect_eq(program_lines(strstr(result.err, "leukvk predict: ")), 1, "%s", result.err);
    program_run(&result, "predict --model %s/run --model %s/old.safetensors %s/cells --strict", folder,
                folder, folder);
    cr_expect_eq(result.exit_status, 1);
    EXPECT_SAYS(result.err, "old.safetensors does not know what images it was trained on");

    static const struct {
        const char *from, *to, *says;
    } wrong[] = {
        {"\"novelty\":\"1\"", "\"novelty\":\"7\"", "the entry \"novelty\" is 7, this leukvk reads 1"},
        {"novelty/picture/means", "novelty/picture/meanz", "no tensor \"novelty/picture/means\""},
        {"novelty_picture_limit", "novelty_picture_limix", "\"novelty_picture_limit\""}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        change_model(folder, "wrong.safetensors", wrong[i].from, wrong[i].to);
        program_run(&result, "predict --quiet --model %s/wrong.safetensors %s/cells", folder, folder);
        cr_expect_eq(result.exit_status, 1);
        EXPECT_SAYS(result.err, wrong[i].says);
        EXPECT_SAYS(result.err, "wrong.safetensors: ");
    }
    program_remove(folder);
}
