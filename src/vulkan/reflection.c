#include "vulkan/reflection.h"

#include "core/memory.h"
#include "vulkan/api.h"

#include <inttypes.h>
#include <string.h>

#include <spirv/unified1/spirv.h>

enum { HEADER_WORDS = 5, MAX_IDS = 1 << 20, MAX_DEPTH = 16, NOT_SET = -1 };

/* What the first pass keeps about each result id. */
typedef struct spirv_id {
    const uint32_t
        *definition; /* the instruction that defines it; NULL: of no kind that the second pass reads */
    int binding, set, spec_id;
    uint32_t array_stride;
    bool has_array_stride, buffer_block, non_writable, workgroup_size;
} spirv_id;

typedef struct spirv_module {
    const char *name;
    const uint32_t *words;
    size_t count;
    spirv_id *ids;
    uint32_t bound;
    const uint32_t *constants;
    int constant_count;
    lvk_reflection *result;
    uint32_t binding_seen, constant_seen; /* bit i is set if binding, or constant, i has been found */
    bool has_entry;
} spirv_module;

static lvk_status bad(const spirv_module *module, const char *reason) {
    return lvk_fail(LVK_ERROR_FORMAT, "shader %s: %s", module->name, reason);
}

static uint32_t opcode(const uint32_t *instruction) {
    return instruction[0] & SpvOpCodeMask;
}

static uint32_t length(const uint32_t *instruction) {
    return instruction[0] >> SpvWordCountShift;
}

/* The instruction that defines `id`, if it was kept and has at least `words` words; else NULL. */
static const uint32_t *definition(const spirv_module *module, uint32_t id, uint32_t words) {
    const uint32_t *at = id < module->bound ? module->ids[id].definition : NULL;
    return at && length(at) >= words ? at : NULL;
}

static bool evaluate(const spirv_module *module, uint32_t id, int depth, uint32_t *value);

/* Computes an operation on specialization constants, which compilers leave in lengths of arrays. */
static bool evaluate_operation(const spirv_module *module, const uint32_t *at, int depth, uint32_t *value) {
    uint32_t a, b;
    if (length(at) != 6 || !evaluate(module, at[4], depth + 1, &a) || !evaluate(module, at[5], depth + 1, &b))
        return false;
    switch (at[3]) {
    case SpvOpIAdd:
        *value = a + b;
        return true;
    case SpvOpISub:
        *value = a - b;
        return true;
    case SpvOpIMul:
        *value = a * b;
        return true;
    case SpvOpUDiv:
        *value = b ? a / b : 0;
        return b != 0;
    case SpvOpUMod:
        *value = b ? a % b : 0;
        return b != 0;
    default:
        return false;
    }
}

/* Sets `value` to the value of a 32-bit integer constant. False if `id` is no such constant. */
static bool evaluate(const spirv_module *module, uint32_t id, int depth, uint32_t *value) {
    const uint32_t *at = depth < MAX_DEPTH ? definition(module, id, 4) : NULL;
    if (!at)
        return false;
    const int spec_id = module->ids[id].spec_id;
    switch (opcode(at)) {
    case SpvOpConstant:
        *value = at[3];
        return length(at) == 4;
    case SpvOpSpecConstant:
        *value = spec_id >= 0 && spec_id < module->constant_count ? module->constants[spec_id] : at[3];
        return length(at) == 4;
    case SpvOpSpecConstantOp:
        return evaluate_operation(module, at, depth, value);
    default:
        return false;
    }
}

/* Sets `size` to the bytes of a type. False if they cannot be found. */
static bool type_size(const spirv_module *module, uint32_t id, int depth, uint64_t *size);

/* Sets `size` to the bytes of a struct: with an explicit layout the largest offset + size of a member, else
 * the sum of the members' sizes. */
