#define _DEFAULT_SOURCE /* flock */
#define _XOPEN_SOURCE   700
#include "core/unfinished.h"

#include "core/file.h"
#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { MOST_MARK = 4096 };

static lvk_status fail_errno(const char *path) {
    return lvk_fail(errno == ENOMEM ? LVK_ERROR_MEMORY : LVK_ERROR_IO, "%s: %s", path, strerror(errno));
}

static bool is_mark(const char *name) {
    return strcmp(name, LVK_UNFINISHED_NAME) == 0;
}

/* Fails if the folder holds anything but the mark. The folder need not exist. */
static lvk_status check_bare(const char *path) {
    char name[LVK_FILE_NAME_SIZE];
    LVK_TRY(lvk_folder_find(path, is_mark, name));
    return *name ? lvk_fail(LVK_ERROR_ARGUMENT, "%s: is not empty (it holds %s)", path, name) : LVK_OK;
}

/* Sets *begun to whether the folder holds a mark of this work. Fails with the mark of another work, or, if
 * the mark is still empty, with any other file in the folder. */
static lvk_status look(const char *folder, const char *mark, const char *work, bool *begun) {
    void *text = NULL;
    size_t size = 0;
    *begun = false;
    if (lvk_path_is_file(mark))
        LVK_TRY(lvk_file_read(mark, MOST_MARK, &text, &size));
    lvk_status status = LVK_OK;
    if (size == 0) {
        status = check_bare(folder);
    } else if (strncmp(text, work, strlen(work)) == 0) {
        *begun = true;
    } else {
        ((char *)text)[strcspn(text, "\n")] = '\0';
        status = lvk_fail(LVK_ERROR_ARGUMENT,
                          "%s: holds a part of other work (%s); finish that, or remove the folder", folder,
                          (const char *)text);
    }
    lvk_free(text);
    return status;
}

lvk_status lvk_unfinished_check(const char *folder, const char *work) {
    bool begun;
    char *mark = lvk_path_join(folder, LVK_UNFINISHED_NAME);
    const lvk_status status = mark ? look(folder, mark, work, &begun) : LVK_ERROR_MEMORY;
    lvk_free(mark);
    return status;
}

static lvk_status lock_mark(lvk_unfinished *tree, const char *folder) {
    tree->lock = open(tree->mark, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (tree->lock < 0)
        return fail_errno(tree->mark);
    if (flock(tree->lock, LOCK_EX | LOCK_NB) == 0)
        return LVK_OK;
    return errno == EWOULDBLOCK ? lvk_fail(LVK_ERROR_IO, "%s: another process writes this folder", folder)
                                : fail_errno(tree->mark);
}

static lvk_status write_all(const lvk_unfinished *tree, const char *work) {
    const size_t length = strlen(work);
    for (size_t done = 0; done < length;) {
        const ssize_t put = pwrite(tree->lock, work + done, length - done, (off_t)done);
        if (put < 0 && errno != EINTR)
            return fail_errno(tree->mark);
        done += put < 0 ? 0 : (size_t)put;
    }
    return fsync(tree->lock) == 0 ? LVK_OK : fail_errno(tree->mark);
}

static lvk_status write_mark(const lvk_unfinished *tree, const char *folder, const char *work) {
    LVK_TRY(write_all(tree, work));
    const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return errno == EACCES ? LVK_OK : fail_errno(folder);
    /* so that the mark is on the disk before any file of the tree; some file systems flush no folders */
    const lvk_status status = fsync(file) == 0 || errno == EINVAL ? LVK_OK : fail_errno(folder);
    close(file);
    return status;
}

lvk_status lvk_unfinished_begin(const char *folder, const char *work, lvk_unfinished *tree) {
    *tree = (lvk_unfinished){.lock = -1};
    LVK_TRY(lvk_unfinished_check(folder, work)); /* so that no mark is written into a folder of other files */
    LVK_TRY(lvk_folder_create(folder));
    tree->mark = lvk_path_join(folder, LVK_UNFINISHED_NAME);
    lvk_status status = tree->mark ? lock_mark(tree, folder) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = look(folder, tree->mark, work, &tree->again);
    if (status == LVK_OK && !tree->again)
        status = write_mark(tree, folder, work);
    return status == LVK_OK ? LVK_OK : lvk_unfinished_close(tree, status);
}

lvk_status lvk_unfinished_write(const lvk_unfinished *tree, const char *path, const void *data, size_t size) {
    if (tree->again && unlink(path) != 0 && errno != ENOENT)
        return fail_errno(path);
    return lvk_file_create(path, data, size);
}

lvk_status lvk_unfinished_close(lvk_unfinished *tree, lvk_status status) {
    if (status == LVK_OK && unlink(tree->mark) != 0)
        status = fail_errno(tree->mark);
    if (tree->lock >= 0)
        close(tree->lock);
    lvk_free(tree->mark);
    *tree = (lvk_unfinished){.lock = -1};
    return status;
}
