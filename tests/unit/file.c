/* Writing files: what is there is replaced whole, or written to where it is no plain file. */
#include "support/scratch.h"

#include "core/file.h"
#include "core/memory.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

TestSuite(file, .init = scratch_create, .fini = scratch_remove);

static void expect_bytes(const char *path, const char *text) {
    void *data = NULL;
    size_t size = 0;
    cr_assert_eq(lvk_file_read(path, 1 << 20, &data, &size), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq(data, text, "%s holds %s", path, (char *)data);
    lvk_free(data);
}

static void put(const char *path, const char *text) {
    cr_assert_eq(lvk_file_write(path, text, strlen(text)), LVK_OK, "%s", lvk_error_message());
}

/* How many entries the folder has. */
static int entries(void) {
    int count = -2; /* . and .. */
    DIR *folder = opendir(scratch_folder);
    cr_assert_not_null(folder);
    while (readdir(folder))
        ++count;
    closedir(folder);
    return count;
}

Test(file, a_pipe_gets_the_bytes_and_stays_a_pipe) {
    const char *path = scratch_path("pipe");
    char got[8] = "";
    struct stat info;
    cr_assert_eq(mkfifo(path, 0600), 0);
    const int reader = open(path, O_RDONLY | O_NONBLOCK);
    cr_assert_geq(reader, 0);
    put(path, "rows");
    cr_expect_eq(read(reader, got, sizeof got - 1), 4);
    cr_expect_str_eq(got, "rows");
    cr_assert_eq(lstat(path, &info), 0);
    cr_expect(S_ISFIFO(info.st_mode));
    cr_expect_eq(entries(), 1);
    close(reader);
}

/* Nodes of the test's own, as only the administrator can make them: those of the machine are not put at risk.
 */
static const char *make_node(const char *name, unsigned number) {
    const char *path = scratch_path(name);
    if (mknod(path, S_IFCHR | 0666, makedev(1, number)) != 0)
        cr_skip_test("device nodes cannot be made here: %s", strerror(errno));
    return path;
}

static void expect_node(const char *path, unsigned number) {
    struct stat info;
    const bool there = lstat(path, &info) == 0 && S_ISCHR(info.st_mode);
    cr_expect(there && info.st_rdev == makedev(1, number), "%s has been replaced", path);
}

/* As /dev/null, which predictions were written to. */
Test(file, a_device_node_stays_one) {
    const char *path = make_node("null", 3);
    const lvk_status status = lvk_file_write(path, "rows", 4);
    expect_node(path, 3);
    cr_expect(status == LVK_OK || strstr(lvk_error_message(), "denied"), "%s", lvk_error_message());
}

Test(file, a_full_device_is_an_error) {
    const char *path = make_node("full", 7);
    cr_expect_eq(lvk_file_write(path, "rows", 4), LVK_ERROR_IO);
    expect_node(path, 7);
    cr_expect(strstr(lvk_error_message(), "No space left on device") ||
                  strstr(lvk_error_message(), "denied"), /* where /tmp has no devices */
              "%s", lvk_error_message());
}

Test(file, links_are_followed) {
    put(scratch_path("target"), "old");
    cr_assert_eq(symlink("target", scratch_path("near")), 0);
    cr_assert_eq(symlink(scratch_path("near"), scratch_path("far")), 0);
    put(scratch_path("far"), "new");
    expect_bytes(scratch_path("target"), "new");
    struct stat info;
    cr_expect(lstat(scratch_path("far"), &info) == 0 && S_ISLNK(info.st_mode));
    cr_expect(lstat(scratch_path("near"), &info) == 0 && S_ISLNK(info.st_mode));
    cr_assert_eq(symlink("not-yet", scratch_path("dangling")), 0);
    put(scratch_path("dangling"), "made");
    expect_bytes(scratch_path("not-yet"), "made");
    cr_assert_eq(symlink("loop", scratch_path("loop")), 0);
    cr_expect_eq(lvk_file_write(scratch_path("loop"), "x", 1), LVK_ERROR_IO);
    cr_expect_not_null(strstr(lvk_error_message(), "loop"), "%s", lvk_error_message());
    cr_expect_eq(entries(), 6);
}

Test(file, a_link_that_another_user_planted_is_refused) {
    put(scratch_path("mine"), "precious");
    cr_assert_eq(symlink("mine", scratch_path("planted")), 0);
    if (lchown(scratch_path("planted"), 65534, 65534) != 0)
        cr_skip_test("only the administrator gives files away");
    cr_expect_eq(lvk_file_write(scratch_path("planted"), "gone", 4), LVK_ERROR_IO);
    cr_expect_not_null(strstr(lvk_error_message(), "another user's link"), "%s", lvk_error_message());
    expect_bytes(scratch_path("mine"), "precious");
}

Test(file, mode_and_owner_stay) {
    const char *path = scratch_path("kept");
    struct stat info;
    put(path, "old");
    const bool administrator = chown(path, 65534, 65534) == 0;
    cr_assert_eq(chmod(path, 0640), 0);
    put(path, "new");
    expect_bytes(path, "new");
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_mode & 07777, 0640, "mode %o", info.st_mode & 07777);
    if (administrator)
        cr_expect(info.st_uid == 65534 && info.st_gid == 65534);
    umask(027);
    put(scratch_path("made"), "x");
    cr_assert_eq(stat(scratch_path("made"), &info), 0);
    cr_expect_eq(info.st_mode & 07777, 0640, "the mode of a new file is the mask's: %o",
                 info.st_mode & 07777);
}

