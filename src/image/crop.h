/* From a decoded image to the crop that the network looks at. */
#ifndef LVK_IMAGE_CROP_H
#define LVK_IMAGE_CROP_H

#include "image/image.h"

/* An image of exactly 600 x 600 pixels whose four corners are background is one of C-NMC's odd-sized cells:
 * whatever the crop, it first loses a frame of 75 pixels (rows and columns 75 to 524 stay), which gives the
 * scale and size of the others. */
typedef enum lvk_crop_kind {
    LVK_CROP_CENTER, /* a square of `side` pixels around the image's centre, scale kept; black where the image
                        ends */
    LVK_CROP_BBOX,   /* the smallest box around all pixels that are not background, widened to a square about
                        the same centre (rounded up and left; black where the image ends); the whole image
                        when all is black */
    LVK_CROP_NONE    /* the whole image, widened to a square about its centre with black */
} lvk_crop_kind;

typedef struct lvk_crop {
    lvk_crop_kind kind;
    uint32_t side; /* of LVK_CROP_CENTER, 32 to 8192 source pixels */
} lvk_crop;

enum { LVK_CROP_DEFAULT_SIDE = 300 };

/* "center" (300), "center:N", "bbox" or "none". LVK_ERROR_ARGUMENT names what is wrong. */
LVK_MUST_USE lvk_status lvk_crop_parse(const char *text, lvk_crop *crop);

/* The same in words, as lvk_crop_parse reads it. `text` has room for 32 bytes. */
void lvk_crop_format(const lvk_crop *crop, char text[32]);

/* Where the crop lies: in pixels of the image, from its upper left corner; it may reach beyond the image.
 */
typedef struct lvk_crop_window {
    int64_t x, y, side;
} lvk_crop_window;

lvk_crop_window lvk_crop_place(const lvk_crop *crop, const lvk_image *image);

enum { LVK_CNMC_SIDE = 450 }; /* pixels a side of C-NMC's images */

/* The largest side that lvk_crop_cut can give the crop of an image of that size. */
uint32_t lvk_crop_side_bound(const lvk_crop *crop, uint32_t width, uint32_t height, uint32_t output);

/* Cuts the crop out of `image` into *cropped (a new image, width = height). A crop of more than four times
 * `output` pixels a side, the side that it will be resampled to, is averaged in blocks of k x k, k =
 * floor(side / (2 output)), so that a photograph of a whole smear costs no more than a cell. Pure;
 * LVK_ERROR_MEMORY at most. */
LVK_MUST_USE lvk_status lvk_crop_cut(const lvk_crop *crop, const lvk_image *image, uint32_t output,
                                     lvk_image *cropped);

#endif
