/* Launches: what a kernel candidate asks a GPU to do, as plain data. The operator fills them; the Vulkan
 * backend, which depends on no operator, runs them. Bindings are numbered from 0 in the order in which they
 * are added, and so are specialization constants (constant_id). */
#ifndef LVK_BACKEND_LAUNCH_H
#define LVK_BACKEND_LAUNCH_H

#include "backend/call.h"
#include "core/error.h"

#include <stddef.h>

enum { LVK_MAX_BINDINGS = 8, LVK_MAX_CONSTANTS = 9, LVK_MAX_PARAMETER_SIZE = 128, LVK_MAX_LAUNCHES = 32 };

typedef enum lvk_binding_kind {
    LVK_BIND_STORAGE, /* storage buffer; the shader writes to it unless it is declared `readonly` */
    LVK_BIND_UNIFORM, /* uniform buffer: a few scalars that change from run to run */
    LVK_BIND_TEXELS,  /* samplerBuffer over rgba32f; a fetch out of range returns 0 */
    LVK_BIND_BYTES,   /* usamplerBuffer over rgba8ui, four elements of LVK_U8 a fetch; out of range 0 */
    LVK_BIND_KIND_COUNT
} lvk_binding_kind;

typedef enum lvk_binding_space { LVK_SPACE_INPUT, LVK_SPACE_OUTPUT, LVK_SPACE_SCRATCH } lvk_binding_space;

typedef struct lvk_binding {
    lvk_binding_kind kind;
    lvk_binding_space space;
    int index; /* the number of the input, output or scratch buffer */
    uint64_t offset,
        size; /* bytes of the operand; offset is a multiple of caps.offset_alignment; size 0: to the end */
} lvk_binding;

typedef struct lvk_launch {
    const char
        *shader; /* static text: the name of a kernel in shaders/variants.txt, or of a file in shaders/ */
    int binding_count;
    lvk_binding bindings[LVK_MAX_BINDINGS];
    int constant_count;
    uint32_t constants[LVK_MAX_CONSTANTS];
    uint32_t parameter_size;
    unsigned char parameters[LVK_MAX_PARAMETER_SIZE];
    uint32_t groups[3];
} lvk_launch;

typedef struct lvk_launch_list {
    lvk_status status; /* the first failure, after which additions do nothing */
    int count;
    lvk_launch launches[LVK_MAX_LAUNCHES];  /* run in order; each begins when the one before has finished */
    uint64_t scratch_size[LVK_MAX_SCRATCH]; /* bytes; before the first launch the contents are undefined */
    uint32_t max_groups[3];                 /* the device's limit, set before the operator fills the list */
} lvk_launch_list;

/* Appends a launch to the list and returns it. Never NULL: after a failure of the list it returns a spare
 * launch. */
lvk_launch *lvk_launch_add(lvk_launch_list *list, const char *shader);

void lvk_launch_input(lvk_launch *launch, lvk_binding_kind kind, int index);
void lvk_launch_output(lvk_launch *launch, lvk_binding_kind kind, int index);
void lvk_launch_scratch(lvk_launch *launch, lvk_binding_kind kind, int index);
void lvk_launch_constant(lvk_launch *launch, uint32_t value);
void lvk_launch_parameters(lvk_launch *launch, const void *parameters, size_t size);

/* Sets the number of workgroups to `count`, laid out in x and y where x alone has too small a limit. Kernels
 * find their number by LVK_GROUP_INDEX (shaders/common/index.glsl), and do nothing for numbers from `count`
 * on. */
void lvk_launch_groups(lvk_launch_list *list, lvk_launch *launch, uint64_t count);

/* Sets the number of workgroups to exactly x * y * z. The list fails when a dimension exceeds the device's
 * limit. */
void lvk_launch_grid(lvk_launch_list *list, lvk_launch *launch, uint64_t x, uint64_t y, uint64_t z);

static inline uint64_t lvk_divide_up(uint64_t a, uint64_t b) {
    return (a + b - 1) / b;
}

#endif
