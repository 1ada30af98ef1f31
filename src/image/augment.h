/* Random augmentation of images. All random numbers are functions of a key (seed, epoch, sample), so that any
 * thread may draw the augmentation of any image at any time. */
#ifndef LVK_IMAGE_AUGMENT_H
#define LVK_IMAGE_AUGMENT_H

#include "core/error.h"
#include "core/random.h"

#include <stdbool.h>

/* The ranges of augmentations beside flips and rotations. Zero: none of that kind. */
typedef struct lvk_augment_strength {
    double shift; /* the picture moves along each axis by at most this share of the crop's side */
    double zoom;  /* the picture is magnified or shrunk at most 1 + zoom times */
    /* Brightness, contrast and saturation are multiplied by factors from 1 - color to 1 + color, each channel
     * by a gain from 1 - color / 4 to 1 + color / 4. */
    double color;
    /* The optical density of each channel, -ln of its intensity from 0 to 1, is multiplied by a factor from
     * 1 - stain to 1 + stain, as a paler or darker stain does (Tellez et al., "Quantifying the effects of data
     * augmentation and stain color normalization", 2019), and changed by at most stain, as another lamp does. */
    double stain;
} lvk_augment_strength;

/* LVK_ERROR_ARGUMENT names the option (--shift, --zoom, --color, --stain) that is out of range: shift is 0 to
 * 0.5, zoom 0 to 1, color and stain 0 to 0.5. */
LVK_MUST_USE lvk_status lvk_augment_check(const lvk_augment_strength *strength);

/* The augmentation of one image. All zero: the plain picture. */
typedef struct lvk_augment {
    bool flip_x, flip_y; /* mirrored left-right, top-bottom */
    float angle;         /* radians; a positive one turns the picture counter-clockwise, after the flips */
    /* How far the picture's centre is to the right of and below the centre of the crop, in sides of the
     * crop. */
    float shift[2];
    float zoom;                                      /* natural logarithm of the magnification */
    float brightness, contrast, saturation, gain[3]; /* factors, less 1 */
    float density[3], lamp[3]; /* factors of the channels' optical density, less 1; what is added to it */
} lvk_augment;

/* Draws the augmentation of `sample` in `epoch`. `sample` is the image's index in the data set, or another
 * number where the epoch shows the image more than once. strength NULL: no shift, zoom or change of colours.
 *
 * Each flip has probability 1/2, the angle is uniform in [0, 2 pi), and shift, the logarithm of the
 * magnification and the factors of colours are uniform in the ranges of `strength`. The random numbers are
 * words of Philox (seed, epoch, sample, LVK_PURPOSE_AUGMENT) from block 0 on: the upper bit of the first two
 * for the flips, then lvk_uniform of one word each for angle, shift right, shift down, zoom, brightness,
 * contrast, saturation, the gains of red, green and blue, the factors of their optical densities, and what is
 * added to these. So flips and angle do not depend on the strength. */
lvk_augment lvk_augment_draw(const lvk_augment_strength *strength, uint64_t seed, uint32_t epoch,
                             uint32_t sample);

/* The eight dihedral views of a crop, by number: view & 4 mirrors the crop left-right, then view & 3 quarter
 * turns counter-clockwise follow. View 0 is the plain picture. */
enum { LVK_VIEW_COUNT = 8 };
lvk_augment lvk_augment_view(uint32_t view);

/* Composes the changes of colours into one affine map of (red, green, blue, 1), 0 to 1, in this order:
 * brightness; contrast about the middle grey 1/2; saturation about the grey 0.299 red + 0.587 green + 0.114
 * blue (ITU-R BT.601); gains; optical densities. With the factor s of the density and the addend d, a value v
 * becomes exp(-d) v^s, in place of which the map, which is affine, has the tangent at v = 1/2: within 0.07 for s
 * from 0.7 to 1.3 and v from 0.2 to 1. */
void lvk_augment_color(const lvk_augment *augment, float map[3][4]);

#endif
