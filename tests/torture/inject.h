/* A library that is loaded before all others (LD_PRELOAD) and makes the n-th call of a kind fail, in the
 * program or in any process of it. Environment:
 *
 *   LEUKVK_INJECT=KIND:N:HOW   the N-th call of KIND ends as HOW says; HOW+ : that call and all later ones do.
 *                              N 0: none
 *   LEUKVK_INJECT_COUNTS=FILE  a file of INJECT_FILE_BYTES zero bytes, in which the processes count together:
 *                              a struct inject_counts, which tests/torture/injection.py reads
 *
 * KIND is one of inject_kinds, or the name of a Vulkan function. HOW is a number of errno or a VkResult;
 * "short": a write of the first half only; "kill": SIGKILL before the call. */
#ifndef TESTS_TORTURE_INJECT_H
#define TESTS_TORTURE_INJECT_H

#include <stdbool.h>
#include <stdint.h>

/* FILES counts every call of the kinds before it; MEMORY what the program's own code allocates, LIBRARY what
 * the libraries that read and write files allocate; VULKAN every Vulkan call that can fail. */
#define INJECT_KINDS(x)                                                                                      \
    x(WRITE, "write") x(FSYNC, "fsync") x(RENAME, "rename") x(OPEN, "open") x(MKDIR, "mkdir")                \
        x(UNLINK, "unlink") x(LOCK, "flock") x(FILES, "files") x(MEMORY, "memory") x(LIBRARY, "library")     \
            x(VULKAN, "vulkan")
#define INJECT_ID(id, name) INJECT_##id,
typedef enum inject_kind { INJECT_KINDS(INJECT_ID) INJECT_KIND_COUNT } inject_kind;

enum { INJECT_NAMES = 2048, INJECT_PATH = 1024, INJECT_FILE_BYTES = 4096 };

typedef struct inject_counts {
    uint64_t calls[INJECT_KIND_COUNT]; /* of each kind, by all processes */
    uint64_t injected;                 /* calls that ended as LEUKVK_INJECT says */
    uint64_t chosen;                   /* calls of the Vulkan function that LEUKVK_INJECT names */
    int64_t live; /* allocations that the first process has not freed at its end; -1: it did not end so */
    char path[INJECT_PATH];       /* the file of the call that ended so */
    char functions[INJECT_NAMES]; /* the Vulkan functions that were called and can fail, a space after each */
} inject_counts;

/* How a call of this kind must end. */
typedef struct inject_fate {
    bool fails, is_short;
    int result; /* errno or VkResult of a call that fails */
} inject_fate;

/* `path` is that of a call on a file, whose descriptor is `file` where it is NULL. */
inject_fate inject_call(inject_kind kind, int file, const char *path);
inject_fate inject_vulkan(const char *name);

#endif