/* A file behind standard output is open elsewhere: replaced, it would get none of what is printed later. */
Test(file, standard_output_is_written_to) {
    const char *path = scratch_path("out.txt");
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        const int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(file, STDOUT_FILENO);
        bool ok = write(STDOUT_FILENO, "first ", 6) == 6;
        ok = ok && lvk_file_write("/proc/self/fd/1", "second ", 7) == LVK_OK;
        ok = ok && lvk_file_write(path, "third ", 6) == LVK_OK;
        ok = ok && lvk_file_write("/dev/fd/1", "fourth", 6) == LVK_OK;
        _exit(!ok);
    }
    int status;
    waitpid(child, &status, 0);
    cr_expect_eq(status, 0);
    expect_bytes(path, "first second third fourth");
    cr_expect_eq(lvk_file_write("/dev/fd/999", "x", 1), LVK_ERROR_IO);
    cr_expect_str_eq(lvk_error_message(), "/dev/fd/999: Bad file descriptor");
}

Test(file, a_folder_is_no_file) {
    cr_expect_eq(lvk_file_write(scratch_folder, "x", 1), LVK_ERROR_IO);
    cr_expect_not_null(strstr(lvk_error_message(), "is a folder"), "%s", lvk_error_message());
}

Test(file, a_longest_name_can_be_written) {
    char name[256];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    char *path = lvk_format("%s/%s", scratch_folder, name);
    put(path, "x");
    expect_bytes(path, "x");
    lvk_free(path);
}

/* ---- temporaries ---- */

enum { WRITERS = 8, ROUNDS = 40, BYTES = 20000 };

typedef struct writer {
    const char *path;
    char letter;
} writer;

static void *write_often(void *argument) {
    const writer *w = argument;
    char bytes[BYTES];
    memset(bytes, w->letter, sizeof bytes);
    for (int round = 0; round < ROUNDS; ++round)
        if (lvk_file_write(w->path, bytes, sizeof bytes) != LVK_OK)
            return lvk_strdup(lvk_error_message());
    return NULL;
}

