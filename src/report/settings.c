/* Settings, device, digests, and the limits of use. */
#include "report/page.h"

#include "core/json_file.h"
#include "core/memory.h"
#include "leukvk/model.h"

#include <string.h>

static void add_row(lvk_page *page, const char *key, const json_t *value) {
    char *written = NULL;
    if (!json_is_string(value) &&
        lvk_json_dump(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9), &written) != LVK_OK)
        page->text->failed = true;
    const char *text = written ? written : json_string_value(value);
    lvk_html(page->text, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", key,
             text && *text ? text : "none");
    lvk_free(written);
}

static bool is_origin(const char *key) {
    static const char *const origins[] = {"data",    "data_fingerprint", "device", "driver",
                                          "kernels", "leukvk",           "seed",   "shaders"};
    for (size_t i = 0; i < sizeof origins / sizeof *origins; ++i)
        if (strcmp(key, origins[i]) == 0)
            return true;
    return false;
}

static void add_table(lvk_page *page, const json_t *settings, bool origin, const char *caption) {
    const char *key;
    json_t *value;
    lvk_html(
        page->text,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table><caption>{}</caption>\n<thead><tr><th scope=\"col\">setting</th>"
        "<th scope=\"col\">value</th></tr></thead>\n<tbody>\n",
        caption, caption);
    json_object_foreach((json_t *)settings, key, value) if (is_origin(key) == origin)
        add_row(page, key, value);
    lvk_text_add(page->text, "</tbody></table></div>\n");
}

void lvk_report_add_settings(lvk_page *page) {
    const lvk_report_source *s = page->source;
    lvk_page_begin_section(page, "settings", "Settings, device and origin");
    lvk_html(
        page->text,
        "<p>The same settings and seed on the same device give the same model, bit by bit. The digests identify the "
        "data and the kernels. This report was written by leukvk {}.</p>\n",
        lvk_version());
    if (s->run_count)
        add_table(page, s->runs[0].config, true,
                  s->kind == LVK_REPORT_CV ? "Origin (of the first fold)" : "Origin");
    lvk_text_add(page->text, "<details><summary>All settings</summary>\n");
    add_table(page, s->settings, false, "Settings");
    lvk_text_add(page->text, "</details>\n");
    lvk_page_end_section(page);
}

const char *lvk_report_limit(size_t index) {
    static const char *const limits[] = {
        "For research and teaching. It is not a medical device, and must not be used to diagnose, to treat or to sort "
        "patients.",
        "It takes an image of one cell, cut out and on black ground, stained and scaled as those that it was trained on. "
        "It gives every other picture a class as well; the column `novelty` of leukvk predict tells unlike ones.",
        "The scores are of images from the same source as those of the training: same laboratory, same stain, same camera. "
        "Of other laboratories nothing is known, and published experience is that scores fall there.",
        "The scores count cells. A person's diagnosis needs more than the cells of a smear, and nothing here measures it.",
        "The share of positive cells in these images is that of the data set. Predictive values hold for the prevalence "
        "beside them and for no other.",
        "The size of a cell is a strong cue by itself. What a model adds to it is the difference of both AUCs.",
    };
    return index < sizeof limits / sizeof *limits ? limits[index] : NULL;
}

void lvk_report_add_limits(lvk_page *page) {
    const char *limit;
    lvk_page_begin_section(page, "limits", "Limits of use");
    lvk_text_add(page->text, "<ul>\n");
    for (size_t i = 0; (limit = lvk_report_limit(i)); ++i)
        lvk_html(page->text, "<li>{}</li>\n", limit);
    lvk_text_add(page->text, "</ul>\n");
    lvk_page_end_section(page);
}
