/* Layouts of folders: parts above the classes, forms of the same cells, links, folders without images,
 * folders that are no one's business, labels in the names of files. */
#define _XOPEN_SOURCE 700
#include "support/log_text.h"
#include "support/tree.h"

#include "dataset/subject_pattern.h"
#include "leukvk/dataset.h"

#include <sys/stat.h>

static void begin(void) {
    tree_create();
    log_text_begin();
}

TestSuite(folders, .init = begin, .fini = tree_remove);

enum { SIDE = 33, MOST_PATHS = 10 };

static uint32_t next_picture;

static void write_images(const char *at, const char *const *paths) {
    char path[256];
    for (size_t i = 0; i < MOST_PATHS && paths[i]; ++i) {
        snprintf(path, sizeof path, "%s/%s", at, paths[i]);
        tree_write_image(path, SIDE, next_picture++);
    }
}

static lvk_dataset *open_below(const char *below) {
    lvk_dataset *d;
    cr_assert_eq(lvk_dataset_create(tree_path(below), NULL, &d), LVK_OK, "%s: %s", below,
                 lvk_error_message());
    return d;
}

static const lvk_image_info *image(const lvk_dataset *d, const char *path) {
    const ptrdiff_t index = lvk_dataset_find(d, path);
    cr_assert_geq(index, 0, "no image %s", path);
    return lvk_dataset_image(d, (size_t)index);
}

static const char *class_of(const lvk_dataset *d, const char *path) {
    return lvk_dataset_class_name(d, (size_t)image(d, path)->label);
}

/* The classes as "a b", their images and those that are ignored. */
typedef struct layout_case {
    const char *paths[MOST_PATHS];
    const char *classes;
    size_t images, ignored;
} layout_case;

static void expect_classes(const lvk_dataset *d, const char *expected, size_t number) {
    char classes[256] = "";
    for (size_t i = 0; i < lvk_dataset_class_count(d); ++i)
        snprintf(classes + strlen(classes), sizeof classes - strlen(classes), "%s%s", i ? " " : "",
                 lvk_dataset_class_name(d, i));
    cr_expect_str_eq(classes, expected, "case %zu", number);
}

static void expect_layout(const lvk_dataset *d, const layout_case *c, size_t number) {
    const size_t images = lvk_dataset_image_count(d), ignored = lvk_dataset_ignored_count(d);
    expect_classes(d, c->classes, number);
    cr_expect_eq(images, c->images, "case %zu: %zu images", number, images);
    cr_expect_eq(ignored, c->ignored, "case %zu: %zu ignored", number, ignored);
}

/* Each case in a folder of its own, named by its number. */
static void expect_layouts(const layout_case *cases, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        char at[24];
        snprintf(at, sizeof at, "%zu", i);
        write_images(at, cases[i].paths);
        lvk_dataset *d = open_below(at);
        expect_layout(d, &cases[i], i);
        lvk_dataset_destroy(&d);
    }
}

Test(folders, parts_are_no_classes) {
    static const layout_case cases[] = {
        {{"train/cancer/1.png", "train/normal/2.png", "val/cancer/3.png", "val/normal/4.png"},
         "cancer normal",
         4,
         0},
        {{"Training/a/1.png", "Training/b/2.png", "VALID/a/3.png", "testing/b/4.png"}, "a b", 4, 0},
        {{"x/train/a/1.png", "x/train/b/2.png", "x/Validation/c/3.png", "x/test/d/4.png"}, "a b c d", 4, 0},
        {{"train/all/1.png", "train/hem/2.png", "test/all/3.png", "test/hem/4.png"}, "all hem", 4, 0},
        /* what is beside the parts is in none */
        {{"train/a/1.png", "train/b/2.png", "test/a/3.png", "more/c/4.png", "5.png", "train/6.png"},
         "a b",
         3,
         3},
        /* people above the classes */
        {{"train/P1/cancer/1.png", "train/P2/normal/2.png", "test/P3/cancer/3.png", "test/P3/normal/4.png"},
         "cancer normal",
         4,
         0},
        /* classes that have such a name, and a part that is alone */
        {{"test/1.png", "control/2.png"}, "control test", 2, 0},
        {{"train/a/1.png", "train/b/2.png"}, "a b", 2, 0},
        {{"train1/1.png", "train2/2.png"}, "train1 train2", 2, 0},
    };
    expect_layouts(cases, sizeof cases / sizeof *cases);
    lvk_dataset *d = open_below("2");
    cr_expect_eq(image(d, "x/train/a/1.png")->given, LVK_GIVEN_TRAIN);
    cr_expect_eq(image(d, "x/Validation/c/3.png")->given, LVK_GIVEN_VALIDATION);
    cr_expect_eq(image(d, "x/test/d/4.png")->given, LVK_GIVEN_TEST);
    lvk_dataset_destroy(&d);
    d = open_below("5");
    cr_expect_str_eq(lvk_dataset_subject(d, image(d, "test/P3/cancer/3.png")->subject)->name, "P3");
    cr_expect_eq(lvk_dataset_unnamed_count(d), 0);
    lvk_dataset_destroy(&d);
    d = open_below("7");
    cr_expect_eq(image(d, "train/a/1.png")->given, LVK_GIVEN_NONE);
    lvk_dataset_destroy(&d);
}

