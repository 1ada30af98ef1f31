/* All files below a folder. */
#ifndef LVK_CORE_FOLDER_WALK_H
#define LVK_CORE_FOLDER_WALK_H

#include "core/error.h"

#include <stdbool.h>

/* What lvk_folder_walk calls; paths are relative to its root, '/' between components. All but `file` may be
 * NULL. */
typedef struct lvk_folder_visitor {
    lvk_status (*file)(void *user, const char *path);
    /* Whether to open a folder of this name below the root; NULL: every one. */
    bool (*enters)(void *user, const char *name);
    /* Of each folder below the root that was opened, in no particular order. */
    lvk_status (*folder)(void *user, const char *path);
    /* Of a folder below the root that this user may not read; NULL: such a folder is a failure. */
    lvk_status (*unreadable)(void *user, const char *path, const char *reason);
    /* Of a link that is not followed, since it leads to a folder that has been read already or in which the
     * root lies, or nowhere (`dead`). NULL: links to folders are not followed at all. */
    lvk_status (*link_left)(void *user, const char *path, bool dead);
} lvk_folder_visitor;

/* Calls visitor->file for every regular file below `root`, in byte order of the path; symbolic links to files
 * count. Links to folders are followed behind all other folders, in byte order, and no folder is read twice,
 * so that links in a circle end. Stops at the first failure. */
LVK_MUST_USE lvk_status lvk_folder_walk(const char *root, const lvk_folder_visitor *visitor, void *user);

#endif