/* Each has a temporary of its own: the file is one writer's, whole. */
Test(file, threads_write_one_file) {
    pthread_t threads[WRITERS];
    writer writers[WRITERS];
    char *path = lvk_format("%s/shared", scratch_folder); /* scratch_path is for one thread */
    for (int i = 0; i < WRITERS; ++i) {
        writers[i] = (writer){path, (char)('a' + i)};
        cr_assert_eq(pthread_create(&threads[i], NULL, write_often, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; ++i) {
        void *failed;
        pthread_join(threads[i], &failed);
        cr_expect_null(failed, "writer %d: %s", i, (char *)failed);
        lvk_free(failed);
    }
    lvk_free(path);
    void *data = NULL;
    size_t size;
    cr_assert_eq(lvk_file_read(scratch_path("shared"), 1 << 20, &data, &size), LVK_OK);
    cr_expect_eq(size, BYTES);
    for (size_t i = 1; i < size; ++i)
        cr_assert_eq(((char *)data)[i], ((char *)data)[0]);
    lvk_free(data);
    cr_expect_eq(entries(), 1, "temporaries are left");
}

/* The names of temporaries were known beforehand, and a link under such a name was followed. */
Test(file, a_planted_link_is_not_followed) {
    put(scratch_path("mine"), "precious");
    char *planted = lvk_format("%s/out.csv.tmp-%ld", scratch_folder, (long)getpid());
    cr_assert_eq(symlink(scratch_path("mine"), planted), 0);
    put(scratch_path("out.csv"), "rows");
    expect_bytes(scratch_path("mine"), "precious");
    expect_bytes(scratch_path("out.csv"), "rows");
    lvk_free(planted);
}

Test(file, only_what_nobody_writes_is_cleared) {
    put(scratch_path("a.csv.tmp-1234"), "of an older version");
    put(scratch_path("a.csv.tmp-abcdefghijklm"), "of a killed process");
    put(scratch_path("b.csv.tmp-abcdefghijklm"), "being written");
    put(scratch_path("notes.tmp-mine"), "notes");
    const int writing = open(scratch_path("b.csv.tmp-abcdefghijklm"), O_RDWR);
    cr_assert(writing >= 0 && flock(writing, LOCK_EX) == 0);
    lvk_folder_clear(scratch_folder);
    cr_expect_not(lvk_path_is_file(scratch_path("a.csv.tmp-1234")));
    cr_expect_not(lvk_path_is_file(scratch_path("a.csv.tmp-abcdefghijklm")));
    cr_expect(lvk_path_is_file(scratch_path("b.csv.tmp-abcdefghijklm")));
    cr_expect(lvk_path_is_file(scratch_path("notes.tmp-mine")));
    close(writing);
}

/* A process that is killed while it writes leaves the old file, and nothing that the next one does not clear.
 */
Test(file, a_kill_leaves_the_old_file) {
    put(scratch_path("model"), "old");
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        static char bytes[64 << 20];
        while (lvk_file_write(scratch_path("model"), bytes, sizeof bytes) == LVK_OK) {
        }
        _exit(1);
    }
    while (entries() < 2 && waitpid(child, NULL, WNOHANG) == 0)
        ;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    lvk_folder_clear(scratch_folder);
    cr_expect_eq(entries(), 1);
    cr_expect(lvk_path_is_file(scratch_path("model")));
}

Test(file, the_cache_folder_is_cleared_when_it_is_opened) {
    cr_assert_eq(setenv("XDG_CACHE_HOME", scratch_folder, 1), 0);
    cr_assert_eq(mkdir(scratch_path("leukvk"), 0700), 0);
    put(scratch_path("leukvk/features-1.safetensors.tmp-abcdefghijklm"), "half");
    char *folder;
    cr_assert_eq(lvk_cache_folder_open(&folder), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq(folder, scratch_path("leukvk"));
    cr_expect_not(lvk_path_is_file(scratch_path("leukvk/features-1.safetensors.tmp-abcdefghijklm")));
    lvk_free(folder);
}

/* Opens the cache folder `leukvk` in the scratch folder; the error line without the folder's name, or "" where it opens. */
static const char *open_cache(void) {
    cr_assert_eq(setenv("XDG_CACHE_HOME", scratch_folder, 1), 0);
    char *folder;
    if (lvk_cache_folder_open(&folder) != LVK_OK)
        return strstr(lvk_error_message(), "/leukvk: ") ? strstr(lvk_error_message(), "/leukvk: ") + 9
                                                        : "another line";
    lvk_free(folder);
    return "";
}

Test(file, a_cache_folder_of_others_is_not_trusted) {
    struct stat info;
    const mode_t old = umask(0);
    cr_expect_str_eq(open_cache(), "");
    umask(old);
    cr_assert_eq(stat(scratch_path("leukvk"), &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0700, "it is made for this user alone");
    cr_assert_eq(chmod(scratch_path("leukvk"), 0775), 0);
    cr_expect_str_eq(open_cache(), "");
    cr_assert_eq(chmod(scratch_path("leukvk"), 0777), 0);
    cr_expect_str_eq(open_cache(), "every user may write there, so that its files are not trusted");
    cr_assert_eq(chmod(scratch_path("leukvk"), 0700), 0);
    if (geteuid() == 0) { /* who else may give files away */
        cr_assert_eq(chown(scratch_path("leukvk"), 12345, 12345), 0);
        cr_expect_str_eq(open_cache(), "belongs to another user, whose files are not trusted");
    }
    cr_assert_eq(rmdir(scratch_path("leukvk")), 0);
    put(scratch_path("leukvk"), "a file");
    cr_expect_str_eq(open_cache(), "is no folder");
}

/* "Not there" is an answer that a lack of memory must not give. */
Test(file, what_a_folder_has_is_known_without_memory) {
    static char long_name[5000];
    memset(long_name, 'n', sizeof long_name - 1);
    put(scratch_path("here"), "text");
    cr_assert_eq(mkdir(scratch_path("folder"), 0700), 0);
    char slash[512];
    snprintf(slash, sizeof slash, "%s/", scratch_folder);
    (void)lvk_alloc_fail_after(1);
    cr_expect(lvk_folder_has(scratch_folder, "here"));
    cr_expect(lvk_folder_has(slash, "here"));
    cr_expect_not(lvk_folder_has(scratch_folder, "there"));
    cr_expect_not(lvk_folder_has(scratch_folder, "folder"), "no file");
    cr_expect_not(lvk_folder_has(scratch_folder, long_name));
    cr_expect_eq(lvk_alloc_fail_after(0), 0, "no allocation");
}
