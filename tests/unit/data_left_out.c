/* What leaves a file out of a data set, what stops the reading, and what is no part of the set at all. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "leukvk/dataset.h"
#include "leukvk/log.h"

#include <sys/resource.h>
#include <sys/stat.h>

TestSuite(left_out, .init = tree_create, .fini = tree_remove);

enum { SIDE = 40 };

static void write_classes(void) {
    tree_write_image("all/a.bmp", SIDE, 1);
    tree_write_image("all/b.bmp", SIDE, 2);
    tree_write_image("hem/a.bmp", SIDE, 3);
}

/* A file of 4096 bytes that ends after a few: as one that is cut while it is read. */
static const char *file_that_ends_early(void) {
    static const char path[] = "/sys/devices/system/cpu/online";
    struct stat info;
    if (stat(path, &info) != 0 || info.st_size < 1000)
        cr_skip_test("no file that ends early");
    return path;
}

Test(left_out, an_early_end_stops) {
    write_classes();
    cr_assert_eq(symlink(file_that_ends_early(), tree_path("hem/b.bmp")), 0);
    lvk_dataset *d;
    cr_expect_eq(lvk_dataset_create(tree_root, NULL, &d), LVK_ERROR_IO, "the file was left out");
    TREE_ERROR_HAS("hem/b.bmp: ", "ended early");
    cr_assert_null(d);
}

static bool close_the_door(void *user, size_t done, size_t total) {
    const struct rlimit *none = user;
    (void)done;
    (void)total;
    (void)setrlimit(RLIMIT_NOFILE, none);
    return true;
}

/* After the first image no file can be opened any more. */
Test(left_out, too_many_open_files_stop) {
    struct rlimit before, none;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    tree_write_image("all/0.png", 1200, 1); /* takes its time */
    for (int i = 0; i < 60; ++i) {
        char name[32];
        snprintf(name, sizeof name, "%s/%02d.png", i % 2 ? "all" : "hem", i + 10);
        cr_assert_eq(lvk_folder_create(tree_path("hem")), LVK_OK);
        cr_assert_eq(symlink(tree_path("all/0.png"), tree_path(name)), 0);
    }
    lvk_dataset *d;
    const lvk_dataset_options options = {.threads = 1, .progress = close_the_door, .progress_user = &none};
    const lvk_status status = lvk_dataset_create(tree_root, &options, &d);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    cr_expect_eq(status, LVK_ERROR_IO, "files were left out");
    TREE_ERROR_HAS(".png: ", "Too many open files");
    cr_assert_null(d);
}

