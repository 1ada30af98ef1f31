/* Splits: nobody on two sides, every class in every part, the same bytes from the same seed, and checked
 * reading. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "leukvk/split.h"

#include <math.h>

TestSuite(split, .init = tree_create, .fini = tree_remove);

enum { SIDE = 33 };

typedef struct person {
    const char *name;
    uint32_t cells;
} person;

static uint32_t next_picture;

static void write_people(const char *class, int fold, const person *people, size_t count) {
    for (size_t p = 0; p < count; ++p) {
        for (uint32_t c = 0; c < people[p].cells; ++c) {
            char path[128];
            snprintf(path, sizeof path, "train/fold_%d/%s/UID_%s_1_%u_%s.bmp", fold, class, people[p].name, c,
                     class);
            tree_write_image(path, SIDE, next_picture++);
        }
    }
}

static lvk_dataset *open_tree(void) {
    lvk_dataset *dataset;
    cr_assert_eq(lvk_dataset_create(tree_root, NULL, &dataset), LVK_OK, "%s", lvk_error_message());
    return dataset;
}

/* 12 patients, 10 healthy people of mixed sizes; patients 3 and 4 share a picture. */
static void write_tree(void) {
    static const person all[] = {{"1", 30}, {"2", 25}, {"3", 12}, {"4", 9},  {"5", 9},  {"6", 20},
                                 {"7", 7},  {"8", 15}, {"9", 9},  {"10", 6}, {"11", 4}, {"12", 2}};
    static const person hem[] = {{"H1", 40}, {"H2", 12}, {"h3", 9}, {"H4", 8}, {"H5", 8},
                                 {"H6", 8},  {"H7", 7},  {"H8", 5}, {"H9", 3}, {"H10", 2}};
    next_picture = 0;
    write_people("all", 0, all, 12);
    write_people("hem", 1, hem, 10);
    tree_write_image("train/fold_0/all/UID_3_9_1_all.bmp", SIDE, 9999);
    tree_write_image("train/fold_0/all/UID_4_9_1_all.bmp", SIDE, 9999);
}

typedef struct tally {
    size_t images[LVK_SPLIT_PART_COUNT][2], total[2];
    int part_of_group[64];
} tally;

static tally check_parts(const lvk_dataset *d, const lvk_split *split) {
    tally t = {{{0}}, {0}, {0}};
    for (int g = 0; g < 64; ++g)
        t.part_of_group[g] = -1;
    for (int p = 0; p < LVK_SPLIT_PART_COUNT; ++p) {
        size_t count;
        const uint32_t *images = lvk_split_images(split, (lvk_split_part)p, &count);
        for (size_t i = 0; i < count; ++i) {
            const lvk_image_info *info = lvk_dataset_image(d, images[i]);
            cr_assert(i == 0 || images[i - 1] < images[i], "ascending");
            cr_assert(t.part_of_group[info->group] == -1 || t.part_of_group[info->group] == p,
                      "group %u is on two sides", info->group);
            t.part_of_group[info->group] = p;
            ++t.images[p][info->label];
            ++t.total[info->label];
        }
    }
    return t;
}

Test(split, properties) {
    write_tree();
    lvk_dataset *d = open_tree();
    bool differs = false;
    size_t first_train = 0;
    for (uint64_t seed = 0; seed < 40; ++seed) {
        static const double shares[4][2] = {{0, 0}, {0.2, 0.3}, {-1, 0.25}, {0.1, -1}};
        const lvk_split_options options = {
            .seed = seed, .validation = shares[seed % 4][0], .test = shares[seed % 4][1]};
        lvk_split *split;
        cr_assert_eq(lvk_split_create(d, &options, &split), LVK_OK, "%s", lvk_error_message());
        const tally t = check_parts(d, split);
        cr_assert(t.total[0] == 150 && t.total[1] == 102, "every image is assigned once");
        for (int p = 0; p < LVK_SPLIT_PRELIMINARY; ++p) {
            const double wanted = lvk_split_fraction(split, (lvk_split_part)p);
            for (int c = 0; c < 2; ++c) {
                cr_assert_eq(t.images[p][c] > 0, wanted > 0, "seed %d part %d class %d", (int)seed, p, c);
                /* the largest person is 40 of 102 images */
                cr_assert_float_eq((double)t.images[p][c] / (double)t.total[c], wanted, 0.25);
            }
        }
        if (seed % 4 == 0) {
            size_t count;
            const uint32_t *train = lvk_split_images(split, LVK_SPLIT_TRAIN, &count);
            size_t sum = 0;
            for (size_t i = 0; i < count; ++i)
                sum += train[i];
            differs |= seed > 0 && sum != first_train;
            first_train = seed == 0 ? sum : first_train;
        }
        lvk_split_destroy(&split);
    }
    cr_assert(differs, "the seed does not matter");
    lvk_dataset_destroy(&d);
}

