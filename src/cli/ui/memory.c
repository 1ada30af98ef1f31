#define _GNU_SOURCE /* reallocarray */
#include "memory.h"

#include "verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void end_without_memory(void) {
    fflush(stdout);
    fputs("leukvk: out of memory\n", stderr);
    fflush(stderr);
    _exit(EXIT_FAILED); /* what threads are still at is not waited for */
}

void *allocate(size_t count, size_t size) {
    void *memory = calloc(count + 1, size + !size);
    if (!memory)
        end_without_memory();
    return memory;
}

void *allocate_again(void *memory, size_t count, size_t size) {
    void *grown = reallocarray(memory, count, size);
    if (!grown)
        end_without_memory();
    return grown;
}

char *allocate_copy(const char *text) {
    char *copy = allocate(strlen(text) + 1, 1);
    return strcpy(copy, text);
}
