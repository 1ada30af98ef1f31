#define _XOPEN_SOURCE 700
#include "support.h"

#include "core/file.h"
#include "core/log.h"
#include "core/text.h"
#include "leukvk/log.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

bool fuzz_leaves_memory;

_Noreturn void fuzz_stop(const char *file, int line, const char *condition) {
    fprintf(stderr, "%s:%d: %s is not so; the error line is '%s'\n", file, line, condition,
            lvk_error_message());
    abort();
}

bool fuzz_ok(lvk_status status) {
    if (status == LVK_OK)
        return true;
    const char *line = lvk_error_message();
    REQUIRE(*line);
    REQUIRE(lvk_text_is_utf8(line));
    for (; *line; ++line)
        REQUIRE((unsigned char)*line >= ' ' && *line != 0x7f);
    return false;
}

static char folder[64];

static int remove_one(const char *path, const struct stat *state, int type, struct FTW *place) {
    (void)state, (void)type, (void)place;
    return remove(path);
}

static void remove_folder(void) {
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void) {
    return folder;
}

const char *fuzz_file(const char *name, const void *data, size_t size) {
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    REQUIRE(file);
    REQUIRE(fwrite(data, 1, size, file) == size);
    REQUIRE(fclose(file) == 0);
    return path;
}

void *fuzz_read(const char *path, size_t *size) {
    void *data;
    REQUIRE(lvk_file_read(path, (size_t)1 << 30, &data, size) == LVK_OK);
    return data;
}

void *fuzz_copy(const uint8_t *data, size_t size) {
    void *copy = lvk_alloc(size, 1);
    REQUIRE(copy);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

char *fuzz_string(const uint8_t *data, size_t size) {
    char *copy = lvk_alloc(size + 1, 1);
    REQUIRE(copy);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

static uint32_t take_byte(fuzz_input *input) {
    if (input->left == 0)
        return 0;
    --input->left;
    return *input->at++;
}

uint32_t fuzz_below(fuzz_input *input, uint32_t bound) {
    uint32_t number = take_byte(input);
    if (bound > 256)
        number = number << 8 | take_byte(input);
    return number % bound;
}

fuzz_input fuzz_line(fuzz_input *input) {
    const uint8_t *end = input->left ? memchr(input->at, '\n', input->left) : NULL;
    const fuzz_input line = {input->at, end ? (size_t)(end - input->at) : input->left};
    const size_t taken = line.left + (end != NULL);
    input->at += taken;
    input->left -= taken;
    return line;
}

static void drop_line(void *user, lvk_log_level level, const char *line) {
    (void)user, (void)level, (void)line;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    const char *fast = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* many small files */
    snprintf(folder, sizeof folder, "%s/leukvk-fuzz-XXXXXX", fast);
    REQUIRE(mkdtemp(folder));
    REQUIRE(atexit(remove_folder) == 0);
    REQUIRE(setenv("HOME", folder, 1) == 0 && setenv("XDG_CACHE_HOME", folder, 1) == 0);
    lvk_log_set_sink(drop_line, NULL, LVK_LOG_DEBUG);
    fuzz_begin();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint64_t live = lvk_alloc_live();
    fuzz_one(data, size);
    REQUIRE(lvk_alloc_live() == live || fuzz_leaves_memory);
    return 0;
}
