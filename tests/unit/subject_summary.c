/* Predictions by person: who has how many cells, what they are called, and the interval of that share. */
#include "leukvk/subject_summary.h"
#include "core/memory.h"
#include "leukvk/predict.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

/* By the formula, computed in another program. */
Test(subject_summary, share_interval) {
    static const struct {
        uint32_t part, whole;
        double low, high;
    } known[] = {{8, 10, 0.490162472, 0.943317849}, {0, 10, 0, 0.277532799},
                 {10, 10, 0.722467201, 1},          {1, 1, 0.206549314, 1},
                 {5, 10, 0.236593091, 0.763406909}, {262, 1000, 0.235693932, 0.290127605}};
    for (size_t i = 0; i < sizeof known / sizeof *known; ++i) {
        double low, high;
        lvk_share_interval(known[i].part, known[i].whole, &low, &high);
        cr_expect(fabs(low - known[i].low) < 1e-8, "%u of %u: low %.9f", known[i].part, known[i].whole, low);
        cr_expect(fabs(high - known[i].high) < 1e-8, "%u of %u: high %.9f", known[i].part, known[i].whole,
                  high);
    }
}

/* P2 comes first in the rows and last in the result; P1 has as many of both; the last row is nobody's. */
static const lvk_prediction rows[] = {
    {"a", "P2", 0.9, 1, 0, NULL, 0, NULL},    {"b", "P1", 0.25, 0, 0, NULL, 0, NULL},
    {"c", "P2", 0.8, 1, 0, NULL, 0, NULL},    {"d", "P2", 0.4, -1, 0, NULL, 0, NULL},
    {"e", "P1", 0.75, 1, 0, NULL, 0, NULL},   {"f", "", 0.5, 1, 0, NULL, 0, NULL},
    {"g", "P0,x", 0.1, -1, 0, NULL, 0, NULL},
};
enum { ROWS = sizeof rows / sizeof *rows };

static const lvk_prediction_options two = {
    .format = LVK_PREDICTIONS_CSV, .negative_class = "hem", .positive_class = "all", .threshold = 0.5};

static char *text_of(const lvk_prediction *of, size_t count, const lvk_prediction_options *options,
                     size_t expected_unnamed) {
    lvk_subject_summary *list;
    size_t subjects, unnamed;
    char *text;
    cr_assert_eq(lvk_subject_summaries_make(of, count, options, &list, &subjects, &unnamed), LVK_OK);
    cr_expect_eq(unnamed, expected_unnamed);
    cr_assert_eq(lvk_subject_summaries_text(list, subjects, options, &text), LVK_OK);
    lvk_subject_summaries_free(list);
    return text;
}

Test(subject_summary, csv_of_two_classes) {
    char *text = text_of(rows, ROWS, &two, 1);
    cr_expect_str_eq(text,
                     "subject,cells,mean_p_all,share_all,share_low,share_high,majority,label,labelled,right\n"
                     "\"P0,x\",1,0.1,0,0,0.793450686,hem,,0,0\n"
                     "P1,2,0.5,0.5,0.0945312057,0.905468794,,,2,2\n"
                     "P2,3,0.7,0.666666667,0.207659601,0.938508055,all,all,2,2\n");
    lvk_text_free(text);
}

Test(subject_summary, threshold_decides) {
    lvk_prediction_options options = two;
    options.threshold = 0.85;
    char *text = text_of(rows, ROWS, &options, 1);
    cr_expect_not_null(strstr(text, "\nP2,3,0.7,0.333333333,0.0614919447,0.792340399,hem,all,2,1\n"), "%s",
                       text);
    lvk_text_free(text);
}

Test(subject_summary, json) {
    lvk_prediction_options options = two;
    options.format = LVK_PREDICTIONS_JSON;
    char *text = text_of(rows, ROWS, &options, 1);
    json_t *json = json_loads(text, 0, NULL);
    cr_assert_not_null(json, "%s", text);
    cr_assert_eq(json_array_size(json), 3);
    const json_t *p1 = json_array_get(json, 1);
    cr_expect_str_eq(json_string_value(json_object_get(p1, "subject")), "P1");
    cr_expect(json_is_null(json_object_get(p1, "majority")));
    cr_expect(json_is_null(json_object_get(p1, "label")), "cells of both classes");
    cr_expect_eq(json_integer_value(json_object_get(p1, "cells")), 2);
    cr_expect_eq(json_object_size(p1), 10);
    json_decref(json);
    lvk_text_free(text);
}

Test(subject_summary, four_classes) {
    static const char *const names[] = {"Benign", "Early", "Pre", "Pro"};
    static const double p[4][4] = {
        {.7, .1, .1, .1}, {.1, .2, .3, .4}, {.1, .2, .6, .1}, {.25, .125, .5, .125}};
    const lvk_prediction several[] = {{"1", "A", .7, 0, 0, p[0], 0, NULL},
                                      {"2", "A", .4, 0, 0, p[1], 0, NULL},
                                      {"3", "B", .6, 1, 0, p[2], 0, NULL},
                                      {"4", "B", .5, 2, 0, p[3], 0, NULL}};
    const lvk_prediction_options options = {
        .format = LVK_PREDICTIONS_CSV, .class_count = 4, .class_names = names};
    char *text = text_of(several, 4, &options, 0);
    cr_expect_str_eq(
        text, "subject,cells,majority,share,share_low,share_high,mean_p_Benign,mean_p_Early,mean_p_Pre,"
              "mean_p_Pro,share_Benign,share_Early,share_Pre,share_Pro,label,labelled,right\n"
              "A,2,,0.5,0.0945312057,0.905468794,0.4,0.15,0.2,0.25,0.5,0,0,0.5,Benign,2,1\n"
              "B,2,Pre,1,0.342380228,1,0.175,0.1625,0.55,0.1125,0,0,1,0,,2,1\n");
    lvk_text_free(text);
}

Test(subject_summary, nobody) {
    char *text = text_of(rows + 5, 1, &two, 1);
    cr_expect_eq(strchr(text, '\n')[1], '\0', "a line of nobody: %s", text);
    lvk_text_free(text);
    lvk_prediction_options options = two;
    options.format = LVK_PREDICTIONS_JSON;
    text = text_of(rows, 0, &options, 0);
    cr_expect_str_eq(text, "[]\n");
    lvk_text_free(text);
    options.format = LVK_PREDICTIONS_TABLE;
    cr_expect_eq(lvk_subject_summaries_text(NULL, 0, &options, &text), LVK_ERROR_ARGUMENT);
}
