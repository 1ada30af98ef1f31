/* A tree of many files that is useless until it is complete, such as the crops of a data set or drawn cells.
 * A mark, a file in the tree's folder, says which work is writing the tree. Code that reads such a tree looks
 * for the mark. If the work was stopped, the same work may be started again in the folder. */
#ifndef LVK_CORE_UNFINISHED_H
#define LVK_CORE_UNFINISHED_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

#define LVK_UNFINISHED_NAME ".leukvk-unfinished"

typedef struct lvk_unfinished {
    char *mark; /* the path of the mark; owned */
    int lock;   /* descriptor of the locked mark; -1: closed */
    bool again; /* whether there may be files of an earlier start */
} lvk_unfinished;

/* Fails unless `work`, a line or the beginning of one, can be done in the folder: the folder must not exist,
 * or be empty, or hold the mark of the same work. LVK_ERROR_ARGUMENT names what is in the way. */
LVK_MUST_USE lvk_status lvk_unfinished_check(const char *folder, const char *work);

/* Creates the folder and its mark, and locks the mark, so that only one process at a time writes the tree.
 * `work` is a line that names everything on which the tree depends. Released by lvk_unfinished_close. */
LVK_MUST_USE lvk_status lvk_unfinished_begin(const char *folder, const char *work, lvk_unfinished *tree);

/* Writes a file of the tree, as lvk_file_create does, but replaces a file of an earlier start.
 * Thread-safe. */
LVK_MUST_USE lvk_status lvk_unfinished_write(const lvk_unfinished *tree, const char *path, const void *data,
                                             size_t size);

/* Ends the work: if `status` is LVK_OK, the mark is removed; otherwise it stays. Returns `status`, or the
 * failure to remove the mark. */
LVK_MUST_USE lvk_status lvk_unfinished_close(lvk_unfinished *tree, lvk_status status);

#endif
