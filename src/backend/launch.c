#include "backend/launch.h"

#include <inttypes.h>
#include <string.h>

lvk_launch *lvk_launch_add(lvk_launch_list *list, const char *shader) {
    static _Thread_local lvk_launch spare;
    if (list->status == LVK_OK && list->count == LVK_MAX_LAUNCHES)
        list->status =
            lvk_fail(LVK_ERROR_LIMIT, "%s: more than %d launches in one step", shader, LVK_MAX_LAUNCHES);
    lvk_launch *launch = list->status == LVK_OK ? &list->launches[list->count++] : &spare;
    memset(launch, 0, sizeof *launch);
    launch->shader = shader;
    return launch;
}

static void bind(lvk_launch *launch, lvk_binding_kind kind, lvk_binding_space space, int index) {
    if (launch->binding_count < LVK_MAX_BINDINGS)
        launch->bindings[launch->binding_count] = (lvk_binding){.kind = kind, .space = space, .index = index};
    ++launch->binding_count; /* a launch with too many is refused when it is compared with its shader */
}

void lvk_launch_input(lvk_launch *launch, lvk_binding_kind kind, int index) {
    bind(launch, kind, LVK_SPACE_INPUT, index);
}

void lvk_launch_output(lvk_launch *launch, lvk_binding_kind kind, int index) {
    bind(launch, kind, LVK_SPACE_OUTPUT, index);
}

void lvk_launch_scratch(lvk_launch *launch, lvk_binding_kind kind, int index) {
    bind(launch, kind, LVK_SPACE_SCRATCH, index);
}

void lvk_launch_constant(lvk_launch *launch, uint32_t value) {
    if (launch->constant_count < LVK_MAX_CONSTANTS)
        launch->constants[launch->constant_count] = value;
    ++launch->constant_count;
}

void lvk_launch_parameters(lvk_launch *launch, const void *parameters, size_t size) {
    if (size <= LVK_MAX_PARAMETER_SIZE)
        memcpy(launch->parameters, parameters, size);
    launch->parameter_size = (uint32_t)size;
}

void lvk_launch_groups(lvk_launch_list *list, lvk_launch *launch, uint64_t count) {
    const uint64_t most = list->max_groups[0];
    const uint64_t y = count ? lvk_divide_up(count, most) : 1;
    const uint64_t x = count ? lvk_divide_up(count, y) : 1;
    lvk_launch_grid(list, launch, x, y, 1);
}

void lvk_launch_grid(lvk_launch_list *list, lvk_launch *launch, uint64_t x, uint64_t y, uint64_t z) {
    const uint64_t groups[3] = {x, y, z};
    for (int i = 0; i < 3; ++i) {
        if (list->status == LVK_OK && (groups[i] == 0 || groups[i] > list->max_groups[i]))
            list->status = lvk_fail(LVK_ERROR_LIMIT,
                                    "%s: %" PRIu64 " groups in dimension %d, the device allows %" PRIu32,
                                    launch->shader, groups[i], i, list->max_groups[i]);
        launch->groups[i] = (uint32_t)groups[i];
    }
}
