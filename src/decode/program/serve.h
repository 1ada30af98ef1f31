/* What the decoding program does: it answers requests (decode/protocol.h) until there are no more. */
#ifndef LVK_DECODE_SERVE_H
#define LVK_DECODE_SERVE_H

#include "decode/protocol.h"

/* Takes requests from the process that started this one, and answers them (core/child_program.h). Ends when
 * the other process has closed its socket, or is gone. */
void lvk_decoder_serve(const lvk_decoder *const decoders[LVK_DECODER_COUNT]);

#endif
