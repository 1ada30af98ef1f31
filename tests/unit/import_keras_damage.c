/* Hundreds of damaged files of Keras: each is read or refused with one line, and nothing else happens. */
#include "support/scratch.h"

#include "core/child.h"
#include "core/child_program.h"
#include "core/random.h"
#include "formats/keras_model.h"
#include "leukvk/import.h"
#include "reader/serve.h"
#include "support/fake_keras.h"

#include <criterion/criterion.h>
#include <hdf5.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(import_keras_damage, .init = scratch_create, .fini = scratch_remove);

/* ---- the process that reads ---- */

/* The linker puts this in the place of lvk_child_start. Most files are read by a copy of this process, which
 * has one thread: that takes a fifth of the time, and allocations fail in it as well. Each tenth is read by
 * the program itself. */
lvk_status __wrap_lvk_child_start(lvk_child *child, const char *name, lvk_child_program program,
                                  lvk_child_bounds bounds);
lvk_status __real_lvk_child_start(lvk_child *child, const char *name, lvk_child_program program,
                                  lvk_child_bounds bounds);

static int started;
static bool only_copies;

lvk_status __wrap_lvk_child_start(lvk_child *child, const char *name, lvk_child_program program,
                                  lvk_child_bounds bounds) {
    int ends[2];
    char ready;
    if (!only_copies && started++ % 10 == 0)
        return __real_lvk_child_start(child, name, program, bounds);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    *child = (lvk_child){.name = name, .bounds = bounds, .socket = ends[0], .process = fork(), .handle = -1};
    cr_assert_geq(child->process, 0);
    if (child->process == 0) {
        const bool begun = dup2(ends[1], LVK_CHILD_SOCKET) >= 0 && lvk_child_begin() == LVK_OK;
        _exit(begun && lvk_reader_serve() == LVK_OK ? 0 : 1);
    }
    close(ends[1]);
    lvk_child_send(child, &bounds, sizeof bounds);
    return lvk_child_receive(child, &ready, sizeof ready);
}

/* ---- damage ---- */

static const lvk_random_key key = {.seed = 20151210};
static uint32_t draw;
static fake_weights fake;

static uint32_t draw_below(uint32_t limit) {
    return lvk_random_word(&key, draw++) % limit;
}

/* A copy of `bytes`, in exactly as many: cut off, or with a few bytes changed. */
static unsigned char *damage(const unsigned char *bytes, size_t *size) {
    if (draw_below(4) == 0)
        *size = draw_below((uint32_t)*size);
    unsigned char *copy = lvk_alloc(*size, 1);
    cr_assert_not_null(copy);
    memcpy(copy, bytes, *size);
    for (uint32_t edits = draw_below(4); edits > 0 && *size > 0; --edits) {
        const uint32_t at = draw_below((uint32_t)*size);
        copy[at] =
            draw_below(2) ? (unsigned char)(copy[at] ^ 1U << draw_below(8)) : (unsigned char)draw_below(256);
    }
    return copy;
}

/* Counts of a test. HDF5 does crash now and then, in a process of its own. */
static uint32_t accepted, crashed;

static void expect_one_line(lvk_status status, uint32_t round) {
    const char *line = lvk_error_message();
    accepted += status == LVK_OK;
    if (status == LVK_OK)
        return;
    cr_assert_eq(strncmp(line, scratch_folder, strlen(scratch_folder)), 0, "round %u: %s", round, line);
    cr_assert_null(strchr(line, '\n'), "round %u: %s", round, line);
    crashed += strstr(line, "crashed") || strstr(line, "found no end");
}

/* Of `rounds`, some are read and most are refused by what is wrong with them. */
static void expect_counts(uint32_t rounds) {
    cr_expect_gt(accepted, rounds / 10, "%u of %u", accepted, rounds);
    cr_expect_lt(accepted, rounds * 3 / 4, "%u of %u", accepted, rounds);
    cr_expect_leq(crashed, rounds / 20, "%u of %u", crashed, rounds);
    accepted = crashed = 0;
}

/* A few layers with little in them, so that most of a file is what is around the tensors. */
static void make_small(void) {
    const lvk_type kernel = lvk_type_4d(LVK_F32, 1, 1, 2, 2), channels = lvk_type_1d(LVK_F32, 2);
    (void)fake_add(&fake, "conv1/kernel", &kernel, LVK_ELEMENT_F32);
    (void)fake_add(&fake, "conv1/bias", &channels, LVK_ELEMENT_F32);
    for (int r = 2; r < FAKE_ROLES; ++r) {
        char name[LVK_INTEROP_NAME];
        snprintf(name, sizeof name, "bn_conv1/%s", fake_roles[r]);
        (void)fake_add(&fake, name, &channels, LVK_ELEMENT_F32);
    }
}

