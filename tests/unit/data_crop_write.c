/* Crops as files: the pixels that training has, and a folder that reads as the same data set. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "image/crop.h"
#include "image/resample.h"
#include "leukvk/crop.h"

TestSuite(crop_write, .init = tree_create, .fini = tree_remove);

enum { SIDE = 120 };

static lvk_dataset *open_tree(const char *below, bool allow_classless) {
    lvk_dataset *dataset;
    const lvk_dataset_options options = {.allow_classless = allow_classless};
    cr_assert_eq(lvk_dataset_create(tree_path(below), &options, &dataset), LVK_OK, "%s", lvk_error_message());
    return dataset;
}

static const char *const training[] = {"fold_0/all/UID_3_1_1_all.bmp", "fold_0/hem/UID_h3_1_1_hem.bmp",
                                       "fold_0/hem/UID_H3_1_2_hem.bmp", "fold_1/all/UID_11_10_1_all.png"};

static void write_cnmc(void) {
    char path[256];
    for (uint32_t i = 0; i < 4; ++i) {
        snprintf(path, sizeof path, "t/C-NMC_training_data/%s", training[i]);
        tree_write_image(path, SIDE, i);
    }
    for (uint32_t i = 1; i <= 3; ++i) {
        snprintf(path, sizeof path, "t/C-NMC_test_prelim_phase_data/%u.bmp", i);
        tree_write_image(path, SIDE, 100 + i);
    }
    tree_write_text("t/C-NMC_test_prelim_phase_data_labels.csv",
                    "Patient_ID,new_names,labels\nUID_57_29_1_all.bmp,1.bmp,1\n"
                    "UID_H49_35_1_hem.bmp,3.bmp,0\nUID_H25_1_1_hem.bmp,2.bmp,0\n");
}

static lvk_image read_image(const char *below, const char *path) {
    char joined[512];
    lvk_image image;
    snprintf(joined, sizeof joined, "%s/%s", below, path);
    cr_assert_eq(lvk_image_read(tree_path(joined), &image), LVK_OK, "%s", lvk_error_message());
    return image;
}

/* The file's pixels are those that the crop of the source has; of 224 pixels when `size` is 0. */
static void expect_training_crop(const char *mode, uint32_t size, const char *source, const char *output) {
    const uint32_t wanted = size ? size : 224;
    lvk_crop crop;
    lvk_image image = read_image("t", source), file = read_image("out", output), cropped;
    cr_assert_eq(lvk_crop_parse(mode, &crop), LVK_OK);
    cr_assert_eq(lvk_crop_extract(&crop, &image, wanted, &cropped), LVK_OK);
    if (size) {
        float *pixels = calloc((size_t)size * size * 3, sizeof *pixels);
        const lvk_augment none = {0};
        cr_assert_eq(lvk_resample(&cropped, &none, size, pixels), LVK_OK);
        cr_assert(file.width == size && file.height == size);
        for (size_t i = 0; i < (size_t)size * size * 3; ++i)
            cr_assert_eq(file.pixels[i], (int)(pixels[i] * 255 + 0.5F), "value %zu of %s", i, output);
        free(pixels);
    } else {
        cr_assert(file.width == cropped.width && file.height == cropped.height);
        cr_assert_eq(memcmp(file.pixels, cropped.pixels, (size_t)cropped.width * cropped.width * 3), 0, "%s",
                     output);
    }
    lvk_image_finish(&cropped);
    lvk_image_finish(&file);
    lvk_image_finish(&image);
}

