/* Pictures are decoded in the process of the fuzz target, where their decoders are looked at: the linker puts
 * this in the place of lvk_child_start. */
#include "core/child.h"

lvk_status __wrap_lvk_child_start(lvk_child *child, const char *name, const void *program, size_t size,
                                  lvk_child_bounds bounds);

lvk_status __wrap_lvk_child_start(lvk_child *child, const char *name, const void *program, size_t size,
                                  lvk_child_bounds bounds) {
    (void)child;
    (void)program;
    (void)size;
    (void)bounds;
    return lvk_fail(LVK_ERROR_IO, "%s: not here", name);
}
