/* Every test program may change its environment, as leukvk itself. */
#include "leukvk/app/environment.h"

static void __attribute__((constructor)) allow_changes(void) {
    lvk_environment_allow_changes();
}
