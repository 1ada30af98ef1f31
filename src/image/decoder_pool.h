/* The processes that decode pictures whose format a library of others reads (src/decode/program): one for each
 * thread that decodes at the same time. They live until this process ends, and end with it, however it does.
 * A copy of this process that fork() made has processes of its own. Thread-safe. */
#ifndef LVK_IMAGE_DECODER_POOL_H
#define LVK_IMAGE_DECODER_POOL_H

#include "core/child.h"

#include <stdbool.h>
#include <stddef.h>

/* Seconds of processor time of a process, of which each picture has at least half, and the bytes of memory
 * that it has for a picture that needs no more. */
enum { LVK_DECODER_SECONDS = 120 };
#define LVK_DECODER_MEMORY ((size_t)1 << 30)

typedef struct lvk_decoder_process {
    lvk_child child;
    bool used;   /* it has decoded a picture before */
    bool failed; /* to be set where it crashed or answered what makes no sense */
    bool over;   /* to be set where it must end for another reason */
} lvk_decoder_process;

/* Takes a process for the picture `name`, with `memory` bytes at least; `fresh`: one that has decoded nothing.
 * It is NULL where processes cannot be started at all, of which a warning tells once: pictures are decoded
 * here then. `name` must stay until the process is given back. */
LVK_MUST_USE lvk_status lvk_decoder_pool_take(const char *name, size_t memory, bool fresh,
                                              lvk_decoder_process **process);

void lvk_decoder_pool_give(lvk_decoder_process *process);

#endif