static bool struct_size(const spirv_module *module, uint32_t id, const uint32_t *at, int depth,
                        uint64_t *size) {
    const uint32_t members = length(at) - 2;
    uint64_t sum = 0, reach = 0;
    for (uint32_t i = 0; i < members; ++i) {
        uint64_t member;
        if (!type_size(module, at[2 + i], depth + 1, &member))
            return false;
        sum += member;
        for (const uint32_t *p = module->words + HEADER_WORDS; p < module->words + module->count;
             p += length(p))
            if (opcode(p) == SpvOpMemberDecorate && length(p) == 5 && p[1] == id && p[2] == i &&
                p[3] == SpvDecorationOffset && p[4] + member > reach)
                reach = p[4] + member;
    }
    *size = reach ? reach : sum;
    return true;
}

static bool type_size(const spirv_module *module, uint32_t id, int depth, uint64_t *size) {
    const uint32_t *at = depth < MAX_DEPTH ? definition(module, id, 2) : NULL;
    if (!at)
        return false;
    uint64_t element;
    uint32_t count;
    switch (opcode(at)) {
    case SpvOpTypeBool:
        *size = 4;
        return true;
    case SpvOpTypeInt:
    case SpvOpTypeFloat:
        *size = length(at) >= 3 ? at[2] / 8 : 0;
        return *size != 0;
    case SpvOpTypeVector:
    case SpvOpTypeMatrix:
        if (length(at) != 4 || !type_size(module, at[2], depth + 1, &element))
            return false;
        *size = element * at[3];
        return true;
    case SpvOpTypeArray:
        if (length(at) != 4 || !type_size(module, at[2], depth + 1, &element) ||
            !evaluate(module, at[3], depth + 1, &count))
            return false;
        if (module->ids[id].has_array_stride)
            element = module->ids[id].array_stride;
        *size = element * count;
        return element <= UINT32_MAX;
    case SpvOpTypeStruct:
        return struct_size(module, id, at, depth, size);
    default:
        return false;
    }
}

/* ---- first pass: every definition and decoration ---- */

static lvk_status read_decoration(spirv_module *module, const uint32_t *at) {
    if (length(at) < 3 || at[1] >= module->bound)
        return bad(module, "damaged decoration");
    spirv_id *id = &module->ids[at[1]];
    const bool has_value = length(at) >= 4;
    switch (at[2]) {
    case SpvDecorationBinding:
        id->binding = has_value && at[3] <= INT32_MAX ? (int)at[3] : NOT_SET;
        break;
    case SpvDecorationDescriptorSet:
        id->set = has_value && at[3] <= INT32_MAX ? (int)at[3] : NOT_SET;
        break;
    case SpvDecorationSpecId:
        id->spec_id = has_value && at[3] <= INT32_MAX ? (int)at[3] : NOT_SET;
        break;
    case SpvDecorationArrayStride:
        id->has_array_stride = has_value;
        id->array_stride = has_value ? at[3] : 0;
        break;
    case SpvDecorationBufferBlock:
        id->buffer_block = true;
        break;
    case SpvDecorationNonWritable:
        id->non_writable = true;
        break;
    case SpvDecorationBuiltIn:
        id->workgroup_size |= has_value && at[3] == SpvBuiltInWorkgroupSize;
        break;
    default:
        break;
    }
    return LVK_OK;
}