Test(folders, parts_belong_to_the_fingerprint) {
    static const char *const trees[] = {"1", "2", "3"};
    static const char *const first[] = {"train/a/1.png", "test/b/2.png", NULL}, *const second[] = {
                                                                                    "test/a/1.png",
                                                                                    "train/b/2.png", NULL};
    char fingerprints[3][64];
    for (int i = 0; i < 3; ++i) {
        next_picture = 0;
        write_images(trees[i], i == 1 ? second : first);
        lvk_dataset *d = open_below(trees[i]);
        snprintf(fingerprints[i], sizeof fingerprints[i], "%s", lvk_dataset_fingerprint(d));
        lvk_dataset_destroy(&d);
    }
    cr_expect_str_neq(fingerprints[0], fingerprints[1]);
    cr_expect_str_eq(fingerprints[0], fingerprints[2]);
}

Test(folders, what_is_refused) {
    static const struct {
        const char *paths[MOST_PATHS];
        const char *reason;
    } cases[] = {
        {{"train/a/1.png", "train/b/2.png", "holdout/a/3.png"},
         ": folder 'train' has the name of a part (train, val, test) and 'holdout' has not: name one of them"},
        {{"Original/Benign/1.png", "Original/Pro/2.png", "Segmented/Benign/1.png", "Segmented/Pro/2.png"},
         ": Original and Segmented are no classes, but the same cells in two forms: name one of them, as "},
        {{"x/images/a/1.png", "x/images/b/2.png", "x/masks/a/1.png"}, "/x: images and masks are no classes"},
        {{"raw/1.png", "cropped/7.png"}, ": cropped and raw are no classes"},
        {{"Original Images/1.png", "Segmented_Images/2.png"},
         ": Original Images and Segmented_Images are no"},
        {{"a/Original/1.png", "a/Augmented/1.png", "b/2.png"}, "/a: Augmented and Original are no classes"},
        {{"a/1.png", "b/2.png", "masks/1.png", "masks/2_mask.png"},
         "/masks: holds pictures with the names of those beside it"},
        {{"a/1.png", "b/2.png", "masks/1_segmentation.png", "masks/2_segmentation.png"},
         "/masks: holds pictures with the names of those beside it"},
        {{"a/1.png", "a/masks/1.png", "b/2.png"},
         "/a/masks: holds pictures with the names of those beside it"},
        {{"a/1.png", "a/1_mask.png", "b/2.png", "b/2_mask.png"},
         ": holds images and masks of them side by side, as a/1_mask.png: move the masks elsewhere"},
        {{"train/images/a/1.png", "train/masks/a/1.png", "test/images/a/2.png"},
         "/train: images and masks are no"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char at[16];
        lvk_dataset *d;
        snprintf(at, sizeof at, "%zu", i);
        write_images(at, cases[i].paths);
        cr_assert_eq(lvk_dataset_create(tree_path(at), NULL, &d), LVK_ERROR_FORMAT, "case %zu", i);
        TREE_ERROR_HAS(tree_path(at), cases[i].reason);
    }
}

/* Names of forms that are none. */
Test(folders, what_is_no_form) {
    static const layout_case cases[] = {
        {{"Segmented/1.png", "Segmented/2.png", "Band/3.png"}, "Band Segmented", 3, 0}, /* neutrophils */
        {{"images/a/1.png", "images/b/1.png"}, "a b", 2, 0},
        {{"all/1.png", "all/2.png", "hem/1.png", "hem/2.png"}, "all hem", 4, 0},
        {{"a/images/1.png", "b/images/1.png"}, "a b", 2, 0},
        {{"a/1_mask.png", "a/2_mask.png", "b/1.png"}, "a b", 3, 0},
        {{"segmented neutrophil/1.png", "original lymphocyte/1.png"},
         "original lymphocyte segmented neutrophil",
         2,
         0},
    };
    expect_layouts(cases, sizeof cases / sizeof *cases);
}

Test(folders, folders_without_images_are_told_once) {
    static const char *const paths[] = {"x/a/P1/1.png", "x/a/P2/2.png", "x/b/P3/3.png", NULL};
    write_images("t", paths);
    tree_write_text("t/x/notes/deep/read.me", "x");
    tree_write_text("t/x/a/P9/read.me", "x");
    tree_write_text("t/x/.hidden/read.me", "x");
    cr_assert_eq(mkdir(tree_path("t/x/empty"), 0700), 0);
    lvk_dataset *d = open_below("t");
    expect_layout(d, &(layout_case){{NULL}, "a b", 3, 0}, 0);
    LOG_EXPECT_ONCE("x/empty, x/notes hold no image: they are no classes");
    LOG_EXPECT_NEVER("deep");
    LOG_EXPECT_NEVER("P9");
    LOG_EXPECT_NEVER("hidden");
    lvk_dataset_destroy(&d);
}

Test(folders, linked_folders_are_followed_once) {
    static const char *const paths[] = {"data/a/1.png", "elsewhere/b/2.png", "elsewhere/b/deep/3.png", NULL};
    write_images("t", paths);
    cr_assert_eq(symlink("../elsewhere/b", tree_path("t/data/b")), 0);
    cr_assert_eq(symlink("b", tree_path("t/data/again")), 0);
    cr_assert_eq(symlink("a", tree_path("t/data/A")), 0); /* before a, which is read as it is */
    cr_assert_eq(symlink("..", tree_path("t/data/up")), 0);
    cr_assert_eq(symlink("..", tree_path("t/elsewhere/b/deep/loop")), 0);
    cr_assert_eq(symlink("nowhere", tree_path("t/data/dead")), 0);
    cr_assert_eq(symlink("../elsewhere", tree_path("t/data/.hidden")), 0);
    lvk_dataset *d = open_below("t/data");
    /* "again" comes first, and is followed; b leads to what is read then */
    expect_layout(d, &(layout_case){{NULL}, "a again", 3, 0}, 0);
    cr_expect_str_eq(class_of(d, "again/deep/3.png"), "again");
    LOG_EXPECT_ONCE("data/A: leads to a folder that is read already, or lies above: it is not followed");
    LOG_EXPECT_ONCE("data/b: leads to a folder that is read already");
    LOG_EXPECT_ONCE("data/up: leads to a folder that is read already, or lies above");
    LOG_EXPECT_ONCE("again/deep/loop: leads to a folder");
    LOG_EXPECT_ONCE("data/dead: is a link that leads nowhere");
    LOG_EXPECT_NEVER("hidden");
    lvk_dataset_destroy(&d);
}

Test(folders, a_linked_class_is_a_class) {
    static const char *const paths[] = {"data/a/1.png", "elsewhere/cells/2.png", NULL};
    write_images("t", paths);
    cr_assert_eq(symlink(tree_path("t/elsewhere/cells"), tree_path("t/data/b")), 0);
    lvk_dataset *d = open_below("t/data");
    expect_layout(d, &(layout_case){{NULL}, "a b", 2, 0}, 0);
    cr_expect_str_eq(class_of(d, "b/2.png"), "b");
    cr_expect_str_eq(log_text, "");
    lvk_dataset_destroy(&d);
    const char *path = tree_path("t/data");
    cr_assert_eq(lvk_dataset_create_from_files(&path, 1, NULL, &d), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(lvk_dataset_image_count(d), 2, "for prediction as well");
    lvk_dataset_destroy(&d);
}

Test(folders, what_systems_write_stays_out) {
    static const char *const paths[] = {
        "a/1.png",        "b/2.png",    "lost+found/3.png", "@eaDir/4.png",    "#recycle/5.png",
        "__MACOSX/6.png", ".git/7.png", "a/@eaDir/8.png",   "a/.thumbs/9.png", "$RECYCLE.BIN/10.png"};
    write_images("t", paths);
    lvk_dataset *d = open_below("t");
    expect_layout(d, &(layout_case){{NULL}, "a b", 2, 0}, 0);
    cr_expect_str_eq(log_text, "");
    lvk_dataset_destroy(&d);
}

Test(folders, labels_in_names) {
    static const layout_case cases[] = {
        {{"img/Im001_1.png", "img/Im002_1.png", "img/Im131_0.png"}, "blast healthy", 3, 0},
        {{"Im001_1.png", "im002_0.png"}, "blast healthy", 2, 0},
        {{"train/Im001_1.png", "train/Im002_0.png", "test/Im003_1.png"}, "blast healthy", 3, 0},
        /* folders come first, and other names are none */
        {{"x/Im001_1.png", "y/Im002_0.png"}, "x y", 2, 0},
        {{"img/Im001_1.png", "img/Im002_2.png"}, "img", 2, 0},
        {{"img/Im001_1.png", "img/Im002_0.png", "img/Im3_0a.png"}, "img", 3, 0},
        {{"img/Im001_1.png", "img/Im002_1.png"}, "img", 2, 0},
    };
    expect_layouts(cases, sizeof cases / sizeof *cases);
    lvk_dataset *d = open_below("0");
    cr_expect_str_eq(class_of(d, "img/Im002_1.png"), "blast");
    cr_expect_str_eq(class_of(d, "img/Im131_0.png"), "healthy");
    cr_expect_str_eq(lvk_dataset_class_name(d, (size_t)lvk_dataset_positive_class(d)), "blast");
    cr_expect(lvk_dataset_positive_is_told(d));
    lvk_dataset_destroy(&d);
    d = open_below("2");
    cr_expect_eq(image(d, "test/Im003_1.png")->given, LVK_GIVEN_TEST);
    lvk_dataset_destroy(&d);
}

Test(folders, out_of_memory_anywhere) {
    static const char *const paths[MOST_PATHS] = {"data/train/Im1_1.png", "data/train/Im2_0.png",
                                                  "data/test/Im3_1.png", "data/more/x.png",
                                                  "elsewhere/Im4_0.png"};
    uint64_t n = 1;
    write_images("t", paths);
    cr_assert_eq(mkdir(tree_path("t/data/empty"), 0700), 0);
    cr_assert_eq(symlink("../elsewhere", tree_path("t/data/val")), 0);
    cr_assert_eq(symlink("val", tree_path("t/data/again")), 0);
    for (const lvk_dataset_options options = {.threads = 1, .subject_pattern = "Im([0-9])"};; ++n) {
        lvk_dataset *d;
        lvk_alloc_fail_after(n);
        const lvk_status status = lvk_dataset_create(tree_path("t/data"), &options, &d);
        lvk_alloc_fail_after(0);
        lvk_dataset_destroy(&d);
        if (status == LVK_OK)
            break;
        cr_assert_eq(status, LVK_ERROR_MEMORY, "allocation %d: %s", (int)n, lvk_error_message());
    }
    cr_assert_gt(n, 50, "only %d allocations", (int)n);
}

/* regcomp would take gigabytes for these. */
Test(folders, a_pattern_that_repeats_itself_often_is_refused) {
    static const char *const costly[] = {"(a++++++++++++++++++++++++++++++++++++++++)",
                                         "(((((((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)",
                                         "(((a{255}){255}){255})", "((a{2,9999}){9999,})"};
    static const char *const usual[] = {"^([A-Z]+[0-9]*)_.*[.](bmp|png)$", "P([0-9]{1,4})[^/]+/",
                                        "([]+{9999}+()]+)", "\\(+(a)"};
    for (size_t i = 0; i < sizeof costly / sizeof *costly; ++i) {
        cr_expect_eq(lvk_subject_pattern_check(costly[i]), LVK_ERROR_ARGUMENT, "%s", costly[i]);
        cr_expect_not_null(strstr(lvk_error_message(), "repeats too much of itself"), "%s",
                           lvk_error_message());
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; ++i)
        cr_expect_eq(lvk_subject_pattern_check(usual[i]), LVK_OK, "%s", lvk_error_message());
}
