#include "vulkan/broadcast.h"

#include "core/memory.h"

#include <spirv/unified1/spirv.h>
#include <stdio.h>
#include <string.h>

enum { HEADER_WORDS = 5, MAX_IDS = 1 << 20 };

bool lvk_broadcast_is_faster(VkDriverId driver, const char *info) {
    unsigned major, minor; /* the driverVersion is always 1 */
    if (driver == VK_DRIVER_ID_MESA_LLVMPIPE && sscanf(info, "Mesa %u.%u", &major, &minor) == 2)
        return major > 23 || (major == 23 && minor >= 1);
    return driver == VK_DRIVER_ID_GOOGLE_SWIFTSHADER;
}

/* The instruction after the one at `p`: NULL after the last, and where the length is none. */
static uint32_t *next(uint32_t *p, const uint32_t *end) {
    const uint32_t length = p[0] >> SpvWordCountShift;
    return length > 0 && length < (size_t)(end - p) ? p + length : NULL;
}

static bool is_instruction(const uint32_t *p, SpvOp operation, uint32_t length) {
    return p[0] == ((length << SpvWordCountShift) | (uint32_t)operation);
}

/* Both instructions have the same operands: result type, result, scope, value, lane. */
static bool replace_shuffles(uint32_t *first, const uint32_t *end, bool *constant, uint32_t bound) {
    bool any = false;
    for (uint32_t *p = first; p; p = next(p, end)) {
        if (end - p >= 4 && is_instruction(p, SpvOpConstant, 4) && p[2] < bound)
            constant[p[2]] = true;
        if ((p[0] & SpvOpCodeMask) == SpvOpGroupNonUniformShuffleXor)
            return false; /* needs the capability of a shuffle */
        if (end - p < 6 || !is_instruction(p, SpvOpGroupNonUniformShuffle, 6))
            continue;
        if (p[5] >= bound || !constant[p[5]])
            return false;
        p[0] = (6U << SpvWordCountShift) | SpvOpGroupNonUniformBroadcast;
        any = true;
    }
    return any;
}

static void replace_capability(uint32_t *first, const uint32_t *end) {
    for (uint32_t *p = first; p; p = next(p, end))
        if (end - p >= 2 && is_instruction(p, SpvOpCapability, 2) &&
            p[1] == SpvCapabilityGroupNonUniformShuffle)
            p[1] = SpvCapabilityGroupNonUniformBallot;
}

lvk_status lvk_broadcast_words(const lvk_shader *shader, uint32_t **words) {
    const size_t count = shader->word_count;
    *words = NULL;
    if (count <= HEADER_WORDS || shader->words[3] > MAX_IDS)
        return LVK_OK; /* lvk_reflection_read() refuses it */
    const uint32_t bound = shader->words[3];
    uint32_t *copy = lvk_alloc(count, sizeof *copy);
    bool *constant = lvk_alloc(bound, sizeof *constant);
    lvk_status status = copy && constant ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        memcpy(copy, shader->words, 4 * count);
        if (replace_shuffles(copy + HEADER_WORDS, copy + count, constant, bound)) {
            replace_capability(copy + HEADER_WORDS, copy + count);
            *words = copy;
            copy = NULL;
        }
    }
    lvk_free(constant);
    lvk_free(copy);
    return status;
}
