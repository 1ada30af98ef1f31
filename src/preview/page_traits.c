/* Areas and colours of the cells: by class, by subject, and those far from the rest of their class. */
#include "core/memory.h"
#include "core/quantile.h"
#include "page/box_plot.h"
#include "preview/data_page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_FOR_FENCES = 8, MOST_PEOPLE = 60, COLOUR_SIZE = 16 };

double lvk_page_trait(const lvk_data_page *page, size_t image, lvk_trait trait) {
    const lvk_image_info *info = lvk_dataset_image(page->dataset, image);
    if (trait == LVK_TRAIT_AREA)
        return page->microns > 0 ? info->area * info->microns_per_pixel * info->microns_per_pixel
                                 : info->area;
    return info->area ? (double)info->colour_sum[trait - LVK_TRAIT_RED] / (255.0 * info->area) : (double)NAN;
}

const char *lvk_page_trait_axis(const lvk_data_page *page, lvk_trait trait) {
    static const char *const colours[] = {"mean red of the cell, 0 to 1", "mean green of the cell, 0 to 1",
                                          "mean blue of the cell, 0 to 1"};
    if (trait != LVK_TRAIT_AREA)
        return colours[trait - LVK_TRAIT_RED];
    return page->microns > 0 ? "area of the cell, µm²" : "area of the cell, pixels";
}

const char *lvk_page_trait_name(lvk_trait trait) {
    static const char *const names[LVK_TRAIT_COUNT] = {"area", "red", "green", "blue"};
    return names[trait];
}

static int decimals_of(lvk_trait trait) {
    return trait == LVK_TRAIT_AREA ? 0 : 3;
}

/* ---- classes ---- */

static lvk_status measure_class(const lvk_data_page *page, lvk_page_class *group, bool *seen) {
    const size_t count = lvk_dataset_image_count(page->dataset);
    memset(seen, 0, lvk_dataset_subject_count(page->dataset) * sizeof *seen);
    for (int trait = 0; trait < LVK_TRAIT_COUNT; ++trait) {
        group->sorted[trait] = lvk_alloc(count, sizeof(double));
        if (!group->sorted[trait])
            return LVK_ERROR_MEMORY;
    }
    for (size_t i = 0; i < count; ++i) {
        const lvk_image_info *image = lvk_dataset_image(page->dataset, i);
        if (image->label != group->label)
            continue;
        const bool named = lvk_dataset_subject(page->dataset, image->subject)->named;
        ++group->images;
        group->unnamed += !named;
        group->subjects += named && !seen[image->subject];
        seen[image->subject] = true;
        for (int trait = 0; trait < LVK_TRAIT_COUNT; ++trait) {
            const double value = lvk_page_trait(page, i, (lvk_trait)trait);
            if (!isnan(value))
                group->sorted[trait][group->counts[trait]++] = value;
        }
    }
    for (int trait = 0; trait < LVK_TRAIT_COUNT; ++trait)
        lvk_sort_numbers(group->sorted[trait], group->counts[trait]);
    return LVK_OK;
}

static void release_class(lvk_page_class *group) {
    for (int trait = 0; trait < LVK_TRAIT_COUNT; ++trait)
        lvk_free(group->sorted[trait]);
    lvk_free(group->cells);
    *group = (lvk_page_class){0};
}

void lvk_page_release_classes(lvk_data_page *page) {
    for (size_t c = 0; c < page->class_count; ++c)
        release_class(&page->classes[c]);
    lvk_free(page->classes);
}

lvk_status lvk_page_measure_classes(lvk_data_page *page) {
    const size_t classes = lvk_dataset_class_count(page->dataset);
    page->classes = lvk_alloc(classes + 1, sizeof *page->classes);
    bool *seen = lvk_alloc(lvk_dataset_subject_count(page->dataset), sizeof *seen);
    lvk_status status = page->classes && seen ? LVK_OK : LVK_ERROR_MEMORY;
    for (size_t c = 0; c <= classes && status == LVK_OK; ++c) {
        lvk_page_class *group = &page->classes[page->class_count++]; /* counted before it may fail */
        group->label = c < classes ? (int32_t)c : -1;
        group->name = c < classes ? lvk_dataset_class_name(page->dataset, c) : "without a label";
        group->color = c < classes ? lvk_html_color(c) : "#808080";
        status = measure_class(page, group, seen);
    }
    if (status == LVK_OK && classes && page->classes[classes].images == 0) { /* all have a label */
        release_class(&page->classes[classes]);
        page->class_count = classes;
    }
    lvk_free(seen);
    return status;
}

