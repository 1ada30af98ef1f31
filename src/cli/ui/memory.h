/* Memory of the command line itself. Where there is none the program ends at once, since nothing that it prints may lack a
 * part; what the library has written by then is whole. */
#ifndef LEUKVK_CLI_UI_MEMORY_H
#define LEUKVK_CLI_UI_MEMORY_H

#include <stddef.h>

/* `count` items of `size` bytes (either may be 0), zeroed, which the caller releases with free. Never NULL. */
void *allocate(size_t count, size_t size);

/* The same memory with room for `count` items, of which those behind the old ones are not set. Never NULL. */
void *allocate_again(void *memory, size_t count, size_t size);

/* A copy of `text`, which the caller releases with free. Never NULL. */
char *allocate_copy(const char *text);

/* Ends the program with "leukvk: out of memory" and EXIT_FAILED. */
_Noreturn void end_without_memory(void);

#endif
