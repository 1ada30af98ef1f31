/* A tree of many files that is worth nothing until it is whole: the crops of a data set, drawn cells. A mark in
 * its folder says what is being written; whoever reads the tree looks for the mark, and the same work may begin
 * again where an earlier one was stopped. */
#ifndef LVK_CORE_UNFINISHED_H
#define LVK_CORE_UNFINISHED_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

#define LVK_UNFINISHED_NAME ".leukvk-unfinished"

typedef struct lvk_unfinished {
    char *mark; /* the file's path; owned */
    int lock;   /* -1: closed */
    bool again; /* there may be files of an earlier start */
} lvk_unfinished;

/* Whether `work`, a line or the beginning of one, can be done in the folder: it does not exist, is empty, or was
 * begun by the same work. LVK_ERROR_ARGUMENT names what is in the way. */
LVK_MUST_USE lvk_status lvk_unfinished_check(const char *folder, const char *work);

/* Makes the folder and its mark, which is locked: one process at a time. `work` names all that the tree depends
 * on. Released by lvk_unfinished_close. */
LVK_MUST_USE lvk_status lvk_unfinished_begin(const char *folder, const char *work, lvk_unfinished *tree);

/* A file of the tree, as lvk_file_create; one of an earlier start is replaced. Thread-safe. */
LVK_MUST_USE lvk_status lvk_unfinished_write(const lvk_unfinished *tree, const char *path, const void *data,
                                             size_t size);

/* The work ends: LVK_OK for `status` takes the mark away, and anything else leaves it. Returns `status` or the
 * failure to do so. */
LVK_MUST_USE lvk_status lvk_unfinished_close(lvk_unfinished *tree, lvk_status status);

#endif
