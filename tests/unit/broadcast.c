/* Shaders that broadcast instead of shuffling. */
#include "vulkan/broadcast.h"

#include "core/memory.h"
#include "vulkan/reflection.h"

#include <criterion/criterion.h>
#include <spirv/unified1/spirv.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_WORDS = 5 };
#define SHUFFLE   (6U << SpvWordCountShift | SpvOpGroupNonUniformShuffle)
#define BROADCAST (6U << SpvWordCountShift | SpvOpGroupNonUniformBroadcast)

static const lvk_shader *find_shader(const char *name) {
    for (uint32_t i = 0; i < lvk_shader_count; ++i)
        if (strcmp(lvk_shaders[i].name, name) == 0)
            return &lvk_shaders[i];
    cr_assert_fail("there is no shader %s", name);
    return NULL;
}

/* The first instruction from word `at` on with this first word; the module's end where there is none. */
static uint32_t find(const uint32_t *words, uint32_t count, uint32_t at, uint32_t first) {
    while (at < count && words[at] != first)
        at += words[at] >> SpvWordCountShift;
    return at;
}

static uint32_t *broadcasting(const lvk_shader *shader) {
    uint32_t *words = NULL;
    cr_assert_eq(lvk_broadcast_words(shader, &words), LVK_OK, "%s", lvk_error_message());
    return words;
}

static lvk_reflection read(const lvk_shader *shader, const uint32_t *words) {
    lvk_reflection reflection;
    cr_assert_eq(lvk_reflection_read(shader->name, words, shader->word_count, NULL, 0, &reflection), LVK_OK,
                 "%s", lvk_error_message());
    return reflection;
}

/* Nothing but the instruction and what it requires of a device. */
Test(broadcast, every_shuffle_is_replaced) {
    static const uint32_t shuffle = VK_SUBGROUP_FEATURE_SHUFFLE_BIT, ballot = VK_SUBGROUP_FEATURE_BALLOT_BIT;
    int shaders = 0;
    for (uint32_t i = 0; i < lvk_shader_count; ++i) {
        const lvk_shader *shader = &lvk_shaders[i];
        const uint32_t shuffles = find(shader->words, shader->word_count, HEADER_WORDS, SHUFFLE);
        uint32_t *words = broadcasting(shader);
        cr_expect_eq(words != NULL, shuffles < shader->word_count, "%s", shader->name);
        if (!words)
            continue;
        ++shaders;
        const lvk_reflection before = read(shader, shader->words);
        lvk_reflection after = read(shader, words);
        cr_expect_eq(before.subgroup_features & (shuffle | ballot), shuffle, "%s", shader->name);
        cr_expect_eq(after.subgroup_features, (before.subgroup_features & ~shuffle) | ballot, "%s",
                     shader->name);
        after.subgroup_features = before.subgroup_features;
        cr_expect_eq(memcmp(&before, &after, sizeof before), 0, "%s", shader->name);
        for (uint32_t at = HEADER_WORDS; at < shader->word_count;
             at += shader->words[at] >> SpvWordCountShift) {
            const uint32_t *was = shader->words + at;
            const uint32_t size = was[0] >> SpvWordCountShift;
            if (was[0] == SHUFFLE)
                cr_expect(words[at] == BROADCAST && memcmp(words + at + 1, was + 1, 20) == 0, "%s, word %u",
                          shader->name, at);
            else if ((was[0] & SpvOpCodeMask) != SpvOpCapability)
                cr_expect_eq(memcmp(words + at, was, 4 * (size_t)size), 0, "%s, word %u", shader->name, at);
        }
        lvk_free(words);
    }
    cr_expect(shaders >= 45, "%d shaders shuffle", shaders); /* 15 kernels for 4, 8 and 16 lanes */
}

