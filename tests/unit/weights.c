/* Files of pretrained weights: what is not as `leukvk import` writes it is refused. */
#include "support/scratch.h"

#include "core/digest.h"
#include "core/file.h"
#include "formats/weights.h"
#include "support/fake_weights.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static fake_weights fake;
static lvk_string_map metadata;

/* The digest as it is defined, by another way: over one block. */
static void set_digest(void) {
    char digest[LVK_DIGEST_TEXT];
    lvk_text block = {0};
    for (size_t i = 0; i < fake.count; ++i)
        lvk_text_add_bytes(&block, fake.entries[i].data, fake.entries[i].size);
    lvk_digest(block.data, block.length, digest);
    lvk_text_finish(&block);
    cr_assert_eq(lvk_string_map_set(&metadata, "digest", digest), LVK_OK);
}

static void create(void) {
    static const char *const pairs[][2] = {{"format", "leukvk-weights"}, {"architecture", "resnet50-narrow"},
                                           {"variant", "torchvision"},   {"preprocessing", "imagenet"},
                                           {"source", "model.json"},     {"classes", "imagenet"}};
    scratch_create();
    fake_create(&fake, "resnet50-narrow", LVK_RESNET_TORCHVISION, false, true);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; ++i)
        cr_assert_eq(lvk_string_map_set(&metadata, pairs[i][0], pairs[i][1]), LVK_OK);
    set_digest();
}

static void destroy(void) {
    lvk_string_map_finish(&metadata);
    fake_destroy(&fake);
    scratch_remove();
}

TestSuite(weights, .init = create, .fini = destroy);

static void expect_opened(void) {
    lvk_weights *weights;
    fake_write_safetensors(&fake, scratch_path("w.safetensors"), &metadata);
    cr_expect_eq(lvk_weights_open(scratch_path("w.safetensors"), &weights), LVK_OK, "%s",
                 lvk_error_message());
    lvk_weights_close(&weights);
}

static void expect_file_refused(const char *what, const char *reason) {
    lvk_weights *weights;
    const char *path = scratch_path("w.safetensors");
    cr_expect_neq(lvk_weights_open(path, &weights), LVK_OK, "accepted: %s", reason);
    cr_expect_null(weights);
    const char *line = lvk_error_message();
    cr_expect_eq(strncmp(line, path, strlen(path)), 0, "begins not with the file: %s", line);
    cr_expect_not_null(strstr(line, what), "does not name %s: %s", what, line);
    cr_expect_not_null(strstr(line, reason), "does not say '%s': %s", reason, line);
    cr_expect_null(strchr(line, '\n'), "more than one line: %s", line);
}

static void expect_refused(const char *what, const char *reason) {
    fake_write_safetensors(&fake, scratch_path("w.safetensors"), &metadata);
    expect_file_refused(what, reason);
}

Test(weights, opened) {
    expect_opened();
    fake_remove(&fake, "fc1000/bias"); /* the last, so that the order stays */
    expect_refused("\"fc1000/bias\"", "missing");
}

