/* Work in a process of its own: what it gives, and that its end is not ours. */
#define _GNU_SOURCE /* pipe2 */
#include "core/child.h"

#include "child/works.h"
#include "core/file.h"
#include "core/memory.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const lvk_child_bounds bounds = {.seconds = 5, .memory = (size_t)256 << 20};

static void *program;
static size_t program_size;

static void load(void) {
    cr_assert_eq(lvk_file_read(CHILD_PROGRAM, 1 << 28, &program, &program_size), LVK_OK, "%s",
                 lvk_error_message());
}

static void unload(void) {
    lvk_free(program);
}

TestSuite(child, .init = load, .fini = unload);

/* Has the program do what `r` says. */
static lvk_status ask(const request *r, lvk_child_bounds limits, answer *a) {
    lvk_child child;
    lvk_child_report report;
    LVK_TRY(lvk_child_start(&child, "the file", (lvk_child_program){"works", program, program_size}, limits));
    lvk_child_send(&child, r, sizeof *r);
    lvk_status status = lvk_child_receive(&child, &report, sizeof report);
    const bool told = status == LVK_OK;
    if (told)
        status = lvk_child_report_status(&child, &report);
    char line[1024];
    snprintf(line, sizeof line, "%s", lvk_error_message());
    if (told && r->work != INVENT)
        cr_expect_eq(lvk_child_receive(&child, a, sizeof *a), LVK_OK, "%s", lvk_error_message());
    lvk_child_finish(&child);
    return status == LVK_OK ? LVK_OK : lvk_fail(status, "%s", line);
}

static lvk_status ask_for(work asked, lvk_child_bounds limits) {
    answer a = {0};
    return ask(&(request){.work = asked}, limits, &a);
}

static void expect_doubled(int number) {
    answer a = {0};
    cr_expect_eq(ask(&(request){.work = DOUBLE, .number = number}, bounds, &a), LVK_OK, "%s",
                 lvk_error_message());
    cr_expect_eq(a.number, 2 * number);
}

/* What LD_PRELOAD names would run in it. */
Test(child, gives_an_answer) {
    answer a = {0};
    setenv("LEUKVK_TEST", "1", true);
    cr_assert_eq(ask(&(request){.work = DOUBLE, .number = 21}, bounds, &a), LVK_OK, "%s",
                 lvk_error_message());
    cr_expect_eq(a.number, 42);
    cr_expect_leq(a.variables, 1, "%d", a.variables);
}

/* It could write to pipes and sockets that were open, start processes and signal others. */
Test(child, reaches_nothing_outside) {
    answer a = {0};
    int ends[2];
    char written[4];
    static const char page[16];
    cr_assert_eq(pipe(ends), 0);
    const request r = {.work = REACH_OUT, .descriptor = ends[1], .parent = getpid(), .page = page};
    cr_assert_eq(ask(&r, bounds, &a), LVK_OK, "%s", lvk_error_message());
    for (int i = 0; i < REACHES; ++i)
        cr_expect_eq(a.reached[i], -1, "%d", i);
    close(ends[1]);
    cr_expect_eq(read(ends[0], written, sizeof written), 0);
    close(ends[0]);
}

Test(child, fails_with_a_line) {
    static const char crashed[] = "the file: is damaged: the library that reads it crashed";
    static const char endless[] = "the file: is damaged: reading it found no end in 1 seconds";
    const lvk_child_bounds short_time = {1, bounds.memory};
    cr_expect_eq(ask_for(REFUSE, bounds), LVK_ERROR_NUMERIC);
    cr_expect_eq(strncmp(lvk_error_message(), "the file: no", 12), 0, "%s", lvk_error_message());
    cr_expect_null(strchr(lvk_error_message(), '\n'));
    cr_expect_eq(ask_for(INVENT, bounds), LVK_ERROR_FORMAT);
    cr_expect_str_eq(lvk_error_message(), crashed);
    cr_expect_eq(ask_for(CRASH, bounds), LVK_ERROR_FORMAT);
    cr_expect_str_eq(lvk_error_message(), crashed);
    cr_expect_eq(ask_for(LEAVE, bounds), LVK_ERROR_FORMAT);
    cr_expect_str_eq(lvk_error_message(), crashed);
    cr_expect_eq(ask_for(STOP_TALKING, bounds), LVK_ERROR_FORMAT);
    cr_expect_str_eq(lvk_error_message(), crashed);
    cr_expect_eq(ask_for(NEVER_END, short_time), LVK_ERROR_FORMAT);
    cr_expect_str_eq(lvk_error_message(), endless);
}

/* A program that does not run, and bytes that are none. */
Test(child, cannot_be_started) {
    lvk_child child;
    char line[256];
    snprintf(line, sizeof line, "the file: cannot start a process to read it: %s", strerror(ENOEXEC));
    cr_expect_eq(lvk_child_start(&child, "the file", (lvk_child_program){"none", "nothing", 7}, bounds),
                 LVK_ERROR_IO);
    cr_expect_str_eq(lvk_error_message(), line);
    void *other;
    size_t size;
    cr_assert_eq(lvk_file_read("/bin/false", 1 << 28, &other, &size), LVK_OK);
    cr_expect_eq(lvk_child_start(&child, "the file", (lvk_child_program){"false", other, size}, bounds),
                 LVK_ERROR_IO);
    cr_expect(strstr(lvk_error_message(), "ends at once"), "%s", lvk_error_message());
    lvk_free(other);
}

