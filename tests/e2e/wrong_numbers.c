/* Numbers that are not finite, or make no sense, in the files of a run and in tables: each is refused by one line that names the
 * file, and the line or the field. */
#include "core/file.h"
#include "core/memory.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static program_result result; /* large */

/* Writes `text` with the first `old` replaced by `new` to the file; in place of a whole text for "". */
static void change(const char *path, const char *text, const char *old, const char *new) {
    const char *at = strstr(text, old);
    FILE *file = fopen(path, "wb");
    cr_assert(at && file, "%s: no %s", path, old);
    fprintf(file, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    cr_assert_eq(fclose(file), 0);
}

static void expect_refused(const char *words, const char *calling) {
    program_run(&result, "%s", calling);
    cr_expect(result.exit_status == 1 || result.exit_status == 2, "%s: %d", calling, result.exit_status);
    cr_expect_not_null(strstr(result.err, words), "%s: no '%s' in: %s", calling, words, result.err);
}

Test(wrong_numbers, in_the_files_of_a_run_are_refused_by_name) {
    static const struct {
        const char *file, *old, *new, *verb, *words;
    } cases[] = {
        {"config.json", "\"dropout\": 0", "\"dropout\": NaN", "train --resume", "invalid token near 'NaN'"},
        {"config.json", "\"dropout\": 0", "\"dropout\": 1e999", "train --resume", "real number overflow"},
        {"config.json", "\"dropout\": 0", "\"dropout\": -1", "train --resume", "config.json: "},
        {"config.json", "\"dropout\": 0", "\"refit_temperature\": \"nan\", \"dropout\": 0", "train --resume",
         "config.json: \"refit_temperature\" is out of range"},
        {"config.json", "\"dropout\": 0", "\"refit_novelty_ratio\": 1.5, \"dropout\": 0", "train --resume",
         "config.json: \"refit_novelty_ratio\" is out of range"},
        {"config.json", "\"dropout\": 0", "\"refit_estimate\": 0.9, \"dropout\": 0", "train --resume",
         "config.json: \"refit_estimate\" is not of the right kind"},
        {"config.json", "\"dropout\": 0", "\"refit_temperature\": 1.5, \"dropout\": 0",
         "calibrate --temperature --from none.csv", "config.json: \"refit_temperature\" is out of range"},
        {"split.json", "\"validation\": 0.2", "\"validation\": NaN", "train --resume",
         "split.json: line 5: invalid token"},
        {"split.json", "\"validation\": 0.2", "\"validation\": -1", "train --resume",
         "split.json: the fraction of validation is not from 0 to 1"},
        {"split.json", "\"test\": 0.1", "\"test\": 1e300", "train --resume",
         "split.json: the fraction of test is not from 0 to 1"},
        {"data.json", "\"images\": ", "\"images\": NaN", "report --no-heat", "data.json:2: invalid token"},
        {"data.json", "\"left_out\"", "\"left\"", "report --no-heat", "data.json: \"left_out\" is missing"},
        {"data.json", "\"same_picture\": ", "\"same_picture\": -1", "report --no-heat",
         "data.json: \"same_picture\""},
        {"results.json", "\"epochs\": ", "\"epochs\": 1e999", "report --no-heat", "results.json:3: "},
        {"metrics.csv", "epoch,", "era,", "report --no-heat", "metrics.csv: has no column epoch"},
        {"metrics.csv", "train_loss,", "loss,", "report --no-heat", "metrics.csv: has no column train_loss"},
        {"metrics.csv", "\n1,", "\n1,inf,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5\n1,", "report --no-heat",
         "metrics.csv:2: inf: is no number of column train_loss"},
        {"metrics.csv", "\n1,", "\n1,0.5,0.5,nan,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5\n1,", "report --no-heat",
         "metrics.csv:2: nan: is no number of column val_loss"}};
    const char *folder = program_folder();
    char path[4096], calling[4200];
    RUN("synth -q %s/data --images 24 --subjects 10 --size 96 --format png --seed 3", folder);
    RUN("train -q --no-selftest --data %s/data --out %s/run --model cnn-gap --batch 8 --epochs 1 --no-refit --fractions 0.2,0.1",
        folder, folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        snprintf(path, sizeof path, "%s/run/%s", folder, cases[i].file);
        char *text = program_read(path);
        cr_assert_not_null(text, "%s", path);
        change(path, text, cases[i].old, cases[i].new);
        snprintf(calling, sizeof calling, "%s %s/run", cases[i].verb, folder);
        expect_refused(cases[i].words, calling);
        EXPECT_SAYS(result.err, cases[i].file);
        change(path, text, "", "");
        lvk_free(text);
    }
    snprintf(path, sizeof path, "%s/run/metrics.csv", folder);
    snprintf(calling, sizeof calling, "report --no-heat %s/run", folder);
    cr_assert_eq(lvk_file_write(path, "", 0), LVK_OK);
    expect_refused("metrics.csv: has no column epoch", calling);
    cr_assert_eq(lvk_file_write(path, "epoch,train_loss\n", strlen("epoch,train_loss\n")), LVK_OK);
    expect_refused("metrics.csv: has no epoch", calling);
    program_remove(folder);
}

/* Without it a score could be that of images that the model has learned from, a calibration by those of the test part. */
Test(wrong_numbers, a_file_that_a_run_lacks_is_named) {
    static const struct {
        const char *file, *verb, *more;
    } cases[] = {{"split.json", "report --no-heat", ""},
                 {"split.json", "calibrate --temperature", "--from %s/run/predictions-validation.csv"},
                 {"split.json", "eval --model", "--data %s/data"},
                 {"split.json", "eval --model", "--part all"},
                 {"config.json", "report --no-heat", ""},
                 {"config.json", "calibrate --temperature", "--from %s/run/predictions-validation.csv"},
                 {"config.json", "eval --model", "--data %s/data"},
                 {"config.json", "explain", "--data %s/data"},
                 {"config.json", "predict --model", "--data %s/data"},
                 {"metrics.csv", "report --no-heat", ""}};
    const char *folder = program_folder();
    char path[2][4096], calling[4200], words[64];
    RUN("synth -q %s/data --images 24 --subjects 10 --size 96 --format png --seed 3", folder);
    RUN("train -q --no-selftest --data %s/data --out %s/run --model cnn-gap --batch 8 --epochs 1 --no-refit",
        folder, folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        snprintf(path[0], sizeof path[0], "%s/run/%s", folder, cases[i].file);
        snprintf(path[1], sizeof path[1], "%s/kept", folder);
        snprintf(words, sizeof words, "run/%s: is missing; it tells", cases[i].file);
        const int length = snprintf(calling, sizeof calling, "%s %s/run ", cases[i].verb, folder);
        snprintf(calling + length, sizeof calling - (size_t)length, cases[i].more, folder);
        cr_assert_eq(rename(path[0], path[1]), 0);
        expect_refused(words, calling);
        cr_assert_eq(rename(path[1], path[0]), 0);
    }
    snprintf(path[0], sizeof path[0], "%s/run/split.json", folder);
    snprintf(calling, sizeof calling, "report --no-heat %s/run", folder);
    cr_assert_eq(lvk_file_write(path[0], "{\"parts\": {}}", 13), LVK_OK);
    expect_refused("run/split.json: is no split", calling);
    program_remove(folder);
}

/* It is derived from data set and split, so that a resumed training can write it anew, and says so. */
Test(wrong_numbers, a_damaged_data_json_is_written_anew) {
    static const struct {
        const char *old, *new, *words;
    } cases[] = {{"\"images\": ", "\"images\": 1e999", "data.json:2: real number overflow"},
                 {"\"left_out\"", "\"left\"", "data.json: does not tell what the data set has"},
                 {"{", "", "data.json:2: '[' or '{' expected"},
                 {"\"images\": ", "\"images\": 1", "data.json: does not tell what the data set has"}};
    const char *folder = program_folder();
    char path[4096];
    RUN("synth -q %s/data --images 24 --subjects 10 --size 96 --format png --seed 3", folder);
    snprintf(path, sizeof path, "%s/data/C-NMC_training_data/fold_0/all/UID_99_1_1_all.png", folder);
    cr_assert_eq(lvk_file_write(path, "b", 1), LVK_OK);
    RUN("train -q --no-selftest --data %s/data --out %s/run --model cnn-gap --batch 8 --epochs 1 --no-refit",
        folder, folder);
    RUN("train --resume %s/run --no-selftest", folder);
    EXPECT_LACKS(result.err, "data.json");
    snprintf(path, sizeof path, "%s/run/data.json", folder);
    char *text = program_read(path);
    cr_assert_not_null(text, "%s", path);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        change(path, text, cases[i].old, cases[i].new);
        RUN("train --resume %s/run --no-selftest", folder);
        EXPECT_SAYS(result.err, cases[i].words);
        EXPECT_SAYS(result.err, "it is written anew");
        char *now = program_read(path);
        cr_expect_str_eq(now, text);
        lvk_free(now);
    }
    lvk_free(text);
    program_remove(folder);
}

