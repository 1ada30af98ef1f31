#define _GNU_SOURCE /* dlinfo */
#include "vulkan/library_file.h"

#include "core/file.h"
#include "core/json_file.h"
#include "core/memory.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_native(const ElfW(Ehdr) * head) {
    return memcmp(head->e_ident, ELFMAG, SELFMAG) == 0 &&
           head->e_ident[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) &&
           head->e_phentsize == sizeof(ElfW(Phdr));
}

/* Returns where the last part ends that is mapped into memory. A part that holds no program header reads as
 * zeros, and ends at 0. Section headers do not count: they are not mapped, and a library that lacks them
 * works. */
static uint64_t find_end(int file, const ElfW(Ehdr) * head) {
    uint64_t end = head->e_phoff + (uint64_t)head->e_phnum * sizeof(ElfW(Phdr));
    for (unsigned i = 0; i < head->e_phnum; ++i) {
        ElfW(Phdr) part = {0};
        if (pread(file, &part, sizeof part, (off_t)(head->e_phoff + i * sizeof part)) != sizeof part)
            break;
        const uint64_t part_end = part.p_offset + part.p_filesz;
        if (part.p_type == PT_LOAD && part_end > end)
            end = part_end;
    }
    return end;
}

static lvk_status check_library(const char *path) {
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    ElfW(Ehdr) head;
    if (file < 0)
        return LVK_OK;
    lvk_status status = LVK_OK;
    if (fstat(file, &info) == 0 && S_ISREG(info.st_mode) &&
        pread(file, &head, sizeof head, 0) == sizeof head && is_native(&head)) {
        const uint64_t end = find_end(file, &head), size = (uint64_t)info.st_size;
        if (end > size)
            status =
                lvk_fail(LVK_ERROR_FORMAT, "%s is cut off: it has %" PRIu64 " bytes of at least %" PRIu64,
                         path, size, end);
    }
    close(file);
    return status;
}

/* Sets `found` to the first file called `name` in the folders in which the Vulkan loader's dlopen looks, but for those
 * that only ld.so.cache knows, or to NULL. */
static lvk_status search_in(void *loader, const char *name, char **found) {
    Dl_serinfo size;
    *found = NULL;
    if (dlinfo(loader, RTLD_DI_SERINFOSIZE, &size) != 0)
        return LVK_OK;
    Dl_serinfo *folders = lvk_alloc(1, size.dls_size);
    if (!folders)
        return LVK_ERROR_MEMORY;
    lvk_status status = LVK_OK;
    if (dlinfo(loader, RTLD_DI_SERINFOSIZE, folders) == 0 && dlinfo(loader, RTLD_DI_SERINFO, folders) == 0)
        for (unsigned i = 0; i < folders->dls_cnt && !*found && status == LVK_OK; ++i) {
            *found = lvk_path_join(folders->dls_serpath[i].dls_name, name);
            status = *found ? LVK_OK : LVK_ERROR_MEMORY;
            if (*found && !lvk_path_is_file(*found)) {
                lvk_free(*found);
                *found = NULL;
            }
        }
    lvk_free(folders);
    return status;
}

static lvk_status search(const char *name, char **found) {
    void *loader = dlopen("libvulkan.so.1", RTLD_LAZY | RTLD_NOLOAD);
    *found = NULL;
    if (!loader)
        return LVK_OK;
    const lvk_status status = search_in(loader, name, found);
    dlclose(loader);
    return status;
}

/* Sets `library` to the path of the file that the loader will open, or to NULL if there is none. A name with
 * '/' is relative to the manifest's folder. */
static lvk_status resolve(const char *manifest, const char *name, char **library) {
    if (!strchr(name, '/'))
        return search(name, library);
    const int folder = (int)(lvk_path_name(manifest) - manifest);
    *library = *name == '/' ? lvk_strdup(name) : lvk_format("%.*s%s", folder, manifest, name);
    return *library ? LVK_OK : LVK_ERROR_MEMORY;
}

lvk_status lvk_library_check(const char *path, const char *object) {
    json_t *manifest;
    lvk_status status = lvk_json_read(path, LVK_JSON_USUAL, &manifest);
    if (status != LVK_OK) /* the loader tells what is wrong with it */
        return status == LVK_ERROR_MEMORY ? status : LVK_OK;
    const char *name = json_string_value(json_object_get(json_object_get(manifest, object), "library_path"));
    char *library = NULL;
    if (name)
        status = resolve(path, name, &library);
    if (status == LVK_OK && library)
        status = check_library(library);
    lvk_free(library);
    json_decref(manifest);
    return status;
}
