/* Web pages of one file: text of HTML that grows, with the project's style sheet in it. Nothing is loaded from
 * elsewhere.
 *
 * A page is written into a lvk_text (core/text.h), markup by lvk_text_add and every string that is not the
 * program's own by lvk_html_add. A failed allocation is remembered by the text. */
#ifndef LVK_PAGE_HTML_H
#define LVK_PAGE_HTML_H

#include "core/text.h"

#include <stdint.h>

typedef struct lvk_html_head {
    const char *title; /* escaped here */
    const char *style; /* a style sheet; NULL: style.css, which lists at its head what it knows */
    const char *more;  /* further elements of the head; NULL: none */
    bool scripts;      /* the page has scripts of its own; else browsers are told to run none */
} lvk_html_head;

/* Begins the document, up to and with <body>; the end is that of body and document. */
void lvk_html_begin(lvk_text *text, const lvk_html_head *head);
void lvk_html_end(lvk_text *text);

/* Adds `string` as the text of an element or of an attribute in double quotes: with entities for what is
 * markup, and '?' for what lvk_text_make_printable does not let pass. */
void lvk_html_add(lvk_text *text, const char *string);

/* Adds "1,234,567". */
void lvk_html_add_count(lvk_text *text, uint64_t count);

/* Adds a number with decimals and commas between its thousands; "n/a" where it is not finite. */
void lvk_html_add_number(lvk_text *text, double value, int decimals);

/* Adds bytes as a URI "data:TYPE;base64,...". */
void lvk_html_add_data(lvk_text *text, const char *type, const void *bytes, size_t size);

/* Colours that the colour-blind tell apart (Okabe and Ito, "Color universal design", 2008) and that have a
 * contrast of 2 at least with both papers. `index` may be any number: they begin again. */
const char *lvk_html_color(size_t index);

#endif