typedef lvk_status (*read_keras)(const char *path, const void *bytes, size_t size, lvk_keras_model *model);

/* Reads the file at `path` damaged in `rounds` ways. */
static void read_damaged(const char *path, read_keras read, uint32_t rounds) {
    void *bytes;
    size_t size;
    cr_assert_eq(lvk_file_read(path, 1 << 24, &bytes, &size), LVK_OK);
    for (uint32_t round = 0; round < rounds; ++round) {
        size_t length = size;
        lvk_keras_model model = {0};
        unsigned char *copy = damage(bytes, &length);
        expect_one_line(read(path, copy, length, &model), round);
        lvk_keras_finish(&model);
        lvk_free(copy);
    }
    lvk_free(bytes);
    expect_counts(rounds);
}

Test(import_keras_damage, h5) {
    static const fake_keras ways[] = {{0}, {.variable = true, .whole = true}};
    char path[SCRATCH_PATH];
    snprintf(path, sizeof path, "%s", scratch_path("w.h5"));
    make_small();
    for (size_t i = 0; i < sizeof ways / sizeof *ways; ++i) {
        fake_write_h5(&fake, path, &ways[i]);
        read_damaged(path, lvk_keras_h5_read, 300);
    }
    fake_destroy(&fake);
}

Test(import_keras_damage, archives) {
    char path[SCRATCH_PATH];
    snprintf(path, sizeof path, "%s", scratch_path("w.keras"));
    make_small();
    for (int deflate = 0; deflate < 2; ++deflate) {
        fake_write_keras(&fake, path, &(fake_keras){.deflate = deflate});
        read_damaged(path, lvk_keras_zip_read, 300);
    }
    fake_destroy(&fake);
}

/* Damaged weights in an archive whose checksum is right. */
Test(import_keras_damage, weights_in_archives) {
    const uint32_t rounds = 200;
    char path[SCRATCH_PATH];
    void *bytes;
    size_t size;
    lvk_text config = {0};
    snprintf(path, sizeof path, "%s", scratch_path("w.keras"));
    make_small();
    fake_write_keras_weights(&fake, scratch_path("w.h5"), &(fake_keras){0}, &config);
    cr_assert_eq(lvk_file_read(scratch_path("w.h5"), 1 << 24, &bytes, &size), LVK_OK);
    for (uint32_t round = 0; round < rounds; ++round) {
        size_t length = size, archive_size;
        void *archive;
        lvk_keras_model model = {0};
        unsigned char *copy = damage(bytes, &length);
        fake_write_zip(path, config.data, copy, length, false);
        cr_assert_eq(lvk_file_read(path, 1 << 24, &archive, &archive_size), LVK_OK);
        expect_one_line(lvk_keras_zip_read(path, archive, archive_size, &model), round);
        lvk_keras_finish(&model);
        lvk_free(archive);
        lvk_free(copy);
    }
    expect_counts(rounds);
    lvk_free(bytes);
    lvk_text_finish(&config);
    fake_destroy(&fake);
}

/* A small archive that unpacks to 400 MB is refused before it is unpacked. */
Test(import_keras_damage, archive_bombs) {
    const size_t size = (size_t)400 << 20;
    void *zeros = calloc(1, size), *archive;
    char path[SCRATCH_PATH];
    size_t archive_size;
    lvk_text config = {0};
    lvk_keras_model model = {0};
    snprintf(path, sizeof path, "%s", scratch_path("bomb.keras"));
    make_small();
    fake_write_keras_weights(&fake, scratch_path("w.h5"), &(fake_keras){0}, &config);
    cr_assert_not_null(zeros);
    fake_write_zip(path, config.data, zeros, size, true);
    free(zeros);
    cr_assert_eq(lvk_file_read(path, 1 << 24, &archive, &archive_size), LVK_OK, "%s", lvk_error_message());
    cr_assert_lt(archive_size, 4 << 20);
    cr_expect_eq(lvk_keras_zip_read(path, archive, archive_size, &model), LVK_ERROR_LIMIT);
    cr_expect(strstr(lvk_error_message(), "bomb.keras: model.weights.h5: ") &&
                  strstr(lvk_error_message(), "unpack to 419430400"),
              "%s", lvk_error_message());
    lvk_keras_finish(&model);
    lvk_free(archive);
    lvk_text_finish(&config);
    fake_destroy(&fake);
}

