/* What leaves the program: nothing is lost without a word, no name steers a terminal, and no file of the
 * program's own comes in the place of a stream that its caller has closed. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static program_result result; /* large */
static const char *folder;

static void begin(void) {
    folder = program_folder();
    cr_assert_eq(chdir(folder), 0);
    program_run(&result, "synth data --images 24 --subjects 10 --size 64 --format png --seed 3");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
}

static void end(void) {
    cr_assert_eq(chdir("/"), 0);
    program_remove(folder);
}

TestSuite(output, .init = begin, .fini = end);

/* `sh -c "leukvk COMMAND"`; what it prints is in the file "said" of the folder where COMMAND does not say. */
static int shell(const char *format, ...) {
    char arguments[1024], command[4096];
    va_list values;
    va_start(values, format);
    vsnprintf(arguments, sizeof arguments, format, values);
    va_end(values);
    snprintf(command, sizeof command, "exec >said 2>&1; '%s' %s", getenv("LEUKVK_PROGRAM"), arguments);
    const int status = system(command);
    cr_assert(WIFEXITED(status), "%s", command);
    return WEXITSTATUS(status);
}

static void expect_said(const char *text) {
    char *said = program_read("said");
    cr_assert_not_null(said);
    cr_expect_not_null(strstr(said, text), "\"%s\" is not in \"%s\"", text, said);
    free(said);
}

/* Printable but for newlines. */
static void expect_plain(const char *text, const char *what) {
    for (; *text; ++text)
        cr_assert((unsigned char)*text >= ' ' || *text == '\n', "%s: a control character before \"%s\"", what,
                  text + 1);
}

/* ---- streams ---- */

static const char *const printing[] = {"--help",       "--version",      "data data", "data data --json",
                                       "train --help", "summary cnn",    "ops",       "devices --json",
                                       "data --help",  "ops --markdown", "predict -?"};

Test(output, a_full_disk_is_told) {
    for (size_t i = 0; i < sizeof printing / sizeof *printing; ++i) {
        cr_expect_eq(shell("%s >/dev/full", printing[i]), 1, "leukvk %s", printing[i]);
        expect_said("leukvk: standard output: "); /* the reason is known where the last write fails */
    }
    cr_expect_eq(shell("trian >/dev/full"), 2, "nothing is lost: the mistake's own status");
}

Test(output, a_closed_standard_output_is_told_and_no_file_gets_the_text) {
    struct stat info;
    cr_expect_eq(shell("data data >&-"), 1);
    expect_said("leukvk: standard output: Bad file descriptor");
    cr_expect_eq(shell("train --data data --out run --epochs 1 --batch 8 --model cnn >&-"), 1);
    expect_said("leukvk: standard output: ");
    cr_assert_eq(stat("run/model.safetensors", &info), 0, "the model is there");
    cr_assert_eq(stat("run/.lock", &info), 0);
    cr_expect_eq(info.st_size, 0, "%lld bytes in .lock", (long long)info.st_size);
}

Test(output, all_streams_may_be_closed) {
    cr_expect_eq(shell("data data --split split.json --json <&- >&- 2>&-"), 1);
    cr_expect_eq(shell("data data --split split.json <&- 2>&-"), 0);
    expect_said("Written to split.json");
    char *split = program_read("split.json");
    cr_expect(split && split[0] == '{' && strstr(split, "\"parts\""), "%s", split);
    free(split);
}

Test(output, a_closed_terminal_stops_as_an_interruption_does) {
    program_run_killed(&result, SIGHUP, (program_moment){"Epoch 1/", 0},
                       "train --data data --out run --epochs 3 --batch 4 --model cnn --patience 0");
    cr_expect_eq(result.exit_status, 130, "exit status %d: %s", result.exit_status, result.err);
    cr_expect_not_null(strstr(result.err, "--resume"), "%s", result.err);
    signal(SIGHUP, SIG_IGN); /* as nohup does */
    program_run_killed(&result, SIGHUP, (program_moment){"Epoch 1/", 0}, "train --resume run");
    cr_expect_eq(result.exit_status, 0, "nohup: exit status %d: %s", result.exit_status, result.err);
}

/* ---- a dash, and what is no file ---- */

static void expect_png(const char *path) {
    char *bytes = program_read(path);
    cr_expect(bytes && strncmp(bytes, "\x89PNG", 4) == 0, "%s", path);
    free(bytes);
}

