#include "page/axis.h"

#include <math.h>

/* The step of 1, 2 or 5 times a power of ten that is nearest above `least`. */
static double round_step(double least, int *decimals) {
    const double power = floor(log10(least)), unit = pow(10, power), share = least / unit;
    const double factor = share <= 1 + 1e-9 ? 1 : share <= 2 + 1e-9 ? 2 : share <= 5 + 1e-9 ? 5 : 10;
    const double places = factor > 9 ? -power - 1 : -power;
    *decimals = places > 0 ? (int)places : 0;
    return factor * unit;
}

lvk_axis lvk_axis_choose(double least, double most, int wanted) {
    lvk_axis axis;
    if (!(most > least)) {
        const double margin = least == 0 ? 0.5 : fabs(least) / 10;
        least -= margin;
        most += margin;
    }
    axis.step = round_step((most - least) / wanted, &axis.decimals);
    axis.from = floor(least / axis.step + 1e-9) * axis.step;
    axis.to = ceil(most / axis.step - 1e-9) * axis.step;
    axis.ticks = (int)lround((axis.to - axis.from) / axis.step) + 1;
    return axis;
}

double lvk_axis_place(const lvk_axis *axis, double value) {
    return (value - axis->from) / (axis->to - axis->from);
}
