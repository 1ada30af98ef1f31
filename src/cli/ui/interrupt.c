#define _XOPEN_SOURCE 700
#include "interrupt.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 4400 };

static volatile sig_atomic_t asked, deferred, line_size;
static char line[LINE_SIZE];
static pid_t process;

static void end_by(int signal_number) {
    sigset_t set;
    signal(signal_number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    raise(signal_number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void interrupt(int signal_number) {
    if (deferred && !asked) {
        asked = 1;
        return;
    }
    if (asked) /* asked twice: at once */
        raise(SIGKILL);
    if (getpid() == process && line_size > 0 && write(STDERR_FILENO, line, (size_t)line_size) < 0)
        asked = 1; /* nobody reads it */
    end_by(signal_number);
}

static void take(int signal_number) {
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(signal_number, &action, NULL);
}

static bool is_ignored(int signal_number) {
    struct sigaction before;
    return sigaction(signal_number, NULL, &before) == 0 && before.sa_handler == SIG_IGN;
}

void interrupt_begin(void) {
    process = getpid();
    interrupt_set_advice("%s", "");
    if (!is_ignored(SIGINT))
        take(SIGINT);
}

void interrupt_take_all(void) {
    take(SIGINT);
    take(SIGTERM);
    if (!is_ignored(SIGHUP)) /* nohup's wish */
        take(SIGHUP);
}

void interrupt_defer(bool defers) {
    deferred = defers;
}

bool interrupt_asked(void) {
    return asked;
}

/* On a terminal the line begins below a progress bar. */
void interrupt_set_advice(const char *format, ...) {
    char advice[LINE_SIZE - 64];
    va_list values;
    va_start(values, format);
    vsnprintf(advice, sizeof advice, format, values);
    va_end(values);
    line_size = 0;
    (void)snprintf(line, sizeof line, "%sleukvk: interrupted%s%s\n", isatty(STDERR_FILENO) ? "\n" : "",
                   *advice ? "; " : "", advice);
    line_size = (sig_atomic_t)strlen(line);
}
