#include "leukvk/app/environment.h"

#include <stdatomic.h>

static atomic_bool allowed;

void lvk_environment_allow_changes(void) {
    atomic_store(&allowed, true);
}

bool lvk_environment_changes_allowed(void) {
    return atomic_load(&allowed);
}