static void add_class_chart(lvk_data_page *page, lvk_trait trait) {
    lvk_box_row *rows = lvk_alloc(page->class_count, sizeof *rows);
    char(*names)[320] = lvk_alloc(page->class_count, sizeof *names);
    page->text.failed = page->text.failed || !rows || !names;
    for (size_t c = 0; c < page->class_count && rows && names; ++c) {
        const lvk_page_class *group = &page->classes[c];
        snprintf(names[c], sizeof names[c], "%s (%zu)", group->name, group->counts[trait]);
        rows[c] = (lvk_box_row){.name = names[c],
                                .color = group->color,
                                .sorted = group->sorted[trait],
                                .count = group->counts[trait]};
    }
    char title[96];
    snprintf(title, sizeof title, "Box plot by class: %s", lvk_page_trait_axis(page, trait));
    if (rows && names) {
        lvk_text_add(&page->text, "<figure>");
        lvk_box_plot_add(&page->text, &(lvk_box_plot){.title = title,
                                                      .axis = lvk_page_trait_axis(page, trait),
                                                      .rows = rows,
                                                      .count = page->class_count});
        lvk_text_add(&page->text, "</figure>\n");
    }
    lvk_free(names);
    lvk_free(rows);
}

static void add_quartile_row(lvk_data_page *page, const lvk_page_class *group, lvk_trait trait) {
    static const double shares[] = {0.25, 0.5, 0.75};
    lvk_text *text = &page->text;
    lvk_text_add(text, "<tr><th scope=\"row\">");
    lvk_html_add(text, group->name);
    lvk_text_add(text, "</th><td>%s%s</td>", lvk_page_trait_name(trait),
                 trait != LVK_TRAIT_AREA ? ""
                 : page->microns > 0     ? ", µm²"
                                         : ", pixels");
    for (int q = 0; q < 3; ++q) {
        lvk_text_add(text, "<td class=\"number\">");
        lvk_html_add_number(text, lvk_quantile(group->sorted[trait], group->counts[trait], shares[q]),
                            decimals_of(trait));
        lvk_text_add(text, "</td>");
    }
    lvk_text_add(text, "</tr>\n");
}

static void add_quartiles(lvk_data_page *page) {
    lvk_text_add(
        &page->text,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Quartiles by class\"><table>\n"
        "<caption>Quartiles of the cells by class: a quarter of the cells lies below the first, half below the "
        "median, three quarters below the third</caption>\n<thead><tr><th scope=\"col\">class</th><th "
        "scope=\"col\">measure</th><th scope=\"col\" class=\"number\">first</th><th scope=\"col\" "
        "class=\"number\">median</th><th scope=\"col\" class=\"number\">third</th></tr></thead>\n<tbody>\n");
    for (int trait = 0; trait < LVK_TRAIT_COUNT; ++trait)
        for (size_t c = 0; c < page->class_count; ++c)
            add_quartile_row(page, &page->classes[c], (lvk_trait)trait);
    lvk_text_add(&page->text, "</tbody></table></div>\n");
}

/* ---- people ---- */

typedef struct person {
    uint32_t subject;
    size_t begin, count; /* of its images in the list of all */
    double median;       /* of the areas */
    int32_t label;       /* of all its images; -2: of several classes */
} person;

typedef struct people {
    uint32_t *images; /* those of named subjects, person by person */
    double *values;   /* room for a trait of these */
    person *list;     /* by their medians */
    lvk_box_row *rows;
    char (*swatches)[COLOUR_SIZE];
    size_t count;
} people;

static void people_finish(people *p) {
    lvk_free(p->images);
    lvk_free(p->values);
    lvk_free(p->list);
    lvk_free(p->rows);
    lvk_free(p->swatches);
}

static int by_median(const void *a, const void *b) {
    const person *x = a, *y = b;
    return x->median != y->median ? (x->median > y->median) - (x->median < y->median)
                                  : (x->subject > y->subject) - (x->subject < y->subject);
}

/* Fills `values` with a trait of the person's images, sorted; returns how many have it. */
static size_t sort_trait(const lvk_data_page *page, const people *p, const person *one, lvk_trait trait,
                         double *values) {
    size_t known = 0;
    for (size_t i = 0; i < one->count; ++i) {
        const double value = lvk_page_trait(page, p->images[one->begin + i], trait);
        if (!isnan(value))
            values[known++] = value;
    }
    lvk_sort_numbers(values, known);
    return known;
}

