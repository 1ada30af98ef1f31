/* The evaluation of predictions: scores beyond the confusion matrix, intervals over subjects, files of predictions. */
#include "support/scratch.h"

#include "core/file.h"
#include "core/memory.h"
#include "leukvk/predictions.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void expect_near(const char *name, double value, double expected, double bound) {
    cr_expect(fabs(value - expected) <= bound, "%s is %.12g, expected %.12g", name, value, expected);
}

/* The examples in scikit-learn's documentation of average_precision_score and brier_score_loss. */
Test(evaluation_report, published_examples) {
    const double scores[] = {0.1, 0.4, 0.35, 0.8}, p[] = {0.1, 0.9, 0.8, 0.3};
    const uint8_t ranked[] = {0, 0, 1, 1}, labels[] = {0, 1, 1, 0};
    lvk_metrics m;
    cr_assert_eq(
        lvk_metrics_compute(&(lvk_scored){.count = 4, .probabilities = scores, .labels = ranked}, 0.5, &m),
        LVK_OK);
    expect_near("average precision", m.average_precision, 0.8333333333, 1e-9);
    cr_assert_eq(
        lvk_metrics_compute(&(lvk_scored){.count = 4, .probabilities = p, .labels = labels}, 0.5, &m),
        LVK_OK);
    expect_near("Brier score", m.brier, 0.0375, 1e-15);
}

/* Six rows by hand; ties among them. */
Test(evaluation_report, worked) {
    const double p[] = {0.95, 0.91, 0.6, 0.6, 0.6, 0.02}, areas[] = {9, 7, 8, 1, 2, 3};
    const uint8_t labels[] = {1, 0, 1, 1, 0, 0};
    const lvk_scored rows = {.count = 6, .probabilities = p, .labels = labels, .areas = areas};
    lvk_metrics m;
    cr_assert_eq(lvk_metrics_compute(&rows, 0.5, &m), LVK_OK);
    /* recall 1/3 at precision 1, then 1 at 3/5 */
    expect_near("average precision", m.average_precision, 1.0 / 3 + 2.0 / 3 * 3 / 5, 1e-15);
    expect_near("negative predictive value", m.negative_value, 1, 0);
    /* bins: 0.95 and 0.91 hold one positive, three of 0.6 hold two, 0.02 none */
    expect_near("ece", m.ece, (fabs(0.95 + 0.91 - 1) + fabs(3 * 0.6 - 2) + 0.02) / 6, 1e-15);
    /* pairs of (9 8 1) over (7 2 3): 3 + 3 + 0 of 9 */
    expect_near("AUC of the area", m.size_auc, 6.0 / 9, 1e-15);
    expect_near("above it", m.above_size, m.auc - 6.0 / 9, 1e-15);

    double positive, negative, threshold;
    lvk_metrics_from_counts(90, 10, 20, 80, &m); /* specificity 0.9, sensitivity 0.8 */
    lvk_predictive_values(&m, 0.01, &positive, &negative);
    expect_near("PPV", positive, 0.008 / (0.008 + 0.099), 1e-15);
    expect_near("NPV", negative, 0.891 / (0.891 + 0.002), 1e-15);

    cr_assert_eq(lvk_threshold_for(&rows, 1.0 / 3, &threshold), LVK_OK);
    expect_near("threshold for a third", threshold, (0.95 + 0.91) / 2, 1e-15);
    cr_assert_eq(lvk_threshold_for(&rows, 0.5, &threshold), LVK_OK);
    expect_near("threshold for half", threshold, (0.6 + 0.02) / 2, 1e-15);
    cr_expect_eq(lvk_threshold_for(&rows, 0, &threshold), LVK_ERROR_ARGUMENT);
    cr_expect_eq(lvk_threshold_for(&rows, NAN, &threshold), LVK_ERROR_ARGUMENT);
}

enum { PEOPLE = 10, CELLS = 10 };

