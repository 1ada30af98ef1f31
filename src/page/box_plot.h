/* Box plots as SVG: a row for each group of values over one axis. */
#ifndef LVK_PAGE_BOX_PLOT_H
#define LVK_PAGE_BOX_PLOT_H

#include "core/text.h"

/* Tukey, "Exploratory Data Analysis", 1977: values beyond the fences are drawn one by one. */
typedef struct lvk_fences {
    double quartiles[3]; /* interpolated as lvk_quantile does */
    double low, high;    /* 1.5 times the distance of the quartiles below the first and above the third */
} lvk_fences;

/* `sorted` has one value at least. */
lvk_fences lvk_fences_of(const double *sorted, size_t count);

typedef struct lvk_box_row {
    const char *name;     /* escaped here */
    const char *color;    /* of the box, such as "#0072b2" */
    const char *swatch;   /* a square of this colour beside the name; NULL: none */
    const double *sorted; /* finite values in ascending order */
    size_t count;         /* without values the row is empty */
} lvk_box_row;

typedef struct lvk_box_plot {
    const char *title; /* what readers of screens say of the drawing */
    const char *axis;  /* what is measured, with its unit */
    const lvk_box_row *rows;
    size_t count;
    bool beside; /* short names, beside their rows; else above them */
} lvk_box_plot;

/* Adds an <svg> of 340 units' width, which fits a phone. Its text has the colour of the text around it. Nothing where
 * no row has a value. */
void lvk_box_plot_add(lvk_text *text, const lvk_box_plot *plot);

#endif
