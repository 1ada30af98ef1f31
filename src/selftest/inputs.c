#include "selftest/inputs.h"

#include "core/memory.h"
#include "core/random.h"

#include <string.h>

uint64_t lvk_case_storage(const lvk_type *type) {
    return lvk_divide_up(lvk_type_size(type), 16) * 16;
}

static uint64_t listed_element(const lvk_case *c, int input, uint64_t element) {
    return c->listed_rows ? element % (c->listed_rows * lvk_type_row_count(&c->inputs[input])) : element;
}

static double draw_real(const lvk_case *c, int input, const lvk_pattern *pattern, uint32_t word,
                        uint64_t element) {
    const double unit = (double)(word >> 8) * 0x1p-24;
    switch (c->fill[input]) {
    case LVK_FILL_UNIFORM:
        if (pattern->whole)
            return (double)(word % 6) - (word % 6 < 3 ? 3 : 2);
        return pattern->constant ? pattern->scale : (2 * unit - 1) * pattern->scale;
    case LVK_FILL_POSITIVE:
        return unit;
    case LVK_FILL_BINARY:
        return word >> 31;
    case LVK_FILL_SMALL_INT:
        return (double)(word % 7) - 3;
    case LVK_FILL_INDEX:
    case LVK_FILL_WORDS:
        return (double)(word % (c->fill_limit ? c->fill_limit : 256));
    case LVK_FILL_LISTED:
        return (double)c->listed[input][listed_element(c, input, element)];
    }
    return 0;
}

void *lvk_case_draw_input(const lvk_case *c, int index, const lvk_pattern *pattern, uint64_t seed) {
    const lvk_type *type = &c->inputs[index];
    const uint64_t count = lvk_type_count(type);
    void *data = lvk_alloc(lvk_case_storage(type), 1);
    const lvk_random_key key = {.seed = seed, .sample = (uint32_t)index, .purpose = 1000};
    const bool any_word = c->fill[index] == LVK_FILL_WORDS || c->fill[index] == LVK_FILL_UNIFORM;
    for (uint64_t i = 0; data && i < count; i += 4) {
        uint32_t words[4];
        lvk_random_words(&key, (uint32_t)(i / 4), words);
        for (uint64_t k = i; k < i + 4 && k < count; ++k) {
            const uint32_t word = words[k - i];
            if (type->dtype == LVK_F32)
                ((lvk_real *)data)[k] = (lvk_real)draw_real(c, index, pattern, word, k);
            else if (type->dtype == LVK_U32)
                ((uint32_t *)data)[k] = any_word ? word : (uint32_t)draw_real(c, index, pattern, word, k);
            else
                ((uint8_t *)data)[k] = (uint8_t)draw_real(c, index, pattern, word, k);
        }
    }
    return data;
}

lvk_status lvk_case_call(int op, const lvk_case *c, lvk_call *call) {
    *call = (lvk_call){.op = op,
                       .attributes = c->attributes,
                       .input_count = c->input_count,
                       .output_count = lvk_op_get(op)->output_count};
    memcpy(call->inputs, c->inputs, sizeof call->inputs);
    if ((c->attributes != NULL) != (lvk_op_get(op)->attribute_size > 0))
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s, case '%s': %s", lvk_op_get(op)->name, c->name,
                        c->attributes ? "has attributes, but the operator's attribute_size is 0"
                                      : "has no attributes, but the operator's attribute_size is not 0");
    const lvk_status status = lvk_op_get(op)->infer(call);
    return status == LVK_OK ? LVK_OK : lvk_fail_within(status, "case '%s'", c->name);
}

lvk_case lvk_case_drawn(const lvk_case_table *table, uint64_t seed, uint32_t draw, void *attributes) {
    const lvk_random_key key = {.seed = seed, .sample = draw, .purpose = 1001};
    uint32_t words[16];
    for (uint32_t i = 0; i < 4; ++i)
        lvk_random_words(&key, i, words + 4 * i);
    memset(attributes, 0, 64);
    lvk_case c = {0};
    table->draw(words, attributes, &c);
    return c;
}

const lvk_case_table *lvk_case_table_get(int op) {
    static const lvk_case_table *const tables[] = {
#define LVK_OP(name) &lvk_cases_##name,
#include "ops/op_list.h"
#undef LVK_OP
    };
    return tables[op];
}
