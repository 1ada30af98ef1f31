#include "core/file.h"
#include "core/memory.h"
#include "preview/pick.h"
#include "preview/sheet_options.h"
#include "preview/tiles.h"

#include <stdio.h>

enum { GAP = 8 };

typedef struct views {
    const lvk_dataset *dataset;
    lvk_sheet_options options;
    lvk_crop crop;
    lvk_augment_strength strength;
    uint32_t *images; /* [rows] */
    size_t rows;
    lvk_tile *tiles; /* [rows * (1 + options.views)] */
    lvk_canvas canvas;
} views;

/* Classes in turn, as long as they last; images without label come after them. */
static lvk_status pick_rows(views *v) {
    const size_t classes = lvk_dataset_class_count(v->dataset), wanted = v->options.cells;
    v->images = lvk_alloc(wanted, sizeof *v->images);
    uint32_t *mine = lvk_alloc((classes + 1) * wanted, sizeof *mine);
    size_t *counts = lvk_alloc(classes + 1, sizeof *counts);
    lvk_status status = v->images && mine && counts ? LVK_OK : LVK_ERROR_MEMORY;
    for (size_t c = 0; c <= classes && status == LVK_OK; ++c) {
        const int32_t label = c < classes ? (int32_t)c : -1;
        const size_t available = lvk_pick_available(v->dataset, label);
        counts[c] = available < wanted ? available : wanted;
        status = lvk_pick(v->dataset, label, v->options.seed, mine + c * wanted, counts[c]);
    }
    for (size_t turn = 0; turn < wanted && status == LVK_OK; ++turn)
        for (size_t c = 0; c < classes; ++c)
            if (turn < counts[c] && v->rows < wanted)
                v->images[v->rows++] = mine[c * wanted + turn];
    for (size_t i = 0; status == LVK_OK && i < counts[classes] && v->rows < wanted; ++i)
        v->images[v->rows++] = mine[classes * wanted + i];
    lvk_free(counts);
    lvk_free(mine);
    return status;
}

static lvk_status write_titles(views *v) {
    const uint32_t step = v->options.side + GAP;
    for (uint32_t view = 0; view <= v->options.views; ++view) {
        char title[32] = "plain crop";
        if (view)
            snprintf(title, sizeof title, "epoch %u", view);
        LVK_TRY(lvk_canvas_text(&v->canvas, GAP + view * step, GAP, v->options.side, title));
    }
    return LVK_OK;
}

static lvk_status write_caption(views *v, const lvk_image_info *image, uint32_t y) {
    const lvk_subject_info *subject = lvk_dataset_subject(v->dataset, image->subject);
    char caption[256];
    snprintf(caption, sizeof caption, "%.60s, subject %.20s, %.150s",
             image->label < 0 ? "unlabelled" : lvk_dataset_class_name(v->dataset, (size_t)image->label),
             subject->named ? subject->name : "unknown", lvk_path_name(image->path));
    return lvk_canvas_text(&v->canvas, GAP, y, v->canvas.width - GAP, caption);
}

static lvk_status lay_out(views *v) {
    const uint32_t columns = v->options.views + 1, step = v->options.side + GAP;
    LVK_TRY(lvk_canvas_create(GAP + (uint64_t)columns * step,
                              GAP + LVK_CANVAS_LINE + (uint64_t)v->rows * (step + LVK_CANVAS_LINE),
                              &v->canvas));
    LVK_TRY(write_titles(v));
    for (size_t row = 0; row < v->rows; ++row) {
        const uint32_t y = GAP + LVK_CANVAS_LINE + (uint32_t)row * (step + LVK_CANVAS_LINE);
        const uint32_t image = v->images[row];
        for (uint32_t view = 0; view < columns; ++view)
            v->tiles[row * columns + view] =
                (lvk_tile){.image = image,
                           .augment = view ? lvk_augment_draw(&v->strength, v->options.seed, view - 1, image)
                                           : lvk_augment_view(0),
                           .x = GAP + view * step,
                           .y = y};
        LVK_TRY(write_caption(v, lvk_dataset_image(v->dataset, image), y + v->options.side + 2));
    }
    return LVK_OK;
}

static lvk_status resolve(const lvk_sheet_options *options, views *v) {
    LVK_TRY(lvk_sheet_resolve(options, &(lvk_sheet_options){.cells = 6, .views = 6, .side = 224}, 100,
                              &v->options, &v->crop));
    v->strength =
        (lvk_augment_strength){v->options.shift, v->options.zoom, v->options.color, v->options.stain};
    return lvk_augment_check(&v->strength);
}

lvk_status lvk_sheet_views_check(const lvk_sheet_options *options) {
    views v;
    return resolve(options, &v);
}

lvk_status lvk_sheet_write_views(const lvk_dataset *dataset, const lvk_sheet_options *options,
                                 const char *path) {
    views v = {.dataset = dataset};
    LVK_TRY(resolve(options, &v));
    lvk_status status = pick_rows(&v);
    if (status == LVK_OK) {
        v.tiles = lvk_alloc(v.rows * (1 + v.options.views), sizeof *v.tiles);
        status = v.tiles ? lay_out(&v) : LVK_ERROR_MEMORY;
    }
    if (status == LVK_OK)
        status = lvk_tiles_draw(dataset, &v.crop, v.tiles, v.rows * (1 + v.options.views), v.options.side,
                                v.options.threads, &v.canvas);
    if (status == LVK_OK)
        status = lvk_canvas_write(&v.canvas, path);
    lvk_canvas_finish(&v.canvas);
    lvk_free(v.tiles);
    lvk_free(v.images);
    return status;
}
