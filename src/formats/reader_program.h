/* The program of src/reader, as a part of this one. */
#ifndef LVK_FORMATS_READER_PROGRAM_H
#define LVK_FORMATS_READER_PROGRAM_H

#include <stddef.h>

extern const unsigned char lvk_reader_program[];

size_t lvk_reader_program_size(void);

#endif
