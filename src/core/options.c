#include "core/options.h"

#include "leukvk/version.h"

#include <string.h>

enum { MOST = 1 << 16 }; /* no struct of options is near it */

lvk_status lvk_options_take(void *whole, size_t size, size_t first, const void *given, const char *name) {
    const unsigned char *bytes = given;
    size_t given_size = first;
    memset(whole, 0, size);
    if (given)
        memcpy(&given_size, given, sizeof given_size);
    given_size = given_size ? given_size : first;
    if (given_size < sizeof given_size || given_size > MOST)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: struct_size is %zu, and the struct has %zu bytes", name,
                        given_size, size);
    for (size_t i = size; given && i < given_size; ++i)
        if (bytes[i])
            return lvk_fail(LVK_ERROR_ARGUMENT, "%s: has members of a later version of leukvk than %s", name,
                            lvk_version());
    if (given)
        memcpy(whole, given, given_size < size ? given_size : size);
    memcpy(whole, &size, sizeof size);
    return LVK_OK;
}
