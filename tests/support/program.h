/* Runs the leukvk program as a user does, and reads the files that it writes. LEUKVK_PROGRAM is the program's
 * path. */
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

typedef struct program_result {
    int exit_status;             /* 128 + signal if a signal ended the program */
    size_t peak;                 /* bytes of the most memory that it held at once */
    char out[65536], err[65536]; /* what it printed, cut to this size */
} program_result;

/* Runs `leukvk ARGUMENTS...`, split at spaces without quoting but for '', an empty word, and waits for its end.
 * Fails the test when the program cannot be started. */
void program_run(program_result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* From here on the program runs on the Vulkan driver at hand, in suites that run on the fastest device otherwise. */
void program_use_vulkan(void);

/* A moment of a run: `seconds` after the program has printed `sign` on either stream, or, for "", after it
 * was started. Tests wait for a sign, since no number of seconds is right on every machine. */
typedef struct program_moment {
    const char *sign;
    double seconds;
} program_moment;

/* The same, but sends `signal_number` to the program at a moment, unless the program has ended before. */
void program_run_killed(program_result *result, int signal_number, program_moment moment, const char *format,
                        ...) __attribute__((format(printf, 4, 5)));

/* Creates a new folder in the system's temporary folder. The returned text is static, so that there is one
 * folder at a time. program_remove deletes it. */
const char *program_folder(void);
void program_remove(const char *folder);

bool program_same_file(const char *a, const char *b); /* whether two files have the same bytes */
/* Fails the test, naming both files, unless two files of `folder` have the same bytes. */
void program_expect_same(const char *folder, const char *a, const char *b);
char *program_read(const char *path); /* new memory, with a NUL; NULL when it cannot be read */
char *program_read_in(const char *folder, const char *name); /* the same, but fails the test */
size_t program_lines(const char *text);
size_t program_count(const char *text, const char *words); /* how often the words are in the text */

/* For tests that have `program_result result`, and include Criterion. RUN runs the program, which must succeed. */
#define EXPECT_SAYS(text, words)  cr_expect_not_null(strstr(text, words), "no '%s' in: %s", words, text)
#define EXPECT_LACKS(text, words) cr_expect_null(strstr(text, words), "'%s' in: %s", words, text)

#define RUN(...)                                                                                             \
    do {                                                                                                     \
        program_run(&result, __VA_ARGS__);                                                                   \
        cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);                                 \
    } while (0)

#endif
