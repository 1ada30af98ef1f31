/* Where the cells went: counts by part and class, and what was left out. */
#include "report/page.h"

#include "core/file.h"
#include "core/json_file.h"
#include "core/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const parts[][2] = {{"train", "to learn from"},
                                       {"validation", "to watch the training, and to calibrate"},
                                       {"test", "to evaluate the model: no training has seen them"},
                                       {"preliminary", "to evaluate the model: C-NMC's preliminary part"}};
enum { PARTS = sizeof parts / sizeof *parts, MOST_REASONS = 100 };

static json_int_t whole(const json_t *object, const char *key) {
    return json_integer_value(json_object_get(object, key));
}

static void add_count(lvk_page *page, const json_t *count) {
    if (json_is_integer(count))
        lvk_text_add(page->text, "<td>%" JSON_INTEGER_FORMAT "</td>", json_integer_value(count));
    else
        lvk_text_add(page->text, "<td>not known</td>");
}

/* ---- what a results.json tells of the cells that it is of ---- */

static void add_evaluated_classes(lvk_page *page, const json_t *scores) {
    const json_t *by_class = json_object_get(scores, "by_class");
    if (page->source->classes == 2) {
        lvk_text_add(page->text, "<td>%" JSON_INTEGER_FORMAT "</td><td>%" JSON_INTEGER_FORMAT "</td>",
                     whole(scores, "true_negatives") + whole(scores, "false_positives"),
                     whole(scores, "false_negatives") + whole(scores, "true_positives"));
        return;
    }
    for (uint32_t k = 0; k < page->source->classes; ++k)
        add_count(page, json_object_get(json_array_get(by_class, k), "images"));
}

static void add_evaluated(lvk_page *page, const char *name, const char *purpose, const json_t *scores) {
    lvk_html(page->text, "<tr><th scope=\"row\">{}<span class=\"meaning\">{}</span></th>", name, purpose);
    add_count(page, json_object_get(scores, "images"));
    add_count(page, json_object_get(scores, "subjects"));
    add_evaluated_classes(page, scores);
    lvk_text_add(page->text, "</tr>\n");
}

/* ---- what data.json tells, which a training writes ---- */

static bool has_counts(const json_t *part) {
    return json_is_object(part) && whole(part, "images") > 0;
}

static void add_counted(lvk_page *page, size_t p, const json_t *counts) {
    const char *const *names = page->source->names;
    lvk_html(page->text, "<tr><th scope=\"row\">{}<span class=\"meaning\">{}</span></th>", parts[p][0],
             parts[p][1]);
    add_count(page, json_object_get(counts, "images"));
    add_count(page, json_object_get(counts, "people"));
    for (uint32_t k = 0; k < page->source->classes; ++k)
        add_count(page, json_object_get(json_object_get(counts, "images_by_class"), names[k]));
    lvk_text_add(page->text, "</tr>\n");
}

/* A part of which only the split's list of paths is known. */
static void add_listed(lvk_page *page, size_t p, size_t images) {
    lvk_html(page->text, "<tr><th scope=\"row\">{}<span class=\"meaning\">{}</span></th>", parts[p][0],
             parts[p][1]);
    lvk_text_add(page->text, "<td>%zu</td><td>not known</td>", images);
    for (uint32_t k = 0; k < page->source->classes; ++k)
        lvk_text_add(page->text, "<td>not known</td>");
    lvk_text_add(page->text, "</tr>\n");
}

static void add_parts(lvk_page *page, const json_t *data) {
    const lvk_report_source *s = page->source;
    for (size_t p = 0; p < PARTS; ++p) {
        const json_t *counts = json_object_get(json_object_get(data, "parts"), parts[p][0]);
        const json_t *scores = json_object_get(s->results, parts[p][0]);
        const size_t listed =
            json_array_size(json_object_get(json_object_get(s->runs[0].split, "parts"), parts[p][0]));
        if (has_counts(counts) && s->classes)
            add_counted(page, p, counts);
        else if (scores)
            add_evaluated(page, parts[p][0], parts[p][1], scores);
        else if (listed)
            add_listed(page, p, listed);
    }
}

static void add_fold_rows(lvk_page *page) {
    const json_t *folds = json_object_get(page->source->results, "folds"), *scores;
    char name[32];
    size_t i;
    json_array_foreach(folds, i, scores) {
        snprintf(name, sizeof name, "fold %zu", i + 1);
        add_evaluated(page, name, "", scores);
    }
    if (page->source->scores)
        add_evaluated(page, "all folds", "each cell evaluated by the model that has not seen its person",
                      page->source->scores);
}

static void add_table(lvk_page *page, const json_t *data) {
    const lvk_report_source *s = page->source;
    lvk_html(page->text,
             "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Counts\"><table id=\"counts\">"
             "<caption>Cells and people by {}</caption>\n<thead><tr><th scope=\"col\">{}</th><th "
             "scope=\"col\">cells</th><th scope=\"col\">people</th>",
             s->kind == LVK_REPORT_CV ? "fold" : "part", s->kind == LVK_REPORT_CV ? "fold" : "part");
    for (uint32_t k = 0; k < s->classes; ++k)
        lvk_html(page->text, "<th scope=\"col\">{} cells</th>", s->names[k]);
    lvk_text_add(page->text, "</tr></thead>\n<tbody>\n");
    if (s->kind == LVK_REPORT_CV)
        add_fold_rows(page);
    else
        add_parts(page, data);
    lvk_text_add(page->text, "</tbody></table></div>\n");
}

