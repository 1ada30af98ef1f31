/* The files from which the Vulkan loader learns its drivers and layers: damaged ones, and libraries that are
 * cut off, are named and left out. */
#define _GNU_SOURCE /* dlinfo */
#include "support/scratch.h"

#include "core/memory.h"
#include "leukvk/log.h"
#include "support/vulkan_buffers.h"
#include "vulkan/driver_files.h"
#include "vulkan/library_file.h"
#include "vulkan/vulkan.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

static char lines[2048];
static void keep_lines(void *user, lvk_log_level level, const char *line) {
    (void)user;
    if (level == LVK_LOG_WARNING && strlen(lines) + strlen(line) < sizeof lines)
        strcat(lines, line);
}

/* ---- damaged driver files ---- */

/* A damaged file beside a good one is named and left out; alone, it is what the error names. */
Test(vulkan_libraries, a_damaged_driver_file_is_left_out, .init = scratch_create, .fini = scratch_remove) {
    const char *damaged = scratch_path("damaged.json"), *good = getenv("VK_ICD_FILENAMES");
    FILE *file = fopen(damaged, "w");
    cr_assert_not_null(file);
    if (!good)
        cr_skip_test("VK_ICD_FILENAMES names no driver");
    fputs("{ \"file_format_version\": \"1.0.0\", \"ICD\": {\n", file);
    fclose(file);
    char both[512];
    snprintf(both, sizeof both, "%s:%s", damaged, good);
    setenv("VK_ICD_FILENAMES", both, 1);
    lvk_log_set_sink(keep_lines, NULL, LVK_LOG_WARNING);
    lvk_device_info *devices = NULL;
    size_t count = 0;
    cr_expect_eq(lvk_vulkan_list(&devices, &count), LVK_OK, "%s", lvk_error_message());
    cr_expect_geq(count, 1);
    lvk_free(devices);
    if (*lines) { /* newer loaders go on by themselves */
        cr_expect(strstr(lines, damaged), "%s", lines);
        cr_expect_str_eq(getenv("VK_ICD_FILENAMES"), good);
    }
    lvk_backend *backend = open_default();
    close_device(backend);
    unsetenv("VK_DRIVER_FILES");
    setenv("VK_ICD_FILENAMES", damaged, 1);
    cr_expect_eq(lvk_vulkan_create(NULL, &backend), LVK_ERROR_UNSUPPORTED);
    if (*lines)
        cr_expect(strstr(lvk_error_message(), damaged), "%s", lvk_error_message());
}

/* The files of the usual folders, and what becomes of the environment. */
static int tried;
static lvk_status refuse_bad(void *user, const char *path) {
    (void)user;
    ++tried;
    cr_expect_str_eq(getenv("VK_DRIVER_FILES"), path);
    return strstr(path, "bad") ? lvk_fail(LVK_ERROR_FORMAT, "made up") : LVK_OK;
}

static void touch(const char *name) {
    FILE *file = fopen(scratch_path(name), "w");
    cr_assert_not_null(file);
    fclose(file);
}

