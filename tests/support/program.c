#define _DEFAULT_SOURCE /* wait4 */
#define _XOPEN_SOURCE   700
#include "support/program.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static pid_t start(char *command, int out[2], int err[2]) {
    const char *program = getenv("LEUKVK_PROGRAM");
    cr_assert_not_null(program, "LEUKVK_PROGRAM is not set: run the tests with ctest");
    char *arguments[64] = {(char *)program};
    int count = 1;
    for (char *word = strtok(command, " "); word && count < 63; word = strtok(NULL, " "))
        arguments[count++] = strcmp(word, "''") == 0 ? (char *)"" : word;
    cr_assert_eq(pipe(out), 0);
    cr_assert_eq(pipe(err), 0);
    const pid_t child = fork();
    cr_assert_neq(child, -1);
    if (child == 0) {
        dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        for (int i = 0; i < 2; ++i) {
            close(out[i]);
            close(err[i]);
        }
        execv(program, arguments);
        _exit(127);
    }
    close(out[1]);
    close(err[1]);
    return child;
}

/* Appends what can be read from the stream; false at its end. */
static bool take(int file, char *text, size_t *length, size_t size) {
    char rest[4096];
    const bool room = *length + 1 < size;
    const ssize_t got = room ? read(file, text + *length, size - 1 - *length) : read(file, rest, sizeof rest);
    if (got > 0 && room)
        text[ *length += (size_t)got] = '\0';
    return got > 0;
}

static bool has_printed(const program_result *result, const char *sign) {
    return strstr(result->out, sign) || strstr(result->err, sign);
}

static void run(program_result *result, int signal_number, program_moment moment, const char *format,
                va_list values) {
    char command[4096];
    int out[2], err[2], status;
    vsnprintf(command, sizeof command, format, values);
    result->out[0] = result->err[0] = '\0';
    const pid_t child = start(command, out, err);
    struct pollfd files[2] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
    char *const texts[2] = {result->out, result->err};
    size_t lengths[2] = {0, 0};
    double since = -1; /* the time at which the sign was seen */
    bool killed = signal_number == 0;
    while (files[0].fd >= 0 || files[1].fd >= 0) {
        poll(files, 2, killed ? -1 : 20);
        for (int i = 0; i < 2; ++i)
            if (files[i].fd >= 0 && files[i].revents &&
                !take(files[i].fd, texts[i], &lengths[i], sizeof result->out))
                files[i].fd = -1;
        if (!killed && since < 0 && has_printed(result, moment.sign))
            since = now();
        if (!killed && since >= 0 && now() - since >= moment.seconds) {
            kill(child, signal_number);
            killed = true;
        }
    }
    close(out[0]);
    close(err[0]);
    struct rusage used;
    cr_assert_eq(wait4(child, &status, 0, &used), child);
    result->peak = (size_t)used.ru_maxrss * 1024;
    result->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    cr_assert_neq(result->exit_status, 127, "could not run %s", getenv("LEUKVK_PROGRAM"));
}

void program_run(program_result *result, const char *format, ...) {
    va_list values;
    va_start(values, format);
    run(result, 0, (program_moment){0}, format, values);
    va_end(values);
}

void program_run_killed(program_result *result, int signal_number, program_moment moment, const char *format,
                        ...) {
    va_list values;
    va_start(values, format);
    run(result, signal_number, moment, format, values);
    va_end(values);
}

void program_use_vulkan(void) {
    cr_assert_eq(setenv("LEUKVK_DEVICE", "0", 1), 0);
}

const char *program_folder(void) {
    static char folder[64];
    snprintf(folder, sizeof folder, "/tmp/leukvk-e2e-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    return folder;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *state) {
    (void)info;
    (void)kind;
    (void)state;
    return remove(path);
}

void program_remove(const char *folder) {
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

char *program_read(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    char *text = calloc((size_t)size + 1, 1);
    const size_t got = text ? fread(text, 1, (size_t)size, file) : 0;
    fclose(file);
    if (got == (size_t)size)
        return text;
    free(text);
    return NULL;
}

bool program_same_file(const char *a, const char *b) {
    FILE *files[2] = {fopen(a, "rb"), fopen(b, "rb")};
    bool same = files[0] && files[1];
    int bytes[2] = {0, 0};
    while (same && bytes[0] != EOF) {
        for (int i = 0; i < 2; ++i)
            bytes[i] = fgetc(files[i]);
        same = bytes[0] == bytes[1];
    }
    for (int i = 0; i < 2; ++i)
        if (files[i])
            fclose(files[i]);
    return same;
}

void program_expect_same(const char *folder, const char *a, const char *b) {
    char paths[2][512];
    snprintf(paths[0], sizeof paths[0], "%s/%s", folder, a);
    snprintf(paths[1], sizeof paths[1], "%s/%s", folder, b);
    cr_expect(program_same_file(paths[0], paths[1]), "%s and %s differ", paths[0], paths[1]);
}

char *program_read_in(const char *folder, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *text = program_read(path);
    cr_assert_not_null(text, "%s", path);
    return text;
}

size_t program_count(const char *text, const char *words) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, words)); at += strlen(words))
        ++count;
    return count;
}

size_t program_lines(const char *text) {
    size_t lines = 0;
    for (; *text; ++text)
        lines += *text == '\n';
    return lines;
}
