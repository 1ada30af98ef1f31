/* Pictures of one cell by cameras of three scales: the same probability where the scale is told, and a warning
 * where it is not. */
#define _XOPEN_SOURCE 700
#include "support/program.h"

#include "core/memory.h"
#include "image/encode.h"
#include "image/image.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CELLS = 10, SIDE = 320, FACTOR = 2 };

static program_result result; /* large */
static const char *folder;

static void make_folder(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(mkdir(path, 0700), 0, "%s", path);
}

static void write_picture(const char *name, int number, const uint8_t *pixels, uint32_t side) {
    char path[512];
    void *data;
    size_t size;
    snprintf(path, sizeof path, "%s/%s/%02d.png", folder, name, number);
    cr_assert_eq(lvk_png_encode(pixels, side, side, 3, &data, &size), LVK_OK);
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(data, 1, size, file) == size && fclose(file) == 0, "%s", path);
    lvk_free(data);
}

/* The picture with FACTOR x FACTOR pixels for each. */
static void write_larger(const lvk_image *image, int number) {
    static uint8_t pixels[SIDE * FACTOR * SIDE * FACTOR * 3];
    for (size_t y = 0; y < SIDE * FACTOR; ++y)
        for (size_t x = 0; x < SIDE * FACTOR; ++x)
            memcpy(pixels + (y * SIDE * FACTOR + x) * 3, image->pixels + (y / FACTOR * SIDE + x / FACTOR) * 3,
                   3);
    write_picture("larger", number, pixels, SIDE * FACTOR);
}

/* With a pixel for FACTOR x FACTOR, their mean. */
static void write_smaller(const lvk_image *image, int number) {
    static uint8_t pixels[SIDE / FACTOR * SIDE / FACTOR * 3];
    for (size_t i = 0; i < sizeof pixels; ++i) {
        const size_t y = i / 3 / (SIDE / FACTOR), x = i / 3 % (SIDE / FACTOR), c = i % 3;
        unsigned sum = 0;
        for (size_t part = 0; part < FACTOR * FACTOR; ++part)
            sum += image->pixels[((y * FACTOR + part / FACTOR) * SIDE + x * FACTOR + part % FACTOR) * 3 + c];
        pixels[i] = (uint8_t)((sum + FACTOR * FACTOR / 2) / (FACTOR * FACTOR));
    }
    write_picture("smaller", number, pixels, SIDE / FACTOR);
}

static void write_cameras(void) {
    make_folder("same");
    make_folder("larger");
    make_folder("smaller");
    for (int i = 0; i < CELLS; ++i) {
        char path[512];
        lvk_image image;
        snprintf(path, sizeof path, "%s/cells/C-NMC_test_prelim_phase_data/%d.png", folder, i + 1);
        cr_assert_eq(lvk_image_read(path, &image), LVK_OK, "%s", lvk_error_message());
        cr_assert(image.width == SIDE && image.height == SIDE);
        write_picture("same", i, image.pixels, SIDE);
        write_larger(&image, i);
        write_smaller(&image, i);
        lvk_image_finish(&image);
    }
}

/* Reads the column p, `count` numbers. */
static void read_p(int count, double *p) {
    const char *line = result.out;
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    for (int i = 0; i < count; ++i) {
        line = strchr(line, '\n');
        cr_assert(line && sscanf(line + 1, "%*[^,],%lf", &p[i]) == 1, "%s", result.out);
        ++line;
    }
}

/* The probabilities of a camera's pictures. `scale` is what the command line says of it. */
static void predict(const char *camera, const char *scale, double p[CELLS]) {
    program_run(&result, "predict --model %s/run %s %s/%s --format csv", folder, scale, folder, camera);
    read_p(CELLS, p);
}

static double distance(const double *a, const double *b) {
    double most = 0;
    for (int i = 0; i < CELLS; ++i)
        most = fmax(most, fabs(a[i] - b[i]));
    return most;
}

static void expect_line(const char *line) {
    cr_expect_not_null(strstr(result.err, line), "no '%s' in: %s", line, result.err);
}

/* Told, the scale makes the pictures of the camera those of the training; not told, they are others. */
static void expect_brought(const char *camera, const char *scale, double within, const double *wanted) {
    double told[CELLS], untold[CELLS];
    predict(camera, scale, told);
    expect_line("10 of 10 images have other scales than the model's 0.25 microns per pixel");
    cr_expect_null(strstr(result.err, "NOT KNOWN"), "%s", result.err);
    cr_expect_lt(distance(told, wanted), within, "%s: %g", camera, distance(told, wanted));
    predict(camera, "", untold);
    expect_line("THE SCALE OF THE IMAGES IS NOT KNOWN: the model was trained at 0.25 microns per pixel");
    cr_expect_gt(distance(untold, wanted), 0.1, "%s: %g", camera, distance(untold, wanted));
}

