/* The metrics: published counts, worked examples, and the area under the ROC curve by its definition. */
#include "leukvk/metrics.h"
#include "core/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static void expect_near(const char *name, double value, double expected, double bound) {
    cr_expect(fabs(value - expected) <= bound, "%s is %.12g, expected %.12g", name, value, expected);
}

static lvk_status compute(const double *p, const uint8_t *labels, size_t count, double threshold,
                          lvk_metrics *m) {
    return lvk_metrics_compute(&(lvk_scored){.count = count, .probabilities = p, .labels = labels}, threshold,
                               m);
}

/* The preliminary test part as the Keras work reported it. */
Test(metrics, published_counts) {
    lvk_metrics m;
    lvk_metrics_from_counts(536, 112, 77, 1142, &m);
    cr_expect_eq(m.count, 1867);
    expect_near("accuracy", m.accuracy, 0.8988, 5e-5);
    expect_near("weighted F1", m.f1_weighted, 0.8981, 5e-5);
    expect_near("precision", m.precision, 1142.0 / 1254, 1e-15);
    expect_near("recall", m.recall, 1142.0 / 1219, 1e-15);
    expect_near("specificity", m.specificity, 536.0 / 648, 1e-15);
    expect_near("F1 of the positive class", m.f1_positive, 2284.0 / 2473, 1e-15);
    expect_near("F1 of the negative class", m.f1_negative, 1072.0 / 1261, 1e-15);
    expect_near("macro F1", m.f1_macro, (2284.0 / 2473 + 1072.0 / 1261) / 2, 1e-15);
    expect_near("balanced accuracy", m.balanced_accuracy, (1142.0 / 1219 + 536.0 / 648) / 2, 1e-15);
    expect_near("always positive", m.always_positive.accuracy, 1219.0 / 1867, 1e-15);
    expect_near("always negative", m.always_negative.accuracy, 648.0 / 1867, 1e-15);
    cr_expect(isnan(m.loss) && isnan(m.auc));
}

/* Three positive rows and a negative one, each baseline by hand. */
Test(metrics, baselines) {
    lvk_metrics m;
    lvk_metrics_from_counts(1, 0, 0, 3, &m);
    expect_near("accuracy", m.always_positive.accuracy, 0.75, 0);
    expect_near("weighted F1", m.always_positive.f1_weighted, 0.75 * 6 / 7, 1e-15);
    expect_near("macro F1", m.always_positive.f1_macro, 3.0 / 7, 1e-15);
    expect_near("accuracy", m.always_negative.accuracy, 0.25, 0);
    expect_near("weighted F1", m.always_negative.f1_weighted, 0.25 * 2 / 5, 1e-15);
    expect_near("macro F1", m.always_negative.f1_macro, 0.2, 1e-15);
}

/* Five rows by hand; 0.5 itself is not positive. */
Test(metrics, rows) {
    const double p[] = {0.9, 0.5, 0.2, 0.7, 0.1};
    const uint8_t labels[] = {1, 1, 1, 0, 0};
    lvk_metrics m;
    cr_assert_eq(compute(p, labels, 5, LVK_THRESHOLD, &m), LVK_OK);
    cr_expect_eq(m.true_positives, 1);
    cr_expect_eq(m.false_negatives, 2);
    cr_expect_eq(m.false_positives, 1);
    cr_expect_eq(m.true_negatives, 1);
    expect_near("loss", m.loss, -(log(0.9) + log(0.5) + log(0.2) + log(0.3) + log(0.9)) / 5, 1e-15);
    expect_near("AUC", m.auc, 4.0 / 6, 1e-15);
    cr_assert_eq(compute(p, labels, 5, 0.15, &m), LVK_OK);
    cr_expect_eq(m.true_positives, 3);
    cr_expect_eq(m.false_positives, 1);
}

Test(metrics, loss_is_clipped) {
    const double p[] = {1, 0, 1, 0};
    const uint8_t labels[] = {0, 1, 1, 0};
    lvk_metrics m;
    cr_assert_eq(compute(p, labels, 4, LVK_THRESHOLD, &m), LVK_OK);
    expect_near("loss", m.loss, -(2 * log(1e-7) + 2 * log1p(-1e-7)) / 4, 1e-14);
}

