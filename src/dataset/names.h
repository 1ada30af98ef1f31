/* What the names of files and folders say in a C-NMC tree. */
#ifndef LVK_DATASET_NAMES_H
#define LVK_DATASET_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { LVK_SUBJECT_SIZE = 128 }; /* bytes of a subject's id with its NUL */

/* Reads `UID_<subject>_...[_all|_hem][.ext]`, in any case. The subject is whatever stands there, below
 * LVK_SUBJECT_SIZE bytes; `subject` gets the canonical id: upper case, so that h3 is H3 (a healthy person),
 * which is not 3 (a patient). *all_or_hem gets 0 (all), 1 (hem) or -1 (the name does not end in either). False
 * when the name is of another form. */
bool lvk_name_parse(const char *name, char subject[LVK_SUBJECT_SIZE], int *all_or_hem);

/* The canonical id of a subject's name of `size` bytes, below LVK_SUBJECT_SIZE. */
void lvk_name_canonical(const char *text, size_t size, char subject[LVK_SUBJECT_SIZE]);

/* True for .bmp, .png, .jpg, .jpeg in any case; hidden files and AppleDouble "._x.bmp" are not images. */
bool lvk_name_is_image(const char *name);

/* Length of the name without its image extension (the whole length when it has none). */
size_t lvk_name_stem(const char *name);

/* ASCII only, whatever the locale. */
bool lvk_text_equal(const char *a, const char *b);                /* case ignored */
bool lvk_text_equal_n(const char *a, const char *b, size_t size); /* the first `size` bytes */
bool lvk_text_contains(const char *text, const char *part);       /* case ignored */

#endif
