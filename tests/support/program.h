/* Running the leukvk program as a user would, and looking at what it leaves behind. The program's path is
 * LEUKVK_PROGRAM. */
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

typedef struct program_result {
    int exit_status;             /* 128 + signal when a signal ended it */
    size_t peak;                 /* bytes of memory that it held at most */
    char out[65536], err[65536]; /* what it printed, cut to fit */
} program_result;

/* Runs `leukvk ARGUMENTS...` (split at spaces; no quoting) and waits. Fails the test when it cannot be
 * started. */
void program_run(program_result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A moment of a run: `seconds` after it has printed `sign`, on either stream; "": after it was started. What
 * must happen at a certain point waits for a sign, as no time is right on every machine. */
typedef struct program_moment {
    const char *sign;
    double seconds;
} program_moment;

/* The same, ended by `signal_number` at a moment unless it has ended before. */
void program_run_killed(program_result *result, int signal_number, program_moment moment, const char *format,
                        ...) __attribute__((format(printf, 4, 5)));

/* A new folder below the system's temporary folder. Static text, one at a time. program_remove deletes it. */
const char *program_folder(void);
void program_remove(const char *folder);

bool program_same_file(const char *a, const char *b); /* the same bytes */
/* The same bytes in two files of `folder`, or a failure of the test that names both. */
void program_expect_same(const char *folder, const char *a, const char *b);
char *program_read(const char *path); /* new memory, with a NUL; NULL when it cannot be read */
char *program_read_in(const char *folder, const char *name); /* the same, but fails the test */
size_t program_lines(const char *text);

#endif
