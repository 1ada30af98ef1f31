#define _GNU_SOURCE
#include "inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's own, under the names that it keeps for those who replace them. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void __libc_free(void *memory);

/* ---- what to do ---- */

static inject_counts local, *counts = &local;
static char chosen_name[64]; /* KIND */
static int chosen_kind = -1, chosen_result;
static uint64_t chosen_number;
static bool and_later, shortened, killed, ready;
static pid_t first_process;

static bool is_chosen(uint64_t number) {
    return chosen_number && (number == chosen_number || (and_later && number > chosen_number));
}

/* The first call that is made to fail leaves the name of its file. */
static void note_path(int file, const char *path) {
    char link[32], found[INJECT_PATH] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (path)
        snprintf(found, sizeof found, "%s", path);
    else if (file >= 0 && readlink(link, found, sizeof found - 1) < 0)
        found[0] = '\0';
    memcpy(counts->path, found, sizeof found);
}

static inject_fate fate_of(uint64_t number, int file, const char *path) {
    if (!is_chosen(number))
        return (inject_fate){0};
    if (atomic_fetch_add((_Atomic uint64_t *)&counts->injected, 1) == 0)
        note_path(file, path);
    if (killed)
        kill(getpid(), SIGKILL);
    return (inject_fate){.fails = !shortened, .is_short = shortened, .result = chosen_result};
}

static uint64_t count(inject_kind kind) {
    return atomic_fetch_add((_Atomic uint64_t *)&counts->calls[kind], 1) + 1;
}

inject_fate inject_call(inject_kind kind, int file, const char *path) {
    if (!ready)
        return (inject_fate){0};
    uint64_t number = count(kind);
    if (kind < INJECT_FILES) {
        const uint64_t of_all = count(INJECT_FILES);
        number = chosen_kind == INJECT_FILES ? of_all : number;
    }
    const bool is_file = kind < INJECT_FILES && chosen_kind == INJECT_FILES;
    return is_file || (int)kind == chosen_kind ? fate_of(number, file, path) : (inject_fate){0};
}

/* Vulkan is called by one thread at a time where names are noted; a name that is noted twice does no harm. */
inject_fate inject_vulkan(const char *name) {
    const uint64_t of_all = count(INJECT_VULKAN);
    char word[64];
    snprintf(word, sizeof word, "%s ", name);
    const size_t used = strlen(counts->functions);
    if (!strstr(counts->functions, word) && used + strlen(word) < INJECT_NAMES)
        memcpy(counts->functions + used, word, strlen(word) + 1);
    if (chosen_kind == INJECT_VULKAN)
        return fate_of(of_all, -1, name);
    if (strcmp(name, chosen_name) != 0)
        return (inject_fate){0};
    return fate_of(atomic_fetch_add((_Atomic uint64_t *)&counts->chosen, 1) + 1, -1, name);
}

/* ---- whose code calls ---- */

typedef struct code_range {
    uintptr_t begin, end;
    int kind; /* INJECT_MEMORY, INJECT_LIBRARY */
} code_range;

static code_range ranges[64];
static int range_count;

/* Libraries in C that report a lack of memory. The C++ of drivers and of oneDNN, and OpenMP, end the process. */
static const char *const libraries[] = {"libpng",        "libjpeg",   "libtiff",      "libwebp",
                                        "libz.",         "libzip",    "libhdf5",      "libjansson",
                                        "libprotobuf-c", "libxxhash", "libmicrohttpd"};

static int add_ranges(struct dl_phdr_info *info, size_t size, void *first) {
    (void)size;
    int kind = *(int *)first ? INJECT_MEMORY : -1;
    *(int *)first = 0;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; ++i)
        if (strstr(info->dlpi_name, libraries[i]))
            kind = INJECT_LIBRARY;
    for (int i = 0; kind >= 0 && i < info->dlpi_phnum && range_count < 64; ++i) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        const uintptr_t begin = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X))
            ranges[range_count++] = (code_range){begin, begin + part->p_memsz, kind};
    }
    return 0;
}

