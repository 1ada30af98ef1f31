/* Writing files: beside the target and renamed into place, or in place where the target is no plain file. */
#define _DEFAULT_SOURCE /* flock */
#define _XOPEN_SOURCE   700
#include "core/file.h"

#include "core/memory.h"
#include "core/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_LINKS = 40, SUFFIX_DIGITS = 13, MOST_NAME = NAME_MAX - SUFFIX_DIGITS - 8, ATTEMPTS = 100 };
static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567", mark[] = ".tmp-";

static lvk_status fail_errno(const char *path) {
    return lvk_fail(errno == ENOMEM ? LVK_ERROR_MEMORY : LVK_ERROR_IO, "%s: %s", path, strerror(errno));
}

/* ---- bytes ---- */

static lvk_status write_all(int file, const char *path, const lvk_span *span) {
    for (size_t done = 0; done < span->size;) {
        const ssize_t put = write(file, (const char *)span->data + done, span->size - done);
        if (put < 0 && errno == EAGAIN) /* a pipe that another process has opened with O_NONBLOCK */
            (void)poll(&(struct pollfd){.fd = file, .events = POLLOUT}, 1, -1);
        else if (put < 0 && errno != EINTR)
            return fail_errno(path);
        done += put < 0 ? 0 : (size_t)put;
    }
    return LVK_OK;
}

static lvk_status write_spans(int file, const char *path, const lvk_span *spans, size_t count) {
    lvk_status status = LVK_OK;
    for (size_t i = 0; i < count && status == LVK_OK; ++i)
        status = write_all(file, path, &spans[i]);
    return status;
}

/* Flushes the file to the disk if `flush` and nothing has failed, and closes it in any case. */
static lvk_status finish_file(int file, const char *path, bool flush, lvk_status status) {
    if (status == LVK_OK && flush && fsync(file) != 0)
        status = fail_errno(path);
    if (close(file) != 0 && status == LVK_OK)
        status = fail_errno(path);
    return status;
}

/* ---- temporaries ---- */

/* Makes a random path "NAME.tmp-abcdefghijklm" in the folder of the file NAME. A very long NAME is
 * shortened. */
static lvk_status temporary_name(const char *path, char **temporary) {
    uint64_t number = 0;
    char suffix[SUFFIX_DIGITS + 1] = "";
    *temporary = NULL;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        return lvk_fail(LVK_ERROR_IO, "%s: no random numbers from the system: %s", path, strerror(errno));
    for (int i = 0; i < SUFFIX_DIGITS; ++i, number >>= 5)
        suffix[i] = digits[number & 31];
    const char *name = lvk_path_name(path);
    size_t length = strlen(name);
    while (length > MOST_NAME || (length && ((unsigned char)name[length] & 0xC0U) == 0x80))
        --length; /* back to the beginning of a UTF-8 character */
    *temporary = lvk_format("%.*s%s%s", (int)((size_t)(name - path) + length), path, mark, suffix);
    return *temporary ? LVK_OK : LVK_ERROR_MEMORY;
}

/* Whether the file still has a name. A process that cleared the folder may have removed it before it was
 * locked. */
static bool is_linked(int file) {
    struct stat info;
    return fstat(file, &info) == 0 && info.st_nlink > 0;
}

/* Creates a new temporary file and locks it, so that lvk_folder_clear sees that it is in use. If the file
 * cannot be created, *error is the system's error number. */
static lvk_status create_temporary(const char *path, mode_t mode, char **name, int *file, int *error) {
    *name = NULL;
    *file = -1;
    *error = 0;
    for (int attempt = 0; attempt < ATTEMPTS; ++attempt) {
        char *temporary;
        LVK_TRY(temporary_name(path, &temporary));
        const int made = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        *error = made < 0 ? errno : 0;
        const bool taken = *error == EEXIST;
        if (made < 0 && !taken) {
            const lvk_status status = fail_errno(path);
            lvk_free(temporary);
            return status;
        }
        if (made >= 0 && (flock(made, LOCK_EX) != 0 || is_linked(made))) { /* not every file system locks */
            *name = temporary;
            *file = made;
            return LVK_OK;
        }
        if (made >= 0)
            close(made);
        lvk_free(temporary);
    }
    return lvk_fail(LVK_ERROR_IO, "%s: no free name for a temporary file", path);
}

