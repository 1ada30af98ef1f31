/* What the report says in plain words, before any figure. */
#include "report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static json_int_t count_of(const json_t *scores, const char *key) {
    return json_integer_value(json_object_get(scores, key));
}

/* The end of the path, whatever stands behind it. */
static const char *last_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* Whether only a head was trained, on the features of a network that others trained. */
static bool is_head(const lvk_report_source *s) {
    return *lvk_report_setting_text(s, "weights_digest") &&
           strcmp(lvk_report_setting_text(s, "unfreeze"), "none") == 0;
}

static void say_what(const lvk_report_source *s, char *text, size_t size) {
    const json_t *epochs = lvk_report_setting(s, "epochs");
    char kinds[384], model[160];
    snprintf(model, sizeof model, "%.60s%s", lvk_report_setting_text(s, "model"),
             is_head(s) ? " (only a head, on the frozen features of a pretrained network)" : "");
    if (s->kind == LVK_REPORT_CV)
        snprintf(
            kinds, sizeof kinds,
            "%zu models of the architecture %s were trained in a cross-validation: each on all folds of the "
            "data but one",
            s->run_count, model);
    else if (s->kind == LVK_REPORT_SEARCH)
        snprintf(
            kinds, sizeof kinds,
            "A search for settings trained %zu models of the architecture %s; trial %u has the lowest loss on "
            "the validation images, and the figures below are of its model",
            s->trial_count, model, s->best_trial);
    else
        snprintf(kinds, sizeof kinds, "A model of the architecture %s was trained", model);
    snprintf(text, size, "%s, on images of single cells from %.120s", kinds,
             last_name(lvk_report_setting_text(s, "data")));
    const size_t length = strlen(text);
    if (json_is_integer(epochs))
        snprintf(text + length, size - length, ", for %" JSON_INTEGER_FORMAT " epochs.",
                 json_integer_value(epochs));
    else
        snprintf(text + length, size - length, ".");
}

/* Which measures of the cell the model adds to what its net sees (models/cell.h). */
static const char *say_measures(const lvk_report_source *s) {
    if (strcmp(lvk_report_setting_text(s, "area"), "on") != 0)
        return "";
    return strcmp(lvk_report_setting_text(s, "hue"), "on") == 0
               ? " The cell's area and the hue of its stain count beside what the net sees; another camera or lamp "
                 "changes the hue."
               : " The cell's area counts beside what the net sees.";
}

static void say_task(const lvk_report_source *s, char *text, size_t size) {
    if (s->classes == 2)
        snprintf(
            text, size,
            "It gives a cell the probability of being '%.100s' (the positive class), and not '%.100s' (the negative "
            "class); a cell is called '%.100s' if that is above %.4g.%s",
            s->names[1], s->names[0], s->names[1], s->threshold, say_measures(s));
    else
        snprintf(text, size,
                 "It tells %u classes apart; a cell is called the class with the highest probability.%s",
                 s->classes, say_measures(s));
}

static void say_on_whom(const lvk_report_source *s, char *text, size_t size) {
    const json_int_t cells = count_of(s->scores, "images"), people = count_of(s->scores, "subjects"),
                     unnamed = count_of(s->scores, "images_without_subject");
    const bool by_image = json_is_true(json_object_get(s->results, "by_image")) ||
                          strcmp(lvk_report_setting_text(s, "group"), "none") == 0;
    if (by_image)
        snprintf(text, size,
                 "It was evaluated on %" JSON_INTEGER_FORMAT
                 " cells that were set apart cell by cell: cells of the same "
                 "people were trained on, so the scores say nothing about new people.",
                 cells);
    else if (people == 0)
        snprintf(
            text, size,
            "It was evaluated on %" JSON_INTEGER_FORMAT
            " cells that it has not seen. Whose cells they are is not known, so cells of the same people may have "
            "been trained on, and the scores may flatter.",
            cells);
    else
        snprintf(text, size,
                 "It was evaluated on %" JSON_INTEGER_FORMAT " cells of %" JSON_INTEGER_FORMAT
                 " people whose cells %s has not seen in training (%s)%s.",
                 cells, people, s->kind == LVK_REPORT_CV ? "the evaluated model" : "it", s->part,
                 unnamed ? "; of some cells it is not known whose they are" : "");
}

/* Where calling every cell the same class is right more often, that is no sign of a bad model but of few cells of the
 * other classes. */
static const char *compare(double model, double constant) {
    return model > constant
               ? "."
               : ", which is no less: the classes differ in size, so look at the balanced accuracy and the "
                 "AUC.";
}

