/* The crop of a decoded image: the square of pixels that is resampled to the network's input. */
#ifndef LVK_IMAGE_CROP_H
#define LVK_IMAGE_CROP_H

#include "image/image.h"

/* How a crop is placed. With every kind, an image of exactly 600 x 600 pixels whose four corners are
 * background first loses a frame of 75 pixels, so that rows and columns 75 to 524 remain: such an image is
 * one of C-NMC's cells of another size, and without the frame it has the size and scale of the others. */
typedef enum lvk_crop_kind {
    LVK_CROP_CENTER, /* a square of `side` pixels about the image's centre; black beyond the image */
    /* The smallest box around all pixels that are not background, widened to a square about the same centre
     * (rounded up and left); black beyond the image. The whole image where all pixels are background. */
    LVK_CROP_BBOX,
    LVK_CROP_NONE /* the whole image, widened with black to a square about its centre */
} lvk_crop_kind;

typedef struct lvk_crop {
    lvk_crop_kind kind;
    uint32_t side; /* of LVK_CROP_CENTER, 32 to 8192 source pixels */
} lvk_crop;

enum { LVK_CROP_DEFAULT_SIDE = 300 };

/* Parses "center" (300 pixels), "center:N", "bbox" or "none". LVK_ERROR_ARGUMENT names what is wrong. */
LVK_MUST_USE lvk_status lvk_crop_parse(const char *text, lvk_crop *crop);

/* Formats a crop as lvk_crop_parse reads it. */
void lvk_crop_format(const lvk_crop *crop, char text[32]);

/* How many times as many pixels an image of `own` microns per pixel has along a length as one of `wanted`. 1 where
 * one of the two is not known (0). */
double lvk_scale_ratio(double wanted, double own);

/* The crop of an image of another scale that shows what `crop` shows of the others: LVK_CROP_CENTER takes `ratio`
 * times as many pixels along each side, rounded. The other kinds follow the image, and stay. */
lvk_crop lvk_crop_scaled(const lvk_crop *crop, double ratio);

/* The place of a crop: its upper left corner and its side, in pixels of the image. The crop may reach beyond
 * the image. */
typedef struct lvk_crop_window {
    int64_t x, y, side;
} lvk_crop_window;

lvk_crop_window lvk_crop_place(const lvk_crop *crop, const lvk_image *image);

/* Width and height of the pictures that lose a frame, and its width. */
enum { LVK_CROP_ODD_SIZE = 600, LVK_CROP_ODD_FRAME = 75 };

enum { LVK_CNMC_SIDE = 450 }; /* width and height of C-NMC's images in pixels */

/* The largest side that lvk_crop_extract gives the crop of any image of width x height pixels. */
uint32_t lvk_crop_side_bound(const lvk_crop *crop, uint32_t width, uint32_t height, uint32_t output);

/* Cuts the crop out of `image` into *cropped, a new image with width = height. `output` is the side that the
 * crop will be resampled to. A crop whose side is more than four times `output` is averaged in blocks of k x
 * k pixels, k = floor(side / (2 output)), so that a photograph of a whole smear costs no more than one of a
 * cell. Thread-safe. LVK_ERROR_MEMORY at most. */
LVK_MUST_USE lvk_status lvk_crop_extract(const lvk_crop *crop, const lvk_image *image, uint32_t output,
                                         lvk_image *cropped);

#endif