/* A link that leads nowhere is no file; one that cannot be followed is a failure. */
Test(left_out, links) {
    write_classes();
    cr_assert_eq(symlink("nowhere", tree_path("hem/b.bmp")), 0);
    lvk_dataset *d;
    cr_assert_eq(lvk_dataset_create(tree_root, NULL, &d), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(lvk_dataset_image_count(d), 3);
    lvk_dataset_destroy(&d);
    char name[300];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    cr_assert_eq(symlink(name, tree_path("hem/c.bmp")), 0);
    cr_expect_eq(lvk_dataset_create(tree_root, NULL, &d), LVK_ERROR_IO);
    TREE_ERROR_HAS("hem/c.bmp: ");
}

/* Damage leaves out; so does any failure of a file that the user has named for prediction, beside the others. */
Test(left_out, damage_and_named_files) {
    write_classes();
    tree_write_text("hem/b.bmp", "BM");
    lvk_dataset *d;
    cr_assert_eq(lvk_dataset_create(tree_root, NULL, &d), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(lvk_dataset_image_count(d), 3);
    cr_expect_eq(lvk_dataset_skipped_count(d), 1);
    lvk_dataset_destroy(&d);

    char *nothing = lvk_strdup(tree_path("nothing.bmp")), *whole = lvk_strdup(tree_path("all/a.bmp"));
    const char *const paths[] = {nothing, whole};
    cr_assert_eq(lvk_dataset_create_from_files(paths, 2, NULL, &d), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(lvk_dataset_image_count(d), 1);
    cr_expect_eq(lvk_dataset_skipped_count(d), 1);
    lvk_dataset_destroy(&d);
    lvk_free(nothing);
    lvk_free(whole);
}

/* Previews and deleted files of network disks are neither images of the set nor classes. */
Test(left_out, folders_of_systems) {
    static const char *const places[] = {
        "@eaDir/a.bmp/SYNO_THUMB_M.png",   "all/@eaDir/b.png", "#recycle/all/c.png", "$RECYCLE.BIN/d.png",
        "System Volume Information/e.png", "lost+found/f.png", "__MACOSX/all/a.bmp", "hem/.thumbnails/g.png"};
    write_classes();
    for (uint32_t i = 0; i < sizeof places / sizeof *places; ++i)
        tree_write_image(places[i], SIDE, 100 + i);
    lvk_dataset *d;
    cr_assert_eq(lvk_dataset_create(tree_root, NULL, &d), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(lvk_dataset_image_count(d), 3);
    cr_expect_eq(lvk_dataset_class_count(d), 2);
    cr_expect_eq(lvk_dataset_ignored_count(d), 0);
    lvk_dataset_destroy(&d);
}

static void take_warning(void *user, lvk_log_level level, const char *line) {
    if (level == LVK_LOG_WARNING)
        strcat(user, line);
}

/* From here on folders without a right for others cannot be read, also where the tests run as root. */
static void become_a_user(void) {
    if (geteuid() != 0)
        return;
    cr_assert_eq(chmod(tree_root, 0755), 0);
    cr_assert_eq(seteuid(65534), 0);
}

static void become_who_one_was(void) {
    if (geteuid() != getuid())
        cr_assert_eq(seteuid(getuid()), 0);
}

/* A folder of the system is left out by its name, so that it need not be readable, as the lost+found of a disk. */
Test(left_out, folders_of_systems_are_not_opened) {
    char warnings[1024] = "";
    write_classes();
    cr_assert_eq(mkdir(tree_path("lost+found"), 0), 0);
    cr_assert_eq(mkdir(tree_path("all/@eaDir"), 0), 0);
    const char *const paths[] = {tree_root};
    lvk_dataset *d;
    lvk_log_set_sink(take_warning, warnings, LVK_LOG_WARNING);
    become_a_user();
    cr_expect_eq(lvk_dataset_create(tree_root, &(lvk_dataset_options){.strict = true}, &d), LVK_OK, "%s",
                 lvk_error_message());
    cr_expect(d && lvk_dataset_image_count(d) == 3 && lvk_dataset_unreadable_count(d) == 0);
    lvk_dataset_destroy(&d);
    cr_expect_eq(lvk_dataset_create_from_files(paths, 1, NULL, &d), LVK_OK, "%s", lvk_error_message());
    cr_expect(d && lvk_dataset_image_count(d) == 3 && lvk_dataset_unreadable_count(d) == 0);
    lvk_dataset_destroy(&d);
    become_who_one_was();
    cr_expect_str_eq(warnings, "");
}

/* Any other folder that may not be read, or whose files may not be reached, is named, and the rest is read. */
Test(left_out, unreadable_folders) {
    static const struct {
        const char *name;
        mode_t mode;
    } folders[] = {{"all/private", 0}, {"hem/names only", 0444}};
    write_classes();
    for (size_t i = 0; i < 2; ++i) {
        char name[64], line[256], warnings[1024] = "";
        snprintf(name, sizeof name, "%s/z.bmp", folders[i].name);
        snprintf(line, sizeof line, "%s/%s: Permission denied: the folder is left out", tree_root,
                 folders[i].name);
        tree_write_image(name, SIDE, 7);
        cr_assert_eq(chmod(tree_path(folders[i].name), folders[i].mode), 0);
        const char *const paths[] = {tree_root};
        lvk_dataset *d;
        lvk_log_set_sink(take_warning, warnings, LVK_LOG_WARNING);
        become_a_user();
        cr_expect_eq(lvk_dataset_create(tree_root, NULL, &d), LVK_OK, "%s", lvk_error_message());
        cr_expect(d && lvk_dataset_image_count(d) == 3 && lvk_dataset_unreadable_count(d) == 1);
        lvk_dataset_destroy(&d);
        cr_expect_str_eq(warnings, line);
        cr_expect_eq(lvk_dataset_create_from_files(paths, 1, NULL, &d), LVK_OK, "%s", lvk_error_message());
        cr_expect(d && lvk_dataset_image_count(d) == 3 && lvk_dataset_unreadable_count(d) == 1);
        lvk_dataset_destroy(&d);
        cr_expect_eq(lvk_dataset_create(tree_root, &(lvk_dataset_options){.strict = true}, &d), LVK_ERROR_IO);
        TREE_ERROR_HAS(folders[i].name, "Permission denied");
        cr_expect_eq(lvk_dataset_create(tree_path(folders[i].name), NULL, &d), LVK_ERROR_IO);
        TREE_ERROR_HAS(folders[i].name, "Permission denied");
        become_who_one_was();
        cr_assert_eq(chmod(tree_path(folders[i].name), 0755), 0);
        cr_assert_eq(remove(tree_path(name)), 0);
    }
}

static bool count_call(void *user, size_t done, size_t total) {
    (void)done;
    (void)total;
    ++*(int *)user;
    return true;
}

/* Who asks for UTF-8 is told before an image is read which name is not. */
Test(left_out, a_name_that_is_not_utf8) {
    int calls = 0;
    lvk_dataset *d;
    const lvk_dataset_options options = {.utf8_names = true, .progress = count_call, .progress_user = &calls};
    write_classes();
    tree_write_image("hem/z\xC3\xB6lf.bmp", SIDE, 4);
    cr_assert_eq(lvk_dataset_create(tree_root, &options, &d), LVK_OK, "%s", lvk_error_message());
    lvk_dataset_destroy(&d);
    tree_write_image("hem/zw\xF6lf.bmp", SIDE, 5);
    calls = 0;
    cr_assert_eq(lvk_dataset_create(tree_root, &options, &d), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("hem/zw?lf.bmp: ", "not UTF-8");
    cr_expect_eq(calls, 0);
    cr_assert_eq(lvk_dataset_create(tree_root, NULL, &d), LVK_OK, "%s", lvk_error_message());
    lvk_dataset_destroy(&d);
}

/* The same picture in one class is a duplicate, in two it is a contradiction, and without a label neither. */
Test(left_out, contradictions) {
    char warnings[1024] = "";
    tree_write_image("fold_0/all/UID_1_1_1_all.bmp", SIDE, 1);
    tree_write_image("fold_0/all/UID_1_1_2_all.bmp", SIDE, 1);
    tree_write_image("fold_0/hem/UID_H2_1_1_hem.bmp", SIDE, 2);
    tree_write_image("fold_1/all/UID_3_1_1_all.bmp", SIDE, 2);
    tree_write_image("C-NMC_test_final_phase_data/1.bmp", SIDE, 1);
    tree_write_image("C-NMC_test_final_phase_data/2.bmp", SIDE, 2);
    lvk_dataset *d;
    lvk_log_set_sink(take_warning, warnings, LVK_LOG_WARNING);
    cr_assert_eq(lvk_dataset_create(tree_root, NULL, &d), LVK_OK, "%s", lvk_error_message());
    lvk_log_set_sink(NULL, NULL, LVK_LOG_WARNING);
    cr_assert_eq(lvk_dataset_duplicate_count(d), 2);
    for (size_t i = 0; i < 2; ++i) {
        size_t count;
        const uint32_t *images = lvk_dataset_duplicate(d, i, &count);
        cr_assert_eq(count, 3);
        const char *first = lvk_dataset_image(d, images[1])->path;
        cr_expect_eq(lvk_dataset_contradicts(d, i), !strstr(first, "UID_1_1_"), "%s", first);
    }
    cr_expect(strstr(warnings, "UID_H2_1_1_hem.bmp and ") &&
                  strstr(warnings, "UID_3_1_1_all.bmp are the same"),
              "%s", warnings);
    cr_expect_null(strstr(warnings, "UID_1_1"), "%s", warnings);
    lvk_dataset_destroy(&d);
}
