/* Runs a fuzz target on files: replay FOLDER-OR-FILE... In the place of libFuzzer's main, so that every check of any
 * compiler runs all inputs that are kept. */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long count;

static int run_file(const char *path, const struct stat *state, int type, struct FTW *place) {
    (void)place;
    if (type != FTW_F)
        return type == FTW_NS || type == FTW_DNR;
    const size_t size = (size_t)state->st_size;
    uint8_t *data = malloc(size ? size : 1);
    FILE *file = fopen(path, "rb");
    if (!data || !file || fread(data, 1, size, file) != size) {
        perror(path);
        return 1;
    }
    fclose(file);
    fprintf(stderr, "%s\n", path); /* the last one before a crash is the one at fault */
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    ++count;
    return 0;
}

int main(int argc, char **argv) {
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; ++i)
        if (nftw(argv[i], run_file, 8, FTW_PHYS) != 0)
            return EXIT_FAILURE;
    printf("%lu inputs\n", count);
    return count ? EXIT_SUCCESS : EXIT_FAILURE; /* an empty corpus tests nothing */
}
