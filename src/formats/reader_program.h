/* The program of src/reader, as a part of this one: a library has no place of its own where it could look for
 * a file. */
#ifndef LVK_FORMATS_READER_PROGRAM_H
#define LVK_FORMATS_READER_PROGRAM_H

#include <stddef.h>

extern const unsigned char lvk_reader_program[];

size_t lvk_reader_program_size(void);

#endif
