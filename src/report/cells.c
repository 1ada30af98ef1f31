/* The cells that are told best, worst and with the most doubt, as pictures in the page. */
#include "core/file.h"
#include "core/memory.h"
#include "image/crop.h"
#include "image/encode.h"
#include "image/resample.h"
#include "report/heat.h"
#include "report/page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 8, SIDE = 128 };

/* A cell, and the number by which it is chosen. */
typedef struct candidate {
    size_t at; /* in the labelled rows */
    double rank;
} candidate;

typedef struct gallery {
    const char *heading, *caption;
    double (*rank)(const lvk_report_source *source, size_t at); /* the least ones are shown */
} gallery;

static double own_probability(const lvk_report_source *s, size_t at) {
    const lvk_prediction *row = s->cells.rows[at];
    if (s->classes == 2)
        return row->label ? row->p : 1 - row->p;
    return row->probabilities[row->label];
}

static double rank_worst(const lvk_report_source *s, size_t at) {
    return own_probability(s, at);
}

static double rank_best(const lvk_report_source *s, size_t at) {
    return -own_probability(s, at);
}

/* How far the two highest probabilities are apart, or the probability from the threshold. */
static double rank_doubtful(const lvk_report_source *s, size_t at) {
    const lvk_prediction *row = s->cells.rows[at];
    double first = 0, second = 0;
    if (s->classes == 2)
        return fabs(row->p - s->threshold);
    for (uint32_t k = 0; k < s->classes; ++k) {
        const double p = row->probabilities[k];
        second = p > first ? first : fmax(second, p);
        first = fmax(first, p);
    }
    return first - second;
}

static const gallery galleries[] = {
    {"Told worst",
     "The cells to whose own class the model gives the least probability: wrong labels, unusual cells, or "
     "what the model has not understood.",
     rank_worst},
    {"Most doubtful", "The cells that the model is least sure of.", rank_doubtful},
    {"Told best", "The cells to whose own class the model gives the highest probability.", rank_best}};

static int compare(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* ---- pictures ---- */

/* Sets *folder to the folder that the paths of the predictions are relative to; NULL: it is not there. */
static lvk_status find_data(const lvk_report_source *s, char **folder) {
    const char *data = json_string_value(json_object_get(s->runs[0].config, "data"));
    *folder = NULL;
    if (!data)
        return LVK_OK;
    char *found = lvk_strdup(data);
    if (!found)
        return LVK_ERROR_MEMORY;
    if (lvk_path_is_file(found)) { /* a table */
        char *slash = strrchr(found, '/');
        if (slash)
            *slash = '\0';
    }
    if (lvk_path_is_folder(found))
        *folder = found;
    else
        lvk_free(found);
    return LVK_OK;
}

static lvk_status encode(const lvk_image *cropped, void **png, size_t *size) {
    static const lvk_augment plain = {0};
    float *pixels = lvk_alloc((size_t)SIDE * SIDE * 3, sizeof *pixels);
    uint8_t *bytes = lvk_alloc((size_t)SIDE * SIDE * 3, 1);
    lvk_status status = pixels && bytes ? lvk_resample(cropped, &plain, SIDE, pixels) : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        lvk_pixels_to_bytes(pixels, (size_t)SIDE * SIDE * 3, bytes);
        status = lvk_png_encode(bytes, SIDE, SIDE, 3, png, size);
    }
    lvk_free(pixels);
    lvk_free(bytes);
    return status;
}

/* The crop that the model sees, as a PNG; *png stays NULL where the image cannot be read any more. */
static lvk_status read_picture(const char *path, const lvk_crop *crop, void **png, size_t *size) {
    lvk_image image, cropped;
    *png = NULL;
    lvk_status status = lvk_image_read(path, &image);
    if (status == LVK_ERROR_IO || status == LVK_ERROR_FORMAT)
        return LVK_OK;
    LVK_TRY(status);
    status = lvk_crop_extract(crop, &image, SIDE, &cropped);
    lvk_image_finish(&image);
    if (status == LVK_OK) {
        status = encode(&cropped, png, size);
        lvk_image_finish(&cropped);
    }
    return status;
}

static void describe(const lvk_report_source *s, const lvk_prediction *row, char *text, size_t size) {
    const uint32_t called = lvk_prediction_called(row, s->classes, s->threshold);
    if (s->classes == 2)
        snprintf(text, size, "label %.60s, called %.60s: probability of %.60s %.3f", s->names[row->label],
                 s->names[called], s->names[1], row->p);
    else
        snprintf(text, size, "label %.60s (probability %.3f), called %.60s (%.3f)", s->names[row->label],
                 row->probabilities[row->label], s->names[called], row->probabilities[called]);
}

static void add_picture(lvk_page *page, const char *class, const char *path, const char *told,
                        const void *png, size_t size) {
    lvk_html(page->text, "<img class=\"{}\" width=\"128\" height=\"128\" alt=\"{} {}\" src=\"", class, told,
             path);
    lvk_html_add_data(page->text, "image/png", png, size);
    lvk_text_add(page->text, "\">");
}