/* A broadcast from a lane that is no constant is another instruction, and not of SPIR-V 1.3. */
Test(broadcast, shaders_that_shuffle_from_other_lanes_stay_as_they_are) {
    lvk_shader shader = *find_shader("dense_grad_input_texel8");
    uint32_t *words = malloc(4 * (size_t)shader.word_count);
    memcpy(words, shader.words, 4 * (size_t)shader.word_count);
    uint32_t at = find(words, shader.word_count, HEADER_WORDS, SHUFFLE), last = at;
    for (; at < shader.word_count; at = find(words, shader.word_count, at + 6, SHUFFLE))
        last = at;
    cr_assert(last < shader.word_count);
    shader.words = words;
    words[last + 5] = words[last + 4]; /* the lane is the value */
    cr_expect_null(broadcasting(&shader));
    words[last + 5] = UINT32_MAX;
    cr_expect_null(broadcasting(&shader));
    free(words);
}

/* Cut at every word, and with every word changed: no crash (this suite runs under the sanitizers too). */
Test(broadcast, damaged_shaders_do_no_harm) {
    const lvk_shader *whole = find_shader("dense_grad_input_texel4");
    for (uint32_t cut = 0; cut < whole->word_count; ++cut) {
        uint32_t *exact = malloc(4 * (size_t)cut + 1); /* so that a read beyond the cut is seen */
        memcpy(exact, whole->words, 4 * (size_t)cut);
        lvk_free(broadcasting(&(lvk_shader){.name = "cut", .words = exact, .word_count = cut}));
        free(exact);
    }
    static const uint32_t flips[] = {1, 0x10000, 0x80000000U, UINT32_MAX, 0x00ff00ff};
    uint32_t *copy = malloc(4 * (size_t)whole->word_count);
    for (uint32_t i = 0; i < whole->word_count; ++i)
        for (size_t k = 0; k < sizeof flips / sizeof *flips; ++k) {
            memcpy(copy, whole->words, 4 * (size_t)whole->word_count);
            copy[i] ^= flips[k];
            lvk_free(broadcasting(
                &(lvk_shader){.name = "changed", .words = copy, .word_count = whole->word_count}));
        }
    free(copy);
}

Test(broadcast, out_of_memory_is_told) {
    for (uint64_t n = 1; n <= 2; ++n) {
        uint32_t *words = NULL;
        lvk_alloc_fail_after(n);
        cr_expect_eq(lvk_broadcast_words(find_shader("dense_grad_input_texel4"), &words), LVK_ERROR_MEMORY);
        cr_expect_null(words);
        lvk_alloc_fail_after(0);
    }
}

Test(broadcast, is_faster_with_some_drivers) {
    static const struct {
        VkDriverId driver;
        const char *info;
        bool faster;
    } cases[] = {
        {VK_DRIVER_ID_MESA_LLVMPIPE, "Mesa 22.3.6 (LLVM 15.0.6)", false},
        {VK_DRIVER_ID_MESA_LLVMPIPE, "Mesa 23.0.4 (LLVM 15.0.7)", false},
        {VK_DRIVER_ID_MESA_LLVMPIPE, "Mesa 23.1.0-rc1 (git-0123456789) (LLVM 16.0.6)", true},
        {VK_DRIVER_ID_MESA_LLVMPIPE, "Mesa 24.0.1 (LLVM 17.0.6)", true},
        {VK_DRIVER_ID_MESA_LLVMPIPE, "Mesa 25.0.7-2+deb13u1 (LLVM 19.1.7)", true},
        {VK_DRIVER_ID_MESA_LLVMPIPE, "", false},
        {VK_DRIVER_ID_MESA_LLVMPIPE, "Mesa", false},
        {VK_DRIVER_ID_GOOGLE_SWIFTSHADER, "", true},
        {VK_DRIVER_ID_MESA_RADV, "Mesa 25.0.7-2+deb13u1 (LLVM 19.1.7)", false},
        {(VkDriverId)0, "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
        cr_expect_eq(lvk_broadcast_is_faster(cases[i].driver, cases[i].info), cases[i].faster, "case %zu, %s",
                     i, cases[i].info);
}
