/* Drawings of cells. */
#ifndef LVK_PREVIEW_CELL_H
#define LVK_PREVIEW_CELL_H

#include <stdint.h>

/* What a cell is drawn as. The two classes of C-NMC are hem, drawn as benign, and all, drawn as pre. */
typedef enum lvk_cell_kind {
    LVK_CELL_BENIGN,
    LVK_CELL_EARLY,
    LVK_CELL_PRE,
    LVK_CELL_PRO,
    LVK_CELL_BURKITT,
    LVK_CELL_REACTIVE,
    LVK_CELL_KINDS
} lvk_cell_kind;

/* "Benign", "Early", …; static text. */
const char *lvk_cell_kind_name(lvk_cell_kind kind);

/* Draws cell `cell` of subject `subject` (numbers that are unique in the tree) as [size][size] RGB pixels on
 * black: a pure function of its arguments. Subjects differ in stain, direction of light and grain, and a
 * little in size. The kinds differ in these distributions, which overlap (in pixels of a picture of 450 pixels; m:
 * mean, s: standard deviation; other kinds likewise):
 *   radius          pre m 107 s 11            benign m 92 s 12.5 (the area alone has an AUC of about 0.8)
 *   outline         pre irregular             benign round (log-normal amplitude, medians 0.050 and 0.028)
 *   chromatin       pre fine, with nucleoli   benign in coarse clumps
 *   cytoplasm rim   pre narrow                benign wider */
void lvk_cell_draw(uint64_t seed, uint32_t subject, uint32_t cell, lvk_cell_kind kind, uint32_t size,
                   uint8_t *pixels);

#endif