/* Older versions named temporary files ".tmp-1234", by the number of the process; these count too. */
bool lvk_file_is_temporary(const char *name) {
    const char *dot = strrchr(name, '.');
    if (!dot || strncmp(dot, mark, sizeof mark - 1) != 0)
        return false;
    const char *suffix = dot + sizeof mark - 1;
    const size_t length = strlen(suffix);
    return length && (strspn(suffix, "0123456789") == length ||
                      (length == SUFFIX_DIGITS && strspn(suffix, digits) == length));
}

void lvk_folder_clear(const char *path) {
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (!lvk_file_is_temporary(entry->d_name))
            continue;
        const int file = openat(dirfd(folder), entry->d_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        struct stat info;
        if (file >= 0 && fstat(file, &info) == 0 && S_ISREG(info.st_mode) &&
            flock(file, LOCK_EX | LOCK_NB) == 0)
            unlinkat(dirfd(folder), entry->d_name, 0);
        if (file >= 0)
            close(file);
    }
    if (folder)
        closedir(folder);
}

static char *folder_of(const char *path) {
    const size_t length = (size_t)(lvk_path_name(path) - path);
    return length ? lvk_format("%.*s", (int)length, path) : lvk_strdup(".");
}

void lvk_folder_clear_beside(const char *path) {
    char *folder = folder_of(path);
    if (folder)
        lvk_folder_clear(folder);
    lvk_free(folder);
}

/* ---- in place ---- */

/* The descriptor for which a path like /dev/stdout or /dev/fd/5 stands; -1 for another path. Data is written
 * to such a descriptor directly, at its own position, since other processes may have the same file open. */
static int descriptor_of(const char *path, const struct stat *info) {
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    uint64_t number;
    if (strcmp(path, "/dev/stdout") == 0 || strcmp(path, "/dev/stderr") == 0)
        return path[8] == 'o' ? STDOUT_FILENO : STDERR_FILENO;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; ++i)
        if (strncmp(path, folders[i], strlen(folders[i])) == 0 &&
            lvk_number_parse_u64(path + strlen(folders[i]), INT_MAX, &number))
            return (int)number;
    for (int standard = STDOUT_FILENO; info && standard <= STDERR_FILENO; ++standard) {
        struct stat other;
        if (fstat(standard, &other) == 0 && other.st_dev == info->st_dev && other.st_ino == info->st_ino)
            return standard;
    }
    return -1;
}

static lvk_status write_descriptor(int descriptor, const char *path, const lvk_span *spans, size_t count) {
    const int file = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    return file < 0 ? fail_errno(path)
                    : finish_file(file, path, false, write_spans(file, path, spans, count));
}

/* Writes to a device, a pipe, or a plain file that cannot be replaced by another. */
static lvk_status write_in_place(const char *path, bool plain, const lvk_span *spans, size_t count) {
    const int file = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | (plain ? O_TRUNC | O_NOFOLLOW : 0));
    return file < 0 ? fail_errno(path)
                    : finish_file(file, path, plain, write_spans(file, path, spans, count));
}

/* ---- by renaming ---- */

/* Replaces *path, a link, by the path to which the link leads; NULL after a failure. */
static lvk_status read_link(char **path) {
    char text[PATH_MAX];
    const ssize_t length = readlink(*path, text, sizeof text - 1);
    lvk_status status = length < 0 ? fail_errno(*path) : LVK_OK;
    char *target = NULL;
    if (status == LVK_OK) {
        text[length] = '\0';
        const int folder = *text == '/' ? 0 : (int)(lvk_path_name(*path) - *path);
        target = lvk_format("%.*s%s", folder, *path, text);
        status = target ? LVK_OK : LVK_ERROR_MEMORY;
    }
    lvk_free(*path);
    *path = target;
    return status;
}

/* Sets *real to `path` with the links at its end resolved; the file itself need not exist. A link that
 * neither this user nor the administrator owns is refused, since whoever made it would choose which of this
 * user's files is overwritten. */
