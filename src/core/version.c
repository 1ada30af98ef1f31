#include "leukvk/version.h"

const char *lvk_version(void) {
    return LEUKVK_VERSION;
}
