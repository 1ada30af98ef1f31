/* Predictions of three classes and more: as files, joined to two classes, and evaluated. */
#include "support/scratch.h"

#include "core/file.h"
#include "core/memory.h"
#include "leukvk/predict.h"
#include "leukvk/predictions.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"Benign", "Early", "Pre, B", "Pro"};
enum { CLASSES = 4 };

/* Person a has Benign cells, b Early ones, c cells of two classes; then nobody's cell, and a row without a
 * label. */
static const double p[][CLASSES] = {
    {0.7, 0.1, 0.1, 0.1},     {0.4, 0.3, 0.2, 0.1}, {0.1, 0.6, 0.2, 0.1}, {0.1, 0.5, 0.2, 0.2},
    {0.25, 0.25, 0.25, 0.25}, {0, 0.125, 0.875, 0}, {0.2, 0.1, 0.1, 0.6}, {0, 0, 0, 1},
    {0.3, 0.1, 0.4, 0.2}};
static const lvk_prediction rows[] = {
    {"a/1.png", "a", 0.7, 0, 900, p[0], 0, NULL},  {"a/2.png", "a", 0.4, 0, 800, p[1], 0, NULL},
    {"a/3.png", "a", 0.6, 0, 0, p[2], 0, NULL},    {"b/1.png", "b", 0.5, 1, 700, p[3], 0, NULL},
    {"b/2.png", "b", 0.25, 1, 700, p[4], 0, NULL}, {"c/1.png", "c", 0.875, 2, 1, p[5], 0, NULL},
    {"c/2.png", "c", 0.6, 3, 2, p[6], 0, NULL},    {"nobody.png", NULL, 1, 3, 600, p[7], 0, NULL},
    {"x.png", "b", 0.4, -1, 5, p[8], 0, NULL}};
enum { ROWS = sizeof rows / sizeof *rows };
static const lvk_bootstrap_options few = {.replicates = 20};

static const lvk_prediction_options csv = {
    .format = LVK_PREDICTIONS_CSV, .labelled = true, .class_count = CLASSES, .class_names = names};

