/* The program of src/decode, as a part of this one. */
#ifndef LVK_IMAGE_DECODER_PROGRAM_H
#define LVK_IMAGE_DECODER_PROGRAM_H

#include "core/child.h"

lvk_child_program lvk_decoder_program(void);

#endif
