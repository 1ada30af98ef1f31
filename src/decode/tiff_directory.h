/* What the first directory of a TIFF file asks for. */
#ifndef LVK_DECODE_TIFF_DIRECTORY_H
#define LVK_DECODE_TIFF_DIRECTORY_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the values of all entries, which libtiff keeps copies of. Entries may name the same bytes of the
 * file again and again, so this may be any number. 0 where the file is damaged: libtiff tells how. */
uint64_t lvk_tiff_directory_bytes(const uint8_t *data, size_t size);

#endif
