/* Pictures decoded by processes of their own, some of which crash, hang, lie or are killed
 * (tests/decoder/faulty.c): that costs one line, and no other picture. */
#define _GNU_SOURCE /* usleep */
#include "core/child.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "image/budget.h"
#include "image/encode.h"
#include "image/image.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIDE = 40 };

/* ---- the processes ---- */

lvk_status __wrap_lvk_child_start(lvk_child *child, const char *name, lvk_child_program program,
                                  lvk_child_bounds bounds);
lvk_status __real_lvk_child_start(lvk_child *child, const char *name, lvk_child_program program,
                                  lvk_child_bounds bounds);

static atomic_int starts, latest; /* how many were started; the number of the last one */
static bool impatient, refused;
static size_t memory; /* of the last one */

/* The linker puts this in the place of lvk_child_start. A second of processor time is enough here. */
lvk_status __wrap_lvk_child_start(lvk_child *child, const char *name, lvk_child_program program,
                                  lvk_child_bounds bounds) {
    const struct timeval wait = {.tv_sec = 1};
    bounds.seconds = 1;
    if (refused)
        return lvk_fail(LVK_ERROR_IO, "%s: cannot start a process to read it: no", name);
    LVK_TRY(__real_lvk_child_start(child, name, program, bounds));
    if (impatient)
        (void)setsockopt(child->socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    atomic_store(&latest, child->process);
    memory = bounds.memory;
    atomic_fetch_add(&starts, 1);
    return LVK_OK;
}

static uint8_t pixels[SIDE * SIDE * 3];
static void *png;
static size_t png_size;

static void make_picture(void) {
    for (size_t i = 0; i < sizeof pixels; ++i)
        pixels[i] = (uint8_t)(i * 37 + i / 100);
    cr_assert_eq(lvk_png_encode(pixels, SIDE, SIDE, 3, &png, &png_size), LVK_OK);
    (void)lvk_budget_peak();
}

static void free_picture(void) {
    lvk_free(png);
    (void)lvk_budget_peak();
    cr_expect_eq(lvk_budget_peak(), 0, "not all is given back");
}

TestSuite(decoder, .init = make_picture, .fini = free_picture);

static bool is_right(const char *name) {
    lvk_image image;
    if (lvk_image_decode(name, png, png_size, &image) != LVK_OK)
        return false;
    const bool right = image.width == SIDE && image.height == SIDE && image.pages == 1 &&
                       memcmp(image.pixels, pixels, sizeof pixels) == 0;
    lvk_image_finish(&image);
    return right;
}

static void expect_right(const char *name) {
    cr_expect(is_right(name), "%s: %s", name, lvk_error_message());
}

/* Whether the picture is refused so, and its line says so. */
static bool is_refused(const char *name, lvk_status status, const char *line) {
    char expected[256];
    lvk_image image;
    snprintf(expected, sizeof expected, "%s: %s", name, line);
    const lvk_status given = lvk_image_decode(name, png, png_size, &image);
    const bool empty = !image.pixels;
    lvk_image_finish(&image);
    return given == status && empty && strcmp(lvk_error_message(), expected) == 0;
}

static void expect_line(const char *name, lvk_status status, const char *line) {
    cr_expect(is_refused(name, status, line), "%s: %s", name, lvk_error_message());
}

static const char crashed[] = "is damaged: the library that reads it crashed";
static const char endless[] = "is damaged: reading it found no end in 1 seconds";
static const char senseless[] = "is damaged: what its decoder answers makes no sense";

/* ---- tests ---- */

Test(decoder, one_process_decodes_many) {
    for (int i = 0; i < 100; ++i)
        expect_right(i % 10 == 9 ? "large.png" : "x.png");
    cr_expect_eq(starts, 1);
}

/* Each fault in a process that is new, and in one that has decoded others: that one gets another chance. */
Test(decoder, a_fault_is_a_line, .timeout = 60) {
    static const struct {
        const char *name, *line;
    } faults[] = {
        {"crash-measure.png", crashed}, {"crash-decode.png", crashed},  {"large-crash.png", crashed},
        {"leave.png", crashed},         {"lie-status.png", senseless},  {"lie-width.png", senseless},
        {"lie-height.png", senseless},  {"lie-working.png", senseless}, {"lie-black.png", senseless},
        {"lie-bits.png", senseless},    {"lie-large.png", senseless},   {"lie-small.png", senseless},
        {"large-change.png", senseless}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; ++i) {
        atomic_store(&starts, 0);
        expect_line(faults[i].name, LVK_ERROR_FORMAT, faults[i].line);
        expect_right("x.png");
        expect_line(faults[i].name, LVK_ERROR_FORMAT, faults[i].line);
        cr_expect_eq(starts, 3, "%s: %d processes", faults[i].name, starts);
    }
}

Test(decoder, has_no_memory) {
    lvk_image image;
    cr_expect_eq(lvk_image_decode("forget.png", png, png_size, &image), LVK_ERROR_MEMORY);
    cr_expect_eq(strncmp(lvk_error_message(), "forget.png: out of memory", 25), 0, "%s", lvk_error_message());
    expect_right("x.png");
}

/* Processor time is told apart from silence, and no second process is given as much. */
Test(decoder, finds_no_end, .timeout = 60) {
    expect_right("x.png");
    expect_line("hang.png", LVK_ERROR_FORMAT, endless);
    cr_expect_eq(starts, 1);
    expect_right("x.png");
    cr_expect_eq(starts, 2);
}

Test(decoder, is_silent, .timeout = 60) {
    impatient = true;
    expect_line("sleep.png", LVK_ERROR_FORMAT, "is damaged: reading it found no end in 70 seconds");
    expect_right("x.png");
    cr_expect_eq(starts, 2);
}

/* A process that has spent half of its time is followed by another. */
Test(decoder, is_replaced_when_worn, .timeout = 60) {
    expect_right("slow.png");
    cr_expect_eq(starts, 1);
    expect_right("slow.png");
    cr_expect_eq(starts, 2);
}

/* A picture that needs much has a process of its own. */
Test(decoder, has_the_memory_that_it_needs) {
    expect_right("x.png");
    cr_expect_eq(memory, (size_t)1 << 30);
    expect_right("vast.png");
    cr_expect_geq(memory, (size_t)1100 << 20);
    expect_right("x.png");
    cr_expect_eq(memory, (size_t)1 << 30);
    cr_expect_eq(starts, 3);
}

Test(decoder, is_killed_between_pictures) {
    for (int i = 0; i < 5; ++i) {
        expect_right("x.png");
        cr_expect_eq(starts, i + 1);
        kill(latest, SIGKILL);
    }
}

/* Kills each process that comes, when it sleeps. */
static void *kill_each(void *user) {
    int last = 0;
    for (const int *count = user; *count > 0;) {
        usleep(50000);
        if (latest == last)
            continue;
        last = latest;
        usleep(200000);
        kill(last, SIGKILL);
        --*(int *)user;
    }
    return NULL;
}

/* That is no fault of the picture: it must not be left out of a data set for that. */
Test(decoder, is_killed_during_a_picture, .timeout = 60) {
    pthread_t killer;
    int count = 2;
    expect_right("x.png");
    cr_assert_eq(pthread_create(&killer, NULL, kill_each, &count), 0);
    expect_line("sleep.png", LVK_ERROR_IO, "the process that reads it was killed (is memory out?)");
    pthread_join(killer, NULL);
    cr_expect_eq(starts, 2);
    expect_right("x.png");
}

static lvk_status decode_one(void *user, size_t index) {
    static const char *const names[] = {"x.png", "crash-measure.png", "large.png", "crash-decode.png",
                                        "y.png", "lie-width.png",     "z.png"};
    const char *name = names[index % 7];
    atomic_int *right = user;
    lvk_image image;
    if (index % 7 % 2 == 0) {
        atomic_fetch_add(right, is_right(name));
    } else {
        const lvk_status status = lvk_image_decode(name, png, png_size, &image);
        atomic_fetch_add(right,
                         status == LVK_ERROR_FORMAT && strncmp(lvk_error_message(), name, strlen(name)) == 0);
    }
    return LVK_OK;
}

/* Eight threads, of which some meet crashes and lies. */
Test(decoder, many_at_once, .timeout = 120) {
    enum { PICTURES = 280 };
    atomic_int right = 0;
    cr_assert_eq(lvk_parallel_for(8, PICTURES, decode_one, &right, NULL, NULL), LVK_OK);
    cr_expect_eq(right, PICTURES);
    cr_expect_leq(lvk_budget_peak(), LVK_BUDGET_BYTES);
}

/* A copy of this process has processes of its own, and the original keeps its own. */
Test(decoder, a_host_forks, .timeout = 60) {
    expect_right("x.png");
    const int first = latest;
    for (int i = 0; i < 3; ++i) {
        const pid_t copy = fork();
        cr_assert_geq(copy, 0);
        if (copy == 0) {
            const bool right = is_right("x.png") && is_right("y.png") && starts == 2 && latest != first;
            _exit(right ? 0 : 1);
        }
        expect_right("x.png");
        int state;
        cr_assert_eq(waitpid(copy, &state, 0), copy);
        cr_expect(WIFEXITED(state) && WEXITSTATUS(state) == 0, "state %d", state);
        expect_right("x.png");
    }
    cr_expect_eq(starts, 1);
}

/* A copy that has closed all and opened other files keeps these. */
Test(decoder, a_host_becomes_a_daemon, .timeout = 60) {
    expect_right("x.png");
    const pid_t copy = fork();
    cr_assert_geq(copy, 0);
    if (copy == 0) {
        int ends[40];
        for (int i = 3; i < 64; ++i)
            close(i);
        for (int i = 0; i < 40; i += 2)
            if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends + i) != 0)
                _exit(2);
        bool right = is_right("x.png");
        for (int i = 0; i < 40; i += 2)
            right &= write(ends[i], "a", 1) == 1 && read(ends[i + 1], &(char){0}, 1) == 1;
        _exit(right ? 0 : 1);
    }
    int state;
    cr_assert_eq(waitpid(copy, &state, 0), copy);
    cr_expect(WIFEXITED(state) && WEXITSTATUS(state) == 0, "state %d", state);
}