Test(vulkan_libraries, driver_files_are_found_where_the_loader_looks, .init = scratch_create,
     .fini = scratch_remove) {
    int excluded = -1;
    static const char *const folders[] = {"data",   "data/vulkan",   "data/vulkan/icd.d",
                                          "config", "config/vulkan", "config/vulkan/icd.d"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; ++i)
        cr_assert_eq(mkdir(scratch_path(folders[i]), 0777), 0);
    touch("data/vulkan/icd.d/one.json");
    touch("data/vulkan/icd.d/notes.txt");
    touch("config/vulkan/icd.d/two.json");
    unsetenv("VK_DRIVER_FILES");
    unsetenv("VK_ICD_FILENAMES");
    setenv("XDG_DATA_HOME", scratch_path("data"), 1);
    setenv("XDG_DATA_DIRS", "/nonexistent:", 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    setenv("XDG_CONFIG_DIRS", scratch_path("config"), 1);
    lvk_log_set_sink(keep_lines, NULL, LVK_LOG_WARNING);
    cr_expect_eq(lvk_driver_files_exclude(refuse_bad, NULL, &excluded), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(excluded, 0);
    cr_expect_geq(tried, 2);
    cr_expect_null(getenv("VK_DRIVER_FILES"), "%s", getenv("VK_DRIVER_FILES"));
    touch("data/vulkan/icd.d/bad.json");
    cr_expect_eq(lvk_driver_files_exclude(refuse_bad, NULL, &excluded), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(excluded, 1);
    cr_expect(strstr(lines, "bad.json: left out") && strstr(lines, "made up"), "%s", lines);
    const char *now = getenv("VK_DRIVER_FILES");
    cr_assert_not_null(now);
    cr_expect(strstr(now, "one.json") && strstr(now, "two.json") && !strstr(now, "bad.json"), "%s", now);
}

/* ---- libraries that are cut off ---- */

static unsigned char library[1 << 22];
static size_t library_size;

/* Reads a library that can be loaded: the Vulkan loader's own. */
static void read_library(void) {
    void *loader = dlopen("libvulkan.so.1", RTLD_LAZY);
    struct link_map *map = NULL;
    cr_assert_not_null(loader);
    cr_assert_eq(dlinfo(loader, RTLD_DI_LINKMAP, &map), 0);
    FILE *file = fopen(map->l_name, "rb");
    cr_assert_not_null(file, "%s", map->l_name);
    library_size = fread(library, 1, sizeof library, file);
    cr_assert(library_size > 10000 && library_size < sizeof library, "%zu bytes", library_size);
    fclose(file);
}

/* Where the last part ends that is mapped into memory. */
static size_t mapped_end(void) {
    size_t end = 0;
    ElfW(Ehdr) head;
    memcpy(&head, library, sizeof head);
    for (unsigned i = 0; i < head.e_phnum; ++i) {
        ElfW(Phdr) part;
        memcpy(&part, library + head.e_phoff + i * sizeof part, sizeof part);
        if (part.p_type == PT_LOAD && part.p_offset + part.p_filesz > end)
            end = part.p_offset + part.p_filesz;
    }
    cr_assert(end > 8192 && end <= library_size);
    return end;
}

static void write_file(const char *name, const void *data, size_t size) {
    FILE *file = fopen(scratch_path(name), "wb");
    cr_assert_not_null(file, "%s", name);
    cr_assert_eq(fwrite(data, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

static void write_driver(const char *name, const char *library_path) {
    char text[512];
    snprintf(text, sizeof text,
             "{\"file_format_version\": \"1.0.0\", "
             "\"ICD\": {\"library_path\": \"%s\", \"api_version\": \"1.3.0\"}}",
             library_path);
    write_file(name, text, strlen(text));
}

Test(vulkan_libraries, what_is_cut_off_and_what_is_not, .init = scratch_create, .fini = scratch_remove) {
    read_library();
    const size_t end = mapped_end();
    const struct {
        size_t size;
        bool cut;
    } rows[] = {{library_size, false}, /* whole */
                {end, false},          /* without section headers, which nobody maps */
                {end - 1, true},
                {end / 2, true},
                {4096, true},
                {200, true},
                {sizeof(ElfW(Ehdr)), true},
                {10, false}, /* too short for dlopen, which says so */
                {0, false}};
    write_driver("driver.json", scratch_path("library.so"));
    write_driver("relative.json", "./library.so");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        write_file("library.so", library, rows[i].size);
        for (int j = 0; j < 2; ++j) {
            const char *manifest = scratch_path(j ? "relative.json" : "driver.json");
            cr_expect_eq(lvk_library_check(manifest, "ICD"), rows[i].cut ? LVK_ERROR_FORMAT : LVK_OK,
                         "%zu bytes, %s", rows[i].size, manifest);
            cr_expect(!rows[i].cut || strstr(lvk_error_message(), "library.so is cut off"), "%s",
                      lvk_error_message());
        }
    }
    write_file("library.so", "no library\n", 11);
    cr_expect_eq(lvk_library_check(scratch_path("driver.json"), "ICD"), LVK_OK);
    library[EI_CLASS] = library[EI_CLASS] == ELFCLASS64 ? ELFCLASS32 : ELFCLASS64;
    write_file("library.so", library, 4096); /* of another kind of processor: refused by dlopen */
    cr_expect_eq(lvk_library_check(scratch_path("driver.json"), "ICD"), LVK_OK);
    write_driver("named.json", "libvulkan.so.1");
    cr_expect_eq(lvk_library_check(scratch_path("named.json"), "ICD"), LVK_OK, "%s", lvk_error_message());
    write_file("damaged.json", "{", 1);
    cr_expect_eq(lvk_library_check(scratch_path("damaged.json"), "ICD"), LVK_OK);
    cr_expect_eq(lvk_library_check(scratch_path("missing.json"), "ICD"), LVK_OK);
}

/* The loader's dlopen of such a library ends the process by SIGBUS. */
Test(vulkan_libraries, a_driver_that_is_cut_off_is_left_out, .init = scratch_create, .fini = scratch_remove) {
    const char *good = getenv("VK_ICD_FILENAMES");
    if (!good)
        cr_skip_test("VK_ICD_FILENAMES names no driver");
    char both[512], alone[SCRATCH_PATH];
    read_library();
    write_file("cut.so", library, mapped_end() / 2);
    write_driver("cut.json", "./cut.so");
    snprintf(alone, sizeof alone, "%s", scratch_path("cut.json"));
    snprintf(both, sizeof both, "%s:%s", alone, good);
    lvk_log_set_sink(keep_lines, NULL, LVK_LOG_WARNING);
    unsetenv("VK_DRIVER_FILES");
    setenv("VK_ICD_FILENAMES", alone, 1);
    lvk_backend *backend = NULL;
    cr_expect_eq(lvk_vulkan_create(NULL, &backend), LVK_ERROR_UNSUPPORTED);
    cr_expect(strstr(lvk_error_message(), alone), "%s", lvk_error_message());
    cr_expect_str_eq(getenv("VK_ICD_FILENAMES"), alone);
    *lines = '\0';
    setenv("VK_ICD_FILENAMES", both, 1);
    backend = open_default();
    close_device(backend);
    cr_expect(strstr(lines, "cut.json: left out") && strstr(lines, "cut.so is cut off"), "%s", lines);
    cr_expect_str_eq(getenv("VK_DRIVER_FILES"), good);
}

Test(vulkan_libraries, a_layer_that_is_cut_off_is_left_out, .init = scratch_create, .fini = scratch_remove) {
    static const char *const folders[] = {"vulkan", "vulkan/implicit_layer.d"};
    static const char layer[] =
        "{\"file_format_version\": \"1.0.0\", \"layer\": {\"name\": \"VK_LAYER_TEST_cut\", \"type\": \"GLOBAL\", "
        "\"library_path\": \"./cut.so\", \"api_version\": \"1.3.0\", \"implementation_version\": \"1\", "
        "\"description\": \"cut off\", \"disable_environment\": {\"LEUKVK_TEST_NO_LAYER\": \"1\"}}}";
    read_library();
    for (size_t i = 0; i < sizeof folders / sizeof *folders; ++i)
        cr_assert_eq(mkdir(scratch_path(folders[i]), 0777), 0);
    write_file("vulkan/implicit_layer.d/cut.so", library, mapped_end() / 2);
    write_file("vulkan/implicit_layer.d/cut.json", layer, sizeof layer - 1);
    setenv("XDG_DATA_HOME", scratch_folder, 1);
    lvk_log_set_sink(keep_lines, NULL, LVK_LOG_WARNING);
    close_device(open_default());
    cr_expect(strstr(lines, "cut.json: left out") && strstr(lines, "cut.so is cut off"), "%s", lines);
    cr_expect_str_eq(getenv("LEUKVK_TEST_NO_LAYER"), "1");
}