Test(output, a_dash_is_standard_output) {
    cr_expect_eq(shell("data data --split - >split.json"), 0);
    cr_expect_eq(shell("data data --split same.json"), 0);
    cr_expect(program_same_file("split.json", "same.json"));
    cr_expect_eq(shell("data data --sheet - >sheet.png"), 0);
    expect_png("sheet.png");
    cr_expect_eq(shell("data data --sheet same.png"), 0);
    cr_expect(program_same_file("sheet.png", "same.png"));
    cr_expect_eq(shell("augment data --preview - --cells 2 --views 2 >views.png"), 0);
    expect_png("views.png");
    cr_expect_eq(shell("data data --split /dev/fd/1 | cmp - split.json"), 0);
}

/* The line names what was asked for, not the descriptor that the program made of it. */
Test(output, a_full_standard_output_is_named) {
    static const char *const writing[] = {"data data --split -",
                                          "data data --sheet -",
                                          "augment data --preview - --cells 2 --views 2",
                                          "bench w2 --batch 1 --steps 1 --trace -",
                                          "predict --model run data/C-NMC_test_prelim_phase_data --out -",
                                          "eval --model run --part validation --out -",
                                          "export run --format onnx --out -",
                                          "export run --format keras --out -"};
    cr_assert_eq(
        shell("train --data data --out run --epochs 1 --batch 8 --image-size 32 --fractions 0.25,0.25"), 0);
    for (size_t i = 0; i < sizeof writing / sizeof *writing; ++i) {
        cr_expect_eq(shell("%s 2>errors >/dev/full", writing[i]), 1, "leukvk %s", writing[i]);
        char *errors = program_read("errors");
        cr_assert_not_null(errors);
        cr_expect_not_null(strstr(errors, "leukvk: standard output: No space left on device"),
                           "leukvk %s: %s", writing[i], errors);
        cr_expect_null(strstr(errors, "/dev/fd"), "leukvk %s: %s", writing[i], errors);
        free(errors);
    }
}

Test(output, a_pipe_is_written_to) {
    cr_assert_eq(mkfifo("pipe.json", 0600), 0);
    cr_expect_eq(shell("data data --split same.json"), 0);
    cr_expect_eq(shell("data data --split pipe.json & timeout 20 cat pipe.json >split.json; wait"), 0);
    struct stat info;
    cr_expect(lstat("pipe.json", &info) == 0 && S_ISFIFO(info.st_mode));
    cr_expect(program_same_file("split.json", "same.json"));
}

/* ---- --quiet ---- */

/* One line of device and seed, then the result; nothing else on either stream. */
static void expect_quiet(const char *command, const char *result_words) {
    program_run(&result, "%s --quiet", command);
    cr_assert_eq(result.exit_status, 0, "%s: %s", command, result.err);
    const char *seed = strstr(result.out, ", seed 1\n");
    cr_expect(strncmp(result.out, "device ", 7) == 0 && seed && seed < strchr(result.out, '\n'), "%s: %s",
              command, result.out);
    static const char *const progress[] = {"Epoch ",   "epoch 1/",    "images/s", "positive class:",
                                           "fold 1:",  "fold 1 of",   "trial 1 ", "trials, folder",
                                           "train   ", "parameters, "};
    for (size_t i = 0; i < sizeof progress / sizeof *progress; ++i)
        cr_expect_null(strstr(result.out, progress[i]), "%s prints '%s': %s", command, progress[i],
                       result.out);
    cr_expect_not_null(strstr(result.out, result_words), "%s: %s", command, result.out);
    for (const char *line = result.err; line && *line; line = strchr(line, '\n') + 1)
        cr_expect_eq(strncmp(line, "warning: ", 9), 0, "%s: %s", command, result.err);
    program_run(&result, "%s --quiet --json", command); /* in a new folder */
    cr_assert_eq(result.exit_status, 0, "%s: %s", command, result.err);
    json_t *json = json_loads(result.out, 0, NULL);
    cr_expect_not_null(json, "%s --json: %s", command, result.out);
    json_decref(json);
    cr_expect_null(strstr(result.err, result_words), "%s --json prints the result twice: %s", command,
                   result.err);
}

Test(output, quiet_leaves_the_result) {
    program_run(&result, "synth more --images 60 --size 64 --format png --quiet");
#define SMALL " --data more --epochs 1 --batch 8 --image-size 32 --fractions 0.25,0.25"
    expect_quiet("train" SMALL, "\nmodel, predictions and figures: runs/");
    expect_quiet("cv --folds 2 --data more --epochs 1 --batch 8 --image-size 32", "\nall folds together: ");
    expect_quiet("tune --grid dropout=0.1,0.2" SMALL, "the lowest validation loss is trial ");
}

