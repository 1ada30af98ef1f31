/* Files and folders. Paths are UTF-8 as the system gives them. Every failure names the path. */
#ifndef LVK_CORE_FILE_H
#define LVK_CORE_FILE_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a regular file of at most `limit` bytes whole. *data has a NUL behind its *size bytes; freed with
 * lvk_free. */
LVK_MUST_USE lvk_status lvk_file_read(const char *path, size_t limit, void **data, size_t *size);

/* Writes beside the target, flushes to the disk and renames into place: after a kill at any moment `path` is
 * the old file or the new one, whole. Mode, owner and group of an old file are kept as far as we may, and a
 * link is followed: the file behind it is replaced. What is no plain file (a device, a pipe, /dev/stdout,
 * /dev/fd/N) is written to as it is, and so is a file in a folder that takes no new one. Threads and
 * processes may write the same file at the same time: the last one's stays. */
LVK_MUST_USE lvk_status lvk_file_write(const char *path, const void *data, size_t size);

/* The same for a file in two or more pieces. */
typedef struct lvk_span {
    const void *data;
    size_t size;
} lvk_span;
LVK_MUST_USE lvk_status lvk_file_write_spans(const char *path, const lvk_span *spans, size_t count);

/* Writes a file that must not exist yet, neither flushed to the disk nor renamed into place: for the many
 * files of a tree that is worth nothing until it is whole. */
LVK_MUST_USE lvk_status lvk_file_create(const char *path, const void *data, size_t size);

/* Removes temporary files that killed processes left in the folder; those that a process is writing stay. */
void lvk_folder_clear(const char *path);

/* The same in the folder in which the file `path` lies. */
void lvk_folder_clear_beside(const char *path);

/* Whether lvk_file_write gives temporary files such names: "metrics.csv.tmp-k3…". */
bool lvk_file_is_temporary(const char *name);

/* Creates the folder and its parents; an existing folder is fine. */
LVK_MUST_USE lvk_status lvk_folder_create(const char *path);

/* Locks the folder by its file .lock for this process. *lock is closed to unlock it; the system does so
 * however the process ends. LVK_ERROR_IO, *lock -1: another process has it. */
LVK_MUST_USE lvk_status lvk_folder_lock(const char *folder, int *lock);

bool lvk_path_is_folder(const char *path);
bool lvk_path_is_file(const char *path);

/* Whether both are there and one and the same, by whatever names. */
bool lvk_path_is_same(const char *a, const char *b);

/* "a/b" from "a" and "b" (b when a is empty or b begins with '/'). Freed with lvk_free; NULL when memory is
 * out. */
char *lvk_path_join(const char *a, const char *b);

/* Where this user's caches are: $XDG_CACHE_HOME/leukvk, or ~/.cache/leukvk. It may not exist yet. Freed with
 * lvk_free; NULL when there is no such place or memory is out. */
char *lvk_cache_folder(void);

/* The same, made where it is not there and cleared of what killed processes left half-written; NULL also when
 * it cannot be made. */
char *lvk_cache_folder_open(void);

/* The part behind the last '/'. Points into `path`. */
const char *lvk_path_name(const char *path);

#endif