/* Memory has a bound, of which the work may use most. */
Test(child, has_bounded_memory) {
    answer a = {0};
    cr_expect_eq(ask(&(request){.work = HOARD}, bounds, &a), LVK_ERROR_MEMORY);
    cr_expect_str_eq(lvk_error_message(), "the file: out of memory: reading it may take 256 MiB");
    cr_expect(a.taken > bounds.memory / 2 && a.taken <= bounds.memory, "%zu bytes", a.taken);
}

/* No descriptor and no process is left. */
Test(child, leaves_nothing_behind) {
    const int before = dup(STDIN_FILENO);
    close(before);
    for (int i = 0; i < 3; ++i) {
        expect_doubled(i);
        cr_expect_eq(ask_for(CRASH, bounds), LVK_ERROR_FORMAT);
    }
    const int after = dup(STDIN_FILENO);
    cr_expect_eq(after, before);
    close(after);
    cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
}

/* ---- in the process of somebody else ---- */

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool stop, holding;
static atomic_int forked;

/* What libraries do before a fork so that the lock is free in the child: here it never comes. */
static void before_fork(void) {
    atomic_fetch_add(&forked, 1);
    pthread_mutex_lock(&held);
}

static void *hold_locks(void *user) {
    (void)user;
    pthread_mutex_lock(&held);
    flockfile(stdout);
    flockfile(stderr);
    atomic_store(&holding, true);
    while (!atomic_load(&stop))
        usleep(1000);
    funlockfile(stderr);
    funlockfile(stdout);
    pthread_mutex_unlock(&held);
    return NULL;
}

static void *allocate(void *user) { /* the allocator's locks are held most of the time */
    unsigned *rounds = user;
    while (!atomic_load(&stop)) {
        void *volatile memory = malloc(64 + *rounds % 4096);
        free(memory);
        ++*rounds;
    }
    return NULL;
}

/* fork() takes over locks that no thread of the child will give back, and waits for those of handlers:
 * forever, here. */
Test(child, starts_among_threads_that_hold_locks, .timeout = 60) {
    enum { ALLOCATORS = 6 };
    pthread_t holder, allocators[ALLOCATORS];
    unsigned rounds[ALLOCATORS] = {0};
    cr_assert_eq(pthread_create(&holder, NULL, hold_locks, NULL), 0);
    for (int i = 0; i < ALLOCATORS; ++i)
        cr_assert_eq(pthread_create(&allocators[i], NULL, allocate, &rounds[i]), 0);
    while (!atomic_load(&holding))
        usleep(1000);
    cr_assert_eq(pthread_atfork(before_fork, NULL, NULL), 0);
    int doubled = 0;
    for (int i = 0; i < 20; ++i) {
        answer a = {0};
        doubled += ask(&(request){.work = DOUBLE, .number = i}, bounds, &a) == LVK_OK && a.number == 2 * i;
    }
    atomic_store(&stop, true);
    pthread_join(holder, NULL);
    for (int i = 0; i < ALLOCATORS; ++i)
        pthread_join(allocators[i], NULL);
    cr_expect_eq(doubled, 20);
    cr_expect_eq(atomic_load(&forked), 0);
}

/* Many threads, each with a child of its own. */
static void *ask_often(void *user) {
    int *right = user;
    for (int i = 0; i < 5; ++i) {
        answer a = {0};
        *right += ask(&(request){.work = DOUBLE, .number = i}, bounds, &a) == LVK_OK && a.number == 2 * i;
    }
    return NULL;
}

Test(child, starts_from_many_threads, .timeout = 60) {
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    int right[THREADS] = {0};
    for (int i = 0; i < THREADS; ++i)
        cr_assert_eq(pthread_create(&threads[i], NULL, ask_often, &right[i]), 0);
    for (int i = 0; i < THREADS; ++i) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(right[i], 5, "%d", i);
    }
}

/* A host that waits for no child of its own, has closed its standard streams, or ignores signals. */
Test(child, works_in_a_strange_host) {
    (void)signal(SIGCHLD, SIG_IGN);
    (void)signal(SIGXCPU, SIG_IGN);
    expect_doubled(4);
    cr_expect_eq(ask_for(CRASH, bounds), LVK_ERROR_FORMAT);
    (void)signal(SIGCHLD, SIG_DFL);
    cr_expect_eq(ask_for(NEVER_END, (lvk_child_bounds){1, bounds.memory}), LVK_ERROR_FORMAT);
    int streams[3];
    for (int i = 0; i < 3; ++i)
        streams[i] = fcntl(i, F_DUPFD, 100);
    for (int i = 0; i < 3; ++i)
        close(i);
    answer a = {0};
    const lvk_status status = ask(&(request){.work = DOUBLE, .number = 5}, bounds, &a);
    for (int i = 0; i < 3; ++i) {
        cr_assert_eq(dup2(streams[i], i), i);
        close(streams[i]);
    }
    cr_expect_eq(status, LVK_OK);
    cr_expect_eq(a.number, 10);
}
