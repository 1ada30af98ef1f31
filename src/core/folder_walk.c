#define _XOPEN_SOURCE 700
#include "core/folder_walk.h"

#include "core/file.h"
#include "core/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_DEPTH = 32 };

typedef struct path_list {
    const char **paths;
    size_t count, capacity;
} path_list;

/* A folder, by numbers that do not depend on the path that leads to it. */
typedef struct place {
    dev_t device;
    ino_t number;
    bool used;
} place;

typedef struct folder_walk {
    const char *root;
    const lvk_folder_visitor *visitor;
    void *user;
    lvk_arena own, *texts;  /* memory of the paths in the lists: its own, or the visitor's */
    path_list files, links; /* files, and links to folders that are not followed yet */
    bool follows;           /* all folders have been read to which no link leads; now links are followed */
    place *seen;            /* a hash table of seen_room entries, a power of two */
    size_t seen_count, seen_room;
} folder_walk;

static lvk_status fail_errno(const char *path, int error) {
    return lvk_fail(error == ENOMEM ? LVK_ERROR_MEMORY : LVK_ERROR_IO, "%s: %s", path, strerror(error));
}

/* ---- folders that have been read ---- */

/* The folder's entry in the hash table, or the empty entry in which to put it. */
static place *find_place(const folder_walk *w, const struct stat *info) {
    size_t at = ((size_t)info->st_ino * 0x9E3779B97F4A7C15U ^ (size_t)info->st_dev) & (w->seen_room - 1);
    while (w->seen[at].used && (w->seen[at].device != info->st_dev || w->seen[at].number != info->st_ino))
        at = (at + 1) & (w->seen_room - 1);
    return &w->seen[at];
}

static lvk_status grow_seen(folder_walk *w) {
    folder_walk larger = *w;
    larger.seen_room = w->seen_room ? w->seen_room * 2 : 64;
    larger.seen = lvk_alloc(larger.seen_room, sizeof *larger.seen);
    if (!larger.seen)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < w->seen_room; ++i)
        if (w->seen[i].used)
            *find_place(&larger, &(struct stat){.st_dev = w->seen[i].device, .st_ino = w->seen[i].number}) =
                w->seen[i];
    lvk_free(w->seen);
    w->seen = larger.seen;
    w->seen_room = larger.seen_room;
    return LVK_OK;
}

/* Adds the folder to the table, and sets *again to whether it was there before. */
static lvk_status note_place(folder_walk *w, const struct stat *info, bool *again) {
    if (w->seen_count * 2 >= w->seen_room)
        LVK_TRY(grow_seen(w));
    place *entry = find_place(w, info);
    *again = entry->used;
    w->seen_count += !entry->used;
    *entry = (place){info->st_dev, info->st_ino, true};
    return LVK_OK;
}

/* ---- entries of a folder ---- */

/* Sets `entry` to the next entry of the folder, or NULL after the last one. */
static lvk_status next_entry(DIR *folder, const char *root, const char *relative, struct dirent **entry) {
    errno = 0;
    *entry = readdir(folder);
    return *entry || errno == 0
               ? LVK_OK
               : lvk_fail(LVK_ERROR_IO, "%s%s%s: %s", root, *relative ? "/" : "", relative, strerror(errno));
}

typedef enum kind_of_file {
    FILE_KIND,
    FOLDER_KIND,
    FOLDER_LINK_KIND,
    DEAD_LINK_KIND,
    OTHER_KIND
} kind_of_file;

/* Finds the kind of a file. An error of the system that may pass is a failure. */
static lvk_status find_kind(const char *path, kind_of_file *kind) {
    struct stat info;
    *kind = OTHER_KIND;
    if (lstat(path, &info) != 0)
        return errno == ENOENT ? LVK_OK : fail_errno(path, errno);
    const bool is_link = S_ISLNK(info.st_mode);
    if (is_link && stat(path, &info) != 0) {
        *kind = DEAD_LINK_KIND;
        return errno == ENOENT || errno == ELOOP || errno == ENOTDIR ? LVK_OK : fail_errno(path, errno);
    }
    if (S_ISDIR(info.st_mode))
        *kind = is_link ? FOLDER_LINK_KIND : FOLDER_KIND;
    if (S_ISREG(info.st_mode))
        *kind = FILE_KIND;
    return LVK_OK;
}

/* Whether the error says that this user may not read a folder, unlike errors that may go away by
 * themselves. */
static bool is_denied(int error) {
    return error == EACCES || error == EPERM;
}

/* Handles the folder `relative`, which could not be read because of `error`: tells the visitor, or fails. */
static lvk_status fail_folder(const folder_walk *w, const char *relative, int error) {
    if (*relative && is_denied(error) && w->visitor->unreadable)
        return w->visitor->unreadable(w->user, relative, strerror(error));
    return lvk_fail(LVK_ERROR_IO, "%s%s%s: %s", w->root, *relative ? "/" : "", relative, strerror(error));
}

static lvk_status collect(folder_walk *w, const char *relative, int depth);

/* Appends a copy of `name`, a path relative to the root, to the list. */
static lvk_status take_named(folder_walk *w, path_list *list, const char *name) {
    LVK_TRY(LVK_GROW(&list->paths, &list->capacity, list->count));
    char *copy = lvk_arena_strdup(w->texts, name);
    if (!copy)
        return LVK_ERROR_MEMORY;
    list->paths[list->count++] = copy;
    return LVK_OK;
}

