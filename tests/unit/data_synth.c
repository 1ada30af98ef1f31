/* Drawn trees: the same bytes from the same seed, C-NMC's shape, classes that overlap, subjects that can be
 * told. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "core/folder_walk.h"
#include "leukvk/synth.h"

#include <math.h>
#include <xxhash.h>

TestSuite(synth, .init = tree_create, .fini = tree_remove);

static void draw(const char *below, const lvk_synth_options *options) {
    cr_assert_eq(lvk_synth_write(tree_path(below), options), LVK_OK, "%s", lvk_error_message());
}

typedef struct summing {
    const char *root;
    uint64_t hash;
    size_t files;
} summing;

static lvk_status add_file(void *user, const char *path) {
    summing *s = user;
    char full[1024];
    void *data;
    size_t size;
    snprintf(full, sizeof full, "%s/%s", s->root, path);
    cr_assert_eq(lvk_file_read(full, 1 << 24, &data, &size), LVK_OK);
    s->hash = XXH3_64bits_withSeed(path, strlen(path), s->hash);
    s->hash = XXH3_64bits_withSeed(data, size, s->hash);
    ++s->files;
    lvk_free(data);
    return LVK_OK;
}

static uint64_t hash_of(const char *below, size_t files) {
    char root[256];
    snprintf(root, sizeof root, "%s", tree_path(below));
    summing s = {root, 0, 0};
    cr_assert_eq(lvk_folder_walk(root, &(lvk_folder_visitor){.file = add_file}, &s), LVK_OK);
    cr_assert_eq(s.files, files);
    return s.hash;
}

Test(synth, same_seed_same_bytes) {
    lvk_synth_options options = {.images = 40, .subjects = 8, .size = 96, .seed = 5, .threads = 1};
    draw("a", &options);
    options.threads = 4;
    draw("b", &options);
    options.seed = 6;
    draw("c", &options);
    options.format = LVK_SYNTH_PNG;
    draw("d", &options);
    cr_assert_eq(hash_of("a", 41), hash_of("b", 41));
    cr_assert_neq(hash_of("a", 41), hash_of("c", 41));
    lvk_dataset *c, *d;
    cr_assert_eq(lvk_dataset_create(tree_path("c"), NULL, &c), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_dataset_create(tree_path("d"), NULL, &d), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_dataset_image_count(c), 40);
    for (size_t i = 0; i < 40; ++i) { /* the same order but for the extension */
        const lvk_image_info *x = lvk_dataset_image(c, i), *y = lvk_dataset_image(d, i);
        cr_assert(strncmp(x->path, y->path, strlen(x->path) - 3) == 0);
        cr_assert_eq(memcmp(x->hash, y->hash, sizeof x->hash), 0, "BMP and PNG show the same");
    }
    lvk_dataset_destroy(&c);
    lvk_dataset_destroy(&d);
}

Test(synth, options_and_folders) {
    static const lvk_synth_options bad[] = {{.subjects = 7},
                                            {.subjects = 9},
                                            {.subjects = 3000},
                                            {.images = 20},
                                            {.images = 2000000},
                                            {.size = 63},
                                            {.size = 1025},
                                            {.format = (lvk_synth_format)9},
                                            {.classes = 1},
                                            {.classes = 7},
                                            {.classes = 4, .subjects = 18},
                                            {.classes = 4, .subjects = 12}};
    static const char *const says[] = {
        "--subjects 7: ",     "--subjects 9: ", "--subjects 3000: ", "--images 20: ",
        "--images 2000000: ", "--size 63: ",    "--size 1025: ",     "image format 9",
        "--classes 1: ",      "--classes 7: ",  "--subjects 18: ",   "--subjects 12: "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        cr_assert_eq(lvk_synth_write(tree_path("x"), &bad[i]), LVK_ERROR_ARGUMENT, "case %zu", i);
        TREE_ERROR_HAS(says[i]);
    }
    cr_assert(!lvk_path_is_folder(tree_path("x")));
    tree_write_text("x/note.txt", "mine");
    cr_assert_eq(lvk_synth_write(tree_path("x"), NULL), LVK_ERROR_ARGUMENT);
    TREE_ERROR_HAS("/x: ", "not empty", "note.txt");
    tree_write_text("file", "mine");
    cr_assert_eq(lvk_synth_write(tree_path("file"), NULL), LVK_ERROR_IO);
    cr_assert_eq(lvk_synth_write(tree_path("file/below"), NULL), LVK_ERROR_IO);
    const lvk_synth_options tiny = {.images = 16, .subjects = 8, .size = 64};
    cr_assert_eq(lvk_folder_create(tree_path("empty")), LVK_OK);
    draw("empty", &tiny);
}

/* Mean colour of an image's cell. */
static void mean_colour(const char *path, double mean[3]) {
    lvk_image image;
    cr_assert_eq(lvk_image_read(path, &image), LVK_OK);
    double sum[3] = {0, 0, 0};
    for (size_t i = 0; i < (size_t)image.width * image.height * 3; ++i)
        sum[i % 3] += image.pixels[i];
    lvk_image_measures measures;
    lvk_image_measure(&image, &measures);
    for (int c = 0; c < 3; ++c)
        mean[c] = sum[c] / measures.area;
    lvk_image_finish(&image);
}

