/* The parts of the page of a data set (leukvk/data_page.h). Each part first chooses its pictures, then all pictures are
 * made by several threads, then each part writes its text. */
#ifndef LVK_PREVIEW_DATA_PAGE_H
#define LVK_PREVIEW_DATA_PAGE_H

#include "leukvk/data_page.h"
#include "page/html.h"
#include "preview/page_pictures.h"

/* What is measured of every cell. */
typedef enum lvk_trait {
    LVK_TRAIT_AREA,
    LVK_TRAIT_RED,
    LVK_TRAIT_GREEN,
    LVK_TRAIT_BLUE,
    LVK_TRAIT_COUNT
} lvk_trait;

/* The images of one class, or those without a label; only classes with images have one. */
typedef struct lvk_page_class {
    int32_t label; /* -1: without */
    const char *name;
    const char *color;
    size_t images, subjects, unnamed; /* named subjects, and images whose subject is not known */
    double *sorted[LVK_TRAIT_COUNT];  /* of the images where the trait is known */
    size_t counts[LVK_TRAIT_COUNT];
    uint32_t *cells; /* [cell_count] shown; picture 2 i is the whole of cell i, 2 i + 1 its crop */
    size_t cell_count, first_picture;
} lvk_page_class;

/* Images that are shown with their picture. */
typedef struct lvk_page_set {
    uint32_t images[6];
    size_t count, first_picture;
    bool contradicts; /* duplicates: of several classes */
    size_t more;      /* duplicates: images that are not shown */
} lvk_page_set;

/* Two images that are nearly one picture. */
typedef struct lvk_page_twin {
    uint32_t images[2];
    bool harmful;   /* they are of different subjects or classes */
    float likeness; /* the correlation of their detail, up to 1 */
    size_t first_picture;
} lvk_page_twin;

typedef struct lvk_page_outlier {
    uint32_t image;
    lvk_trait trait;
    double value, low, high; /* and the fences of its class */
    double distance;         /* beyond the fence, in distances of the quartiles */
    size_t picture;
} lvk_page_outlier;

enum { LVK_PAGE_MOST_SETS = 24, LVK_PAGE_MOST_OUTLIERS = 12, LVK_PAGE_MOST_TWINS = 12 };

typedef struct lvk_data_page {
    const lvk_dataset *dataset;
    lvk_data_page_options options;
    char crop[32];
    double microns; /* the scale of areas where all images have one; 0: areas are pixels */
    lvk_page_class *classes;
    size_t class_count;
    lvk_page_set sets[LVK_PAGE_MOST_SETS];
    size_t set_count;
    lvk_page_twin twins[LVK_PAGE_MOST_TWINS]; /* harmful ones first, then the most alike */
    size_t twin_count, twin_total, twins_of_others,
        twins_of_classes; /* shown; all; of several subjects, classes */
    bool twins_given_up;  /* there are too many images, or too many that are of like area and colour */
    lvk_page_outlier outliers[2][LVK_PAGE_MOST_OUTLIERS]; /* by area, and by colour; the farthest first */
    size_t outlier_counts[2], outlier_totals[2];
    lvk_page_pictures pictures;
    lvk_text text;
} lvk_data_page;

/* ---- traits (page_traits.c) ---- */

/* The trait of an image: the area in pixels or square micrometres, the mean of a colour from 0 to 1. NaN: a picture
 * that is all background has no colour. */
double lvk_page_trait(const lvk_data_page *page, size_t image, lvk_trait trait);

/* "area of the cell, pixels" and the like: the title of an axis; "area", "red" in sentences. */
const char *lvk_page_trait_axis(const lvk_data_page *page, lvk_trait trait);
const char *lvk_page_trait_name(lvk_trait trait);

/* Counts and measures the classes. */
LVK_MUST_USE lvk_status lvk_page_measure_classes(lvk_data_page *page);
void lvk_page_release_classes(lvk_data_page *page);

/* Chooses the images that are farthest beyond the fences of their class. */
LVK_MUST_USE lvk_status lvk_page_choose_outliers(lvk_data_page *page);

/* Adds the charts and tables of areas and colours by class and by subject. */
LVK_MUST_USE lvk_status lvk_page_add_traits(lvk_data_page *page);

/* ---- counts (page_counts.c) ---- */

void lvk_page_add_summary(lvk_data_page *page); /* the cards, and what is not known */
LVK_MUST_USE lvk_status lvk_page_add_counts(lvk_data_page *page);
LVK_MUST_USE lvk_status lvk_page_add_left_out(lvk_data_page *page);

/* ---- pictures of cells (page_cells.c) ---- */

LVK_MUST_USE lvk_status lvk_page_choose_cells(lvk_data_page *page);
LVK_MUST_USE lvk_status lvk_page_choose_duplicates(lvk_data_page *page);
LVK_MUST_USE lvk_status lvk_page_choose_twins(lvk_data_page *page); /* page_twins.c */
void lvk_page_add_cells(lvk_data_page *page);
LVK_MUST_USE lvk_status lvk_page_add_duplicates(lvk_data_page *page);
void lvk_page_add_outliers(lvk_data_page *page);

#endif
