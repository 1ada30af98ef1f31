/* What the decoding program (program/main.c) is asked and what it answers, as bytes of one machine and one
 * build, picture after picture:
 *   the request: an lvk_decoder_request, the file's bytes, the file's name
 *   the answer:  an lvk_decoder_answer; its pixels where it says so. Where it tells the need alone, an
 *                lvk_decoder_verdict follows from the asking side; after "go on", a second answer.
 * Whoever reads an answer checks it: a damaged picture may have taken over the program. */
#ifndef LVK_DECODE_PROTOCOL_H
#define LVK_DECODE_PROTOCOL_H

#include "core/child.h"
#include "decode/decoder.h"

#include <stdint.h>

/* Formats by number: libraries of others decode them. */
enum { LVK_DECODER_PNG, LVK_DECODER_JPEG, LVK_DECODER_TIFF, LVK_DECODER_WEBP, LVK_DECODER_COUNT };

typedef struct lvk_decoder_request {
    uint32_t format;
    uint32_t name_size; /* with its NUL */
    uint64_t size;      /* bytes of the file */
    uint64_t room; /* the most bytes that the picture may need (lvk_decoder_bytes) if it is decoded at once */
} lvk_decoder_request;

typedef struct lvk_decoder_answer {
    lvk_child_report report;
    lvk_image_need need; /* where the status is LVK_OK, as all that follows */
    uint8_t decoded;     /* 1: lvk_pixel_bytes(need) bytes follow */
    uint8_t bits;        /* of lvk_decoded */
    uint8_t bits_told;
    uint8_t worn; /* 1: another process should decode what comes next (lvk_child_is_worn) */
} lvk_decoder_answer;

typedef enum lvk_decoder_verdict { LVK_DECODER_LET_GO, LVK_DECODER_GO_ON } lvk_decoder_verdict;

/* What decoding takes beside the file's bytes and their copy: the pixels there and here, and a third picture
 * where they must be turned. */
static inline size_t lvk_decoder_bytes(const lvk_image_need *need) {
    return need->working + (need->orientation > 1 ? 3 : 2) * lvk_pixel_bytes(need);
}

#endif
