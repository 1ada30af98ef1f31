#include "core/error.h"

#include "core/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char message[1024];
static _Thread_local lvk_status message_status;

const char *lvk_status_name(lvk_status status) {
    static const char *const names[] = {"ok",
                                        "bad argument",
                                        "input/output error",
                                        "bad format",
                                        "out of memory",
                                        "limit exceeded",
                                        "device error",
                                        "device lost",
                                        "not supported",
                                        "not a finite number",
                                        "cancelled"};
    const size_t index = (size_t)status;
    return index < sizeof names / sizeof *names ? names[index] : "unknown status";
}

const char *lvk_error_message(void) {
    return message;
}

/* Libraries that run out of memory leave no line. */
const char *lvk_error_line(lvk_status status) {
    const bool is_old = status == LVK_ERROR_MEMORY && message_status != LVK_ERROR_MEMORY;
    return is_old || !*message ? lvk_status_name(status) : message;
}

lvk_status lvk_fail(lvk_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    lvk_text_make_printable(message); /* names from outside may hold line ends or control sequences */
    message_status = status;
    return status;
}

lvk_status lvk_fail_within(lvk_status status, const char *format, ...) {
    char inner[sizeof message];
    snprintf(inner, sizeof inner, "%s", lvk_error_line(status));
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length < 0)
        return status;
    size_t at = strlen(message);
    for (const char *from = ": "; *from && at + 1 < sizeof message; ++from)
        message[at++] = *from;
    for (const char *from = inner; *from && at + 1 < sizeof message; ++from)
        message[at++] = *from;
    message[at] = '\0';
    lvk_text_make_printable(message);
    message_status = status;
    return status;
}
