#define _DEFAULT_SOURCE /* flock */
#define _XOPEN_SOURCE   700
#include "core/file.h"

#include "core/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static lvk_status fail_errno(const char *path) {
    return lvk_fail(errno == ENOMEM ? LVK_ERROR_MEMORY : LVK_ERROR_IO, "%s: %s", path, strerror(errno));
}

static lvk_status read_all(int file, const char *path, char *data, size_t size) {
    for (size_t done = 0; done < size;) {
        const ssize_t got = read(file, data + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(path);
        if (got == 0)
            return lvk_fail(LVK_ERROR_IO, "%s: ended early, after %zu of %zu bytes", path, done, size);
        done += (size_t)got;
    }
    return LVK_OK;
}

lvk_status lvk_file_read(const char *path, size_t limit, void **data, size_t *size) {
    *data = NULL;
    *size = 0;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* O_NONBLOCK: a pipe must not hang us */
    if (file < 0)
        return fail_errno(path);
    struct stat info;
    lvk_status status = LVK_OK;
    char *bytes = NULL;
    if (fstat(file, &info) != 0)
        status = fail_errno(path);
    else if (S_ISDIR(info.st_mode))
        status = lvk_fail(LVK_ERROR_IO, "%s: is a folder, a file was expected", path);
    else if (!S_ISREG(info.st_mode))
        status = lvk_fail(LVK_ERROR_IO, "%s: is not a regular file", path);
    else if ((uint64_t)info.st_size > limit)
        status = lvk_fail(LVK_ERROR_LIMIT, "%s: %lld bytes, more than the %zu that are read", path,
                          (long long)info.st_size, limit);
    if (status == LVK_OK) {
        bytes = lvk_alloc((size_t)info.st_size + 1, 1);
        status = bytes ? read_all(file, path, bytes, (size_t)info.st_size) : LVK_ERROR_MEMORY;
    }
    close(file);
    if (status != LVK_OK) {
        lvk_free(bytes);
        return status;
    }
    *data = bytes;
    *size = (size_t)info.st_size;
    return LVK_OK;
}

lvk_status lvk_folder_create(const char *path) {
    char *copy = lvk_strdup(path);
    if (!copy)
        return LVK_ERROR_MEMORY;
    lvk_status status = LVK_OK;
    for (char *at = copy + 1; status == LVK_OK; ++at) {
        const char end = *at;
        if (end != '/' && end != '\0')
            continue;
        *at = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            status = fail_errno(copy);
        *at = end;
        if (end == '\0')
            break;
    }
    if (status == LVK_OK && !lvk_path_is_folder(copy))
        status = lvk_fail(LVK_ERROR_IO, "%s: exists and is not a folder", path);
    lvk_free(copy);
    return status;
}

typedef struct folder_walk {
    const char *root;
    const lvk_folder_visitor *visitor;
    void *user;
    char **paths; /* of the files found */
    size_t count, capacity;
} folder_walk;

/* The next entry, NULL behind the last one. */
static lvk_status next_entry(DIR *folder, const char *root, const char *relative, struct dirent **entry) {
    errno = 0;
    *entry = readdir(folder);
    return *entry || errno == 0
               ? LVK_OK
               : lvk_fail(LVK_ERROR_IO, "%s%s%s: %s", root, *relative ? "/" : "", relative, strerror(errno));
}

typedef enum kind_of_file { FILE_KIND, FOLDER_KIND, OTHER_KIND } kind_of_file;

/* A link that leads nowhere is of another kind; what cannot be told at this time is a failure. */
static lvk_status find_kind(const char *path, kind_of_file *kind) {
    struct stat info;
    *kind = OTHER_KIND;
    if (lstat(path, &info) != 0)
        return errno == ENOENT ? LVK_OK : fail_errno(path);
    if (S_ISDIR(info.st_mode)) {
        *kind = FOLDER_KIND;
        return LVK_OK;
    }
    if (S_ISLNK(info.st_mode) && stat(path, &info) != 0)
        return errno == ENOENT || errno == ELOOP || errno == ENOTDIR ? LVK_OK : fail_errno(path);
    if (S_ISREG(info.st_mode))
        *kind = FILE_KIND;
    return LVK_OK;
}

/* A folder that this user may not read, which stays the same until somebody changes that. */
static bool is_denied(int error) {
    return error == EACCES || error == EPERM;
}

/* What becomes of the folder `relative`, which could not be read because of `error`. */
static lvk_status fail_folder(const folder_walk *w, const char *relative, int error) {
    if (*relative && is_denied(error) && w->visitor->unreadable)
        return w->visitor->unreadable(w->user, relative, strerror(error));
    return lvk_fail(LVK_ERROR_IO, "%s%s%s: %s", w->root, *relative ? "/" : "", relative, strerror(error));
}

static lvk_status collect(folder_walk *w, const char *relative, int depth);

/* Takes `name`, a path relative to the root, unless it is NULL. */
static lvk_status collect_entry(folder_walk *w, char *name, int depth) {
    char *full = name ? lvk_path_join(w->root, name) : NULL;
    kind_of_file kind = OTHER_KIND;
    lvk_status status = full ? find_kind(full, &kind) : LVK_ERROR_MEMORY;
    lvk_free(full);
    if (status == LVK_OK && kind == FOLDER_KIND &&
        (!w->visitor->enters || w->visitor->enters(w->user, lvk_path_name(name))))
        status = collect(w, name, depth + 1);
    if (status == LVK_OK && kind == FILE_KIND)
        status = LVK_GROW(&w->paths, &w->capacity, w->count);
    if (status == LVK_OK && kind == FILE_KIND)
        w->paths[w->count++] = name;
    else
        lvk_free(name);
    return status;
}

/* Without the right to search a folder its names can be read, and nothing else of it. */
static bool may_search(DIR *folder) {
    return faccessat(dirfd(folder), ".", X_OK, AT_EACCESS) == 0 || !is_denied(errno);
}

static lvk_status collect(folder_walk *w, const char *relative, int depth) {
    if (depth > 32)
        return lvk_fail(LVK_ERROR_LIMIT, "%s/%s: folders nested more than 32 deep", w->root, relative);
    char *path = *relative ? lvk_path_join(w->root, relative) : lvk_strdup(w->root);
    if (!path)
        return LVK_ERROR_MEMORY;
    DIR *folder = opendir(path);
    bool more = folder && may_search(folder);
    lvk_status status = more ? LVK_OK : fail_folder(w, relative, errno);
    lvk_free(path);
    while (more && status == LVK_OK) {
        struct dirent *entry;
        status = next_entry(folder, w->root, relative, &entry);
        more = entry != NULL;
        if (status == LVK_OK && more && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = collect_entry(w, lvk_path_join(relative, entry->d_name), depth);
    }
    if (folder)
        closedir(folder);
    return status;
}

static int compare_paths(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

lvk_status lvk_folder_walk(const char *root, const lvk_folder_visitor *visitor, void *user) {
    folder_walk w = {.root = root, .visitor = visitor, .user = user};
    lvk_status status = collect(&w, "", 0);
    if (w.count)
        qsort(w.paths, w.count, sizeof *w.paths, compare_paths);
    for (size_t i = 0; i < w.count; ++i) {
        if (status == LVK_OK)
            status = visitor->file(user, w.paths[i]);
        lvk_free(w.paths[i]);
    }
    lvk_free(w.paths);
    return status;
}

bool lvk_path_is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool lvk_path_is_file(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

lvk_status lvk_folder_lock(const char *folder, int *lock) {
    char *path = lvk_path_join(folder, ".lock");
    *lock = -1;
    if (!path)
        return LVK_ERROR_MEMORY;
    lvk_status status = LVK_OK;
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (*lock < 0)
        status = fail_errno(path);
    else if (flock(*lock, LOCK_EX | LOCK_NB) != 0) {
        status = errno == EWOULDBLOCK
                     ? lvk_fail(LVK_ERROR_IO, "%s: another process works in this folder", folder)
                     : fail_errno(path);
        close(*lock);
        *lock = -1;
    }
    lvk_free(path);
    return status;
}

bool lvk_path_is_same(const char *a, const char *b) {
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

char *lvk_path_join(const char *a, const char *b) {
    const size_t length = strlen(a);
    return *a ? lvk_format("%s%s%s", a, a[length - 1] == '/' ? "" : "/", b) : lvk_strdup(b);
}

char *lvk_cache_folder(void) {
    const char *folder = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (folder && *folder == '/')
        return lvk_path_join(folder, "leukvk");
    return home && *home == '/' ? lvk_path_join(home, ".cache/leukvk") : NULL;
}

char *lvk_cache_folder_open(void) {
    char *folder = lvk_cache_folder();
    if (!folder) {
        (void)lvk_fail(LVK_ERROR_IO, "there is no cache folder: neither XDG_CACHE_HOME nor HOME names one");
    } else if (lvk_folder_create(folder) == LVK_OK) {
        lvk_folder_clear(folder);
        return folder;
    }
    lvk_free(folder);
    return NULL;
}

const char *lvk_path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