/* As in the sample of real cells: two healthy people hold nearly all the healthy cells. */
/* Four classes, some people with cells of two: nobody on two sides, every class in every part near its share. */
Test(split, four_classes) {
    static const char *const classes[] = {"Benign", "Early", "Pre", "Pro"};
    next_picture = 0;
    for (uint32_t c = 0; c < 4; ++c) {
        for (uint32_t p = 0; p < 12; ++p) {
            for (uint32_t i = 0; i < 4 + (p * 5 + c) % 7; ++i) {
                char path[128];
                const uint32_t other = p == 3 && i == 0 ? (c + 1) % 4 : c; /* one cell of another class */
                snprintf(path, sizeof path, "%s/P%u/%u.png", classes[other], c * 12 + p, i);
                tree_write_image(path, SIDE, next_picture++);
            }
        }
    }
    lvk_dataset *d = open_tree();
    cr_assert_eq(lvk_dataset_class_count(d), 4);
    cr_assert_eq(lvk_dataset_subject_count(d), 48);
    size_t total[4] = {0};
    for (size_t i = 0; i < lvk_dataset_image_count(d); ++i)
        ++total[lvk_dataset_image(d, i)->label];
    for (uint64_t seed = 0; seed < 10; ++seed) {
        lvk_split *split;
        int part_of_group[64];
        memset(part_of_group, -1, sizeof part_of_group);
        cr_assert_eq(lvk_split_create(d, &(lvk_split_options){.seed = seed}, &split), LVK_OK, "%s",
                     lvk_error_message());
        for (int p = 0; p <= LVK_SPLIT_TEST; ++p) {
            const double wanted = lvk_split_fraction(split, (lvk_split_part)p);
            size_t count, held[4] = {0};
            const uint32_t *images = lvk_split_images(split, (lvk_split_part)p, &count);
            for (size_t i = 0; i < count; ++i) {
                const lvk_image_info *info = lvk_dataset_image(d, images[i]);
                cr_assert(part_of_group[info->group] == -1 || part_of_group[info->group] == p);
                part_of_group[info->group] = p;
                ++held[info->label];
            }
            for (int c = 0; c < 4; ++c)
                cr_expect(fabs((double)held[c] / (double)total[c] - wanted) < 0.08,
                          "seed %d, part %d, %s: %zu of %zu", (int)seed, p, classes[c], held[c], total[c]);
        }
        lvk_split_destroy(&split);
    }
    lvk_split *folds[LVK_MAX_FOLDS];
    uint32_t count;
    const lvk_fold_options options = {.folds = 4, .seed = 1, .validation = 0.2};
    cr_assert_eq(lvk_split_create_folds(d, &options, folds, &count), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(count, 4);
    for (uint32_t f = 0; f < count; ++f) {
        for (int p = 0; p <= LVK_SPLIT_TEST; ++p) {
            size_t images, held[4] = {0};
            const uint32_t *list = lvk_split_images(folds[f], (lvk_split_part)p, &images);
            for (size_t i = 0; i < images; ++i)
                ++held[lvk_dataset_image(d, list[i])->label];
            for (int c = 0; c < 4; ++c)
                cr_expect(held[c] > 0, "fold %u, part %d has no %s", f, p, classes[c]);
        }
        lvk_split_destroy(&folds[f]);
    }
    lvk_dataset_destroy(&d);
}

Test(split, two_people_hold_a_class) {
    static const person all[] = {{"1", 30}, {"2", 25}, {"3", 12}, {"4", 9}, {"5", 9}};
    static const person hem[] = {{"H10", 60}, {"H14", 58}, {"H1", 2}, {"H2", 1}, {"H7", 1}};
    write_people("all", 0, all, 5);
    write_people("hem", 0, hem, 5);
    lvk_dataset *d = open_tree();
    for (uint64_t seed = 0; seed < 10; ++seed) {
        lvk_split *split;
        cr_assert_eq(lvk_split_create(d, &(lvk_split_options){.seed = seed}, &split), LVK_OK);
        const tally t = check_parts(d, split);
        for (int p = 0; p < LVK_SPLIT_PRELIMINARY; ++p)
            cr_assert(t.images[p][0] && t.images[p][1], "seed %d part %d", (int)seed, p);
        lvk_split_destroy(&split);
    }
    lvk_dataset_destroy(&d);
}

/* Every image is in the test part of one fold. Returns how many groups are on two sides of some fold. */
static size_t check_folds(const lvk_dataset *d, const lvk_fold_options *options, uint32_t folds) {
    static uint8_t tested[1000];
    size_t torn = 0;
    lvk_split *splits[LVK_MAX_FOLDS];
    uint32_t made;
    memset(tested, 0, sizeof tested);
    cr_assert_eq(lvk_split_create_folds(d, options, splits, &made), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(made, folds);
    for (uint32_t fold = 0; fold < folds; ++fold) {
        lvk_split *split = splits[fold];
        cr_assert_eq(lvk_split_by_image(split), options->by_image);
        int sides[1000] = {0};
        for (int p = 0; p < LVK_SPLIT_PRELIMINARY; ++p) {
            size_t count, of_class[2] = {0, 0};
            const uint32_t *images = lvk_split_images(split, (lvk_split_part)p, &count);
            for (size_t i = 0; i < count; ++i) {
                const lvk_image_info *info = lvk_dataset_image(d, images[i]);
                tested[images[i]] += p == LVK_SPLIT_TEST;
                sides[info->group] |= 1 << p;
                ++of_class[info->label];
            }
            cr_assert(of_class[0] && of_class[1], "fold %u, part %d lacks a class", fold, p);
        }
        for (size_t g = 0; g < lvk_dataset_group_count(d); ++g)
            torn += (sides[g] & (sides[g] - 1)) != 0;
        cr_assert_eq(lvk_split_write(split, tree_path("fold.json")), LVK_OK, "%s", lvk_error_message());
        lvk_split *read;
        cr_assert_eq(lvk_split_read(tree_path("fold.json"), d, &read), LVK_OK, "%s", lvk_error_message());
        cr_assert_eq(lvk_split_by_image(read), options->by_image);
        lvk_split_destroy(&read);
        lvk_split_destroy(&split);
    }
    for (size_t i = 0; i < lvk_dataset_image_count(d); ++i) {
        const lvk_image_info *info = lvk_dataset_image(d, i);
        cr_assert_eq(tested[i], info->part == LVK_PART_TRAINING && info->label >= 0,
                     "image %zu is tested %d times", i, tested[i]);
    }
    return torn;
}

Test(split, folds) {
    write_tree();
    lvk_dataset *d = open_tree();
    for (uint64_t seed = 0; seed < 6; ++seed) {
        const lvk_fold_options grouped = {.folds = 2 + (uint32_t)seed % 4, .seed = seed, .validation = 0.2};
        cr_expect_eq(check_folds(d, &grouped, grouped.folds), 0, "a group is on two sides");
        const lvk_fold_options by_image = {
            .folds = grouped.folds, .seed = seed, .validation = 0.2, .by_image = true};
        cr_expect_gt(check_folds(d, &by_image, by_image.folds), 0, "image by image, yet no group is torn");
    }
    lvk_split *splits[LVK_MAX_FOLDS];
    uint32_t made;
    const lvk_fold_options bad[] = {{.folds = 1, .validation = 0.2},
                                    {.folds = LVK_MAX_FOLDS + 1, .validation = 0.2},
                                    {.folds = 3, .validation = -0.1},
                                    {.folds = 3, .validation = NAN}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        cr_expect_eq(lvk_split_create_folds(d, &bad[i], splits, &made), LVK_ERROR_ARGUMENT, "case %zu", i);
        cr_expect_eq(made, 0);
    }
    /* folds 0 and 1 have one class each, so neither can be trained without the other */
    cr_expect_eq(lvk_split_create_folds(d, &(lvk_fold_options){.validation = 0.2}, splits, &made),
                 LVK_ERROR_FORMAT);
    cr_expect_eq(made, 0);
    lvk_dataset_destroy(&d);
}

/* C-NMC's own folds, each with people of both classes. */
Test(split, official_folds) {
    static const person all[3][2] = {{{"1", 4}, {"2", 3}}, {{"3", 5}, {"4", 2}}, {{"5", 3}, {"6", 3}}};
    static const person hem[3][2] = {{{"H1", 4}, {"H2", 3}}, {{"H3", 2}, {"H4", 2}}, {{"H5", 3}, {"H6", 1}}};
    for (int fold = 0; fold < 3; ++fold) {
        write_people("all", fold, all[fold], 2);
        write_people("hem", fold, hem[fold], 2);
    }
    lvk_dataset *d = open_tree();
    const lvk_fold_options options = {.seed = 2, .validation = 0.3};
    cr_assert_eq(lvk_dataset_official_folds(d), 3);
    cr_expect_eq(check_folds(d, &options, 3), 0);
    lvk_split *splits[LVK_MAX_FOLDS];
    uint32_t count;
    cr_assert_eq(lvk_split_create_folds(d, &options, splits, &count), LVK_OK);
    for (uint32_t fold = 0; fold < count; ++fold) {
        size_t images;
        const uint32_t *tested = lvk_split_images(splits[fold], LVK_SPLIT_TEST, &images);
        for (size_t i = 0; i < images; ++i)
            cr_expect_eq(lvk_dataset_image(d, tested[i])->fold, (int32_t)fold);
        lvk_split_destroy(&splits[fold]);
    }
    lvk_dataset_destroy(&d);
}

/* Subjects of two of the data set's own folds share a picture, as in the drawn set and in C-NMC. */
Test(split, official_folds_that_share_a_picture) {
    static const person all[2][3] = {{{"1", 4}, {"2", 3}, {"5", 2}}, {{"3", 5}, {"4", 2}, {"6", 2}}};
    static const person hem[2][2] = {{{"H1", 4}, {"H2", 3}}, {{"H3", 2}, {"H4", 2}}};
    next_picture = 0;
    for (int fold = 0; fold < 2; ++fold) {
        write_people("all", fold, all[fold], 3);
        write_people("hem", fold, hem[fold], 2);
    }
    tree_write_image("train/fold_0/all/UID_2_9_1_all.bmp", SIDE, 9999);
    tree_write_image("train/fold_1/all/UID_3_9_1_all.bmp", SIDE, 9999);
    lvk_dataset *d = open_tree();
    lvk_split *splits[LVK_MAX_FOLDS];
    uint32_t count;
    cr_assert_eq(lvk_split_create_folds(d, &(lvk_fold_options){.validation = 0.3}, splits, &count),
                 LVK_ERROR_FORMAT);
    cr_expect_eq(count, 0);
    cr_expect_not_null(
        strstr(lvk_error_message(),
               "subjects 2 and 3 share a picture, yet are in folds 0 and 1 of the data set's own; "
               "--folds official-joined moves such subjects to one fold each, --folds 2 makes new"),
        "%s", lvk_error_message());

    const lvk_fold_options joined = {.validation = 0.3, .join = true};
    cr_expect_eq(check_folds(d, &joined, 2), 0, "a group is on two sides");
    cr_assert_eq(lvk_split_create_folds(d, &joined, splits, &count), LVK_OK, "%s", lvk_error_message());
    for (uint32_t fold = 0; fold < count; ++fold) {
        size_t images;
        const uint32_t *tested = lvk_split_images(splits[fold], LVK_SPLIT_TEST, &images);
        for (size_t i = 0; i < images; ++i) {
            const lvk_image_info *image = lvk_dataset_image(d, tested[i]);
            const bool moved = strcmp(lvk_dataset_subject(d, image->subject)->name, "2") == 0;
            cr_expect_eq((int32_t)fold, moved ? 1 : image->fold, "%s: 4 images of 2 go to the 6 of 3",
                         image->path);
        }
        lvk_split_destroy(&splits[fold]);
    }
    lvk_dataset_destroy(&d);
}

static char *read_text(const char *path) {
    void *data;
    size_t size;
    cr_assert_eq(lvk_file_read(path, 1 << 24, &data, &size), LVK_OK);
    return data;
}

Test(split, file) {
    write_tree();
    lvk_dataset *d = open_tree();
    lvk_split *split, *again;
    const lvk_split_options options = {.seed = 7};
    for (int i = 0; i < 2; ++i) {
        cr_assert_eq(lvk_split_create(d, &options, &split), LVK_OK, "%s", lvk_error_message());
        cr_assert_eq(lvk_split_write(split, tree_path(i ? "b.json" : "a.json")), LVK_OK, "%s",
                     lvk_error_message());
        lvk_split_destroy(&split);
    }
    cr_assert_eq(lvk_split_read(tree_path("a.json"), d, &split), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_split_write(split, tree_path("c.json")), LVK_OK);
    char *a = read_text(tree_path("a.json")), *b = read_text(tree_path("b.json")),
         *c = read_text(tree_path("c.json"));
    cr_assert_str_eq(a, b, "the same seed gives the same bytes");
    cr_assert_str_eq(a, c, "reading and writing gives the same bytes");
    cr_assert_eq(lvk_split_create(d, &options, &again), LVK_OK);
    for (int p = 0; p < LVK_SPLIT_PART_COUNT; ++p) {
        size_t count[2];
        const uint32_t *x = lvk_split_images(split, (lvk_split_part)p, &count[0]);
        const uint32_t *y = lvk_split_images(again, (lvk_split_part)p, &count[1]);
        cr_assert(count[0] == count[1] && memcmp(x, y, count[0] * sizeof *x) == 0);
    }
    cr_assert(lvk_split_seed(split) == 7 && lvk_split_fraction(split, LVK_SPLIT_TEST) == 0.15);
    lvk_split_destroy(&again);
    lvk_split_destroy(&split);
    lvk_dataset_destroy(&d);
    lvk_free(a);
    lvk_free(b);
    lvk_free(c);
}

/* `text` with the first `from` in it replaced. */
static char *replaced(const char *text, const char *from, const char *to) {
    const char *at = strstr(text, from);
    cr_assert(at, "'%s' is not in the file", from);
    char *result = malloc(strlen(text) + strlen(to) + 1);
    sprintf(result, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return result;
}

Test(split, refused_files) {
    write_tree();
    lvk_dataset *d = open_tree();
    lvk_split *split;
    cr_assert_eq(lvk_split_create(d, NULL, &split), LVK_OK);
    cr_assert_eq(lvk_split_write(split, tree_path("a.json")), LVK_OK);
    char *text = read_text(tree_path("a.json"));
    /* A person with several images who is in the training part, and a test person. */
    size_t count;
    const uint32_t *train = lvk_split_images(split, LVK_SPLIT_TRAIN, &count);
    const char *moved = lvk_dataset_image(d, train[0])->path;
    char in_list[256], first_of_test[300], empty[8] = "";
    snprintf(in_list, sizeof in_list, "\"%s\",", moved);
    snprintf(first_of_test, sizeof first_of_test, "\"test\": [ \"%s\",", moved);
    char *without = replaced(text, in_list, empty);
    const struct {
        char *text;
        const char *reasons[2];
    } cases[] = {
        {replaced(text, "\"version\": 1", "\"version\": 9"), {"version", ""}},
        {replaced(text, "\"seed\"", "\"sead\""), {"seed", ""}},
        {replaced(text, "UID_1_1_0_all", "UID_1_1_000_all"), {"not in the data set", "UID_1_1_000_all"}},
        {replaced(text, "\"test\": [", first_of_test), {"twice", moved}},
        {replaced(text, in_list, empty), {"is in no part", moved}},
        {replaced(without, "\"test\": [", first_of_test), {"two sides", "subject"}},
        {replaced(text, "\"dataset\": \"", "\"dataset\": \"0"), {"not those that were split", ""}},
        {replaced(text, "\"parts\"", "\"carts\""), {"no list", "train"}},
        {replaced(text, "{", "{\"seed\": 1,"), {"line 3", "duplicate"}},
        {replaced(text, "{", "["), {"line", ""}},
        {replaced("x", "x", ""), {"line", ""}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        lvk_split *read;
        tree_write_text("bad.json", cases[i].text);
        cr_assert_eq(lvk_split_read(tree_path("bad.json"), d, &read), LVK_ERROR_FORMAT, "case %zu accepted",
                     i);
        cr_assert_null(read);
        TREE_ERROR_HAS("bad.json: ", cases[i].reasons[0], cases[i].reasons[1]);
        free(cases[i].text);
    }
    free(without);
    lvk_free(text);
    lvk_split_destroy(&split);
    lvk_dataset_destroy(&d);
}

/* Pictures that 3 and 4 share put them on one side, also when the file says otherwise. */
Test(split, shared_pixels_on_two_sides_are_refused) {
    write_tree();
    lvk_dataset *d = open_tree();
    tree_write_text("s.json", "");
    FILE *file = fopen(tree_path("s.json"), "w");
    cr_assert(file);
    fprintf(
        file,
        "{\"version\": 1, \"seed\": 1, \"fractions\": {\"validation\": 0.1, \"test\": 0.1}, \"dataset\": \"%s\", "
        "\"groups\": {}, \"parts\": {\"validation\": [], \"preliminary\": []",
        lvk_dataset_fingerprint(d));
    for (int test = 0; test < 2; ++test) {
        fprintf(file, ", \"%s\": [", test ? "test" : "train");
        bool first = true;
        for (size_t i = 0; i < lvk_dataset_image_count(d); ++i) {
            const lvk_image_info *info = lvk_dataset_image(d, i);
            if ((strcmp(lvk_dataset_subject(d, info->subject)->name, "4") == 0) != test)
                continue;
            fprintf(file, "%s\"%s\"", first ? "" : ", ", info->path);
            first = false;
        }
        fputs("]", file);
    }
    fputs("}}", file);
    fclose(file);
    lvk_split *split;
    cr_assert_eq(lvk_split_read(tree_path("s.json"), d, &split), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("share a picture", "3", "4", "train", "test");
    lvk_dataset_destroy(&d);
}

Test(split, impossible) {
    static const person all[] = {{"1", 3}, {"2", 3}, {"3", 3}}, hem[] = {{"H1", 3}, {"H2", 3}};
    write_people("all", 0, all, 3);
    lvk_dataset *d = open_tree();
    lvk_split *split;
    cr_assert_eq(lvk_split_create(d, NULL, &split), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("two classes");
    lvk_dataset_destroy(&d);
    write_people("hem", 0, hem, 2);
    d = open_tree();
    cr_assert_eq(lvk_split_create(d, NULL, &split), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("class hem", "2 independent subjects", "3 parts");
    cr_assert_eq(lvk_split_create(d, &(lvk_split_options){.test = -1}, &split), LVK_OK, "%s",
                 lvk_error_message());
    lvk_split_destroy(&split);
    cr_assert_eq(lvk_split_create(d, &(lvk_split_options){.validation = 0.5, .test = 0.5}, &split),
                 LVK_ERROR_ARGUMENT);
    TREE_ERROR_HAS("nothing to train on");
    cr_assert_null(split);
    lvk_dataset_destroy(&d);
}

Test(split, preliminary_part_stays_apart) {
    write_tree();
    tree_write_image("C-NMC_test_prelim_phase_data/1.bmp", SIDE, 7001);
    tree_write_image("C-NMC_test_prelim_phase_data/2.bmp", SIDE, 7002);
    tree_write_image("C-NMC_test_prelim_phase_data/3.bmp", SIDE, 0); /* the first picture of patient 1 */
    tree_write_text("C-NMC_test_prelim_phase_data_labels.csv",
                    "Patient_ID,new_names,labels\nUID_57_1_1_all.bmp,1.bmp,1\nUID_H49_1_1_hem.bmp,2.bmp,0\n"
                    "UID_58_1_1_all.bmp,3.bmp,1\n");
    lvk_dataset *d = open_tree();
    lvk_split *split;
    cr_assert_eq(lvk_split_create(d, NULL, &split), LVK_OK);
    const tally t = check_parts(d, split);
    cr_assert(t.images[LVK_SPLIT_PRELIMINARY][0] == 1 && t.images[LVK_SPLIT_PRELIMINARY][1] == 1,
              "58 shares a picture with training subject 1");
    cr_assert(t.total[0] == 151 && t.total[1] == 103);
    cr_assert_eq(lvk_split_write(split, tree_path("s.json")), LVK_OK);
    lvk_split_destroy(&split);
    cr_assert_eq(lvk_split_read(tree_path("s.json"), d, &split), LVK_OK, "%s", lvk_error_message());
    lvk_split_destroy(&split);
    lvk_dataset_destroy(&d);
}

Test(split, out_of_memory_anywhere) {
    write_tree();
    lvk_dataset *d = open_tree();
    lvk_split *split;
    cr_assert_eq(lvk_split_create(d, NULL, &split), LVK_OK);
    cr_assert_eq(lvk_split_write(split, tree_path("s.json")), LVK_OK);
    lvk_split_destroy(&split);
    for (int reading = 0; reading < 2; ++reading) {
        uint64_t n = 1;
        for (lvk_status status = LVK_ERROR_MEMORY; status != LVK_OK; ++n) {
            lvk_alloc_fail_after(n);
            status =
                reading ? lvk_split_read(tree_path("s.json"), d, &split) : lvk_split_create(d, NULL, &split);
            lvk_alloc_fail_after(0);
            cr_assert(status == LVK_OK || status == LVK_ERROR_MEMORY, "%s", lvk_error_message());
            cr_assert_eq(split != NULL, status == LVK_OK);
        }
        cr_assert_gt(n, 6);
        lvk_split_destroy(&split);
    }
    lvk_dataset_destroy(&d);
}
