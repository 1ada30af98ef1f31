/* Data sets from tables and from folders with parts of their own, in every verb that reads images. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static program_result result; /* large */

/* The options that the table needs. */
#define HOW "--columns path=Bild,label=Befund --subject-pattern /s([^x]+)x"

static void run_ok(const char *command) {
    program_run(&result, "%s", command);
    cr_assert_eq(result.exit_status, 0, "%s: %s", command, result.err);
}

/* In a new folder, where the program runs from now on: 40 drawn cells cells/sSUBJECTxN.png, and cells.csv,
 * which lists them as a German spreadsheet would. */
static const char *draw(void) {
    const char *folder = program_folder();
    cr_assert_eq(chdir(folder), 0);
    run_ok("synth drawn --images 48 --subjects 24 --size 64 --format png --seed 3");
    cr_assert_eq(
        system("mkdir cells && printf 'Bild;Befund;\\r\\n' >cells.csv && n=0 && " /* NOLINT(cert-env33-c) */
               "for f in $(find drawn -path '*fold_*' -name '*.png' | sort); do n=$((n+1)); "
               "case $f in */all/*) c=krank;; *) c=gesund;; esac; s=${f##*/UID_}; p=cells/s${s%%_*}x$n.png; "
               "cp $f $p && printf '%s;%s;\\r\\n' $p $c >>cells.csv; done && printf '\\r\\n' >>cells.csv"),
        0);
    return folder;
}

static size_t count_lines(const char *text) {
    size_t lines = 0;
    for (; *text; ++text)
        lines += *text == '\n';
    return lines;
}

Test(tables, a_run_finds_its_images_again) {
    const char *folder = draw();
    run_ok("train --data cells.csv " HOW " --positive krank --epochs 1 --batch 16 --image-size 32 --out run");
    EXPECT_SAYS(result.err, "cells.csv: path from column 'Bild', label from column 'Befund'\n");
    EXPECT_LACKS(result.err, "no subject is known");
    char *config = program_read_in(".", "run/config.json");
    EXPECT_SAYS(config, "\"columns\": \"path=Bild,label=Befund\"");
    EXPECT_SAYS(config, "\"subject_pattern\": \"/s([^x]+)x\"");
    EXPECT_SAYS(config, "/cells.csv\"");
    free(config);
    run_ok("eval --model run --json --quiet");
    static program_result held_out;
    held_out = result;
    run_ok("eval --model run --data cells.csv --json");
    EXPECT_SAYS(result.err, "cells.csv is the data set that run was trained on: its test part is evaluated");
    cr_expect_str_eq(result.out, held_out.out);
    run_ok("predict --model run --part test --format csv");
    run_ok("predict --model run --data cells.csv --format csv");
    cr_expect_eq(count_lines(result.out), 41, "%s", result.out);
    EXPECT_SAYS(result.out, "\ncells/s");
    run_ok("train --resume run --epochs 2");
    cr_assert_eq(system("mkdir moved && mv cells cells.csv moved"), 0); /* NOLINT(cert-env33-c) */
    program_run(&result, "eval --model run");
    cr_expect_eq(result.exit_status, 1);
    EXPECT_SAYS(result.err, "/cells.csv, where it no longer is; --data DIR tells where it is now");
    run_ok("eval --model run --data moved/cells.csv --part test --json");
    /* a table that is not the run's has columns of its own */
    cr_assert_eq(
        system("sed 's/Bild;Befund/file;class/' moved/cells.csv >moved/other.csv"), /* NOLINT(cert-env33-c) */
        0);
    run_ok("eval --model run --data moved/other.csv --columns path=file,label=class");
    program_run(&result, "eval --model run --data moved/other.csv");
    cr_expect_eq(result.exit_status, 1);
    EXPECT_SAYS(result.err,
                "other.csv: line 1: no column 'Bild' (--columns path=...); there is file, class\n");
    program_remove(folder);
}

Test(tables, every_verb_reads_them) {
    const char *folder = draw();
    run_ok("data cells.csv " HOW " --split split.json");
    EXPECT_SAYS(result.out, "2 classes: gesund, krank; positive: krank");
    EXPECT_LACKS(result.out, "No subject is known");
    run_ok("augment cells.csv " HOW " --preview views.png");
    run_ok("crop cells.csv " HOW " cropped --mode none");
    EXPECT_SAYS(result.out, "40 crops in cropped");
    run_ok("data cropped/index.csv");
    EXPECT_SAYS(result.err,
                "path from column 'output', label from column 'class', subject from column 'subject'");
    EXPECT_SAYS(result.out, "2 classes: gesund, krank; positive: krank");
    run_ok("cv --data cells.csv " HOW " --folds 2 --epochs 1 --batch 16 --image-size 32 --out cv");
    run_ok("eval --model cv/fold-1 --json");
    run_ok("tune --data cells.csv " HOW " --out tune --epochs 1 --image-size 32 --batch 16 "
           "--grid learning-rate=0.001,0.01");
    EXPECT_SAYS(result.out, " --columns path=Bild,label=Befund ");
    run_ok("data cells.csv --columns path=Bild,label=Befund");
    EXPECT_SAYS(result.out, "No subject is known for 40 of 40 images");
    EXPECT_SAYS(result.out, "each of these images counts as a person of its own");
    program_remove(folder);
}

