/* The program of the test `child`: work that does well, and work that libraries do which somebody has taken
 * over. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, process_vm_readv, environ */
#include "child/works.h"

#include "core/child.h"
#include "core/child_program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static lvk_status reach_out(const request *r, answer *a) {
    char page[16];
    char *const arguments[] = {page, NULL};
    struct iovec own = {page, sizeof page}, other = {(void *)r->page, sizeof page};
    a->reached[OPEN] = open("/dev/null", O_RDONLY);
    a->reached[SOCKET] = socket(AF_INET, SOCK_STREAM, 0);
    a->reached[DUPLICATE] = dup(STDOUT_FILENO);
    a->reached[PIPE] = write(r->descriptor, "out", 3);
    a->reached[START] = fork();
    if (a->reached[START] == 0)
        _exit(0);
    a->reached[EXECUTE] = execve("/bin/true", arguments, environ);
    a->reached[SIGNAL] = kill(r->parent, 0);
    a->reached[LOOK_INTO] = process_vm_readv(r->parent, &own, 1, &other, 1, 0);
    return LVK_OK;
}

/* Takes what the system gives, up to 4 GB, and touches it. */
static lvk_status hoard(answer *a) {
    const size_t piece = (size_t)8 << 20;
    for (int i = 0; i < 512; ++i) {
        void *memory = mmap(NULL, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            return lvk_fail(LVK_ERROR_MEMORY, "no more");
        memset(memory, 1, piece);
        a->taken += piece;
    }
    return LVK_OK;
}

static lvk_status never_end(void) {
    for (volatile bool forever = true; forever;)
        continue;
    return LVK_OK;
}

/* Sleeps for good, which takes no processor time. */
static lvk_status stop_talking(void) {
    static int never;
    close(LVK_CHILD_SOCKET);
    while (syscall(SYS_futex, &never, 0, 0, NULL, NULL, 0) == 0 || errno == EINTR) /* 0: FUTEX_WAIT */
        continue;
    return LVK_OK;
}

static lvk_status invent(void) { /* a status that there is none of, and a line without an end */
    lvk_child_report report = {.status = 77};
    memset(report.line, 'x', sizeof report.line);
    return lvk_parent_put(&report, sizeof report);
}

static lvk_status do_work(const request *r, answer *a) {
    for (char **variable = environ; *variable; ++variable)
        ++a->variables;
    switch (r->work) {
    case REFUSE:
        return lvk_fail(LVK_ERROR_NUMERIC, "the file: no\nnumber");
    case INVENT:
        return invent();
    case CRASH:
        abort();
    case LEAVE:
        _Exit(0); /* a library that ends the process as if all were well */
    case STOP_TALKING:
        return stop_talking();
    case NEVER_END:
        return never_end();
    case REACH_OUT:
        return reach_out(r, a);
    case HOARD:
        return hoard(a);
    case DOUBLE:
        break;
    }
    a->number = 2 * r->number;
    return LVK_OK;
}

int main(void) {
    request r;
    answer a = {0};
    if (lvk_child_begin() != LVK_OK || lvk_parent_get(&r, sizeof r) != LVK_OK)
        return EXIT_FAILURE;
    const lvk_status status = do_work(&r, &a);
    if (lvk_parent_put_report(status) != LVK_OK || lvk_parent_put(&a, sizeof a) != LVK_OK)
        return EXIT_FAILURE;
    _exit(0);
}
