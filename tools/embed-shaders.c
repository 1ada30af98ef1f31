/* embed-shaders OUT.c IN.spv...: writes SPIR-V modules as C arrays, with a table of their names
 * (src/vulkan/shaders.h). The build runs it. */
#include "core/fnv.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 1 << 20, MAX_ARGUMENTS = 4096 };

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sets `name` to the file's name without folder and suffix. */
static void shader_name(const char *path, char *name, size_t size) {
    const char *slash = strrchr(path, '/');
    snprintf(name, size, "%s", slash ? slash + 1 : path);
    char *dot = strrchr(name, '.');
    if (dot)
        *dot = '\0';
}

static uint64_t digest(uint64_t hash, const uint32_t *words, size_t count) {
    for (size_t i = 0; i < count; ++i)
        hash = lvk_fnv1a_step(hash, words[i]);
    return hash;
}

/* Reads the words of a module and returns their number. If the file is no module, returns 0 and prints a line
 * to standard error. */
static size_t read_module(const char *path, uint32_t *words) {
    FILE *in = fopen(path, "rb");
    size_t count = in ? fread(words, 4, MAX_WORDS, in) : 0;
    if (in)
        fclose(in);
    if (count == MAX_WORDS || (count > 0 && words[0] != 0x07230203))
        count = 0;
    if (count == 0)
        fprintf(stderr, "%s: not a SPIR-V module\n", path);
    return count;
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > MAX_ARGUMENTS)
        return fprintf(stderr, "usage: embed-shaders OUT.c IN.spv... (at most %d words)\n", MAX_ARGUMENTS), 2;
    static uint32_t words[MAX_WORDS];
    static size_t counts[MAX_ARGUMENTS];
    uint64_t hash = LVK_FNV1A_BASIS;
    FILE *out = fopen(argv[1], "w");
    if (!out)
        return perror(argv[1]), 1;
    qsort(argv + 2, (size_t)argc - 2, sizeof *argv, compare_names);
    fprintf(out, "#include \"vulkan/shaders.h\"\n");
    for (int i = 2; i < argc; ++i) {
        counts[i] = read_module(argv[i], words);
        if (counts[i] == 0) {
            fclose(out);
            return 1;
        }
        hash = digest(hash, words, counts[i]);
        fprintf(out, "static const uint32_t shader_%d[] = {", i);
        for (size_t k = 0; k < counts[i]; ++k)
            fprintf(out, "%s0x%08x,", k % 12 ? "" : "\n", (unsigned)words[k]);
        fprintf(out, "\n};\n");
    }
    fprintf(out, "const lvk_shader lvk_shaders[] = {\n");
    for (int i = 2; i < argc; ++i) {
        char name[256];
        shader_name(argv[i], name, sizeof name);
        fprintf(out, "    {\"%s\", shader_%d, %zu},\n", name, i, counts[i]);
    }
    fprintf(out,
            "};\nconst uint32_t lvk_shader_count = %d;\nconst uint64_t lvk_shader_digest = 0x%016llxu;\n",
            argc - 2, (unsigned long long)hash);
    return fclose(out) == 0 ? 0 : 1;
}