static lvk_status read_capability(spirv_module *module, uint32_t capability) {
    uint32_t *features = &module->result->subgroup_features;
    switch (capability) {
    case SpvCapabilityShader:
    case SpvCapabilityMatrix:
    case SpvCapabilitySampledBuffer:
        return LVK_OK;
    case SpvCapabilityGroupNonUniform:
        *features |= VK_SUBGROUP_FEATURE_BASIC_BIT;
        return LVK_OK;
    case SpvCapabilityGroupNonUniformVote:
        *features |= VK_SUBGROUP_FEATURE_VOTE_BIT;
        return LVK_OK;
    case SpvCapabilityGroupNonUniformArithmetic:
        *features |= VK_SUBGROUP_FEATURE_ARITHMETIC_BIT;
        return LVK_OK;
    case SpvCapabilityGroupNonUniformBallot:
        *features |= VK_SUBGROUP_FEATURE_BALLOT_BIT;
        return LVK_OK;
    case SpvCapabilityGroupNonUniformShuffle:
        *features |= VK_SUBGROUP_FEATURE_SHUFFLE_BIT;
        return LVK_OK;
    case SpvCapabilityGroupNonUniformShuffleRelative:
        *features |= VK_SUBGROUP_FEATURE_SHUFFLE_RELATIVE_BIT;
        return LVK_OK;
    case SpvCapabilityGroupNonUniformClustered:
        *features |= VK_SUBGROUP_FEATURE_CLUSTERED_BIT;
        return LVK_OK;
    case SpvCapabilityGroupNonUniformQuad:
        *features |= VK_SUBGROUP_FEATURE_QUAD_BIT;
        return LVK_OK;
    default:
        return lvk_fail(LVK_ERROR_UNSUPPORTED,
                        "shader %s: needs SPIR-V capability %" PRIu32 ", which devices are not asked for",
                        module->name, capability);
    }
}

/* The number of the word that holds an instruction's result id; 0 for instructions that the second pass does
 * not read. */
static uint32_t result_word(uint32_t op) {
    switch (op) {
    case SpvOpTypeBool:
    case SpvOpTypeInt:
    case SpvOpTypeFloat:
    case SpvOpTypeVector:
    case SpvOpTypeMatrix:
    case SpvOpTypeImage:
    case SpvOpTypeSampledImage:
    case SpvOpTypeArray:
    case SpvOpTypeRuntimeArray:
    case SpvOpTypeStruct:
    case SpvOpTypePointer:
        return 1;
    case SpvOpConstantTrue:
    case SpvOpConstantFalse:
    case SpvOpConstant:
    case SpvOpConstantComposite:
    case SpvOpSpecConstantTrue:
    case SpvOpSpecConstantFalse:
    case SpvOpSpecConstant:
    case SpvOpSpecConstantComposite:
    case SpvOpSpecConstantOp:
    case SpvOpVariable:
        return 2;
    default:
        return 0;
    }
}

static lvk_status read_entry(spirv_module *module, const uint32_t *at) {
    static const uint32_t main_text[2] = {'m' | 'a' << 8 | 'i' << 16 | (uint32_t)'n' << 24, 0};
    if (module->has_entry || length(at) < 5 || at[1] != SpvExecutionModelGLCompute ||
        memcmp(at + 3, main_text, sizeof main_text) != 0)
        return bad(module, "must have one entry point, \"main\", for compute");
    module->has_entry = true;
    return LVK_OK;
}

static lvk_status read_instructions(spirv_module *module) {
    const uint32_t *end = module->words + module->count;
    for (const uint32_t *at = module->words + HEADER_WORDS; at < end; at += length(at)) {
        if (length(at) == 0 || length(at) > (size_t)(end - at))
            return bad(module, "damaged SPIR-V: an instruction reaches past the end");
        const uint32_t op = opcode(at), word = result_word(op);
        if (word) {
            if (length(at) <= word || at[word] >= module->bound)
                return bad(module, "damaged SPIR-V: an id is out of bounds");
            module->ids[at[word]].definition = at;
        }
        if (op == SpvOpDecorate)
            LVK_TRY(read_decoration(module, at));
        else if (op == SpvOpEntryPoint)
            LVK_TRY(read_entry(module, at));
        else if (op == SpvOpCapability && length(at) == 2)
            LVK_TRY(read_capability(module, at[1]));
    }
    return module->has_entry ? LVK_OK : bad(module, "has no entry point");
}

/* ---- second pass: what the definitions mean ---- */

/* Whether a buffer is declared readonly. glslc decorates the members of the block, other compilers the
 * variable. */
