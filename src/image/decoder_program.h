/* The program of src/decode, as a part of this one. */
#ifndef LVK_IMAGE_DECODER_PROGRAM_H
#define LVK_IMAGE_DECODER_PROGRAM_H

#include <stddef.h>

extern const unsigned char lvk_decoder_program[];

size_t lvk_decoder_program_size(void);

#endif
