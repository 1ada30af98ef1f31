/* Pictures of every format (image/image.h): headers, pixels, and what is measured of them.
 * Covers: src/decode/{bmp,bmp_runs,decoder,depth,jpeg,orientation,png,tiff,tiff_directory,tiff_file,webp}.c,
 * src/image/{image,read,crop}.c */
#include "support.h"

#include "decode/decoder.h"
#include "image/budget.h"
#include "image/crop.h"

#include <string.h>

enum { MOST_PIXELS = 1 << 13 }; /* so that an input takes no more than milliseconds */

void fuzz_begin(void) {
    lvk_budget_peak();
}

/* Whether the headers announce a picture that is small enough to be decoded here. Those of every decoder are read,
 * whatever the first bytes say. */
static bool is_small(const uint8_t *data, size_t size) {
    static const lvk_decoder *const decoders[] = {&lvk_bmp, &lvk_png, &lvk_jpeg, &lvk_tiff, &lvk_webp};
    bool small = false;
    for (size_t i = 0; i < sizeof decoders / sizeof *decoders; ++i) {
        lvk_image_need need = {0};
        if (!decoders[i]->matches(data, size))
            continue;
        if (fuzz_ok(decoders[i]->measure("input", data, size, &need)))
            small = (uint64_t)need.width * need.height <= MOST_PIXELS && need.working <= (size_t)1 << 24;
    }
    return small;
}

static void look_at(const lvk_image *image) {
    static const lvk_crop crops[] = {{LVK_CROP_CENTER, 40}, {.kind = LVK_CROP_BBOX}, {.kind = LVK_CROP_NONE}};
    lvk_image_measures measures;
    uint64_t hash[2];
    lvk_image_measure(image, &measures);
    REQUIRE(measures.area <= image->width * image->height && measures.area <= measures.box);
    lvk_image_hash(image, hash);
    lvk_image_turned_hash(image, hash);
    for (size_t i = 0; i < sizeof crops / sizeof *crops; ++i) {
        lvk_image cropped;
        REQUIRE(fuzz_ok(lvk_crop_extract(&crops[i], image, 64, &cropped)));
        REQUIRE(cropped.width == cropped.height && cropped.width > 0);
        REQUIRE(cropped.width <= lvk_crop_side_bound(&crops[i], image->width, image->height, 64));
        lvk_image_finish(&cropped);
    }
}

void fuzz_one(const uint8_t *data, size_t size) {
    uint8_t *copy = fuzz_copy(data, size);
    lvk_image image;
    if (size && is_small(copy, size) && fuzz_ok(lvk_image_decode("input", copy, size, &image))) {
        REQUIRE(image.width >= LVK_IMAGE_LEAST_SIDE && image.height >= LVK_IMAGE_LEAST_SIDE);
        REQUIRE(image.budget >= (size_t)3 * image.width * image.height && image.pages > 0);
        look_at(&image);
        lvk_image_finish(&image);
    }
    lvk_free(copy);
}
