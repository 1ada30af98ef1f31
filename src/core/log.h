/* Messages for the user, sent to a sink that the program sets. The library itself never prints. */
#ifndef LVK_CORE_LOG_H
#define LVK_CORE_LOG_H

#include "core/error.h"
#include "leukvk/log.h"

void lvk_log(lvk_log_level level, const char *format, ...) LVK_PRINTF(2, 3);

/* A sink and what it takes. */
typedef struct lvk_log_route {
    lvk_log_sink call; /* NULL: none */
    void *user;
    lvk_log_level least;
} lvk_log_route;

/* The sink of this thread's own (lvk_log_set_thread_sink), and how a thread gets that of the thread that started it. */
lvk_log_route lvk_log_thread_route(void);
void lvk_log_set_thread_route(lvk_log_route route);

#endif
