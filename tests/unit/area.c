/* The logistic function of the cell's area. */
#include "train/area_fit.h"

#include <criterion/criterion.h>
#include <math.h>

enum { COUNT = 8 };
static const double ground[COUNT] = {0.5, 0.6, 0.65, 0.7, 0.8, 0.55, 0.9, 0.75};
static const uint8_t targets[COUNT] = {1, 1, 1, 0, 0, 1, 0, 1};
static const double weights[COUNT] = {1, 2, 1, 1, 1, 0.5, 1, 1};

/* The numbers are those of 200 rounds of the same method in Python, whose gradient by central differences is below
 * 1e-10. */
Test(area, fit_is_the_minimum) {
    double slope, intercept;
    lvk_area_fit(ground, targets, weights, COUNT, &slope, &intercept);
    cr_expect_float_eq(slope, -24.46015930886476, 1e-9);
    cr_expect_float_eq(intercept, 17.842479249364025, 1e-9);
}

Test(area, fit_has_no_slope_where_nothing_tells) {
    static const double same[COUNT] = {0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4}, none[COUNT] = {0};
    static const uint8_t one_class[COUNT] = {0};
    double slope = 1, intercept = 1;
    lvk_area_fit(same, targets, weights, COUNT, &slope, &intercept);
    cr_expect(slope == 0 && intercept == 0);
    slope = intercept = 1;
    lvk_area_fit(ground, one_class, weights, COUNT, &slope, &intercept);
    cr_expect(slope == 0 && intercept == 0);
    slope = intercept = 1;
    lvk_area_fit(ground, targets, none, COUNT, &slope, &intercept);
    cr_expect(slope == 0 && intercept == 0);
}

/* Classes that a threshold separates: the ridge keeps the slope finite. */
Test(area, fit_of_separated_classes_is_finite) {
    static const uint8_t separated[COUNT] = {1, 1, 1, 0, 0, 1, 0, 0};
    double slope, intercept;
    lvk_area_fit(ground, separated, weights, COUNT, &slope, &intercept);
    cr_expect(isfinite(slope) && isfinite(intercept) && slope < -24);
    for (int i = 0; i < COUNT; ++i)
        cr_expect_eq(slope * ground[i] + intercept > 0, separated[i] == 1, "image %d", i);
}