Test(weights, metadata) {
    static const char *const changes[][3] = {
        {"format", "pt", "holds no weights for leukvk"},
        {"architecture", "resnet51", "resnet51"},
        {"architecture", "resnet50", "expected was F32 7×7×3×64"},
        {"variant", "caffe", "\"variant\" is \"caffe\""},
        {"variant", "keras", "\"preprocessing\" is \"imagenet\""},
        {"preprocessing", "caffe", "\"preprocessing\" is \"caffe\""},
        {"classes", "cifar", "\"classes\" is \"cifar\""},
        {"digest", "00", "damaged"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; ++i) {
        char *before = lvk_strdup(lvk_string_map_get(&metadata, changes[i][0]));
        cr_assert_eq(lvk_string_map_set(&metadata, changes[i][0], changes[i][1]), LVK_OK);
        expect_refused("", changes[i][2]);
        cr_assert_eq(lvk_string_map_set(&metadata, changes[i][0], before), LVK_OK);
        lvk_free(before);
    }
    expect_opened();
    for (size_t i = 0; i < metadata.count; ++i) {
        char *key = metadata.pairs[i].key;
        metadata.pairs[i].key = lvk_strdup("another");
        expect_refused("", strcmp(key, "format") == 0    ? "holds no weights for leukvk"
                           : strcmp(key, "classes") == 0 ? "\"fc1000/kernel\" is not one of resnet50-narrow's"
                                                         : key);
        lvk_free(metadata.pairs[i].key);
        metadata.pairs[i].key = key;
    }
}

Test(weights, values) {
    float *number = &fake_find(&fake, "bn4a_branch2b/moving_variance")->data[5];
    *number = NAN;
    set_digest();
    expect_refused("\"bn4a_branch2b/moving_variance\"", "element 5 is not a finite number");
    *number = -1;
    set_digest();
    expect_refused("\"bn4a_branch2b/moving_variance\"", "element 5 of a variance is negative");
    *number = 1;
    expect_refused("", "damaged");
    set_digest();
    expect_opened();
}

Test(weights, tensors) {
    fake_entry *entry = fake_find(&fake, "res2a_branch2a/kernel");
    entry->type = lvk_type_2d(LVK_F32, 8, 8);
    expect_refused("\"res2a_branch2a/kernel\"", "expected was F32 1×1×8×8");
    entry->type = lvk_type_4d(LVK_F32, 1, 1, 8, 8);
    entry->element = LVK_ELEMENT_I32;
    expect_refused("\"res2a_branch2a/kernel\"", "is I32");
    entry->element = LVK_ELEMENT_F32;
    strcpy(entry->name, "res2a_branch2a/kernels");
    expect_refused("\"res2a_branch2a/kernel\"", "missing");
    strcpy(entry->name, "res2a_branch2a/kernel");
    const lvk_type type = lvk_type_1d(LVK_F32, 8);
    (void)fake_add(&fake, "conv1/bias", &type, LVK_ELEMENT_F32);
    expect_refused("\"conv1/bias\"", "is not one of resnet50-narrow's");
}

Test(weights, truncated_files) {
    void *bytes;
    size_t size;
    fake_write_safetensors(&fake, scratch_path("w.safetensors"), &metadata);
    cr_assert_eq(lvk_file_read(scratch_path("w.safetensors"), 1 << 28, &bytes, &size), LVK_OK);
    const size_t lengths[] = {0, 7, 8, 1000, size / 2, size - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; ++i) {
        fake_write_bytes(scratch_path("w.safetensors"), bytes, lengths[i]);
        expect_file_refused("", "");
    }
    lvk_free(bytes);
}

Test(weights, copy) {
    lvk_weights *weights;
    float number = 17;
    const lvk_type one = lvk_type_1d(LVK_F32, 1);
    fake_write_safetensors(&fake, scratch_path("w.safetensors"), &metadata);
    cr_assert_eq(lvk_weights_open(scratch_path("w.safetensors"), &weights), LVK_OK, "%s",
                 lvk_error_message());
    cr_expect_eq(lvk_weights_copy(weights, "conv1/bias", &one, &number), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), "conv1/bias"));
    cr_expect_eq(lvk_weights_copy(weights, "bn_conv1/beta", &one, &number), LVK_ERROR_FORMAT);
    cr_expect_eq(number, 17);
    lvk_weights_close(&weights);
    cr_expect_null(weights);
}

Test(weights, default_path) {
    setenv("XDG_CACHE_HOME", scratch_folder, 1);
    char *path;
    cr_expect(lvk_weights_default_path(&path) == LVK_ERROR_IO && !path);
    cr_expect_not_null(strstr(lvk_error_message(), "tools/fetch-weights.sh"), "%s", lvk_error_message());
    cr_expect_not_null(strstr(lvk_error_message(), "leukvk-fetch-weights"), "%s", lvk_error_message());
    cr_expect_not_null(strstr(lvk_error_message(), scratch_folder), "%s", lvk_error_message());
    cr_assert_eq(lvk_folder_create(scratch_path("leukvk")), LVK_OK);
    fake_write_bytes(scratch_path("leukvk/resnet50-imagenet.safetensors"), "", 0);
    cr_assert_eq(lvk_weights_default_path(&path), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq(path, scratch_path("leukvk/resnet50-imagenet.safetensors"));
    lvk_free(path);
    for (uint64_t n = 1; n <= 2; ++n) { /* weights that are there are not missing because memory is out */
        (void)lvk_alloc_fail_after(n);
        cr_expect(lvk_weights_default_path(&path) == LVK_ERROR_MEMORY && !path, "allocation %d", (int)n);
        (void)lvk_alloc_fail_after(0);
    }
}
