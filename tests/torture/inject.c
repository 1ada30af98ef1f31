#define _GNU_SOURCE
#include "inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
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
static int chosen_kind = -1, chosen_result, depth_of_place = 4;
static uint64_t chosen_place, chosen_number;
static bool and_later, shortened, killed, ready;
static pid_t first_process;

/* ---- places ---- */

static _Thread_local bool unwinding;
static const char *own_begin, *program_begin;

static const char *module_of(void *address, size_t *offset) {
    struct dl_find_object found;
    if (_dl_find_object(address, &found) != 0)
        return NULL;
    *offset = (size_t)((const char *)address - (const char *)found.dlfo_map_start);
    return found.dlfo_map_start;
}

/* Where the calls above return to, as offsets in their modules, without this library's own; in `shown` only those in
 * the program. */
static uint64_t place_of(inject_kind kind, const char *name, uint64_t *shown) {
    void *returns[INJECT_SHOWN + 8];
    uint64_t hash = 0xCBF29CE484222325ULL ^ (uint64_t)kind;
    for (const char *at = name; at && *at; ++at)
        hash = (hash ^ (unsigned char)*at) * 0x100000001B3ULL;
    unwinding = true;
    const int depth = backtrace(returns, (shown ? INJECT_SHOWN : depth_of_place) + 8);
    unwinding = false;
    for (int i = 0, used = 0; i < depth && used < (shown ? INJECT_SHOWN : depth_of_place); ++i) {
        size_t offset = 0;
        const char *module = module_of(returns[i], &offset);
        if (module && module == own_begin)
            continue;
        if (used < depth_of_place) {
            hash = (hash ^ offset) * 0x9E3779B97F4A7C15ULL;
            hash ^= hash >> 29;
        }
        if (shown)
            shown[used] = module == program_begin ? offset : 0;
        ++used;
    }
    return hash ? hash : 1;
}

static void note_place(inject_kind kind, const char *name) {
    const uint64_t place = place_of(kind, name, NULL);
    for (size_t i = (size_t)(place % INJECT_PLACES), tries = 0; tries < INJECT_PLACES;
         i = (i + 1) % INJECT_PLACES, ++tries) {
        inject_place *slot = &counts->noted[i];
        uint64_t seen = 0;
        if (atomic_compare_exchange_strong((_Atomic uint64_t *)&slot->place, &seen, place)) {
            slot->kind = (uint32_t)kind;
            snprintf(slot->name, sizeof slot->name, "%s", name ? name : "");
            slot->order = (uint32_t)atomic_fetch_add((_Atomic uint64_t *)&counts->places, 1) + 1;
        }
        if (seen == 0 || seen == place) {
            atomic_fetch_add((_Atomic uint64_t *)&slot->calls, 1);
            return;
        }
    }
    atomic_fetch_add((_Atomic uint64_t *)&counts->places, 1);
}

/* ---- the fate of a call ---- */

/* The first call that is made to fail leaves the name of its file and where it was called. */
static void note_call(int file, const char *path) {
    char link[32], found[INJECT_PATH] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (path)
        snprintf(found, sizeof found, "%s", path);
    else if (file >= 0 && readlink(link, found, sizeof found - 1) < 0)
        found[0] = '\0';
    memcpy(counts->path, found, sizeof found);
    place_of(INJECT_FILES, NULL, counts->stack);
}

static inject_fate fate_of(inject_kind kind, const char *name, int file, const char *path) {
    const bool later = and_later && atomic_load((_Atomic uint64_t *)&counts->injected) > 0;
    if (!later && chosen_place && place_of(kind, name, NULL) != chosen_place)
        return (inject_fate){0};
    if (!later && atomic_fetch_add((_Atomic uint64_t *)&counts->chosen, 1) + 1 != chosen_number)
        return (inject_fate){0};
    if (atomic_fetch_add((_Atomic uint64_t *)&counts->injected, 1) == 0)
        note_call(file, path);
    if (killed)
        kill(getpid(), SIGKILL);
    return (inject_fate){.fails = !shortened, .is_short = shortened, .result = chosen_result};
}

inject_fate inject_call(inject_kind kind, int file, const char *path) {
    if (!ready || unwinding)
        return (inject_fate){0};
    if (!chosen_number)
        note_place(kind, NULL);
    else if ((int)kind == chosen_kind || (kind < INJECT_FILES && chosen_kind == INJECT_FILES))
        return fate_of(kind, NULL, file, path);
    return (inject_fate){0};
}

inject_fate inject_vulkan(const char *name) {
    if (!chosen_number)
        note_place(INJECT_VULKAN, name);
    else if (strcmp(name, chosen_name) == 0)
        return fate_of(INJECT_VULKAN, name, -1, name);
    return (inject_fate){0};
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
    unsigned long place, number;
    if (!text || sscanf(text, "%63[^@]@%lx:%lu:%15s", chosen_name, &place, &number, how) != 4)
        return;
    chosen_kind = kind_of_name(chosen_name);
    chosen_place = place;
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
    const char *depth = getenv("LEUKVK_INJECT_DEPTH");
    if (depth && atoi(depth) > 0 && atoi(depth) <= INJECT_SHOWN)
        depth_of_place = atoi(depth);
    dl_iterate_phdr(add_ranges, &first);
    void *warmed[1]; /* the first call loads a library */
    backtrace(warmed, 1);
    size_t offset;
    own_begin = module_of((void *)&counts, &offset);
    program_begin = module_of((void *)getauxval(AT_ENTRY), &offset);
    first_process = getpid();
    ready = true;
}

/* After the program's own exit handlers: what is left then was leaked, or is kept for as long as the process lives. */
__attribute__((destructor)) static void end(void) {
    if (getpid() == first_process && ready)
        counts->live = atomic_load(&live);
}
