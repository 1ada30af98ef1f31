#include "graph/kernel_choices.h"

#include "core/memory.h"
#include "ops/op.h"

#include <inttypes.h>
#include <string.h>

static void add_types(lvk_text *text, const lvk_type *types, int count) {
    static const char *const marks[] = {[LVK_F32] = "", [LVK_U32] = ":u32", [LVK_U8] = ":u8"};
    for (int i = 0; i < count; ++i) {
        for (int d = 0; d < types[i].rank; ++d)
            lvk_text_add(text, "%s%" PRIu32, d ? "x" : i ? ", " : " ", types[i].dim[d]);
        lvk_text_add(text, "%s", marks[types[i].dtype]);
    }
}

void lvk_call_key(const lvk_call *call, lvk_text *text) {
    const lvk_op *op = lvk_op_get(call->op);
    const unsigned char *attributes = call->attributes;
    lvk_text_add(text, "%s", op->name);
    add_types(text, call->inputs, call->input_count);
    lvk_text_add(text, " ->");
    add_types(text, call->outputs, call->output_count);
    for (size_t at = 0; at < op->attribute_size; at += sizeof(uint32_t)) {
        const size_t rest = op->attribute_size - at;
        uint32_t word = 0;
        memcpy(&word, attributes + at, rest < sizeof word ? rest : sizeof word);
        lvk_text_add(text, "%s%" PRIu32 "%s", at ? " " : " {", word, rest <= sizeof word ? "}" : "");
    }
}

lvk_status lvk_kernel_choices_find(const lvk_string_map *choices, const lvk_call *call, const char **name) {
    *name = NULL;
    if (!choices || choices->count == 0)
        return LVK_OK;
    lvk_text text = {0};
    char *key = NULL;
    lvk_call_key(call, &text);
    LVK_TRY(lvk_text_take(&text, &key, NULL));
    *name = lvk_string_map_get(choices, key);
    lvk_free(key);
    return LVK_OK;
}

static const char aside[] = "set aside ";

lvk_status lvk_kernel_choices_set_aside(lvk_string_map *choices, const char *name) {
    char *key = lvk_format("%s%s", aside, name);
    const lvk_status status = key ? lvk_string_map_set(choices, key, "") : LVK_ERROR_MEMORY;
    lvk_free(key);
    return status;
}

bool lvk_kernel_choices_is_aside_key(const char *key) {
    return strncmp(key, aside, sizeof aside - 1) == 0;
}

bool lvk_kernel_choices_is_aside(const lvk_string_map *choices, const char *op, const char *candidate) {
    for (size_t i = 0; choices && i < choices->count; ++i) {
        const char *key = choices->pairs[i].key, *name = key + sizeof aside - 1;
        const size_t length = strlen(op);
        if (lvk_kernel_choices_is_aside_key(key) && strncmp(name, op, length) == 0 && name[length] == '/' &&
            strcmp(name + length + 1, candidate) == 0)
            return true;
    }
    return false;
}
