/* Decoded images: 8-bit RGB, rows from the top, without padding: pixels[(y * width + x) * 3 + c].
 *
 * The content of a file, never its name, tells its format (BMP, PNG, JPEG, TIFF, WebP). Grey becomes RGB; an
 * alpha channel is laid over black, the background of the C-NMC cells; 16-bit channels are scaled by what
 * they hold (decode/depth.h). EXIF's orientation is obeyed. Of several pages or frames the first is read.
 * Files are untrusted: whatever the bytes are, the result is a whole image, or an error line with `name` and
 * the reason.
 *
 * All images of the process share one budget of memory (image/budget.h), so a call may wait for other
 * threads. An image must be finished by the thread that decoded it, and soon. */
#ifndef LVK_IMAGE_IMAGE_H
#define LVK_IMAGE_IMAGE_H

#include "core/error.h"
#include "decode/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lvk_image {
    uint8_t *pixels; /* owned; lvk_image_finish frees them */
    uint32_t width, height;
    uint8_t black; /* a pixel is background when no channel exceeds this value: 0, or LVK_IMAGE_LOSSY_BLACK */
    size_t budget; /* bytes of the budget that the image has taken; lvk_image_finish gives them back */
    uint32_t pages; /* pages or frames of the file; the first is read */
    uint8_t bits;   /* that hold the picture in samples of 16 bits; 0: the samples have fewer */
    bool bits_told; /* by the file, not by the range of its samples */
} lvk_image;

/* Decodes the `size` bytes of a file at `data`. `name` is for the error line only. Thread-safe. On failure
 * *image is empty. LVK_ERROR_FORMAT: the bytes are not a whole image, or its size is out of range;
 * LVK_ERROR_MEMORY. */
LVK_MUST_USE lvk_status lvk_image_decode(const char *name, const void *data, size_t size, lvk_image *image);

/* Reads and decodes the file at `path`. Also LVK_ERROR_IO: the file cannot be read. */
LVK_MUST_USE lvk_status lvk_image_read(const char *path, lvk_image *image);

/* Frees the pixels; accepts an empty image. */
void lvk_image_finish(lvk_image *image);

static inline bool lvk_pixel_is_black(const uint8_t *pixel, uint8_t black) {
    return pixel[0] <= black && pixel[1] <= black && pixel[2] <= black;
}

/* What is not background: the cell. */
typedef struct lvk_image_measures {
    uint32_t area;                  /* its pixels */
    uint32_t box;                   /* pixels of the smallest box around it; 0: all pixels are background */
    uint64_t sum[3], square_sum[3]; /* of its red, green and blue, and of their squares */
    uint64_t edge_sum;   /* of |4 g - the sum of g of the four neighbours|, g = red + green + blue */
    uint32_t edge_count; /* over so many pixels: those of it whose neighbours are of it */
} lvk_image_measures;

/* Measures it in one pass over the pixels. */
void lvk_image_measure(const lvk_image *image, lvk_image_measures *measures);

/* XXH3-128 over the pixels, seeded with width and height. The hashes of equal pictures are equal, whatever
 * the formats of their files. */
void lvk_image_hash(const lvk_image *image, uint64_t hash[2]);

/* A hash that is equal for all eight dihedral views (quarter turns, mirror images) of a picture: the sum over
 * all pixels of a hash of the pixel's colour and its distances from the nearest edges. Those distances are
 * the same in every view, and a sum does not depend on the order of the pixels. */
void lvk_image_turned_hash(const lvk_image *image, uint64_t hash[2]);

#endif
