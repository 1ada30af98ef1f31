/* Whether a PNG or JPEG file is whole. stb_image fills up what is missing at the end of a JPEG and ignores
 * checksums, so this is asked first. */
#ifndef LVK_DATA_CONTAINER_H
#define LVK_DATA_CONTAINER_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

/* Chunk sizes, their CRC-32 and the closing IEND (PNG specification, section 5). Bytes behind IEND are
 * allowed. */
LVK_MUST_USE lvk_status lvk_png_check(const char *name, const uint8_t *data, size_t size);

/* Segment sizes, the scans and the closing EOI marker (ITU T.81, annex B). Bytes behind EOI are allowed. */
LVK_MUST_USE lvk_status lvk_jpeg_check(const char *name, const uint8_t *data, size_t size);

#endif
