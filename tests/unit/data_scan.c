/* Reading trees: C-NMC in all its variants, plain trees, label tables, what is left out, duplicates. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "dataset/names.h"
#include "leukvk/dataset.h"
#include "leukvk/log.h"

#include <sys/stat.h>

TestSuite(scan, .init = tree_create, .fini = tree_remove);

enum { SIDE = 40 };

static lvk_dataset *open_tree(const char *below) {
    lvk_dataset *dataset;
    cr_assert_eq(lvk_dataset_create(tree_path(below), NULL, &dataset), LVK_OK, "%s", lvk_error_message());
    return dataset;
}

static const lvk_image_info *image(const lvk_dataset *dataset, const char *path) {
    const ptrdiff_t index = lvk_dataset_find(dataset, path);
    cr_assert_geq(index, 0, "no image %s", path);
    return lvk_dataset_image(dataset, (size_t)index);
}

static const char *subject_of(const lvk_dataset *dataset, const char *path) {
    return lvk_dataset_subject(dataset, image(dataset, path)->subject)->name;
}

/* Two patients and two healthy people in two folds, and a preliminary part of three images, below `at`. */
static void write_cnmc(const char *at, const char *train, const char *test, const char *csv) {
    static const char *const names[] = {"fold_0/all/UID_3_1_1_all.bmp", "fold_0/hem/UID_h3_1_1_hem.bmp",
                                        "fold_0/hem/UID_H3_1_2_hem.bmp", "fold_1/all/UID_11_10_1_all.bmp",
                                        "fold_1/hem/UID_H10_1_1_hem.bmp"};
    char path[512];
    for (uint32_t i = 0; i < 5; ++i) {
        snprintf(path, sizeof path, "%s%s/%s", at, train, names[i]);
        tree_write_image(path, SIDE, i);
    }
    for (uint32_t i = 0; i < 3; ++i) {
        snprintf(path, sizeof path, "%s%s/%s.bmp", at, test, i == 0 ? "1" : i == 1 ? "2" : "10");
        tree_write_image(path, SIDE, 100 + i);
    }
    snprintf(path, sizeof path, "%s%s", at, csv);
    tree_write_text(path, "Patient_ID,new_names,labels\r\nUID_57_29_1_all.bmp,1.bmp,1\r\n"
                          "UID_H49_35_1_hem.bmp,10.bmp,0\r\nUID_H25_1_1_hem.bmp,2.bmp,0\r\n");
}

