/* Heat maps as pictures. */
#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"
#include "explain/explainer.h"
#include "image/encode.h"
#include "image/resample.h"
#include "preview/canvas.h"

#include <math.h>

enum { PANEL = 300, MARGIN = 8, BAR = 20, SCALE_TEXT = 108 };

/* Colours from dark to bright that differ in brightness too, so that they are told apart by everybody and
 * in print: the colour map inferno of matplotlib (N. Smith and S. van der Walt, CC0), at eleven places. */
static const uint8_t colours[][3] = {{0, 0, 4},      {22, 11, 57},   {66, 10, 104},  {106, 23, 110},
                                     {147, 38, 103}, {188, 55, 84},  {221, 81, 58},  {243, 120, 25},
                                     {252, 165, 10}, {246, 215, 70}, {252, 255, 164}};
enum { COLOURS = sizeof colours / sizeof *colours };

/* A colour of the line around the cell that is not among those above (Okabe and Ito's sky blue). */
static const uint8_t outline[3] = {86, 180, 233};

void lvk_heat_colour(double value, uint8_t rgb[3]) {
    const double at = fmin(fmax(value, 0), 1) * (COLOURS - 1);
    const int a = (int)at, b = a + 1 < COLOURS ? a + 1 : a;
    for (int c = 0; c < 3; ++c)
        rgb[c] = (uint8_t)lround(colours[a][c] + (at - a) * (colours[b][c] - colours[a][c]));
}

/* A pixel in grey with the colour of its heat over it: the hotter, the less of the pixel is left. */
static void blend(const uint8_t pixel[3], double heat, uint8_t rgb[3]) {
    const double grey = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]; /* ITU-R BT.601 */
    const double share = 0.8 * fmin(1, 1.5 * fmax(heat, 0));
    uint8_t colour[3];
    lvk_heat_colour(heat, colour);
    for (int c = 0; c < 3; ++c)
        rgb[c] = (uint8_t)lround(grey + share * (colour[c] - grey));
}

void lvk_explanation_overlay(const lvk_explanation *x, uint8_t *rgb) {
    for (size_t i = 0; i < (size_t)x->side * x->side; ++i)
        blend(x->pixels + i * 3, (double)x->map[i], rgb + i * 3);
}

/* ---- panels ---- */

static uint32_t source_of(uint32_t i, uint32_t side) {
    return (uint32_t)((2 * (uint64_t)i + 1) * side / (2 * PANEL));
}

static bool is_cell(const lvk_explanation *x, uint32_t i, uint32_t j) {
    return x->places[(size_t)source_of(j, x->side) * x->side + source_of(i, x->side)] == LVK_PLACE_CELL;
}

/* Whether the line around the cell runs here. */
static bool is_outline(const lvk_explanation *x, uint32_t i, uint32_t j) {
    return x->places && is_cell(x, i, j) &&
           ((i > 0 && !is_cell(x, i - 1, j)) || (i + 1 < PANEL && !is_cell(x, i + 1, j)) ||
            (j > 0 && !is_cell(x, i, j - 1)) || (j + 1 < PANEL && !is_cell(x, i, j + 1)));
}

static void put(lvk_canvas *canvas, uint32_t x, uint32_t y, const uint8_t rgb[3]) {
    for (int c = 0; c < 3; ++c)
        canvas->pixels[((size_t)y * canvas->width + x) * 3 + (size_t)c] = rgb[c];
}

static void draw_heat(lvk_canvas *canvas, const lvk_explanation *x, const float *picture, uint32_t left,
                      uint32_t top) {
    for (uint32_t j = 0; j < PANEL; ++j) {
        for (uint32_t i = 0; i < PANEL; ++i) {
            uint8_t pixel[3], rgb[3];
            lvk_pixels_to_bytes(picture + ((size_t)j * PANEL + i) * 3, 3, pixel);
            blend(pixel,
                  lvk_map_at(x->map, x->side, (i + 0.5) * x->side / PANEL, (j + 0.5) * x->side / PANEL), rgb);
            put(canvas, left + i, top + j, is_outline(x, i, j) ? outline : rgb);
        }
    }
}

/* The scale of the colours, the hottest at the top; the value that it stands for above, and 0 below. */
static lvk_status draw_scale(lvk_canvas *canvas, double maximum, uint32_t left, uint32_t top) {
    for (uint32_t j = 0; j < PANEL; ++j) {
        uint8_t rgb[3];
        lvk_heat_colour(1 - (j + 0.5) / PANEL, rgb);
        for (uint32_t i = 0; i < BAR; ++i)
            put(canvas, left + i, top + j, rgb);
    }
    lvk_text number = {0};
    char *value = NULL;
    lvk_text_add_number(&number, maximum, 3);
    LVK_TRY(lvk_text_take(&number, &value, NULL));
    lvk_status status = lvk_canvas_text(canvas, left + BAR + 4, top, SCALE_TEXT, value);
    lvk_free(value);
    if (status == LVK_OK)
        status = lvk_canvas_text(canvas, left + BAR + 4, top + PANEL - 16, SCALE_TEXT, "0");
    return status;
}

