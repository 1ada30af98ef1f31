/* The axis of a chart: round numbers at its ticks. */
#ifndef LVK_PAGE_AXIS_H
#define LVK_PAGE_AXIS_H

enum { LVK_AXIS_MOST_TICKS = 12 };

typedef struct lvk_axis {
    double from, to, step; /* `from` and `to` are multiples of `step` */
    int ticks;             /* `from` + 0 ... ticks - 1 times `step`; 2 at least */
    int decimals;          /* with which the numbers at the ticks are written */
} lvk_axis;

/* An axis that holds `least` to `most`, both finite, with steps of 1, 2 or 5 times a power of ten and about
 * `wanted` of them, 1 to LVK_AXIS_MOST_TICKS / 2. Where both are equal, the axis has a width nevertheless. */
lvk_axis lvk_axis_choose(double least, double most, int wanted);

/* The place of `value` on the axis, 0 at `from` and 1 at `to`. */
double lvk_axis_place(const lvk_axis *axis, double value);

#endif
