#define _XOPEN_SOURCE 700
#include "core/resource.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

double lvk_clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double lvk_process_cpu_seconds(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

uint64_t lvk_process_peak_bytes(void) {
    /* VmHWM begins anew at exec. ru_maxrss does not: a small program that a large one has started would
     * report the memory of the large one. */
    unsigned long long kibibytes = 0;
    FILE *file = fopen("/proc/self/status", "re");
    if (file) {
        char line[256];
        while (fgets(line, sizeof line, file) && sscanf(line, "VmHWM: %llu kB", &kibibytes) != 1)
            continue;
        fclose(file);
    }
    struct rusage usage;
    if (kibibytes == 0 && getrusage(RUSAGE_SELF, &usage) == 0)
        kibibytes = (unsigned long long)usage.ru_maxrss;
    return (uint64_t)kibibytes * 1024;
}

uint64_t lvk_process_address_bytes(void) {
    unsigned long long pages = 0;
    const long page = sysconf(_SC_PAGESIZE);
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        if (fscanf(file, "%llu", &pages) != 1)
            pages = 0;
        fclose(file);
    }
    return page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
}

/* What a container's control group, version 2 or 1, allows; UINT64_MAX: no limit. */
static uint64_t container_limit(void) {
    static const char *const paths[] = {"/sys/fs/cgroup/memory.max",
                                        "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; ++i) {
        FILE *file = fopen(paths[i], "re");
        uint64_t limit;
        if (file && fscanf(file, "%" SCNu64, &limit) == 1 && limit > 0) /* "max" is no number */
            least = limit < least ? limit : least;
        if (file)
            fclose(file);
    }
    return least;
}

uint64_t lvk_machine_memory(void) {
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    struct rlimit space;
    if (pages <= 0 || page <= 0)
        return 0;
    uint64_t bytes = (uint64_t)pages * (uint64_t)page;
    const uint64_t container = container_limit();
    bytes = container < bytes ? container : bytes;
    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY && space.rlim_cur < bytes)
        bytes = space.rlim_cur;
    return bytes;
}
