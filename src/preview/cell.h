/* Drawings of cells. */
#ifndef LVK_PREVIEW_CELL_H
#define LVK_PREVIEW_CELL_H

#include <stdbool.h>
#include <stdint.h>

/* Draws cell `cell` of subject `subject` (numbers that are unique in the tree) as [size][size] RGB pixels on
 * black: a pure function of its arguments. Subjects differ in stain, direction of light and grain, and a
 * little in size. Cells of the two classes differ in these distributions, which overlap (in pixels of a
 * picture of 450 pixels; m: mean, s: standard deviation):
 *   radius          all m 107 s 11            hem m 92 s 12.5 (the area alone has an AUC of about 0.8)
 *   outline         all irregular             hem round (log-normal amplitude, medians 0.050 and 0.028)
 *   chromatin       all fine, with nucleoli   hem in coarse clumps
 *   cytoplasm rim   all narrow                hem wider */
void lvk_cell_draw(uint64_t seed, uint32_t subject, uint32_t cell, bool is_all, uint32_t size,
                   uint8_t *pixels);

#endif
