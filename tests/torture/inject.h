/* A library that is loaded before all others (LD_PRELOAD) and makes a call of a kind fail, in the program or in
 * any process of it. A place is a kind of call and some calls above it: a number, which is the same in each
 * run of a build. Environment:
 *
 *   LEUKVK_INJECT=KIND@PLACE:N:HOW   the N-th call of KIND at PLACE, a hexadecimal number (0: anywhere), ends as HOW
 *                                    says; HOW+ : that call and all later ones of KIND do. Empty: none, and places are noted
 *   LEUKVK_INJECT_DEPTH=N            so many calls above make a place, INJECT_SHOWN at most
 *   LEUKVK_INJECT_COUNTS=FILE        a file of INJECT_FILE_BYTES zero bytes, in which the processes count together:
 *                                    a struct inject_counts, which tests/torture/injection.py reads
 *
 * KIND is one of inject_kinds, or the name of a Vulkan function. HOW is a number of errno or a VkResult;
 * "short": a write of the first half only; "kill": SIGKILL before the call. */
#ifndef TESTS_TORTURE_INJECT_H
#define TESTS_TORTURE_INJECT_H

#include <stdbool.h>
#include <stdint.h>

/* FILES means every call of the kinds before it; MEMORY what the program's own code allocates, LIBRARY what
 * the libraries that read and write files allocate; VULKAN every Vulkan call that can fail. */
#define INJECT_KINDS(x)                                                                                      \
    x(WRITE, "write") x(FSYNC, "fsync") x(RENAME, "rename") x(OPEN, "open") x(MKDIR, "mkdir")                \
        x(UNLINK, "unlink") x(LOCK, "flock") x(FILES, "files") x(MEMORY, "memory") x(LIBRARY, "library")     \
            x(VULKAN, "vulkan")
#define INJECT_ID(id, name) INJECT_##id,
typedef enum inject_kind { INJECT_KINDS(INJECT_ID) INJECT_KIND_COUNT } inject_kind;

/* INJECT_SHOWN: how many of the calls above one are kept to be shown. */
enum { INJECT_SHOWN = 24, INJECT_PATH = 1024, INJECT_NAME = 40, INJECT_PLACES = 1 << 15 };

typedef struct inject_place {
    uint64_t place; /* 0: a free slot */
    uint64_t calls;
    uint32_t kind, order;   /* places in the order of their first calls, from 1; 0: it is being written */
    char name[INJECT_NAME]; /* the Vulkan function */
} inject_place;

typedef struct inject_counts {
    uint64_t injected; /* calls that ended as LEUKVK_INJECT says */
    uint64_t chosen;   /* calls of the kind at the place that LEUKVK_INJECT names */
    uint64_t places;   /* places that were noted, also those that no slot was left for */
    int64_t live; /* allocations that the first process has not freed at its end; -1: it did not end so */
    uint64_t stack[INJECT_SHOWN]; /* of the call that ended so: where in the program it returns to */
    char path[INJECT_PATH];       /* its file */
    inject_place noted[INJECT_PLACES];
} inject_counts;

enum { INJECT_FILE_BYTES = sizeof(inject_counts) };

/* How a call of this kind must end. */
typedef struct inject_fate {
    bool fails, is_short;
    int result; /* errno or VkResult of a call that fails */
} inject_fate;

/* `path` is that of a call on a file, whose descriptor is `file` where it is NULL; `name` that of a Vulkan function. */
inject_fate inject_call(inject_kind kind, int file, const char *path);
inject_fate inject_vulkan(const char *name);

#endif
