#include "core/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static lvk_log_sink current_sink;
static void *current_user;
static lvk_log_level current_least;

void lvk_log_set_sink(lvk_log_sink sink, void *user, lvk_log_level least) {
    current_sink = sink;
    current_user = user;
    current_least = least;
}

void lvk_log(lvk_log_level level, const char *format, ...) {
    if (!current_sink || level < current_least)
        return;
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&mutex);
    current_sink(current_user, level, line);
    pthread_mutex_unlock(&mutex);
}
