/* The program that reads a file from outside in the place of leukvk or of a program that uses the library. It
 * is a part of either (formats/keras_model.c), has no arguments, and is of no use by itself. */
#include "core/child_program.h"
#include "reader/serve.h"

#include <unistd.h>

int main(void) {
    const bool done = lvk_child_begin() == LVK_OK && lvk_reader_serve() == LVK_OK;
    _exit(done ? 0 : 1); /* what libraries do at the end of a process is not wanted */
}
