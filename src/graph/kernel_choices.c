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
