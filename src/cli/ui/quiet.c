#include "quiet.h"

static bool quiet;

void quiet_set(void) {
    quiet = true;
}

bool quiet_is_set(void) {
    return quiet;
}
