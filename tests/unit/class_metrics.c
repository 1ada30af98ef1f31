/* Scores of two classes and more, against scikit-learn's and those of two classes, and their intervals. */
#include "support/golden.h"

#include "core/memory.h"
#include "core/quantile.h"
#include "core/random.h"
#include "leukvk/class_metrics.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* Equal but for rounding, or both undefined. */
static void expect_near(const char *where, const char *name, double value, double expected) {
    cr_expect((isnan(value) && isnan(expected)) || fabs(value - expected) <= 1e-13,
              "%s: %s is %.17g, expected %.17g", where, name, value, expected);
}

static double number_or_nan(const json_t *object, const char *key) {
    const json_t *value = golden_member(object, key);
    return json_is_null(value) ? (double)NAN : json_number_value(value);
}

/* ---- against scikit-learn ---- */

typedef struct golden_case {
    const char *name;
    lvk_class_rows rows;
    double *probabilities;
    uint32_t *labels;
} golden_case;

static golden_case take_case(const json_t *object, double parts) {
    golden_case c = {.name = golden_text(object, "name")};
    uint64_t count, numbers;
    double *labels = golden_list(golden_member(object, "labels"), &count);
    c.probabilities = golden_list(golden_member(object, "parts"), &numbers);
    c.labels = lvk_alloc(count, sizeof *c.labels);
    for (uint64_t i = 0; i < numbers; ++i)
        c.probabilities[i] /= parts;
    for (uint64_t i = 0; i < count; ++i)
        c.labels[i] = (uint32_t)labels[i];
    lvk_free(labels);
    c.rows = (lvk_class_rows){.count = count,
                              .classes = (uint32_t)golden_number(object, "class_count"),
                              .probabilities = c.probabilities,
                              .labels = c.labels};
    cr_assert_eq(numbers, count * c.rows.classes);
    return c;
}

static void expect_totals(const golden_case *c, const json_t *object, const lvk_class_metrics *m) {
    size_t count;
    const lvk_measure *measures = lvk_class_total_measures(&count);
    cr_expect_eq(count, json_object_size(golden_member(object, "scores")));
    for (size_t i = 0; i < count; ++i) {
        expect_near(c->name, measures[i].key, lvk_class_total_of(&m->scores, &measures[i]),
                    number_or_nan(golden_member(object, "scores"), measures[i].key));
        cr_expect(isnan(lvk_class_total_of(&m->low, &measures[i])), "no interval was asked for");
    }
}

static void expect_baseline(const golden_case *c, const json_t *object, const lvk_class_metrics *m,
                            uint32_t k) {
    const json_t *always = json_array_get(golden_member(object, "always"), k);
    expect_near(c->name, "always, accuracy", m->always[k].accuracy, golden_number(always, "accuracy"));
    expect_near(c->name, "always, balanced accuracy", m->always[k].balanced_accuracy,
                golden_number(always, "balanced_accuracy"));
    expect_near(c->name, "always, F1 macro", m->always[k].f1_macro, golden_number(always, "f1_macro"));
    expect_near(c->name, "always, F1 weighted", m->always[k].f1_weighted,
                golden_number(always, "f1_weighted"));
}

static void expect_counts(const golden_case *c, const json_t *object, const lvk_class_metrics *m,
                          uint32_t k) {
    const json_t *row = json_array_get(golden_member(object, "confusion"), k);
    uint32_t support = 0;
    for (uint32_t called = 0; called < m->classes; ++called) {
        cr_expect_eq(m->confusion[k][called], json_integer_value(json_array_get(row, called)), "%s: [%u][%u]",
                     c->name, k, called);
        support += m->confusion[k][called];
    }
    cr_expect_eq(m->support[k], support);
}

static void expect_class(const golden_case *c, const json_t *object, const lvk_class_metrics *m, uint32_t k) {
    size_t count;
    const lvk_measure *measures = lvk_class_score_measures(&count);
    const json_t *scores = json_array_get(golden_member(object, "classes"), k);
    cr_expect_eq(count, json_object_size(scores));
    for (size_t i = 0; i < count; ++i)
        expect_near(c->name, measures[i].key, lvk_class_score_of(&m->scores, k, &measures[i]),
                    number_or_nan(scores, measures[i].key));
}