static lvk_status resolve_links(const char *path, char **real) {
    struct stat info;
    *real = lvk_strdup(path);
    if (!*real)
        return LVK_ERROR_MEMORY;
    for (int links = 0;; ++links) {
        if (lstat(*real, &info) != 0 || !S_ISLNK(info.st_mode))
            return LVK_OK;
        lvk_status status = LVK_OK;
        if (info.st_uid != geteuid() && info.st_uid != 0)
            status =
                lvk_fail(LVK_ERROR_IO, "%s: is another user's link; name the file that it leads to", *real);
        else if (links == MOST_LINKS)
            status = lvk_fail(LVK_ERROR_IO, "%s: %s", path, strerror(ELOOP));
        if (status != LVK_OK) {
            lvk_free(*real);
            *real = NULL;
            return status;
        }
        LVK_TRY(read_link(real));
    }
}

/* Gives a new file the mode, owner and group of the file that it replaces, as far as the system allows it. If
 * the group cannot be kept, the new group gets only the rights that everybody has. */
static void keep_access(int file, const struct stat *old) {
    struct stat now;
    mode_t mode = old->st_mode & 0777U;
    if (fstat(file, &now) == 0 && (now.st_uid != old->st_uid || now.st_gid != old->st_gid) &&
        fchown(file, old->st_uid, old->st_gid) != 0 && now.st_gid != old->st_gid &&
        fchown(file, (uid_t)-1, old->st_gid) != 0)
        mode &= 0707U | (mode & 07U) << 3U;
    (void)fchmod(file, mode);
}

/* Flushes the folder of `path` to the disk, so that a rename in it survives a power failure. Some folders can be
 * written to but not opened, and some file systems flush no folders (EINVAL). */
static lvk_status sync_folder_of(const char *path) {
    char *folder = folder_of(path);
    if (!folder)
        return LVK_ERROR_MEMORY;
    const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    lvk_free(folder);
    if (file < 0)
        return errno == EACCES ? LVK_OK : fail_errno(path);
    const lvk_status status = fsync(file) == 0 || errno == EINVAL ? LVK_OK : fail_errno(path);
    close(file);
    return status;
}

/* Whether the error says that the folder takes no new file, or that the file is a mount point. The file can
 * then only be overwritten in place. */
static bool only_in_place(int error) {
    return error == EACCES || error == EPERM || error == EROFS || error == EBUSY;
}

/* Replaces the file at `path` by renaming. `old` describes the file that exists there; NULL if there is
 * none. */
static lvk_status replace(const char *path, const struct stat *old, const lvk_span *spans, size_t count) {
    char *temporary;
    int file, error;
    lvk_status status = create_temporary(path, old ? 0600 : 0666, &temporary, &file, &error);
    if (status != LVK_OK)
        return old && only_in_place(error) ? write_in_place(path, true, spans, count) : status;
    status = write_spans(file, path, spans, count);
    if (status == LVK_OK && old)
        keep_access(file, old);
    if (status == LVK_OK && fsync(file) != 0)
        status = fail_errno(path);
    bool in_place = false;
    if (status == LVK_OK && rename(temporary, path) != 0) {
        in_place = old && only_in_place(errno);
        status = fail_errno(path);
    }
    if (status != LVK_OK)
        unlink(temporary);
    else
        status = sync_folder_of(path);
    status = finish_file(file, path, false, status); /* which releases the lock, only now */
    lvk_free(temporary);
    return in_place ? write_in_place(path, true, spans, count) : status;
}

lvk_status lvk_file_write_spans(const char *path, const lvk_span *spans, size_t count) {
    struct stat info;
    const bool exists = stat(path, &info) == 0;
    const int descriptor = descriptor_of(path, exists ? &info : NULL);
    if (descriptor >= 0)
        return write_descriptor(descriptor, path, spans, count);
    if (exists && S_ISDIR(info.st_mode))
        return lvk_fail(LVK_ERROR_IO, "%s: is a folder, a file was expected", path);
    if (exists && !S_ISREG(info.st_mode))
        return write_in_place(path, false, spans, count);
    char *real;
    LVK_TRY(resolve_links(path, &real));
    const lvk_status status = replace(real, exists ? &info : NULL, spans, count);
    lvk_free(real);
    return status;
}

lvk_status lvk_file_write(const char *path, const void *data, size_t size) {
    const lvk_span span = {data, size};
    return lvk_file_write_spans(path, &span, 1);
}

lvk_status lvk_file_create(const char *path, const void *data, size_t size) {
    const lvk_span span = {data, size};
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    return file < 0 ? fail_errno(path) : finish_file(file, path, false, write_spans(file, path, &span, 1));
}