static lvk_status gather_people(const lvk_data_page *page, people *p) {
    const size_t images = lvk_dataset_image_count(page->dataset),
                 subjects = lvk_dataset_subject_count(page->dataset);
    size_t *starts = lvk_alloc(subjects + 1, sizeof *starts);
    p->images = lvk_alloc(images, sizeof *p->images);
    p->values = lvk_alloc(images, sizeof *p->values);
    p->list = lvk_alloc(subjects, sizeof *p->list);
    p->rows = lvk_alloc(MOST_PEOPLE, sizeof *p->rows);
    p->swatches = lvk_alloc(MOST_PEOPLE, sizeof *p->swatches);
    if (!starts || !p->images || !p->values || !p->list || !p->rows || !p->swatches) {
        lvk_free(starts);
        return LVK_ERROR_MEMORY;
    }
    for (size_t i = 0; i < images; ++i)
        ++starts[lvk_dataset_image(page->dataset, i)->subject + 1];
    for (size_t s = 0; s < subjects; ++s)
        starts[s + 1] += starts[s];
    for (size_t s = 0; s < subjects; ++s)
        if (lvk_dataset_subject(page->dataset, s)->named)
            p->list[p->count++] = (person){
                .subject = (uint32_t)s, .begin = starts[s], .count = starts[s + 1] - starts[s], .label = -3};
    for (size_t i = 0; i < images; ++i)
        p->images[starts[lvk_dataset_image(page->dataset, i)->subject]++] = (uint32_t)i;
    for (size_t s = 0; s < p->count; ++s) {
        person *one = &p->list[s];
        for (size_t i = 0; i < one->count; ++i) {
            const int32_t label = lvk_dataset_image(page->dataset, p->images[one->begin + i])->label;
            one->label = one->label == -3 || one->label == label ? label : -2;
        }
        one->median = lvk_quantile(p->values, sort_trait(page, p, one, LVK_TRAIT_AREA, p->values), 0.5);
    }
    qsort(p->list, p->count, sizeof *p->list, by_median);
    lvk_free(starts);
    return LVK_OK;
}

/* The mean colour of a person's cells. */
static void mix_colour(const lvk_data_page *page, const people *p, const person *one,
                       char colour[COLOUR_SIZE]) {
    double sums[3] = {0}, area = 0;
    for (size_t i = 0; i < one->count; ++i) {
        const lvk_image_info *image = lvk_dataset_image(page->dataset, p->images[one->begin + i]);
        area += image->area;
        for (int c = 0; c < 3; ++c)
            sums[c] += (double)image->colour_sum[c];
    }
    unsigned mean[3];
    for (int c = 0; c < 3; ++c)
        mean[c] = area > 0 ? (unsigned)lround(sums[c] / area) : 0;
    snprintf(colour, COLOUR_SIZE, "#%02x%02x%02x", mean[0] & 255, mean[1] & 255, mean[2] & 255);
}

/* Person number i of those that are shown, evenly spaced among all. */
static const person *shown_person(const people *p, size_t i, size_t shown) {
    return &p->list[shown > 1 ? i * (p->count - 1) / (shown - 1) : 0];
}

static void add_people_chart(lvk_data_page *page, const people *p, lvk_trait trait) {
    const size_t shown = p->count < MOST_PEOPLE ? p->count : MOST_PEOPLE;
    size_t used = 0;
    char title[96];
    for (size_t i = 0; i < shown; ++i) {
        const person *one = shown_person(p, i, shown);
        double *values = p->values + used;
        mix_colour(page, p, one, p->swatches[i]);
        const size_t count = sort_trait(page, p, one, trait, values);
        p->rows[i] = (lvk_box_row){.name = lvk_dataset_subject(page->dataset, one->subject)->name,
                                   .color = one->label >= 0 ? lvk_html_color((size_t)one->label) : "#808080",
                                   .swatch = p->swatches[i],
                                   .sorted = values,
                                   .count = count};
        used += count;
    }
    snprintf(title, sizeof title, "Box plot by subject: %s", lvk_page_trait_axis(page, trait));
    lvk_text_add(&page->text, "<figure>");
    lvk_box_plot_add(&page->text, &(lvk_box_plot){.title = title,
                                                  .axis = lvk_page_trait_axis(page, trait),
                                                  .rows = p->rows,
                                                  .count = shown,
                                                  .beside = true});
    lvk_text_add(&page->text, "</figure>\n");
}

static void add_colour_key(lvk_data_page *page) {
    lvk_text_add(&page->text, "<p class=\"note\">Colours of the boxes: ");
    for (size_t c = 0; c < page->class_count; ++c) {
        lvk_text_add(&page->text, "%s<span class=\"key\" style=\"background:%s\"></span> ", c ? ", " : "",
                     page->classes[c].color);
        lvk_html_add(&page->text, page->classes[c].name);
    }
    lvk_text_add(
        &page->text,
        "; grey: several classes or none. The square beside a name has the mean colour of the subject's "
        "cells.</p>\n");
}

