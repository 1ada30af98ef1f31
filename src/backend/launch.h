/* Launches: what an operator asks a GPU to do, as plain data. Filled by the operator, run by the Vulkan
 * backend, which knows no operators. Bindings are numbered from 0 in the order in which they are added;
 * specialization constants likewise, by constant_id. */
#ifndef LVK_BACKEND_LAUNCH_H
#define LVK_BACKEND_LAUNCH_H

#include "backend/call.h"
#include "core/error.h"

#include <stddef.h>

enum { LVK_MAX_BINDINGS = 8, LVK_MAX_CONSTANTS = 9, LVK_MAX_PARAMETER_SIZE = 128, LVK_MAX_LAUNCHES = 32 };

typedef enum lvk_binding_kind {
    LVK_BIND_STORAGE, /* storage buffer; the shader's `readonly` tells the barriers whether it writes */
    LVK_BIND_UNIFORM, /* uniform buffer: a few scalars that change from run to run */
    LVK_BIND_TEXELS,  /* samplerBuffer over rgba32f: reads out of range give 0 */
    LVK_BIND_BYTES,   /* usamplerBuffer over rgba8ui: four elements of LVK_U8 a fetch, likewise */
    LVK_BIND_KIND_COUNT
} lvk_binding_kind;

typedef enum lvk_binding_space { LVK_SPACE_INPUT, LVK_SPACE_OUTPUT, LVK_SPACE_SCRATCH } lvk_binding_space;

typedef struct lvk_binding {
    lvk_binding_kind kind;
    lvk_binding_space space;
    int index; /* which input, output or scratch buffer */
    uint64_t offset,
        size; /* bytes within that operand; size 0: to its end. offset: a multiple of caps.offset_alignment */
} lvk_binding;

typedef struct lvk_launch {
    const char *shader; /* static text: a kernel of shaders/variants.txt, or a source of shaders/ */
    int binding_count;
    lvk_binding bindings[LVK_MAX_BINDINGS];
    int constant_count;
    uint32_t constants[LVK_MAX_CONSTANTS];
    uint32_t parameter_size;
    unsigned char parameters[LVK_MAX_PARAMETER_SIZE];
    uint32_t groups[3];
} lvk_launch;

typedef struct lvk_launch_list {
    lvk_status status; /* the first failure; later additions do nothing */
    int count;
    lvk_launch launches[LVK_MAX_LAUNCHES];  /* run in order, each after the one before has finished */
    uint64_t scratch_size[LVK_MAX_SCRATCH]; /* bytes; contents are undefined before the first launch */
    uint32_t max_groups[3];                 /* the device's, set before the operator fills the list */
} lvk_launch_list;

/* Starts the next launch of the list and returns it (a spare one when the list has failed: never NULL). */
lvk_launch *lvk_launch_add(lvk_launch_list *list, const char *shader);

void lvk_launch_input(lvk_launch *launch, lvk_binding_kind kind, int index);
void lvk_launch_output(lvk_launch *launch, lvk_binding_kind kind, int index);
void lvk_launch_scratch(lvk_launch *launch, lvk_binding_kind kind, int index);
void lvk_launch_constant(lvk_launch *launch, uint32_t value);
void lvk_launch_parameters(lvk_launch *launch, const void *parameters, size_t size);

/* `count` groups in one dimension, folded into x and y where x alone is too small; kernels take their number
 * from LVK_GROUP_INDEX (shaders/common/index.glsl) and ignore numbers from `count` on. */
void lvk_launch_groups(lvk_launch_list *list, lvk_launch *launch, uint64_t count);

/* An exact grid; fails the list when a dimension exceeds the device's. */
void lvk_launch_grid(lvk_launch_list *list, lvk_launch *launch, uint64_t x, uint64_t y, uint64_t z);

static inline uint64_t lvk_divide_up(uint64_t a, uint64_t b) {
    return (a + b - 1) / b;
}

#endif