/* Whatever a verb trains or evaluates, and how often. */
Test(output, the_device_is_told_once) {
    static const char *const commands[] = {
        "train --out run" SMALL,
        "train --resume run --epochs 2",
        "cv --folds 2 --data more --epochs 1 --batch 8 --image-size 32 --out cv",
        "tune --grid dropout=0.1,0.2 --out tune" SMALL,
        "tune --grid dropout=0.1,0.2 --jobs 2 --out jobs" SMALL,
        "eval --model run",
        "predict --model run more/C-NMC_test_prelim_phase_data"};
    program_run(&result, "synth more --images 60 --size 64 --format png --quiet");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; ++i) {
        int count = 0;
        program_run(&result, "%s", commands[i]);
        cr_assert_eq(result.exit_status, 0, "leukvk %s: %s", commands[i], result.err);
        for (int stream = 0; stream < 2; ++stream)
            for (const char *line = stream ? result.err : result.out; line && *line;
                 line = strchr(line, '\n'), line += line != NULL)
                count += strncmp(line, "device: ", 8) == 0;
        cr_expect_eq(count, 1, "leukvk %s: %d lines: %s%s", commands[i], count, result.out, result.err);
    }
}

/* ---- names from outside ---- */

Test(output, mistakes_show_no_control_characters) {
    static const char *const mistakes[] = {"data '\033[31mx\ny'", "'\033[31m'",
                                           "train '--\033[31m'",  "train --data x --model '\033[31m'",
                                           "summary '\033[31m'",  "predict --model '\033[31m' x"};
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; ++i) {
        cr_expect_neq(shell("%s", mistakes[i]), 0);
        char *said = program_read("said");
        expect_plain(said, mistakes[i]);
        cr_expect_not_null(strstr(said, "?[31m"), "%s", said);
        free(said);
    }
}

/* A folder of cells with a name of one byte, 0xFF, as an old archive unpacks it; the class is the folder above. */
static void draw_class_that_is_not_utf8(void) {
    cr_assert_eq(system("mkdir -p cells/hem \"cells/$(printf 'all\\377')\" && "
                        "cp data/C-NMC_training_data/*/hem/* cells/hem && "
                        "cp data/C-NMC_training_data/*/all/* \"cells/$(printf 'all\\377')\""),
                 0);
}

Test(output, a_class_that_is_not_utf8_is_json_all_the_same) {
    json_error_t error;
    draw_class_that_is_not_utf8();
    cr_expect_eq(shell("data cells --json >facts.json"), 0);
    json_t *facts = json_load_file("facts.json", 0, &error);
    cr_assert_not_null(facts, "%s: line %d", error.text, error.line);
    const json_t *part = json_array_get(json_object_get(facts, "parts"), 0);
    cr_expect_not_null(json_object_get(json_object_get(part, "classes"), "all\xEF\xBF\xBD"));
    json_decref(facts);
    cr_expect_eq(shell("data cells --split split.json"), 1);
    expect_said("all?/UID_");
    expect_said("is not UTF-8");
}

Test(output, a_data_folder_that_is_not_utf8_is_named) {
    static const char *const trainings[] = {"train", "cv", "tune --grid dropout=0"};
    cr_assert_eq(system("mv data \"$(printf 'cells\\377')\""), 0);
    for (size_t i = 0; i < sizeof trainings / sizeof *trainings; ++i) {
        cr_expect_eq(shell("%s --data \"$(printf 'cells\\377')\" --out run", trainings[i]), 2, "%s",
                     trainings[i]);
        expect_said(": --data cells?: is not UTF-8");
    }
    cr_expect_eq(shell("data \"$(printf 'cells\\377')\" --json >facts.json"), 0);
    json_t *facts = json_load_file("facts.json", 0, NULL);
    cr_expect_str_eq(json_string_value(json_object_get(facts, "folder")), "cells\xEF\xBF\xBD");
    json_decref(facts);
}

/* ---- what is read and what a run keeps ---- */

#define CELL "$(ls data/C-NMC_training_data/*/all/*.png | head -n 1)"

