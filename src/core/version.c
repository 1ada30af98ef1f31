#include "leukvk/model.h"

const char *lvk_version(void) {
    return LEUKVK_VERSION;
}