/* It ends with the process that it works for, also where that is killed. */
Test(decoder, nothing_is_left_running, .timeout = 60) {
    for (int killed = 0; killed < 2; ++killed) {
        int ends[2], number = 0;
        cr_assert_eq(pipe(ends), 0);
        const pid_t copy = fork();
        cr_assert_geq(copy, 0);
        if (copy == 0) {
            const bool right = is_right("x.png");
            const int own = right ? latest : 0;
            if (write(ends[1], &own, sizeof own) != (ssize_t)sizeof own)
                _exit(1);
            if (killed)
                pause();
            _exit(0);
        }
        cr_assert_eq(read(ends[0], &number, sizeof number), sizeof number);
        cr_assert_gt(number, 0);
        if (killed)
            kill(copy, SIGKILL);
        cr_assert_eq(waitpid(copy, NULL, 0), copy);
        char path[64], line[512] = "";
        bool runs = true;
        for (int i = 0; runs && i < 200; ++i) { /* who has adopted it may leave it as a zombie */
            snprintf(path, sizeof path, "/proc/%d/stat", number);
            FILE *file = fopen(path, "r");
            runs = file && fgets(line, sizeof line, file) && !strstr(line, ") Z");
            if (file)
                fclose(file);
            usleep(10000);
        }
        cr_expect_not(runs, "process %d still runs: %s", number, line);
        close(ends[0]);
        close(ends[1]);
    }
}