Test(class_metrics, equal_those_of_scikit_learn) {
    static lvk_class_metrics m;
    json_t *file = golden_load("class_metrics.json");
    const double parts = golden_number(file, "parts");
    size_t i;
    json_t *object;
    json_array_foreach(golden_member(file, "cases"), i, object) {
        golden_case c = take_case(object, parts);
        cr_assert_eq(lvk_class_metrics_compute(&c.rows, &m), LVK_OK, "%s", lvk_error_message());
        cr_expect(m.count == c.rows.count && m.classes == c.rows.classes);
        expect_totals(&c, object, &m);
        for (uint32_t k = 0; k < m.classes; ++k) {
            expect_class(&c, object, &m, k);
            expect_counts(&c, object, &m, k);
            expect_baseline(&c, object, &m, k);
        }
        lvk_free(c.probabilities);
        lvk_free(c.labels);
    }
    cr_expect_eq(i, 9);
    json_decref(file);
}

/* ---- by hand ---- */

/* Five rows of three classes; the third row ties, and is called the first of its classes. */
Test(class_metrics, worked) {
    static const double p[] = {0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.4, 0.4, 0.2, 0.3, 0.3, 0.4, 0.5, 0, 0.5};
    static const uint32_t labels[] = {0, 1, 1, 2, 2};
    static lvk_class_metrics m;
    const lvk_class_rows rows = {.count = 5, .classes = 3, .probabilities = p, .labels = labels};
    static const uint32_t confusion[3][3] = {{1, 0, 0}, {1, 1, 0}, {1, 0, 1}};
    cr_assert_eq(lvk_class_metrics_compute(&rows, &m), LVK_OK);
    for (int k = 0; k < 3; ++k)
        for (int called = 0; called < 3; ++called)
            cr_expect_eq(m.confusion[k][called], confusion[k][called], "[%d][%d]", k, called);
    expect_near("worked", "accuracy", m.scores.all.accuracy, 3.0 / 5);
    expect_near("worked", "balanced accuracy", m.scores.all.balanced_accuracy, (1 + 0.5 + 0.5) / 3);
    expect_near("worked", "F1 of the first", m.scores.of[0].f1, 2.0 / 4);
    expect_near("worked", "F1 macro", m.scores.all.f1_macro, (2.0 / 4 + 2.0 / 3 + 2.0 / 3) / 3);
    expect_near("worked", "F1 weighted", m.scores.all.f1_weighted, (2.0 / 4 + 2 * 2.0 / 3 + 2 * 2.0 / 3) / 5);
    expect_near("worked", "kappa", m.scores.all.kappa,
                (0.6 - 7.0 / 25) / (1 - 7.0 / 25)); /* 1*3 + 2*1 + 2*1 */
    expect_near("worked", "loss", m.scores.all.loss, -(log(0.7) + log(0.8) + 2 * log(0.4) + log(0.5)) / 5);
    expect_near("worked", "Brier score", m.scores.all.brier, (0.14 + 0.06 + 0.56 + 0.54 + 0.5) / 5);
    /* bins: 0.4 twice with one right, 0.5 wrong, 0.7 right, 0.8 right */
    expect_near("worked", "ece", m.scores.all.ece, (fabs(0.8 - 1) + 0.5 + 0.3 + 0.2) / 5);
    expect_near("worked", "AUC of the last", m.scores.of[2].auc, 1);
    expect_near("worked", "AUC of the second", m.scores.of[1].auc, 1);
    expect_near("worked", "AUC of the first", m.scores.of[0].auc, 1);
    cr_expect(m.support[1] == 2 && m.called[0] == 3 && m.most_frequent == 1);
}

/* ---- rows of which nothing or nothing right can be said ---- */

