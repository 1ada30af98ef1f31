/* Work in a process of its own: what it gives, and that its end is not ours. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, process_vm_readv */
#include "core/child.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static const lvk_child_bounds bounds = {.seconds = 5, .memory = (size_t)256 << 20};

typedef struct note {
    int *shared;
    int own;
} note;

static lvk_status write_note(void *user) {
    note *n = user;
    n->shared[1000] = 7;
    n->own = 7;
    return LVK_OK;
}

Test(child, gives_shared_memory_only) {
    const size_t size = 1 << 20;
    note n = {.shared = lvk_shared_alloc(size)};
    cr_assert_not_null(n.shared);
    cr_expect_eq(n.shared[1000], 0);
    cr_expect_eq(lvk_child_run("file", write_note, &n, bounds), LVK_OK);
    cr_expect_eq(n.shared[1000], 7);
    cr_expect_eq(n.own, 0);
    lvk_shared_free(n.shared, size);
}

static lvk_status refuse(void *user) {
    return lvk_fail(LVK_ERROR_NUMERIC, "%s: no\nnumber", (const char *)user);
}

static lvk_status crash(void *user) {
    (void)user;
    abort();
}

static lvk_status leave(void *user) {
    (void)user;
    _Exit(0); /* a library that ends the process as if all were well */
}

static lvk_status never_end(void *user) {
    volatile bool *forever = user;
    while (*forever)
        continue;
    return LVK_OK;
}

/* What somebody who takes over the library that reads a file would do next. */
enum { OPEN, SOCKET, DUPLICATE, PIPE, START, SIGNAL, LOOK_INTO, REACHES };

typedef struct attempt {
    int pipe[2]; /* open in the process that starts the other, as the connections of a server are */
    pid_t parent;
    long reached[REACHES];
    char page[16]; /* of the parent, to be read by the other */
} attempt;

static lvk_status reach_out(void *user) {
    attempt *a = user;
    struct iovec own = {a->page, sizeof a->page}, other = {a->page, sizeof a->page};
    a->reached[OPEN] = open("/dev/null", O_RDONLY);
    a->reached[SOCKET] = socket(AF_INET, SOCK_STREAM, 0);
    a->reached[DUPLICATE] = dup(STDOUT_FILENO);
    a->reached[PIPE] = write(a->pipe[1], "out", 3);
    a->reached[START] = fork();
    if (a->reached[START] == 0)
        _exit(0);
    a->reached[SIGNAL] = kill(a->parent, 0);
    a->reached[LOOK_INTO] = process_vm_readv(a->parent, &own, 1, &other, 1, 0);
    return LVK_OK;
}

/* It could write to pipes and sockets that were open, start processes and signal others. */
Test(child, reaches_nothing_outside) {
    attempt *a = lvk_shared_alloc(sizeof *a);
    char written[4];
    cr_assert_not_null(a);
    cr_assert_eq(pipe(a->pipe), 0);
    a->parent = getpid();
    cr_assert_eq(lvk_child_run("file", reach_out, a, bounds), LVK_OK, "%s", lvk_error_message());
    for (int i = 0; i < REACHES; ++i)
        cr_expect_eq(a->reached[i], -1, "%d", i);
    close(a->pipe[1]);
    cr_expect_eq(read(a->pipe[0], written, sizeof written), 0);
    close(a->pipe[0]);
    lvk_shared_free(a, sizeof *a);
}

Test(child, fails_with_a_line) {
    char name[] = "the file";
    bool forever = true;
    cr_expect_eq(lvk_child_run(name, refuse, name, bounds), LVK_ERROR_NUMERIC);
    cr_expect_eq(strncmp(lvk_error_message(), "the file: no", 12), 0, "%s", lvk_error_message());
    cr_expect_null(strchr(lvk_error_message(), '\n'));
    cr_expect_eq(lvk_child_run(name, crash, NULL, bounds), LVK_ERROR_FORMAT);
    cr_expect_str_eq(lvk_error_message(), "the file: is damaged: the library that reads it crashed");
    cr_expect_eq(lvk_child_run(name, leave, NULL, bounds), LVK_ERROR_FORMAT);
    cr_expect_eq(lvk_child_run(name, never_end, &forever, (lvk_child_bounds){1, bounds.memory}),
                 LVK_ERROR_FORMAT);
    cr_expect_str_eq(lvk_error_message(), "the file: is damaged: reading it found no end in 1 seconds");
}

/* Takes what the system gives, up to 4 GB, and touches it. */
static lvk_status hoard(void *user) {
    size_t *taken = user;
    const size_t piece = (size_t)8 << 20;
    for (int i = 0; i < 512; ++i) {
        void *memory = mmap(NULL, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            return lvk_fail(LVK_ERROR_MEMORY, "no more");
        memset(memory, 1, piece);
        *taken += piece;
    }
    return LVK_OK;
}

/* Memory has a bound, of which the work may use most. */
Test(child, has_bounded_memory) {
    size_t *taken = lvk_shared_alloc(sizeof *taken);
    cr_assert_not_null(taken);
    cr_expect_eq(lvk_child_run("the file", hoard, taken, bounds), LVK_ERROR_MEMORY);
    cr_expect_str_eq(lvk_error_message(), "the file: out of memory: reading it may take 256 MiB");
    cr_expect(*taken > bounds.memory / 2 && *taken <= bounds.memory, "%zu bytes", *taken);
    lvk_shared_free(taken, sizeof *taken);
}
