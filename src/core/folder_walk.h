/* All files below a folder. */
#ifndef LVK_CORE_FOLDER_WALK_H
#define LVK_CORE_FOLDER_WALK_H

#include "core/memory.h"

#include <stdbool.h>

/* The functions that lvk_folder_walk calls. Paths are relative to the root, with '/' between components. All
 * but `file` may be NULL. */
typedef struct lvk_folder_visitor {
    lvk_arena
        *texts; /* where the paths of files are put, and stay. NULL: they are valid during the calls only */
    lvk_status (*file)(void *user, const char *path);
    /* Whether to open a folder of this name below the root. NULL: every folder is opened. */
    bool (*enters)(void *user, const char *name);
    /* Called for each folder below the root that was opened, in no particular order. */
    lvk_status (*folder)(void *user, const char *path);
    /* Called for a folder below the root that this user may not read. NULL: such a folder is a failure. */
    lvk_status (*unreadable)(void *user, const char *path, const char *reason);
    /* Called for a link that is not followed because it leads to a folder that has been read already, to a
     * folder that contains the root, or nowhere (`dead`). NULL: links to folders are not followed at all. */
    lvk_status (*link_left)(void *user, const char *path, bool dead);
} lvk_folder_visitor;

/* Calls visitor->file for every regular file below `root`, in byte order of the paths. Symbolic links to
 * files count as files. Links to folders are followed after all other folders have been read, in byte order;
 * no folder is read twice, so that links in a circle end. Stops at the first failure. */
LVK_MUST_USE lvk_status lvk_folder_walk(const char *root, const lvk_folder_visitor *visitor, void *user);

#endif
