/* Classes that are joined into a positive and a negative one. */
#include "leukvk/predictions.h"

#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"

#include <string.h>

/* The class whose name `list` begins with, followed by a comma or the end; the longest of several names. -1:
 * none. */
static int class_at(const char *list, const char *const *names, uint32_t classes) {
    int found = -1;
    size_t most = 0;
    for (uint32_t k = 0; k < classes; ++k) {
        const size_t length = strlen(names[k]);
        if (strncmp(list, names[k], length) != 0 || (list[length] != ',' && list[length] != '\0'))
            continue;
        if (found < 0 || length > most) {
            found = (int)k;
            most = length;
        }
    }
    return found;
}

static lvk_status refuse(const char *list, const char *const *names, uint32_t classes) {
    lvk_text all = {0};
    char *text;
    for (uint32_t k = 0; k < classes; ++k)
        lvk_text_add(&all, "%s%s", k == 0 ? "" : k + 1 < classes ? ", " : " and ", names[k]);
    LVK_TRY(lvk_text_take(&all, &text, NULL));
    const lvk_status status = lvk_fail(LVK_ERROR_ARGUMENT, "%s: the classes are %.500s", list, text);
    lvk_free(text);
    return status;
}

lvk_status lvk_classes_choose(const char *list, const char *const *names, uint32_t classes, bool *chosen) {
    uint32_t count = 0;
    for (uint32_t k = 0; k < classes; ++k)
        chosen[k] = false;
    for (const char *rest = list; rest;) {
        const int k = class_at(rest, names, classes);
        if (k < 0)
            return refuse(list, names, classes);
        count += !chosen[k];
        chosen[k] = true;
        rest += strlen(names[k]);
        rest = *rest == ',' ? rest + 1 : NULL;
    }
    return count < classes ? LVK_OK
                           : lvk_fail(LVK_ERROR_ARGUMENT,
                                      "%s: these are all classes; one at least must be negative", list);
}

void lvk_classes_join_names(const char *const *names, uint32_t classes, const bool *chosen, bool which,
                            char *text, size_t size) {
    size_t at = 0;
    text[0] = '\0';
    for (uint32_t k = 0; k < classes; ++k) {
        if (chosen[k] != which)
            continue;
        const size_t length = strlen(names[k]);
        if (at + length + 2 > size)
            return;
        if (at)
            text[at++] = '+';
        memcpy(text + at, names[k], length + 1);
        at += length;
    }
}

void lvk_predictions_join(const lvk_prediction *rows, size_t count, uint32_t classes, const bool *positive,
                          lvk_prediction *joined) {
    for (size_t i = 0; i < count; ++i) {
        const lvk_prediction row = rows[i];
        double p = 0;
        for (uint32_t k = 0; k < classes; ++k)
            p += positive[k] ? row.probabilities[k] : 0;
        joined[i] = (lvk_prediction){.path = row.path,
                                     .subject = row.subject,
                                     .p = lvk_prediction_round(p > 1 ? 1 : p), /* NaN stays */
                                     .label = row.label < 0 ? -1 : positive[row.label],
                                     .area = row.area,
                                     .novelty = row.novelty,
                                     .novelty_cause = row.novelty_cause};
    }
}
