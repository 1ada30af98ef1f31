/* How code inside the library reports a failure: by a status and an error line, of which each thread has one;
 * see leukvk/status.h. */
#ifndef LVK_CORE_ERROR_H
#define LVK_CORE_ERROR_H

#include "leukvk/status.h"

#if defined(__GNUC__)
#define LVK_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define LVK_PRINTF(text, first)
#endif

/* Sets this thread's error line and returns `status`, as in `return lvk_fail(LVK_ERROR_IO, "%s: %s", path,
 * reason);`. Characters that a terminal could misread, line ends among them, become '?' (leukvk/app/text.h). */
lvk_status lvk_fail(lvk_status status, const char *format, ...) LVK_PRINTF(2, 3);

/* Puts "context: " in front of this thread's error line and returns `status`. */
lvk_status lvk_fail_within(lvk_status status, const char *format, ...) LVK_PRINTF(2, 3);

/* Evaluates an expression, and returns its status from the function if it is a failure. */
#define LVK_TRY(expression)                                                                                  \
    do {                                                                                                     \
        const lvk_status lvk_try_status_ = (expression);                                                     \
        if (lvk_try_status_ != LVK_OK)                                                                       \
            return lvk_try_status_;                                                                          \
    } while (0)

/* Stores the status of an expression in `status`, and jumps to the function's cleanup label if it is a
 * failure. */
#define LVK_GO(status, expression, label)                                                                    \
    do {                                                                                                     \
        (status) = (expression);                                                                             \
        if ((status) != LVK_OK)                                                                              \
            goto label;                                                                                      \
    } while (0)

#endif
