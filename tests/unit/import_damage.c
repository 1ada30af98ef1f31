/* Thousands of damaged models: each is read or refused with one line, and nothing else happens. */
#include "support/scratch.h"

#include "core/file.h"
#include "core/random.h"
#include "formats/tfjs.h"
#include "leukvk/import.h"
#include "support/fake_weights.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(import_damage, .init = scratch_create, .fini = scratch_remove);

static const lvk_random_key key = {.seed = 20151210};
static uint32_t draw;

static uint32_t draw_below(uint32_t limit) {
    return lvk_random_word(&key, draw++) % limit;
}

/* A copy in exactly as many bytes (the sanitizer sees every overrun) of a part of `text`, with a few bytes
 * changed: to any, or to those that mean something in JSON. */
static char *damage(const char *text, size_t *size) {
    static const char marks[] = "{}[]\",:\\0-19.eu/ntf";
    if (draw_below(4) == 0)
        *size = draw_below((uint32_t)*size + 1);
    char *copy = lvk_alloc(*size, 1);
    cr_assert_not_null(copy);
    memcpy(copy, text, *size);
    for (uint32_t edits = draw_below(4); edits > 0 && *size > 0; --edits)
        copy[draw_below((uint32_t)*size)] =
            draw_below(2) ? marks[draw_below(sizeof marks - 1)] : (char)draw_below(256);
    return copy;
}

static void expect_one_line(lvk_status status, uint32_t round) {
    const char *line = lvk_error_message();
    cr_assert(status == LVK_OK || strncmp(line, scratch_folder, strlen(scratch_folder)) == 0, "round %u: %s",
              round, line);
    cr_assert(status == LVK_OK || !strchr(line, '\n'), "round %u: %s", round, line);
}

Test(import_damage, manifests_and_shards) {
    static const char json[] =
        "{\"weightsManifest\":[{\"paths\":[\"a\",\"b\"],\"weights\":[{\"name\":\"x\",\"shape\":[2,3],\"dtype\":"
        "\"float32\"},{\"name\":\"y\",\"shape\":[],\"dtype\":\"float32\"}]},{\"paths\":[\"c\"],\"weights\":[{"
        "\"name\":\"z\",\"shape\":[1],\"dtype\":\"float32\"}]}]}";
    static const char *const shards[] = {"a", "b", "c"};
    static const size_t sizes[] = {13, 15, 4};
    const char bytes[32] = {1, 2, 3};
    char path[SCRATCH_PATH];
    uint32_t accepted = 0;
    const uint32_t rounds = 6000;
    snprintf(path, sizeof path, "%s", scratch_path("model.json"));
    for (uint32_t s = 0; s < 3; ++s)
        fake_write_bytes(scratch_path(shards[s]), bytes, sizes[s]);
    for (uint32_t round = 0; round < rounds; ++round) {
        const uint32_t cut = draw_below(12); /* one shard of a wrong length every fourth time */
        if (cut < 3)
            fake_write_bytes(scratch_path(shards[cut]), bytes, draw_below(32));
        size_t size = sizeof json - 1;
        char *copy = damage(json, &size);
        lvk_tfjs_model model = {0};
        const lvk_status status = lvk_tfjs_read(path, copy, size, &model);
        expect_one_line(status, round);
        accepted += status == LVK_OK;
        lvk_tfjs_finish(&model);
        lvk_free(copy);
        if (cut < 3)
            fake_write_bytes(scratch_path(shards[cut]), bytes, sizes[cut]);
    }
    cr_expect_gt(accepted, rounds / 10);
    cr_expect_lt(accepted, rounds / 2);
}

/* The whole import, of a model with all its tensors. */
Test(import_damage, models) {
    static fake_weights fake;
    void *json;
    size_t json_size;
    uint32_t accepted = 0;
    const uint32_t rounds = 200;
    fake_create(&fake, "resnet50-narrow", LVK_RESNET_KERAS, false, false);
    fake_write_tfjs(&fake, scratch_folder);
    cr_assert_eq(lvk_file_read(scratch_path("model.json"), 1 << 20, &json, &json_size), LVK_OK);
    for (uint32_t round = 0; round < rounds; ++round) {
        lvk_import *import;
        size_t size = json_size;
        char *copy = damage(json, &size);
        fake_write_bytes(scratch_path("model.json"), copy, size);
        const lvk_status status = lvk_import_open(scratch_folder, &import);
        expect_one_line(status, round);
        cr_assert((status == LVK_OK) == (import != NULL));
        accepted += status == LVK_OK;
        lvk_import_close(&import);
        lvk_free(copy);
    }
    cr_expect_gt(accepted, rounds / 20);
    cr_expect_lt(accepted, rounds / 2);
    lvk_free(json);
    fake_destroy(&fake);
}

Test(import_damage, out_of_memory) {
    static fake_weights fake;
    fake_create(&fake, "resnet50-narrow", LVK_RESNET_KERAS, false, false);
    fake_write_tfjs(&fake, scratch_folder);
    lvk_status status = LVK_ERROR_MEMORY;
    uint64_t n = 1;
    for (; status != LVK_OK && n < 5000; ++n) {
        lvk_import *import = NULL;
        lvk_alloc_fail_after(n);
        status = lvk_import_open(scratch_folder, &import);
        if (status == LVK_OK)
            status = lvk_import_write(import, scratch_path("out"));
        lvk_alloc_fail_after(0);
        cr_expect(status == LVK_OK || status == LVK_ERROR_MEMORY, "allocation %llu: %s",
                  (unsigned long long)n, lvk_error_message());
        lvk_import_close(&import);
    }
    cr_expect_gt(n, 20);
    cr_expect_eq(status, LVK_OK);
    fake_destroy(&fake);
}