/* Eight people whose cells are all called right, two whose cells are all called wrong. */
static lvk_scored ten_people(bool by_person) {
    static double p[PEOPLE * CELLS];
    static uint8_t labels[PEOPLE * CELLS];
    static uint32_t subjects[PEOPLE * CELLS];
    for (uint32_t i = 0; i < PEOPLE * CELLS; ++i) {
        labels[i] = i / CELLS % 2;
        p[i] = (i / CELLS < 8) == labels[i] ? 0.9 : 0.1;
        subjects[i] = by_person ? i / CELLS : i;
    }
    return (lvk_scored){.count = PEOPLE * CELLS,
                        .probabilities = p,
                        .labels = labels,
                        .subjects = subjects,
                        .subject_count = by_person ? PEOPLE : PEOPLE * CELLS};
}

/* The share of right people is binomial, of 10 with 0.8: 0.6 % lie below 0.5, 3.3 % below 0.6, 11 % are 1.
 * That of cells, were they independent, would be of 100, with a standard deviation of 0.04. */
Test(evaluation_report, intervals_are_over_subjects) {
    lvk_metrics low, high, again_low, again_high;
    lvk_bootstrap_options options = {.seed = 3, .threads = 1};
    lvk_scored rows = ten_people(true);
    cr_assert_eq(lvk_metrics_bootstrap(&rows, 0.5, &options, &low, &high), LVK_OK);
    expect_near("low", low.accuracy, 0.5, 0);
    expect_near("high", high.accuracy, 1, 0);
    options.threads = 3;
    cr_assert_eq(lvk_metrics_bootstrap(&rows, 0.5, &options, &again_low, &again_high), LVK_OK);
    cr_expect(again_low.loss == low.loss && again_high.auc == high.auc, "depends on the number of threads");
    rows = ten_people(false);
    cr_assert_eq(lvk_metrics_bootstrap(&rows, 0.5, &options, &low, &high), LVK_OK);
    expect_near("low", low.accuracy, 0.8 - 1.96 * 0.04, 0.021);
    expect_near("high", high.accuracy, 0.8 + 1.96 * 0.04, 0.021);
}

Test(evaluation_report, undefined_intervals) {
    const double p[] = {0.9, 0.2};
    const uint8_t labels[] = {1, 1};
    const uint32_t subjects[] = {0, 1};
    const lvk_scored rows = {
        .count = 2, .probabilities = p, .labels = labels, .subjects = subjects, .subject_count = 2};
    lvk_metrics low, high;
    const lvk_bootstrap_options options = {.replicates = 50}, too_many = {.replicates = 1000001};
    cr_assert_eq(lvk_metrics_bootstrap(&rows, 0.5, &options, &low, &high), LVK_OK);
    cr_expect(isnan(low.auc) && isnan(high.size_auc) && !isnan(low.accuracy));
    cr_expect_eq(lvk_metrics_bootstrap(&rows, 0.5, &too_many, &low, &high), LVK_ERROR_ARGUMENT);
}

/* Rows of the same numbers, six of each class, by how many people they are: one person drawn again and again has
 * one value. */
Test(evaluation_report, no_interval_of_one_person) {
    static const double p[] = {0.9, 0.8, 0.4, 0.7, 0.6, 0.95, 0.1, 0.6, 0.3, 0.2, 0.55, 0.45};
    static const uint8_t labels[] = {1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0};
    static const struct {
        uint32_t subjects[12], count;
        bool interval;
    } cases[] = {{{0}, 1, false},
                 {{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1}, 2, false},
                 {{0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3}, 4, false},
                 {{0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3}, 4, true},
                 {{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, 2, true}};
    const lvk_bootstrap_options options = {.replicates = 200};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        lvk_metrics low, high;
        const lvk_scored people = {.count = 12,
                                   .probabilities = p,
                                   .labels = labels,
                                   .subjects = cases[i].subjects,
                                   .subject_count = cases[i].count};
        cr_assert_eq(lvk_metrics_bootstrap(&people, 0.5, &options, &low, &high), LVK_OK);
        cr_expect_eq(!isnan(low.auc), cases[i].interval, "case %zu: %g to %g", i, low.auc, high.auc);
        cr_expect_eq(!isnan(high.accuracy), cases[i].interval, "case %zu", i);
        cr_expect(!cases[i].interval || low.accuracy < high.accuracy, "case %zu has no width", i);
    }
}

