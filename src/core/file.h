/* Files and folders. Paths are UTF-8, as the system gives them. The error line of every failure names the
 * path. */
#ifndef LVK_CORE_FILE_H
#define LVK_CORE_FILE_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a whole regular file of at most `limit` bytes. A NUL follows the *size bytes at *data. The caller
 * frees *data with lvk_free. */
LVK_MUST_USE lvk_status lvk_file_read(const char *path, size_t limit, void **data, size_t *size);

/* Replaces or creates a file. The data is written to a temporary file in the same folder, which is flushed to
 * the disk and renamed to `path`. If the process is killed at any moment, `path` is the whole old file or the
 * whole new one. Mode, owner and group of an old file are kept as far as the system allows it. A link is
 * followed: the file to which it leads is replaced.
 *
 * What is no plain file (a device, a pipe, /dev/stdout, /dev/fd/N) is written in place, and so is a file in a
 * folder in which no new file can be created. Several threads and processes may write the same file at the
 * same time; the last write remains. */
LVK_MUST_USE lvk_status lvk_file_write(const char *path, const void *data, size_t size);

/* The same for data in several pieces. */
typedef struct lvk_span {
    const void *data;
    size_t size;
} lvk_span;
LVK_MUST_USE lvk_status lvk_file_write_spans(const char *path, const lvk_span *spans, size_t count);

/* Creates a file that must not exist yet, without flushing it to the disk and without a rename. It is for the
 * many files of a tree that is useless until it is complete (core/unfinished.h). */
LVK_MUST_USE lvk_status lvk_file_create(const char *path, const void *data, size_t size);

/* Removes the temporary files that killed processes left in the folder, but not those that a process is
 * writing. */
void lvk_folder_clear(const char *path);

/* The same in the folder of the file `path`. */
void lvk_folder_clear_beside(const char *path);

/* Whether `name` has the form that lvk_file_write gives to temporary files: "metrics.csv.tmp-k3…". */
bool lvk_file_is_temporary(const char *name);

/* Creates the folder and its parents; an existing folder is fine. */
LVK_MUST_USE lvk_status lvk_folder_create(const char *path);

/* Locks the folder for this process, by a lock on its file .lock. The caller closes the descriptor *lock to
 * unlock the folder; the system closes it when the process ends, however it ends. LVK_ERROR_IO, with *lock
 * -1, says that another process holds the lock. */
LVK_MUST_USE lvk_status lvk_folder_lock(const char *folder, int *lock);

/* Whether `name` is that of a file which a killed process may have left: the lock, or a temporary file. */
bool lvk_file_is_left(const char *name);

/* Sets `name` to that of any file or folder in the folder for which `ignored` is false; "": there is none, or no
 * folder. */
enum { LVK_FILE_NAME_SIZE = 256 };
LVK_MUST_USE lvk_status lvk_folder_find(const char *folder, bool (*ignored)(const char *name),
                                        char name[LVK_FILE_NAME_SIZE]);

bool lvk_path_is_folder(const char *path);
bool lvk_path_is_file(const char *path);
bool lvk_path_is_own(const char *path); /* belongs to the user of this process */

/* Whether the folder has a file of this name. It needs no memory, so that the answer is never "no" because memory is out. */
bool lvk_folder_has(const char *folder, const char *name);

/* Whether both paths exist and lead to the same file or folder. */
bool lvk_path_is_same(const char *a, const char *b);

/* Returns "a/b", or b when a is empty or b begins with '/'. The caller frees it with lvk_free. NULL when
 * memory is out. */
char *lvk_path_join(const char *a, const char *b);

/* The path of this user's cache folder: $XDG_CACHE_HOME/leukvk, or ~/.cache/leukvk. It may not exist yet. The
 * caller frees *folder with lvk_free. LVK_ERROR_IO, with *folder NULL: the user has no such folder. */
LVK_MUST_USE lvk_status lvk_cache_folder(char **folder);

/* The same, but creates the folder if it does not exist, for this user alone, and removes the temporary files of killed
 * processes. LVK_ERROR_IO, with *folder NULL: the user has no such folder, it cannot be created, or others may have put
 * files there: it belongs to another user, or every user may write there. */
LVK_MUST_USE lvk_status lvk_cache_folder_open(char **folder);

/* The part of `path` after the last '/', a pointer into `path`. */
const char *lvk_path_name(const char *path);

#endif
