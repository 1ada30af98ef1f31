/* Run folders: naming, the lock, configuration and tables. */
#include "support/scratch.h"

#include "artifact/run_folder.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/memory.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(run_folder, .init = scratch_create, .fini = scratch_remove);

static void expect_file(const char *path, const char *text) {
    void *data = NULL;
    size_t size = 0;
    cr_assert_eq(lvk_file_read(path, 1 << 20, &data, &size), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq((const char *)data, text);
    lvk_free(data);
}

static void write_file(const char *path, const char *text) {
    cr_assert_eq(lvk_file_write(path, text, strlen(text)), LVK_OK, "%s", lvk_error_message());
}

/* runs/YYYYMMDD-HHMMSS-cnn, and never the same twice. */
Test(run_folder, default_names) {
    enum { RUNS = 5 };
    lvk_run_folder *runs[RUNS] = {NULL};
    cr_assert_eq(chdir(scratch_folder), 0);
    for (int i = 0; i < RUNS; ++i) {
        cr_assert_eq(lvk_run_folder_create(NULL, "cnn", &runs[i]), LVK_OK, "%s", lvk_error_message());
        const char *path = lvk_run_folder_path(runs[i]);
        unsigned day = 0, second = 0;
        int length = 0;
        cr_expect_eq(sscanf(path, "runs/%8u-%6u-cnn%n", &day, &second, &length), 2, "%s", path);
        cr_expect(length > 0 && day > 20200000, "%s", path);
        cr_expect(lvk_path_is_folder(path));
        for (int k = 0; k < i; ++k)
            cr_expect_str_neq(path, lvk_run_folder_path(runs[k]));
    }
    for (int i = 0; i < RUNS; ++i)
        lvk_run_folder_close(&runs[i]);
    cr_expect_null(runs[0]);
    cr_assert_eq(chdir("/"), 0);
}

Test(run_folder, only_empty_folders_for_new_runs) {
    lvk_run_folder *run = NULL;
    cr_assert_eq(lvk_run_folder_create(scratch_path("a/b"), "cnn", &run), LVK_OK, "%s", lvk_error_message());
    lvk_run_folder_close(&run);
    cr_expect_eq(lvk_run_folder_create(scratch_path("a/b"), "cnn", &run), LVK_OK,
                 "nothing was written: still new");
    lvk_run_folder_close(&run);
    write_file(scratch_path("a/b/notes.txt"), "mine");
    cr_expect_eq(lvk_run_folder_create(scratch_path("a/b"), "cnn", &run), LVK_ERROR_IO);
    cr_expect_not_null(strstr(lvk_error_message(), "is not empty"), "%s", lvk_error_message());
    cr_expect_eq(lvk_run_folder_create(scratch_path("a/b/notes.txt"), "cnn", &run), LVK_ERROR_IO);
    cr_expect_null(run);
}

Test(run_folder, a_stranger_s_folder_is_left_alone) {
    lvk_run_folder *run = NULL;
    write_file(scratch_path("notes.txt"), "mine");
    cr_expect_neq(lvk_run_folder_create(scratch_folder, "cnn", &run), LVK_OK);
    cr_expect_neq(lvk_run_folder_resume(scratch_folder, &run), LVK_OK);
    cr_expect_not_null(strstr(lvk_error_message(), "no config.json"), "%s", lvk_error_message());
    cr_expect_not(lvk_path_is_file(scratch_path(".lock")));
}

/* The lock is another process's as long as that lives, however it ends. */
Test(run_folder, one_process_at_a_time) {
    int ready[2];
    lvk_run_folder *run = NULL;
    cr_assert_eq(pipe(ready), 0);
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        char done = lvk_run_folder_create(scratch_path("r"), "cnn", &run) == LVK_OK &&
                    lvk_run_folder_write(run, LVK_RUN_CONFIG, "{}\n") == LVK_OK;
        if (write(ready[1], &done, 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char done = 0;
    cr_assert_eq(read(ready[0], &done, 1), 1);
    cr_assert(done);
    cr_expect_eq(lvk_run_folder_resume(scratch_path("r"), &run), LVK_ERROR_IO);
    cr_expect_not_null(strstr(lvk_error_message(), "another process"), "%s", lvk_error_message());
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    cr_expect_eq(lvk_run_folder_resume(scratch_path("r"), &run), LVK_OK, "%s", lvk_error_message());
    lvk_run_folder_close(&run);
}

Test(run_folder, leftovers_of_a_kill_go) {
    lvk_run_folder *run = NULL;
    write_file(scratch_path("config.json"), "{}");
    write_file(scratch_path("metrics.csv.tmp-123"), "epo");
    write_file(scratch_path("notes.tmp-x"), "mine");
    cr_assert_eq(lvk_run_folder_resume(scratch_folder, &run), LVK_OK);
    cr_expect_not(lvk_path_is_file(scratch_path("metrics.csv.tmp-123")));
    cr_expect(lvk_path_is_file(scratch_path("notes.tmp-x")));
    cr_expect(lvk_run_folder_has(run, LVK_RUN_CONFIG));
    cr_expect_not(lvk_run_folder_has(run, LVK_RUN_LAST));
    cr_expect_str_eq(lvk_run_folder_file(run, LVK_RUN_LAST), scratch_path("checkpoint-last.safetensors"));
    lvk_run_folder_close(&run);
}

/* Killed before it had a config.json, a run can neither be resumed nor has it anything to lose. */
Test(run_folder, a_run_killed_before_its_configuration_counts_as_empty) {
    lvk_run_folder *run = NULL;
    cr_assert_eq(lvk_run_folder_create(scratch_path("r"), "cnn", &run), LVK_OK);
    lvk_run_folder_close(&run);
    write_file(scratch_path("r/split.json"), "{}");
    write_file(scratch_path("r/data.json"), "{}");
    write_file(scratch_path("r/config.json.tmp-abcdefghijklm"), "{");
    write_file(scratch_path("r/split.json.tmp-77"), "{");
    cr_assert_eq(lvk_run_folder_create(scratch_path("r"), "cnn", &run), LVK_OK, "%s", lvk_error_message());
    cr_expect_not(lvk_path_is_file(scratch_path("r/config.json.tmp-abcdefghijklm")));
    cr_expect_not(lvk_path_is_file(scratch_path("r/split.json.tmp-77")));
    cr_expect_not(lvk_run_folder_has(run, LVK_RUN_CONFIG));
    cr_assert_eq(lvk_run_folder_write(run, LVK_RUN_CONFIG, "{}\n"), LVK_OK);
    lvk_run_folder_close(&run);
    cr_expect_eq(lvk_run_folder_create(scratch_path("r"), "cnn", &run), LVK_ERROR_IO, "a run is overwritten");
}

/* Without a lock beside it, the split is the user's own. */
Test(run_folder, a_split_alone_is_not_a_begun_run) {
    lvk_run_folder *run = NULL;
    write_file(scratch_path("split.json"), "{}");
    cr_expect_eq(lvk_run_folder_create(scratch_folder, "cnn", &run), LVK_ERROR_IO);
    cr_expect_not_null(strstr(lvk_error_message(), "is not empty"), "%s", lvk_error_message());
    expect_file(scratch_path("split.json"), "{}");
}

Test(run_folder, configuration) {
    lvk_run_folder *run = NULL;
    cr_assert_eq(lvk_run_folder_create(scratch_path("r"), "cnn", &run), LVK_OK);
    json_t *config =
        json_pack("{s:f, s:i, s:i, s:i, s:s, s:s, s:s, s:{s:b}}", "rate", 0.001, "epochs", 20, "image_size",
                  112, "seed", 1, "data", "ü", "crop", "none", "model", "cnn", "augment", "flip", 1);
    cr_assert_eq(lvk_run_folder_write_config(run, config), LVK_OK, "%s", lvk_error_message());
    expect_file(lvk_run_folder_file(run, LVK_RUN_CONFIG), "{\n"
                                                          "  \"augment\": {\n"
                                                          "    \"flip\": true\n"
                                                          "  },\n"
                                                          "  \"crop\": \"none\",\n"
                                                          "  \"data\": \"ü\",\n"
                                                          "  \"epochs\": 20,\n"
                                                          "  \"image_size\": 112,\n"
                                                          "  \"model\": \"cnn\",\n"
                                                          "  \"rate\": 0.001,\n"
                                                          "  \"seed\": 1\n"
                                                          "}\n");
    json_t *read = NULL;
    cr_assert_eq(lvk_run_config_read(scratch_path("r"), &read), LVK_OK, "%s", lvk_error_message());
    cr_expect(json_equal(read, config));
    char digests[3][LVK_DIGEST_TEXT];
    cr_expect_eq(lvk_json_digest(config, digests[0]), LVK_OK);
    cr_expect_eq(lvk_json_digest(read, digests[1]), LVK_OK);
    cr_expect_str_eq(digests[0], digests[1], "the layout and the order of keys do not matter");
    cr_expect_eq(strspn(digests[0], "0123456789abcdef"), 32);
    json_object_set_new(read, "epochs", json_integer(21));
    cr_expect_eq(lvk_json_digest(read, digests[2]), LVK_OK);
    cr_expect_str_neq(digests[0], digests[2]);
    json_decref(config);
    json_decref(read);
    lvk_run_folder_close(&run);
}

static bool json_memory_is_out;

static void *give(size_t size) {
    return json_memory_is_out ? NULL : malloc(size);
}

/* The two have other remedies. */
Test(run_folder, a_data_set_s_path_that_is_no_text_is_told_from_a_lack_of_memory) {
    json_set_alloc_funcs(give, free);
    json_t *config = json_object();
    json_memory_is_out = true;
    cr_expect_eq(lvk_run_config_set_data(config, scratch_folder), LVK_ERROR_MEMORY);
    cr_expect_not_null(strstr(lvk_error_message(), "out of memory"), "%s", lvk_error_message());
    json_memory_is_out = false;
    cr_expect_eq(lvk_run_config_set_data(config, "/nowhere/\xff"), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), "is not UTF-8"), "%s", lvk_error_message());
    cr_expect_eq(lvk_run_config_set_data(config, scratch_folder), LVK_OK, "%s", lvk_error_message());
    cr_expect_not_null(json_string_value(json_object_get(config, "data")));
    json_decref(config);
}

Test(run_folder, bad_configurations) {
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1} x",
        "{\"a\":\"\xFF\"}",
        "{\"name\": \"a page\", \"version\": 1}",
        "{\"crop\":\"none\",\"data\":\"d\",\"epochs\":\"9\",\"image_size\":8,\"model\":\"cnn\",\"seed\":1}"};
    json_t *config = NULL;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        write_file(scratch_path("config.json"), texts[i]);
        cr_expect_eq(lvk_run_config_read(scratch_folder, &config), LVK_ERROR_FORMAT, "%s", texts[i]);
        cr_expect_null(config);
        cr_expect_not_null(strstr(lvk_error_message(), "config.json"), "%s", lvk_error_message());
        cr_expect_null(strchr(lvk_error_message(), '\n'));
    }
    remove(scratch_path("config.json"));
    cr_expect_eq(lvk_run_config_read(scratch_folder, &config), LVK_ERROR_IO);
}

Test(run_folder, tables) {
    lvk_run_folder *run = NULL;
    cr_assert_eq(lvk_run_folder_create(scratch_path("r"), "cnn", &run), LVK_OK);
    const char *path = lvk_run_folder_file(run, LVK_RUN_METRICS);
    for (int i = 1; i <= 3; ++i) {
        char row[32];
        snprintf(row, sizeof row, "%d,0.%d", i, i);
        cr_expect_eq(lvk_run_folder_append(run, LVK_RUN_METRICS, "epoch,loss", row), LVK_OK);
    }
    expect_file(path, "epoch,loss\n1,0.1\n2,0.2\n3,0.3\n");
    cr_expect_eq(lvk_run_folder_append(run, LVK_RUN_METRICS, "epoch,lost", "4,0"), LVK_ERROR_FORMAT);
    write_file(path, "epoch,loss\n1,0.1"); /* an editor has eaten the last newline */
    cr_expect_eq(lvk_run_folder_append(run, LVK_RUN_METRICS, "epoch,loss", "2,0.2"), LVK_OK);
    expect_file(path, "epoch,loss\n1,0.1\n2,0.2\n");
    lvk_run_folder_close(&run);
}
