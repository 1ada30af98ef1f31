#define _GNU_SOURCE /* close_range */
#include "core/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* Closes all descriptors but `kept`, one of the standard streams'; what is written to the others of those is
 * lost. */
static void close_all(int kept) {
    const int nowhere = open("/dev/null", O_RDWR);
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor)
        if (descriptor != kept && descriptor != nowhere && (nowhere < 0 || dup2(nowhere, descriptor) < 0))
            (void)close(descriptor);
    (void)close_range(STDERR_FILENO + 1, ~0U, 0);
}

#ifdef ARCHITECTURE
/* What the C library, an allocator and the sanitizers ask for while a library reads from memory. Signals can
 * be set and handled, but not sent. */
static const uint32_t allowed[] = {SYS_brk,
                                   SYS_mmap,
                                   SYS_munmap,
                                   SYS_mremap,
                                   SYS_mprotect,
                                   SYS_madvise,
                                   SYS_read,
                                   SYS_write,
                                   SYS_close,
                                   SYS_lseek,
                                   SYS_fstat,
                                   SYS_getcwd,
                                   SYS_exit,
                                   SYS_exit_group,
                                   SYS_futex,
                                   SYS_rt_sigaction,
                                   SYS_rt_sigprocmask,
                                   SYS_rt_sigreturn,
                                   SYS_sigaltstack,
                                   SYS_restart_syscall,
                                   SYS_getpid,
                                   SYS_gettid,
                                   SYS_getuid,
                                   SYS_geteuid,
                                   SYS_getgid,
                                   SYS_getegid,
                                   SYS_clock_gettime,
                                   SYS_gettimeofday,
                                   SYS_getrandom,
                                   SYS_sched_yield,
                                   SYS_sched_getaffinity,
                                   SYS_uname};
enum { ALLOWED = sizeof allowed / sizeof *allowed, BEGINNING = 5 };

/* x86-64 has a second set of numbers for the same calls (x32), which begin here. No other call has so high a
 * number. */
#define FIRST_OF_X32 0x40000000u

static void filter_calls(void) {
    struct sock_filter filter[BEGINNING + 2 * ALLOWED + 1] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_OF_X32, 2 * ALLOWED, 0)};
    struct sock_filter *next = filter + BEGINNING;
    for (int i = 0; i < ALLOWED; ++i) {
        *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
        *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    *next = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    const struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
#endif

void lvk_process_confine(int kept) {
    close_all(kept);
#ifdef ARCHITECTURE
    filter_calls();
#endif
}
