/* A canvas: a picture that is composed of crops and lines of text and written as PNG. */
#ifndef LVK_PREVIEW_CANVAS_H
#define LVK_PREVIEW_CANVAS_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct lvk_canvas {
    uint8_t *pixels; /* RGB, rows top to bottom; owned */
    uint32_t width, height;
} lvk_canvas;

enum {
    LVK_CANVAS_MOST_SIDE = 16384,
    LVK_CANVAS_LINE = 24 /* pixels from one line of text to the next */
};

/* Makes a canvas that is light grey all over, so that the edges of black crops are visible. LVK_ERROR_LIMIT:
 * width or height is more than LVK_CANVAS_MOST_SIDE. */
LVK_MUST_USE lvk_status lvk_canvas_create(uint64_t width, uint64_t height, lvk_canvas *canvas);
void lvk_canvas_finish(lvk_canvas *canvas);

/* Puts a square of side x side pixels, [side][side][3] in 0..1, with its upper left corner at (x, y). It must
 * lie within. */
void lvk_canvas_square(lvk_canvas *canvas, uint32_t x, uint32_t y, const float *pixels, uint32_t side);

/* Draws a line of dark text whose upper left corner is (x, y), cut off after `width` pixels and at the edges
 * of the canvas. Characters that are not ASCII become '?'. LVK_ERROR_MEMORY at most. */
LVK_MUST_USE lvk_status lvk_canvas_text(lvk_canvas *canvas, uint32_t x, uint32_t y, uint32_t width,
                                        const char *text);

/* Writes a PNG file, replaced whole. */
LVK_MUST_USE lvk_status lvk_canvas_write(const lvk_canvas *canvas, const char *path);

#endif
