/* What the command line shows: the progress bar on a terminal and in a pipe, tables, numbers. */
#include "support/scratch.h"

#include "leukvk/app/text.h"
#include "ui/epoch_line.h"
#include "ui/format.h"
#include "ui/loss_chart.h"
#include "ui/progress.h"
#include "ui/table.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static double now;

static double test_clock(void) {
    return now;
}

/* Output that a test can read. */
typedef struct capture {
    FILE *file;
    char *text;
    size_t size;
} capture;

static void capture_begin(capture *c) {
    c->file = open_memstream(&c->text, &c->size);
    cr_assert_not_null(c->file);
}

static void capture_end(capture *c) {
    fclose(c->file);
    free(c->text);
}

static void begin(progress *p, FILE *out, uint64_t total, bool every_tenth, bool terminal) {
    progress_begin(p, out, "Epoch 3/20", "images", total, every_tenth);
    cr_expect_not(p->is_terminal, "a memory stream is none");
    now = 0;
    p->clock = test_clock;
    p->started = 0;
    p->is_terminal = terminal;
    p->columns = 120;
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        ++count;
    return count;
}

Test(progress, line) {
    progress p;
    char line[256];
    begin(&p, stderr, 1223, false, true);
    const progress_values values = {.done = 512, .loss = 0.43214, .accuracy = 0.8119};
    cr_expect_str_eq(
        progress_line(&p, &values, 28, 120, line, sizeof line),
        "Epoch 3/20  41% [============>                 ]  512/1,223  18.3 images/s  loss 0.4321  acc 0.812"
        "  ETA 39 s");
    const progress_values first = {.done = 0, .loss = NAN, .accuracy = NAN};
    cr_expect_str_eq(progress_line(&p, &first, 0, 120, line, sizeof line),
                     "Epoch 3/20   0% [>                             ]  0/1,223");
    const progress_values last = {.done = 1223, .loss = NAN, .accuracy = NAN};
    cr_expect_str_eq(progress_line(&p, &last, 61.15, 120, line, sizeof line),
                     "Epoch 3/20 100% [==============================]  1,223/1,223  20.0 images/s");
}

/* At no width does the line reach the last column, and what matters stays longest. */
Test(progress, any_width) {
    progress p;
    char line[512];
    begin(&p, stderr, 1000000, false, true);
    snprintf(p.title, sizeof p.title, "Épo×que 十");
    const progress_values values = {.done = 123456, .loss = 0.4, .accuracy = 0.8};
    for (int columns = 0; columns < 300; ++columns) {
        progress_line(&p, &values, 100, columns, line, sizeof line);
        cr_expect_leq((int)lvk_text_columns(line), columns > 1 ? columns - 1 : 0, "%d columns: %s", columns,
                      line);
        if (columns >= 40)
            cr_expect_not_null(strstr(line, "ETA"), "%d columns: %s", columns, line);
        if (columns >= 60)
            cr_expect_not_null(strchr(line, '['), "%d columns: %s", columns, line);
        if (columns >= 16)
            cr_expect_not_null(strstr(line, "12%"), "%d columns: %s", columns, line);
    }
    char small[8]; /* a buffer that is too small is filled, not overrun */
    cr_expect_lt(strlen(progress_line(&p, &values, 100, 80, small, sizeof small)), sizeof small);
}

Test(progress, redraws_at_most_ten_times_a_second) {
    progress p;
    capture c;
    capture_begin(&c);
    begin(&p, c.file, 10000, false, true);
    for (uint64_t i = 0; i < 10000; ++i) { /* ten seconds */
        now = (double)i / 1000;
        progress_update(&p, &(progress_values){.done = i, .loss = NAN, .accuracy = NAN});
    }
    cr_expect_geq(count_of(c.text, "\r"), 80);
    cr_expect_leq(count_of(c.text, "\r"), 101);
    cr_expect_null(strchr(c.text, '\n'), "a bar stays on its line");
    const size_t before = c.size;
    progress_clear(&p);
    cr_expect_str_eq(c.text + before, "\r\033[K");
    progress_clear(&p);
    cr_expect_eq(c.size, before + 4, "there is nothing left to clear");
    progress_end(&p, &(progress_values){.done = 10000, .loss = 0.5, .accuracy = NAN}, "best so far");
    cr_expect_str_eq(c.text + before + 4,
                     "Epoch 3/20  10,000 images in 10 s  1000.1 images/s  loss 0.5000  best so far\n");
    capture_end(&c);
}