/* The whole import, of a model with all its tensors. */
Test(import_keras_damage, models) {
    const uint32_t rounds = 60;
    const char *path = scratch_path("w.h5");
    void *bytes;
    size_t size;
    fake_create(&fake, "resnet50-narrow", LVK_RESNET_KERAS, false, false);
    fake_write_h5(&fake, path, &(fake_keras){0});
    cr_assert_eq(lvk_file_read(path, 1 << 24, &bytes, &size), LVK_OK);
    for (uint32_t round = 0; round < rounds; ++round) {
        lvk_import *import;
        size_t length = size;
        unsigned char *copy = damage(bytes, &length);
        fake_write_bytes(path, copy, length);
        expect_one_line(lvk_import_open(path, &import), round);
        lvk_import_close(&import);
        lvk_free(copy);
    }
    expect_counts(rounds);
    lvk_free(bytes);
    fake_destroy(&fake);
}

/* Fails each allocation once, in this process and in the one that reads. */
static void expect_memory_errors(const char *path, read_keras read) {
    lvk_status status = LVK_ERROR_MEMORY;
    void *bytes;
    size_t size;
    uint64_t n = 1;
    cr_assert_eq(lvk_file_read(path, 1 << 24, &bytes, &size), LVK_OK);
    for (; status != LVK_OK && n < 1000; ++n) {
        lvk_keras_model model = {0};
        lvk_alloc_fail_after(n);
        status = read(path, bytes, size, &model);
        lvk_alloc_fail_after(0);
        cr_expect(status == LVK_OK || status == LVK_ERROR_MEMORY, "allocation %llu: %s",
                  (unsigned long long)n, lvk_error_message());
        lvk_keras_finish(&model);
    }
    cr_expect_gt(n, 5);
    cr_expect_eq(status, LVK_OK);
    lvk_free(bytes);
}

Test(import_keras_damage, out_of_memory) {
    make_small();
    only_copies = true;
    fake_write_h5(&fake, scratch_path("w.h5"), &(fake_keras){0});
    fake_write_keras(&fake, scratch_path("w.keras"), &(fake_keras){0});
    expect_memory_errors(scratch_path("w.h5"), lvk_keras_h5_read);
    expect_memory_errors(scratch_path("w.keras"), lvk_keras_zip_read);
    fake_destroy(&fake);
}

/* The linker puts these in the place of H5Aexists and H5Lexists. */
htri_t __wrap_H5Aexists(hid_t object, const char *name);
htri_t __real_H5Aexists(hid_t object, const char *name);
htri_t __wrap_H5Lexists(hid_t group, const char *name, hid_t list);
htri_t __real_H5Lexists(hid_t group, const char *name, hid_t list);

static const char *hidden_attribute, *hidden_link; /* what cannot be looked for */

htri_t __wrap_H5Aexists(hid_t object, const char *name) {
    return hidden_attribute && strcmp(name, hidden_attribute) == 0 ? -1 : __real_H5Aexists(object, name);
}

htri_t __wrap_H5Lexists(hid_t group, const char *name, hid_t list) {
    return hidden_link && strcmp(name, hidden_link) == 0 ? -1 : __real_H5Lexists(group, name, list);
}

/* Reads a file in which something cannot be looked for, then the whole of it. */
static void expect_not_missing(const char *path, read_keras read, const char *attribute, const char *link,
                               const char *words) {
    lvk_keras_model model = {0};
    void *bytes;
    size_t size;
    cr_assert_eq(lvk_file_read(path, 1 << 24, &bytes, &size), LVK_OK);
    hidden_attribute = attribute;
    hidden_link = link;
    cr_expect_eq(read("weights", bytes, size, &model), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), words), "%s", lvk_error_message());
    hidden_attribute = hidden_link = NULL;
    cr_expect_eq(read("weights", bytes, size, &model), LVK_OK, "%s", lvk_error_message());
    lvk_keras_finish(&model);
    lvk_free(bytes);
}

/* Theano's kernels would be read as TensorFlow's, turned around; layers that are named by themselves as if by their classes. */
Test(import_keras_damage, what_cannot_be_looked_for_is_not_missing) {
    make_small();
    only_copies = true;
    fake_write_h5(&fake, scratch_path("w.h5"), &(fake_keras){0});
    fake_write_keras(&fake, scratch_path("w.keras"), &(fake_keras){0});
    expect_not_missing(scratch_path("w.h5"), lvk_keras_h5_read, "backend", NULL,
                       "attribute \"backend\" of \"/\" cannot be looked for");
    expect_not_missing(scratch_path("w.h5"), lvk_keras_h5_read, "layer_names", NULL,
                       "attribute \"layer_names\" of \"/\" cannot be looked for");
    expect_not_missing(scratch_path("w.h5"), lvk_keras_h5_read, NULL, "conv1",
                       "\"conv1\" cannot be looked for");
    expect_not_missing(scratch_path("w.keras"), lvk_keras_zip_read, NULL, "layers",
                       "\"layers\" cannot be looked for");
    expect_not_missing(scratch_path("w.keras"), lvk_keras_zip_read, NULL, "conv1",
                       "\"layers/conv1/vars\" cannot be looked for");
    fake_destroy(&fake);
}
