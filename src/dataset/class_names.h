/* The positive class of a data set, found by the names of the classes. */
#ifndef LVK_DATASET_CLASS_NAMES_H
#define LVK_DATASET_CLASS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* A run of letters or of digits in a name; "NonLeukemia" has two, "P12" has two. */
typedef struct lvk_word {
    const char *at;
    size_t size;
} lvk_word;

/* Finds the next word between *at and `end` and moves *at behind the word. False: there is none. */
bool lvk_word_next(const char **at, const char *end, lvk_word *word);

/* Whether the word is `text`, in any case of ASCII letters. */
bool lvk_word_is(const lvk_word *word, const char *text);

typedef enum lvk_class_kind {
    LVK_CLASS_UNKNOWN,
    LVK_CLASS_POSITIVE, /* all, leukemia, blast, malignant, cancer, … */
    LVK_CLASS_NEGATIVE  /* normal, healthy, hem, benign, …, non-cancer */
} lvk_class_kind;

/* What the `size` bytes of a class name say. */
lvk_class_kind lvk_class_kind_of(const char *name, size_t size);

/* The index of the positive class of `count` names. *told becomes whether the names tell it. Where they do
 * not, it is the last class. Where the names of both of two classes are positive, it is the one whose word
 * comes first in the list of words. */
size_t lvk_class_positive(const char *const *names, size_t count, bool *told);

#endif
