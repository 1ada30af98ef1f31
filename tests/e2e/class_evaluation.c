/* leukvk eval of predictions of three classes and more. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static program_result result; /* large */

static void write_predictions(const char *folder, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

/* Two people a class. An Early cell of b2 is called Pre, the Pro cells of d1 Early, a Benign one of a2
 * Early. */
static const char table[] = "path,subject,class,p_Benign,p_Early,p_Pre,p_Pro,label,area\n"
                            "1,a1,Benign,.7,.1,.1,.1,Benign,900\n2,a1,Benign,.5,.2,.2,.1,Benign,900\n"
                            "3,a2,Early,.3,.4,.2,.1,Benign,900\n4,a2,Benign,.6,.2,.1,.1,Benign,900\n"
                            "5,b1,Early,.1,.6,.2,.1,Early,900\n6,b1,Early,.2,.5,.2,.1,Early,900\n"
                            "7,b2,Pre,.1,.3,.5,.1,Early,900\n8,b2,Early,.1,.8,0,.1,Early,900\n"
                            "9,c1,Pre,.1,.2,.6,.1,Pre,900\n10,c1,Pre,0,.1,.8,.1,Pre,900\n"
                            "11,c2,Pre,.1,.1,.7,.1,Pre,900\n12,c2,Pre,.1,.2,.4,.3,Pre,900\n"
                            "13,d1,Early,.2,.4,.1,.3,Pro,900\n14,d1,Early,.2,.5,.1,.2,Pro,900\n"
                            "15,d2,Pro,.1,.1,.1,.7,Pro,900\n16,d2,Pro,0,0,0,1,Pro,900\n";

Test(class_evaluation, report) {
    static const char *const lines[] = {
        "16 images of 8 subjects\n",
        "accuracy                           0.7500",
        "always Benign\n",
        "balanced accuracy                  0.7500",
        "Cohen's kappa                      0.6667",
        "These intervals are too narrow, since people are few: 2 subjects with Benign cells, 2 with Early ",
        "A cell is called the class with the highest probability.\n",
        "called Benign  called Early  called Pre  called Pro\n",
        "Majority vote over each subject's cells: 5 of 8 subjects classified correctly.\n",
        "d1       Pro     Early"};
    const char *folder = program_folder();
    write_predictions(folder, "p.csv", table);
    program_run(&result, "eval --from %s/p.csv --subjects", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; ++i)
        EXPECT_SAYS(result.out, lines[i]);
    program_remove(folder);
}

static double number_at(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    cr_assert(json_is_number(value), "%s is no number", key);
    return json_number_value(value);
}

Test(class_evaluation, json) {
    static const int confusion[4][4] = {{3, 1, 0, 0}, {0, 3, 1, 0}, {0, 0, 4, 0}, {0, 2, 0, 2}};
    const char *folder = program_folder();
    write_predictions(folder, "p.csv", table);
    program_run(&result, "eval --from %s/p.csv --json --curves %s/curves", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    json_t *json = json_loads(result.out, 0, NULL);
    cr_assert_not_null(json, "%s", result.out);
    cr_expect(number_at(json, "images") == 16 && number_at(json, "subjects_right") == 5);
    cr_expect_eq(number_at(json, "accuracy"), 0.75);
    cr_expect(fabs(number_at(json, "f1_macro") - (6.0 / 7 + 6.0 / 10 + 8.0 / 9 + 4.0 / 6) / 4) < 1e-8);
    cr_expect_eq(json_array_size(json_object_get(json, "accuracy_95")), 2);
    cr_expect_eq(number_at(json_object_get(json, "always_most_frequent"), "accuracy"), 0.25);
    for (size_t k = 0; k < 4; ++k)
        for (size_t called = 0; called < 4; ++called)
            cr_expect_eq(json_integer_value(
                             json_array_get(json_array_get(json_object_get(json, "confusion"), k), called)),
                         confusion[k][called]);
    const json_t *pro = json_array_get(json_object_get(json, "by_class"), 3);
    cr_expect_str_eq(json_string_value(json_object_get(pro, "class")), "Pro");
    cr_expect(number_at(pro, "recall") == 0.5 && number_at(pro, "precision") == 1 &&
              number_at(pro, "people") == 2);
    cr_expect_eq(number_at(pro, "auc"), 46.5 / 48); /* 0.2 0.3 0.7 1 over 0.3 and eleven times 0.1 */
    json_decref(json);
    cr_expect_eq(program_lines(program_read_in(folder, "curves/reliability.csv")), 11);
    program_remove(folder);
}

static const json_t *subject_at(const json_t *report, size_t index, size_t count) {
    const json_t *subjects = json_object_get(report, "by_subject");
    cr_assert_eq(json_array_size(subjects), count);
    return json_array_get(subjects, index);
}

static void expect_text(const json_t *object, const char *key, const char *text) {
    const char *found = json_string_value(json_object_get(object, key));
    cr_expect(found && strcmp(found, text) == 0, "%s: %s", key, found ? found : "no text");
}

/* What is printed for people is in the JSON too. */
Test(class_evaluation, json_of_subjects_and_prevalence) {
    const char *folder = program_folder();
    write_predictions(folder, "p.csv", table);
    program_run(&result, "eval --from %s/p.csv --json --subjects", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    json_t *json = json_loads(result.out, 0, NULL);
    const json_t *d1 = subject_at(json, 6, 8);
    expect_text(d1, "subject", "d1");
    expect_text(d1, "label", "Pro");
    expect_text(d1, "majority", "Early");
    cr_expect(number_at(d1, "cells") == 2 && number_at(d1, "right") == 0);
    cr_expect_eq(json_integer_value(json_array_get(json_object_get(d1, "called"), 1)), 2);
    cr_expect(json_is_null(json_object_get(subject_at(json, 1, 8), "majority"))); /* one each */
    json_decref(json);

    program_run(&result, "eval --from %s/p.csv --positive Early,Pre,Pro --prevalence 0.1 --subjects --json",
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    json = json_loads(result.out, 0, NULL);
    const json_t *a2 = subject_at(json, 1, 8), *b1 = subject_at(json, 2, 8);
    expect_text(a2, "label", "Benign");
    cr_expect(number_at(a2, "cells") == 2 && number_at(a2, "called_positive") == 1 &&
              number_at(a2, "right") == 1);
    cr_expect_float_eq(number_at(a2, "mean_p"), 0.55, 1e-9);
    expect_text(b1, "label", "Early+Pre+Pro");
    cr_expect_eq(number_at(json, "prevalence"), 0.1);
    cr_expect_float_eq(number_at(json, "positive_predictive_value"), 0.1 / (0.1 + 0.25 * 0.9), 1e-8);
    cr_expect_eq(number_at(json, "negative_predictive_value"), 1);
    json_decref(json);

    program_run(&result, "eval --from %s/p.csv --positive Early,Pre,Pro --json", folder);
    cr_expect_null(strstr(result.out, "prevalence"), "%s", result.out);
    cr_expect_null(strstr(result.out, "by_subject"), "%s", result.out);
    program_remove(folder);
}

/* Some classes against the others are two classes, with all that these have. */
Test(class_evaluation, joined) {
    static const struct {
        const char *arguments, *message;
    } wrong[] = {{"--positive Early,Pri", "--positive Early,Pri: the classes are Benign, Early, Pre and Pro"},
                 {"--positive Benign,Early,Pre,Pro", "these are all classes; one at least must be negative"},
                 {"--sensitivity 0.9",
                  "--sensitivity: the predictions are of 4 classes; --positive CLASS,CLASS joins"},
                 {"--threshold 0.9", "--threshold: the predictions are of 4 classes"},
                 {"--prevalence 0.9", "--prevalence: the predictions are of 4 classes"}};
    const char *folder = program_folder();
    write_predictions(folder, "p.csv", table);
    program_run(&result, "eval --from %s/p.csv --positive Early,Pre,Pro --sensitivity 1", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.out,
                "A cell is called 'Early+Pre+Pro' if p_Early+Pre+Pro > 0.7500."); /* 0.8 and 0.7 */
    EXPECT_SAYS(result.out, "always Early+Pre+Pro");
    program_run(&result, "eval --from %s/p.csv --positive Early,Pre,Pro --json", folder);
    EXPECT_SAYS(result.out, "\"true_positives\": 12");
    EXPECT_SAYS(result.out, "\"false_positives\": 1"); /* 3, at 0.7; 2 is at 0.5 */
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        program_run(&result, "eval --from %s/p.csv %s", folder, wrong[i].arguments);
        cr_expect_eq(result.exit_status, 2, "%s", wrong[i].arguments);
        EXPECT_SAYS(result.err, wrong[i].message);
    }
    program_remove(folder);
}

static void rename_class(const char *folder, const char *old, const char *name) {
    char from[512], to[512];
    snprintf(from, sizeof from, "%s/data/%s", folder, old);
    snprintf(to, sizeof to, "%s/data/%s", folder, name);
    cr_assert_eq(rename(from, to), 0, "%s", to);
}

/* A file of joined classes names them as the report does, however long that is. */
Test(class_evaluation, joined_names_are_written_whole) {
    enum { LENGTH = 150 };
    char early[LENGTH + 1] = {0}, pre[LENGTH + 1] = {0}, header[400], title[400];
    memset(early, 'E', LENGTH);
    memset(pre, 'P', LENGTH);
    snprintf(header, sizeof header, "path,subject,p_%s+%s,class,label,area\n", early, pre);
    snprintf(title, sizeof title, "  always %s+%s\n", early, pre);
    const char *folder = program_folder();
    program_run(&result, "synth %s/data --classes 3 --images 36 --subjects 12 --size 64 --format png",
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    rename_class(folder, "Early", early);
    rename_class(folder, "Pre", pre);
    program_run(&result,
                "train --data %s/data --model cnn-gap --image-size 32 --crop none --epochs 1 --batch 16 "
                "--out %s/run",
                folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "eval --model %s/run --positive %s,%s --out %s/p.csv", folder, early, pre, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.out, title);
    char *text = program_read_in(folder, "p.csv");
    cr_expect_eq(strncmp(text, header, strlen(header)), 0, "%.400s", text);
    free(text);
    program_run(&result, "eval --from %s/p.csv", folder);
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    program_remove(folder);
}

/* What can be said of a part without some class, or with one class alone. */
Test(class_evaluation, classes_without_images) {
    const char *folder = program_folder();
    write_predictions(
        folder, "p.csv",
        "path,subject,p_a,p_b,p_c,label\n1,x,.8,.1,.1,a\n2,y,.2,.5,.3,a\n3,z,.2,.5,.3,b\n4,w,.4,.3,.3,b\n");
    program_run(&result, "eval --from %s/p.csv", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.out, "balanced accuracy                  0.5000");
    EXPECT_SAYS(result.out, "Means over classes leave out those without images: c.\n");
    write_predictions(folder, "p.csv", "path,p_a,p_b,p_c,label\n1,.8,.1,.1,a\n2,.2,.5,.3,a\n");
    program_run(&result, "eval --from %s/p.csv", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.out, "Means over classes leave out those without images: b, c.\n");
    EXPECT_SAYS(result.out, "accuracy                           0.5000");
    EXPECT_SAYS(result.out, "AUC, mean of one against the rest     n/a");
    program_remove(folder);
}
