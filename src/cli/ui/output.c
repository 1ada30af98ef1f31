#define _GNU_SOURCE /* fopencookie */
#include "output.h"

#include "leukvk/app/output.h"
#include "leukvk/app/text.h"
#include "leukvk/predict.h"
#include "memory.h"
#include "verb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- at the beginning and at the end ---- */

static int status_of_verb; /* EXIT_OK where the program ends within a verb, after --help say */

static void check_output(void) {
    const bool lost = ferror(stdout) != 0;
    const int error = fclose(stdout) == 0 ? 0 : errno;
    if (!error && !lost)
        return;
    fprintf(stderr, "leukvk: standard output: %s\n",
            error ? strerror(error) : "not everything could be written");
    fflush(stderr);
    _exit(status_of_verb == EXIT_OK ? EXIT_FAILED : status_of_verb);
}

/* Opened the wrong way round: what is printed to a stream that the caller has closed fails, as it should. */
static void open_closed(int descriptor) {
    if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF)
        return;
    const int file = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (file != descriptor)
        _exit(EXIT_FAILED); /* without /dev/null: nothing can be told either */
}

void output_begin(void) {
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor)
        open_closed(descriptor);
    if (atexit(check_output) != 0)
        _exit(EXIT_FAILED);
}

int output_end(int exit_status) {
    status_of_verb = exit_status;
    return exit_status;
}

/* ---- standard output as a file ---- */

int output_divert(void) {
    fflush(stdout);
    const int copy = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return copy < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ? -1 : copy;
}

static char path[32]; /* "": nothing was to be written there */

const char *output_path(const char *text) {
    static const char *const names[] = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
    bool is_output = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        is_output = is_output || strcmp(text, names[i]) == 0;
    if (!is_output)
        return text;
    if (*path) /* two options: both get it, one after the other */
        return path;
    const int copy = output_divert();
    if (copy < 0)
        return "/dev/stdout";
    snprintf(path, sizeof path, "/dev/fd/%d", copy);
    return path;
}

void output_check(const char *option, const char *given, const char *const *inputs, size_t count) {
    const lvk_status status = lvk_output_check(given, inputs, count);
    if (status == LVK_OK)
        return;
    if (status == LVK_ERROR_MEMORY)
        end_without_memory();
    fprintf(stderr, "leukvk: --%s %s\n", option, shown(lvk_error_message()));
    exit(EXIT_USAGE);
}

/* The folder of the file, which a file that is replaced needs. */
static bool is_folder_writable(const char *file) {
    const char *slash = strrchr(file, '/');
    char *folder = slash ? strndup(file, (size_t)(slash - file) + 1) : strdup(".");
    const bool writable = folder && access(folder, W_OK) == 0;
    free(folder);
    return writable;
}

void output_check_writable(const char *option, const char *given) {
    struct stat info;
    if (given == path)
        return;
    char *file = realpath(given, NULL); /* a link is followed; NULL: a new file */
    const bool replaced = stat(given, &info) != 0 || S_ISREG(info.st_mode);
    if (replaced ? is_folder_writable(file ? file : given) : access(given, W_OK) == 0) {
        free(file);
        return;
    }
    fprintf(stderr, "leukvk: --%s %s: cannot write %s: %s\n", option, shown(given),
            replaced ? "in this folder" : "to it", strerror(errno));
    exit(EXIT_USAGE);
}

/* ---- lines ---- */

const char *shown(const char *text) {
    enum { SLOTS = 8 };
    static char *slots[SLOTS];
    static unsigned next;
    const size_t length = strlen(path);
    if (text == path)
        return "standard output";
    const bool is_failure = length && strncmp(text, path, length) == 0 && text[length] == ':';
    char **slot = &slots[next++ % SLOTS];
    free(*slot);
    if (!is_failure)
        *slot = strdup(text);
    else if (asprintf(slot, "standard output%s", text + length) < 0)
        *slot = NULL;
    if (!*slot)
        end_without_memory();
    lvk_text_make_printable(*slot);
    return *slot;
}

/* The text line by line, made printable. Overwrites newlines of `text` and puts them back. */
static bool print_printable(char *text, size_t size, FILE *out) {
    for (char *line = text, *end; line < text + size; line = end + 1) {
        const size_t left = size - (size_t)(line - text);
        end = memchr(line, '\n', left);
        const bool whole = end != NULL;
        end = whole ? end : line + left;
        *end = '\0';
        lvk_text_make_printable(line);
        fputs(line, out);
        if (whole)
            *end = '\n';
        if (whole)
            putc('\n', out);
    }
    return !ferror(out);
}

void output_text(const char *text) {
    char *copy = isatty(STDOUT_FILENO) ? allocate_copy(text) : NULL;
    if (copy)
        print_printable(copy, strlen(copy), stdout);
    else
        fputs(text, stdout);
    free(copy);
}

int output_write(const char *given, const char *text) {
    if (given)
        return lvk_text_write(given, text);
    output_text(text);
    return LVK_OK;
}

static ssize_t write_filtered(void *cookie, const char *bytes, size_t size) {
    char *copy = malloc(size + 1);
    if (!copy)
        return 0;
    memcpy(copy, bytes, size);
    for (size_t i = 0; i < size; ++i)
        copy[i] = copy[i] ? copy[i] : '?';
    const bool printed = print_printable(copy, size, cookie);
    free(copy);
    return printed ? (ssize_t)size : 0;
}

FILE *output_filter(void) {
    FILE *filter = fopencookie(stderr, "w", (cookie_io_functions_t){.write = write_filtered});
    if (filter)
        setvbuf(filter, NULL, _IOFBF, 1 << 16); /* a character is never cut in two */
    return filter;
}
