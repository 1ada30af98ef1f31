#include "report/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void lvk_page_begin_section(lvk_page *page, const char *id, const char *heading) {
    lvk_html(page->text,
             "<section id=\"{}\" aria-labelledby=\"{}-heading\">\n<h2 id=\"{}-heading\">{}</h2>\n", id, id,
             id, heading);
}

void lvk_page_end_section(lvk_page *page) {
    lvk_text_add(page->text, "</section>\n");
}

lvk_text *lvk_page_begin_figure(lvk_page *page, const char *id) {
    if (page->figure_count == LVK_MOST_FIGURES)
        return NULL;
    lvk_figure *figure = &page->figures[page->figure_count++];
    snprintf(figure->id, sizeof figure->id, "%s", id);
    return &figure->svg;
}

void lvk_page_end_figure(lvk_page *page, const char *caption) {
    const lvk_figure *figure = &page->figures[page->figure_count - 1];
    lvk_html(page->text, "<figure id=\"figure-{}\">\n", figure->id);
    lvk_text_add_bytes(page->text, figure->svg.data, figure->svg.length);
    page->text->failed = page->text->failed || figure->svg.failed;
    lvk_text_add(page->text, "<figcaption>");
    lvk_text_add_bytes(page->text, caption, strlen(caption));
    lvk_text_add(page->text, "</figcaption>\n</figure>\n");
}

void lvk_page_finish(lvk_page *page) {
    for (size_t i = 0; i < page->figure_count; ++i)
        lvk_text_finish(&page->figures[i].svg);
    lvk_text_finish(&page->data);
}

void lvk_page_add_score_cell(lvk_page *page, double value, double low, double high) {
    char number[LVK_NUMBER_SIZE], from[LVK_NUMBER_SIZE], to[LVK_NUMBER_SIZE];
    lvk_text_add(page->text, "<td>%s", lvk_html_number(number, value, 3));
    if (!isnan(low))
        lvk_text_add(page->text, " <span class=\"interval\">%s to %s</span>", lvk_html_number(from, low, 3),
                     lvk_html_number(to, high, 3));
    lvk_text_add(page->text, "</td>");
}
