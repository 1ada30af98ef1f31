/* The file of kernel choices: what is written comes back, and what is not right is ignored as a whole. */
#include "support/scratch.h"

#include "core/file.h"
#include "core/memory.h"
#include "runtime/kernel_tuning_file.h"

#include <criterion/criterion.h>
#include <string.h>

static const lvk_device_info device = {.name = "A card (of a kind)",
                                       .driver = "driver 1.2.3",
                                       .uuid = "00112233-4455-6677-8899-aabbccddeeff",
                                       .vendor_id = 0x10de,
                                       .device_id = 0x2330,
                                       .subgroup_size = 32};

static const char *const pairs[][2] = {{"conv2d 1x8x8x3, 3x3x3x4 -> 1x6x6x4 {1 1 0 0 0 0}", "block"},
                                       {"relu 2x64 -> 2x64", "flat"},
                                       {"dense 2x64, 64x1, 1 -> 2x1", "direct"}};
enum { PAIRS = sizeof pairs / sizeof *pairs };

static void create(void) {
    scratch_create();
    setenv("XDG_CACHE_HOME", scratch_folder, 1);
}

TestSuite(kernel_tuning_file, .init = create, .fini = scratch_remove);

static char *path_of(const lvk_device_info *info) {
    char *path;
    cr_assert_eq(lvk_kernel_tuning_file_path(info, &path), LVK_OK, "%s", lvk_error_message());
    cr_assert_not_null(path);
    return path;
}

static lvk_string_map filled(void) {
    lvk_string_map map = {0};
    for (int i = 0; i < PAIRS; ++i)
        cr_assert_eq(lvk_string_map_set(&map, pairs[i][0], pairs[i][1]), LVK_OK);
    return map;
}

static bool is_whole(const lvk_string_map *map) {
    bool whole = map->count == PAIRS;
    for (int i = 0; i < PAIRS && whole; ++i) {
        const char *value = lvk_string_map_get(map, pairs[i][0]);
        whole = value && strcmp(value, pairs[i][1]) == 0;
    }
    return whole;
}

/* The file's path, written with `pairs`. */
static char *write_file(void) {
    char *path = path_of(&device);
    lvk_string_map map = filled();
    cr_assert_eq(lvk_kernel_tuning_file_write(path, &device, &map), LVK_OK, "%s", lvk_error_message());
    lvk_string_map_finish(&map);
    return path;
}

static void put(const char *path, const void *data, size_t size) {
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(data, 1, size, file), size);
    fclose(file);
}

static void expect_ignored(const char *path, const lvk_device_info *info, lvk_status expected,
                           const char *says) {
    lvk_string_map map = {0};
    cr_expect_eq(lvk_kernel_tuning_file_read(path, info, &map), expected, "%s", lvk_error_message());
    cr_expect_eq(map.count, 0);
    cr_expect_not_null(strstr(lvk_error_message(), says), "does not say '%s': %s", says, lvk_error_message());
    lvk_string_map_finish(&map);
}

Test(kernel_tuning_file, what_is_written_comes_back) {
    lvk_string_map map = {0};
    char *path = path_of(&device);
    cr_assert_not_null(path);
    cr_expect_not_null(strstr(path, "/leukvk/kernels-000010de-00002330-00112233"), "%s", path);
    cr_expect_eq(lvk_kernel_tuning_file_read(path, &device, &map), LVK_OK, "no file: no choices");
    cr_expect_eq(map.count, 0);
    lvk_free(path);
    path = write_file();
    cr_expect_eq(lvk_kernel_tuning_file_read(path, &device, &map), LVK_OK, "%s", lvk_error_message());
    cr_expect(is_whole(&map));
    lvk_string_map_finish(&map);
    lvk_free(path);
}

Test(kernel_tuning_file, of_another_device_driver_or_build_is_ignored) {
    char *path = write_file();
    lvk_device_info other = device;
    other.driver[0] = 'D';
    expect_ignored(path, &other, LVK_ERROR_UNSUPPORTED, "another driver");
    other = device;
    other.uuid[0] = 'f';
    expect_ignored(path, &other, LVK_ERROR_UNSUPPORTED, "another uuid");
    other = device;
    other.name[0] = 'B';
    expect_ignored(path, &other, LVK_ERROR_UNSUPPORTED, "another device");
    other = device;
    other.subgroup_size = 64;
    expect_ignored(path, &other, LVK_ERROR_UNSUPPORTED, "another subgroup");
    lvk_free(path);
}

/* Which kernel is fastest depends on oneDNN's version, the instruction set and the number of threads. */
Test(kernel_tuning_file, the_processor_has_a_file_for_each_library_and_number_of_threads) {
    static const char *const drivers[][2] = {
        {"oneDNN 2.6.3, AVX-512, 2 threads", "/leukvk/kernels-cpu-oneDNN-2.6.3-AVX-512-2-threads.json"},
        {"oneDNN 2.6.3, AVX-512, 1 thread", "/leukvk/kernels-cpu-oneDNN-2.6.3-AVX-512-1-thread.json"},
        {"oneDNN 2.6.3, AVX2, 2 threads", "/leukvk/kernels-cpu-oneDNN-2.6.3-AVX2-2-threads.json"},
        {"oneDNN 3.7.0, AVX-512, 2 threads", "/leukvk/kernels-cpu-oneDNN-3.7.0-AVX-512-2-threads.json"},
    };
    enum { DRIVERS = sizeof drivers / sizeof *drivers };
    lvk_device_info cpu = {.name = "AMD EPYC", .type = LVK_DEVICE_CPU};
    lvk_string_map map = filled();
    for (int i = 0; i < DRIVERS; ++i) {
        snprintf(cpu.driver, sizeof cpu.driver, "%s", drivers[i][0]);
        char *path = path_of(&cpu);
        cr_assert_not_null(path);
        cr_expect_not_null(strstr(path, drivers[i][1]), "%s", path);
        cr_expect_not(lvk_path_is_file(path), "%s belongs to another", path);
        cr_expect_eq(lvk_kernel_tuning_file_write(path, &cpu, &map), LVK_OK, "%s", lvk_error_message());
        lvk_free(path);
    }
    lvk_string_map_finish(&map);
}