/* The map over the crop, and how much of it lies outside of the cell. */
static lvk_status add_heat(lvk_page *page, const lvk_explanation *e, const char *path, uint32_t called) {
    void *png = NULL;
    size_t size;
    char text[160], share[LVK_NUMBER_SIZE];
    lvk_image overlay = {
        .pixels = lvk_alloc((size_t)e->side * e->side * 3, 1), .width = e->side, .height = e->side};
    lvk_status status = overlay.pixels ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        lvk_explanation_overlay(e, overlay.pixels);
        status = encode(&overlay, &png, &size);
    }
    if (status == LVK_OK) {
        add_picture(page, "heat", path, "What the model looked at in", png, size);
        if (isnan(e->heat.outside_cell))
            snprintf(text, sizeof text, "heat for %.80s", page->source->names[called]);
        else
            snprintf(text, sizeof text, "heat for %.80s: %.20s %% outside of the cell",
                     page->source->names[called], lvk_html_number(share, 100 * e->heat.outside_cell, 0));
        lvk_html(page->text, "<span class=\"{}\">{}{}</span>",
                 lvk_heat_is_astray(&e->heat) ? "told astray" : "told", text,
                 lvk_heat_is_astray(&e->heat) ? " – the model looks beside the cell" : "");
    }
    lvk_free(png);
    lvk_free(overlay.pixels);
    return status;
}

static lvk_status add_pictures(lvk_page *page, lvk_heat_maps *maps, const char *path, const lvk_crop *crop,
                               size_t at, const char *told) {
    const lvk_report_source *s = page->source;
    const lvk_prediction *row = s->cells.rows[at];
    lvk_explanation explanation;
    void *png = NULL;
    size_t size = 0;
    bool found;
    LVK_TRY(read_picture(path, crop, &png, &size));
    if (!png)
        return LVK_OK;
    add_picture(page, "cell", row->path, told, png, size);
    lvk_free(png);
    LVK_TRY(lvk_heat_maps_get(maps, at, path, &found, &explanation));
    if (!found)
        return LVK_OK;
    const lvk_status status =
        add_heat(page, &explanation, row->path, lvk_prediction_called(row, s->classes, s->threshold));
    lvk_explanation_finish(&explanation);
    return status;
}

static lvk_status add_cell(lvk_page *page, lvk_heat_maps *maps, const char *folder, const lvk_crop *crop,
                           size_t at) {
    const lvk_report_source *s = page->source;
    const lvk_prediction *row = s->cells.rows[at];
    const bool right = (int)lvk_prediction_called(row, s->classes, s->threshold) == row->label;
    char text[400], told[420];
    describe(s, row, text, sizeof text);
    snprintf(told, sizeof told, "%s:", text);
    lvk_html(page->text, "<li class=\"{}\">", right ? "right" : "wrong");
    if (folder) {
        char *path = lvk_path_join(folder, row->path);
        const lvk_status status = path ? add_pictures(page, maps, path, crop, at, told) : LVK_ERROR_MEMORY;
        lvk_free(path);
        LVK_TRY(status);
    }
    lvk_html(page->text, "<span class=\"told\">{} {}</span><span class=\"path\">{}</span></li>\n",
             right ? "✓" : "✗", text, row->path);
    return LVK_OK;
}

static lvk_status add_gallery(lvk_page *page, lvk_heat_maps *maps, const gallery *g, candidate *list,
                              const char *folder, const lvk_crop *crop) {
    const lvk_report_source *s = page->source;
    const size_t count = s->cells.scored.count;
    for (size_t i = 0; i < count; ++i)
        list[i] = (candidate){i, g->rank(s, i)};
    qsort(list, count, sizeof *list, compare);
    lvk_html(page->text, "<h3>{}</h3>\n<p>{}</p>\n<ul class=\"gallery\">\n", g->heading, g->caption);
    for (size_t i = 0; i < count && i < SHOWN; ++i)
        LVK_TRY(add_cell(page, maps, folder, crop, list[i].at));
    lvk_text_add(page->text, "</ul>\n");
    return LVK_OK;
}

static void say_what_is_shown(lvk_page *page, const char *folder, const lvk_heat_maps *maps) {
    lvk_html(
        page->text, "<p>{}{}</p>\n",
        folder ? "The pictures are the crops that the model sees, as the images are in the data set now."
               : "There are no pictures: the data set is no longer where it was trained on.",
        folder && maps->device
            ? " Below each, where the model can be read, is what spoke for the class that the cell is called (Grad-CAM, leukvk explain): hot is "
              "bright, and heat beside the cell says that the model looks at something else."
            : "");
}

lvk_status lvk_report_add_cells(lvk_page *page) {
    const lvk_report_source *s = page->source;
    lvk_crop crop;
    lvk_heat_maps maps;
    if (!s->scores || s->cells.scored.count == 0)
        return LVK_OK;
    LVK_TRY(lvk_crop_parse(lvk_report_setting_text(s, "crop"), &crop));
    char *folder;
    LVK_TRY(find_data(s, &folder));
    candidate *list = lvk_alloc(s->cells.scored.count, sizeof *list);
    lvk_status status = lvk_heat_maps_init(s, page->device, &maps);
    if (status == LVK_OK && !list)
        status = LVK_ERROR_MEMORY;
    lvk_page_begin_section(page, "cells", "Cells");
    say_what_is_shown(page, folder, &maps);
    for (size_t g = 0; g < sizeof galleries / sizeof *galleries && status == LVK_OK; ++g)
        status = add_gallery(page, &maps, &galleries[g], list, folder, &crop);
    lvk_page_end_section(page);
    lvk_heat_maps_finish(&maps);
    lvk_free(list);
    lvk_free(folder);
    return status;
}
