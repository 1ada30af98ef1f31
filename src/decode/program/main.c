/* The program that decodes pictures in the place of leukvk or of a program that uses the library. It is a part
 * of either (image/decoder_process.c), has no arguments, and is of no use by itself. */
#include "serve.h"

#include "core/child_program.h"

#include <unistd.h>

int main(void) {
    static const lvk_decoder *const decoders[LVK_DECODER_COUNT] = {
        [LVK_DECODER_PNG] = &lvk_png,
        [LVK_DECODER_JPEG] = &lvk_jpeg,
        [LVK_DECODER_TIFF] = &lvk_tiff,
        [LVK_DECODER_WEBP] = &lvk_webp,
    };
    if (lvk_child_begin() == LVK_OK)
        lvk_decoder_serve(decoders);
    _exit(0); /* what libraries do at the end of a process is not wanted */
}
