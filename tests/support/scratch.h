/* A folder of a test's own, which is removed with all its files. This header must be included first, since it
 * defines a macro that makes nftw available. */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

#undef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCRATCH_PATH = 128 };

static char scratch_folder[] = "/tmp/leukvk-test-XXXXXX";

static int scratch_remove_one(const char *path, const struct stat *info, int kind, struct FTW *place) {
    (void)info, (void)kind, (void)place;
    return remove(path);
}

static inline void scratch_create(void) {
    if (!mkdtemp(scratch_folder)) {
        perror(scratch_folder);
        abort();
    }
}

static inline void scratch_remove(void) {
    nftw(scratch_folder, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of `name` in the folder, in one of eight static buffers, which are used in turn. */
static inline const char *scratch_path(const char *name) {
    static char paths[8][SCRATCH_PATH];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, SCRATCH_PATH, "%s/%s", scratch_folder, name);
    return path;
}

#endif
