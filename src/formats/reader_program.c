#include "formats/reader_program.h"

/* LVK_READER_PROGRAM is the file's path, from the build. */
__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        ".globl lvk_reader_program\n"
        ".hidden lvk_reader_program\n"
        "lvk_reader_program:\n"
        ".incbin \"" LVK_READER_PROGRAM "\"\n"
        ".globl lvk_reader_program_end\n"
        ".hidden lvk_reader_program_end\n"
        "lvk_reader_program_end:\n"
        ".popsection\n");

extern const unsigned char lvk_reader_program_end[] __attribute__((visibility("hidden")));

size_t lvk_reader_program_size(void) {
    return (size_t)(lvk_reader_program_end - lvk_reader_program);
}
