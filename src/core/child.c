#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "core/child.h"

#include "core/confine.h"
#include "core/resource.h"
#include "core/text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

void *lvk_shared_alloc(size_t size) {
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory != MAP_FAILED)
        return memory;
    (void)lvk_fail(LVK_ERROR_MEMORY, "out of memory: %zu bytes shared with a process", size);
    return NULL;
}

void lvk_shared_free(void *memory, size_t size) {
    if (memory)
        munmap(memory, size);
}

/* How a child ended, which it writes for its parent. */
typedef struct report {
    int ended;
    lvk_status status;
    char line[1024];
} report;

static void limit(int resource, rlim_t soft, rlim_t hard) {
    const struct rlimit bound = {.rlim_cur = soft, .rlim_max = hard};
    (void)setrlimit(resource, &bound);
}

/* What the child process does, from its beginning to its exit. */
static void run(lvk_status (*work)(void *user), void *user, lvk_child_bounds bounds, report *to) {
    (void)signal(SIGXCPU, SIG_DFL);
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_FSIZE, 0, 0);
    limit(RLIMIT_CPU, bounds.seconds, bounds.seconds + 1);
    const rlim_t memory = (rlim_t)lvk_process_address_bytes() + bounds.memory;
    limit(RLIMIT_AS, memory, memory);
    lvk_process_confine(); /* not earlier: the number above is read from a file */
    limit(RLIMIT_NOFILE, 0, 0);
    to->status = work(user);
    snprintf(to->line, sizeof to->line, "%s", lvk_error_message());
    to->ended = 1;
    _exit(0);
}

static lvk_status wait_for(pid_t child, const char *name, lvk_child_bounds bounds, const report *from) {
    int ending = 0;
    pid_t done;
    do
        done = waitpid(child, &ending, 0);
    while (done < 0 && errno == EINTR);
    if (done < 0 || !from->ended || !WIFEXITED(ending) || WEXITSTATUS(ending) != 0) {
        const bool slow = done >= 0 && WIFSIGNALED(ending) && WTERMSIG(ending) == SIGXCPU;
        return slow ? lvk_fail(LVK_ERROR_FORMAT, "%s: is damaged: reading it found no end in %u seconds",
                               name, bounds.seconds)
                    : lvk_fail(LVK_ERROR_FORMAT, "%s: is damaged: the library that reads it crashed", name);
    }
    if (from->status == LVK_ERROR_MEMORY)
        return lvk_fail(LVK_ERROR_MEMORY, "%s: out of memory: reading it may take %zu MiB", name,
                        bounds.memory >> 20);
    char line[sizeof from->line];
    memcpy(line, from->line, sizeof line);
    line[sizeof line - 1] = '\0';
    lvk_text_make_printable(line);
    return from->status == LVK_OK ? LVK_OK : lvk_fail(from->status, "%s", line);
}

lvk_status lvk_child_run(const char *name, lvk_status (*work)(void *user), void *user,
                         lvk_child_bounds bounds) {
    report *shared = lvk_shared_alloc(sizeof *shared);
    if (!shared)
        return LVK_ERROR_MEMORY;
    const pid_t child = fork();
    if (child == 0)
        run(work, user, bounds, shared);
    const lvk_status status = child > 0 ? wait_for(child, name, bounds, shared)
                                        : lvk_fail(LVK_ERROR_IO, "%s: cannot start a process to read it: %s",
                                                   name, strerror(errno));
    lvk_shared_free(shared, sizeof *shared);
    return status;
}