static _Thread_local bool in_parser;

static int kind_of_caller(const void *address) {
    for (int i = 0; ready && i < range_count; ++i)
        if ((uintptr_t)address >= ranges[i].begin && (uintptr_t)address < ranges[i].end)
            return in_parser && ranges[i].kind == INJECT_LIBRARY ? -1 : ranges[i].kind;
    return -1;
}

/* jansson's. Its parser ends the program or overwrites memory where a token cannot grow: leukvk makes sure of all the
 * memory before (lvk_json_parse), and an allocation in here does not fail. */
typedef void *json_parser(const char *text, size_t size, size_t flags, void *error);

void *json_loadb(const char *text, size_t size, size_t flags, void *error);
void *json_loadb(const char *text, size_t size, size_t flags, void *error) {
    static json_parser *parser;
    if (!parser)
        *(void **)&parser = dlsym(RTLD_NEXT, "json_loadb");
    in_parser = true;
    void *json = parser(text, size, flags, error);
    in_parser = false;
    return json;
}

/* ---- memory ---- */

enum { SLOTS = 1 << 18, GONE = 1 }; /* addresses of allocations that were counted and not freed */
static _Atomic uintptr_t slots[SLOTS];
static atomic_long live;

static size_t slot_of(uintptr_t address) {
    return (size_t)(address * 0x9E3779B97F4A7C15ULL >> 46);
}

static void *note(void *memory) {
    const uintptr_t address = (uintptr_t)memory;
    for (size_t i = slot_of(address), tries = 0; memory && tries < SLOTS; i = (i + 1) % SLOTS, ++tries) {
        uintptr_t seen = atomic_load(&slots[i]);
        if (seen <= GONE && atomic_compare_exchange_strong(&slots[i], &seen, address)) {
            atomic_fetch_add(&live, 1);
            break;
        }
    }
    return memory;
}

static void forget(const void *memory) {
    const uintptr_t address = (uintptr_t)memory;
    for (size_t i = slot_of(address), tries = 0; memory && tries < SLOTS; i = (i + 1) % SLOTS, ++tries) {
        uintptr_t seen = atomic_load(&slots[i]);
        if (seen == 0)
            return;
        if (seen == address && atomic_compare_exchange_strong(&slots[i], &seen, GONE)) {
            atomic_fetch_sub(&live, 1);
            return;
        }
    }
}

static bool is_refused(int kind) {
    const bool refused = kind >= 0 && inject_call((inject_kind)kind, -1, NULL).fails;
    if (refused)
        errno = ENOMEM;
    return refused;
}

void *malloc(size_t size) {
    const int kind = kind_of_caller(__builtin_return_address(0));
    void *memory = is_refused(kind) ? NULL : __libc_malloc(size);
    return kind >= 0 ? note(memory) : memory;
}

void *calloc(size_t number, size_t size) {
    const int kind = kind_of_caller(__builtin_return_address(0));
    void *memory = is_refused(kind) ? NULL : __libc_calloc(number, size);
    return kind >= 0 ? note(memory) : memory;
}

void *realloc(void *old, size_t size) {
    const int kind = kind_of_caller(__builtin_return_address(0));
    if (is_refused(kind))
        return NULL;
    forget(old); /* before another thread can be given the same address */
    void *memory = __libc_realloc(old, size);
    if (!memory && size)
        note(old);
    return kind >= 0 ? note(memory) : memory;
}

void free(void *memory) {
    forget(memory);
    __libc_free(memory);
}

/* ---- files ---- */

static bool fails(inject_kind kind, int file, const char *path) {
    const inject_fate fate = inject_call(kind, file, path);
    if (fate.fails)
        errno = fate.result;
    return fate.fails;
}

/* A file with a name: programs that leukvk holds, and starts from memory, have none. */
static bool is_plain(int file) {
    struct stat info;
    return fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink > 0;
}

/* Where libraries are to fail, pictures are decoded in leukvk itself: nothing is injected into its processes. */
int memfd_create(const char *name, unsigned flags) {
    if (ready && chosen_kind == INJECT_LIBRARY) {
        errno = ENOSYS;
        return -1;
    }
    return (int)syscall(SYS_memfd_create, name, flags);
}

