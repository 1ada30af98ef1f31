/* What is said of people: where they are not known, too few, and which class is the positive one. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static program_result result; /* large */

/* Drawn cells as folders `first` and `second`, whose files' names are numbers. */
static void draw(const char *folder, const char *first, const char *second) {
    char command[1024];
    program_run(&result, "synth %s/drawn --images 24 --subjects 10 --size 64 --format png --seed 3", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    snprintf(
        command, sizeof command,
        "cd %s && mkdir -p data/%s data/%s && n=0 && for f in $(find drawn -path '*fold_*' -name '*.png' | sort); do "
        "n=$((n+1)); case $f in */all/*) c=%s;; *) c=%s;; esac; mv $f data/$c/$n.png; done && rm -r drawn",
        folder, first, second, first, second);
    cr_assert_eq(system(command), 0); /* NOLINT(cert-env33-c) */
}

Test(evaluation, says_where_no_subject_is_known) {
    const char *folder = program_folder();
    draw(folder, "cancer", "normal");
    program_run(&result, "train --data %s/data --out %s/run --epochs 1 --batch 16 --image-size 32", folder,
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.err, "no subject is known for 18 of 18 images");
    EXPECT_SAYS(result.out, "positive class: cancer, negative class: normal\n");
    EXPECT_SAYS(result.out, " images, no subject known\n");
    EXPECT_SAYS(result.out, "\nNo subject is known for ");
    cr_expect_null(strstr(result.out, "subjects"), "%s", result.out);
    cr_expect_null(strstr(result.out, "Majority vote"), "%s", result.out);
    char *results = program_read_in(folder, "run/results.json");
    EXPECT_SAYS(results, "\"subjects\": 0");
    cr_expect_null(strstr(results, "\"images_without_subject\": 0"), "%s", results);
    free(results);
    program_run(&result, "eval --model %s/run", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.out, "\nNo subject is known for ");
    cr_expect_null(strstr(result.out, "subjects"), "%s", result.out);
    program_run(&result, "eval --model %s/run --json", folder);
    EXPECT_SAYS(result.out, "\"images_without_subject\": ");
    program_run(&result, "data %s/data", folder);
    EXPECT_SAYS(result.out, "No subject is known for 18 of 18 images");
    program_run(&result, "data %s/data --json", folder);
    EXPECT_SAYS(result.out, "\"subjects\": 0, \"images_without_subject\": 18");
    program_run(&result, "cv --data %s/data --out %s/cv --folds 2 --epochs 1 --image-size 32", folder,
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.err, "no subject is known for 18 of 18 images");
    EXPECT_SAYS(
        result.out,
        "all folds together: 18 images, no subject known, each evaluated by a model that has not seen it");
    EXPECT_SAYS(result.out, "bootstrap over images, as if each were of another person");
    cr_expect_null(strstr(result.out, "subjects"), "%s", result.out);
    program_run(&result, "tune --data %s/data --out %s/tune --grid dropout=0,0.1 --epochs 1 --image-size 32",
                folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.err, "no subject is known for 18 of 18 images");
    EXPECT_SAYS(result.err, "positive class: cancer, negative class: normal");
    EXPECT_SAYS(result.err, "trial 1: no subject is known");
    cr_expect_null(strstr(result.err, "trial 2: no subject is known"), "said again: %s", result.err);
    program_remove(folder);
}

static void write_predictions(const char *folder, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

Test(evaluation, no_interval_where_people_are_too_few) {
    static const char *const tables[] = {"path,subject,p_all,label\na,1,.9,all\nb,1,.8,hem\nc,1,.2,hem\n",
                                         "path,subject,p_all,label\na,1,.9,all\nb,2,.8,hem\nc,2,.2,hem\n"};
    const char *folder = program_folder();
    for (int i = 0; i < 2; ++i) {
        write_predictions(folder, "p.csv", tables[i]);
        program_run(&result, "eval --from %s/p.csv", folder);
        cr_assert_eq(result.exit_status, 0, "%s", result.err);
        EXPECT_SAYS(result.out,
                    "No 95 % intervals: 1 subject with hem cells, 1 with all cells; an interval needs at "
                    "least 2 of each.");
        cr_expect_null(strstr(result.out, " to "), "%s", result.out);
        program_run(&result, "eval --from %s/p.csv --json", folder);
        json_t *json = json_loads(result.out, 0, NULL), *interval = json_object_get(json, "auc_95");
        cr_expect(json_array_size(interval) == 2 && json_is_null(json_array_get(interval, 0)), "%s",
                  result.out);
        json_decref(json);
    }
    write_predictions(folder, "p.csv",
                      "path,subject,p_all,label\na,1,.9,all\nb,2,.8,hem\nc,3,.2,hem\nd,4,.3,all\n");
    program_run(&result, "eval --from %s/p.csv", folder);
    EXPECT_SAYS(
        result.out,
        "95 % intervals: bootstrap over subjects, each drawn with all its cells.\n"
        "These intervals are too narrow, since people are few: 2 subjects with hem cells, 2 with all cells.");
    EXPECT_SAYS(result.out, "A cell is called 'all' if p_all > 0.5000.");
    EXPECT_SAYS(result.out, "Majority vote over each subject's cells: 2 of 4 subjects classified correctly.");
    program_remove(folder);
}

Test(evaluation, positive_class_on_request) {
    const char *folder = program_folder();
    write_predictions(folder, "p.csv",
                      "path,subject,p_all,label\na,1,.9,all\nb,2,.8,hem\nc,3,.2,hem\nd,4,.6,all\n");
    program_run(&result, "eval --from %s/p.csv --positive hem", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.out, "A cell is called 'hem' if p_hem > 0.5000.");
    program_run(&result, "eval --from %s/p.csv --positive hem --sensitivity 1 --json", folder);
    EXPECT_SAYS(result.out, "\"true_positives\": 2");
    EXPECT_SAYS(result.out, "\"false_positives\": 1"); /* b, at 0.2, must be found, and d is at 0.4 */
    program_run(&result, "eval --from %s/p.csv --positive ill", folder);
    cr_expect_eq(result.exit_status, 2);
    EXPECT_SAYS(result.err, "--positive ill: the classes are hem and all");

    draw(folder, "kind-a", "kind-b");
    program_run(&result, "train --data %s/data --out %s/run --epochs 1 --batch 16 --image-size 32", folder,
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.err, "the positive class is kind-b, as the last by name");
    program_run(&result,
                "train --data %s/data --out %s/run2 --epochs 1 --batch 16 --image-size 32 --positive kind-a",
                folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_null(strstr(result.err, "as the last by name"), "%s", result.err);
    EXPECT_SAYS(result.out, "positive class: kind-a, negative class: kind-b\n");
    program_run(&result, "train --resume %s/run2", folder); /* the run keeps it */
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.out, "positive class: kind-a, negative class: kind-b\n");
    program_run(&result, "eval --model %s/run2 --part test", folder); /* and so does the model */
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.out, "A cell is called 'kind-a' if p_kind-a > ");
    program_run(&result, "train --data %s/data --out %s/run3 --positive kind-c", folder, folder);
    cr_expect_neq(result.exit_status, 0);
    EXPECT_SAYS(result.err, "are kind-a, kind-b");
    program_remove(folder);
}

/* The images that a run was trained on are not evaluated without a word, wherever they lie. */
Test(evaluation, a_runs_own_data_set_is_known_when_it_has_moved) {
    const char *folder = program_folder();
    draw(folder, "cancer", "normal");
    cr_assert_eq(chdir(folder), 0);
    program_run(&result, "train --data data --out run --epochs 1 --batch 16 --image-size 32");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_assert_eq(chdir("/"), 0); /* a run names its data set from anywhere */
    program_run(&result, "eval --model %s/run --json", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    static program_result held_out;
    held_out = result;
    cr_assert_eq(chdir(folder), 0);
    cr_assert_eq(rename("data", "moved"), 0);
    static const char *const without[] = {"eval --model run", "train --resume run",
                                          "predict --model run --part test"};
    for (size_t i = 0; i < sizeof without / sizeof *without; ++i) {
        program_run(&result, "%s", without[i]);
        cr_expect_eq(result.exit_status, 1);
        EXPECT_SAYS(result.err, "run: its data set was in /");
        EXPECT_SAYS(result.err, "/data, where it no longer is; --data DIR tells where it is now");
    }
    program_run(&result, "eval --model run --data moved --json");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.err, "moved is the data set that run was trained on: its test part is evaluated, ");
    cr_expect_str_eq(result.out, held_out.out);
    program_run(&result, "eval --model run/model.safetensors --data moved/");
    EXPECT_SAYS(result.out, "test: ");

    program_run(&result, "eval --model run --data moved --part all");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.out, "all: 18 images");
    EXPECT_SAYS(result.err, "warning: of 18 images, 12 are images that run was trained on, and ");
    /* not all of it, so another data set, yet of the same images */
    cr_assert_eq(system("rm moved/cancer/1.png"), 0); /* NOLINT(cert-env33-c) */
    program_run(&result, "eval --model run --data moved");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.out, "moved: 17 images");
    EXPECT_SAYS(result.err, " have the paths of images that run was trained on, and ");
    /* one class alone can be evaluated, too */
    cr_assert_eq(system("mkdir one && cp -r moved/normal one"), 0); /* NOLINT(cert-env33-c) */
    program_run(&result, "eval --model run --data one");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.out, "one: 9 images");
    /* a model alone tells nothing */
    cr_assert_eq(rename("run/model.safetensors", "model.safetensors"), 0);
    program_run(&result, "eval --model model.safetensors");
    cr_expect_eq(result.exit_status, 1);
    EXPECT_SAYS(result.err,
                "leukvk: .: has no config.json, which would tell the data set of the training; --data");
    program_run(&result, "predict --model model.safetensors --part test --data moved");
    cr_expect_eq(result.exit_status, 1);
    EXPECT_SAYS(result.err,
                "leukvk: model.safetensors: no split.json is beside it, which tells the part of each image");
    program_run(&result, "eval --model model.safetensors --data moved");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_null(strstr(result.err, "trained on"), "%s", result.err);
    program_remove(folder);
}

/* Begun when the positive class was the last by name, and on another device. */
Test(evaluation, a_cross_validation_keeps_its_positive_class) {
    const char *folder = program_folder();
    draw(folder, "cancer", "normal");
    cr_assert_eq(chdir(folder), 0);
#define CV "cv --data data --out cv --folds 2 --epochs 1 --image-size 32 --device llvmpipe"
    setenv("LP_NATIVE_VECTOR_WIDTH", "256", 1);
    program_run(&result, CV " --positive normal");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_null(strstr(result.err, "than before"), "%s", result.err);
    setenv("LP_NATIVE_VECTOR_WIDTH", "128", 1);
    cr_assert_eq(
        system("sed -i '/\"positive\"/d' cv/cv.json cv/fold-1/config.json && rm -r cv/fold-2"), /* NOLINT */
        0);
    program_run(&result, CV);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    EXPECT_SAYS(result.out, "positive class: normal, negative class: cancer");
    EXPECT_SAYS(result.out, "A cell is called 'normal' if p_normal > 0.5000.");
    EXPECT_SAYS(result.err, "fold-2: goes on with another device than before, llvmpipe (LLVM");
    program_remove(folder);
}
