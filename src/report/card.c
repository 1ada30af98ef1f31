/* The model card (Mitchell et al. 2019), in Markdown. */
#include "report/page.h"

#include "core/memory.h"
#include "leukvk/model.h"
#include "leukvk/predictions.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Text from outside: what Markdown or HTML would read as markup gets a backslash or is an entity. Quotes and round
 * brackets are none where `<` and `[` are not, and stay readable. */
static void add_plain(lvk_text *card, const char *string) {
    char *copy = lvk_strdup(string);
    card->failed = card->failed || !copy;
    if (!copy)
        return;
    lvk_text_make_printable(copy);
    for (const char *c = copy; *c; ++c)
        if (strchr("&<>", *c))
            lvk_text_add(card, "&#%d;", *c);
        else
            lvk_text_add(card, strchr("\\`*_{}[]|!~", *c) ? "\\%c" : "%c", *c);
    lvk_free(copy);
}

static void add_item(lvk_text *card, const char *name, const char *value) {
    lvk_text_add(card, "- %s: ", name);
    add_plain(card, value);
    lvk_text_add(card, "\n");
}

static void add_scores(const lvk_report_source *s, lvk_text *card) {
    size_t count;
    const lvk_measure *measures = s->classes == 2 ? lvk_measures(&count) : lvk_class_total_measures(&count);
    char score[2 * LVK_NUMBER_SIZE];
    lvk_text_add(card, "\n| score | value |\n|---|---|\n");
    for (size_t i = 0; i < count; ++i)
        if (json_object_get(s->scores, measures[i].key))
            lvk_text_add(card, "| %s | %s |\n", measures[i].name,
                         lvk_html_score(score, s->scores, measures[i].key));
}

static void add_details(const lvk_report_source *s, lvk_text *card) {
    static const char *const keys[][2] = {{"model", "Architecture"},
                                          {"crop", "Crop"},
                                          {"data", "Data set"},
                                          {"data_fingerprint", "Digest of the data"},
                                          {"device", "Device"},
                                          {"driver", "Driver"},
                                          {"kernels", "Digest of the kernels"}};
    add_item(card, "Program", "leukvk");
    add_item(card, "Version", lvk_version());
    for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i)
        if (*lvk_report_setting_text(s, keys[i][0]))
            add_item(card, keys[i][1], lvk_report_setting_text(s, keys[i][0]));
    lvk_text_add(card, "- Seed: %" JSON_INTEGER_FORMAT "\n",
                 json_integer_value(lvk_report_setting(s, "seed")));
    lvk_text_add(card,
                 "- Input: one cell, %" JSON_INTEGER_FORMAT " × %" JSON_INTEGER_FORMAT
                 " pixels after the crop\n",
                 json_integer_value(lvk_report_setting(s, "image_size")),
                 json_integer_value(lvk_report_setting(s, "image_size")));
    for (uint32_t k = 0; k < s->classes; ++k)
        add_item(card, s->classes == 2 ? (k ? "Positive class" : "Negative class") : "Class", s->names[k]);
}

void lvk_report_add_card(const lvk_report_source *source, lvk_text *card) {
    char sentence[1024];
    const char *limit;
    lvk_text_add(card, "# Model card\n\n## Summary\n\n");
    for (size_t i = 0; lvk_report_sentence(source, i, sentence, sizeof sentence); ++i) {
        lvk_text_add(card, "- ");
        add_plain(card, sentence);
        lvk_text_add(card, "\n");
    }
    lvk_text_add(card, "\n## Model\n\n");
    add_details(source, card);
    lvk_text_add(card, "\n## Scores\n\n");
    if (source->scores) {
        lvk_text_add(card,
                     "On cells that no training has seen (%s). Intervals: 95 %%, bootstrap over people.\n",
                     source->part);
        add_scores(source, card);
    } else {
        lvk_text_add(card, "None: it was not tested.\n");
    }
    lvk_text_add(card, "\n## Intended use and limits\n\n");
    for (size_t i = 0; (limit = lvk_report_limit(i)); ++i)
        lvk_text_add(card, "- %s\n", limit);
}
