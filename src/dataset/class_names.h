/* Which of two classes is the positive one, by their names. */
#ifndef LVK_DATASET_CLASS_NAMES_H
#define LVK_DATASET_CLASS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* A run of letters or of digits in a name; "NonLeukemia" has two, "P12" has two. */
typedef struct lvk_word {
    const char *at;
    size_t size;
} lvk_word;

/* The next word between *at and `end`, behind which *at is left. False: there is none. */
bool lvk_word_next(const char **at, const char *end, lvk_word *word);

/* ASCII case ignored. */
bool lvk_word_is(const lvk_word *word, const char *text);

typedef enum lvk_class_kind {
    LVK_CLASS_UNKNOWN,
    LVK_CLASS_POSITIVE, /* all, leukemia, blast, malignant, cancer, … */
    LVK_CLASS_NEGATIVE  /* normal, healthy, hem, benign, …, non-cancer */
} lvk_class_kind;

lvk_class_kind lvk_class_kind_of(const char *name, size_t size);

/* Index of the positive one of `count` classes. *told: the names tell; otherwise it is the last, or of two with
 * positive names the one whose word comes first in the list above. */
size_t lvk_class_positive(const char *const *names, size_t count, bool *told);

#endif
