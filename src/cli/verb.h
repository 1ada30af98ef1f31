/* A verb of the command line: `leukvk NAME ...`. One file a verb, listed in main.c. */
#ifndef LEUKVK_CLI_VERB_H
#define LEUKVK_CLI_VERB_H

#include "leukvk/log.h"

typedef struct verb {
    const char *name;
    const char *summary;               /* one line for `leukvk --help` */
    int (*run)(int argc, char **argv); /* argv[0] is "leukvk NAME"; returns the exit status */
} verb;

/* Exit statuses. */
enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,      /* the work could not be done: one line on standard error says why */
    EXIT_USAGE = 2,       /* the command line makes no sense */
    EXIT_DEVICE_LOST = 3, /* the device went away during the work; what was saved is named */
    EXIT_INTERRUPTED = 130
};

/* A sink of the library's log (leukvk/log.h) that prints to standard error; with --quiet, warnings only. */
void print_log_line(void *user, lvk_log_level level, const char *line);

/* The exit status that belongs to a failure of the library (an lvk_status), and the same with "leukvk: <the
 * library's error line>" printed to standard error. */
int failure_exit(int status);
int report_failure(int status);

/* The same for the status of a call that gets what was typed: LVK_ERROR_ARGUMENT is EXIT_USAGE. */
int report_mistake(int status);

#endif
