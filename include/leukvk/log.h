/* Where the library's messages go. */
#ifndef LEUKVK_LOG_H
#define LEUKVK_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum lvk_log_level { LVK_LOG_DEBUG, LVK_LOG_INFO, LVK_LOG_WARNING } lvk_log_level;

/* Receives one line without a newline or other control characters. May be called from any thread, and from
 * several at once; no lock is held, so it may log and set sinks itself. */
typedef void (*lvk_log_sink)(void *user, lvk_log_level level, const char *line);

/* Messages of `least` and above go to `sink` from now on (NULL: nowhere, which is how a program starts).
 * A call that another thread has begun may still be in the sink before. */
void lvk_log_set_sink(lvk_log_sink sink, void *user, lvk_log_level least);

#ifdef __cplusplus
}
#endif
#endif
