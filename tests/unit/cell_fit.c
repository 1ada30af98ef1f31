/* The logistic function of the cell's measures. */
#include "train/cell_fit.h"
#include "models/cell.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { COUNT = 8 };
static const double ground[COUNT] = {0.5, 0.6, 0.65, 0.7, 0.8, 0.55, 0.9, 0.75};
static const uint8_t targets[COUNT] = {1, 1, 1, 0, 0, 1, 0, 1};
static const double weights[COUNT] = {1, 2, 1, 1, 1, 0.5, 1, 1};

/* The numbers are those of 200 rounds of the same method in Python, whose gradient by central differences is below
 * 1e-10. */
Test(cell_fit, fit_is_the_minimum) {
    double slope, intercept;
    lvk_cell_fit(ground, 1, targets, weights, COUNT, &slope, &intercept);
    cr_expect_float_eq(slope, -19.799849913192027, 1e-9);
    cr_expect_float_eq(intercept, 14.51264326477428, 1e-9);
}

Test(cell_fit, fit_has_no_slope_where_nothing_tells) {
    static const double same[COUNT] = {0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4}, none[COUNT] = {0};
    static const uint8_t one_class[COUNT] = {0};
    double slope = 1, intercept = 1;
    lvk_cell_fit(same, 1, targets, weights, COUNT, &slope, &intercept);
    cr_expect(slope == 0 && intercept == 0);
    slope = intercept = 1;
    lvk_cell_fit(ground, 1, one_class, weights, COUNT, &slope, &intercept);
    cr_expect(slope == 0 && intercept == 0);
    slope = intercept = 1;
    lvk_cell_fit(ground, 1, targets, none, COUNT, &slope, &intercept);
    cr_expect(slope == 0 && intercept == 0);
}

/* Classes that a threshold separates: the ridge keeps the slope finite. */
Test(cell_fit, fit_of_separated_classes_is_finite) {
    static const uint8_t separated[COUNT] = {1, 1, 1, 0, 0, 1, 0, 0};
    double slope, intercept;
    lvk_cell_fit(ground, 1, separated, weights, COUNT, &slope, &intercept);
    cr_expect(isfinite(slope) && isfinite(intercept) && slope < -24);
    for (int i = 0; i < COUNT; ++i)
        cr_expect_eq(slope * ground[i] + intercept > 0, separated[i] == 1, "image %d", i);
}

/* Two inputs; the numbers are those of Newton's method with linear algebra of NumPy, whose gradient is below 1e-12. */
Test(cell_fit, fit_of_two_inputs_is_the_minimum) {
    static const double second[COUNT] = {0.02, -0.01, 0.03, 0.0, -0.02, 0.015, 0.005, -0.03};
    double x[COUNT][2], slopes[2], intercept;
    for (int i = 0; i < COUNT; ++i) {
        x[i][0] = ground[i];
        x[i][1] = second[i];
    }
    lvk_cell_fit(x[0], 2, targets, weights, COUNT, slopes, &intercept);
    cr_expect_float_eq(slopes[0], -23.481816636041074, 1e-8);
    cr_expect_float_eq(slopes[1], -27.921412809958216, 1e-8);
    cr_expect_float_eq(intercept, 16.954691344609586, 1e-8);
}

/* An input that tells nothing changes nothing. */
Test(cell_fit, an_input_that_does_not_vary_has_no_slope) {
    double x[COUNT][2], slopes[2], intercept, slope, alone;
    for (int i = 0; i < COUNT; ++i) {
        x[i][0] = ground[i];
        x[i][1] = 0.25;
    }
    lvk_cell_fit(x[0], 2, targets, weights, COUNT, slopes, &intercept);
    lvk_cell_fit(ground, 1, targets, weights, COUNT, &slope, &alone);
    cr_expect_eq(slopes[1], 0);
    cr_expect_float_eq(slopes[0], slope, 1e-9);
    cr_expect_float_eq(intercept, alone, 1e-9);
}

Test(cell_fit, density_is_minus_the_logarithm) {
    for (int v = 13; v <= 255; ++v) {
        const double above = lvk_cell_density(v / 255.0) + log(v / 255.0);
        cr_expect(above > -1e-12 && above < 0.023, "intensity %d/255: %g", v, above);
    }
    for (int v = 0; v <= 12; ++v)
        cr_expect_float_eq(lvk_cell_density(v / 255.0), -log(LVK_DENSITY_LEAST), 1e-12);
}

/* A square of one colour on black: the densities are those of the square, by its share of the crop. */
Test(cell_fit, measures_of_a_crop) {
    enum { SIDE = 20, CELL = 8 };
    static uint8_t pixels[SIDE * SIDE * 3];
    static const uint8_t color[3] = {90, 60, 140};
    double numbers[LVK_CELL_NUMBERS];
    for (int i = 0; i < CELL * CELL; ++i)
        memcpy(pixels + 3 * ((i / CELL + 2) * SIDE + i % CELL + 3), color, 3);
    const lvk_image crop = {.pixels = pixels, .width = SIDE, .height = SIDE};
    const double share = CELL * CELL / (double)(SIDE * SIDE);
    cr_assert_eq(lvk_cell_measure.width, LVK_CELL_NUMBERS);
    lvk_cell_measure.take(&crop, numbers);
    cr_expect_float_eq(numbers[LVK_CELL_GROUND], 1 - share, 1e-12);
    cr_expect_float_eq(numbers[LVK_CELL_GREEN], share * lvk_cell_density(60 / 255.0), 1e-12);
    cr_expect_float_eq(numbers[LVK_CELL_BLUE], share * lvk_cell_density(140 / 255.0), 1e-12);
}