static const char *const cameras[] = {"larger", "same", "smaller"};
static const double scales[] = {0.125, 0.25, 0.5};
static const double within[] = {0.01, 1e-6, 0.05}; /* what a fourth of the pixels loses */

/* Tells each image's scale, and asks for the areas too. */
static void expect_table(const double *wanted) {
    double p[3 * CELLS];
    char path[512];
    snprintf(path, sizeof path, "%s/cameras.csv", folder);
    FILE *file = fopen(path, "w");
    cr_assert(file && fprintf(file, "path,mpp\n") > 0);
    for (int c = 0; c < 3; ++c)
        for (int i = 0; i < CELLS; ++i)
            cr_assert(fprintf(file, "%s/%02d.png,%g\n", cameras[c], i, scales[c]) > 0);
    cr_assert_eq(fclose(file), 0);
    program_run(&result, "predict --model %s/run --data %s/cameras.csv --format csv", folder, folder);
    read_p(3 * CELLS, p);
    expect_line("20 of 30 images have other scales than the model's 0.25 microns per pixel, 0.125 to 0.5");
    for (int c = 0; c < 3; ++c)
        cr_expect_lt(distance(p + c * CELLS, wanted), within[c], "%s", cameras[c]);
}

static void expect_refused(void) {
    program_run(&result, "predict --model %s/run %s/same --microns-per-pixel 250", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    expect_line("same/00.png: 250 microns per pixel, where the model's images have 0.25");
    program_run(&result, "predict --model %s/run %s/same --microns-per-pixel 0", folder, folder);
    cr_expect_eq(result.exit_status, 2);
    expect_line("--microns-per-pixel 0: must be above 0");
    program_run(&result, "predict --model %s/run %s/same --microns-per-pixel -1", folder, folder);
    cr_expect_eq(result.exit_status, 2);
    expect_line("--microns-per-pixel -1: must be from 0.0001 to 1000");
}

/* The run's own data set has the scale that the training was told. */
static void expect_own(void) {
    program_run(&result, "eval --model %s/run --part test", folder);
    cr_expect_eq(result.exit_status, 0);
    cr_expect_null(strstr(result.err, "NOT KNOWN"), "%s", result.err);
    char *config = program_read_in(folder, "run/config.json");
    cr_expect_not_null(strstr(config, "\"microns_per_pixel\": 0.25"), "%s", config);
    free(config);
}

/* In the ONNX file too. */
static void expect_exported(void) {
    program_run(&result, "export %s/run --format onnx --out %s/cells.onnx", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    char path[512];
    static const char key[] = "microns_per_pixel\x12\x04"
                              "0.25"; /* protobuf: text 2 of the entry, of 4 bytes */
    static char data[1 << 20];
    snprintf(path, sizeof path, "%s/cells.onnx", folder);
    FILE *file = fopen(path, "rb");
    cr_assert(file);
    cr_assert_eq(fseek(file, -(long)sizeof data, SEEK_END), 0);
    cr_assert_eq(fread(data, 1, sizeof data, file), sizeof data);
    cr_assert_eq(fclose(file), 0);
    bool found = false;
    for (size_t i = 0; i + sizeof key <= sizeof data; ++i)
        found = found || memcmp(data + i, key, sizeof key - 1) == 0;
    cr_expect(found);
}

Test(scale, cameras_of_other_scales) {
    folder = program_folder();
    double wanted[CELLS];
    program_run(&result, "synth %s/cells --images 60 --subjects 12 --size %d --format png", folder, SIDE);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result,
                "train --data %s/cells --out %s/run --model cnn --epochs 2 --batch 8 --stain 0 --no-refit "
                "--microns-per-pixel 0.25",
                folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    expect_line("the model learns from images of 0.25 microns per pixel");
    write_cameras();
    predict("same", "--microns-per-pixel 0.25", wanted);
    cr_expect_null(strstr(result.err, "scale"), "%s", result.err);
    expect_brought("larger", "--microns-per-pixel 0.125", within[0], wanted);
    expect_brought("smaller", "--microns-per-pixel 0.5", within[2], wanted);
    expect_table(wanted);
    expect_refused();
    expect_own();
    expect_exported();
    program_remove(folder);
}
