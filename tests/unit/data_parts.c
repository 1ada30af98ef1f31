/* Splits of data sets with parts of their own. */
#define _XOPEN_SOURCE 700
#include "support/log_text.h"
#include "support/tree.h"

#include "leukvk/split.h"

static uint32_t next_picture;

static void begin(void) {
    tree_create();
    log_text_begin();
    next_picture = 0;
}

TestSuite(own_parts, .init = begin, .fini = tree_remove);

enum { SIDE = 33 };

/* `cells` images of each of `people` people from number `first`. */
static void write_people(const char *folder, int first, int people, int cells) {
    for (int p = 0; p < people; ++p)
        for (int c = 0; c < cells; ++c) {
            char path[128];
            snprintf(path, sizeof path, "%s/UID_%d_%d.png", folder, first + p, c);
            tree_write_image(path, SIDE, next_picture++);
        }
}

static lvk_dataset *open_tree(void) {
    lvk_dataset *d;
    cr_assert_eq(lvk_dataset_create(tree_root, NULL, &d), LVK_OK, "%s", lvk_error_message());
    return d;
}

static lvk_split *split_tree(const lvk_dataset *d, const lvk_split_options *options) {
    lvk_split *split;
    cr_assert_eq(lvk_split_create(d, options, &split), LVK_OK, "%s", lvk_error_message());
    return split;
}

static size_t count_of(const lvk_split *split, lvk_split_part part) {
    size_t count;
    (void)lvk_split_images(split, part, &count);
    return count;
}

/* All images of the part lie below `folder`. */
static void expect_below(const lvk_dataset *d, const lvk_split *split, lvk_split_part part,
                         const char *folder) {
    size_t count;
    const uint32_t *images = lvk_split_images(split, part, &count);
    for (size_t i = 0; i < count; ++i)
        cr_expect_eq(strncmp(lvk_dataset_image(d, images[i])->path, folder, strlen(folder)), 0, "%s is in %s",
                     lvk_dataset_image(d, images[i])->path, folder);
}

