#include "leukvk/sheet.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"
#include "preview/pick.h"
#include "preview/sheet_options.h"
#include "preview/tiles.h"

#include <stdio.h>

/* The part of the sheet with the cells of one class. */
typedef struct section {
    int32_t label;
    size_t available, count;
    uint32_t *images; /* [count] */
} section;

typedef struct sheet {
    const lvk_dataset *dataset;
    lvk_sheet_options options;
    lvk_crop crop;
    section *sections;
    size_t section_count, cell_count;
    lvk_tile *tiles; /* [cell_count] */
    lvk_canvas canvas;
    lvk_text index;
} sheet;

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t rows_of(const section *b) {
    return (b->count + LVK_SHEET_COLUMNS - 1) / LVK_SHEET_COLUMNS;
}

static lvk_status add_section(sheet *s, int32_t label) {
    section *b = &s->sections[s->section_count];
    *b = (section){.label = label, .available = lvk_pick_available(s->dataset, label)};
    b->count = least(b->available, s->options.cells);
    if (b->count == 0)
        return LVK_OK;
    b->images = lvk_alloc(b->count, sizeof *b->images);
    if (!b->images)
        return LVK_ERROR_MEMORY;
    ++s->section_count;
    s->cell_count += b->count;
    return lvk_pick(s->dataset, label, s->options.seed, b->images, b->count);
}

static lvk_status pick_cells(sheet *s) {
    const size_t classes = lvk_dataset_class_count(s->dataset);
    s->sections = lvk_alloc(classes + 1, sizeof *s->sections);
    if (!s->sections)
        return LVK_ERROR_MEMORY;
    for (size_t c = 0; c < classes; ++c)
        LVK_TRY(add_section(s, (int32_t)c));
    LVK_TRY(add_section(s, -1));
    s->tiles = lvk_alloc(s->cell_count, sizeof *s->tiles);
    return s->tiles ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status create_canvas(sheet *s) {
    uint64_t height = LVK_SHEET_GAP;
    size_t columns = 1;
    for (size_t i = 0; i < s->section_count; ++i) {
        height += LVK_CANVAS_LINE +
                  (uint64_t)rows_of(&s->sections[i]) * (s->options.side + LVK_CANVAS_LINE + LVK_SHEET_GAP);
        columns = columns < s->sections[i].count ? s->sections[i].count : columns;
    }
    return lvk_canvas_create(LVK_SHEET_GAP + (uint64_t)least(columns, LVK_SHEET_COLUMNS) *
                                                 (s->options.side + LVK_SHEET_GAP),
                             height, &s->canvas);
}

static const char *class_name(const sheet *s, int32_t label) {
    return label < 0 ? "" : lvk_dataset_class_name(s->dataset, (size_t)label);
}

static void add_to_index(sheet *s, size_t row, size_t column, const lvk_image_info *image) {
    const lvk_subject_info *subject = lvk_dataset_subject(s->dataset, image->subject);
    lvk_text_add(&s->index, "%zu,%zu,", row, column);
    lvk_text_add_csv(&s->index, image->path);
    lvk_text_add(&s->index, ",");
    lvk_text_add_csv(&s->index, class_name(s, image->label));
    lvk_text_add(&s->index, ",");
    lvk_text_add_csv(&s->index, subject->named ? subject->name : "");
    lvk_text_add(&s->index, "\n");
}

static lvk_status write_title(sheet *s, const section *b, uint32_t y) {
    char title[256];
    snprintf(title, sizeof title, "%.100s: %zu of %zu cells",
             b->label < 0 ? "unlabelled" : class_name(s, b->label), b->count, b->available);
    return lvk_canvas_text(&s->canvas, LVK_SHEET_GAP, y, s->canvas.width - LVK_SHEET_GAP, title);
}

/* Places the cells of all sections and writes what is text. */
static lvk_status lay_out(sheet *s) {
    const uint32_t side = s->options.side, step = side + LVK_CANVAS_LINE + LVK_SHEET_GAP;
    lvk_tile *tile = s->tiles;
    uint32_t y = LVK_SHEET_GAP;
    size_t row = 1;
    lvk_text_add(&s->index, "row,column,path,class,subject\n");
    for (const section *b = s->sections; b < s->sections + s->section_count; ++b) {
        LVK_TRY(write_title(s, b, y));
        y += LVK_CANVAS_LINE;
        for (size_t i = 0; i < b->count; ++i, ++tile) {
            const lvk_image_info *image = lvk_dataset_image(s->dataset, b->images[i]);
            const lvk_subject_info *subject = lvk_dataset_subject(s->dataset, image->subject);
            *tile =
                (lvk_tile){.image = b->images[i],
                           .x = LVK_SHEET_GAP + (uint32_t)(i % LVK_SHEET_COLUMNS) * (side + LVK_SHEET_GAP),
                           .y = y + (uint32_t)(i / LVK_SHEET_COLUMNS) * step};
            LVK_TRY(lvk_canvas_text(&s->canvas, tile->x, tile->y + side + 2, side,
                                    subject->named ? subject->name : lvk_path_name(image->path)));
            add_to_index(s, row + i / LVK_SHEET_COLUMNS, i % LVK_SHEET_COLUMNS + 1, image);
        }
        row += rows_of(b);
        y += (uint32_t)rows_of(b) * step;
    }
    return LVK_OK;
}

static lvk_status write_index(sheet *s, const char *path) {
    char *text;
    size_t length;
    LVK_TRY(lvk_text_take(&s->index, &text, &length));
    const lvk_status status = lvk_file_write(path, text, length);
    lvk_free(text);
    return status;
}

lvk_status lvk_sheet_write(const lvk_dataset *dataset, const lvk_sheet_options *options, const char *path,
                           const char *index) {
    sheet s = {.dataset = dataset};
    LVK_TRY(lvk_sheet_resolve(options, &(lvk_sheet_options){.cells = 20, .side = 150}, 1000, &s.options,
                              &s.crop));
    lvk_status status = pick_cells(&s);
    if (status == LVK_OK)
        status = create_canvas(&s);
    if (status == LVK_OK)
        status = lay_out(&s);
    if (status == LVK_OK)
        status = lvk_tiles_draw(dataset, &s.crop, s.tiles, s.cell_count, s.options.side, s.options.threads,
                                &s.canvas);
    if (status == LVK_OK)
        status = lvk_canvas_write(&s.canvas, path);
    if (status == LVK_OK && index)
        status = write_index(&s, index);
    lvk_text_finish(&s.index);
    lvk_canvas_finish(&s.canvas);
    for (size_t i = 0; s.sections && i < s.section_count; ++i)
        lvk_free(s.sections[i].images);
    lvk_free(s.sections);
    lvk_free(s.tiles);
    return status;
}
