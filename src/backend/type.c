#include "backend/type.h"

#include <inttypes.h>
#include <stdio.h>

char *lvk_type_text(const lvk_type *type, char text[LVK_TYPE_TEXT]) {
    int length = 0;
    text[0] = '\0';
    for (int i = 0; i < type->rank; ++i)
        length += snprintf(text + length, (size_t)(LVK_TYPE_TEXT - length), "%s%" PRIu32, i ? "×" : "",
                           type->dim[i]);
    return text;
}
