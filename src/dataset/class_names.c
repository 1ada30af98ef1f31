#include "dataset/class_names.h"

#include "dataset/names.h"

#include <string.h>

enum { NO_RANK = 1000 };

/* ASCII only, whatever the locale. */
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c) {
    return is_upper(c) || (c >= 'a' && c <= 'z');
}

bool lvk_word_next(const char **at, const char *end, lvk_word *word) {
    const char *a = *at;
    while (a < end && !is_letter(*a) && !is_digit(*a))
        ++a;
    word->at = a;
    if (a < end && is_digit(*a))
        while (a < end && is_digit(*a))
            ++a;
    else
        while (a < end && is_letter(*a) && (a == word->at || !is_upper(*a) || is_upper(a[-1])))
            ++a;
    *at = a;
    word->size = (size_t)(a - word->at);
    return word->size > 0;
}

bool lvk_word_is(const lvk_word *word, const char *text) {
    return word->size == strlen(text) && lvk_text_equal_n(word->at, text, word->size);
}

/* Place of the word among those that mean the positive class; NO_RANK: it does not. */
static int positive_rank(const lvk_word *word) {
    static const char *const words[] = {
        "all",         "leukemia",     "leukaemia",     "leukemic",  "leukaemic",  "blast",    "blasts",
        "lymphoblast", "lymphoblasts", "lymphoblastic", "malignant", "malignancy", "cancer",   "cancerous",
        "carcinoma",   "tumor",        "tumour",        "positive",  "pos",        "abnormal", "pathological",
        "diseased",    "disease",      "sick",          "ill",       "yes"};
    for (int i = 0; i < (int)(sizeof words / sizeof *words); ++i)
        if (lvk_word_is(word, words[i]))
            return i;
    return NO_RANK;
}

static bool is_negative(const lvk_word *word) {
    static const char *const words[] = {
        "hem",     "normal",  "healthy",  "benign",     "negative",    "neg",          "non",  "no",  "not",
        "without", "control", "controls", "hematogone", "hematogones", "haematogones", "well", "none"};
    for (size_t i = 0; i < sizeof words / sizeof *words; ++i)
        if (lvk_word_is(word, words[i]))
            return true;
    /* "nonleukemia" */
    const lvk_word rest = {word->at + 3, word->size > 3 ? word->size - 3 : 0};
    return rest.size && lvk_text_equal_n(word->at, "non", 3) && positive_rank(&rest) != NO_RANK;
}

/* The rank of the name's first positive word; a negative word turns all others. */
static lvk_class_kind kind_of(const char *name, size_t size, int *rank) {
    lvk_class_kind kind = LVK_CLASS_UNKNOWN;
    const char *at = name, *end = name + size;
    lvk_word word;
    *rank = NO_RANK;
    while (lvk_word_next(&at, end, &word)) {
        if (is_negative(&word))
            return LVK_CLASS_NEGATIVE;
        const int found = positive_rank(&word);
        if (found < *rank) {
            *rank = found;
            kind = LVK_CLASS_POSITIVE;
        }
    }
    return kind;
}

lvk_class_kind lvk_class_kind_of(const char *name, size_t size) {
    int rank;
    return kind_of(name, size, &rank);
}

size_t lvk_class_positive(const char *const *names, size_t count, bool *told) {
    int rank[2];
    *told = count != 2; /* with other counts nothing depends on it */
    if (count != 2)
        return count ? count - 1 : 0;
    lvk_class_kind kind[2];
    for (int c = 0; c < 2; ++c)
        kind[c] = kind_of(names[c], strlen(names[c]), &rank[c]);
    *told = kind[0] != kind[1];
    if (*told)
        return kind[0] == LVK_CLASS_POSITIVE || kind[1] == LVK_CLASS_NEGATIVE ? 0 : 1;
    return rank[0] < rank[1] ? 0 : 1;
}