Test(own_parts, are_used_as_given) {
    write_people("train/a", 1, 3, 4);
    write_people("train/b", 4, 3, 4);
    write_people("val/a", 7, 1, 2);
    write_people("val/b", 8, 1, 3);
    write_people("test/a", 9, 1, 1);
    write_people("test/b", 10, 1, 1);
    lvk_dataset *d = open_tree();
    cr_expect(lvk_dataset_has_parts(d));
    lvk_split *split = split_tree(d, &(lvk_split_options){.validation = 0.4, .test = 0.4}), *again;
    cr_expect_eq(count_of(split, LVK_SPLIT_TRAIN), 24);
    cr_expect_eq(count_of(split, LVK_SPLIT_VALIDATION), 5);
    cr_expect_eq(count_of(split, LVK_SPLIT_TEST), 2);
    expect_below(d, split, LVK_SPLIT_TRAIN, "train/");
    expect_below(d, split, LVK_SPLIT_VALIDATION, "val/");
    expect_below(d, split, LVK_SPLIT_TEST, "test/");
    LOG_EXPECT_ONCE("split: the parts are the data set's own: train 24, validation 5, test 2 images\n");
    LOG_EXPECT_NEVER("warning");
    cr_assert_eq(lvk_split_write(split, tree_path("split.json")), LVK_OK);
    cr_assert_eq(lvk_split_read(tree_path("split.json"), d, &again), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(count_of(again, LVK_SPLIT_VALIDATION), 5);
    lvk_split_destroy(&again);
    lvk_split_destroy(&split);
    lvk_dataset_destroy(&d);
}

Test(own_parts, people_on_both_sides_are_told_and_kept) {
    write_people("train/a", 1, 3, 2);
    write_people("train/b", 4, 3, 2);
    write_people("val/a", 7, 1, 2);
    write_people("val/b", 8, 1, 2);
    tree_write_image("test/a/UID_1_9.png", SIDE, next_picture++); /* 1 is in train */
    tree_write_image("test/a/UID_77_9.png", SIDE, 0);             /* the first picture */
    write_people("test/b", 10, 1, 1);
    lvk_dataset *d = open_tree();
    lvk_split *split = split_tree(d, NULL), *again;
    cr_expect_eq(count_of(split, LVK_SPLIT_TRAIN), 12);
    cr_expect_eq(count_of(split, LVK_SPLIT_TEST), 3);
    LOG_EXPECT_ONCE(
        "warning: THE DATA SET'S OWN PARTS SHARE SUBJECTS: 2 of the 7 images to validate and test on are of 1 "
        "people (or pictures) that are trained on, 1 among them (train/a/UID_1_0.png and "
        "test/a/UID_1_9.png)");
    cr_assert_eq(lvk_split_write(split, tree_path("split.json")), LVK_OK);
    cr_assert_eq(lvk_split_read(tree_path("split.json"), d, &again), LVK_OK, "%s", lvk_error_message());
    lvk_split_destroy(&again);
    lvk_split_destroy(&split);
    lvk_dataset_destroy(&d);
}

Test(own_parts, without_validation_some_is_drawn) {
    write_people("train/a", 1, 10, 2);
    write_people("train/b", 11, 10, 2);
    write_people("test/a", 21, 1, 3);
    write_people("test/b", 22, 1, 3);
    lvk_dataset *d = open_tree();
    lvk_split *split = split_tree(d, &(lvk_split_options){.seed = 3, .validation = 0.2});
    cr_expect_eq(count_of(split, LVK_SPLIT_TRAIN), 32);
    cr_expect_eq(count_of(split, LVK_SPLIT_VALIDATION), 8);
    cr_expect_eq(count_of(split, LVK_SPLIT_TEST), 6);
    expect_below(d, split, LVK_SPLIT_VALIDATION, "train/");
    LOG_EXPECT_ONCE("train 32, validation 8 (drawn from those to train on), test 6 images");
    LOG_EXPECT_NEVER("SHARE SUBJECTS");
    lvk_split_destroy(&split);
    lvk_dataset_destroy(&d);
}

Test(own_parts, without_test_there_is_none) {
    write_people("train/a", 1, 3, 2);
    write_people("train/b", 4, 3, 2);
    write_people("valid/a", 7, 1, 2);
    lvk_dataset *d = open_tree();
    lvk_split *split = split_tree(d, NULL);
    cr_expect_eq(count_of(split, LVK_SPLIT_TRAIN), 12);
    cr_expect_eq(count_of(split, LVK_SPLIT_TEST), 0);
    LOG_EXPECT_ONCE("warning: split: the validation part has no image of class b");
    lvk_split_destroy(&split);
    lvk_dataset_destroy(&d);
}

Test(own_parts, what_cannot_be_trained_on) {
    lvk_split *split;
    write_people("val/a", 1, 3, 2);
    write_people("test/b", 4, 3, 2);
    lvk_dataset *d = open_tree();
    cr_expect_eq(lvk_split_create(d, NULL, &split), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS(tree_root, ": has parts (train, val, test), but none to train on");
    lvk_dataset_destroy(&d);
    write_people("train/a", 7, 3, 2);
    d = open_tree();
    cr_expect_eq(lvk_split_create(d, NULL, &split), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS(tree_root, ": its train part has no image of class b");
    lvk_dataset_destroy(&d);
}

Test(own_parts, a_column_of_a_table_alone_to_train_on_is_split_as_usual) {
    write_people("cells/a", 1, 8, 1);
    write_people("cells/b", 9, 8, 1);
    char text[2048] = "path,label,part\n";
    for (int p = 1; p <= 16; ++p)
        snprintf(text + strlen(text), sizeof text - strlen(text), "cells/%c/UID_%d_0.png,%c,train\n",
                 p < 9 ? 'a' : 'b', p, p < 9 ? 'a' : 'b');
    tree_write_text("t.csv", text);
    lvk_dataset *d;
    cr_assert_eq(lvk_dataset_create(tree_path("t.csv"), NULL, &d), LVK_OK, "%s", lvk_error_message());
    cr_expect_not(lvk_dataset_has_parts(d));
    lvk_split *split = split_tree(d, NULL);
    cr_expect_gt(count_of(split, LVK_SPLIT_TEST), 0);
    lvk_split_destroy(&split);
    lvk_dataset_destroy(&d);
}

Test(own_parts, folds_leave_the_test_part_out) {
    lvk_split *splits[LVK_MAX_FOLDS];
    uint32_t folds;
    size_t tested = 0;
    write_people("train/a", 1, 6, 2);
    write_people("train/b", 7, 6, 2);
    write_people("val/a", 13, 2, 2);
    write_people("val/b", 15, 2, 2);
    write_people("test/a", 17, 2, 2);
    write_people("test/b", 19, 2, 2);
    lvk_dataset *d = open_tree();
    const lvk_fold_options options = {.folds = 2, .seed = 1, .validation = 0.25};
    cr_assert_eq(lvk_split_create_folds(d, &options, splits, &folds), LVK_OK, "%s", lvk_error_message());
    LOG_EXPECT_ONCE("the 8 images of the data set's own test part are in none of the folds");
    for (uint32_t f = 0; f < folds; ++f) {
        lvk_split *again;
        tested += count_of(splits[f], LVK_SPLIT_TEST);
        cr_expect_eq(count_of(splits[f], LVK_SPLIT_TRAIN) + count_of(splits[f], LVK_SPLIT_VALIDATION) +
                         count_of(splits[f], LVK_SPLIT_TEST),
                     32);
        for (int p = 0; p <= LVK_SPLIT_TEST; ++p) {
            size_t count;
            const uint32_t *images = lvk_split_images(splits[f], (lvk_split_part)p, &count);
            for (size_t i = 0; i < count; ++i)
                cr_expect_neq(lvk_dataset_image(d, images[i])->given, LVK_GIVEN_TEST);
        }
        cr_assert_eq(lvk_split_write(splits[f], tree_path("fold.json")), LVK_OK);
        cr_assert_eq(lvk_split_read(tree_path("fold.json"), d, &again), LVK_OK, "%s", lvk_error_message());
        lvk_split_destroy(&again);
        lvk_split_destroy(&splits[f]);
    }
    cr_expect_eq(tested, 32);
    lvk_dataset_destroy(&d);
}
