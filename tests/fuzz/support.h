/* What the fuzz targets have in common. A target is a file of this folder with the function fuzz_one. In a build for
 * libFuzzer (LEUKVK_FUZZ, tools/fuzz.sh) it is linked with the fuzzer's main; in every other build with replay.c, which
 * runs it on the files of corpus/TARGET. */
#ifndef LEUKVK_TESTS_FUZZ_SUPPORT_H
#define LEUKVK_TESTS_FUZZ_SUPPORT_H

#include "core/error.h"
#include "core/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ends the program as a crash, which the fuzzer and ctest notice, with the condition and its place. */
#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fuzz_stop(__FILE__, __LINE__, #condition);                                                       \
    } while (0)
_Noreturn void fuzz_stop(const char *file, int line, const char *condition);

/* What a target does with one input. Every allocation must be freed in the end. */
void fuzz_one(const uint8_t *data, size_t size);

/* Set by a target whose inputs may leave memory of lvk_alloc behind, as a program does that ends. libFuzzer looks for leaks
 * all the same. */
extern bool fuzz_leaves_memory;

/* Called once, before the first input; a target without preparations has an empty one. */
void fuzz_begin(void);

/* Whether a call succeeded. After a failure there must be an error line that can be shown to people: UTF-8, not empty
 * and without control characters. */
bool fuzz_ok(lvk_status status);

/* The path of this process's scratch folder, which is removed at the end; HOME and XDG_CACHE_HOME lead there. */
const char *fuzz_folder(void);

/* Writes a file of the scratch folder. Its path is valid until the program ends or the same name is written eight files
 * later. */
const char *fuzz_file(const char *name, const void *data, size_t size);

/* Reads a whole file, which must exist; the caller frees it with lvk_free. */
void *fuzz_read(const char *path, size_t *size);

/* A copy of exactly `size` bytes, so that a sanitizer sees what is read behind them; freed with lvk_free. */
void *fuzz_copy(const uint8_t *data, size_t size);

/* The same as a string, which ends at the first NUL of the bytes. */
char *fuzz_string(const uint8_t *data, size_t size);

/* The input as numbers and pieces, taken from its front. An input that has ended gives zeros and empty pieces. */
typedef struct fuzz_input {
    const uint8_t *at;
    size_t left;
} fuzz_input;

uint32_t fuzz_below(fuzz_input *input,
                    uint32_t bound);     /* one byte (two from a bound of 257 on), modulo `bound` */
fuzz_input fuzz_line(fuzz_input *input); /* up to the next newline, without it */

#endif