/* Nothing is computed from it: the training goes on, with a line. */
Test(wrong_numbers, a_damaged_timing_csv_stops_no_training) {
    const char *folder = program_folder();
    char path[4096];
    RUN("synth -q %s/data --images 24 --subjects 10 --size 96 --format png --seed 3", folder);
    RUN("train -q --no-selftest --data %s/data --out %s/run --model cnn-gap --batch 8 --epochs 1 --no-refit",
        folder, folder);
    snprintf(path, sizeof path, "%s/run/timing.csv", folder);
    char *text = program_read(path);
    cr_assert_not_null(text, "%s", path);
    change(path, text, "epoch", "era");
    lvk_free(text);
    RUN("train --resume %s/run --no-selftest --epochs 2", folder);
    EXPECT_SAYS(result.err, "timing.csv: has not the columns");
    EXPECT_SAYS(result.err, "it is begun anew");
    text = program_read(path);
    cr_expect(text && strstr(text, "\n2,"), "%s", text);
    lvk_free(text);
    program_remove(folder);
}

/* The refit would be trained for another number of epochs. */
Test(wrong_numbers, in_the_results_of_folds_are_refused_by_name) {
    static const char *const wrong[] = {"\"2\"", "0", "-1", "null", "4294967296"};
    const char *folder = program_folder();
    char path[4096], calling[4200], new[64];
    RUN("synth -q %s/data --images 24 --subjects 10 --size 96 --format png --seed 3", folder);
    snprintf(calling, sizeof calling,
             "cv -q --no-selftest --data %s/data --out %s/cv --folds 2 --model cnn-gap --batch 8 --epochs 1 "
             "--image-size 32",
             folder, folder);
    RUN("%s", calling);
    snprintf(path, sizeof path, "%s/cv/fold-2/results.json", folder);
    char *text = program_read(path);
    cr_assert_not_null(text, "%s", path);
    strcat(calling, " --refit");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        snprintf(new, sizeof new, "\"best_epoch\": %s", wrong[i]);
        change(path, text, "\"best_epoch\": 1", new);
        expect_refused("fold-2/results.json: \"best_epoch\" is out of range", calling);
    }
    lvk_free(text);
    program_remove(folder);
}

