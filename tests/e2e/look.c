/* Looking at what a model says of images: predict --sort links them into folders, eval --worst lists and draws
 * those that it gets most wrong. */
#define _XOPEN_SOURCE 700
#include "support/program.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static program_result result; /* large */

static void must(int exit_status) {
    cr_assert_eq(result.exit_status, exit_status, "%s%s", result.out, result.err);
}

/* The count of links in the current folder that `find` finds by these arguments. */
static int links(const char *arguments) {
    char command[512];
    int count = -1;
    snprintf(command, sizeof command, "find %s -type l | wc -l", arguments);
    FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c) */
    cr_assert(pipe && fscanf(pipe, "%d", &count) == 1);
    pclose(pipe);
    return count;
}

static void train(void) {
    program_run(&result, "synth cells --images 48 --subjects 12 --size 64 --format png");
    must(0);
    program_run(&result, "train --data cells --out run --epochs 1 --batch 16 --image-size 32");
    must(0);
}

/* The link of a line of predictions: in the folder of its class, with `right` or `wrong` by the label. */
static void link_of(char *line, const char *folder, bool labelled, char link[1024]) {
    char *name = line, *after = strchr(line, ',');
    *after++ = '\0';
    const double p = strtod(labelled ? strchr(after, ',') + 1 : after, &after); /* the subject comes first */
    const char *called = p > 0.5 ? "all" : "hem", *label = strchr(after + 1, ',');
    const bool right = labelled && strncmp(label + 1, called, 3) == 0;
    cr_expect_eq(strncmp(after + 1, called, 3), 0, "%s", after);
    for (char *c = name; *c; ++c)
        if (*c == '/')
            *c = '_';
    snprintf(link, 1024, "%s/%s%s/%s", folder, called, !labelled ? "" : right ? "/right" : "/wrong", name);
}

/* Every line of the predictions has its link, and there are no others. */
static void expect_links(const char *table, const char *folder, bool labelled) {
    char *text = program_read_in(".", table), *rest = NULL, link[1024];
    int rows = 0;
    (void)strtok_r(text, "\n", &rest);
    for (char *line = strtok_r(NULL, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), ++rows) {
        link_of(line, folder, labelled, link);
        cr_expect_eq(access(link, R_OK), 0, "%s", link); /* of the image that it leads to */
    }
    cr_expect_eq(links(folder), rows);
    free(text);
}

Test(look, images_are_sorted_by_their_class) {
    const char *folder = program_folder();
    cr_assert_eq(chdir(folder), 0);
    train();
    program_run(&result, "predict --model run cells/C-NMC_test_prelim_phase_data --sort sorted --out p.csv");
    must(0);
    EXPECT_SAYS(result.err, " images sorted into sorted");
    expect_links("p.csv", "sorted", false);

    program_run(&result, "predict --model run --part test --sort tested --format csv");
    must(0);
    expect_links("run/predictions-test.csv", "tested", true);

    program_run(&result, "predict --model run cells --sort sorted");
    must(2);
    EXPECT_SAYS(result.err, "--sort sorted: is not empty");
    /* one image under two names that give the same link */
    cr_assert_eq(
        system(
            "mkdir -p a/b && f=$(find cells -name '*.png' | head -1) && cp $f a/b/1.png && cp $f a/b_1.png"),
        0); /* NOLINT(cert-env33-c) */
    program_run(&result, "predict --model run a --sort same");
    must(0);
    cr_expect_eq(links("same -name a_b_1.png"), 1);
    cr_expect_eq(links("same -name 2-a_b_1.png"), 1);
    cr_assert_eq(chdir("/"), 0);
    program_remove(folder);
}

/* The probability at the end of each line of the list; returns how many lines there are. */
static int read_list(const char *out, double p[], int most) {
    const char *at = strstr(out, "to whose own class the model gives the least probability:");
    int count = 0;
    cr_assert_not_null(at, "%s", out);
    for (at = strstr(at, "-----\n"); at && count < most && *(at = strchr(at, '\n') + 1) > ' '; ++count) {
        const char *end = strchr(at, '\n');
        while (end[-1] != ' ')
            --end;
        p[count] = strtod(end, NULL);
    }
    return count;
}

Test(look, the_most_wrong_are_listed_and_drawn) {
    const char *folder = program_folder();
    double p[16];
    cr_assert_eq(chdir(folder), 0);
    FILE *file = fopen("p.csv", "w");
    cr_assert_not_null(file);
    fputs("path,p_all,label\na,.9,all\nb,.8,hem\nc,.2,hem\nd,.6,\ne,.1,all\n", file);
    fclose(file);
    program_run(&result, "eval --from p.csv --worst 3");
    must(0);
    cr_assert_eq(read_list(result.out, p, 16), 3, "%s", result.out);
    cr_expect(fabs(p[0] - 0.1) < 1e-6 && fabs(p[1] - 0.2) < 1e-6 && fabs(p[2] - 0.8) < 1e-6, "%s",
              result.out);
    EXPECT_SAYS(result.out, "e      all    hem");
    program_run(&result, "eval --from p.csv --sheet worst.png");
    must(2);
    program_run(&result, "eval --from p.csv --worst 2 --json");
    must(2);

    train();
    program_run(&result, "eval --model run --sheet worst.png");
    must(0);
    const int listed = read_list(result.out, p, 16);
    cr_expect_gt(listed, 1);
    for (int i = 1; i < listed; ++i)
        cr_expect_leq(p[i - 1], p[i]);
    EXPECT_SAYS(result.out, "Sheet of these cells: worst.png");
    char *png = program_read("worst.png");
    cr_assert(png && memcmp(png, "\x89PNG", 4) == 0);
    const unsigned char *size = (unsigned char *)png + 16; /* a row of at most ten cells of 150 pixels */
    cr_expect_eq((size[2] << 8) + size[3], 8 + 158 * (listed < 10 ? listed : 10));
    free(png);
    cr_assert_eq(chdir("/"), 0);
    program_remove(folder);
}
