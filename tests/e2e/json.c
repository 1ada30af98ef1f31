/* Results that other programs take: --json of verbs, formats by a file's name, names of images by standard input. */
#define _POSIX_C_SOURCE 200809L /* popen */
#include "support/program.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static program_result result; /* large */
static char folder[256];

static json_t *printed(void) {
    json_error_t error;
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    json_t *root = json_loads(result.out, JSON_REJECT_DUPLICATES, &error);
    cr_assert(root, "line %d: %s in\n%s", error.line, error.text, result.out);
    return root;
}

static void expect_contents_of(const char *name) {
    char *file = program_read_in(folder, name);
    cr_expect_str_eq(result.out, file);
    free(file);
    json_decref(printed());
}

static void train_a_model(void) {
    snprintf(folder, sizeof folder, "%s", program_folder());
    program_run(&result, "synth %s/cells --images 120 --subjects 24 --format png", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "train --data %s/cells --image-size 64 --epochs 1 --out %s/run --json", folder,
                folder);
}

static void finish(void) {
    program_remove(folder);
}

TestSuite(json, .init = train_a_model, .fini = finish);

Test(json, training_and_cross_validation_print_their_results) {
    expect_contents_of("run/results.json");
    cr_expect_not_null(strstr(result.err, "Epoch 1/1"), "%s", result.err);
    program_run(&result, "cv --data %s/cells --image-size 64 --epochs 1 --folds 2 --out %s/cv --json", folder,
                folder);
    expect_contents_of("cv/results.json");
}

Test(json, a_search_prints_its_trials) {
    program_run(
        &result,
        "tune --data %s/cells --image-size 64 --grid epochs=1 --grid dropout=0,0.5 --out %s/search --json",
        folder, folder);
    json_t *root = printed();
    const json_t *trials = json_object_get(root, "trials");
    cr_assert_eq(json_array_size(trials), 2);
    for (size_t i = 0; i < 2; ++i) {
        const json_t *trial = json_array_get(trials, i);
        cr_expect_str_eq(json_string_value(json_object_get(trial, "outcome")), "done");
        cr_expect(json_is_real(json_object_get(trial, "validation_loss")));
        cr_expect_str_eq(json_string_value(json_object_get(json_object_get(trial, "settings"), "epochs")),
                         "1");
    }
    cr_expect_eq(json_integer_value(json_object_get(root, "best_trial")),
                 json_integer_value(json_object_get(json_array_get(trials, 0), "trial")));
    json_decref(root);
}

Test(json, summaries_and_calibrations) {
    program_run(&result, "summary %s/run --json", folder);
    json_t *root = printed();
    cr_expect_eq(json_integer_value(json_object_get(root, "image_size")), 64);
    cr_expect_eq(json_integer_value(json_object_get(root, "parameters")),
                 390214); /* with the cell's area and hue */
    cr_expect_eq(json_array_size(json_object_get(root, "layers")), 14);
    json_decref(root);
    program_run(&result, "summary %s/run/model.safetensors", folder);
    cr_expect(result.exit_status == 0 && strstr(result.out, "cnn-gap: input 64×64×3") == result.out, "%s",
              result.out);
    program_run(&result, "calibrate %s/run --from %s/run/predictions-validation.csv --sensitivity 0.9 --json",
                folder, folder);
    root = printed();
    cr_expect_str_eq(json_string_value(json_object_get(root, "positive_class")), "all");
    cr_expect(json_is_number(json_object_get(root, "threshold")), "%s", result.out);
    json_decref(root);
}

Test(json, a_file_is_written_in_the_format_that_its_name_says) {
    program_run(&result, "predict --model %s/run --part test --out %s/t.csv", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    char *csv = program_read_in(folder, "t.csv");
    cr_expect_eq(strncmp(csv, "path,p_all,class,novelty\n", 25), 0, "%s", csv);
    free(csv);
    program_run(&result, "predict --model %s/run --part test --out %s/t.json", folder, folder);
    char *json = program_read_in(folder, "t.json");
    json_t *root = json_loads(json, 0, NULL);
    cr_expect(root, "%s", json);
    json_decref(root);
    free(json);
}

Test(json, names_of_images_come_from_standard_input) {
    char list[300], *rows = NULL;
    snprintf(list, sizeof list, "%s/list", folder);
    FILE *file = fopen(list, "w");
    program_run(&result, "predict --model %s/run --part test --format csv", folder);
    cr_assert(file && result.exit_status == 0, "%s", result.err);
    int count = 0;
    for (char *line = strtok_r(result.out, "\n", &rows); line && count <= 2;
         line = strtok_r(NULL, "\n", &rows))
        if (count++ > 0)
            fprintf(file, "%s/cells/%.*s\n", folder, (int)strcspn(line, ","), line);
    fclose(file);
    char command[1024], printed_row[512];
    snprintf(command, sizeof command, "\"$LEUKVK_PROGRAM\" predict --model %s/run - --format csv < %s",
             folder, list);
    FILE *program = popen(command, "r");
    cr_assert(program);
    count = 0;
    while (fgets(printed_row, sizeof printed_row, program))
        ++count;
    cr_expect_eq(pclose(program), 0);
    cr_expect_eq(count, 3); /* with the line of names */
}

/* What can be read of such a list is not all. */
Test(json, a_list_on_standard_input_that_cannot_be_read_is_no_shorter_one) {
    char command[1024], line[512] = "";
    snprintf(command, sizeof command, "\"$LEUKVK_PROGRAM\" predict --model %s/run %s/cells - 2>&1 < %s",
             folder, folder, folder);
    FILE *program = popen(command, "r");
    cr_assert(program && fgets(line, sizeof line, program));
    cr_expect_str_eq(line, "leukvk: standard input: Is a directory\n");
    const int status = pclose(program);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}