static void say_how_well(const lvk_report_source *s, char *text, size_t size) {
    char first[2 * LVK_NUMBER_SIZE], second[2 * LVK_NUMBER_SIZE], third[LVK_NUMBER_SIZE];
    const double accuracy = lvk_json_number(s->scores, "accuracy");
    lvk_html_score(first, s->scores, "accuracy");
    if (s->classes == 2) {
        const double negative = lvk_json_number(json_object_get(s->scores, "always_negative"), "accuracy"),
                     positive = lvk_json_number(json_object_get(s->scores, "always_positive"), "accuracy"),
                     constant = fmax(negative, positive);
        snprintf(
            text, size,
            "It calls the share %s of the cells right; calling every cell '%.100s' would call %s right%s",
            first, s->names[positive > negative], lvk_html_number(third, constant, 3),
            compare(accuracy, constant));
    } else {
        const double constant =
            lvk_json_number(json_object_get(s->scores, "always_most_frequent"), "accuracy");
        const char *most = json_string_value(json_object_get(s->scores, "most_frequent"));
        snprintf(
            text, size,
            "It calls the share %s of the cells right; calling every cell '%.100s', the most frequent class, would "
            "call %s right%s The mean AUC of a class against the rest is %s; guessing has 0.5.",
            first, most ? most : "", lvk_html_number(third, constant, 3), compare(accuracy, constant),
            lvk_html_score(second, s->scores, "auc_macro"));
    }
}

static void say_beside_size(const lvk_report_source *s, char *text, size_t size) {
    char auc[2 * LVK_NUMBER_SIZE], area[2 * LVK_NUMBER_SIZE], above[2 * LVK_NUMBER_SIZE];
    double low, high;
    const double difference = lvk_json_number(s->scores, "auc_above_size");
    lvk_json_interval(s->scores, "auc_above_size", &low, &high);
    lvk_html_score(auc, s->scores, "auc");
    if (isnan(difference)) {
        snprintf(
            text, size,
            "Of two cells, one '%.100s' and one '%.100s', it gives the '%.100s' one the higher probability in the share %s of all pairs "
            "(AUC); guessing has 0.5.",
            s->names[1], s->names[0], s->names[1], auc);
        return;
    }
    snprintf(
        text, size,
        "Of two cells, one '%.100s' and one '%.100s', it gives the '%.100s' one the higher probability in the share %s of all pairs (AUC). The "
        "cell's area alone, without any model, reaches %s. The difference is %s: %s.",
        s->names[1], s->names[0], s->names[1], auc, lvk_html_score(area, s->scores, "size_only_auc"),
        lvk_html_score(above, s->scores, "auc_above_size"),
        low > 0    ? "the model adds to what size tells"
        : high < 0 ? "the model is worse than size alone"
                   : "these data do not show that the model adds to what size tells");
}

static void say_people(const lvk_report_source *s, char *text, size_t size) {
    const json_int_t people = count_of(s->scores, "subjects");
    double low, high;
    lvk_json_interval(s->scores, "accuracy", &low, &high);
    if (people == 0)
        snprintf(
            text, size,
            "Nothing is known about people: intervals take each cell for a person of its own, and are too narrow.");
    else
        snprintf(
            text, size,
            "Most cells are called right of %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " people.%s",
            count_of(s->scores, "subjects_right"), people,
            isnan(low)
                ? " There are too few people of each class for an interval: how far these scores would move "
                  "with other people is not known."
            : people < 40 ? " So few people fix a score badly, as the width of the intervals shows."
                          : "");
}

bool lvk_report_sentence(const lvk_report_source *source, size_t index, char *sentence, size_t size) {
    if (index == 0) {
        say_what(source, sentence, size);
        return true;
    }
    if (!source->scores) {
        snprintf(sentence, size,
                 "Nothing is known about how good it is: there are no images on which it was tested%s.",
                 source->results ? "" : ", and the training is not finished");
        return index == 1;
    }
    void (*const say[])(const lvk_report_source *, char *, size_t) = {say_task, say_on_whom, say_how_well,
                                                                      say_beside_size, say_people};
    const size_t skipped = index > 3 && source->classes != 2;
    if (index - 1 + skipped >= sizeof say / sizeof *say)
        return false;
    say[index - 1 + skipped](source, sentence, size);
    return true;
}

void lvk_report_add_summary(lvk_page *page) {
    char sentence[1024];
    lvk_page_begin_section(page, "summary", "Summary");
    lvk_text_add(page->text, "<ul class=\"summary\">\n");
    for (size_t i = 0; lvk_report_sentence(page->source, i, sentence, sizeof sentence); ++i)
        lvk_html(page->text, "<li>{}</li>\n", sentence);
    lvk_text_add(
        page->text,
        "</ul>\n<p class=\"warning\">For research and teaching. Not a medical device; no figure here is "
        "about the diagnosis of a person.</p>\n");
    lvk_page_end_section(page);
}
