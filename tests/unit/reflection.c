/* Parts of the Vulkan backend that need no device: reading shaders, and finding hazards. */
#include "vulkan/reflection.h"
#include "vulkan/hazard.h"
#include "vulkan/shaders.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(reflection, hazards) {
    lvk_hazards hazards = {0};
    const lvk_access read = {.block = 0, .begin = 0, .end = 100},
                     write = {.block = 0, .begin = 100, .end = 200, .writes = true};
    const lvk_access first[] = {read, write};
    cr_expect_not(lvk_hazards_conflict(&hazards, first, 2));
    cr_assert_eq(lvk_hazards_add(&hazards, first, 2), LVK_OK);
    const struct {
        lvk_access access;
        bool conflicts;
    } cases[] = {
        {{.block = 0, .begin = 0, .end = 100}, false},                  /* read after read */
        {{.block = 0, .begin = 50, .end = 101}, true},                  /* read after write */
        {{.block = 0, .begin = 99, .end = 100, .writes = true}, true},  /* write after read */
        {{.block = 0, .begin = 199, .end = 300, .writes = true}, true}, /* write after write */
        {{.block = 0, .begin = 200, .end = 300, .writes = true}, false},
        {{.block = 1, .begin = 0, .end = 300, .writes = true}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
        cr_expect_eq(lvk_hazards_conflict(&hazards, &cases[i].access, 1), cases[i].conflicts, "case %zu", i);
    lvk_hazards_clear(&hazards);
    cr_expect_not(lvk_hazards_conflict(&hazards, &cases[3].access, 1));
    lvk_hazards_finish(&hazards);
}

static const lvk_shader *find_shader(const char *name) {
    for (uint32_t i = 0; i < lvk_shader_count; ++i)
        if (strcmp(lvk_shaders[i].name, name) == 0)
            return &lvk_shaders[i];
    return NULL;
}

Test(reflection, every_shader_can_be_read) {
    for (uint32_t i = 0; i < lvk_shader_count; ++i) {
        lvk_reflection reflection;
        cr_expect_eq(lvk_reflection_read(lvk_shaders[i].name, lvk_shaders[i].words, lvk_shaders[i].word_count,
                                         NULL, 0, &reflection),
                     LVK_OK, "%s", lvk_error_message());
        cr_expect(reflection.binding_count > 0, "%s", lvk_shaders[i].name);
        cr_expect(i == 0 || strcmp(lvk_shaders[i - 1].name, lvk_shaders[i].name) < 0, "not sorted: %s",
                  lvk_shaders[i].name);
    }
    const lvk_shader *relu = find_shader("relu");
    lvk_reflection reflection;
    cr_assert_eq(lvk_reflection_read("relu", relu->words, relu->word_count, NULL, 0, &reflection), LVK_OK);
    cr_expect_eq(reflection.binding_count, 2);
    cr_expect_eq(reflection.bindings[0].kind, LVK_BIND_STORAGE);
    cr_expect(!reflection.bindings[0].writes && reflection.bindings[1].writes);
    cr_expect_eq(reflection.parameter_size, 4);
    cr_expect_eq(reflection.group_size[0], 64);
    cr_expect_eq(reflection.constant_count, 0);
    cr_expect_eq(reflection.shared_memory, 0);
}

/* Cut at every word, every word changed in several ways: refused or read, never a crash (this suite runs
 * under the sanitizers too). */
Test(reflection, damaged_shaders_do_no_harm) {
    const lvk_shader *relu = find_shader("relu");
    uint32_t *copy = malloc(4 * (size_t)relu->word_count);
    lvk_reflection reflection;
    const uint32_t constants[LVK_MAX_CONSTANTS] = {0};
    for (uint32_t cut = 0; cut < relu->word_count; ++cut) {
        uint32_t *exact = malloc(4 * (size_t)cut + 1); /* so that a read beyond the cut is seen */
        memcpy(exact, relu->words, 4 * (size_t)cut);
        (void)!lvk_reflection_read("cut", exact, cut, constants, LVK_MAX_CONSTANTS, &reflection);
        free(exact);
    }
    cr_expect_eq(lvk_reflection_read("cut", relu->words, 4, NULL, 0, &reflection), LVK_ERROR_FORMAT);
    const uint32_t flips[] = {1, 0x10000, 0x80000000U, UINT32_MAX, 0x00ff00ff};
    for (uint32_t i = 0; i < relu->word_count; ++i)
        for (size_t k = 0; k < sizeof flips / sizeof *flips; ++k) {
            memcpy(copy, relu->words, 4 * (size_t)relu->word_count);
            copy[i] ^= flips[k];
            (void)!lvk_reflection_read("changed", copy, relu->word_count, constants, LVK_MAX_CONSTANTS,
                                       &reflection);
        }
    free(copy);
}
