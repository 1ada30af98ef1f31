/* How a camera held the picture: EXIF's orientation, which JPEG, PNG, TIFF and WebP files may have. */
#ifndef LVK_DECODE_ORIENTATION_H
#define LVK_DECODE_ORIENTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LVK_ORIENTATION_UPRIGHT = 1, LVK_ORIENTATION_LAST = 8 };

/* The orientation in a block of EXIF data, which may begin with "Exif\0\0". Where the block is damaged or has
 * none: LVK_ORIENTATION_UPRIGHT. */
uint8_t lvk_orientation_read(const uint8_t *exif, size_t size);

/* Whether turning exchanges width and height. */
bool lvk_orientation_is_sideways(uint8_t orientation);

/* Turns in[height][width][3] upright into `out`, [width][height][3] where the orientation is sideways. */
void lvk_orientation_turn(uint8_t orientation, const uint8_t *in, uint32_t width, uint32_t height,
                          uint8_t *out);

#endif
