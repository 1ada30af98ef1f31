#include "formats/reader_program.h"

#include "core/embedded_program.h"

LVK_EMBEDDED_PROGRAM(lvk_reader_program, LVK_READER_PROGRAM); /* the file's path, from the build */

size_t lvk_reader_program_size(void) {
    return (size_t)(lvk_reader_program_end - lvk_reader_program);
}