static void remove_output(void) {
    nftw(tree_path("out"), tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

Test(crop_write, pixels_are_those_of_training) {
    static const struct {
        const char *mode;
        uint32_t size;
    } cases[] = {{"center:64", 0}, {"center:300", 0},   {"bbox", 0},
                 {"bbox", 56},     {"center:100", 224}, {"none", 48}};
    write_cnmc();
    lvk_dataset *d = open_tree("t", false);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        size_t written;
        const lvk_crop_options options = {.mode = cases[i].mode, .size = cases[i].size, .threads = 2};
        cr_assert_eq(lvk_crop_write(d, tree_path("out"), &options, &written), LVK_OK, "%s",
                     lvk_error_message());
        cr_expect_eq(written, 7);
        expect_training_crop(cases[i].mode, cases[i].size,
                             "C-NMC_training_data/fold_0/hem/UID_h3_1_1_hem.bmp",
                             "C-NMC_training_data/fold_0/hem/UID_h3_1_1_hem.png");
        expect_training_crop(cases[i].mode, cases[i].size, "C-NMC_test_prelim_phase_data/2.bmp",
                             "C-NMC_test_prelim_phase_data/2.png");
        remove_output();
    }
    lvk_dataset_destroy(&d);
}

/* Every image of `a` is in `b` with the same class, subject, part and fold. */
static void expect_same_set(const lvk_dataset *a, const lvk_dataset *b) {
    cr_assert_eq(lvk_dataset_image_count(a), lvk_dataset_image_count(b));
    cr_assert_eq(lvk_dataset_class_count(a), lvk_dataset_class_count(b));
    cr_assert_eq(lvk_dataset_subject_count(a), lvk_dataset_subject_count(b));
    for (size_t i = 0; i < lvk_dataset_image_count(a); ++i) {
        const lvk_image_info *x = lvk_dataset_image(a, i), *y = lvk_dataset_image(b, i);
        cr_expect(x->label == y->label && x->part == y->part && x->fold == y->fold, "%s, %s", x->path,
                  y->path);
        cr_expect_str_eq(lvk_dataset_subject(a, x->subject)->name, lvk_dataset_subject(b, y->subject)->name);
    }
}

Test(crop_write, reads_as_the_same_set) {
    static const char *const roots[] = {"t", "t/C-NMC_training_data", "t/C-NMC_training_data/fold_0",
                                        "t/C-NMC_test_prelim_phase_data"};
    write_cnmc();
    for (size_t i = 0; i < sizeof roots / sizeof *roots; ++i) {
        size_t written;
        lvk_dataset *d = open_tree(roots[i], false);
        cr_assert_eq(lvk_crop_write(d, tree_path("out"), &(lvk_crop_options){.mode = "bbox"}, &written),
                     LVK_OK, "%s", lvk_error_message());
        lvk_dataset *again = open_tree("out", false);
        expect_same_set(d, again);
        lvk_dataset_destroy(&again);
        lvk_dataset_destroy(&d);
        remove_output();
    }
}

Test(crop_write, index_tells_where_a_crop_is_from) {
    write_cnmc();
    lvk_dataset *d = open_tree("t", false);
    size_t written;
    cr_assert_eq(lvk_crop_write(d, tree_path("out"), &(lvk_crop_options){.mode = "center:140"}, &written),
                 LVK_OK);
    void *data;
    size_t size;
    cr_assert_eq(lvk_file_read(tree_path("out/index.csv"), 1 << 20, &data, &size), LVK_OK);
    cr_expect_eq(strncmp(data, "source,output,x,y,width,height,class,subject\n", 45), 0);
    cr_expect_not_null(
        strstr(data, "\nC-NMC_training_data/fold_0/hem/UID_h3_1_1_hem.bmp,C-NMC_training_data/fold_0/hem/"
                     "UID_h3_1_1_hem.png,-10,-10,140,140,hem,H3\n"),
        "%s", (const char *)data);
    cr_expect_not_null(
        strstr(data, "\nC-NMC_test_prelim_phase_data/1.bmp,C-NMC_test_prelim_phase_data/1.png,-10,-10,140,"
                     "140,all,57\n"));
    lvk_free(data);
    lvk_dataset_destroy(&d);
}

/* A black picture of SIDE x SIDE with `cell` x `cell` white pixels in its middle. */
static void write_small_cell(const char *relative, uint32_t cell) {
    static uint8_t pixels[SIDE * SIDE * 3];
    memset(pixels, 0, sizeof pixels);
    const uint32_t first = (SIDE - cell) / 2;
    for (uint32_t y = first; y < first + cell; ++y)
        memset(pixels + ((size_t)y * SIDE + first) * 3, 255, (size_t)cell * 3);
    void *data;
    size_t size;
    cr_assert_eq(lvk_png_encode(pixels, SIDE, SIDE, 3, &data, &size), LVK_OK);
    tree_write(relative, data, size);
    lvk_free(data);
}

Test(crop_write, what_is_too_small_is_left_out) {
    write_cnmc();
    write_small_cell("t/C-NMC_test_prelim_phase_data/2.png", 20);
    cr_assert_eq(remove(tree_path("t/C-NMC_test_prelim_phase_data/2.bmp")), 0);
    lvk_dataset *d = open_tree("t", false);
    lvk_crop_options options = {.mode = "bbox"};
    size_t written;
    cr_assert_eq(lvk_crop_write(d, tree_path("out"), &options, &written), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(written, 6);
    cr_expect(!lvk_path_is_file(tree_path("out/C-NMC_test_prelim_phase_data/2.png")));
    lvk_dataset *again = open_tree("out", false); /* its label table has no row for it either */
    cr_expect_eq(lvk_dataset_image_count(again), 6);
    cr_expect_eq(lvk_dataset_skipped_count(again), 0);
    lvk_dataset_destroy(&again);
    remove_output();
    options.strict = true;
    cr_expect_eq(lvk_crop_write(d, tree_path("out"), &options, &written), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("/2.png", "20 pixels");
    remove_output();
    options.size = 40; /* large enough when enlarged */
    cr_assert_eq(lvk_crop_write(d, tree_path("out"), &options, &written), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(written, 7);
    lvk_dataset_destroy(&d);
}

Test(crop_write, plain_folders) {
    tree_write_image("t/a.png", SIDE, 1);
    tree_write_image("t/UID_H7_1_1_hem.bmp", SIDE, 2);
    lvk_dataset *d;
    cr_assert_eq(lvk_dataset_create(tree_path("t"), NULL, &d), LVK_ERROR_FORMAT);
    d = open_tree("t", true);
    cr_expect(lvk_dataset_class_count(d) == 0 && lvk_dataset_image_count(d) == 2 &&
              lvk_dataset_ignored_count(d) == 0);
    cr_expect_eq(lvk_dataset_image(d, 0)->label, -1);
    cr_expect_str_eq(lvk_dataset_subject(d, lvk_dataset_image(d, 0)->subject)->name, "H7");
    size_t written;
    cr_assert_eq(lvk_crop_write(d, tree_path("out"), NULL, &written), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(written, 2);
    cr_expect(lvk_path_is_file(tree_path("out/a.png")) &&
              lvk_path_is_file(tree_path("out/UID_H7_1_1_hem.png")));
    lvk_dataset_destroy(&d);
}

static void expect_refused(const lvk_dataset *d, const char *out, const lvk_crop_options *options,
                           lvk_status status, const char *says) {
    size_t written = 9;
    cr_expect_eq(lvk_crop_write(d, tree_path(out), options, &written), status, "%s", says);
    cr_expect_eq(written, 0);
    TREE_ERROR_HAS(says);
}

Test(crop_write, mistakes_are_named) {
    write_cnmc();
    lvk_dataset *d = open_tree("t", false);
    tree_write_text("full/note.txt", "mine");
    expect_refused(d, "full", NULL, LVK_ERROR_ARGUMENT, "note.txt");
    expect_refused(d, "full/note.txt", NULL, LVK_ERROR_IO, "note.txt");
    expect_refused(d, "t/inside", NULL, LVK_ERROR_ARGUMENT, "t/inside: lies in");
    cr_expect(!lvk_path_is_folder(tree_path("t/inside")));
    expect_refused(d, "out", &(lvk_crop_options){.mode = "middle"}, LVK_ERROR_ARGUMENT, "middle");
    expect_refused(d, "out", &(lvk_crop_options){.size = 31}, LVK_ERROR_ARGUMENT, "31 pixels");
    expect_refused(d, "out", &(lvk_crop_options){.size = 8193}, LVK_ERROR_ARGUMENT, "8193 pixels");
    cr_expect(!lvk_path_is_folder(tree_path("out")));
    tree_write_text("t/C-NMC_training_data/fold_1/all/UID_11_10_1_all.png", "gone bad since");
    expect_refused(d, "out", NULL, LVK_ERROR_FORMAT, "UID_11_10_1_all.png");
    lvk_dataset_destroy(&d);
    tree_write_image("twins/a/x.png", SIDE, 1);
    tree_write_image("twins/a/x.bmp", SIDE, 2);
    tree_write_image("twins/b/y.bmp", SIDE, 3);
    d = open_tree("twins", false);
    expect_refused(d, "other", NULL, LVK_ERROR_FORMAT, "twins/a/x.png");
    lvk_dataset_destroy(&d);
}

/* The scale is that of the crop's pixels, whether they are copied or resampled. */
Test(crop_write, scale_of_a_table_is_kept) {
    static const struct {
        uint32_t size;
        double microns;
    } cases[] = {{0, 0.1}, {70, 0.2}};
    tree_write_image("t/1.bmp", SIDE, 1);
    tree_write_image("t/2.bmp", SIDE, 2);
    tree_write_text("t/cells.csv", "path,label,mpp\n1.bmp,all,0.1\n2.bmp,hem,\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        size_t written;
        lvk_dataset *d = open_tree("t/cells.csv", false);
        const lvk_crop_options options = {.mode = "center:140", .size = cases[i].size};
        cr_assert_eq(lvk_crop_write(d, tree_path("out"), &options, &written), LVK_OK, "%s",
                     lvk_error_message());
        lvk_dataset_destroy(&d);
        d = open_tree("out/index.csv", false);
        cr_expect_eq(lvk_dataset_image(d, 0)->microns_per_pixel, cases[i].microns, "%.17g",
                     lvk_dataset_image(d, 0)->microns_per_pixel);
        cr_expect_eq(lvk_dataset_image(d, 1)->microns_per_pixel, 0);
        lvk_dataset_destroy(&d);
        remove_output();
    }
}