Test(progress, a_pipe_gets_plain_lines) {
    static const char first[] =
        "Epoch 3/20  100/1,000  10.0 images/s  loss 0.2500  acc 0.750  ETA 1 min 30 s\n";
    for (int every_tenth = 0; every_tenth < 2; ++every_tenth) {
        progress p;
        capture c;
        capture_begin(&c);
        begin(&p, c.file, 1000, every_tenth != 0, false);
        for (uint64_t i = 0; i <= 1000; ++i) {
            now = (double)i / 10;
            progress_update(&p, &(progress_values){.done = i, .loss = 0.25, .accuracy = 0.75});
        }
        progress_end(&p, &(progress_values){.done = 1000, .loss = 0.25, .accuracy = 0.75}, NULL);
        cr_expect_eq(count_of(c.text, "\n"), every_tenth ? 10 : 1);
        cr_expect_eq(strcspn(c.text, "\r\033"), c.size, "no control characters");
        if (every_tenth)
            cr_expect_eq(strncmp(c.text, first, sizeof first - 1), 0, "%s", c.text);
        cr_expect_not_null(strstr(c.text, "Epoch 3/20  1,000 images in 1 min 40 s  10.0 images/s"), "%s",
                           c.text);
        capture_end(&c);
    }
}

Test(progress, tables) {
    table t = {0};
    capture c;
    capture_begin(&c);
    table_column(&t, "layer");
    table_number_column(&t, "parameters");
    table_column(&t, "shape");
    table_cell(&t, "conv2d");
    table_cell(&t, "%d", 896);
    table_cell(&t, "222×222×32");
    table_cell(&t, "bad\nname\033");
    table_cell(&t, "7");
    table_cell(&t, "x");
    table_rule(&t);
    table_cell(&t, "total");
    table_cell(&t, "2,825,345");
    table_print(&t, c.file);
    fflush(c.file);
    cr_expect_str_eq(c.text, "layer      parameters  shape\n"
                             "---------  ----------  ----------\n"
                             "conv2d            896  222×222×32\n"
                             "bad?name?           7  x\n"
                             "---------  ----------  ----------\n"
                             "total       2,825,345\n");
    table_finish(&t);
    capture_end(&c);
}

typedef struct number_case {
    double value;
    const char *text;
} number_case;

Test(progress, numbers) {
    char text[FORMAT_SIZE];
    static const number_case counts[] = {{0, "0"}, {999, "999"}, {1000, "1,000"}, {2825345, "2,825,345"}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; ++i)
        cr_expect_str_eq(format_count(text, (uint64_t)counts[i].value), counts[i].text);
    cr_expect_str_eq(format_count(text, UINT64_MAX), "18,446,744,073,709,551,615");
    static const number_case bytes[] = {{0, "0 B"},           {1023, "1023 B"},
                                        {1024, "1.0 KiB"},    {1.5 * 1073741824, "1.5 GiB"},
                                        {1048575, "1.0 MiB"}, {134217728, "128.0 MiB"}};
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; ++i)
        cr_expect_str_eq(format_bytes(text, (uint64_t)bytes[i].value), bytes[i].text);
    cr_expect_str_eq(format_bytes(text, UINT64_MAX), "16.0 EiB");
    static const number_case times[] = {{0, "0.00 s"},          {0.994, "0.99 s"},    {0.999, "1.0 s"},
                                        {9.94, "9.9 s"},        {9.96, "10 s"},       {59.4, "59 s"},
                                        {59.6, "1 min 00 s"},   {200, "3 min 20 s"},  {3599.4, "59 min 59 s"},
                                        {3599.6, "1 h 00 min"}, {7500, "2 h 05 min"}, {-1, "n/a"},
                                        {NAN, "n/a"},           {INFINITY, "n/a"}};
    for (size_t i = 0; i < sizeof times / sizeof *times; ++i)
        cr_expect_str_eq(format_duration(text, times[i].value), times[i].text);
    cr_expect_str_eq(format_number(text, 0.89877, 4), "0.8988");
    cr_expect_str_eq(format_number(text, NAN, 4), "n/a");
    cr_expect_str_eq(format_number(text, 1e300, 4), "1e+300");
    static const number_case scaled[] = {
        {0, "0 FLOP"},          {12, "12 FLOP"},         {999, "999 FLOP"},       {1234, "1.23 kFLOP"},
        {1.51e9, "1.51 GFLOP"}, {43.26e6, "43.3 MFLOP"}, {999.6e6, "1.00 GFLOP"}, {123456, "123 kFLOP"}};
    for (size_t i = 0; i < sizeof scaled / sizeof *scaled; ++i)
        cr_expect_str_eq(format_scaled(text, scaled[i].value, "FLOP"), scaled[i].text);
}

