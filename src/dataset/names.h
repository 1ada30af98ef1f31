/* What names of files and folders say, above all in a C-NMC tree. */
#ifndef LVK_DATASET_NAMES_H
#define LVK_DATASET_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { LVK_SUBJECT_SIZE = 128 }; /* bytes of a subject's id with its NUL */

/* Parses `UID_<subject>_...[_all|_hem][.ext]`, in any case. `subject` becomes the canonical id of the
 * subject, which has less than LVK_SUBJECT_SIZE bytes: it is in upper case, so that h3 is H3 (a healthy
 * person), another subject than 3 (a patient). *all_or_hem becomes 0 (all), 1 (hem) or -1 (the name ends in
 * neither). False: the name has another form. */
bool lvk_name_parse(const char *name, char subject[LVK_SUBJECT_SIZE], int *all_or_hem);

/* Makes the canonical id of a subject's name of `size` bytes, less than LVK_SUBJECT_SIZE. */
void lvk_name_canonical(const char *text, size_t size, char subject[LVK_SUBJECT_SIZE]);

/* The endings of images' names, for messages. */
#define LVK_NAME_ENDINGS ".bmp, .jpg, .jpeg, .png, .tif, .tiff, .webp"

/* Whether the name has one of these endings, in any case, and is not hidden (as AppleDouble's "._x.bmp"). */
bool lvk_name_is_image(const char *name);

/* Length of the name without its image extension, if it has one. */
size_t lvk_name_stem(const char *name);

/* Comparisons of ASCII text, which do not depend on the locale. */
bool lvk_text_equal(const char *a, const char *b);                /* case ignored */
bool lvk_text_equal_n(const char *a, const char *b, size_t size); /* the first `size` bytes */
bool lvk_text_contains(const char *text, const char *part);       /* case ignored */

#endif