Test(class_metrics, without_rows) {
    static lvk_class_metrics m;
    const lvk_class_rows none = {.classes = 3};
    const lvk_bootstrap_options few = {.replicates = 10};
    size_t count;
    const lvk_measure *measures = lvk_class_total_measures(&count);
    cr_assert_eq(lvk_class_metrics_bootstrap(&none, &few, &m), LVK_OK, "%s", lvk_error_message());
    for (size_t i = 0; i < count; ++i)
        cr_expect(isnan(lvk_class_total_of(&m.scores, &measures[i])) &&
                      isnan(lvk_class_total_of(&m.high, &measures[i])),
                  "%s", measures[i].key);
    cr_expect(m.count == 0 && isnan(m.scores.of[2].auc) && isnan(m.always[2].accuracy));
}

Test(class_metrics, refuses_rows_out_of_range) {
    static lvk_class_metrics m;
    static const uint32_t labels[] = {0, 2}, beyond[] = {0, 3};
    static const struct {
        double p[6];
        const uint32_t *labels;
        uint32_t classes;
        lvk_status status;
        const char *message;
    } cases[] = {
        {{1, 0, 0, 0, 0, 1},
         beyond,
         3,
         LVK_ERROR_ARGUMENT,
         "metrics: the label of row 1 is 3, and there are 3 classes"},
        {{1, 0, 0, 0, NAN, 1},
         labels,
         3,
         LVK_ERROR_NUMERIC,
         "metrics: a probability of row 1 is not a number"},
        {{1, 0, 0, 0, -0.5, 1.5}, labels, 3, LVK_ERROR_ARGUMENT, "metrics: a probability of row 1 is -0.5"},
        {{1, 0, 0, 0, 0.25, 0.5},
         labels,
         3,
         LVK_ERROR_ARGUMENT,
         "metrics: the probabilities of row 1 have the sum 0.75, not 1"},
        {{1, 1}, labels, 1, LVK_ERROR_ARGUMENT, "metrics: 1 classes: 2 to 64"},
        {{1, 1}, labels, 65, LVK_ERROR_ARGUMENT, "metrics: 65 classes: 2 to 64"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        const lvk_class_rows rows = {
            .count = 2, .classes = cases[i].classes, .probabilities = cases[i].p, .labels = cases[i].labels};
        cr_expect_eq(lvk_class_metrics_compute(&rows, &m), cases[i].status, "case %zu", i);
        cr_expect_str_eq(lvk_error_message(), cases[i].message);
    }
}

/* ---- intervals ---- */

enum { ROWS = 240, PEOPLE = 24, CLASSES = 4 };

static double drawn_p[ROWS * CLASSES];
static uint32_t drawn_labels[ROWS], drawn_subjects[ROWS];

/* Rows of people who have cells of one class each. A row's own class has the largest probability more often
 * than not. */
static lvk_class_rows draw_rows(uint32_t classes) {
    for (uint32_t i = 0; i < ROWS; ++i) {
        const lvk_random_key key = {.seed = 4, .sample = i, .purpose = 99};
        double sum = 0;
        drawn_subjects[i] = i % PEOPLE;
        drawn_labels[i] = drawn_subjects[i] % classes;
        for (uint32_t k = 0; k < classes; ++k)
            sum += drawn_p[i * classes + k] =
                lvk_random_word(&key, k) % 16 + (k == drawn_labels[i] ? 8 : 0.5);
        for (uint32_t k = 0; k < classes; ++k)
            drawn_p[i * classes + k] /= sum;
    }
    return (lvk_class_rows){.count = ROWS,
                            .classes = classes,
                            .probabilities = drawn_p,
                            .labels = drawn_labels,
                            .subjects = drawn_subjects,
                            .subject_count = PEOPLE};
}

/* Two classes have the intervals that lvk_metrics_bootstrap gives, from the same draws. */
Test(class_metrics, intervals_are_those_of_two_classes) {
    static lvk_class_metrics m;
    static double p[ROWS];
    static uint8_t labels[ROWS];
    const lvk_class_rows rows = draw_rows(2);
    const lvk_bootstrap_options options = {.replicates = 300, .seed = LVK_BOOTSTRAP_SEED};
    lvk_metrics low, high;
    for (size_t i = 0; i < ROWS; ++i) {
        p[i] = rows.probabilities[2 * i + 1];
        labels[i] = (uint8_t)rows.labels[i];
    }
    const lvk_scored two = {.count = ROWS,
                            .probabilities = p,
                            .labels = labels,
                            .subjects = rows.subjects,
                            .subject_count = PEOPLE};
    cr_assert_eq(lvk_metrics_bootstrap(&two, LVK_THRESHOLD, &options, &low, &high), LVK_OK);
    cr_assert_eq(lvk_class_metrics_bootstrap(&rows, &options, &m), LVK_OK);
    const struct {
        const char *name;
        double here[2], there[2];
    } pairs[] = {
        {"accuracy", {m.low.all.accuracy, m.high.all.accuracy}, {low.accuracy, high.accuracy}},
        {"balanced accuracy",
         {m.low.all.balanced_accuracy, m.high.all.balanced_accuracy},
         {low.balanced_accuracy, high.balanced_accuracy}},
        {"F1 macro", {m.low.all.f1_macro, m.high.all.f1_macro}, {low.f1_macro, high.f1_macro}},
        {"F1 weighted", {m.low.all.f1_weighted, m.high.all.f1_weighted}, {low.f1_weighted, high.f1_weighted}},
        {"AUC", {m.low.all.auc_macro, m.high.all.auc_macro}, {low.auc, high.auc}},
        {"AUC of the first", {m.low.of[0].auc, m.high.of[0].auc}, {low.auc, high.auc}},
        {"recall", {m.low.of[1].recall, m.high.of[1].recall}, {low.recall, high.recall}},
        {"recall of the first",
         {m.low.of[0].recall, m.high.of[0].recall},
         {low.specificity, high.specificity}},
        {"precision", {m.low.of[1].precision, m.high.of[1].precision}, {low.precision, high.precision}},
        {"loss", {m.low.all.loss, m.high.all.loss}, {low.loss, high.loss}},
        {"half of the Brier score", {m.low.all.brier / 2, m.high.all.brier / 2}, {low.brier, high.brier}}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; ++i) {
        cr_expect(pairs[i].here[0] < pairs[i].here[1], "%s: no width", pairs[i].name);
        expect_near("low", pairs[i].name, pairs[i].here[0], pairs[i].there[0]);
        expect_near("high", pairs[i].name, pairs[i].here[1], pairs[i].there[1]);
    }
}

/* The scores of the rows of people who are drawn, one copy a draw. */
static void score_copies(const lvk_class_rows *rows, uint32_t replicate, lvk_class_metrics *m) {
    static double p[ROWS * CLASSES];
    static uint32_t labels[ROWS];
    const lvk_random_key key = {.seed = 9, .epoch = replicate, .purpose = LVK_PURPOSE_BOOTSTRAP};
    size_t count = 0;
    for (uint32_t place = 0; place < PEOPLE; ++place) {
        const uint32_t person = (uint32_t)(((uint64_t)lvk_random_word(&key, place) * PEOPLE) >> 32);
        for (size_t i = 0; i < ROWS; ++i) {
            if (rows->subjects[i] != person)
                continue;
            memcpy(&p[count * CLASSES], &rows->probabilities[i * CLASSES], CLASSES * sizeof *p);
            labels[count++] = rows->labels[i];
        }
    }
    const lvk_class_rows copies = {.count = count, .classes = CLASSES, .probabilities = p, .labels = labels};
    cr_assert_eq(lvk_class_metrics_compute(&copies, m), LVK_OK);
}

enum { REPLICATES = 200 };

static void expect_interval(const char *name, double *values, double low, double high) {
    lvk_sort_numbers(values, REPLICATES);
    expect_near("low", name, low, lvk_quantile(values, REPLICATES, 0.025));
    expect_near("high", name, high, lvk_quantile(values, REPLICATES, 0.975));
}

Test(class_metrics, intervals_are_over_subjects) {
    static lvk_class_metrics m, again, replicate;
    static double totals[16][REPLICATES], f1[REPLICATES];
    const lvk_class_rows rows = draw_rows(CLASSES);
    size_t count;
    const lvk_measure *measures = lvk_class_total_measures(&count);
    lvk_bootstrap_options options = {.replicates = REPLICATES, .seed = 9, .threads = 1};
    cr_assert_eq(lvk_class_metrics_bootstrap(&rows, &options, &m), LVK_OK);
    for (uint32_t r = 0; r < REPLICATES; ++r) {
        score_copies(&rows, r, &replicate);
        f1[r] = replicate.scores.of[2].f1;
        for (size_t i = 0; i < count; ++i)
            totals[i][r] = lvk_class_total_of(&replicate.scores, &measures[i]);
    }
    for (size_t i = 0; i < count; ++i)
        expect_interval(measures[i].key, totals[i], lvk_class_total_of(&m.low, &measures[i]),
                        lvk_class_total_of(&m.high, &measures[i]));
    expect_interval("F1 of the third", f1, m.low.of[2].f1, m.high.of[2].f1);
    options.threads = 3;
    cr_assert_eq(lvk_class_metrics_bootstrap(&rows, &options, &again), LVK_OK);
    for (size_t i = 0; i < count; ++i)
        cr_expect(lvk_class_total_of(&m.low, &measures[i]) == lvk_class_total_of(&again.low, &measures[i]) &&
                      lvk_class_total_of(&m.high, &measures[i]) ==
                          lvk_class_total_of(&again.high, &measures[i]),
                  "%s depends on the number of threads", measures[i].key);
}

/* One person drawn again and again has one value; a class of nobody asks for nobody. */
Test(class_metrics, no_interval_of_one_person) {
    static lvk_class_metrics m;
    lvk_class_rows rows = draw_rows(CLASSES);
    const lvk_bootstrap_options options = {.replicates = 100}, too_many = {.replicates = 1000001};
    for (uint32_t i = 0; i < ROWS; ++i)
        drawn_labels[i] = drawn_subjects[i] % 3 == 0 ? 0 : 1 + drawn_subjects[i] % 2;
    cr_assert_eq(lvk_class_metrics_bootstrap(&rows, &options, &m), LVK_OK);
    cr_expect(m.low.all.accuracy < m.high.all.accuracy && m.low.all.f1_macro < m.high.all.f1_macro);
    cr_expect(isnan(m.low.of[3].recall) && m.low.of[2].recall < m.high.of[2].recall);
    for (uint32_t i = 0; i < ROWS; ++i)
        drawn_labels[i] = drawn_subjects[i] == 7 ? 3 : drawn_labels[i];
    cr_assert_eq(lvk_class_metrics_bootstrap(&rows, &options, &m), LVK_OK);
    cr_expect(isnan(m.low.all.accuracy) && isnan(m.high.of[0].f1) && m.scores.all.accuracy > 0);
    cr_expect_eq(lvk_class_metrics_bootstrap(&rows, &too_many, &m), LVK_ERROR_ARGUMENT);
}

/* Every allocation fails once; nothing is lost. */
Test(class_metrics, memory_runs_out) {
    static lvk_class_metrics m;
    const lvk_class_rows rows = draw_rows(CLASSES);
    const lvk_bootstrap_options options = {.replicates = 3, .threads = 1};
    const uint64_t live = lvk_alloc_live();
    lvk_status status = LVK_ERROR_MEMORY;
    for (uint64_t n = 1; status != LVK_OK; ++n) {
        cr_assert(n < 100);
        lvk_alloc_fail_after(n);
        status = lvk_class_metrics_bootstrap(&rows, &options, &m);
        lvk_alloc_fail_after(0);
        cr_expect(status == LVK_OK || status == LVK_ERROR_MEMORY);
        cr_expect_eq(lvk_alloc_live(), live, "allocation %llu", (unsigned long long)n);
    }
}
