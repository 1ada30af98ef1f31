/* What augmentation does to an image: drawn by key, so that any thread may draw for any image in any order.
 */
#ifndef LVK_IMAGE_AUGMENT_H
#define LVK_IMAGE_AUGMENT_H

#include "core/error.h"
#include "core/random.h"

#include <stdbool.h>

/* How far images are changed beside flips and rotation. Zero: not at all. */
typedef struct lvk_augment_strength {
    double shift; /* of the picture, at most this share of the side of the crop along each axis */
    double zoom;  /* magnified at most 1 + zoom times, or as much smaller */
    double color; /* brightness, contrast and saturation are multiplied by 1 - color to 1 + color, and each
                     channel by a gain of 1 - color / 4 to 1 + color / 4 */
} lvk_augment_strength;

/* LVK_ERROR_ARGUMENT, naming the option (--shift, --zoom, --color), unless shift is 0 to 0.5, zoom 0 to 1 and
 * color 0 to 0.5. */
LVK_MUST_USE lvk_status lvk_augment_check(const lvk_augment_strength *strength);

/* The change of one image. All zero: the plain picture. */
typedef struct lvk_augment {
    bool flip_x, flip_y; /* mirrored left-right, top-bottom */
    float angle;         /* radians; a positive one turns the picture counter-clockwise, after the flips */
    float shift[2];      /* where the picture's centre lies in the crop, to the right of and below its
                            centre, in sides of the crop */
    float zoom;          /* natural logarithm of the magnification */
    float brightness, contrast, saturation, gain[3]; /* factors, less 1 */
} lvk_augment;

/* The augmentation of `sample` (the image's index in the data set, unless it is drawn again in the same
 * epoch) in `epoch`: each flip with probability 1/2, the angle uniform in [0, 2 pi), and the rest, uniform in
 * the range that `strength` gives (the logarithm of the magnification). By words of Philox (seed, epoch,
 * sample, LVK_PURPOSE_AUGMENT), from block 0 on: the upper bit of the first two; then lvk_uniform of one each
 * for angle, shift right, shift down, zoom, brightness, contrast, saturation, and the gains of red, green and
 * blue. So flips and angle do not depend on the strength. NULL: none. */
lvk_augment lvk_augment_draw(const lvk_augment_strength *strength, uint64_t seed, uint32_t epoch,
                             uint32_t sample);

/* The eight ways in which a crop can lie, by number: view & 3 quarter turns counter-clockwise, and for view
 * & 4 mirrored left-right before. View 0 is the plain picture. */
enum { LVK_VIEW_COUNT = 8 };
lvk_augment lvk_augment_view(uint32_t view);

/* The change of colours as one affine map of (red, green, blue, 1), 0 to 1: times brightness; contrast, about
 * the middle grey 1/2; saturation, about the grey 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601); times
 * gains. */
void lvk_augment_color(const lvk_augment *augment, float map[3][4]);

#endif
