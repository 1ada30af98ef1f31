#include "leukvk/report.h"

#include "core/file.h"
#include "core/memory.h"
#include "leukvk/model.h"
#include "report/assets.h"
#include "report/page.h"

#include <stdio.h>
#include <string.h>

static const char *const kinds[] = {"Training", "Cross-validation", "Search for settings"};

static void add_asset(lvk_text *text, const char *asset) {
    lvk_text_add_bytes(text, asset, strlen(asset));
}

/* ---- the page ---- */

static const char *const sections[][2] = {{"summary", "Summary"},
                                          {"data", "Data"},
                                          {"search", "Search"},
                                          {"folds", "Folds"},
                                          {"learning", "Learning curves"},
                                          {"scores", "Scores"},
                                          {"operating", "Threshold"},
                                          {"curves", "Curves"},
                                          {"people", "People"},
                                          {"cells", "Cells"},
                                          {"settings", "Settings"},
                                          {"limits", "Limits of use"}};

static lvk_status add_sections(lvk_page *page) {
    lvk_report_add_summary(page);
    LVK_TRY(lvk_report_add_data(page));
    LVK_TRY(lvk_report_add_trials(page));
    lvk_report_add_folds(page);
    LVK_TRY(lvk_report_add_learning(page));
    lvk_report_add_scores(page);
    LVK_TRY(lvk_report_add_threshold(page));
    LVK_TRY(page->source->classes > 2 ? lvk_report_add_class_curves(page) : lvk_report_add_curves(page));
    LVK_TRY(lvk_report_add_people(page));
    LVK_TRY(lvk_report_add_cells(page));
    lvk_report_add_settings(page);
    lvk_report_add_limits(page);
    return LVK_OK;
}

static lvk_status add_head(lvk_text *html, const lvk_report_source *s, const char *name) {
    char *title = lvk_format("%s: %s – leukvk report", kinds[s->kind], name);
    if (!title)
        return LVK_ERROR_MEMORY;
    lvk_html_begin(html, &(lvk_html_head){.title = title,
                                          .style = lvk_report_style,
                                          .more = "<link rel=\"icon\" href=\"data:,\">\n",
                                          .scripts = true});
    lvk_html(html, "<header>\n<h1>{}: {}</h1>\n<p>Report of leukvk {}</p>\n</header>\n", kinds[s->kind], name,
             lvk_version());
    lvk_free(title);
    return LVK_OK;
}

/* Links to those sections that the body has. */
static void add_navigation(lvk_text *html, const char *body) {
    lvk_text_add(html, "<nav aria-label=\"Sections\"><ul>\n");
    for (size_t i = 0; i < sizeof sections / sizeof *sections; ++i) {
        char begin[64];
        snprintf(begin, sizeof begin, "<section id=\"%s\"", sections[i][0]);
        if (strstr(body, begin))
            lvk_text_add(html, "<li><a href=\"#%s\">%s</a></li>\n", sections[i][0], sections[i][1]);
    }
    lvk_text_add(html, "</ul></nav>\n<main>\n");
}

/* The controls. */
static void add_scripts(lvk_text *html, const lvk_text *data) {
#ifdef LVK_D3
    lvk_text_add(html, "<script type=\"application/json\" id=\"report-data\">{");
    lvk_text_add_bytes(html, data->data, data->length);
    lvk_text_add(html, "}</script>\n<script type=\"text/plain\" id=\"licence-d3\">\n");
    add_asset(html, lvk_report_d3_licence);
    lvk_text_add(html, "</script>\n<script>\n");
    add_asset(html, lvk_report_d3_selection);
    add_asset(html, lvk_report_d3_array);
    lvk_text_add(html, "</script>\n<script>\n");
    add_asset(html, lvk_report_script);
    lvk_text_add(html, "</script>\n");
#else
    (void)data;
    lvk_text_add(html,
                 "<p>The controls of this page are left out: this leukvk was built without Debian's packages "
                 "node-d3-selection and node-d3-array. All figures and numbers are there.</p>\n");
#endif
}

static void add_end(lvk_text *html, const lvk_text *data) {
    lvk_text_add(html, "</main>\n<footer><p>For research and teaching. Not a medical device.</p></footer>\n");
    add_scripts(html, data);
    lvk_html_end(html);
}

/* The last name of the folder's path, whatever stands behind it. */
static char *name_of(const char *folder) {
    char *copy = lvk_strdup(folder);
    for (size_t length = copy ? strlen(copy) : 0; length > 1 && copy[length - 1] == '/'; --length)
        copy[length - 1] = '\0';
    char *name = copy ? lvk_strdup(lvk_path_name(copy)) : NULL;
    lvk_free(copy);
    return name;
}