static bool is_readonly(const spirv_module *module, uint32_t variable, uint32_t type) {
    if (module->ids[variable].non_writable)
        return true;
    const uint32_t *block = definition(module, type, 3);
    if (!block || opcode(block) != SpvOpTypeStruct)
        return false;
    uint32_t readonly_members = 0;
    for (const uint32_t *p = module->words + HEADER_WORDS; p < module->words + module->count; p += length(p))
        readonly_members += opcode(p) == SpvOpMemberDecorate && length(p) == 4 && p[1] == type &&
                            p[3] == SpvDecorationNonWritable;
    return readonly_members == length(block) - 2;
}

/* The image type behind a texel buffer, NULL for anything else. */
static const uint32_t *texel_buffer(const spirv_module *module, uint32_t type) {
    const uint32_t *at = definition(module, type, 3);
    if (at && opcode(at) == SpvOpTypeSampledImage)
        at = definition(module, at[2], 3);
    const bool found =
        at && opcode(at) == SpvOpTypeImage && length(at) >= 9 && at[3] == SpvDimBuffer && at[7] == 1;
    return found ? at : NULL;
}

static lvk_binding_kind texel_kind(const spirv_module *module, const uint32_t *image) {
    const uint32_t *sampled = definition(module, image[2], 2);
    return sampled && opcode(sampled) == SpvOpTypeInt ? LVK_BIND_BYTES : LVK_BIND_TEXELS;
}

static lvk_status read_binding(spirv_module *module, uint32_t id, uint32_t storage, uint32_t type) {
    const spirv_id *variable = &module->ids[id];
    const bool block_is_storage = type < module->bound && module->ids[type].buffer_block;
    lvk_reflected_binding binding = {0};
    const uint32_t *image = storage == SpvStorageClassUniformConstant ? texel_buffer(module, type) : NULL;
    if (image)
        binding.kind = texel_kind(module, image);
    else if (storage == SpvStorageClassUniformConstant)
        return bad(module, "declares a texture or a storage image; only samplerBuffer is known");
    else if (storage == SpvStorageClassUniform && !block_is_storage)
        binding.kind = LVK_BIND_UNIFORM;
    else
        binding = (lvk_reflected_binding){.kind = LVK_BIND_STORAGE, .writes = !is_readonly(module, id, type)};
    if (variable->set != 0 && variable->set != NOT_SET)
        return bad(module, "uses a descriptor set other than 0");
    if (variable->binding < 0 || variable->binding >= LVK_MAX_BINDINGS)
        return bad(module, "has a binding without a number, or beyond the most that a launch can have");
    if (module->binding_seen & 1U << variable->binding)
        return bad(module, "declares a binding twice");
    module->binding_seen |= 1U << variable->binding;
    module->result->bindings[variable->binding] = binding;
    return LVK_OK;
}

static lvk_status read_variable(spirv_module *module, uint32_t id, const uint32_t *at) {
    const uint32_t *pointer = length(at) >= 4 ? definition(module, at[1], 4) : NULL;
    if (!pointer || opcode(pointer) != SpvOpTypePointer)
        return bad(module, "damaged SPIR-V: a variable without a type");
    const uint32_t storage = at[3], type = pointer[3];
    lvk_reflection *result = module->result;
    uint64_t size = 0;
    switch (storage) {
    case SpvStorageClassPushConstant:
        if (result->parameter_size || !type_size(module, type, 0, &size) || size == 0 || size > UINT16_MAX)
            return bad(module, "the parameter block must be one and hold plain numbers");
        result->parameter_size = (uint32_t)size;
        return LVK_OK;
    case SpvStorageClassWorkgroup:
        if (result->shared_memory == UINT64_MAX || !type_size(module, type, 0, &size))
            result->shared_memory = UINT64_MAX;
        else
            result->shared_memory += size;
        return LVK_OK;
    case SpvStorageClassUniformConstant:
    case SpvStorageClassUniform:
    case SpvStorageClassStorageBuffer:
        return read_binding(module, id, storage, type);
    default:
        return LVK_OK;
    }
}

