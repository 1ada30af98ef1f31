/* Texts of HTML and SVG. Whatever comes from outside (paths, names of classes and subjects, settings) passes
 * lvk_html or lvk_html_add (page/html.h), so that it can be no more than text. */
#ifndef LVK_REPORT_HTML_H
#define LVK_REPORT_HTML_H

#include "page/html.h"

#include <jansson.h>

/* Adds `format`, in which the next of the strings behind it, escaped, stands for each "{}". As many strings as
 * there are "{}", and NULL is "". */
void lvk_html(lvk_text *text, const char *format, ...);

enum { LVK_NUMBER_SIZE = 64 };

/* Formats a number with so many decimals; "n/a" for NaN. Returns `buffer`. */
char *lvk_html_number(char buffer[LVK_NUMBER_SIZE], double value, int decimals);

/* The number in `object` under `key`; NaN where there is none. */
double lvk_json_number(const json_t *object, const char *key);

/* The ends of the interval that belongs to `key`, NaN where there is none. */
void lvk_json_interval(const json_t *object, const char *key, double *low, double *high);

/* Formats a score of a results.json as "0.819 (95 % interval 0.657 to 0.948)", or with "no interval". */
char *lvk_html_score(char buffer[2 * LVK_NUMBER_SIZE], const json_t *object, const char *key);

#endif