static lvk_status add_people(lvk_data_page *page) {
    people p = {0};
    lvk_text *text = &page->text;
    const lvk_status status = gather_people(page, &p);
    lvk_text_add(text, "<h3>By subject</h3>\n");
    if (status == LVK_OK && p.count == 0)
        lvk_text_add(text, "<p>No subject is known, so that nothing can be said by subject.</p>\n");
    if (status == LVK_OK && p.count) {
        lvk_text_add(
            text,
            "<p>Ordered by the median of the area. Where the boxes of subjects of one class lie apart, a model can "
            "learn who it is, or whose stain, in place of the class.");
        if (p.count > MOST_PEOPLE) {
            lvk_text_add(text, " %d of the ", MOST_PEOPLE);
            lvk_html_add_count(text, p.count);
            lvk_text_add(text, " subjects, evenly spaced in that order.");
        }
        lvk_text_add(text, "</p>\n");
        add_colour_key(page);
        lvk_text_add(text, "<div class=\"charts\">\n");
        for (int trait = 0; trait < LVK_TRAIT_COUNT; ++trait)
            add_people_chart(page, &p, (lvk_trait)trait);
        lvk_text_add(text, "</div>\n");
    }
    people_finish(&p);
    return status;
}

lvk_status lvk_page_add_traits(lvk_data_page *page) {
    lvk_text *text = &page->text;
    lvk_text_add(
        text,
        "<h2 id=\"cells\">Area and colour of the cells</h2>\n<p>The cell is what is not black background. A box holds "
        "the middle half of the cells and its line is their median; whiskers reach to the farthest cells within 1.5 "
        "times the box's width; dots are the cells beyond them. Fewer than five cells are all dots.</p>\n"
        "<h3>By class</h3>\n<div class=\"charts\">\n");
    for (int trait = 0; trait < LVK_TRAIT_COUNT; ++trait)
        add_class_chart(page, (lvk_trait)trait);
    lvk_text_add(text, "</div>\n");
    add_quartiles(page);
    return add_people(page);
}

/* ---- outliers ---- */

/* Puts the outlier in its place among the farthest. */
static void place_outlier(lvk_page_outlier *list, size_t *count, const lvk_page_outlier *outlier) {
    size_t at = *count;
    while (at > 0 && list[at - 1].distance < outlier->distance)
        --at;
    if (at == LVK_PAGE_MOST_OUTLIERS)
        return;
    *count += *count < LVK_PAGE_MOST_OUTLIERS;
    memmove(list + at + 1, list + at, (*count - 1 - at) * sizeof *list);
    list[at] = *outlier;
}

/* How far the image is beyond the fences of its class by this trait; 0 within, or where there are none. */
static lvk_page_outlier outlier_of(const lvk_data_page *page, const lvk_page_class *group, uint32_t image,
                                   lvk_trait trait) {
    lvk_page_outlier o = {.image = image, .trait = trait, .value = lvk_page_trait(page, image, trait)};
    if (isnan(o.value) || group->counts[trait] < LEAST_FOR_FENCES)
        return o;
    const lvk_fences f = lvk_fences_of(group->sorted[trait], group->counts[trait]);
    const double range = f.quartiles[2] - f.quartiles[0];
    o.low = f.low;
    o.high = f.high;
    if (range > 0 && (o.value < f.low || o.value > f.high))
        o.distance = (o.value < f.low ? f.low - o.value : o.value - f.high) / range;
    return o;
}

static const lvk_page_class *class_of(const lvk_data_page *page, int32_t label) {
    return label >= 0 ? &page->classes[label] : &page->classes[page->class_count - 1];
}

lvk_status lvk_page_choose_outliers(lvk_data_page *page) {
    for (uint32_t i = 0; i < lvk_dataset_image_count(page->dataset); ++i) {
        const lvk_page_class *group = class_of(page, lvk_dataset_image(page->dataset, i)->label);
        lvk_page_outlier worst[2] = {outlier_of(page, group, i, LVK_TRAIT_AREA), {0}};
        for (int trait = LVK_TRAIT_RED; trait < LVK_TRAIT_COUNT; ++trait) {
            const lvk_page_outlier o = outlier_of(page, group, i, (lvk_trait)trait);
            worst[1] = o.distance > worst[1].distance ? o : worst[1];
        }
        for (int kind = 0; kind < 2; ++kind)
            if (worst[kind].distance > 0) {
                ++page->outlier_totals[kind];
                place_outlier(page->outliers[kind], &page->outlier_counts[kind], &worst[kind]);
            }
    }
    for (int kind = 0; kind < 2; ++kind)
        for (size_t i = 0; i < page->outlier_counts[kind]; ++i) {
            page->outliers[kind][i].picture = page->pictures.count;
            LVK_TRY(lvk_page_pictures_want(&page->pictures, page->outliers[kind][i].image, true));
        }
    return LVK_OK;
}
