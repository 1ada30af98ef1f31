#define _GNU_SOURCE /* memfd_create, wait4 */
#include "core/child.h"

#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- starting ---- */

static lvk_status fail_start(const char *name, int error) {
    return lvk_fail(LVK_ERROR_IO, "%s: cannot start a process to read it: %s", name, strerror(error));
}

static bool write_all(int file, const char *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        const ssize_t put = write(file, bytes + done, size - done);
        if (put < 0 && errno != EINTR)
            return false;
        done += put > 0 ? (size_t)put : 0;
    }
    return true;
}

/* A file in memory with the program, which nobody can change; below 0, with errno, if there is none. Its
 * descriptor is none of the standard streams', which the child gets others for. */
static int make_file(const void *program, size_t size) {
    static const unsigned executable = 0x10; /* MFD_EXEC, which Linux has since 6.3 */
    static const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int file = memfd_create("leukvk", flags | executable);
    if (file < 0 && errno == EINVAL)
        file = memfd_create("leukvk", flags);
    if (file < 0)
        return file;
    const int high = fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int error = errno;
    close(file);
    errno = error;
    if (high >= 0 && write_all(high, program, size) &&
        fcntl(high, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
        return high;
    if (high >= 0) {
        const int wrong = errno;
        close(high);
        errno = wrong;
    }
    return -1;
}

/* Signals that a terminal or a supervisor sends to a whole group are for this process, which decides what
 * follows; all others are as in a new process. */
static int set_signals(posix_spawnattr_t *attributes) {
    sigset_t all, held;
    sigfillset(&all);
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGHUP);
    sigaddset(&held, SIGQUIT);
    int error = posix_spawnattr_setsigdefault(attributes, &all);
    if (!error)
        error = posix_spawnattr_setsigmask(attributes, &held);
    if (!error)
        error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    return error;
}

static int spawn(pid_t *process, const char *name, const char *path, int socket,
                 const posix_spawnattr_t *attributes, posix_spawn_file_actions_t *actions) {
    char libraries[4096] = "";
    char *arguments[] = {(char *)name, NULL}, *environment[] = {NULL, NULL};
    const char *given = getenv("LD_LIBRARY_PATH");
    const int length = given ? snprintf(libraries, sizeof libraries, "LD_LIBRARY_PATH=%s", given) : 0;
    if (length > 0 && (size_t)length < sizeof libraries)
        environment[0] = libraries;
    int error = posix_spawn_file_actions_adddup2(actions, socket, LVK_CHILD_SOCKET);
    if (!error)
        error = posix_spawn_file_actions_addclose(actions, STDOUT_FILENO);
    if (!error)
        error = posix_spawn_file_actions_addclose(actions, STDERR_FILENO);
    return error ? error : posix_spawn(process, path, actions, attributes, arguments, environment);
}

/* Starts the program `file`, by its name for lists of processes, with `socket` as its standard input. Returns an error number. posix_spawn runs no
 * handler of pthread_atfork and copies no memory. */
static int start(pid_t *process, const char *name, int file, int socket) {
    char path[64];
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    int error = posix_spawnattr_init(&attributes);
    if (error)
        return error;
    error = posix_spawn_file_actions_init(&actions);
    if (!error) {
        error = set_signals(&attributes);
        if (!error)
            error = spawn(process, name, path, socket, &attributes, &actions);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return error;
}

/* Seconds without a byte from the child after which it is given up: more than its processor time takes on a
 * machine that is busy. */
static time_t patience(lvk_child_bounds bounds) {
    return 60 + 10 * (time_t)bounds.seconds;
}

static lvk_status start_between(lvk_child *child, const int ends[2], const lvk_child_program *program) {
    const struct timeval wait = {.tv_sec = patience(child->bounds)};
    pid_t process = -1;
    const int file = make_file(program->bytes, program->size);
    if (file < 0)
        return fail_start(child->name, errno);
    const int error = start(&process, program->name, file, ends[1]);
    close(file);
    if (error)
        return fail_start(child->name, error);
    child->socket = ends[0];
    child->process = process;
    child->handle = pidfd_open(process, 0);
    (void)setsockopt(child->socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    (void)setsockopt(child->socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    return LVK_OK;
}

/* Waits until the program says that it runs, which it does not where a library is missing that it needs. */
static lvk_status wait_until_ready(lvk_child *child) {
    char ready = 0;
    lvk_child_send(child, &child->bounds, sizeof child->bounds);
    ssize_t got;
    do
        got = recv(child->socket, &ready, sizeof ready, 0);
    while (got < 0 && errno == EINTR);
    if (got == (ssize_t)sizeof ready && ready == LVK_CHILD_READY)
        return LVK_OK;
    lvk_child_finish(child);
    return lvk_fail(LVK_ERROR_IO,
                    "%s: cannot start a process to read it: the program for it ends at once; is a library "
                    "missing that it needs?",
                    child->name);
}

lvk_status lvk_child_start(lvk_child *child, const char *name, lvk_child_program program,
                           lvk_child_bounds bounds) {
    int ends[2];
    *child = (lvk_child){.name = name, .bounds = bounds, .socket = -1, .process = -1, .handle = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_start(name, errno);
    const lvk_status status = start_between(child, ends, &program);
    close(ends[1]);
    if (status != LVK_OK) {
        close(ends[0]);
        return status;
    }
    return wait_until_ready(child);
}

/* ---- talking ---- */

void lvk_child_send_pieces(lvk_child *child, struct iovec *pieces, size_t count) {
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
    while (message.msg_iovlen > 0) {
        const ssize_t put = sendmsg(child->socket, &message, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR)
            return;
        for (size_t done = put > 0 ? (size_t)put : 0; message.msg_iovlen > 0;) {
            struct iovec *first = message.msg_iov;
            const size_t part = done < first->iov_len ? done : first->iov_len;
            first->iov_base = (char *)first->iov_base + part;
            first->iov_len -= part;
            done -= part;
            if (first->iov_len > 0)
                break;
            ++message.msg_iov;
            --message.msg_iovlen;
        }
    }
}

void lvk_child_send(lvk_child *child, const void *bytes, size_t size) {
    lvk_child_send_pieces(child, &(struct iovec){.iov_base = (void *)bytes, .iov_len = size}, 1);
}

/* How a child ended: as wait4 says it; 0 where somebody else has waited for it. */
typedef struct ending {
    int status;
    double seconds; /* of processor time */
} ending;

/* Waits for the end of the child, and makes it come. */
static ending end(lvk_child *child) {
    int status = 0;
    struct rusage used = {0};
    pid_t done;
    if (child->process < 0)
        return (ending){0};
    if (child->handle >= 0) {
        (void)pidfd_send_signal(child->handle, SIGKILL, NULL, 0);
        close(child->handle);
    }
    do
        done = wait4(child->process, &status, 0, &used);
    while (done < 0 && errno == EINTR);
    child->process = child->handle = -1;
    if (done < 0)
        return (ending){0};
    return (ending){status, (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                                1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec)};
}

static lvk_status fail_end(lvk_child *child, bool silent) {
    struct pollfd ended = {.fd = child->handle, .events = POLLIN};
    /* its socket is closed before it has ended */
    const bool itself = !silent && child->handle >= 0 && poll(&ended, 1, 1000) == 1;
    const ending how = end(child);
    const int by = WIFSIGNALED(how.status) ? WTERMSIG(how.status) : 0;
    child->out_of_time = by == SIGXCPU || (itself && how.seconds >= child->bounds.seconds);
    if (silent || child->out_of_time)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is damaged: reading it found no end in %u seconds",
                        child->name, silent ? (unsigned)patience(child->bounds) : child->bounds.seconds);
    if (itself && by == SIGKILL)
        return lvk_fail(LVK_ERROR_IO, "%s: the process that reads it was killed (is memory out?)",
                        child->name);
    return lvk_fail(LVK_ERROR_FORMAT, "%s: is damaged: the library that reads it crashed", child->name);
}

lvk_status lvk_child_receive(lvk_child *child, void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        const ssize_t got = recv(child->socket, (char *)bytes + done, size - done, MSG_WAITALL);
        if (got == 0 || (got < 0 && errno != EINTR))
            return fail_end(child, got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
        done += got > 0 ? (size_t)got : 0;
    }
    return LVK_OK;
}

lvk_status lvk_child_report_status(const lvk_child *child, const lvk_child_report *report) {
    char line[sizeof report->line];
    if (report->status == LVK_OK)
        return LVK_OK;
    if (report->status == LVK_ERROR_MEMORY)
        return lvk_fail(LVK_ERROR_MEMORY, "%s: out of memory: reading it may take %zu MiB", child->name,
                        child->bounds.memory >> 20);
    if (report->status < 0 || report->status > LVK_ERROR_CANCELLED)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is damaged: the library that reads it crashed", child->name);
    memcpy(line, report->line, sizeof line);
    line[sizeof line - 1] = '\0';
    lvk_text_make_printable(line);
    return lvk_fail((lvk_status)report->status, "%s", line);
}

void lvk_child_finish(lvk_child *child) {
    if (child->socket >= 0)
        close(child->socket);
    child->socket = -1;
    (void)end(child);
}
