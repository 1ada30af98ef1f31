#include "pictures.h"

#include "core/file.h"
#include "image/encode.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 32, COUNT = 12 };

static lvk_dataset *dataset;

static void forget(void) {
    lvk_dataset_destroy(&dataset);
}

static void draw(uint8_t pixels[SIDE][SIDE][3], unsigned number) {
    for (unsigned y = 0; y < SIDE; ++y)
        for (unsigned x = 0; x < SIDE; ++x)
            for (unsigned c = 0; c < 3; ++c) {
                const unsigned from_center = (x - 16) * (x - 16) + (y - 16) * (y - 16);
                pixels[y][x][c] =
                    (uint8_t)(from_center < 100 + 5 * number ? 90 + 7 * number + 20 * c + x : 0);
            }
}

static void write_picture(unsigned number) {
    uint8_t pixels[SIDE][SIDE][3];
    char name[64];
    void *data;
    size_t size;
    const bool all = number < COUNT / 2;
    draw(pixels, number);
    REQUIRE(lvk_bmp_encode(&pixels[0][0][0], SIDE, SIDE, &data, &size) == LVK_OK);
    snprintf(name, sizeof name, FUZZ_PICTURES "/%s/UID_%s%u_%u_1_%s.bmp", all ? "all" : "hem", all ? "" : "H",
             number / 2 + 1, number, all ? "all" : "hem");
    fuzz_file(name, data, size);
    lvk_free(data);
}

const lvk_dataset *fuzz_dataset(void) {
    static const char *const classes[] = {"all", "hem"};
    for (int i = 0; i < 2; ++i) {
        char *folder = lvk_format("%s/" FUZZ_PICTURES "/%s", fuzz_folder(), classes[i]);
        REQUIRE(folder && lvk_folder_create(folder) == LVK_OK);
        lvk_free(folder);
    }
    for (unsigned i = 0; i < COUNT; ++i)
        write_picture(i);
    char *source = lvk_format("%s/" FUZZ_PICTURES, fuzz_folder());
    const lvk_dataset_options options = {.threads = 1};
    REQUIRE(source && fuzz_ok(lvk_dataset_create(source, &options, &dataset)));
    REQUIRE(lvk_dataset_image_count(dataset) == COUNT);
    lvk_free(source);
    REQUIRE(atexit(forget) == 0);
    return dataset;
}