/* Eighty columns, whatever the figures: what matters least goes first. */
Test(progress, an_epoch_is_one_line_of_80_columns) {
    static const lvk_metrics validation = {.loss = 0.67749, .accuracy = 0.5, .auc = 0.78214};
    char line[256];
    lvk_train_event event = {.epoch = 1,
                             .epochs = 6,
                             .loss = 0.52,
                             .accuracy = 0.7311,
                             .images_per_second = 71.43,
                             .waited = 0.05,
                             .best = true,
                             .validation = &validation};
    cr_expect_str_eq(epoch_line(&event, 80, line, sizeof line),
                     "Epoch 1/6  71.4 images/s  loss 0.5200  validation loss 0.6775  AUC 0.782  best");
    cr_expect_str_eq(
        epoch_line(&event, 120, line, sizeof line),
        "Epoch 1/6  71.4 images/s  loss 0.5200  acc 0.731  validation loss 0.6775  AUC 0.782  best");
    event.best = false;
    event.waited = 0.314;
    event.images_per_second = 1234.4;
    cr_expect_str_eq(
        epoch_line(&event, 120, line, sizeof line),
        "Epoch 1/6  1234 images/s  loss 0.5200  acc 0.731  validation loss 0.6775  AUC 0.782  waited 31 %");
    event.epoch = event.epochs = 1000000;
    event.loss = 9.12965e18;
    event.best = true;
    cr_expect_leq(lvk_text_columns(epoch_line(&event, 80, line, sizeof line)), 80, "%s", line);
    cr_expect_not_null(strstr(line, "validation loss 0.6775  AUC 0.782  best"), "%s", line);
    event.images_per_second = 0; /* resumed behind the last step */
    cr_expect_null(strstr(epoch_line(&event, 120, line, sizeof line), "images/s"), "%s", line);
}

/* Of an epoch of which some was trained before: what was done is not what was done since the beginning. */
Test(progress, a_rate_that_the_caller_knows_is_shown) {
    progress p;
    char line[256];
    begin(&p, stdout, 1000, false, true);
    p.rate = 20;
    progress_line(&p, &(progress_values){900, NAN, NAN}, 2, 80, line, sizeof line);
    cr_expect_not_null(strstr(line, "20.0 images/s"), "%s", line);
    cr_expect_not_null(strstr(line, "ETA 5.0 s"), "%s", line);
}

/* ---- the chart at the end of a training ---- */

static void expect_chart(const loss_chart *chart, const char *text) {
    capture c;
    capture_begin(&c);
    loss_chart_print(chart, c.file);
    fflush(c.file);
    cr_expect_str_eq(c.text, text);
    capture_end(&c);
}

Test(progress, losses_are_drawn_over_their_epochs) {
    static const double train[] = {0.8, 0.7, 0.5, 0.4, 0.3, 0.2, 0.2, 0.2},
                        validation[] = {0.9, 0.7, 0.6, 0.4, 0.5, NAN, 0.5, 0.55};
    expect_chart(&(loss_chart){train, validation, 8, 4, 80},
                 "\n"
                 "    loss\n"
                 "    0.90 |o\n"
                 "         |*\n"
                 "         |    @\n"
                 "         |        o\n"
                 "    0.55 |                            o\n"
                 "         |        *       o       o\n"
                 "         |            @\n"
                 "         |                *\n"
                 "    0.20 |                    *   *   *\n"
                 "         +------------^----------------\n"
                 "          1           4               8  epoch\n"
                 "          * training  o validation  @ both  ^ kept\n");
    static const double none[] = {NAN, NAN, NAN};
    expect_chart(&(loss_chart){train, none, 3, 0, 80}, "\n"
                                                       "    loss\n"
                                                       "    0.80 |*\n"
                                                       "         |\n"
                                                       "         |\n"
                                                       "         |    *\n"
                                                       "    0.65 |\n"
                                                       "         |\n"
                                                       "         |\n"
                                                       "         |\n"
                                                       "    0.50 |        *\n"
                                                       "         +---------\n"
                                                       "          1   2   3  epoch\n"
                                                       "          * training\n");
    expect_chart(&(loss_chart){train, none, 1, 0, 80}, "");
    expect_chart(&(loss_chart){none, none, 3, 0, 80}, "");
    expect_chart(&(loss_chart){train, validation, 8, 4, 59}, "");
}

/* However many epochs there are, and however large a loss is, no line is wider than the terminal or 80 columns. */
Test(progress, a_chart_fits_the_terminal) {
    enum { MOST = 1000 };
    static double train[MOST], validation[MOST];
    for (int i = 0; i < MOST; ++i) {
        train[i] = i == 3 ? 4e18 : 1.0 / (1 + i);
        validation[i] = 2.0 / (1 + i);
    }
    for (int columns = 60; columns <= 100; columns += 20)
        for (size_t count = 2; count < MOST; count += 1 + count / 3) {
            capture c;
            capture_begin(&c);
            loss_chart_print(&(loss_chart){train, validation, count, count, columns}, c.file);
            fflush(c.file);
            for (char *line = strtok(c.text, "\n"); line; line = strtok(NULL, "\n"))
                cr_expect_leq((int)strlen(line), columns < 80 ? columns : 80, "%zu: %s", count, line);
            capture_end(&c);
        }
}