static void expect_kept(const char *arguments, const char *path, const char *says) {
    char command[512];
    snprintf(command, sizeof command, "cp %s kept", path);
    cr_expect(system(command) == 0 && shell("%s", arguments) == 2, "leukvk %s", arguments);
    expect_said(says);
    cr_expect(program_same_file("kept", path), "leukvk %s has overwritten %s", arguments, path);
}

Test(output, nothing_that_is_read_or_kept_is_overwritten) {
    cr_assert_eq(system("cp " CELL " cell.png && mkdir run && : >run/.lock && echo '{}' >run/config.json && "
                        "echo {} >run/split.json && cp data/*labels.csv labels.csv"),
                 0);
    expect_kept("predict --model nosuch cell.png --out cell.png", "cell.png", "--out cell.png: is read here");
    expect_kept("predict --model nosuch data --out data/C-NMC_test_prelim_phase_data_labels.csv",
                "data/C-NMC_test_prelim_phase_data_labels.csv", "is a table of data");
    expect_kept("predict --model cell.png x --out ./cell.png", "cell.png", "is read here");
    expect_kept("eval --model run --data data --out run/split.json", "run/split.json",
                "is a file of the run");
    expect_kept("data data --split run/config.json", "run/config.json", "--split run/config.json: is a file");
    expect_kept("export run --format onnx --out run/split.json", "run/split.json", "is a file of the run");
    expect_kept("export cell.png --format onnx --out cell.png", "cell.png", "is read here");
    expect_kept("import cell.png --out cell.png", "cell.png", "is read here");
    expect_kept("bench w2 --trace run/config.json", "run/config.json", "is a file of the run");
    cr_assert_eq(system("mkdir curves && echo path,p_all,class,label >curves/roc.csv"), 0);
    expect_kept("eval --from curves/roc.csv --curves curves", "curves/roc.csv", "--curves curves/roc.csv");
    cr_assert_eq(system("mkdir sheets && cp cell.png sheets/labels.png && cp labels.csv sheets"), 0);
    expect_kept("data sheets --sheet sheets/labels.png", "sheets/labels.csv", "--sheet sheets/labels.png");
    expect_kept("augment sheets --preview sheets/labels.png", "sheets/labels.png", "is an image of sheets");
}

/* Runs `leukvk COMMAND`; neither stream may have a control character but newlines, nor a line that begins as the
 * name's second one does. */
static void expect_tame(const char *command) {
    const int status = strncmp(command, "predict", 7) == 0; /* there is a picture that cannot be read */
    cr_expect_eq(shell("%s", command), status, "leukvk %s", command);
    char *said = program_read("said");
    expect_plain(said, command);
    cr_expect(!strstr(said, "\nSECOND") && strstr(said, "?SECOND"), "leukvk %s: %s", command, said);
    free(said);
}

/* Every verb that names a folder, a file, a class or a subject which somebody else has named. */
Test(output, names_from_outside_steer_no_terminal) {
    static const char *const commands[] = {
        "synth \"$BAD.synth\" --images 16 --subjects 8 --size 64",
        "data \"$BAD\"",
        "data \"$BAD\" --subjects",
        "data \"$BAD\" --split \"$BAD.json\"",
        "data \"$BAD\" --sheet \"$BAD.png\"",
        "augment \"$BAD\" --preview \"$BAD.png\" --cells 2 --views 2",
        "crop \"$BAD\" \"$BAD.crops\" --mode none",
        "train --data \"$BAD\" --out \"$BAD.run\" --model cnn --epochs 1 --batch 8",
        "predict --model \"$BAD.run\" \"$BAD\"",
        "predict --model \"$BAD.run\" \"$BAD\" --format csv --out \"$BAD.csv\"",
        "eval --model \"$BAD.run\"",
        "eval --model \"$BAD.run\" --prevalence 0.5 --subjects",
        "export \"$BAD.run\" --format onnx --out \"$BAD.onnx\"",
        "calibrate \"$BAD.run\" --from \"$BAD.run/predictions-validation.csv\" --temperature",
        "calibrate \"$BAD.run\" --remove",
    };
    cr_assert_eq(setenv("BAD", "cells\033[31m\nSECOND", 1), 0);
    cr_assert_eq(system("mkdir -p \"$BAD/$BAD\" \"$BAD/other\" && "
                        "cp data/C-NMC_training_data/*/all/* \"$BAD/$BAD\" && "
                        "cp data/C-NMC_training_data/*/hem/* \"$BAD/other\" && "
                        "printf broken >\"$BAD/other/$BAD.png\""),
                 0);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; ++i)
        expect_tame(commands[i]);
}
