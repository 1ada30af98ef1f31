/* Results and error texts of the leukvk library.
 *
 * Every function that can fail returns an lvk_status. After a failure there is an error line, one line of
 * text that names the offender (file, tensor, operator, limit) and the reason. The library never prints,
 * exits or aborts. */
#ifndef LEUKVK_STATUS_H
#define LEUKVK_STATUS_H

#include "leukvk/api.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define LVK_MUST_USE __attribute__((warn_unused_result))
#else
#define LVK_MUST_USE
#endif

typedef enum lvk_status {
    LVK_OK = 0,
    LVK_ERROR_ARGUMENT,    /* an argument of the caller is out of range or does not fit the others */
    LVK_ERROR_IO,          /* a file could not be read or written */
    LVK_ERROR_FORMAT,      /* a file or text is not what it should be */
    LVK_ERROR_MEMORY,      /* host or device memory ran out */
    LVK_ERROR_LIMIT,       /* a limit of the device or of the library is too small for the work */
    LVK_ERROR_DEVICE,      /* Vulkan, its loader or its driver refused */
    LVK_ERROR_DEVICE_LOST, /* the device has failed, and this process cannot use it any more */
    LVK_ERROR_UNSUPPORTED, /* a correct request that this build or device cannot serve */
    LVK_ERROR_NUMERIC,     /* a NaN or an infinity where numbers must be finite */
    LVK_ERROR_CANCELLED    /* the caller asked to stop */
} lvk_status;

/* The status in words, for example "out of memory". Static text. */
LVK_API const char *lvk_status_name(lvk_status status);

/* The error line of the last call that failed on this thread; "" before the first failure. Valid until this
 * thread's next failure. */
LVK_API const char *lvk_error_message(void);

/* The error line of a call that has just failed on this thread with `status`: lvk_error_message(), but "out of memory" where
 * there was none left for a line, and that one is of an earlier failure. Valid as long. */
LVK_API const char *lvk_error_line(lvk_status status);

#ifdef __cplusplus
}
#endif
#endif
