#include "core/log.h"

#include "leukvk/app/text.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* not held while a sink is called */
static lvk_log_route of_all;
static _Thread_local lvk_log_route of_thread;

void lvk_log_set_sink(lvk_log_sink call, void *user, lvk_log_level least) {
    pthread_mutex_lock(&mutex);
    of_all = (lvk_log_route){call, user, least};
    pthread_mutex_unlock(&mutex);
}

void lvk_log_set_thread_sink(lvk_log_sink call, void *user, lvk_log_level least) {
    of_thread = (lvk_log_route){call, user, least};
}

lvk_log_route lvk_log_thread_route(void) {
    return of_thread;
}

void lvk_log_set_thread_route(lvk_log_route route) {
    of_thread = route;
}

void lvk_log(lvk_log_level level, const char *format, ...) {
    lvk_log_route to = of_thread;
    if (!to.call) {
        pthread_mutex_lock(&mutex);
        to = of_all;
        pthread_mutex_unlock(&mutex);
    }
    if (!to.call || level < to.least)
        return;
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    lvk_text_make_printable(line);
    to.call(to.user, level, line);
}