static lvk_status read_group_size(spirv_module *module, const uint32_t *values, bool ids) {
    for (int i = 0; i < 3; ++i) {
        uint32_t value = values[i];
        if (ids && !evaluate(module, values[i], 0, &value))
            return bad(module, "the local size is not constant");
        module->result->group_size[i] = value;
    }
    return LVK_OK;
}

/* Reads the size of a workgroup. A constant decorated as WorkgroupSize overrides the execution modes, so that
 * it is read last. */
static lvk_status read_group_sizes(spirv_module *module) {
    for (const uint32_t *p = module->words + HEADER_WORDS; p < module->words + module->count;
         p += length(p)) {
        if ((opcode(p) != SpvOpExecutionMode && opcode(p) != SpvOpExecutionModeId) || length(p) != 6)
            continue;
        if (p[2] == SpvExecutionModeLocalSize || p[2] == SpvExecutionModeLocalSizeId)
            LVK_TRY(read_group_size(module, p + 3, p[2] == SpvExecutionModeLocalSizeId));
    }
    for (uint32_t id = 0; id < module->bound; ++id) {
        const uint32_t *at = module->ids[id].workgroup_size ? definition(module, id, 6) : NULL;
        if (at && (opcode(at) == SpvOpConstantComposite || opcode(at) == SpvOpSpecConstantComposite))
            LVK_TRY(read_group_size(module, at + 3, true));
    }
    const uint32_t *size = module->result->group_size;
    return size[0] && size[1] && size[2] ? LVK_OK : bad(module, "has no local size, or one of 0");
}

/* The number of set bits, if they are the lowest bits without a gap; else -1. */
static int count_numbered(uint32_t seen) {
    int count = 0;
    while (count < 32 && seen & 1U << count)
        ++count;
    return count < 32 && seen >> count ? -1 : count;
}

static lvk_status read_definitions(spirv_module *module) {
    for (uint32_t id = 0; id < module->bound; ++id) {
        const uint32_t *at = module->ids[id].definition;
        const int spec_id = module->ids[id].spec_id;
        if (at && opcode(at) == SpvOpVariable)
            LVK_TRY(read_variable(module, id, at));
        if (spec_id == NOT_SET)
            continue;
        if (spec_id >= LVK_MAX_CONSTANTS || !at || (opcode(at) == SpvOpSpecConstant && length(at) != 4))
            return bad(
                module,
                "has a specialization constant that is not of 32 bits, or beyond the most that a launch can have");
        module->constant_seen |= 1U << spec_id;
    }
    lvk_reflection *result = module->result;
    result->binding_count = count_numbered(module->binding_seen);
    while (module->constant_seen >>
           result->constant_count) /* there may be fewer: the compiler drops constants that are not read */
        ++result->constant_count;
    if (result->binding_count < 0)
        return bad(module, "its bindings are not numbered without gaps: is one of them unused?");
    return read_group_sizes(module);
}

lvk_status lvk_reflection_read(const char *name, const uint32_t *words, size_t word_count,
                               const uint32_t *constants, int constant_count, lvk_reflection *reflection) {
    memset(reflection, 0, sizeof *reflection);
    spirv_module module = {.name = name,
                           .words = words,
                           .count = word_count,
                           .constants = constants,
                           .constant_count = constant_count,
                           .result = reflection};
    if (word_count < HEADER_WORDS || words[0] != SpvMagicNumber)
        return bad(&module, "is not SPIR-V");
    module.bound = words[3];
    if (module.bound == 0 || module.bound > MAX_IDS)
        return bad(&module, "damaged SPIR-V: too many ids");
    module.ids = lvk_alloc(module.bound, sizeof *module.ids);
    if (!module.ids)
        return LVK_ERROR_MEMORY;
    for (uint32_t id = 0; id < module.bound; ++id)
        module.ids[id].binding = module.ids[id].set = module.ids[id].spec_id = NOT_SET;
    lvk_status status = read_instructions(&module);
    if (status == LVK_OK)
        status = read_definitions(&module);
    lvk_free(module.ids);
    return status;
}
