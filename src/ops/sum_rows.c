#include "ops/sum_rows.h"

#include "ops/op.h"
#include "params/sum_rows.h"

/* The most rows that one invocation adds. The additions of an invocation wait for one another, so that there
 * are few; the last launch has more, since this saves a further launch. */
enum { LAST_TERMS = 128, TERMS = 32, MOST_SPLITS = LAST_TERMS * TERMS };

uint32_t lvk_sum_splits(uint64_t rows) {
    const uint64_t wanted = rows <= LAST_TERMS ? 1 : lvk_divide_up(rows, TERMS);
    return (uint32_t)(wanted < MOST_SPLITS ? wanted : MOST_SPLITS);
}

static void bind(lvk_launch *launch, lvk_binding_kind kind, lvk_binding_space space, int index) {
    if (space == LVK_SPACE_INPUT)
        lvk_launch_input(launch, kind, index);
    else if (space == LVK_SPACE_OUTPUT)
        lvk_launch_output(launch, kind, index);
    else
        lvk_launch_scratch(launch, kind, index);
}

/* Where the result is stored, and which operations come before. */
typedef struct result {
    lvk_binding_space space;
    int index;
    bool accumulate;
    float factor;
    bool relu;
} result;

static void sum_rows(lvk_launch_list *list, lvk_binding_kind reads, lvk_binding_space space, int source,
                     uint64_t rows, uint64_t columns, result to, int scratch) {
    const bool vectors = columns % 4 == 0;
    const uint64_t lanes = vectors ? columns / 4 : columns;
    for (bool last = false; !last;) {
        /* The first launch leaves at most 4,096 partial sums, the second at most 128, so that there are at
         * most three launches. */
        const uint32_t splits = lvk_sum_splits(rows);
        last = splits == 1;
        lvk_launch *sum = lvk_launch_add(list, reads == LVK_BIND_TEXELS ? "sum_rows_texels" : "sum_rows");
        bind(sum, reads, space, source);
        bind(sum, LVK_BIND_STORAGE, last ? to.space : LVK_SPACE_SCRATCH, last ? to.index : scratch);
        lvk_launch_constant(sum, vectors);
        const lvk_sum_rows_params params = {.rows = (uint32_t)rows,
                                            .lanes = (uint32_t)lanes,
                                            .splits = splits,
                                            .accumulate = last && to.accumulate,
                                            .factor = last ? to.factor : 1,
                                            .relu = last && to.relu};
        lvk_launch_parameters(sum, &params, sizeof params);
        lvk_launch_groups(list, sum, lvk_divide_up(splits * lanes, LVK_FLAT_GROUP));
        const uint64_t size = splits * columns * sizeof(float);
        if (!last && list->scratch_size[scratch] < size)
            list->scratch_size[scratch] = size;
        reads = LVK_BIND_STORAGE; /* partial sums are so few that texels gain nothing */
        space = LVK_SPACE_SCRATCH;
        source = scratch++;
        rows = splits;
    }
}

void lvk_launch_sum_rows(lvk_launch_list *list, lvk_binding_space space, int source, uint64_t rows,
                         uint64_t columns, int output, bool accumulate, int scratch) {
    const result to = {.space = LVK_SPACE_OUTPUT, .index = output, .accumulate = accumulate, .factor = 1};
    sum_rows(list, LVK_BIND_STORAGE, space, source, rows, columns, to, scratch);
}

void lvk_launch_sum_rows_texels(lvk_launch_list *list, lvk_binding_space space, int source, uint64_t rows,
                                uint64_t columns, int output, bool accumulate, int scratch) {
    const result to = {.space = LVK_SPACE_OUTPUT, .index = output, .accumulate = accumulate, .factor = 1};
    sum_rows(list, LVK_BIND_TEXELS, space, source, rows, columns, to, scratch);
}

void lvk_launch_sum_rows_relu(lvk_launch_list *list, lvk_binding_space space, int source, uint64_t rows,
                              uint64_t columns, int output, int scratch) {
    const result to = {.space = LVK_SPACE_OUTPUT, .index = output, .factor = 1, .relu = true};
    sum_rows(list, LVK_BIND_STORAGE, space, source, rows, columns, to, scratch);
}

void lvk_launch_sum_rows_scaled(lvk_launch_list *list, lvk_binding_kind reads, lvk_binding_space space,
                                int source, uint64_t rows, uint64_t columns, int output, float factor,
                                int scratch) {
    const result to = {.space = LVK_SPACE_OUTPUT, .index = output, .factor = factor};
    sum_rows(list, reads, space, source, rows, columns, to, scratch);
}

void lvk_launch_sum_rows_kept(lvk_launch_list *list, int source, uint64_t rows, uint64_t columns, int kept,
                              int scratch) {
    const result to = {.space = LVK_SPACE_SCRATCH, .index = kept, .factor = 1};
    list->scratch_size[kept] = columns * sizeof(float);
    sum_rows(list, LVK_BIND_STORAGE, LVK_SPACE_SCRATCH, source, rows, columns, to, scratch);
}
