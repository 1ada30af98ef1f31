#include "core/log.h"

#include "leukvk/app/text.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

typedef struct sink {
    lvk_log_sink call;
    void *user;
    lvk_log_level least;
} sink;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* not held while a sink is called */
static sink current;

void lvk_log_set_sink(lvk_log_sink call, void *user, lvk_log_level least) {
    pthread_mutex_lock(&mutex);
    current = (sink){call, user, least};
    pthread_mutex_unlock(&mutex);
}

void lvk_log(lvk_log_level level, const char *format, ...) {
    pthread_mutex_lock(&mutex);
    const sink to = current;
    pthread_mutex_unlock(&mutex);
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
