/* Command lines: the words of a line after the verb, one a line, through the verb's own table of options. What the program does
 * at a mistake, which is to end, ends the input here; and so does the end of the options, before the verb begins its work.
 * Covers: src/cli/options.c src/cli/suggest.c src/cli/train_options.c src/cli/server_options.c src/cli/path_words.c */
#include "support.h"

/* Both are taken as they are, for the table of verbs, and for the list of the options that were given. */
int leukvk_main(int argc, char **argv);
#define main leukvk_main
#include "main.c" /* NOLINT(bugprone-suspicious-include) */
#undef main
#include "suggest.c" /* NOLINT(bugprone-suspicious-include) */

#include "options.h"
#include "ui/output.h"

#include <setjmp.h>
#include <stdarg.h>

enum { MOST_WORDS = 24, MOST_KEPT = 4096 };

static jmp_buf ended;
static bool parsing;
static FILE *nowhere;

/* ---- the ends of a line: the linker puts these in the place of the functions ---- */

_Noreturn void __wrap_exit(int status);
_Noreturn void __real_exit(int status);
_Noreturn void __wrap_argp_failure(const struct argp_state *state, int status, int error, const char *format,
                                   ...);
_Noreturn void __wrap_argp_error(const struct argp_state *state, const char *format, ...);
error_t __wrap_argp_parse(const struct argp *parser, int argc, char **argv, unsigned flags, int *next,
                          void *input);
error_t __real_argp_parse(const struct argp *parser, int argc, char **argv, unsigned flags, int *next,
                          void *input);
void __wrap_argp_state_help(const struct argp_state *state, FILE *to, unsigned flags);

void __wrap_exit(int status) {
    if (parsing)
        longjmp(ended, 1);
    __real_exit(status);
}

/* A mistake is told in one line of text. */
static _Noreturn void fail(const char *format, va_list arguments) {
    char line[8192];
    REQUIRE(vsnprintf(line, sizeof line, format, arguments) > 0);
    longjmp(ended, 1);
}

void __wrap_argp_failure(const struct argp_state *state, int status, int error, const char *format, ...) {
    va_list arguments;
    (void)state, (void)error;
    REQUIRE(status == EXIT_USAGE || status == EXIT_FAILED);
    va_start(arguments, format);
    fail(format, arguments);
}

void __wrap_argp_error(const struct argp_state *state, const char *format, ...) {
    va_list arguments;
    (void)state;
    va_start(arguments, format);
    fail(format, arguments);
}

void __wrap_argp_state_help(const struct argp_state *state, FILE *to, unsigned flags) {
    (void)state, (void)to, (void)flags;
    longjmp(ended, 1);
}

error_t __wrap_argp_parse(const struct argp *parser, int argc, char **argv, unsigned flags, int *next,
                          void *input) {
    FILE *const error = stderr;
    stderr = nowhere;
    (void)__real_argp_parse(parser, argc, argv, flags | ARGP_NO_EXIT | ARGP_NO_ERRS, next, input);
    stderr = error;
    longjmp(ended, 1);
}

/* ---- what the program shows ---- */

void output_begin(void) {}

int output_end(int exit_status) {
    return exit_status;
}

int output_divert(void) {
    return -1;
}

const char *output_path(const char *text) {
    return strcmp(text, "-") == 0 ? "/dev/stdout" : text;
}

void output_check_writable(const char *option, const char *path) {
    (void)option, (void)path;
}

void output_check(const char *option, const char *path, const char *const *inputs, size_t count) {
    (void)option, (void)path, (void)inputs, (void)count;
}

const char *shown(const char *text) {
    return text;
}

void output_text(const char *text) {
    (void)text;
}

int output_write(const char *path, const char *text) {
    (void)path, (void)text;
    return 0;
}

FILE *output_filter(void) {
    return NULL;
}

/* ---- memory that a line leaves behind when it ends ---- */

static void *kept[MOST_KEPT];
static size_t kept_count;

extern int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void *, size_t),
                                                     void (*freed)(const volatile void *))
    __attribute__((weak));

static void keep(const volatile void *memory, size_t size) {
    (void)size;
    if (parsing && kept_count < MOST_KEPT)
        memcpy(&kept[kept_count++], &memory, sizeof memory);
}

static void forget(const volatile void *memory) {
    for (size_t i = kept_count; parsing && i-- > 0;)
        if (kept[i] == memory) {
            kept[i] = kept[--kept_count];
            return;
        }
}

void fuzz_begin(void) {
    fuzz_leaves_memory = true;
    nowhere = fopen("/dev/null", "w");
    REQUIRE(nowhere && freopen("/dev/null", "r", stdin));
    if (__sanitizer_install_malloc_and_free_hooks)
        REQUIRE(__sanitizer_install_malloc_and_free_hooks(keep, forget) > 0);
}

/* ---- a line ---- */

static void parse(const verb *called, int count, char **words) {
    FILE *const error = stderr, *const out = stdout;
    kept_count = given_count = 0;
    stderr = stdout = nowhere;
    parsing = true;
    if (setjmp(ended) == 0)
        (void)run_verb(called, count, words);
    parsing = false;
    stderr = error;
    stdout = out;
    while (kept_count)
        free(kept[--kept_count]);
}

void fuzz_one(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    char *words[MOST_WORDS + 1] = {NULL}, *texts[MOST_WORDS + 1];
    int count = 1;
    const verb *called = verbs[fuzz_below(&input, VERB_COUNT)].verb;
    for (; count < MOST_WORDS && input.left; ++count) {
        const fuzz_input line = fuzz_line(&input);
        texts[count] = words[count] = fuzz_string(line.at, line.left);
    }
    parse(called, count, words); /* getopt changes the order */
    for (int i = 1; i < count; ++i)
        lvk_free(texts[i]);
}
