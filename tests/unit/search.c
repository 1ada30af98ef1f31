/* Hyperparameter search: axes and points, the rounds of halving, and what a trial's folder says. */
#include "search/search_space.h"
#include "search/search_trial.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static lvk_search_options options_of(lvk_search_kind kind, uint32_t trials, const char *const *axes) {
    lvk_search_options o = {
        .train = lvk_train_defaults(), .kind = kind, .trials = trials, .axes = axes, .jobs = 1};
    o.train.data = "cells";
    while (axes && axes[o.axis_count])
        ++o.axis_count;
    return o;
}

static lvk_search_space valid(const lvk_search_options *options) {
    lvk_search_space space;
    cr_assert_eq(lvk_search_space_init(&space, options), LVK_OK, "%s", lvk_error_message());
    return space;
}

Test(search, the_grid_of_the_keras_work_is_the_default) {
    lvk_search_options o = options_of(LVK_SEARCH_GRID, 0, NULL);
    lvk_search_space space = valid(&o);
    cr_assert_eq(space.axis_count, 3);
    cr_assert_eq(space.point_count, 27);
    lvk_train_options first = o.train, last = o.train;
    lvk_search_space_apply(&space, 0, &first);
    lvk_search_space_apply(&space, 26, &last);
    cr_expect(first.epochs == 10 && first.learning_rate == 0.001 && first.dropout == 0);
    cr_expect(last.epochs == 20 && last.learning_rate == 0.1 && last.dropout == 0.5);
    cr_expect_str_eq(lvk_search_space_value(&space, 1, 2), "0.25", "the last axis changes fastest");
    lvk_search_space_finish(&space);
    o.kind = LVK_SEARCH_HALVING;
    space = valid(&o);
    cr_expect_eq(space.point_count, 9);
    lvk_search_space_finish(&space);
    o.kind = LVK_SEARCH_GRID;
    o.train.model = "resnet50";
    space = valid(&o);
    cr_expect_eq(space.point_count, 27);
    cr_expect_str_eq(lvk_search_space_value(&space, 26, 2), "dense:64,dropout:0.5");
    lvk_search_space_finish(&space);
}

Test(search, axes_may_come_in_any_order_and_in_parts) {
    const char *const axes[] = {"schedule=cosine,step:3,7,constant", "epochs=9", "epochs=10,12", NULL};
    const lvk_search_options o = options_of(LVK_SEARCH_GRID, 0, axes);
    lvk_search_space space = valid(&o);
    cr_assert_eq(space.point_count, 9);
    cr_expect_str_eq(lvk_search_space_name(&space, 0), "epochs");
    cr_expect_str_eq(lvk_search_space_name(&space, 1), "schedule");
    lvk_train_options point = o.train;
    lvk_search_space_apply(&space, 4, &point);
    cr_expect_eq(point.epochs, 10);
    cr_expect_str_eq(point.schedule, "step:3,7");
    lvk_search_space_finish(&space);
}

/* A point whose optimizer has no momentum is trained without, not refused. */
Test(search, options_of_one_optimizer_may_be_searched_beside_others) {
    const char *const axes[] = {"optimizer=adam,sgd", "momentum=0.5,0.8", NULL};
    lvk_search_options o = options_of(LVK_SEARCH_GRID, 0, axes);
    lvk_search *search;
    cr_assert_eq(lvk_search_create(&o, &search), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_search_trial_count(search), 4);
    for (uint32_t trial = 1; trial <= 4; ++trial) {
        const lvk_train_options t = lvk_search_trial_options(search, trial);
        const double momentum = strcmp(t.optimizer, "adam") == 0 ? 0.9 : trial <= 2 ? 0.5 : 0.8;
        cr_expect_eq(t.momentum, momentum, "trial %u, %s: %g", trial, t.optimizer, t.momentum);
        cr_expect_eq(lvk_train_options_check(&t), LVK_OK, "%s", lvk_error_message());
    }
    lvk_search_destroy(&search);
}

Test(search, keys_may_be_aliases) {
    const char *const axes[] = {"lr=0.1", "learning-rate=0.01", "batch-size=8", NULL};
    const lvk_search_options o = options_of(LVK_SEARCH_GRID, 0, axes);
    lvk_search_space space = valid(&o);
    cr_expect_eq(space.point_count, 2);
    cr_expect_str_eq(lvk_search_space_name(&space, 1), "learning-rate");
    lvk_search_space_finish(&space);
}