/* No cell of four healthy people is called positive: the bootstrap cannot say how often one of others is. */
Test(evaluation_report, no_interval_of_no_width) {
    static const double p[] = {0.1, 0.2, 0.3, 0.4, 0.9, 0.2, 0.8, 0.7};
    static const uint8_t labels[] = {0, 0, 0, 0, 1, 1, 1, 1};
    static const uint32_t subjects[] = {0, 1, 2, 3, 4, 5, 6, 7};
    const lvk_scored people = {
        .count = 8, .probabilities = p, .labels = labels, .subjects = subjects, .subject_count = 8};
    const lvk_bootstrap_options options = {.replicates = 200};
    lvk_metrics low, high;
    cr_assert_eq(lvk_metrics_bootstrap(&people, 0.5, &options, &low, &high), LVK_OK);
    cr_expect(isnan(low.specificity) && isnan(high.specificity), "%g to %g", low.specificity,
              high.specificity);
    cr_expect(low.recall < 0.75 && high.recall == 1, "%g to %g", low.recall, high.recall);
}

static const lvk_prediction rows[] = {
    {"a.bmp", "H3", 0.25, 0, 900, NULL, 0, NULL},      {"b, \"c\".bmp", "7", 0.75, 1, 800, NULL, 0, NULL},
    {"d\ne.bmp", "7", 0.1, 1, 700, NULL, 0, NULL},     {"nobody's.bmp", NULL, 0.875, 1, 1000, NULL, 0, NULL},
    {"unknown.bmp", "7", 0.5, -1, 100, NULL, 0, NULL}, {"f.bmp", "H3", 0.6, 0, 850, NULL, 0, NULL},
    {"g.bmp", "H3", 0.3, 0, 860, NULL, 0, NULL},
};
enum { ROWS = sizeof rows / sizeof *rows };
static const lvk_bootstrap_options few = {.replicates = 20};

Test(evaluation_report, subjects) {
    lvk_evaluation_report j;
    lvk_subject_score *scores;
    size_t count;
    cr_assert_eq(lvk_predictions_evaluate(rows, ROWS, 0.5, &few, &j), LVK_OK);
    cr_expect_eq(j.metrics.count, 6);
    cr_expect_eq(j.subjects, 2, "nobody's cell is no subject");
    cr_expect_eq(j.unnamed, 1);
    cr_expect(j.people[0] == 1 && j.people[1] == 2);
    cr_expect_eq(j.subjects_right, 1, "H3; 7 is undecided, and nobody has no vote");
    cr_expect_eq(j.subjects_mixed, 0);
    expect_near("AUC of the area", j.metrics.size_auc, 3.0 / 9, 1e-15);
    cr_assert_eq(lvk_predictions_by_subject(rows, ROWS, 0.5, &scores, &count), LVK_OK);
    cr_assert_eq(count, 3);
    cr_expect_str_eq(scores[0].name, "7");
    cr_expect_str_eq(scores[1].name, "H3");
    cr_expect_str_eq(scores[2].name, "nobody's.bmp");
    cr_expect(scores[0].named && scores[1].named && !scores[2].named);
    cr_expect(scores[1].cells == 3 && scores[1].called_positive == 1 && scores[1].right == 2 &&
              scores[1].label == 0);
    expect_near("mean p", scores[1].mean_p, (0.25 + 0.6 + 0.3) / 3, 1e-15);
    lvk_subject_scores_free(scores);
}

