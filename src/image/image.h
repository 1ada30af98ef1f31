/* Decoded images: 8-bit RGB, rows top to bottom, no padding: pixels[(y * width + x) * 3 + c].
 *
 * The format (BMP, PNG, JPEG) is told by the content, never by the name. Grey becomes RGB; an alpha channel
 * is laid over black, the background of the C-NMC cells; 16-bit channels keep their upper 8 bits. Input is
 * untrusted: whatever the bytes are, the result is a whole image or one line naming `name` and the reason.
 * All images that are decoded at one time share one budget of memory (data/budget.h): a call may wait for
 * others, so an image is finished by the thread that decoded it, soon. */
#ifndef LVK_IMAGE_IMAGE_H
#define LVK_IMAGE_IMAGE_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LVK_IMAGE_LEAST_SIDE = 32,  /* a smaller image is refused: it cannot be a cell */
    LVK_IMAGE_MOST_SIDE = 8192, /* a larger one too */
    LVK_IMAGE_JPEG_BLACK = 16   /* JPEG blurs black: values up to this still count as background */
};
#define LVK_IMAGE_MOST_BYTES ((size_t)256 << 20) /* of an image file */

typedef struct lvk_image {
    uint8_t *pixels; /* owned; lvk_image_finish */
    uint32_t width, height;
    uint8_t black; /* a pixel is background when no channel exceeds this: 0, or LVK_IMAGE_JPEG_BLACK */
    size_t budget; /* bytes of data/budget.h that it holds; lvk_image_finish gives them back */
} lvk_image;

/* Decodes a file's bytes. `name` is only for the error line. Thread-safe. On failure *image is empty.
 * LVK_ERROR_FORMAT: not a whole image, or not one that can be a cell; LVK_ERROR_MEMORY. */
LVK_MUST_USE lvk_status lvk_image_decode(const char *name, const void *data, size_t size, lvk_image *image);

/* The same from a file; LVK_ERROR_IO when it cannot be read. */
LVK_MUST_USE lvk_status lvk_image_read(const char *path, lvk_image *image);

void lvk_image_finish(lvk_image *image); /* accepts an empty one */

static inline bool lvk_pixel_is_black(const uint8_t *pixel, uint8_t black) {
    return pixel[0] <= black && pixel[1] <= black && pixel[2] <= black;
}

/* Count of pixels that are not background: the cell's area. */
uint32_t lvk_image_area(const lvk_image *image);

/* Sums of red, green and blue, and of their squares, over the pixels that are not background. */
void lvk_image_colour(const lvk_image *image, uint64_t sum[3], uint64_t square_sum[3]);

/* XXH3-128 over the pixels, seeded with width and height: equal for equal pictures, whatever file they came
 * in. */
void lvk_image_hash(const lvk_image *image, uint64_t hash[2]);

/* Equal for pictures that are quarter turns or mirror images of one another: sums over the pixels, whatever
 * their order, of numbers that are drawn from a pixel's colour and its distances from the nearest edges. */
void lvk_image_turned_hash(const lvk_image *image, uint64_t hash[2]);

#endif