static lvk_status draw(lvk_canvas *canvas, const lvk_explanation *x, const char *title,
                       const char *const *notes, size_t note_count, double maximum, float *picture) {
    const lvk_image crop = {.pixels = x->pixels, .width = x->side, .height = x->side};
    const lvk_augment plain = lvk_augment_view(0);
    const uint32_t top = MARGIN + LVK_CANVAS_LINE, width = canvas->width - 2 * MARGIN;
    LVK_TRY(lvk_resample(&crop, &plain, PANEL, picture));
    LVK_TRY(lvk_canvas_text(canvas, MARGIN, MARGIN, width, title));
    lvk_canvas_square(canvas, MARGIN, top, picture, PANEL);
    draw_heat(canvas, x, picture, 2 * MARGIN + PANEL, top);
    LVK_TRY(draw_scale(canvas, maximum, 3 * MARGIN + 2 * PANEL, top));
    for (size_t n = 0; n < note_count; ++n)
        LVK_TRY(lvk_canvas_text(canvas, MARGIN, top + PANEL + MARGIN + (uint32_t)n * LVK_CANVAS_LINE, width,
                                notes[n]));
    return LVK_OK;
}

lvk_status lvk_overlay_encode(const lvk_explanation *x, const char *title, const char *const *notes,
                              size_t note_count, double maximum, void **data, size_t *size) {
    const uint64_t width = 4 * MARGIN + 2 * PANEL + BAR + SCALE_TEXT;
    const uint64_t height = 2 * MARGIN + PANEL + LVK_CANVAS_LINE * (1 + note_count);
    lvk_canvas canvas;
    *data = NULL;
    LVK_TRY(lvk_canvas_create(width, height, &canvas));
    float *picture = lvk_alloc((size_t)PANEL * PANEL * 3, sizeof *picture);
    lvk_status status =
        picture ? draw(&canvas, x, title, notes, note_count, maximum, picture) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_png_encode(canvas.pixels, canvas.width, canvas.height, 3, data, size);
    lvk_free(picture);
    lvk_canvas_finish(&canvas);
    return status;
}

/* ---- an explanation's picture ---- */

static const char *unit_of(const lvk_explainer *e) {
    return e->options.method == LVK_EXPLAIN_GRAD_CAM ? "part of the logit" : "fall of the probability";
}

static void add_shares(lvk_text *text, const lvk_heat *heat) {
    if (heat->maximum == 0)
        lvk_text_add(text, "no heat: nothing speaks for this class");
    else if (isnan(heat->on_ground))
        lvk_text_add(text, "heat: no black ground tells where the cell ends");
    else
        lvk_text_add(text, "heat on ground %.0f %%, outside cell %.0f %% (even: %.0f %%)",
                     100 * heat->on_ground, 100 * heat->outside_cell, 100 * heat->outside);
}

lvk_status lvk_explanation_encode(const lvk_explainer *e, const lvk_explanation *x, void **data,
                                  size_t *size) {
    lvk_text parts[3] = {{0}};
    char *lines[3] = {NULL};
    lvk_status status = LVK_OK;
    lvk_text_add(&parts[0], "heat of %s: probability ", lvk_explainer_class_name(e, x->heat.class_index));
    lvk_text_add_decimal(&parts[0], x->heat.p, 3);
    add_shares(&parts[1], &x->heat);
    lvk_text_add(&parts[2], "scale: %s; blue line: the cell", unit_of(e));
    for (int i = 0; i < 3; ++i) {
        const lvk_status own = lvk_text_take(&parts[i], &lines[i], NULL);
        status = status == LVK_OK ? own : status;
    }
    *data = NULL;
    if (status == LVK_OK)
        status = lvk_overlay_encode(x, lines[0], (const char *const[]){lines[1], lines[2]}, 2,
                                    x->heat.maximum, data, size);
    for (int i = 0; i < 3; ++i)
        lvk_free(lines[i]);
    return status;
}

lvk_status lvk_explanation_write(const lvk_explainer *e, const lvk_explanation *x, const char *path) {
    void *data;
    size_t size;
    LVK_TRY(lvk_explanation_encode(e, x, &data, &size));
    lvk_folder_clear_beside(path);
    const lvk_status status = lvk_file_write(path, data, size);
    lvk_free(data);
    return status;
}
