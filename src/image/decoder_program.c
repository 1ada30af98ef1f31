#include "image/decoder_program.h"

#include "core/embedded_program.h"

LVK_EMBEDDED_PROGRAM(lvk_decoder_program, LVK_DECODER_PROGRAM); /* the file's path, from the build */

size_t lvk_decoder_program_size(void) {
    return (size_t)(lvk_decoder_program_end - lvk_decoder_program);
}