Test(metrics, undefined_values) {
    const double p[] = {0.9, 0.2};
    const uint8_t both_positive[] = {1, 1}, both_negative[] = {0, 0};
    lvk_metrics m;
    cr_assert_eq(compute(p, both_positive, 2, LVK_THRESHOLD, &m), LVK_OK);
    cr_expect(isnan(m.auc) && isnan(m.specificity) && isnan(m.f1_negative) && isnan(m.f1_macro) &&
              isnan(m.balanced_accuracy));
    expect_near("weighted F1", m.f1_weighted, m.f1_positive, 0);
    expect_near("recall", m.recall, 0.5, 0);
    cr_assert_eq(compute(p, both_negative, 2, LVK_THRESHOLD, &m), LVK_OK);
    cr_expect(isnan(m.auc) && isnan(m.recall) && isnan(m.f1_positive));
    expect_near("precision", m.precision, 0, 0);
    cr_assert_eq(compute(p, both_negative, 0, LVK_THRESHOLD, &m), LVK_OK);
    cr_expect_eq(m.count, 0);
    cr_expect(isnan(m.loss) && isnan(m.accuracy) && isnan(m.f1_weighted) &&
              isnan(m.always_positive.accuracy));
    lvk_metrics_from_counts(3, 0, 2, 0, &m);
    cr_expect(isnan(m.precision), "nothing was predicted to be positive");
    expect_near("F1 of a class that was never predicted", m.f1_positive, 0, 0);
}

Test(metrics, bad_rows) {
    const double nan_row[] = {0.5, NAN}, below[] = {0.5, -1e-9}, above[] = {0.5, 1.5}, good[] = {0.5, 0.5};
    const uint8_t labels[] = {0, 1}, bad_labels[] = {0, 2};
    lvk_metrics m;
    cr_expect_eq(compute(nan_row, labels, 2, LVK_THRESHOLD, &m), LVK_ERROR_NUMERIC);
    cr_expect_eq(compute(below, labels, 2, LVK_THRESHOLD, &m), LVK_ERROR_ARGUMENT);
    cr_expect_eq(compute(above, labels, 2, LVK_THRESHOLD, &m), LVK_ERROR_ARGUMENT);
    cr_expect_eq(compute(good, bad_labels, 2, LVK_THRESHOLD, &m), LVK_ERROR_ARGUMENT);
    cr_expect_str_eq(lvk_error_message(), "metrics: the label of row 1 is 2, not 0 or 1");
}

typedef struct auc_case {
    double scores[6];
    uint8_t labels[6];
    size_t count;
    double auc;
} auc_case;

Test(metrics, auc_worked) {
    const auc_case cases[] = {
        {{0.1, 0.4, 0.35, 0.8}, {0, 0, 1, 1}, 4, 0.75}, /* the example of scikit-learn's roc_auc_score */
        {{1, 2, 3, 4}, {0, 0, 1, 1}, 4, 1},
        {{1, 2, 3, 4}, {1, 1, 0, 0}, 4, 0},
        {{7, 7, 7, 7, 7}, {0, 1, 0, 1, 1}, 5, 0.5},
        {{1, 2, 2, 3}, {0, 0, 1, 1}, 4, 0.875},
        {{-INFINITY, 0, INFINITY}, {0, 1, 0}, 3, 0.5},
        {{0.0, -0.0}, {0, 1}, 2, 0.5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        double auc = -1;
        cr_expect_eq(lvk_auc(cases[i].scores, cases[i].labels, cases[i].count, &auc), LVK_OK);
        cr_expect_eq(auc, cases[i].auc, "case %zu: %.17g", i, auc);
    }
}

/* All pairs, one by one. */
static double auc_by_definition(const double *scores, const uint8_t *labels, size_t count) {
    double wins = 0, pairs = 0;
    for (size_t i = 0; i < count; ++i) {
        for (size_t k = 0; k < count; ++k) {
            if (labels[i] == 1 && labels[k] == 0) {
                wins += scores[i] > scores[k] ? 1 : scores[i] == scores[k] ? 0.5 : 0;
                pairs += 1;
            }
        }
    }
    return wins / pairs;
}

Test(metrics, auc_by_definition) {
    enum { MOST = 300 };
    static double scores[MOST];
    static uint8_t labels[MOST];
    for (uint32_t trial = 0; trial < 200; ++trial) {
        const lvk_random_key key = {.seed = 5, .sample = trial, .purpose = 99};
        const size_t count = 2 + lvk_random_word(&key, 0) % (MOST - 1);
        const uint32_t values = 1 + lvk_random_word(&key, 1) % 40; /* few values: many ties */
        for (uint32_t i = 0; i < count; ++i) {
            scores[i] = (double)(lvk_random_word(&key, 2 + 2 * i) % values) / 8;
            labels[i] = lvk_random_word(&key, 3 + 2 * i) % 3 == 0;
        }
        labels[0] = 0;
        labels[1] = 1;
        double auc = -1;
        cr_assert_eq(lvk_auc(scores, labels, count, &auc), LVK_OK);
        cr_expect_eq(auc, auc_by_definition(scores, labels, count), "trial %u: %zu rows, %u values", trial,
                     count, values);
    }
}
