#include "path_words.h"

#include "leukvk/leukvk.h"
#include "ui/memory.h"
#include "ui/output.h"
#include "verb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_path(path_words *list, size_t *capacity, const char *path) {
    if (list->count == *capacity) {
        *capacity = 2 * *capacity + 16;
        list->paths = allocate_again(list->paths, *capacity, sizeof *list->paths);
    }
    list->paths[list->count++] = path;
}

/* The text of standard input, which lives as long as the program. */
static char *read_input(void) {
    char *text = NULL;
    size_t size = 0;
    FILE *all = open_memstream(&text, &size);
    for (int c; all && (c = getchar()) != EOF;)
        putc(c, all);
    if (ferror(stdin)) {
        fprintf(stderr, "leukvk: standard input: %s\n", strerror(errno));
        exit(EXIT_FAILED);
    }
    if (!all || ferror(all) || fclose(all) != 0)
        end_without_memory();
    return text;
}

void path_words_take(path_words *list, char *const *words, size_t count) {
    size_t capacity = 0;
    for (size_t i = 0; i < count; ++i) {
        char *rest = NULL;
        if (strcmp(words[i], "-") != 0)
            add_path(list, &capacity, words[i]);
        else
            for (char *line = strtok_r(read_input(), "\r\n", &rest); line;
                 line = strtok_r(NULL, "\r\n", &rest))
                add_path(list, &capacity, line);
    }
}

void path_words_finish(path_words *list) {
    free(list->paths);
    *list = (path_words){0};
}
