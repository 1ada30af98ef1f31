#include "json_result.h"

#include "output.h"
#include "verb.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int kept = -1; /* standard output as it was */

void json_result_begin(void) {
    kept = output_divert();
    if (kept < 0) {
        fprintf(stderr, "leukvk: --json: %s\n", strerror(errno));
        exit(EXIT_FAILED);
    }
}

void json_result_end(void) {
    fflush(stdout);
    if (kept >= 0 && dup2(kept, STDOUT_FILENO) >= 0)
        close(kept);
    kept = -1;
}

int json_result_file(const char *folder, const char *name) {
    char path[4608], text[4096];
    size_t size;
    json_result_end();
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    bool whole = file;
    do {
        size = file ? fread(text, 1, sizeof text, file) : 0;
        fwrite(text, 1, size, stdout);
        whole = whole && !ferror(file);
    } while (whole && size == sizeof text);
    if (!whole)
        fprintf(stderr, "leukvk: %s: %s\n", shown(path), strerror(errno));
    if (file)
        fclose(file);
    return whole ? EXIT_OK : EXIT_FAILED;
}
