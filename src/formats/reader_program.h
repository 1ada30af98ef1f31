/* The program of src/reader, as a part of this one. */
#ifndef LVK_FORMATS_READER_PROGRAM_H
#define LVK_FORMATS_READER_PROGRAM_H

#include "core/child.h"

lvk_child_program lvk_reader_program(void);

#endif