static ssize_t put(int file, const void *data, size_t size, off_t offset) {
    if (is_plain(file)) {
        const inject_fate fate = inject_call(INJECT_WRITE, file, NULL);
        if (fate.fails) {
            errno = fate.result;
            return -1;
        }
        size = fate.is_short ? (size + 1) / 2 : size;
    }
    return offset < 0 ? syscall(SYS_write, file, data, size)
                      : syscall(SYS_pwrite64, file, data, size, offset);
}

ssize_t write(int file, const void *data, size_t size) {
    return put(file, data, size, -1);
}
ssize_t pwrite(int file, const void *data, size_t size, off_t offset) {
    return put(file, data, size, offset);
}
int fsync(int file) {
    return fails(INJECT_FSYNC, file, NULL) ? -1 : (int)syscall(SYS_fsync, file);
}
int rename(const char *from, const char *to) {
    return fails(INJECT_RENAME, -1, to) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
int mkdir(const char *path, mode_t mode) {
    struct stat info; /* the system says of what is there that it is there, however full the disk is */
    return stat(path, &info) != 0 && fails(INJECT_MKDIR, -1, path)
               ? -1
               : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}
int unlink(const char *path) {
    return fails(INJECT_UNLINK, -1, path) ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
int unlinkat(int folder, const char *path, int flags) {
    return fails(INJECT_UNLINK, -1, path) ? -1 : (int)syscall(SYS_unlinkat, folder, path, flags);
}
int flock(int file, int operation) {
    return fails(INJECT_LOCK, file, NULL) ? -1 : (int)syscall(SYS_flock, file, operation);
}

/* Drivers and libraries open files of the system; those are not the program's. */
static int open_in(int folder, const char *path, int flags, mode_t mode, const void *caller) {
    if (kind_of_caller(caller) == INJECT_MEMORY && fails(INJECT_OPEN, -1, path))
        return -1;
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

static mode_t mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_in(AT_FDCWD, path, flags, mode, __builtin_return_address(0));
}

int openat(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_in(folder, path, flags, mode, __builtin_return_address(0));
}

/* ---- begin and end ---- */

static int kind_of_name(const char *name) {
#define INJECT_NAME(id, text) text,
    static const char *const names[] = {INJECT_KINDS(INJECT_NAME)};
    for (int i = 0; i < INJECT_KIND_COUNT; ++i)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static void read_task(const char *text) {
    char how[16];
    unsigned long number;
    if (!text || sscanf(text, "%63[^:]:%lu:%15s", chosen_name, &number, how) != 3)
        return;
    chosen_kind = kind_of_name(chosen_name);
    chosen_number = number;
    and_later = strchr(how, '+') != NULL;
    shortened = strncmp(how, "short", 5) == 0;
    killed = strncmp(how, "kill", 4) == 0;
    chosen_result = atoi(how);
}

/* Programs that leukvk starts, such as rsvg-convert, are left alone. */
static bool is_leukvk(void) {
    char path[INJECT_PATH];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    return length > 7 && memcmp(path + length - 7, "/leukvk", 7) == 0;
}

__attribute__((constructor)) static void begin(void) {
    int first = 1;
    const char *path = getenv("LEUKVK_INJECT_COUNTS");
    const int file = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
    void *memory =
        file < 0 ? MAP_FAILED : mmap(NULL, INJECT_FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory != MAP_FAILED)
        counts = memory;
    if (file >= 0)
        close(file);
    if (!is_leukvk())
        return;
    read_task(getenv("LEUKVK_INJECT"));
    dl_iterate_phdr(add_ranges, &first);
    first_process = getpid();
    ready = true;
}

/* After the program's own exit handlers: what is left then was leaked, or is kept for as long as the process lives. */
__attribute__((destructor)) static void end(void) {
    if (getpid() == first_process && ready)
        counts->live = atomic_load(&live);
}