Test(scan, names) {
    static const struct {
        const char *name, *subject; /* NULL: not of the form */
        int label;
    } cases[] = {{"UID_11_10_1_all.bmp", "11", 0},
                 {"UID_H10_1_1_hem.bmp", "H10", 1},
                 {"UID_h3_1_1_hem.png", "H3", 1},
                 {"uid_3_1_1_ALL.BMP", "3", 0},
                 {"UID_5_copy.jpeg", "5", -1},
                 {"UID_H_1_1_hem.bmp", "H", 1},
                 {"UID__1_1_all.bmp", NULL, 0},
                 {"UID_12.bmp", NULL, 0},
                 {"1.bmp", NULL, 0},
                 {"UID_12a_1_all.bmp", "12A", 0},
                 {"UID_P0_10.png", "P0", -1},
                 {"UID_patient-7_10.png", "PATIENT-7", -1},
                 {"UID", NULL, 0},
                 {"", NULL, 0},
                 {"UID_1_small.bmp", "1", -1},
                 {"UID_12345678901234567_1_1_all.bmp", "12345678901234567", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char subject[LVK_SUBJECT_SIZE];
        int label;
        const bool ok = lvk_name_parse(cases[i].name, subject, &label);
        cr_assert_eq(ok, cases[i].subject != NULL, "%s", cases[i].name);
        if (ok) {
            cr_assert_str_eq(subject, cases[i].subject);
            cr_assert_eq(label, cases[i].label, "%s", cases[i].name);
        }
    }
    cr_assert(lvk_name_is_image("a.BMP") && lvk_name_is_image("a.b.Jpeg") && lvk_name_is_image("x.jpg"));
    cr_assert(!lvk_name_is_image("._a.bmp") && !lvk_name_is_image("Thumbs.db") && !lvk_name_is_image("bmp"));
}

Test(scan, cnmc_wherever_it_is_nested) {
    static const struct {
        const char *at, *train, *test, *csv, *open;
    } trees[] = {
        {"a/", "C-NMC_training_data", "C-NMC_test_prelim_phase_data",
         "C-NMC_test_prelim_phase_data_labels.csv", "a"},
        {"b/C-NMC_Leukemia/", "training_data", "validation_data/C-NMC_test_prelim_phase_data",
         "validation_data/C-NMC_test_prelim_phase_data_labels.csv", "b"},
        {"c/PKG - C-NMC 2019/", "C-NMC_training_data/C-NMC_training_data",
         "C-NMC_test_prelim_phase_data/C-NMC_test_prelim_phase_data",
         "C-NMC_test_prelim_phase_data/C-NMC_test_prelim_phase_data_labels.csv", "c"},
        {"d/C-NMC 2019 (PKG)/", "x/y", "C-NMC_test_prelim_phase_data",
         "C-NMC_test_prelim_phase_data_labels.csv", "d/C-NMC 2019 (PKG)"},
    };
    for (size_t t = 0; t < sizeof trees / sizeof *trees; ++t) {
        write_cnmc(trees[t].at, trees[t].train, trees[t].test, trees[t].csv);
        char path[512];
        snprintf(path, sizeof path, "%s.DS_Store", trees[t].at);
        tree_write_text(path, "x");
        snprintf(path, sizeof path, "%s%s/fold_0/all/Thumbs.db", trees[t].at, trees[t].train);
        tree_write_text(path, "x");
        snprintf(path, sizeof path, "%s%s/fold_0/all/._UID_3_1_1_all.bmp", trees[t].at, trees[t].train);
        tree_write_text(path, "x");
        snprintf(path, sizeof path, "%s__MACOSX/fold_0/all/UID_3_1_1_all.bmp", trees[t].at);
        tree_write_text(path, "x");
        snprintf(path, sizeof path, "%sbad_input/lfs.bmp", trees[t].at);
        tree_write_text(path, "x");

        lvk_dataset *d = open_tree(trees[t].open);
        cr_assert(lvk_dataset_is_cnmc(d));
        cr_assert_eq(lvk_dataset_image_count(d), 8);
        cr_assert_eq(lvk_dataset_skipped_count(d), 0);
        cr_assert_eq(lvk_dataset_ignored_count(d), 1, "bad_input is no class");
        cr_assert_eq(lvk_dataset_subject_count(d), 7, "h3 is H3, 3 is another");
        cr_assert_eq(lvk_dataset_class_count(d), 2);
        cr_assert_str_eq(lvk_dataset_class_name(d, 0), "all");
        cr_assert_eq(lvk_dataset_positive_class(d), 0);
        unsigned folds[2] = {0, 0}, parts[LVK_PART_COUNT] = {0};
        for (size_t i = 0; i < 8; ++i) {
            const lvk_image_info *info = lvk_dataset_image(d, i);
            const char *name = lvk_path_name(info->path);
            const lvk_subject_info *subject = lvk_dataset_subject(d, info->subject);
            ++parts[info->part];
            if (info->fold >= 0)
                ++folds[info->fold];
            if (strcmp(name, "10.bmp") == 0)
                cr_assert(info->label == 1 && strcmp(subject->name, "H49") == 0);
            else if (strcmp(name, "1.bmp") == 0)
                cr_assert(info->label == 0 && strcmp(subject->name, "57") == 0);
            else if (strncmp(name, "UID_h3", 6) == 0)
                cr_assert(info->label == 1 && strcmp(subject->name, "H3") == 0 && subject->images == 2);
            cr_assert(i == 0 || strcmp(lvk_dataset_image(d, i - 1)->path, info->path) < 0, "byte order");
        }
        cr_assert(parts[LVK_PART_TRAINING] == 5 && parts[LVK_PART_PRELIMINARY] == 3);
        cr_assert(folds[0] == 3 && folds[1] == 2);
        lvk_dataset_destroy(&d);
    }
}

Test(scan, preliminary_folder_as_root) {
    write_cnmc("", "t", "C-NMC_test_prelim_phase_data", "C-NMC_test_prelim_phase_data_labels.csv");
    lvk_dataset *d = open_tree("C-NMC_test_prelim_phase_data");
    cr_assert_eq(lvk_dataset_image_count(d), 3);
    cr_assert_str_eq(subject_of(d, "2.bmp"), "H25");
    lvk_dataset_destroy(&d);
    d = open_tree("t/fold_0");
    cr_assert_eq(lvk_dataset_image_count(d), 3);
    cr_assert_eq(image(d, "all/UID_3_1_1_all.bmp")->fold, 0);
    lvk_dataset_destroy(&d);
}

Test(scan, label_tables) {
    static const char csv[] = "p/C-NMC_test_prelim_phase_data_labels.csv";
#define HEADER "Patient_ID,new_names,labels\n"
#define ROW1   "UID_57_29_1_all.bmp,1.bmp,1\n"
#define ROW2   "UID_H25_1_1_hem.bmp,2.bmp,0\n"
    static const struct {
        const char *text;
        const char *reasons[2]; /* NULL: accepted */
    } cases[] = {
        {HEADER ROW1 ROW2, {NULL}},
        {"\xEF\xBB\xBFnew_names , LABELS,patient_id\r\n\"2.bmp\",0,UID_H25_1_1_hem\r\n\r\n1.png,1,UID_57_1_1.bmp",
         {NULL}},
        {"sep=;\r\nPatient_ID;new_names;labels;note;\r\nUID_57_29_1_all.bmp;1.bmp;1;\"a;\"\"b\"\"\";\r\n"
         "UID_H25_1_1_hem.bmp;2.bmp;0;;\r\n;;;;\r\n",
         {NULL}},
        {"note,Patient_ID,new_names,labels\n\"one, and\nmore\"," ROW1 "\"\"," ROW2, {NULL}},
        {HEADER ROW1 "\"UID_H25_1_1_hem.bmp,2.bmp,0\n", {"line 3", "a quote is not closed"}},
        {HEADER ROW1, {"no row for image", "2.bmp"}},
        {HEADER ROW1 ROW2 ROW1, {"line 4", "duplicate row for image 1.bmp"}},
        {HEADER ROW1 ROW2 "UID_9_1_1_all.bmp,3.bmp,1\n", {"line 4", "no image 3.bmp"}},
        {HEADER ROW1 "UID_H25_1_1_hem.bmp,2.bmp,2\n", {"line 3", "label '2'"}},
        {HEADER ROW1 "UID_H25_1_1_hem.bmp,2.bmp,\n", {"line 3", "label ''"}},
        {HEADER ROW1 "UID_H25_1_1_hem.bmp,2.bmp,1\n", {"line 3", "contradicts"}},
        {HEADER ROW1 "UID_H25_1_1_hem.bmp,2.bmp\n", {"line 3", "fewer fields"}},
        {HEADER ROW1 "UID_H25_1_1_hem.bmp,2.bmp,0,0\n", {"line 3", "more fields"}},
        {HEADER ROW1 "someone,2.bmp,0\n", {"line 3", "names no subject"}},
        {"Patient_ID,new_names\n" ROW1, {"line 1", "no column 'labels'"}},
        {"", {"line 1", "no column"}},
        {"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 58692\n",
         {"Git LFS pointer", "git lfs pull"}},
    };
    tree_write_image("p/C-NMC_test_prelim_phase_data/1.bmp", SIDE, 1);
    tree_write_image("p/C-NMC_test_prelim_phase_data/2.bmp", SIDE, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        tree_write_text(csv, cases[i].text);
        lvk_dataset *d;
        const lvk_status status = lvk_dataset_create(tree_path("p"), NULL, &d);
        if (!cases[i].reasons[0]) {
            cr_assert_eq(status, LVK_OK, "case %zu: %s", i, lvk_error_message());
            cr_assert_eq(image(d, "C-NMC_test_prelim_phase_data/2.bmp")->label, 1);
            cr_assert_eq(image(d, "C-NMC_test_prelim_phase_data/1.bmp")->label, 0);
            lvk_dataset_destroy(&d);
            continue;
        }
        cr_assert_eq(status, LVK_ERROR_FORMAT, "case %zu accepted", i);
        cr_assert_null(d);
        TREE_ERROR_HAS("labels.csv", cases[i].reasons[0], cases[i].reasons[1]);
    }
    tree_write("p/C-NMC_test_prelim_phase_data_labels.csv", "Patient_ID\0,", 12);
    lvk_dataset *d;
    cr_assert_eq(lvk_dataset_create(tree_path("p"), NULL, &d), LVK_ERROR_FORMAT);
    cr_assert_eq(unlink(tree_path(csv)), 0);
    d = open_tree("p"); /* no table: unlabelled */
    cr_assert_eq(image(d, "C-NMC_test_prelim_phase_data/1.bmp")->label, -1);
    lvk_dataset_destroy(&d);
}

/* The label table may be as long as a table of predictions. */
Test(scan, long_label_table) {
    enum { SIZE = 17 << 20 };
    static const char rows[] = HEADER ROW1 ROW2;
    char *text = malloc(SIZE);
    memset(text, '\n', SIZE);
    memcpy(text, rows, sizeof rows - 1);
    tree_write_image("C-NMC_test_prelim_phase_data/1.bmp", SIDE, 1);
    tree_write_image("C-NMC_test_prelim_phase_data/2.bmp", SIDE, 2);
    tree_write("C-NMC_test_prelim_phase_data_labels.csv", text, SIZE);
    tree_write("copy/C-NMC_test_prelim_phase_data_labels.csv", text, SIZE);
    free(text);
    lvk_dataset *d = open_tree("");
    cr_assert_eq(image(d, "C-NMC_test_prelim_phase_data/2.bmp")->label, 1);
    lvk_dataset_destroy(&d);
}

Test(scan, original_names_and_png_in_the_preliminary_part) {
    tree_write_image("C-NMC_test_prelim_phase_data/UID_57_29_1_all.bmp", SIDE, 1);
    tree_write_image("C-NMC_test_prelim_phase_data/2.png", SIDE, 2);
    tree_write_text("C-NMC_test_prelim_phase_data_labels.csv", HEADER ROW1 ROW2);
    lvk_dataset *d = open_tree("");
    cr_assert_eq(image(d, "C-NMC_test_prelim_phase_data/UID_57_29_1_all.bmp")->label, 0);
    cr_assert_str_eq(subject_of(d, "C-NMC_test_prelim_phase_data/2.png"), "H25");
    lvk_dataset_destroy(&d);
}

Test(scan, copies_of_a_nested_tree) {
    write_cnmc("", "train", "C-NMC_test_prelim_phase_data", "C-NMC_test_prelim_phase_data_labels.csv");
    write_cnmc("again/", "train", "C-NMC_test_prelim_phase_data", "C-NMC_test_prelim_phase_data_labels.csv");
    lvk_dataset *d = open_tree("");
    cr_assert_eq(lvk_dataset_image_count(d), 8);
    cr_assert_eq(lvk_dataset_skipped_count(d), 8);
    cr_assert_eq(lvk_dataset_duplicate_count(d), 0);
    cr_assert(strstr(lvk_dataset_skipped(d, 0).reason, "second copy of"));
    lvk_dataset_destroy(&d);
    tree_write_image("again/C-NMC_test_prelim_phase_data/10.bmp", SIDE, 555);
    cr_assert_eq(lvk_dataset_create(tree_root, NULL, &d), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("10.bmp", "same name");
    tree_write_text("again/C-NMC_test_prelim_phase_data_labels.csv", HEADER);
    cr_assert_eq(lvk_dataset_create(tree_root, NULL, &d), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("second label table");
}

Test(scan, plain_trees) {
    tree_write_image("one/data/set/hem/x.BMP", SIDE, 1);
    tree_write_image("one/data/set/all/deep/er/y.png", SIDE, 2);
    tree_write_image("one/data/set/bad_input/z.png", SIDE, 3);
    tree_write_image("one/stray.png", SIDE, 4);
    lvk_dataset *d = open_tree("one");
    cr_assert(!lvk_dataset_is_cnmc(d));
    cr_assert_eq(lvk_dataset_image_count(d), 2);
    cr_assert_eq(lvk_dataset_ignored_count(d), 2);
    cr_assert_eq(lvk_dataset_positive_class(d), 0);
    cr_assert_eq(image(d, "data/set/hem/x.BMP")->label, 1);
    cr_assert_eq(lvk_dataset_subject_count(d), 2);
    cr_assert_eq(lvk_dataset_subject(d, 0)->named, false);
    lvk_dataset_destroy(&d);

    tree_write_image("two/wrap/healthy/a.png", SIDE, 1);
    tree_write_image("two/wrap/sick/UID_7_1_1_all.png", SIDE,
                     2); /* no all/hem classes: the name's end means nothing */
    tree_write_image("two/wrap/sick/UID_7_1_2.png", SIDE, 3);
    d = open_tree("two");
    cr_assert_eq(lvk_dataset_class_count(d), 2);
    cr_assert_str_eq(lvk_dataset_class_name(d, 0), "healthy");
    cr_assert_eq(lvk_dataset_positive_class(d), 1, "the last class in byte order");
    cr_assert_eq(lvk_dataset_subject_count(d), 2);
    cr_assert_str_eq(subject_of(d, "wrap/sick/UID_7_1_2.png"), "7");
    lvk_dataset_destroy(&d);

    tree_write_text("three/a.txt", "x");
    cr_assert_eq(lvk_dataset_create(tree_path("three"), NULL, &d), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("three: ", "no image");
    tree_write_image("four/a.png", SIDE, 1);
    cr_assert_eq(lvk_dataset_create(tree_path("four"), NULL, &d), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("four: ", "class folder");
    cr_assert_eq(lvk_dataset_create(tree_path("five"), NULL, &d), LVK_ERROR_IO);
    TREE_ERROR_HAS("five: ");
}

/* A thousand images of which three cannot be used. */
Test(scan, left_out_or_strict) {
    for (uint32_t i = 0; i < 1000; ++i) {
        char path[64];
        snprintf(path, sizeof path, "%s/%04u.bmp", i % 2 ? "hem" : "all", i);
        if (i == 500)
            tree_write_text(path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
        else if (i == 501)
            tree_write_text(path, "");
        else if (i == 998)
            tree_write_image(path, 16, i);
        else
            tree_write_image(path, SIDE, i);
    }
    char fingerprint[64];
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        lvk_dataset *d;
        const lvk_dataset_options options = {.threads = threads};
        cr_assert_eq(lvk_dataset_create(tree_root, &options, &d), LVK_OK, "%s", lvk_error_message());
        cr_assert_eq(lvk_dataset_image_count(d), 997);
        cr_assert_eq(lvk_dataset_skipped_count(d), 3);
        cr_assert_str_eq(lvk_dataset_skipped(d, 0).path, "all/0500.bmp");
        cr_assert(strstr(lvk_dataset_skipped(d, 0).reason, "Git LFS pointer"));
        cr_assert_null(strstr(lvk_dataset_skipped(d, 0).reason, "0500"), "the path is told once");
        cr_assert_str_eq(lvk_dataset_skipped(d, 2).path, "hem/0501.bmp");
        if (threads == 1)
            strcpy(fingerprint, lvk_dataset_fingerprint(d));
        cr_assert_str_eq(lvk_dataset_fingerprint(d), fingerprint);
        lvk_dataset_destroy(&d);
        const lvk_dataset_options strict = {.threads = threads, .strict = true};
        cr_assert_eq(lvk_dataset_create(tree_root, &strict, &d), LVK_ERROR_FORMAT);
        TREE_ERROR_HAS("all/0500.bmp: ", "Git LFS pointer");
        cr_assert_null(d);
    }
}

static void count_warnings(void *user, lvk_log_level level, const char *line) {
    (void)line;
    *(int *)user += level == LVK_LOG_WARNING;
}

/* A picture in one of the eight ways that it can lie. */
static void write_turned(const char *relative, uint32_t number, int way) {
    uint8_t *drawn = tree_draw(SIDE, number), *turned = calloc((size_t)SIDE * SIDE, 3);
    cr_assert(turned);
    for (uint32_t y = 0; y < SIDE; ++y) {
        for (uint32_t x = 0; x < SIDE; ++x) {
            const uint32_t u = way & 1 ? SIDE - 1 - x : x, v = way & 2 ? SIDE - 1 - y : y;
            const size_t from = way & 4 ? (size_t)u * SIDE + v : (size_t)v * SIDE + u;
            memcpy(turned + ((size_t)y * SIDE + x) * 3, drawn + from * 3, 3);
        }
    }
    void *data;
    size_t size;
    cr_assert_eq(lvk_png_encode(turned, SIDE, SIDE, 3, &data, &size), LVK_OK);
    tree_write(relative, data, size);
    lvk_free(data);
    free(drawn);
    free(turned);
}

/* Who has another's picture, turned or mirrored, is on the same side of a split as they are; a picture that
 * differs in one pixel's place is another. */
Test(scan, turned_pictures_join_subjects) {
    for (int way = 0; way < 8; ++way) {
        char path[64];
        snprintf(path, sizeof path, "fold_0/all/UID_%d_1_1_all.png", way + 1);
        write_turned(path, 1, way);
    }
    uint8_t *moved = tree_draw(SIDE, 1), swapped[3];
    const size_t center = ((size_t)(SIDE / 2) * SIDE + SIDE / 2) * 3;
    memcpy(swapped, moved + center, 3);
    memcpy(moved + center, moved + center + 3, 3);
    memcpy(moved + center + 3, swapped, 3);
    void *data;
    size_t size;
    cr_assert_eq(lvk_png_encode(moved, SIDE, SIDE, 3, &data, &size), LVK_OK);
    tree_write("fold_0/all/UID_9_1_1_all.png", data, size);
    lvk_free(data);
    free(moved);
    tree_write_image("fold_0/hem/UID_H1_1_1_hem.bmp", SIDE, 2);
    lvk_dataset *d = open_tree("");
    size_t count;
    cr_assert_eq(lvk_dataset_duplicate_count(d), 1);
    (void)lvk_dataset_duplicate(d, 0, &count);
    cr_expect_eq(count, 8);
    cr_expect_eq(lvk_dataset_group_count(d), 3, "the eight, the moved one, and H1");
    const lvk_image_info *plain = image(d, "fold_0/all/UID_1_1_1_all.png");
    const lvk_image_info *turned = image(d, "fold_0/all/UID_6_1_1_all.png");
    cr_expect_eq(turned->group, plain->group);
    cr_expect_neq(memcmp(turned->hash, plain->hash, sizeof plain->hash), 0, "not the same pixels");
    lvk_dataset_destroy(&d);
}

Test(scan, identical_pixels_join_subjects) {
    tree_write_image("fold_0/all/UID_20_1_1_all.bmp", SIDE, 1);
    tree_write_image("fold_0/all/UID_21_1_1_all.png", SIDE, 1); /* another file of the same picture */
    tree_write_image("fold_1/all/UID_21_1_2_all.bmp", SIDE, 2);
    tree_write_image("fold_1/all/UID_75_1_1_all.bmp", SIDE, 2);
    tree_write_image("fold_1/all/UID_99_1_1_all.bmp", SIDE, 3);
    tree_write_image("fold_1/hem/UID_H2_1_1_hem.bmp", SIDE, 4);
    tree_write_image("fold_1/hem/UID_H4_1_1_hem.bmp", SIDE, 3); /* and one under two classes */
    int warnings = 0;
    lvk_log_set_sink(count_warnings, &warnings, LVK_LOG_WARNING);
    lvk_dataset *d = open_tree("");
    lvk_log_set_sink(NULL, NULL, LVK_LOG_WARNING);
    cr_assert_eq(warnings, 1);
    cr_assert_eq(lvk_dataset_duplicate_count(d), 3);
    cr_assert_eq(lvk_dataset_group_count(d), 3);
    const uint32_t group = image(d, "fold_0/all/UID_20_1_1_all.bmp")->group;
    cr_assert_eq(image(d, "fold_0/all/UID_21_1_1_all.png")->group, group);
    cr_assert_eq(image(d, "fold_1/all/UID_75_1_1_all.bmp")->group, group, "20 = 21 = 75");
    cr_assert_neq(image(d, "fold_1/hem/UID_H2_1_1_hem.bmp")->group, group);
    size_t total = 0;
    for (size_t i = 0; i < 3; ++i) {
        size_t count;
        const uint32_t *copies = lvk_dataset_duplicate(d, i, &count);
        cr_assert_eq(count, 2);
        cr_assert_eq(memcmp(lvk_dataset_image(d, copies[0])->hash, lvk_dataset_image(d, copies[1])->hash, 16),
                     0);
        total += count;
    }
    cr_assert_eq(total, 6);
    lvk_dataset_destroy(&d);
}

Test(scan, problems_of_names) {
    tree_write_image("fold_0/all/UID_1_1_1_hem.bmp", SIDE, 1);
    tree_write_image("fold_0/all/cell.bmp", SIDE, 2);
    tree_write_image("fold_0/hem/UID_H1_1_1_hem.bmp", SIDE, 3);
    lvk_dataset *d = open_tree("");
    cr_assert_eq(lvk_dataset_image_count(d), 1);
    cr_assert(strstr(lvk_dataset_skipped(d, 0).reason, "the name says hem, the folder all"));
    cr_assert(strstr(lvk_dataset_skipped(d, 1).reason, "no subject"));
    lvk_dataset_destroy(&d);
}

Test(scan, files_for_prediction) {
    tree_write_image("x/b.png", SIDE, 1);
    tree_write_image("x/a/UID_h3_1_1_hem.bmp", SIDE, 2);
    tree_write_text("x/broken.jpg", "nothing");
    tree_write_image("plain.dat.png", SIDE, 3);
    cr_assert_eq(rename(tree_path("plain.dat.png"), tree_path("plain.dat")), 0);
    char folder[256], file[256];
    snprintf(folder, sizeof folder, "%s", tree_path("x"));
    snprintf(file, sizeof file, "%s", tree_path("plain.dat"));
    const char *const paths[] = {file, folder};
    lvk_dataset *d;
    cr_assert_eq(lvk_dataset_create_from_files(paths, 2, NULL, &d), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_dataset_image_count(d), 3);
    cr_assert_eq(lvk_dataset_skipped_count(d), 1);
    cr_assert_eq(lvk_dataset_class_count(d), 0);
    cr_assert_str_eq(lvk_dataset_image(d, 0)->path, file);
    cr_assert_eq(lvk_dataset_image(d, 0)->label, -1);
    cr_assert_str_eq(lvk_dataset_subject(d, lvk_dataset_image(d, 1)->subject)->name, "H3");
    cr_assert_eq(lvk_dataset_find(d, tree_path("x/b.png")), 2);
    lvk_dataset_destroy(&d);
    const char *const missing[] = {"/nowhere/x.png"};
    cr_assert_eq(lvk_dataset_create_from_files(missing, 1, NULL, &d), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("/nowhere/x.png");
    cr_assert_eq(lvk_dataset_create_from_files(NULL, 0, NULL, &d), LVK_ERROR_ARGUMENT);
}

static bool stop_at_three(void *user, size_t done, size_t total) {
    cr_assert(done <= total);
    *(size_t *)user = done;
    return done < 3;
}

Test(scan, stopped_on_request) {
    for (uint32_t i = 0; i < 200; ++i) {
        char path[64];
        snprintf(path, sizeof path, "all/%u.bmp", i);
        tree_write_image(path, SIDE, i);
    }
    size_t done = 0;
    lvk_dataset *d;
    const lvk_dataset_options options = {.progress = stop_at_three, .progress_user = &done};
    cr_assert_eq(lvk_dataset_create(tree_root, &options, &d), LVK_ERROR_CANCELLED);
    cr_assert_null(d);
}

/* Every allocation fails once; each time the answer is LVK_ERROR_MEMORY, and nothing leaks (under the
 * sanitizer). */
Test(scan, out_of_memory_anywhere) {
    write_cnmc("", "train", "C-NMC_test_prelim_phase_data", "C-NMC_test_prelim_phase_data_labels.csv");
    tree_write_image("train/fold_1/hem/UID_H10_1_9_hem.png", SIDE, 0);
    const lvk_dataset_options options = {.threads = 1};
    uint64_t n = 1;
    for (;; ++n) {
        lvk_dataset *d;
        lvk_alloc_fail_after(n);
        const lvk_status status = lvk_dataset_create(tree_root, &options, &d);
        lvk_alloc_fail_after(0);
        if (status == LVK_OK) {
            lvk_dataset_destroy(&d);
            break;
        }
        cr_assert_eq(status, LVK_ERROR_MEMORY, "allocation %d: %s", (int)n, lvk_error_message());
        cr_assert_null(d);
    }
    cr_assert_gt(n, 50, "only %d allocations", (int)n);
}

Test(scan, real_cells) {
    lvk_dataset *d;
    cr_assert_eq(lvk_dataset_create(tree_real_data(), NULL, &d), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_dataset_image_count(d), 1747);
    cr_assert_eq(lvk_dataset_skipped_count(d), 0);
    cr_assert_eq(lvk_dataset_subject_count(d), 36);
    static const unsigned expected[4][2] = {{93, 12}, {830, 785}, {10, 11}, {4, 2}}; /* folds, preliminary */
    unsigned counts[4][2] = {{0}};
    for (size_t i = 0; i < 1747; ++i) {
        const lvk_image_info *info = lvk_dataset_image(d, i);
        ++counts[info->part == LVK_PART_PRELIMINARY ? 3 : info->fold][info->label];
        cr_assert(info->width == 450 && info->height == 450);
    }
    cr_assert_eq(memcmp(counts, expected, sizeof expected), 0);
    size_t patients = 0;
    for (size_t s = 0; s < 36; ++s)
        patients += lvk_dataset_subject(d, s)->name[0] != 'H';
    cr_assert_eq(patients, 25);
    lvk_dataset_destroy(&d);
}