Test(wrong_numbers, in_tables_are_refused_by_line) {
    static const char *const wrong[] = {"nan", "inf", "-inf", "1e999", "-1"};
    const char *folder = program_folder();
    char path[4096], table[256], calling[4200];
    snprintf(path, sizeof path, "%s/b.png", folder);
    cr_assert_eq(lvk_file_write(path, "b", 1), LVK_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        snprintf(path, sizeof path, "%s/table.csv", folder);
        snprintf(table, sizeof table, "path,label,microns_per_pixel\nb.png,hem,%s\n", wrong[i]);
        cr_assert_eq(lvk_file_write(path, table, strlen(table)), LVK_OK);
        snprintf(calling, sizeof calling, "data %s", path);
        expect_refused("table.csv: line 2: microns_per_pixel", calling);
        snprintf(table, sizeof table,
                 "path,subject,p_all,class,label\na.png,1,0.25,hem,hem\nb.png,2,%s,all,all\n", wrong[i]);
        cr_assert_eq(lvk_file_write(path, table, strlen(table)), LVK_OK);
        snprintf(calling, sizeof calling, "eval --from %s", path);
        expect_refused("table.csv: line 3", calling);
        snprintf(path, sizeof path, "%s/search.json", folder);
        cr_assert_eq(lvk_file_write(path, "{}", 2), LVK_OK);
        snprintf(path, sizeof path, "%s/trials.csv", folder);
        snprintf(table, sizeof table,
                 "trial,dropout,outcome,trained_epochs,best_epoch,val_loss,val_auc,val_f1_weighted,test_auc\n"
                 "1,0.25,finished,2,2,%s,0.5,0.5,\n",
                 strcmp(wrong[i], "-1") == 0 ? "x" : wrong[i]);
        cr_assert_eq(lvk_file_write(path, table, strlen(table)), LVK_OK);
        snprintf(calling, sizeof calling, "report --no-heat %s", folder);
        expect_refused("trials.csv: line 2: '", calling);
    }
    program_remove(folder);
}
