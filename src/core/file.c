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

static lvk_status write_all(int file, const char *path, const lvk_span *span) {
    for (size_t done = 0; done < span->size;) {
        const ssize_t put = write(file, (const char *)span->data + done, span->size - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail_errno(path);
        done += (size_t)put;
    }
    return LVK_OK;
}

/* Makes the rename itself durable. */
static void sync_folder_of(const char *path) {
    char *folder = lvk_strdup(path);
    if (!folder)
        return;
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    const int file = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0) {
        fsync(file);
        close(file);
    }
    lvk_free(folder);
}

lvk_status lvk_file_write_spans(const char *path, const lvk_span *spans, size_t count) {
    char *temporary = lvk_format("%s.tmp-%ld", path, (long)getpid());
    if (!temporary)
        return LVK_ERROR_MEMORY;
    lvk_status status = LVK_OK;
    const int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        status = fail_errno(path);
        lvk_free(temporary);
        return status;
    }
    for (size_t i = 0; i < count && status == LVK_OK; ++i)
        status = write_all(file, path, &spans[i]);
    if (status == LVK_OK && fsync(file) != 0)
        status = fail_errno(path);
    if (close(file) != 0 && status == LVK_OK)
        status = fail_errno(path);
    if (status == LVK_OK && rename(temporary, path) != 0)
        status = fail_errno(path);
    if (status == LVK_OK)
        sync_folder_of(path);
    else
        unlink(temporary);
    lvk_free(temporary);
    return status;
}

lvk_status lvk_file_write(const char *path, const void *data, size_t size) {
    const lvk_span span = {data, size};
    return lvk_file_write_spans(path, &span, 1);
}

lvk_status lvk_file_create(const char *path, const void *data, size_t size) {
    const lvk_span span = {data, size};
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        return fail_errno(path);
    lvk_status status = write_all(file, path, &span);
    if (close(file) != 0 && status == LVK_OK)
        status = fail_errno(path);
    return status;
}

lvk_status lvk_folder_check_empty(const char *path) {
    DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT ? LVK_OK : fail_errno(path);
    lvk_status status = LVK_OK;
    for (struct dirent *entry; status == LVK_OK && (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = lvk_fail(LVK_ERROR_ARGUMENT, "%s: is not empty (it holds %s)", path, entry->d_name);
    closedir(folder);
    return status;
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

typedef struct file_list {
    char **paths;
    size_t count, capacity;
} file_list;

static lvk_status collect(const char *root, const char *relative, int depth, file_list *list) {
    if (depth > 32)
        return lvk_fail(LVK_ERROR_LIMIT, "%s/%s: folders nested more than 32 deep", root, relative);
    char *path = *relative ? lvk_path_join(root, relative) : lvk_strdup(root);
    DIR *folder = path ? opendir(path) : NULL;
    lvk_status status = folder ? LVK_OK : path ? fail_errno(path) : LVK_ERROR_MEMORY;
    lvk_free(path);
    for (struct dirent *entry; status == LVK_OK && (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *name = lvk_path_join(relative, entry->d_name);
        char *full = name ? lvk_path_join(root, name) : NULL;
        struct stat info;
        if (!full) {
            status = LVK_ERROR_MEMORY;
        } else if (lstat(full, &info) == 0 && S_ISDIR(info.st_mode)) {
            status = collect(root, name, depth + 1, list);
        } else if (lvk_path_is_file(full)) {
            status = LVK_GROW(&list->paths, &list->capacity, list->count);
            if (status == LVK_OK) {
                list->paths[list->count++] = name;
                name = NULL;
            }
        }
        lvk_free(full);
        lvk_free(name);
    }
    if (folder)
        closedir(folder);
    return status;
}

static int compare_paths(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

lvk_status lvk_folder_walk(const char *root, lvk_file_visit visit, void *user) {
    file_list list = {0};
    lvk_status status = collect(root, "", 0, &list);
    if (list.count)
        qsort(list.paths, list.count, sizeof *list.paths, compare_paths);
    for (size_t i = 0; i < list.count; ++i) {
        if (status == LVK_OK)
            status = visit(user, list.paths[i]);
        lvk_free(list.paths[i]);
    }
    lvk_free(list.paths);
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

const char *lvk_path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