Test(search, wrong_axes_are_named) {
    static const struct {
        lvk_search_kind kind;
        uint32_t trials;
        const char *axes[3], *says;
    } cases[] = {
        {LVK_SEARCH_GRID, 0, {"speed=1"}, "--grid speed=1"},
        {LVK_SEARCH_GRID, 0, {"dropout"}, "--grid dropout"},
        {LVK_SEARCH_GRID, 0, {"dropout="}, "empty"},
        {LVK_SEARCH_GRID, 0, {"dropout=0,"}, "empty"},
        {LVK_SEARCH_GRID, 0, {"dropout=0,x"}, "'x' is not a number"},
        {LVK_SEARCH_GRID, 0, {"batch=8,8.5"}, "'8.5' is not a whole number"},
        {LVK_SEARCH_GRID, 0, {"batch=8", "batch=8"}, "8 is there twice"},
        {LVK_SEARCH_GRID, 0, {"dropout=0..0.5"}, "a range needs --search random"},
        {LVK_SEARCH_GRID, 0, {"head=dense:8"}, "no effect on a cnn"},
        {LVK_SEARCH_GRID, 0, {"momentum=0.5,0.9"}, "no effect with adam"},
        {LVK_SEARCH_GRID, 3, {"dropout=0,0.5"}, "--trials 3"},
        {LVK_SEARCH_RANDOM, 0, {"dropout=0,0.5"}, "--trials N"},
        {LVK_SEARCH_RANDOM, 3, {"dropout=0.5..0"}, "above the first"},
        {LVK_SEARCH_RANDOM, 3, {"l2=0..1"}, "log-uniformly"},
        {LVK_SEARCH_RANDOM, 3, {"dropout=0..0.5", "dropout=0.6"}, "no other values"},
        {LVK_SEARCH_RANDOM, 3, {"dropout=0.6", "dropout=0..0.5"}, "no other values"},
        {LVK_SEARCH_HALVING, 0, {"epochs=1,2"}, "chooses the epochs"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        const lvk_search_options o = options_of(cases[i].kind, cases[i].trials, cases[i].axes);
        lvk_search_space space;
        cr_expect_eq(lvk_search_space_init(&space, &o), LVK_ERROR_ARGUMENT, "%s", cases[i].says);
        cr_expect_not_null(strstr(lvk_error_message(), cases[i].says), "'%s' does not say '%s'",
                           lvk_error_message(), cases[i].says);
    }
}

Test(search, too_many_trials_are_refused) {
    char values[2][400] = {"batch=1", "epochs=1"};
    for (int i = 2; i <= 40; ++i)
        for (int a = 0; a < 2; ++a)
            snprintf(values[a] + strlen(values[a]), 16, ",%d", i);
    const char *const axes[] = {values[0], values[1], NULL};
    const lvk_search_options o = options_of(LVK_SEARCH_GRID, 0, axes);
    lvk_search_space space;
    cr_expect_eq(lvk_search_space_init(&space, &o), LVK_ERROR_ARGUMENT);
    cr_expect_not_null(strstr(lvk_error_message(), "999"), "%s", lvk_error_message());
}

Test(search, points_are_drawn_within_their_ranges_from_the_seed) {
    enum { POINTS = 400 };
    const char *const axes[] = {"learning-rate=0.0001..0.01", "batch=8..11", "dropout=0..0.5",
                                "optimizer=adam,sgd", NULL};
    lvk_search_options o = options_of(LVK_SEARCH_RANDOM, POINTS, axes);
    lvk_search_space space = valid(&o), again = valid(&o);
    o.train.seed = 2;
    lvk_search_space other = valid(&o);
    int low_rate = 0, low_dropout = 0, sgd = 0, batch[4] = {0}, same = 0;
    for (uint32_t i = 0; i < POINTS; ++i) {
        lvk_train_options p = o.train;
        lvk_search_space_apply(&space, i, &p);
        cr_assert(p.learning_rate >= 0.0001 && p.learning_rate <= 0.01 && p.batch >= 8 && p.batch <= 11 &&
                  p.dropout >= 0 && p.dropout <= 0.5);
        low_rate += p.learning_rate < 0.001; /* the middle of the logarithm */
        low_dropout += p.dropout < 0.25;
        sgd += strcmp(p.optimizer, "sgd") == 0;
        ++batch[p.batch - 8];
        for (uint32_t axis = 0; axis < 4; ++axis)
            cr_expect_str_eq(lvk_search_space_value(&space, i, axis),
                             lvk_search_space_value(&again, i, axis));
        same += strcmp(lvk_search_space_value(&space, i, 1), lvk_search_space_value(&other, i, 1)) == 0;
    }
    /* Half of 400, or a quarter, within five standard deviations. */
    cr_expect(abs(low_rate - 200) < 50 && abs(low_dropout - 200) < 50 && abs(sgd - 200) < 50, "%d %d %d",
              low_rate, low_dropout, sgd);
    for (int i = 0; i < 4; ++i)
        cr_expect(abs(batch[i] - 100) < 44, "%d times batch %d", batch[i], 8 + i);
    cr_expect_lt(same, 20, "another seed draws other learning rates");
    lvk_search_space_finish(&space);
    lvk_search_space_finish(&again);
    lvk_search_space_finish(&other);
}

Test(search, halving_ends_with_one_and_all_epochs) {
    static const uint32_t epochs[] = {2, 3, 5, 10, 20};
    cr_expect_eq(lvk_halving_rounds(1), 1);
    cr_expect_eq(lvk_halving_rounds(2), 2);
    cr_expect_eq(lvk_halving_rounds(3), 3);
    cr_assert_eq(lvk_halving_rounds(9), 5, "9, 5, 3, 2, 1");
    for (uint32_t round = 0; round < 5; ++round)
        cr_expect_eq(lvk_halving_epochs(20, round, 5), epochs[round]);
    cr_expect_eq(lvk_halving_epochs(3, 0, 9), 1, "never none");
}

/* ---- folders of trials ---- */

static char folder[64];

static void make_folder(void) {
    snprintf(folder, sizeof folder, "/tmp/leukvk-search-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static void write_file(const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    fputs(text, file);
    fclose(file);
}

static void remove_folder(void) {
    static const char *const names[] = {"metrics.csv", "results.json", "diverged.json", "config.json"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)remove(path);
    }
    cr_expect_eq(rmdir(folder), 0);
}

static lvk_trial read_trial(uint32_t epochs, bool expected_done) {
    lvk_trial trial;
    bool done;
    cr_assert_eq(lvk_trial_read(folder, epochs, &trial, &done), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(done, expected_done);
    return trial;
}

Test(search, a_trial_is_what_its_folder_says, .init = make_folder, .fini = remove_folder) {
    lvk_trial t = read_trial(0, false);
    cr_expect(t.outcome == LVK_TRIAL_OPEN && t.best_epoch == 0 && isnan(t.validation_loss));
    write_file("metrics.csv",
               "epoch,train_loss,train_accuracy,val_loss,val_accuracy,val_auc,val_f1_weighted,x\n"
               "1,9,9,0.5,9,nan,0.25,9\n2,9,9,0.5,9,0.7,0.5,9\n3,9,9,0.25,9,0.875,0.75,9\n");
    t = read_trial(0, false);
    cr_expect(t.epochs == 3 && t.best_epoch == 3 && t.validation_loss == 0.25);
    (void)read_trial(4, false);
    t = read_trial(2, true); /* as after a round of two epochs; of equals the earlier */
    cr_expect(t.epochs == 2 && t.best_epoch == 1 && t.validation_loss == 0.5 && isnan(t.validation_auc) &&
              t.validation_f1_weighted == 0.25 && isnan(t.test_auc));
    /* by the names of the columns, as a spreadsheet saves them */
    write_file("metrics.csv", "\xEF\xBB\xBFval_auc;val_f1_weighted;val_loss\r\n0,875;0,75;0,25\r\n\r\n");
    t = read_trial(0, false);
    cr_expect(t.epochs == 1 && t.validation_loss == 0.25 && t.validation_f1_weighted == 0.75);
    write_file("results.json", "{\"test\": {\"auc\": 0.625}}");
    t = read_trial(0, true);
    cr_expect(t.outcome == LVK_TRIAL_FINISHED && t.test_auc == 0.625 && t.validation_auc == 0.875);
    write_file("diverged.json", "{}");
    t = read_trial(4, true);
    cr_expect_eq(t.outcome, LVK_TRIAL_DIVERGED);
}

Test(search, damaged_folders_are_refused, .init = make_folder, .fini = remove_folder) {
    lvk_trial trial;
    bool done;
    write_file("metrics.csv", "epoch\n1,9\n");
    cr_expect_eq(lvk_trial_read(folder, 0, &trial, &done), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), "metrics.csv"), "%s", lvk_error_message());
    write_file("metrics.csv", "epoch,val_loss,val_auc,val_f1_weighted\n1,0.5,0.5,0.5\n2,0.25\n");
    cr_expect_eq(lvk_trial_read(folder, 0, &trial, &done), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), "metrics.csv: line 3: 2 fields"), "%s",
                       lvk_error_message());
    write_file("metrics.csv", "epoch,val_loss,val_auc,val_f1_weighted\n1,0.5,0.5,0.5\n2,inf,0.5,0.5\n");
    cr_expect_eq(lvk_trial_read(folder, 0, &trial, &done), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), "metrics.csv:3: inf: is no number of column val_loss"),
                       "%s", lvk_error_message());
    write_file("metrics.csv", "epoch,val_loss,val_auc,val_f1_weighted\n");
    write_file("results.json", "{");
    cr_expect_eq(lvk_trial_read(folder, 0, &trial, &done), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), "results.json"), "%s", lvk_error_message());
}