/* Files that are not left out for a fault, but in no part. */
static void add_beside(lvk_page *page, const json_t *data) {
    const json_int_t outside = whole(data, "outside_class_folders"),
                     unlabelled = whole(data, "without_label"), same = whole(data, "same_picture");
    if (outside)
        lvk_text_add(page->text,
                     "<p>In no class folder, and so in no part: %" JSON_INTEGER_FORMAT " image files.</p>\n",
                     outside);
    if (unlabelled)
        lvk_text_add(page->text,
                     "<p>Without a label, and so in no part: %" JSON_INTEGER_FORMAT " images.</p>\n",
                     unlabelled);
    if (same)
        lvk_text_add(page->text,
                     "<p>%" JSON_INTEGER_FORMAT
                     " picture%s there more than once, turned or mirrored ones included; the "
                     "people who share one are in the same part.</p>\n",
                     same, same == 1 ? " is" : "s are");
}

static void add_left_out(lvk_page *page, const json_t *data) {
    const json_t *list = json_object_get(data, "left_out"), *entry;
    const char *example;
    size_t i;
    if (!data) {
        lvk_text_add(page->text,
                     "<p>This folder does not say which files were left out: it was written by an older "
                     "leukvk. <code>leukvk data</code> lists them.</p>\n");
        return;
    }
    add_beside(page, data);
    if (json_array_size(list) == 0) {
        lvk_text_add(page->text, "<p>No file of the data set was left out.</p>\n");
        return;
    }
    lvk_text_add(
        page->text,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Left out\"><table id=\"left-out\"><caption>Files "
        "that were left out</caption>\n<thead><tr><th scope=\"col\">reason</th><th "
        "scope=\"col\">files</th><th scope=\"col\">for example</th></tr></thead>\n<tbody>\n");
    json_array_foreach(list, i, entry) {
        if (i == MOST_REASONS)
            break;
        example = json_string_value(json_object_get(entry, "example"));
        lvk_html(page->text, "<tr><th scope=\"row\">{}</th>",
                 json_string_value(json_object_get(entry, "reason")));
        add_count(page, json_object_get(entry, "files"));
        lvk_html(page->text, "<td>{}</td></tr>\n", example);
    }
    lvk_text_add(page->text, "</tbody></table></div>\n");
}

static void add_how(lvk_page *page) {
    const lvk_report_source *s = page->source;
    const bool by_image = strcmp(lvk_report_setting_text(s, "group"), "none") == 0;
    lvk_html(
        page->text, "<p>Data set: <code>{}</code>. {}</p>\n", lvk_report_setting_text(s, "data"),
        by_image
            ? "Cells were assigned to parts one by one: cells of one person are on both sides, and the scores say "
              "nothing about new people."
            : "All cells of a person, and of people who share a picture, are in one part.");
}

static bool is_count(const json_t *value) {
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

static bool are_left_out(const json_t *list) {
    size_t i;
    const json_t *entry;
    json_array_foreach(list, i, entry) {
        if (!json_is_string(json_object_get(entry, "reason")) ||
            !json_is_string(json_object_get(entry, "example")) || !is_count(json_object_get(entry, "files")))
            return false;
    }
    return json_is_array(list);
}

/* Refuses a data.json that lacks an entry, which the page would show as a count of zero. */
static lvk_status check(const json_t *data, const char *path) {
    static const char *const counted[] = {"images", "without_label", "outside_class_folders", "same_picture"};
    const char *wrong = NULL;
    for (size_t i = 0; i < sizeof counted / sizeof *counted && !wrong; ++i)
        wrong = is_count(json_object_get(data, counted[i])) ? NULL : counted[i];
    if (!wrong && !are_left_out(json_object_get(data, "left_out")))
        wrong = "left_out";
    if (!wrong && !json_is_object(json_object_get(data, "parts")))
        wrong = "parts";
    return wrong ? lvk_fail(LVK_ERROR_FORMAT, "%s: \"%s\" is missing or not of the right kind", path, wrong)
                 : LVK_OK;
}

static lvk_status read_data(const char *path, json_t **data) {
    LVK_TRY(lvk_json_read(path, LVK_JSON_USUAL, data));
    const lvk_status status = check(*data, path);
    if (status != LVK_OK) {
        json_decref(*data);
        *data = NULL;
    }
    return status;
}

lvk_status lvk_report_add_data(lvk_page *page) {
    const lvk_report_source *s = page->source;
    json_t *data = NULL;
    char *path = lvk_path_join(s->runs[0].folder, "data.json");
    lvk_status status = path ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK && lvk_path_is_file(path))
        status = read_data(path, &data);
    lvk_free(path);
    LVK_TRY(status);
    lvk_page_begin_section(page, "data", "Data");
    add_how(page);
    add_table(page, data);
    add_left_out(page, data);
    lvk_page_end_section(page);
    json_decref(data);
    return LVK_OK;
}
