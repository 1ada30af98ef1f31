#include "preview/data_page.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/options.h"
#include "image/crop.h"
#include "leukvk/model.h"

#include <stdio.h>
#include <string.h>

enum { MOST_CELLS = 1000 };

/* The last part of the path that is a name. */
static void name_data(const lvk_dataset *dataset, char *name, size_t size) {
    snprintf(name, size, "%s", lvk_dataset_source(dataset));
    size_t length = strlen(name);
    while (length > 1 && name[length - 1] == '/')
        name[--length] = '\0';
    memmove(name, lvk_path_name(name), strlen(lvk_path_name(name)) + 1);
}

static void add_head(lvk_data_page *page) {
    char name[512], title[600];
    lvk_text *text = &page->text;
    name_data(page->dataset, name, sizeof name);
    snprintf(title, sizeof title, "Data set %s", name);
    lvk_html_begin(text, &(lvk_html_head){.title = title});
    lvk_text_add(text, "<main>\n<h1>");
    lvk_html_add(text, title);
    lvk_text_add(text, "</h1>\n");
    lvk_page_add_summary(page);
    lvk_text_add(text,
                 "<nav aria-label=\"Parts of this page\"><ul>\n<li><a href=\"#counts\">Counts</a></li>\n"
                 "<li><a href=\"#pictures\">Some cells of each class</a></li>\n"
                 "<li><a href=\"#cells\">Area and colour</a></li>\n"
                 "<li><a href=\"#duplicates\">Duplicates</a></li>\n"
                 "<li><a href=\"#outliers\">Outliers</a></li>\n"
                 "<li><a href=\"#left-out\">Files left out</a></li>\n</ul></nav>\n");
}

static void add_foot(lvk_data_page *page) {
    lvk_text_add(&page->text, "<footer><p>Made by <code>leukvk data ");
    lvk_html_add(&page->text, lvk_dataset_source(page->dataset));
    lvk_text_add(
        &page->text,
        " --report</code>, leukvk %s. Fingerprint of the data set: <code>%s</code></p></footer>\n</main>\n",
        lvk_version(), lvk_dataset_fingerprint(page->dataset));
    lvk_html_end(&page->text);
}

static lvk_status choose(lvk_data_page *page) {
    LVK_TRY(lvk_page_measure_classes(page));
    LVK_TRY(lvk_page_choose_cells(page));
    LVK_TRY(lvk_page_choose_duplicates(page));
    LVK_TRY(lvk_page_choose_twins(page));
    return lvk_page_choose_outliers(page);
}

static lvk_status compose(lvk_data_page *page) {
    add_head(page);
    LVK_TRY(lvk_page_add_counts(page));
    lvk_page_add_cells(page);
    LVK_TRY(lvk_page_add_traits(page));
    LVK_TRY(lvk_page_add_duplicates(page));
    lvk_page_add_outliers(page);
    LVK_TRY(lvk_page_add_left_out(page));
    add_foot(page);
    return page->text.failed ? LVK_ERROR_MEMORY : LVK_OK;
}

/* The scale of areas, where all images have one. */
static double known_scale(const lvk_dataset *dataset) {
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i)
        if (!(lvk_dataset_image(dataset, i)->microns_per_pixel > 0))
            return 0;
    return lvk_dataset_microns_per_pixel(dataset);
}

lvk_status lvk_data_page_write(const lvk_dataset *dataset, const lvk_data_page_options *options,
                               const char *path) {
    lvk_crop crop;
    lvk_data_page_options taken;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_data_page_options, &taken, options));
    lvk_data_page *page = lvk_alloc(1, sizeof *page);
    if (!page)
        return LVK_ERROR_MEMORY;
    page->dataset = dataset;
    page->options = taken;
    page->microns = known_scale(dataset);
    lvk_status status = lvk_crop_parse(page->options.crop ? page->options.crop : "center", &crop);
    if (status == LVK_OK && page->options.cells > MOST_CELLS)
        status = lvk_fail(LVK_ERROR_ARGUMENT, "page: %u cells of each class are too many, at most %d",
                          page->options.cells, MOST_CELLS);
    if (status == LVK_OK) {
        lvk_crop_format(&crop, page->crop);
        status = choose(page);
    }
    if (status == LVK_OK)
        status = lvk_page_pictures_make(&page->pictures, dataset, &crop, page->options.threads,
                                        page->options.progress, page->options.progress_user);
    if (status == LVK_OK)
        status = compose(page);
    if (status == LVK_OK)
        lvk_folder_clear_beside(path);
    if (status == LVK_OK)
        status = lvk_file_write(path, page->text.data, page->text.length);
    lvk_text_finish(&page->text);
    lvk_page_pictures_finish(&page->pictures);
    lvk_page_release_classes(page);
    lvk_free(page);
    return status;
}
