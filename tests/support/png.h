/* Writes PNG files chunk by chunk, right and wrong ones. Header only. */
#ifndef LVK_TESTS_PNG_H
#define LVK_TESTS_PNG_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PNG_UNUSED __attribute__((unused))

typedef struct bytes {
    uint8_t *data;
    size_t size;
} bytes;

static void put_be(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; ++i)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void add_chunk(bytes *file, const char *type, const void *data, size_t size) {
    file->data = realloc(file->data, file->size + size + 12);
    uint8_t *at = file->data + file->size;
    put_be(at, (uint32_t)size);
    memcpy(at + 4, type, 4);
    if (size)
        memcpy(at + 8, data, size);
    put_be(at + 8 + size, (uint32_t)crc32(0, at + 4, (uInt)size + 4));
    file->size += size + 12;
}

/* The contents of a PNG file; rows include their filter bytes. */
typedef struct picture {
    uint32_t width, height;
    uint8_t bits, type, interlaced;
    const void *palette, *alpha, *rows;
    size_t palette_size, alpha_size, row_size;
    const char *further; /* the type of one more chunk, before the rows; NULL: none */
    const void *content; /* the contents of that chunk; NULL: any bytes */
    size_t content_size;
} picture;

PNG_UNUSED static bytes make_png(const picture *p) {
    bytes file = {malloc(8), 8};
    memcpy(file.data, "\x89PNG\r\n\x1A\n", 8);
    uint8_t header[13] = {[8] = p->bits, [9] = p->type, [12] = p->interlaced};
    put_be(header, p->width);
    put_be(header + 4, p->height);
    add_chunk(&file, "IHDR", header, sizeof header);
    if (p->further)
        add_chunk(&file, p->further, p->content ? p->content : "text", p->content ? p->content_size : 4);
    if (p->palette)
        add_chunk(&file, "PLTE", p->palette, p->palette_size);
    if (p->alpha)
        add_chunk(&file, "tRNS", p->alpha, p->alpha_size);
    uLongf packed_size = compressBound(p->row_size);
    uint8_t *packed = malloc(packed_size);
    cr_assert_eq(compress2(packed, &packed_size, p->rows, p->row_size, 1), Z_OK);
    add_chunk(&file, "IDAT", packed, packed_size);
    add_chunk(&file, "IEND", NULL, 0);
    free(packed);
    return file;
}

#endif
