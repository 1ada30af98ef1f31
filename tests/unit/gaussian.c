/* The distribution by which novelty is told, against closed forms and numbers of numpy. */
#include "predict/gaussian.h"
#include "core/memory.h"
#include "predict/novelty.h"

#include <criterion/criterion.h>
#include <math.h>

static void expect_near(double value, double right, double bound) {
    cr_expect(fabs(value - right) <= bound, "%.9g, not %.9g", value, right);
}

/* numpy: np.cov(v.T, bias=True) of v = [[1, 2], [3, 1], [5, 6], [7, 3]] is [[5, 2], [2, 3.5]]; with 1 on the
 * diagonal, sqrt(d @ np.linalg.inv([[6, 2], [2, 4.5]]) @ d). */
Test(gaussian, is_mahalanobis_distance) {
    static const float values[] = {1, 2, 3, 1, 5, 6, 7, 3};
    const lvk_gaussian_sample sample = {.count = 4, .length = 2, .classes = 1, .values = values};
    lvk_gaussian g;
    cr_assert_eq(lvk_gaussian_fit(&sample, 2, 1, &g), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(g.rank, 2);
    expect_near((double)g.means[0], 4, 0);
    expect_near((double)g.means[1], 3, 0);
    expect_near((double)g.variances[0], 5.25 + sqrt(0.75 * 0.75 + 4), 1e-5);
    expect_near((double)g.variances[1], 5.25 - sqrt(0.75 * 0.75 + 4), 1e-5);
    expect_near(lvk_gaussian_variance(&g, 0), 6, 1e-5);
    expect_near(lvk_gaussian_variance(&g, 1), 4.5, 1e-5);
    /* d = (1, 2): (4.5 - 2 * 2 * 2 + 6 * 4) / 23 */
    expect_near(lvk_gaussian_distance(&g, (const float[]){5, 5}), sqrt(20.5 / 23), 1e-6);
    expect_near(lvk_gaussian_distance(&g, (const float[]){4, 3}), 0, 1e-9);
    lvk_gaussian_finish(&g);
}

/* A mean a class, one covariance; a class without rows has the mean of all; rows can be left out. */
Test(gaussian, measures_from_nearest_class) {
    static const float values[] = {0, 2, 10, 12, 1000};
    static const uint32_t labels[] = {0, 0, 2, 2, 0};
    static const uint8_t left[] = {0, 0, 0, 0, 1};
    const lvk_gaussian_sample sample = {
        .count = 5, .length = 1, .classes = 3, .values = values, .labels = labels, .left = left};
    lvk_gaussian g;
    cr_assert_eq(lvk_gaussian_fit(&sample, 1, 0, &g), LVK_OK, "%s", lvk_error_message());
    expect_near((double)g.means[0], 1, 0);
    expect_near((double)g.means[1], 6, 0);
    expect_near((double)g.means[2], 11, 0);
    expect_near(lvk_gaussian_distance(&g, (const float[]){13}), 2, 1e-6);
    expect_near(lvk_gaussian_distance(&g, (const float[]){0}), 1, 1e-6);
    lvk_gaussian_finish(&g);
}

/* Of one direction of three, the others share what variance is left: (2 + 0) / 2. */
Test(gaussian, shares_rest_of_variance) {
    enum { COUNT = 4 };
    static const float values[3 * COUNT] = {4, 2, 0, -4, 2, 0, 4, -2, 0, -4, -2, 0};
    const lvk_gaussian_sample sample = {.count = COUNT, .length = 3, .classes = 1, .values = values};
    lvk_gaussian g;
    cr_assert_eq(lvk_gaussian_fit(&sample, 1, 0.5, &g), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(g.rank, 1);
    expect_near(fabs((double)g.directions[0]), 1, 1e-6);
    expect_near((double)g.variances[0], 16.5, 1e-5);
    expect_near((double)g.variances[1], 2.5, 1e-5);
    expect_near(lvk_gaussian_distance(&g, (const float[]){0, 0, 5}), sqrt(25 / 2.5), 1e-5);
    lvk_gaussian_finish(&g);
}

/* Two of a hundred elements vary together, the rest not at all: more elements than rows. */
Test(gaussian, finds_directions_among_many) {
    enum { LENGTH = 100, COUNT = 10, RANK = 4 };
    static float values[COUNT * LENGTH];
    for (int i = 0; i < COUNT; ++i)
        values[i * LENGTH + 7] = values[i * LENGTH + 90] = (float)(i - 4.5);
    const lvk_gaussian_sample sample = {.count = COUNT, .length = LENGTH, .classes = 1, .values = values};
    lvk_gaussian g, again;
    cr_assert_eq(lvk_gaussian_fit(&sample, RANK, 0, &g), LVK_OK, "%s", lvk_error_message());
    expect_near(fabs((double)g.directions[7]), sqrt(0.5), 1e-6);
    expect_near((double)g.directions[7], (double)g.directions[90], 1e-6);
    expect_near((double)g.variances[0], 2 * 8.25, 1e-4);
    expect_near((double)g.variances[1], 0, 1e-6);
    cr_assert_eq(lvk_gaussian_fit(&sample, RANK, 0, &again), LVK_OK, "%s", lvk_error_message());
    cr_expect_arr_eq(again.directions, g.directions, RANK * LENGTH * sizeof *g.directions);
    lvk_gaussian_finish(&g);
    lvk_gaussian_finish(&again);
}

Test(gaussian, fails_without_rows) {
    const lvk_gaussian_sample none = {.count = 0, .length = 2, .classes = 1};
    lvk_gaussian g;
    cr_expect_eq(lvk_gaussian_fit(&none, 2, 1, &g), LVK_ERROR_ARGUMENT);
    lvk_gaussian_finish(&g);
    cr_expect_eq(lvk_alloc_live(), 0);
}

Test(gaussian, measures_pictures_by_closed_form) {
    /* A square of 10 x 10 pixels of one colour (255, 127, 0), a third of its box. */
    const lvk_image_info square = {.area = 100,
                                   .outline = 65535 / 3,
                                   .texture = 16 * 7,
                                   .colour_sum = {25500, 12700, 0},
                                   .colour_square_sum = {6502500, 1612900, 0}};
    float m[LVK_PICTURE_MEASURES];
    lvk_novelty_measure(&square, (double)square.area, m);
    expect_near((double)m[0], log(100) / 0.05, 1e-4);
    expect_near((double)m[1], 0, 1e-6);
    expect_near((double)m[2], log(2) / 0.03, 1e-4);
    expect_near((double)m[3], log(256) / 0.03, 1e-4);
    expect_near((double)m[7], log(8) / 0.05, 1e-4);
    for (int i = 4; i < 7; ++i)
        expect_near((double)m[i], 0, 1e-6);
    expect_near((double)m[8], 1.0 / 3 / 0.02, 1e-5);
    lvk_novelty_measure(&(lvk_image_info){0}, 0, m); /* all black */
    for (int i = 0; i < LVK_PICTURE_MEASURES; ++i)
        cr_expect(isfinite(m[i]));
}