/* Whatever happens to a byte, or to the file's end: ignored, or (as with white space) the same choices. */
Test(kernel_tuning_file, damaged_anywhere_is_ignored) {
    static const unsigned char flips[] = {0x01, 0x20, 0x80};
    char *path = write_file();
    void *data;
    size_t size, ignored = 0, tried = 0;
    cr_assert_eq(lvk_file_read(path, 1 << 20, &data, &size), LVK_OK);
    unsigned char *bytes = data;
    for (size_t at = 0; at < size; ++at)
        for (size_t f = 0; f < sizeof flips; ++f) {
            lvk_string_map map = {0};
            bytes[at] ^= flips[f];
            put(path, bytes, size);
            bytes[at] ^= flips[f];
            const lvk_status status = lvk_kernel_tuning_file_read(path, &device, &map);
            ++tried;
            ignored += status != LVK_OK;
            if (status == LVK_OK ? !is_whole(&map) : map.count != 0)
                cr_assert_fail("byte %zu, flip %d", at, flips[f]);
            lvk_string_map_finish(&map);
        }
    cr_expect_gt(ignored, tried / 2);
    for (size_t length = 0; length + 1 < size; ++length) { /* without its newline it is still whole */
        put(path, bytes, length);
        expect_ignored(path, &device, LVK_ERROR_FORMAT, path);
    }
    lvk_free(data);
    lvk_free(path);
}

Test(kernel_tuning_file, what_is_no_such_file_is_ignored) {
    static const char *const texts[] = {
        "", "null", "[]", "{}", "{\"choices\": {}}", "{\"digest\": 3}", "\0\0\0", "{\"a\": 1, \"a\": 2}"};
    char *path = path_of(&device);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        put(path, texts[i], i == 6 ? 3 : strlen(texts[i]));
        expect_ignored(path, &device, LVK_ERROR_FORMAT, path);
    }
    enum { LARGE = (1 << 20) + 1 };
    char *large = lvk_alloc(LARGE, 1);
    memset(large, '[', LARGE);
    put(path, large, LARGE);
    expect_ignored(path, &device, LVK_ERROR_LIMIT, path);
    put(path, large, LARGE - 1); /* nested a million times */
    expect_ignored(path, &device, LVK_ERROR_FORMAT, path);
    lvk_free(large);

    lvk_string_map map = {0};
    for (int i = 0; i <= LVK_TUNING_MOST; ++i) {
        char key[32];
        snprintf(key, sizeof key, "relu %d -> %d", i, i);
        cr_assert_eq(lvk_string_map_set(&map, key, "flat"), LVK_OK);
    }
    cr_expect_eq(lvk_kernel_tuning_file_write(path, &device, &map), LVK_ERROR_LIMIT);
    lvk_string_map_finish(&map);
    lvk_free(path);
}

Test(kernel_tuning_file, out_of_memory_is_told_and_leaves_nothing) {
    char *path = write_file();
    lvk_string_map map = {0};
    lvk_status status = LVK_ERROR_MEMORY;
    for (uint64_t n = 1; status != LVK_OK && n < 1000; ++n) {
        lvk_alloc_fail_after(n);
        status = lvk_kernel_tuning_file_read(path, &device, &map);
        lvk_alloc_fail_after(0);
        cr_expect(status == LVK_OK ? is_whole(&map) : status == LVK_ERROR_MEMORY && map.count == 0,
                  "allocation %llu: %s", (unsigned long long)n, lvk_error_message());
    }
    cr_expect_eq(status, LVK_OK);
    lvk_string_map_finish(&map);
    lvk_free(path);
}

Test(kernel_tuning_file, without_a_cache_folder_there_is_no_file) {
    char *path;
    setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
    cr_expect(lvk_kernel_tuning_file_path(&device, &path) == LVK_OK && !path);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    cr_expect(lvk_kernel_tuning_file_path(&device, &path) == LVK_OK && !path);
}

/* Without the file other kernels would run, and kernels that are known as wrong. */
Test(kernel_tuning_file, without_memory_the_file_is_not_taken_for_none) {
    static lvk_status (*const finds[])(const lvk_device_info *, char **) = {lvk_kernel_tuning_file_path,
                                                                            lvk_selftest_file_path};
    for (size_t i = 0; i < sizeof finds / sizeof *finds; ++i) {
        char *path = NULL;
        lvk_status status = LVK_ERROR_MEMORY;
        uint64_t n = 1;
        for (; status != LVK_OK && n < 100; ++n) {
            (void)lvk_alloc_fail_after(n);
            status = finds[i](&device, &path);
            (void)lvk_alloc_fail_after(0);
            cr_expect(status == LVK_OK ? path != NULL : status == LVK_ERROR_MEMORY && !path, "allocation %d",
                      (int)n);
        }
        cr_expect(status == LVK_OK && n > 2);
        lvk_free(path);
    }
}
