/* Folders of several runs: made once, gone on with by the same command, refused to another and to a second
 * process. */
#include "support/scratch.h"

#include "core/file.h"
#include "core/memory.h"
#include "search/run_group.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(run_group, .init = scratch_create, .fini = scratch_remove);

static lvk_status open_with(const char *folder, const char *text, int *lock) {
    json_t *config = json_loads(text, 0, NULL);
    cr_assert_not_null(config);
    const lvk_run_group group = {.what = "study", .file = "study.json", .config = config};
    const lvk_status status = lvk_run_group_open(&group, scratch_path(folder), lock);
    json_decref(config);
    return status;
}

static void expect_refused(const char *folder, const char *text, const char *reason) {
    int lock;
    cr_expect_eq(open_with(folder, text, &lock), LVK_ERROR_ARGUMENT, "%s", text);
    cr_expect_eq(lock, -1);
    cr_expect(strstr(lvk_error_message(), "study.json") && strstr(lvk_error_message(), reason), "%s",
              lvk_error_message());
}

Test(run_group, goes_on_with_the_same_settings) {
    static const char *const first = "{\"a\": 1, \"data\": \"here\", \"checkpoint_seconds\": 1}";
    int lock;
    cr_assert_eq(open_with("g", first, &lock), LVK_OK, "%s", lvk_error_message());
    close(lock);
    cr_assert_eq(open_with("g", "{\"a\": 1, \"data\": \"there\", \"checkpoint_seconds\": 2}", &lock), LVK_OK,
                 "%s", lvk_error_message());
    close(lock);
    void *text;
    size_t size;
    cr_assert_eq(lvk_file_read(scratch_path("g/study.json"), 1000, &text, &size), LVK_OK);
    cr_expect_not_null(strstr(text, "\"here\""), "written again: %s", (char *)text);
    lvk_free(text);
}

Test(run_group, refuses_others) {
    int lock;
    cr_assert_eq(open_with("g", "{\"a\": 1, \"b\": 0.5}", &lock), LVK_OK);
    close(lock);
    expect_refused("g", "{\"a\": 2, \"b\": 0.5}", "another study, with another \"a\"");
    expect_refused("g", "{\"a\": 1, \"b\": 0.5, \"c\": 0}", "\"c\"");
    expect_refused("g", "{\"a\": 1}", "\"b\"");
    cr_assert_eq(lvk_file_write(scratch_path("g/study.json"), "{\"a\"", 4), LVK_OK);
    cr_expect_eq(open_with("g", "{\"a\": 1}", &lock), LVK_ERROR_FORMAT);
    cr_assert_eq(lvk_file_write(scratch_path("file"), "x", 1), LVK_OK);
    cr_expect_eq(open_with("file", "{}", &lock), LVK_ERROR_IO);
}

/* A search in the folder of a training would mix its files with those of the run. */
Test(run_group, refuses_a_folder_of_other_things) {
    int lock;
    cr_assert_eq(lvk_folder_create(scratch_path("run")), LVK_OK);
    cr_assert_eq(lvk_file_write(scratch_path("run/.lock"), "", 0), LVK_OK);
    cr_assert_eq(lvk_file_write(scratch_path("run/config.json"), "{}", 2), LVK_OK);
    cr_expect_eq(open_with("run", "{}", &lock), LVK_ERROR_IO);
    cr_expect_not_null(
        strstr(lvk_error_message(), "run: is not empty, and is no study: there is no study.json"), "%s",
        lvk_error_message());
    cr_expect_not(lvk_path_is_file(scratch_path("run/study.json")));
    cr_assert_eq(remove(scratch_path("run/config.json")), 0); /* a start that was killed */
    cr_expect_eq(open_with("run", "{}", &lock), LVK_OK, "%s", lvk_error_message());
    close(lock);
}

Test(run_group, one_process_at_a_time) {
    int first, second;
    cr_assert_eq(open_with("g", "{}", &first), LVK_OK);
    cr_expect_eq(open_with("g", "{}", &second), LVK_ERROR_IO);
    cr_expect_not_null(strstr(lvk_error_message(), "another process works in this folder"), "%s",
                       lvk_error_message());
    close(first);
    cr_assert_eq(open_with("g", "{}", &second), LVK_OK);
    close(second);
}

/* What a finished run was trained with must be known before it counts as one of the group. */
Test(run_group, a_run_of_damaged_settings_is_refused) {
    const lvk_run_group group = {.what = "trial", .file = "study.json"};
    const lvk_train_options options = lvk_train_defaults();
    static const char *const cases[][2] = {
        {"{\n\"dropout\": NaN}", "config.json:2: invalid token near 'NaN'"},
        {"{\"dropout\": 1e999}", "config.json:1: real number overflow near '1e999'"}};
    cr_assert_eq(lvk_folder_create(scratch_path("run")), LVK_OK);
    cr_assert_eq(lvk_file_write(scratch_path("run/results.json"), "{}", 2), LVK_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        cr_assert_eq(lvk_file_write(scratch_path("run/config.json"), cases[i][0], strlen(cases[i][0])),
                     LVK_OK);
        cr_expect_eq(lvk_run_group_check_run(&group, &options, scratch_path("run")), LVK_ERROR_FORMAT);
        cr_expect_not_null(strstr(lvk_error_message(), cases[i][1]), "%s", lvk_error_message());
    }
}