static lvk_status read_one(const char *path, lvk_prediction_set **set) {
    return lvk_prediction_set_read(&path, 1, set);
}

/* What is written is read. */
Test(evaluation_report, file, .init = scratch_create, .fini = scratch_remove) {
    const lvk_prediction_options options = {.format = LVK_PREDICTIONS_CSV,
                                            .negative_class = "hem",
                                            .positive_class = "all",
                                            .threshold = 0.5,
                                            .labelled = true};
    lvk_prediction_set *set;
    size_t count;
    cr_assert_eq(lvk_predictions_write(scratch_path("p.csv"), rows, ROWS, &options), LVK_OK);
    cr_assert_eq(read_one(scratch_path("p.csv"), &set), LVK_OK, "%s", lvk_error_message());
    const lvk_prediction *read = lvk_prediction_set_rows(set, &count);
    cr_assert_eq(count, ROWS);
    cr_expect_str_eq(lvk_prediction_set_positive_class(set), "all");
    cr_expect_str_eq(lvk_prediction_set_negative_class(set), "hem");
    for (size_t i = 0; i < ROWS; ++i) {
        cr_expect_str_eq(read[i].path, rows[i].path);
        cr_expect_str_eq(read[i].subject, rows[i].subject ? rows[i].subject : "");
        cr_expect(read[i].p == rows[i].p && read[i].label == rows[i].label && read[i].area == rows[i].area);
    }
    lvk_prediction_set_destroy(&set);
}

