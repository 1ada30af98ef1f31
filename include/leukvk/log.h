/* The log: where the library sends its messages. */
#ifndef LEUKVK_LOG_H
#define LEUKVK_LOG_H

#include "leukvk/api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum lvk_log_level { LVK_LOG_DEBUG, LVK_LOG_INFO, LVK_LOG_WARNING } lvk_log_level;

/* Receives one line, without a newline or other control characters. It may be called on any thread, and on
 * several at once. The library holds no lock during the call, so that a sink may log and set sinks. */
typedef void (*lvk_log_sink)(void *user, lvk_log_level level, const char *line);

/* Sends messages of level `least` and above to `sink` from now on; NULL stands for no sink, as at the start
 * of a program. When the function returns, another thread may still be in a call of the earlier sink. */
LVK_API void lvk_log_set_sink(lvk_log_sink sink, void *user, lvk_log_level least);

/* The same for the calling thread alone: messages of its calls, and of the threads that the library starts in them
 * (a server's among them), go to `sink` and not to that of lvk_log_set_sink. NULL ends this for the calls to come. So
 * two users of the library in one process, each on threads of its own, get their own lines only. `user` must live as
 * long as what these calls have started. */
LVK_API void lvk_log_set_thread_sink(lvk_log_sink sink, void *user, lvk_log_level least);

#ifdef __cplusplus
}
#endif
#endif
