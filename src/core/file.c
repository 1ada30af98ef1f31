#define _DEFAULT_SOURCE /* flock */
#define _XOPEN_SOURCE   700
#include "core/file.h"

#include "core/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
    const int file =
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* else open() of a pipe may never return */
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

bool lvk_path_is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool lvk_path_is_own(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && info.st_uid == geteuid();
}

bool lvk_path_is_file(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool lvk_folder_has(const char *folder, const char *name) {
    char path[PATH_MAX]; /* the system takes no longer one */
    const bool divided = !*folder || folder[strlen(folder) - 1] == '/';
    const int length = snprintf(path, sizeof path, "%s%s%s", folder, divided ? "" : "/", name);
    return length > 0 && (size_t)length < sizeof path && lvk_path_is_file(path);
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
    return *a && *b != '/' ? lvk_format("%s%s%s", a, a[length - 1] == '/' ? "" : "/", b) : lvk_strdup(b);
}

lvk_status lvk_cache_folder(char **folder) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    *folder = NULL;
    if (cache && *cache == '/')
        *folder = lvk_path_join(cache, "leukvk");
    else if (home && *home == '/')
        *folder = lvk_path_join(home, ".cache/leukvk");
    else
        return lvk_fail(LVK_ERROR_IO, "there is no cache folder: neither XDG_CACHE_HOME nor HOME names one");
    return *folder ? LVK_OK : LVK_ERROR_MEMORY;
}

bool lvk_file_is_left(const char *name) {
    return strcmp(name, ".lock") == 0 || lvk_file_is_temporary(name);
}

lvk_status lvk_folder_find(const char *path, bool (*ignored)(const char *), char name[LVK_FILE_NAME_SIZE]) {
    name[0] = '\0';
    DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT ? LVK_OK : fail_errno(path);
    errno = 0;
    for (struct dirent *entry; !name[0] && (entry = readdir(folder)); errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && !ignored(entry->d_name))
            snprintf(name, LVK_FILE_NAME_SIZE, "%s", entry->d_name);
    const lvk_status status = name[0] || errno == 0 ? LVK_OK : fail_errno(path);
    closedir(folder);
    return status;
}

/* Creates the cache folder for this user alone. Another's is not trusted: drivers take what is kept there as it is. */
static lvk_status create_cache(const char *folder) {
    char *parent = lvk_format("%.*s", (int)(lvk_path_name(folder) - folder), folder);
    struct stat info;
    lvk_status status = parent ? lvk_folder_create(parent) : LVK_ERROR_MEMORY;
    lvk_free(parent);
    LVK_TRY(status);
    if ((mkdir(folder, 0700) != 0 && errno != EEXIST) || stat(folder, &info) != 0)
        return fail_errno(folder);
    if (!S_ISDIR(info.st_mode))
        return lvk_fail(LVK_ERROR_IO, "%s: is no folder", folder);
    if (info.st_uid != geteuid())
        return lvk_fail(LVK_ERROR_IO, "%s: belongs to another user, whose files are not trusted", folder);
    if (info.st_mode & S_IWOTH)
        return lvk_fail(LVK_ERROR_IO, "%s: every user may write there, so that its files are not trusted",
                        folder);
    return LVK_OK;
}

lvk_status lvk_cache_folder_open(char **folder) {
    LVK_TRY(lvk_cache_folder(folder));
    const lvk_status status = create_cache(*folder);
    if (status == LVK_OK) {
        lvk_folder_clear(*folder);
        return LVK_OK;
    }
    lvk_free(*folder);
    *folder = NULL;
    return status;
}

const char *lvk_path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