static void expect_text(lvk_prediction_format format, bool labelled, size_t count, const char *expected) {
    lvk_prediction_options options = csv;
    char *text;
    options.format = format;
    options.labelled = labelled;
    cr_assert_eq(lvk_predictions_text(rows + 4, count, &options, &text), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq(text, expected);
    lvk_text_free(text);
}

Test(class_report, text) {
    expect_text(LVK_PREDICTIONS_CSV, false, 2,
                "path,class,p_Benign,p_Early,\"p_Pre, B\",p_Pro\nb/2.png,Benign,0.25,0.25,0.25,0.25\n"
                "c/1.png,\"Pre, B\",0,0.125,0.875,0\n");
    expect_text(LVK_PREDICTIONS_CSV, true, 1,
                "path,subject,class,p_Benign,p_Early,\"p_Pre, B\",p_Pro,label,area\n"
                "b/2.png,b,Benign,0.25,0.25,0.25,0.25,Early,700\n");
    expect_text(LVK_PREDICTIONS_JSON, false, 1,
                "[\n {\"path\": \"b/2.png\", \"class\": \"Benign\", \"p_Benign\": 0.25, \"p_Early\": 0.25, "
                "\"p_Pre, B\": 0.25, \"p_Pro\": 0.25}\n]\n");
    expect_text(LVK_PREDICTIONS_TABLE, false, 2,
                "path     class   p_Benign   p_Early  p_Pre, B     p_Pro\n"
                "b/2.png  Benign  0.250000  0.250000  0.250000  0.250000\n"
                "c/1.png  Pre, B  0.000000  0.125000  0.875000  0.000000\n");
}

Test(class_report, text_refuses_what_is_no_probability) {
    static const double wrong[CLASSES] = {0.5, 0.5, 0, NAN};
    const lvk_prediction row = {"w.png", NULL, 0.5, 0, 0, wrong, 0, NULL};
    char *text;
    cr_expect_eq(lvk_predictions_text(&row, 1, &csv, &text), LVK_ERROR_NUMERIC);
    cr_expect_str_eq(lvk_error_message(), "w.png: the probability is nan");
}

static bool same_text(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static void expect_row(const lvk_prediction *read, const lvk_prediction *row) {
    const bool same = same_text(read->path, row->path) && same_text(read->subject, row->subject) &&
                      read->area == row->area && read->p == row->p && read->label == row->label;
    cr_expect(same, "%s", row->path);
    cr_expect_arr_eq(read->probabilities, row->probabilities, CLASSES * sizeof(double), "%s", row->path);
}

/* What is written is read, also where a second file has its columns in another order. */
Test(class_report, file, .init = scratch_create, .fini = scratch_remove) {
    static const char other[] =
        "p_Pro,label,p_Benign,p_Early,path,\"p_Pre, B\"\n0.5,\"Pre, B\",0.125,0.25,z,0.125\n";
    char first[256], second[256];
    const char *const paths[] = {first, second};
    lvk_prediction_set *set;
    size_t count;
    uint32_t classes;
    snprintf(first, sizeof first, "%s", scratch_path("p.csv"));
    snprintf(second, sizeof second, "%s", scratch_path("q.csv"));
    cr_assert_eq(lvk_predictions_write(first, rows, ROWS, &csv), LVK_OK);
    cr_assert_eq(lvk_file_write(second, other, strlen(other)), LVK_OK);
    cr_assert_eq(lvk_prediction_set_read(paths, 2, &set), LVK_OK, "%s", lvk_error_message());
    const lvk_prediction *read = lvk_prediction_set_rows(set, &count);
    const char *const *read_names = lvk_prediction_set_classes(set, &classes);
    cr_assert(count == ROWS + 1 && classes == CLASSES);
    for (int k = 0; k < CLASSES; ++k)
        cr_expect_str_eq(read_names[k], names[k]);
    for (size_t i = 0; i < ROWS; ++i)
        expect_row(&read[i], &rows[i]);
    static const double last[CLASSES] = {0.125, 0.25, 0.125, 0.5};
    expect_row(&read[ROWS], &(lvk_prediction){"z", NULL, 0.5, 2, 0, last, 0, NULL});
    lvk_prediction_set_destroy(&set);
}

/* As many classes as there may be. */
Test(class_report, most_classes, .init = scratch_create, .fini = scratch_remove) {
    static char texts[LVK_MOST_CLASSES][24];
    static const char *many[LVK_MOST_CLASSES];
    static double each[2][LVK_MOST_CLASSES];
    static lvk_evaluation_report j;
    const char *path = scratch_path("p.csv");
    lvk_prediction_set *set;
    size_t count;
    for (int k = 0; k < LVK_MOST_CLASSES; ++k) {
        snprintf(texts[k], sizeof texts[k], "class %d", k);
        many[k] = texts[k];
        each[0][k] = 1.0 / LVK_MOST_CLASSES;
        each[1][k] = k == LVK_MOST_CLASSES - 1;
    }
    const lvk_prediction two[] = {{"a", "x", each[0][0], 0, 9, each[0], 0, NULL},
                                  {"b", "y", 1, LVK_MOST_CLASSES - 1, 9, each[1], 0, NULL}};
    const lvk_prediction_options options = {.format = LVK_PREDICTIONS_CSV,
                                            .labelled = true,
                                            .class_count = LVK_MOST_CLASSES,
                                            .class_names = many};
    cr_assert_eq(lvk_predictions_write(path, two, 2, &options), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_prediction_set_read(&path, 1, &set), LVK_OK, "%s", lvk_error_message());
    const lvk_prediction *read = lvk_prediction_set_rows(set, &count);
    cr_assert_eq(count, 2);
    cr_expect_arr_eq(read[1].probabilities, each[1], sizeof each[1]);
    cr_assert_eq(lvk_predictions_evaluate_classes(read, count, many, LVK_MOST_CLASSES, &few, &j), LVK_OK,
                 "%s", lvk_error_message());
    cr_expect(j.metrics.accuracy == 1 && j.by_class.confusion[63][63] == 1 && j.people[63] == 1);
    lvk_prediction_set_destroy(&set);
}

/* The classes of a file of two. */
Test(class_report, two_classes, .init = scratch_create, .fini = scratch_remove) {
    static const char text[] = "path,p_all,label\na,0.5,all\nb,0.25,hem\n",
                      unnamed[] = "path,p_all,label\na,0.5,all\n";
    const char *path = scratch_path("p.csv");
    lvk_prediction_set *set;
    uint32_t classes;
    cr_assert_eq(lvk_file_write(path, text, strlen(text)), LVK_OK);
    cr_assert_eq(lvk_prediction_set_read(&path, 1, &set), LVK_OK);
    const char *const *read = lvk_prediction_set_classes(set, &classes);
    cr_assert_eq(classes, 2);
    cr_expect_str_eq(read[0], "hem");
    cr_expect_str_eq(read[1], "all");
    lvk_prediction_set_destroy(&set);
    cr_assert_eq(lvk_file_write(path, unnamed, strlen(unnamed)), LVK_OK);
    cr_assert_eq(lvk_prediction_set_read(&path, 1, &set), LVK_OK);
    cr_expect_str_eq(lvk_prediction_set_classes(set, &classes)[0], "the rest");
    lvk_prediction_set_destroy(&set);
}

Test(class_report, bad_files, .init = scratch_create, .fini = scratch_remove) {
    static const struct {
        const char *first, *second, *reason;
    } bad[] = {
        {"path,p_a,p_b,p_c,label\nx,0.5,0.5,0,a\ny,0.5,0.25,0,a\n", NULL,
         "line 3: the probabilities of the classes have the sum 0.75, not 1"},
        {"path,p_a,p_b,p_c,label\nx,0.5,0.5,0,d\n", NULL, "line 2: there is no column p_d for the label 'd'"},
        {"path,p_a,p_b,p_c,label\nx,0.5,0.5,-0.0625,a\n", NULL, "line 2: '-0.0625' is no probability"},
        {"path,p_a,p_b,p_b,label\nx,0.5,0.5,0,a\n", NULL, "line 1: two columns p_b"},
        {"path,p_a,p_b,p_c,label\n", "path,p_a,p_b,p_d,label\n",
         "line 1: there is no column p_c, which the file before has"},
        {"path,p_a,p_b,p_c,label\n", "path,p_a,p_b,p_c,p_d,label\n",
         "it is of 4 classes, the file before of 3"},
        {"path,p_a,p_b,p_c,label\n", "path,p_a,label\n", "it is of 2 classes, the file before of 3"},
    };
    char first[256], second[256];
    const char *const paths[] = {first, second};
    snprintf(first, sizeof first, "%s", scratch_path("p.csv"));
    snprintf(second, sizeof second, "%s", scratch_path("q.csv"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        lvk_prediction_set *set;
        cr_assert_eq(lvk_file_write(first, bad[i].first, strlen(bad[i].first)), LVK_OK);
        if (bad[i].second)
            cr_assert_eq(lvk_file_write(second, bad[i].second, strlen(bad[i].second)), LVK_OK);
        cr_expect_eq(lvk_prediction_set_read(paths, bad[i].second ? 2 : 1, &set), LVK_ERROR_FORMAT);
        cr_expect_not_null(strstr(lvk_error_message(), bad[i].reason), "case %zu: %s", i,
                           lvk_error_message());
        cr_expect_null(set);
    }
}

Test(class_report, joined) {
    static const bool positive[CLASSES] = {false, true, true, true};
    lvk_prediction joined[ROWS];
    lvk_predictions_join(rows, ROWS, CLASSES, positive, joined);
    static const double expected[] = {0.3, 0.6, 0.9, 0.9, 0.75, 1, 0.8, 1, 0.7};
    static const int labels[] = {0, 0, 0, 1, 1, 1, 1, 1, -1};
    for (size_t i = 0; i < ROWS; ++i) {
        cr_expect_eq(joined[i].p, expected[i], "row %zu: %.17g", i, joined[i].p);
        cr_expect(joined[i].label == labels[i] && joined[i].area == rows[i].area &&
                  joined[i].path == rows[i].path && joined[i].subject == rows[i].subject &&
                  !joined[i].probabilities);
    }
}

/* A name may have a comma in it. */
Test(class_report, chosen) {
    static const struct {
        const char *list;
        bool chosen[CLASSES];
        const char *positive, *negative;
    } good[] = {{"Early,Pre, B,Pro", {false, true, true, true}, "Early+Pre, B+Pro", "Benign"},
                {"Pro", {false, false, false, true}, "Pro", "Benign+Early+Pre, B"},
                {"Pro,Early,Pro", {false, true, false, true}, "Early+Pro", "Benign+Pre, B"}};
    static const struct {
        const char *list, *message;
    } bad[] = {{"Early,Pre", "Early,Pre: the classes are Benign, Early, Pre, B and Pro"},
               {"", ": the classes are Benign, Early, Pre, B and Pro"},
               {"Early,", "Early,: the classes are Benign, Early, Pre, B and Pro"},
               {"Benign,Pro,Early,Pre, B",
                "Benign,Pro,Early,Pre, B: these are all classes; one at least must be negative"}};
    bool chosen[CLASSES];
    char text[64];
    for (size_t i = 0; i < sizeof good / sizeof *good; ++i) {
        cr_assert_eq(lvk_classes_choose(good[i].list, names, CLASSES, chosen), LVK_OK, "%s",
                     lvk_error_message());
        cr_expect_arr_eq(chosen, good[i].chosen, sizeof chosen, "%s", good[i].list);
        lvk_classes_join_names(names, CLASSES, chosen, true, text, sizeof text);
        cr_expect_str_eq(text, good[i].positive);
        lvk_classes_join_names(names, CLASSES, chosen, false, text, sizeof text);
        cr_expect_str_eq(text, good[i].negative);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        cr_expect_eq(lvk_classes_choose(bad[i].list, names, CLASSES, chosen), LVK_ERROR_ARGUMENT);
        cr_expect_str_eq(lvk_error_message(), bad[i].message);
    }
}

/* ---- evaluation ---- */

Test(class_report, evaluated) {
    static lvk_evaluation_report j;
    cr_assert_eq(lvk_predictions_evaluate_classes(rows, ROWS, names, CLASSES, &few, &j), LVK_OK, "%s",
                 lvk_error_message());
    cr_expect(j.class_count == CLASSES && j.metrics.count == 8 && j.by_class.count == 8);
    cr_expect_str_eq(j.class_names[2], "Pre, B");
    cr_expect_eq(j.subjects, 3, "nobody's cell is no subject");
    cr_expect_eq(j.unnamed, 1);
    cr_expect(j.people[0] == 1 && j.people[1] == 1 && j.people[2] == 1 && j.people[3] == 2, "%u %u %u %u",
              j.people[0], j.people[1], j.people[2], j.people[3]);
    cr_expect_eq(j.subjects_right, 1, "a; b is undecided, c has cells of two classes");
    cr_expect_eq(j.subjects_mixed, 1);
    cr_expect_eq(j.metrics.accuracy, 6.0 / 8);
    cr_expect(j.metrics.auc == j.by_class.scores.all.auc_macro &&
              j.metrics.loss == j.by_class.scores.all.loss);
    cr_expect(isnan(j.metrics.recall) && isnan(j.metrics.size_auc) && isnan(j.low.accuracy) &&
              isnan(j.threshold));
    cr_expect(j.by_class.confusion[0][1] == 1 && j.by_class.confusion[1][0] == 1);
}

Test(class_report, subjects) {
    lvk_subject_class_score *scores;
    size_t count;
    cr_assert_eq(lvk_predictions_by_subject_classes(rows, ROWS, CLASSES, &scores, &count), LVK_OK);
    cr_assert_eq(count, 4);
    static const struct {
        const char *name;
        int label, vote;
        uint32_t cells, right;
    } expected[] = {{"a", 0, 0, 3, 2}, {"b", 1, -1, 2, 1}, {"c", -1, -1, 2, 2}, {"nobody.png", 3, 3, 1, 1}};
    for (size_t i = 0; i < 4; ++i) {
        cr_expect_str_eq(scores[i].name, expected[i].name);
        cr_expect(scores[i].label == expected[i].label && scores[i].vote == expected[i].vote &&
                      scores[i].cells == expected[i].cells && scores[i].right == expected[i].right,
                  "%s: %d, %d, %u, %u", scores[i].name, scores[i].label, scores[i].vote, scores[i].cells,
                  scores[i].right);
        cr_expect_eq(scores[i].named, i < 3);
    }
    cr_expect(scores[0].called[0] == 2 && scores[0].called[1] == 1 && scores[0].called[2] == 0);
    lvk_subject_class_scores_free(scores);
}

Test(class_report, json) {
    static lvk_evaluation_report j;
    static const char *const parts[] = {"\"images\": 8",
                                        "\"subjects\": 3",
                                        "\"images_without_subject\": 1",
                                        "\"subjects_right\": 1",
                                        "\"accuracy\": 0.75",
                                        "\"most_frequent\": \"Benign\"",
                                        "\"class\": \"Pre, B\"",
                                        "\"kappa\": 0.652173913",
                                        "\"balanced_accuracy\": 0.791666667",
                                        "\"f1_macro\": 0.791666667"};
    char *text;
    cr_assert_eq(lvk_predictions_evaluate_classes(rows, ROWS, names, CLASSES, &few, &j), LVK_OK);
    cr_assert_eq(lvk_evaluation_report_text(&j, NULL, &text), LVK_OK, "%s", lvk_error_message());
    for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i)
        cr_expect_not_null(strstr(text, parts[i]), "%s is not in %s", parts[i], text);
    lvk_text_free(text);
}

static void expect_file(const char *name, const char *expected) {
    void *data;
    size_t size;
    cr_assert_eq(lvk_file_read(scratch_path(name), 1 << 20, &data, &size), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq((const char *)data, expected);
    lvk_free(data);
}

/* Rows 3 to 6: an Early cell, one with the same probabilities, and two others. */
Test(class_report, curves, .init = scratch_create, .fini = scratch_remove) {
    void *data;
    size_t size;
    static const char *const parts[] = {">Early 1.000<", ">Pre, B 1.000<", ">Benign n/a<",
                                        "stroke=\"#d55e00\""};
    cr_assert_eq(lvk_predictions_class_curves(rows + 3, 4, names, CLASSES, scratch_path("curves")), LVK_OK,
                 "%s", lvk_error_message());
    expect_file("curves/roc.csv",
                "class,threshold,false_positive_rate,true_positive_rate\n"
                "Benign,,0,0\nBenign,0.25,0.25,\nBenign,0.2,0.5,\nBenign,0.1,0.75,\nBenign,0,1,\n"
                "Early,,0,0\nEarly,0.5,0,0.5\nEarly,0.25,0,1\nEarly,0.125,0.5,1\nEarly,0.1,1,1\n"
                "\"Pre, B\",,0,0\n\"Pre, B\",0.875,0,1\n\"Pre, B\",0.25,0.333333333,1\n"
                "\"Pre, B\",0.2,0.666666667,1\n\"Pre, B\",0.1,1,1\n"
                "Pro,,0,0\nPro,0.6,0,1\nPro,0.25,0.333333333,1\nPro,0.2,0.666666667,1\nPro,0,1,1\n");
    expect_file("curves/reliability.csv", "from,to,cells,mean_highest_p,share_right\n0,0.1,0,,\n0.1,0.2,0,,\n"
                                          "0.2,0.3,1,0.25,0\n0.3,0.4,0,,\n0.4,0.5,0,,\n0.5,0.6,1,0.5,1\n"
                                          "0.6,0.7,1,0.6,1\n0.7,0.8,0,,\n0.8,0.9,1,0.875,1\n0.9,1,0,,\n");
    cr_assert_eq(lvk_file_read(scratch_path("curves/curves.svg"), 1 << 20, &data, &size), LVK_OK);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i)
        cr_expect_not_null(strstr(data, parts[i]), "%s is not in %s", parts[i], (char *)data);
    lvk_free(data);
}