Test(tables, mistakes_of_the_command_line) {
    static const struct {
        const char *command, *line;
        int exit_status;
    } cases[] = {
        {"data cells --columns label=Befund", "leukvk: --columns: is for a table, and cells is none\n", 2},
        {"data cells.csv --columns lable=Befund", "--columns lable=Befund: as in path=File", 2},
        {"crop cells.csv out --subject-pattern a(", "--subject-pattern a(: ", 2},
        {"augment cells.csv --preview a.png --subject-pattern ab", "--subject-pattern ab: has no group ( )",
         2},
        {"train --data cells.csv --columns x", "--columns x: as in path=File", 2},
        {"cv --data cells.csv --subject-pattern )(", "--subject-pattern )(: ", 2},
        {"tune --data cells.csv --subject-pattern ab", "--subject-pattern ab: has no group", 2},
        {"eval --model run --data cells.csv --columns x", "--columns x: as in path=File", 2},
        {"predict --model run --data cells.csv --subject-pattern ab", "--subject-pattern ab: has no group",
         2},
        {"data cells.csv", "leukvk: cells.csv: line 1: no column is called as the path of images usually is",
         1},
        {"train --data cells.csv --columns path=Bild",
         "leukvk: cells.csv: line 1: no column is called as the label", 1},
        {"data cells.csv " HOW ",y",
         "leukvk: cells.csv: --subject-pattern /s([^x]+)x,y matches none of the 40 paths", 1},
        {"data cells/s1.xlsx",
         "leukvk: cells/s1.xlsx: is a file; a data set is a folder, or a table named .csv", 1},
    };
    const char *folder = draw();
    cr_assert_eq(system("cp cells.csv cells/s1.xlsx"), 0); /* NOLINT(cert-env33-c) */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        program_run(&result, "%s", cases[i].command);
        cr_expect_eq(result.exit_status, cases[i].exit_status, "%s: %d", cases[i].command,
                     result.exit_status);
        EXPECT_SAYS(result.err, cases[i].line);
    }
    program_remove(folder);
}

Test(tables, parts_of_folders_are_the_split) {
    const char *folder = draw();
    cr_assert_eq(
        system(
            "n=0; tail -n +2 cells.csv | tr -d '\\r' | while IFS=';' read p c rest; do [ -n \"$p\" ] || " /* NOLINT(cert-env33-c) */
            "continue; n=$((n+1)); d=train; [ $((n%4)) = 0 ] && d=val; [ $((n%4)) = 1 ] && d=Test; "
            "mkdir -p parts/$d/$c && cp $p parts/$d/$c; done"),
        0);
    run_ok("data parts --subject-pattern /s([^x]+)x");
    EXPECT_SAYS(result.err, "split: the parts are the data set's own: train ");
    EXPECT_SAYS(result.err, "warning: THE DATA SET'S OWN PARTS SHARE SUBJECTS: ");
    EXPECT_SAYS(result.out, "\nvalidation ");
    run_ok("data parts --json --quiet");
    EXPECT_SAYS(result.out, "\"own_parts\": {\"train\": ");
    run_ok("train --data parts --epochs 1 --batch 16 --image-size 32 --out run");
    EXPECT_SAYS(result.err, "split: the parts are the data set's own: train ");
    char *config = program_read_in(".", "run/config.json");
    EXPECT_LACKS(config, "\"columns\"");
    EXPECT_LACKS(config, "\"subject_pattern\"");
    free(config);
    run_ok("predict --model run --part test --format csv");
    EXPECT_SAYS(result.out, "\nTest/gesund/");
    EXPECT_LACKS(result.out, "\ntrain/");
    run_ok("cv --data parts --folds 2 --epochs 1 --batch 16 --image-size 32 --out cv");
    EXPECT_SAYS(result.err, "images of the data set's own test part are in none of the folds");
    char *predictions = program_read_in(".", "cv/predictions.csv");
    EXPECT_LACKS(predictions, "Test/");
    free(predictions);
    /* what can be said of one class alone */
    run_ok("eval --model run --data parts/Test/..");
    cr_assert_eq(system("mkdir one && cp -r parts/Test/gesund one"), 0); /* NOLINT(cert-env33-c) */
    run_ok("eval --model run --data one --replicates 100");
    EXPECT_SAYS(result.out, "\naccuracy ");
    const char *auc = strstr(result.out, "\nAUC ");
    cr_assert(auc && strncmp(auc + 5 + strspn(auc + 5, " "), "n/a ", 4) == 0, "%s", result.out);
    program_remove(folder);
}

Test(tables, four_classes_from_a_table) {
    const char *folder = program_folder();
    cr_assert_eq(chdir(folder), 0);
    run_ok("synth drawn --classes 4 --images 80 --size 64 --format png");
    cr_assert_eq(
        system(
            "echo image,class,patient >cells.tsv && (cd drawn && find . -name '*.png' | sort) | " /* NOLINT(cert-env33-c) */
            "awk -F/ '{print \"drawn/\" $2 \"/\" $3 \"/\" $4 \",\" $2 \",\" $3}' >>cells.tsv"),
        0);
    run_ok("data cells.tsv");
    EXPECT_SAYS(result.out, "4 classes: Benign, Early, Pre, Pro");
    EXPECT_LACKS(result.out, "No subject is known");
    run_ok("train --data cells.tsv --epochs 1 --batch 16 --image-size 32 --out run");
    run_ok("predict --model run --data cells.tsv --format csv");
    cr_expect_eq(count_lines(result.out), 81, "%s", result.out);
    EXPECT_SAYS(result.out, "p_Early");
    run_ok("eval --model run");
    program_run(&result, "predict --model run cells.tsv");
    cr_expect_eq(result.exit_status, 1);
    EXPECT_SAYS(result.err, "cells.tsv: is no image; --data reads the images that a table lists");
    program_remove(folder);
}
