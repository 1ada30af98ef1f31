/* Drawing and cropping that were killed: half a tree is no data set, and the same work may begin again. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "core/folder_walk.h"
#include "core/unfinished.h"
#include "leukvk/crop.h"
#include "leukvk/sort_images.h"
#include "leukvk/synth.h"

#include <signal.h>
#include <sys/wait.h>
#include <xxhash.h>

TestSuite(unfinished, .init = tree_create, .fini = tree_remove);

enum { IMAGES = 40 };
static const lvk_synth_options drawn = {.images = IMAGES, .subjects = 8, .size = 96, .seed = 5, .threads = 1};
static const lvk_crop_options cropped = {.mode = "bbox", .size = 64, .threads = 1};

static bool kill_halfway(void *user, size_t done, size_t total) {
    (void)user;
    return done < total / 2 || raise(SIGKILL) != 0;
}

static lvk_status draw(const char *below, lvk_synth_options options) {
    return lvk_synth_write(tree_path(below), &options);
}

static lvk_status crop(const char *from, const char *below, lvk_crop_options options) {
    lvk_dataset *dataset;
    size_t written;
    LVK_TRY(lvk_dataset_create(tree_path(from), NULL, &dataset));
    const lvk_status status = lvk_crop_write(dataset, tree_path(below), &options, &written);
    lvk_dataset_destroy(&dataset);
    return status;
}

/* A process that dies in the middle of it. */
static void expect_killed(const char *cropped_from, const char *below) {
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        lvk_synth_options synth = drawn;
        lvk_crop_options crops = cropped;
        synth.progress = crops.progress = kill_halfway;
        _exit((cropped_from ? crop(cropped_from, below, crops) : draw(below, synth)) != LVK_OK);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

typedef struct tree_hash {
    const char *below;
    uint64_t hash;
    size_t files;
} tree_hash;

static lvk_status add_file(void *user, const char *path) {
    tree_hash *t = user;
    char full[1024];
    void *data;
    size_t size;
    snprintf(full, sizeof full, "%s/%s/%s", tree_root, t->below, path);
    LVK_TRY(lvk_file_read(full, 1 << 24, &data, &size));
    t->hash = XXH3_64bits_withSeed(path, strlen(path), t->hash);
    t->hash = XXH3_64bits_withSeed(data, size, t->hash);
    ++t->files;
    lvk_free(data);
    return LVK_OK;
}

static tree_hash hash_of(const char *below) {
    tree_hash tree = {below, 0, 0};
    cr_assert_eq(lvk_folder_walk(tree_path(below), &(lvk_folder_visitor){.file = add_file}, &tree), LVK_OK,
                 "%s", lvk_error_message());
    return tree;
}

static void expect_same_trees(const char *a, const char *b) {
    const tree_hash first = hash_of(a), second = hash_of(b);
    cr_expect_gt(first.files, IMAGES);
    cr_expect_eq(first.hash, second.hash, "%s and %s differ", a, b);
}

static void expect_no_data_set(const char *below) {
    lvk_dataset *dataset = NULL;
    const char *path = tree_path(below);
    cr_expect_eq(lvk_dataset_create_from_files(&path, 1, NULL, &dataset), LVK_ERROR_FORMAT);
    cr_expect_eq(lvk_dataset_create(path, NULL, &dataset), LVK_ERROR_FORMAT);
}

Test(unfinished, a_killed_drawing_is_no_data_set_and_can_be_repeated) {
    expect_killed(NULL, "half");
    expect_no_data_set("half");
    TREE_ERROR_HAS("is not whole", "again");
    lvk_synth_options other = drawn;
    other.seed = 6;
    cr_expect_eq(draw("half", other), LVK_ERROR_ARGUMENT);
    TREE_ERROR_HAS("part of other work", "--seed 5");
    cr_expect_eq(draw("half", drawn), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(draw("whole", drawn), LVK_OK, "%s", lvk_error_message());
    expect_same_trees("half", "whole");
    cr_expect_eq(draw("half", drawn), LVK_ERROR_ARGUMENT);
    TREE_ERROR_HAS("is not empty");
}

Test(unfinished, a_killed_cropping_is_no_data_set_and_can_be_repeated) {
    cr_assert_eq(draw("cells", drawn), LVK_OK, "%s", lvk_error_message());
    expect_killed("cells", "half");
    expect_no_data_set("half");
    TREE_ERROR_HAS("is not whole", "again");
    lvk_crop_options other = cropped;
    other.size = 65;
    cr_expect_eq(lvk_crop_check(tree_path("half"), &other), LVK_ERROR_ARGUMENT);
    TREE_ERROR_HAS("part of other work", "--size 64");
    cr_expect_eq(lvk_crop_check(tree_path("half"), &cropped), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(crop("cells", "half", cropped), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(crop("cells", "whole", cropped), LVK_OK, "%s", lvk_error_message());
    expect_same_trees("half", "whole");
}

Test(unfinished, crops_of_other_images_do_not_mix) {
    cr_assert_eq(draw("cells", drawn), LVK_OK, "%s", lvk_error_message());
    lvk_synth_options other = drawn;
    other.seed = 6;
    cr_assert_eq(draw("others", other), LVK_OK, "%s", lvk_error_message());
    expect_killed("cells", "half");
    cr_expect_eq(crop("others", "half", cropped), LVK_ERROR_ARGUMENT);
    TREE_ERROR_HAS("part of other work");
}

/* A folder above it is read with it. */
Test(unfinished, half_a_tree_below_is_found) {
    expect_killed(NULL, "data/half");
    cr_assert_eq(draw("data/whole", drawn), LVK_OK, "%s", lvk_error_message());
    lvk_dataset *dataset = NULL;
    cr_expect_eq(lvk_dataset_create(tree_path("data"), NULL, &dataset), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("data/half: is not whole");
}

Test(unfinished, one_process_at_a_time) {
    lvk_unfinished first, second;
    cr_assert_eq(lvk_unfinished_begin(tree_path("t"), "work\n", &first), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(lvk_unfinished_begin(tree_path("t"), "work\n", &second), LVK_ERROR_IO);
    TREE_ERROR_HAS("another process");
    cr_expect_eq(lvk_unfinished_close(&first, LVK_ERROR_CANCELLED), LVK_ERROR_CANCELLED);
    cr_assert_eq(lvk_unfinished_begin(tree_path("t"), "work\n", &second), LVK_OK, "%s", lvk_error_message());
    cr_expect(second.again);
    cr_expect_eq(lvk_unfinished_close(&second, LVK_OK), LVK_OK);
    cr_expect_not(lvk_path_is_file(tree_path("t/" LVK_UNFINISHED_NAME)));
    cr_expect_eq(lvk_unfinished_check(tree_path("t"), "other work\n"), LVK_OK);
}

static int count_links(const char *below) {
    char command[512];
    int count = -1;
    snprintf(command, sizeof command, "find %s -type l | wc -l", tree_path(below));
    FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c) */
    cr_assert(pipe && fscanf(pipe, "%d", &count) == 1);
    pclose(pipe);
    return count;
}

Test(unfinished, links_by_class_go_on) {
    enum { LINKED = 16 };
    lvk_dataset *dataset;
    lvk_prediction rows[LINKED] = {0};
    uint32_t images[LINKED];
    char moved[512], mark[512], away[512];
    const lvk_prediction_options names = {.positive_class = "all", .negative_class = "hem", .threshold = 0.5};
    lvk_synth_options few = drawn;
    few.images = LINKED;
    cr_assert_eq(draw("cells", few), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_dataset_create(tree_path("cells"), NULL, &dataset), LVK_OK, "%s", lvk_error_message());
    for (uint32_t i = 0; i < LINKED; ++i) {
        images[i] = i;
        rows[i] = (lvk_prediction){.path = lvk_dataset_image(dataset, i)->path, .p = 0.05 * i, .label = -1};
    }
    snprintf(moved, sizeof moved, "%s/%s", tree_path("cells"), rows[LINKED / 2].path);
    snprintf(away, sizeof away, "%s", tree_path("away"));
    snprintf(mark, sizeof mark, "%s", tree_path("sorted/" LVK_UNFINISHED_NAME));
    cr_assert_eq(rename(moved, away), 0);
    cr_expect_eq(lvk_sort_images(dataset, images, rows, LINKED, &names, tree_path("sorted")), LVK_ERROR_IO);
    cr_expect_eq(access(mark, F_OK), 0, "half of the links look whole");
    cr_expect_eq(count_links("sorted"), LINKED / 2);

    cr_assert_eq(rename(away, moved), 0);
    cr_expect_eq(lvk_sort_images_check(tree_path("sorted")), LVK_OK, "%s", lvk_error_message());
    rows[0].p = 0.9; /* of another model */
    cr_expect_eq(lvk_sort_images(dataset, images, rows, LINKED, &names, tree_path("sorted")),
                 LVK_ERROR_ARGUMENT);
    cr_expect_not_null(strstr(lvk_error_message(), "holds a part of other work"), "%s", lvk_error_message());
    rows[0].p = 0;
    cr_expect_eq(lvk_sort_images(dataset, images, rows, LINKED, &names, tree_path("sorted")), LVK_OK, "%s",
                 lvk_error_message());
    cr_expect_neq(access(mark, F_OK), 0);
    cr_expect_eq(count_links("sorted"), LINKED);
    cr_expect_eq(lvk_sort_images_check(tree_path("sorted")), LVK_ERROR_ARGUMENT,
                 "a whole folder is written again");
    lvk_dataset_destroy(&dataset);
}