static lvk_status make_page(lvk_page *page, lvk_text *html) {
    lvk_text body = {0};
    char *name = name_of(page->source->folder);
    page->text = &body;
    lvk_status status = name ? add_sections(page) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = add_head(html, page->source, name);
    if (status == LVK_OK && !body.failed && body.data) {
        add_navigation(html, body.data);
        lvk_text_add_bytes(html, body.data, body.length);
        add_end(html, &page->data);
    }
    if (status == LVK_OK && (body.failed || html->failed || page->data.failed))
        status = LVK_ERROR_MEMORY;
    lvk_text_finish(&body);
    lvk_free(name);
    return status;
}

/* ---- files ---- */

static lvk_status write_figures(const lvk_page *page, const char *folder) {
    LVK_TRY(lvk_folder_create(folder));
    lvk_folder_clear(folder);
    for (size_t i = 0; i < page->figure_count; ++i) {
        const lvk_figure *figure = &page->figures[i];
        char *path = lvk_format("%s/%s.svg", folder, figure->id);
        const lvk_status status = path && figure->svg.data && !figure->svg.failed
                                      ? lvk_file_write(path, figure->svg.data, figure->svg.length)
                                      : LVK_ERROR_MEMORY;
        lvk_free(path);
        LVK_TRY(status);
    }
    return LVK_OK;
}

static lvk_status write_card(const lvk_report_source *source, const char *path) {
    lvk_text card = {0};
    lvk_report_add_card(source, &card);
    const lvk_status status =
        card.failed || !card.data ? LVK_ERROR_MEMORY : lvk_file_write(path, card.data, card.length);
    lvk_text_finish(&card);
    return status;
}

/* The names of the other files: of FILE.html, FILE-model-card.md and FILE-figures; of report.html in its folder,
 * model-card.md and figures. */
static lvk_status name_files(const char *folder, const char *out, lvk_report_files *files) {
    static const char ending[] = ".html";
    const size_t length = out ? strlen(out) : 0, tail = sizeof ending - 1;
    const int stem =
        (int)(length > tail && strcmp(out + length - tail, ending) == 0 ? length - tail : length);
    *files = (lvk_report_files){
        .page = out ? lvk_strdup(out) : lvk_path_join(folder, "report.html"),
        .card = out ? lvk_format("%.*s-model-card.md", stem, out) : lvk_path_join(folder, "model-card.md"),
        .figures = out ? lvk_format("%.*s-figures", stem, out) : lvk_path_join(folder, "figures")};
    return files->page && files->card && files->figures ? LVK_OK : LVK_ERROR_MEMORY;
}

void lvk_report_files_finish(lvk_report_files *files) {
    lvk_free(files->page);
    lvk_free(files->card);
    lvk_free(files->figures);
    *files = (lvk_report_files){0};
}

static lvk_status write_all(const lvk_page *page, const lvk_text *html, const lvk_report_files *files) {
    lvk_folder_clear_beside(files->page);
    LVK_TRY(lvk_file_write(files->page, html->data, html->length));
    LVK_TRY(write_card(page->source, files->card));
    return write_figures(page, files->figures);
}

static lvk_status make(const lvk_report_source *source, lvk_device *device, const lvk_report_files *files) {
    const lvk_bootstrap_options bootstrap = {.seed = LVK_BOOTSTRAP_SEED};
    lvk_page *page = lvk_alloc(1, sizeof *page);
    lvk_curve_bands *bands = lvk_alloc(1, sizeof *bands);
    lvk_text html = {0};
    lvk_status status = page && bands ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        page->source = source;
        page->device = device;
        if (source->scores && source->classes == 2) {
            status = lvk_curve_bands_compute(&source->cells.scored, &bootstrap, bands);
            page->bands = bands;
        }
    }
    if (status == LVK_OK)
        status = make_page(page, &html);
    if (status == LVK_OK)
        status = write_all(page, &html, files);
    if (page)
        lvk_page_finish(page);
    lvk_text_finish(&html);
    lvk_free(bands);
    lvk_free(page);
    return status;
}

lvk_status lvk_report_write(lvk_device *device, const char *folder, const char *out,
                            lvk_report_files *files) {
    lvk_report_source source;
    lvk_status status = name_files(folder, out, files);
    if (status == LVK_OK)
        status = lvk_report_source_read(folder, &source);
    if (status == LVK_OK) {
        status = make(&source, device, files);
        lvk_report_source_finish(&source);
    }
    if (status != LVK_OK)
        lvk_report_files_finish(files);
    return status;
}