/* Probability that an ALL cell is larger than a normal one. */
static double area_auc(const lvk_dataset *d) {
    double won = 0, pairs = 0;
    for (size_t i = 0; i < lvk_dataset_image_count(d); ++i) {
        for (size_t j = 0; j < lvk_dataset_image_count(d); ++j) {
            const lvk_image_info *a = lvk_dataset_image(d, i), *b = lvk_dataset_image(d, j);
            if (a->label != 0 || b->label != 1)
                continue;
            won += a->area > b->area ? 1 : a->area == b->area ? 0.5 : 0;
            ++pairs;
        }
    }
    return won / pairs;
}

/* Share of the variance of the cells' mean red, green and blue that lies between subjects. */
static double subject_share(const lvk_dataset *d) {
    const size_t images = lvk_dataset_image_count(d), subjects = lvk_dataset_subject_count(d);
    double total = 0, between = 0;
    double(*colours)[3] = malloc(images * sizeof *colours), (*sums)[3] = calloc(subjects, sizeof *sums);
    double overall[3] = {0, 0, 0};
    for (size_t i = 0; i < images; ++i) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", lvk_dataset_folder(d), lvk_dataset_image(d, i)->path);
        mean_colour(path, colours[i]);
        for (int c = 0; c < 3; ++c) {
            sums[lvk_dataset_image(d, i)->subject][c] += colours[i][c];
            overall[c] += colours[i][c] / (double)images;
        }
    }
    for (size_t i = 0; i < images; ++i) {
        const uint32_t s = lvk_dataset_image(d, i)->subject;
        for (int c = 0; c < 3; ++c) {
            total += pow(colours[i][c] - overall[c], 2);
            between += pow(sums[s][c] / lvk_dataset_subject(d, s)->images - overall[c], 2);
        }
    }
    free(colours);
    free(sums);
    return between / total;
}

Test(synth, is_shaped_like_the_original) {
    const lvk_synth_options options = {.images = 400, .seed = 1};
    draw("t", &options);
    lvk_dataset *d;
    cr_assert_eq(lvk_dataset_create(tree_path("t"), NULL, &d), LVK_OK, "%s", lvk_error_message());
    cr_assert(lvk_dataset_is_cnmc(d));
    cr_assert_eq(lvk_dataset_image_count(d), 400);
    cr_assert_eq(lvk_dataset_subject_count(d), 24);
    cr_assert_eq(lvk_dataset_duplicate_count(d), 1);
    cr_assert_eq(lvk_dataset_group_count(d), 23);
    size_t labels[2] = {0, 0}, preliminary = 0, folds[3] = {0, 0, 0}, small_h3 = 0;
    for (size_t i = 0; i < 400; ++i) {
        const lvk_image_info *info = lvk_dataset_image(d, i);
        ++labels[info->label];
        preliminary += info->part == LVK_PART_PRELIMINARY;
        if (info->fold >= 0)
            ++folds[info->fold];
        small_h3 += strstr(info->path, "UID_h3_") != NULL;
        cr_assert(info->area > 5000 && info->area < 120000, "%s: area %u", info->path, info->area);
    }
    cr_assert(labels[0] == 200 && labels[1] == 200);
    cr_assert(preliminary > 20 && preliminary < 140 && folds[0] && folds[1] && folds[2] && small_h3 > 1);
    void *data;
    size_t size;
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", lvk_dataset_folder(d), lvk_dataset_image(d, 399)->path);
    cr_assert_eq(lvk_file_read(path, 1 << 24, &data, &size), LVK_OK);
    cr_assert_eq(size, 608454);
    lvk_free(data);
    /* Size alone separates the classes neither fully nor not at all: 0.80 by design, its deviation here about
     * 0.05. */
    const double auc = area_auc(d), share = subject_share(d);
    cr_assert(auc > 0.7 && auc < 0.9, "AUC of the area: %.3f", auc);
    cr_assert(share > 0.7, "%.2f of the colour's variance lies between subjects", share);
    lvk_dataset_destroy(&d);
}

/* A folder for each class with folders of its subjects; a pure function of the options; the default of subjects is
 * a multiple of the classes. */
Test(synth, more_classes) {
    static const char *const names[] = {"Benign", "Burkitt", "Early", "Pre", "Pro"}; /* in byte order */
    const lvk_synth_options options = {.classes = 5, .images = 152, .size = 64, .format = LVK_SYNTH_PNG};
    draw("n", &options);
    draw("m", &options);
    cr_assert_eq(hash_of("n", 152), hash_of("m", 152));
    lvk_dataset *d;
    cr_assert_eq(lvk_dataset_create(tree_path("n"), NULL, &d), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_dataset_class_count(d), 5);
    cr_expect_eq(lvk_dataset_subject_count(d), 25);
    cr_expect_eq(lvk_dataset_unnamed_count(d), 0);
    cr_expect_eq(lvk_dataset_duplicate_count(d), 1);
    size_t labels[5] = {0};
    for (size_t i = 0; i < 152; ++i)
        ++labels[lvk_dataset_image(d, i)->label];
    for (size_t c = 0; c < 5; ++c) {
        cr_expect_str_eq(lvk_dataset_class_name(d, c), names[c]);
        cr_expect(labels[c] == 30 || labels[c] == 31, "%s: %zu", names[c], labels[c]);
    }
    lvk_dataset_destroy(&d);
}