/* Collects the file or link `name`, or what is in the folder `name`, a path relative to the root. */
static lvk_status collect_named(folder_walk *w, const char *name, int depth) {
    const lvk_folder_visitor *visitor = w->visitor;
    char *full = lvk_path_join(w->root, name);
    kind_of_file kind = OTHER_KIND;
    const lvk_status status = full ? find_kind(full, &kind) : LVK_ERROR_MEMORY;
    lvk_free(full);
    LVK_TRY(status);
    if (kind == FILE_KIND)
        return take_named(w, &w->files, name);
    if (kind == OTHER_KIND || (visitor->enters && !visitor->enters(w->user, lvk_path_name(name))))
        return LVK_OK;
    if (kind == FOLDER_KIND)
        return collect(w, name, depth + 1);
    if (!visitor->link_left)
        return LVK_OK;
    return kind == FOLDER_LINK_KIND ? take_named(w, &w->links, name)
                                    : visitor->link_left(w->user, name, true);
}

/* The same for the entry `name` of the folder `relative`. */
static lvk_status collect_entry(folder_walk *w, const char *relative, const char *name, int depth) {
    char *path = lvk_path_join(relative, name);
    const lvk_status status = path ? collect_named(w, path, depth) : LVK_ERROR_MEMORY;
    lvk_free(path);
    return status;
}

/* Whether this user may search the folder. Without this right, the names in it can be read, but its files
 * cannot. */
static bool may_search(DIR *folder) {
    return faccessat(dirfd(folder), ".", X_OK, AT_EACCESS) == 0 || !is_denied(errno);
}

static lvk_status collect_entries(folder_walk *w, DIR *folder, const char *relative, int depth) {
    for (;;) {
        struct dirent *entry;
        LVK_TRY(next_entry(folder, w->root, relative, &entry));
        if (!entry)
            return LVK_OK;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            LVK_TRY(collect_entry(w, relative, entry->d_name, depth));
    }
}

static lvk_status collect_folder(folder_walk *w, DIR *folder, const char *relative, int depth) {
    struct stat info;
    bool again;
    if (fstat(dirfd(folder), &info) != 0)
        return fail_folder(w, relative, errno);
    LVK_TRY(note_place(w, &info, &again));
    if (again && w->follows) /* without links a folder is met only once, even if its numbers are not unique */
        return w->visitor->link_left ? w->visitor->link_left(w->user, relative, false) : LVK_OK;
    if (*relative && w->visitor->folder)
        LVK_TRY(w->visitor->folder(w->user, relative));
    return collect_entries(w, folder, relative, depth);
}

static lvk_status collect(folder_walk *w, const char *relative, int depth) {
    if (depth > MOST_DEPTH)
        return lvk_fail(LVK_ERROR_LIMIT, "%s/%s: folders nested more than %d deep", w->root, relative,
                        MOST_DEPTH);
    char *path = *relative ? lvk_path_join(w->root, relative) : lvk_strdup(w->root);
    if (!path)
        return LVK_ERROR_MEMORY;
    DIR *folder = opendir(path);
    const lvk_status status = folder && may_search(folder) ? collect_folder(w, folder, relative, depth)
                                                           : fail_folder(w, relative, errno);
    lvk_free(path);
    if (folder)
        closedir(folder);
    return status;
}

/* ---- the walk ---- */

static int compare_paths(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(path_list *list) {
    if (list->count)
        qsort(list->paths, list->count, sizeof *list->paths, compare_paths);
}

static int depth_of(const char *path) {
    int depth = 1;
    for (; *path; ++path)
        depth += *path == '/';
    return depth;
}

/* Sets *above to whether the link leads to a folder that contains the root, with which everything in that
 * folder would be read. */
static lvk_status leads_above(const folder_walk *w, const char *relative, bool *above) {
    char *path = lvk_path_join(w->root, relative);
    if (!path)
        return LVK_ERROR_MEMORY;
    char *root = realpath(w->root, NULL),
         *target = realpath(path, NULL); /* allocated by malloc(), so that free() releases it */
    const size_t length = target ? strlen(target) : 0;
    *above = root && target &&
             (strcmp(target, "/") == 0 || (strncmp(root, target, length) == 0 && root[length] == '/'));
    free(root);
    free(target);
    lvk_free(path);
    return LVK_OK;
}

static lvk_status follow(folder_walk *w, const char *relative) {
    bool above;
    LVK_TRY(leads_above(w, relative, &above));
    return above ? w->visitor->link_left(w->user, relative, false) : collect(w, relative, depth_of(relative));
}

/* Follows the links that were found, then the links that were found in their folders, and so on. */
static lvk_status follow_links(folder_walk *w) {
    lvk_status status = LVK_OK;
    w->follows = true;
    while (w->links.count && status == LVK_OK) {
        path_list links = w->links;
        w->links = (path_list){0};
        sort(&links);
        for (size_t i = 0; i < links.count && status == LVK_OK; ++i)
            status = follow(w, links.paths[i]);
        lvk_free(links.paths);
    }
    return status;
}

lvk_status lvk_folder_walk(const char *root, const lvk_folder_visitor *visitor, void *user) {
    folder_walk w = {.root = root, .visitor = visitor, .user = user};
    w.texts = visitor->texts ? visitor->texts : &w.own;
    lvk_status status = collect(&w, "", 0);
    if (status == LVK_OK)
        status = follow_links(&w);
    sort(&w.files);
    for (size_t i = 0; i < w.files.count && status == LVK_OK; ++i)
        status = visitor->file(user, w.files.paths[i]);
    lvk_free(w.files.paths);
    lvk_free(w.links.paths);
    lvk_free(w.seen);
    lvk_arena_finish(&w.own);
    return status;
}
