#include "image/decoder_program.h"

#include "core/embedded_program.h"

LVK_EMBEDDED_PROGRAM(lvk_embedded_decoder, LVK_DECODER_PROGRAM); /* the file's path, from the build */

lvk_child_program lvk_decoder_program(void) {
    return (lvk_child_program){.name = "leukvk-decoder",
                               .bytes = lvk_embedded_decoder_begin,
                               .size = (size_t)(lvk_embedded_decoder_end - lvk_embedded_decoder_begin)};
}
