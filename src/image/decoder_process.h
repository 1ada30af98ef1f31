/* What a process of the pool is asked, and its answers (decode/protocol.h), which are checked here. */
#ifndef LVK_IMAGE_DECODER_PROCESS_H
#define LVK_IMAGE_DECODER_PROCESS_H

#include "decode/protocol.h"
#include "image/decoder_pool.h"

/* Where a function fails since the process did, process->failed is set. LVK_ERROR_FORMAT: the picture is
 * damaged, or has had that effect. */

/* Sends a picture that may need `room` bytes, and receives the answer: its need; where this is no more,
 * answer->decoded, and lvk_decoder_process_pixels must follow; otherwise lvk_decoder_process_go_on or
 * lvk_decoder_process_let_go. */
LVK_MUST_USE lvk_status lvk_decoder_process_ask(lvk_decoder_process *process, uint32_t format,
                                                const void *data, size_t size, size_t room,
                                                lvk_decoder_answer *answer);

/* Has the picture decoded whose need *answer tells. lvk_decoder_process_pixels must follow. */
LVK_MUST_USE lvk_status lvk_decoder_process_go_on(lvk_decoder_process *process, lvk_decoder_answer *answer);

/* Leaves the picture. */
void lvk_decoder_process_let_go(lvk_decoder_process *process);

/* Receives the pixels of the answer. */
LVK_MUST_USE lvk_status lvk_decoder_process_pixels(lvk_decoder_process *process,
                                                   const lvk_decoder_answer *answer, uint8_t *pixels);

#endif
