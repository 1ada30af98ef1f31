#include "core/memory.h"
#include "image/encode.h"

#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

/* One encoding. In a struct of its own, so that nothing in it is lost by longjmp. */
typedef struct writing {
    const uint8_t *pixels;
    uint32_t width, height;
    int channels;
    png_structp png;
    png_infop info;
    uint8_t *bytes;
    size_t size, capacity;
} writing;

static void *allocate(png_structp png, png_alloc_size_t size) {
    (void)png;
    return lvk_alloc(size, 1);
}

static void release(png_structp png, void *memory) {
    (void)png;
    lvk_free(memory);
}

/* Memory is all that can fail. */
static void fail(png_structp png, const char *reason) {
    (void)reason;
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, const char *reason) {
    (void)png;
    (void)reason;
}

static void take_bytes(png_structp png, png_bytep from, size_t size) {
    writing *w = png_get_io_ptr(png);
    if (size > w->capacity - w->size) {
        const size_t capacity = 2 * (w->size + size) + 4096;
        uint8_t *grown = lvk_realloc(w->bytes, capacity, 1);
        if (!grown)
            png_error(png, "out of memory");
        w->bytes = grown;
        w->capacity = capacity;
    }
    memcpy(w->bytes + w->size, from, size);
    w->size += size;
}

static void flush_nothing(png_structp png) {
    (void)png;
}

/* Runs under setjmp: libpng's failures jump out of it. */
static void write_picture(writing *w) {
    static const int types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                PNG_COLOR_TYPE_RGB_ALPHA};
    png_set_write_fn(w->png, w, take_bytes, flush_nothing);
    png_set_IHDR(w->png, w->info, w->width, w->height, 8, types[w->channels - 1], PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(w->png, w->info);
    for (uint32_t y = 0; y < w->height; ++y)
        png_write_row(w->png, w->pixels + (size_t)y * w->width * (size_t)w->channels);
    png_write_end(w->png, w->info);
}

static bool try_to_write(writing *w) {
    if (setjmp(png_jmpbuf(w->png)))
        return false;
    w->info = png_create_info_struct(w->png);
    if (!w->info)
        return false;
    write_picture(w);
    return true;
}

lvk_status lvk_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels, void **data,
                          size_t *size) {
    writing w = {.pixels = pixels, .width = width, .height = height, .channels = channels};
    w.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &w, fail, ignore_warning, &w, allocate, release);
    const bool written = w.png && try_to_write(&w);
    png_destroy_write_struct(&w.png, &w.info);
    if (!written) {
        lvk_free(w.bytes);
        w.bytes = NULL;
        w.size = 0;
    }
    *data = w.bytes;
    *size = w.size;
    return written ? LVK_OK
                   : lvk_fail(LVK_ERROR_MEMORY, "out of memory for a PNG of %u x %u pixels", width, height);
}