static void expect_file(const char *name, const char *expected) {
    void *data;
    size_t size;
    cr_assert_eq(lvk_file_read(scratch_path(name), 1 << 20, &data, &size), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq((const char *)data, expected);
    lvk_free(data);
}

/* Three positive cells and three negative ones. */
Test(evaluation_report, curves, .init = scratch_create, .fini = scratch_remove) {
    void *data;
    size_t size;
    cr_assert_eq(lvk_predictions_curves(rows, ROWS, scratch_path("curves")), LVK_OK, "%s",
                 lvk_error_message());
    expect_file("curves/roc.csv", "threshold,false_positive_rate,true_positive_rate\n,0,0\n"
                                  "0.875,0,0.333333333\n0.75,0,0.666666667\n0.6,0.333333333,0.666666667\n"
                                  "0.3,0.666666667,0.666666667\n0.25,1,0.666666667\n0.1,1,1\n");
    expect_file("curves/precision-recall.csv",
                "threshold,recall,precision\n0.875,0.333333333,1\n0.75,0.666666667,1\n"
                "0.6,0.666666667,0.666666667\n0.3,0.666666667,0.5\n"
                "0.25,0.666666667,0.4\n0.1,1,0.5\n");
    expect_file(
        "curves/reliability.csv",
        "from,to,cells,mean_p,share_of_positives\n0,0.1,0,,\n0.1,0.2,1,0.1,1\n0.2,0.3,1,0.25,0\n"
        "0.3,0.4,1,0.3,0\n0.4,0.5,0,,\n0.5,0.6,0,,\n0.6,0.7,1,0.6,0\n0.7,0.8,1,0.75,1\n0.8,0.9,1,0.875,1\n"
        "0.9,1,0,,\n");
    cr_assert_eq(lvk_file_read(scratch_path("curves/curves.svg"), 1 << 20, &data, &size), LVK_OK);
    cr_expect_not_null(strstr(data, ">AUC 0.667<"));
    lvk_free(data);
}

/* Whether each element that begins with `tag` has all of the attributes; `count` of them are there. */
static void expect_attributes(const char *svg, const char *tag, int count, const char *attributes) {
    int found = 0;
    for (const char *at = svg; (at = strstr(at, tag)); at += strlen(tag), ++found) {
        char element[4096];
        snprintf(element, sizeof element, "%.*s", (int)strcspn(at, ">"), at);
        cr_expect_not_null(strstr(element, attributes), "%s lacks %s", element, attributes);
    }
    cr_expect_eq(found, count, "%d elements %s, not %d", found, tag, count);
}

/* Without the looks on the elements themselves, a reader without style sheets fills every curve and frame
 * with black. */
Test(evaluation_report, drawing_needs_no_style_sheet, .init = scratch_create, .fini = scratch_remove) {
    void *data;
    size_t size;
    cr_assert_eq(lvk_predictions_curves(rows, ROWS, scratch_path("curves")), LVK_OK, "%s",
                 lvk_error_message());
    cr_assert_eq(lvk_file_read(scratch_path("curves/curves.svg"), 1 << 20, &data, &size), LVK_OK);
    cr_expect_null(strstr(data, "<style"));
    cr_expect_null(strstr(data, "class="));
    expect_attributes(data, "<polyline ", 2,
                      "fill=\"none\" stroke=\"#1a5fb4\" stroke-opacity=\"1\" stroke-width=\"2\"");
    expect_attributes(data, "<path ", 3,
                      "fill=\"none\" stroke=\"#888888\" stroke-opacity=\"1\" stroke-dasharray=\"4\"");
    expect_attributes(data, "<rect width=\"300\"", 3,
                      "fill=\"none\" stroke=\"#888888\" stroke-opacity=\"1\"");
    expect_attributes(data, "<circle ", 6, "fill=\"#1a5fb4\" fill-opacity=\"0.6\"");
    lvk_free(data);
}

typedef struct bad_file {
    const char *text, *reason;
} bad_file;

Test(evaluation_report, bad_files, .init = scratch_create, .fini = scratch_remove) {
    static const bad_file bad[] = {
        {"", "there is no column path"},
        {"path,subject\n", "there is no column p_<class>"},
        {"path,p_all\na,1\n", "there is no column label"},
        {"path,p_all,label\na,0.5\n", "line 2: 2 fields, the first line has 3"},
        {"path,p_all,label\na,0.5,all\n\nb;0.5;hem\n", "line 4: 1 fields"},
        {"path,p_all,label\na,1.5,all\n", "line 2: '1.5' is no probability"},
        {"path,p_all,label\na,nan,all\n", "line 2: 'nan' is no probability"},
        {"path,p_all,label,area\na,0.5,all,-3\n", "line 2: '-3' is no area"},
        {"path,p_all,label\na,0.5,hem\nb,0.5,ill\n", "line 3: label 'ill' is neither all nor hem"},
        {"path,p_all,label\n\"a,0.5,hem\n", "a quote is not closed"},
        {"path,p_all,label\n\"a\"b,0.5,hem\n", "line 2: text behind a quoted field"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        lvk_prediction_set *set;
        cr_assert_eq(lvk_file_write(scratch_path("bad.csv"), bad[i].text, strlen(bad[i].text)), LVK_OK);
        cr_expect_eq(read_one(scratch_path("bad.csv"), &set), LVK_ERROR_FORMAT, "case %zu", i);
        cr_expect(strstr(lvk_error_message(), "bad.csv") && strstr(lvk_error_message(), bad[i].reason),
                  "case %zu: %s", i, lvk_error_message());
        cr_expect_null(set);
    }
}

/* Windows line ends, no newline at the end, columns in another order and others among them. */
Test(evaluation_report, file_of_another_program, .init = scratch_create, .fini = scratch_remove) {
    static const char text[] = "label,note,p_ill,path\r\nill,x,0.5,a\r\nwell,\"y\",1,b";
    lvk_prediction_set *set;
    size_t count;
    cr_assert_eq(lvk_file_write(scratch_path("p.csv"), text, strlen(text)), LVK_OK);
    cr_assert_eq(read_one(scratch_path("p.csv"), &set), LVK_OK, "%s", lvk_error_message());
    const lvk_prediction *read = lvk_prediction_set_rows(set, &count);
    cr_assert_eq(count, 2);
    cr_expect(read[0].label == 1 && read[1].label == 0 && read[1].p == 1 && strcmp(read[1].path, "b") == 0);
    cr_expect_str_eq(lvk_prediction_set_negative_class(set), "well");
    lvk_prediction_set_destroy(&set);
}

/* As spreadsheets save a table of predictions: each reads as the first. */
Test(evaluation_report, files_of_spreadsheets, .init = scratch_create, .fini = scratch_remove) {
    static const char *const texts[] = {
        "path,subject,p_ill,class,label,area\na;b,1,0.5,ill,ill,7\n\"c,d\",2,0.25,well,well,8\n",
        "\xEF\xBB\xBFpath,subject,p_ill,class,label,area\na;b,1,0.5,ill,ill,7\n\"c,d\",2,0.25,well,well,8\n\n",
        "path;subject;p_ill;class;label;area\r\n\"a;b\";1;0,5;ill;ill;7\r\nc,d;2;0,25;well;well;8\r\n",
        "sep=,\npath,subject,p_ill,class,label,area\na;b,1,0.5,ill,ill,7\n\"c,d\",2,0.25,well,well,8\n",
        "path,subject,p_ill,class,label,area,\na;b,1,0.5,ill,ill,7,\n\"c,d\",2,0.25,well,well,8,\n,,,,,,\n",
        "path, subject, p_ill, class, label, area \na;b,1, 0.5 ,ill, ill , 7\n\"c,d\",2,0.25 ,well,well ,8 \n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        lvk_prediction_set *set;
        size_t count;
        cr_assert_eq(lvk_file_write(scratch_path("p.csv"), texts[i], strlen(texts[i])), LVK_OK);
        cr_assert_eq(read_one(scratch_path("p.csv"), &set), LVK_OK, "case %zu: %s", i, lvk_error_message());
        const lvk_prediction *read = lvk_prediction_set_rows(set, &count);
        cr_assert_eq(count, 2);
        cr_expect_str_eq(read[0].path, "a;b");
        cr_expect_str_eq(read[1].path, "c,d");
        cr_expect(read[0].p == 0.5 && read[0].label == 1 && read[0].area == 7, "case %zu", i);
        cr_expect(read[1].p == 0.25 && read[1].label == 0 && read[1].area == 8, "case %zu", i);
        cr_expect_str_eq(read[1].subject, "2");
        cr_expect_str_eq(lvk_prediction_set_positive_class(set), "ill");
        cr_expect_str_eq(lvk_prediction_set_negative_class(set), "well");
        lvk_prediction_set_destroy(&set);
    }
}

Test(evaluation_report, out_of_memory, .init = scratch_create, .fini = scratch_remove) {
    static const char text[] = "path,p_ill,label\na,0.5,ill\nb,0.25,well\n";
    cr_assert_eq(lvk_file_write(scratch_path("p.csv"), text, strlen(text)), LVK_OK);
    lvk_status status = LVK_ERROR_MEMORY;
    for (uint64_t n = 1; status != LVK_OK && n < 1000; ++n) {
        const lvk_bootstrap_options one = {.replicates = 1, .threads = 1};
        lvk_prediction_set *set = NULL;
        lvk_evaluation_report j;
        size_t count = 0;
        lvk_alloc_fail_after(n);
        status = read_one(scratch_path("p.csv"), &set);
        const lvk_prediction *read = set ? lvk_prediction_set_rows(set, &count) : NULL;
        if (status == LVK_OK)
            status = lvk_predictions_evaluate(read, count, 0.5, &one, &j);
        lvk_alloc_fail_after(0);
        cr_expect(status == LVK_OK || status == LVK_ERROR_MEMORY, "%s", lvk_error_message());
        lvk_prediction_set_destroy(&set);
    }
    cr_expect_eq(status, LVK_OK);
}