static int warnings;
static char warning[512];

static void count_warnings(void *user, lvk_log_level level, const char *line) {
    (void)user;
    warnings += level == LVK_LOG_WARNING;
    snprintf(warning, sizeof warning, "%s", line);
}

/* Where none can be started, this process decodes, and says so once. */
Test(decoder, cannot_be_started) {
    refused = true;
    lvk_log_set_sink(count_warnings, NULL, LVK_LOG_WARNING);
    for (int i = 0; i < 3; ++i)
        expect_right("crash-decode.png"); /* which is no fault here */
    lvk_log_set_sink(NULL, NULL, LVK_LOG_WARNING);
    cr_expect_eq(warnings, 1);
    cr_expect_eq(
        strncmp(warning, "crash-decode.png: cannot start a process to read it: no. All pictures", 69), 0,
        "%s", warning);
}

/* Where one could be, the lack is none of the system's: nothing is decoded here. */
Test(decoder, cannot_be_started_again) {
    expect_right("x.png");
    kill(latest, SIGKILL);
    refused = true;
    expect_line("x.png", LVK_ERROR_IO, "cannot start a process to read it: no");
    refused = false;
    expect_right("x.png");
}

/* No signal reaches a host that ignores none and waits for no child. */
static atomic_int signals;

static void count_signal(int number) {
    (void)number;
    atomic_fetch_add(&signals, 1);
}

Test(decoder, works_in_a_strange_host) {
    (void)signal(SIGPIPE, count_signal);
    (void)signal(SIGCHLD, SIG_IGN);
    expect_right("x.png");
    kill(latest, SIGKILL);
    expect_right("x.png");
    expect_line("crash-decode.png", LVK_ERROR_FORMAT, crashed);
    expect_right("x.png");
    cr_expect_eq(signals, 0);
}
