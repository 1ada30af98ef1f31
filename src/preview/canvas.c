#include "preview/canvas.h"

#include "core/file.h"
#include "core/memory.h"
#include "image/encode.h"
#include "image/resample.h"

#include <string.h>

#pragma GCC diagnostic ignored "-Wunused-function" /* reported at the end of the file, so not popped */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wshadow"
#include <stb/stb_easy_font.h>
#pragma GCC diagnostic pop

enum { PAPER = 225, INK = 20, SCALE = 2, MOST_CHARACTERS = 200, CHARACTER_BYTES = 400 };

lvk_status lvk_canvas_create(uint64_t width, uint64_t height, lvk_canvas *canvas) {
    *canvas = (lvk_canvas){0};
    if (width > LVK_CANVAS_MOST_SIDE || height > LVK_CANVAS_MOST_SIDE)
        return lvk_fail(
            LVK_ERROR_LIMIT,
            "a picture of %llu x %llu pixels has more than %d a side: show fewer or smaller cells",
            (unsigned long long)width, (unsigned long long)height, LVK_CANVAS_MOST_SIDE);
    canvas->pixels = lvk_alloc(width * height, 3);
    if (!canvas->pixels)
        return LVK_ERROR_MEMORY;
    canvas->width = (uint32_t)width;
    canvas->height = (uint32_t)height;
    memset(canvas->pixels, PAPER, width * height * 3);
    return LVK_OK;
}

void lvk_canvas_finish(lvk_canvas *canvas) {
    lvk_free(canvas->pixels);
    *canvas = (lvk_canvas){0};
}

void lvk_canvas_square(lvk_canvas *canvas, uint32_t x, uint32_t y, const float *pixels, uint32_t side) {
    const size_t row = (size_t)side * 3;
    for (uint32_t j = 0; j < side; ++j)
        lvk_pixels_to_bytes(pixels + j * row, row,
                            canvas->pixels + ((size_t)(y + j) * canvas->width + x) * 3);
}

/* What the font can draw of `text` in `width` pixels. */
static void simplify(const char *text, uint32_t width, char ascii[MOST_CHARACTERS + 1]) {
    size_t length = 0;
    for (; *text && length < MOST_CHARACTERS; ++text) {
        const unsigned char c = (unsigned char)*text;
        if ((c & 0xC0) != 0x80) /* the first byte of a character */
            ascii[length++] = (char)(c >= ' ' && c < 0x7F ? c : '?');
    }
    ascii[length] = '\0';
    while (length && (uint32_t)stb_easy_font_width(ascii) * SCALE > width)
        ascii[--length] = '\0';
}

static void fill(lvk_canvas *canvas, uint32_t left, uint32_t top, uint32_t right, uint32_t bottom) {
    right = right < canvas->width ? right : canvas->width;
    bottom = bottom < canvas->height ? bottom : canvas->height;
    for (uint32_t y = top; y < bottom && left < right; ++y)
        memset(canvas->pixels + ((size_t)y * canvas->width + left) * 3, INK, (size_t)(right - left) * 3);
}

lvk_status lvk_canvas_text(lvk_canvas *canvas, uint32_t x, uint32_t y, uint32_t width, const char *text) {
    typedef struct corner {
        float x, y, z;
        uint8_t colour[4];
    } corner; /* as the font hands it over, four to a rectangle: the first and the third are opposite */
    char ascii[MOST_CHARACTERS + 1];
    const int bytes = MOST_CHARACTERS * CHARACTER_BYTES;
    corner *corners = lvk_alloc((size_t)bytes, 1);
    if (!corners)
        return LVK_ERROR_MEMORY;
    simplify(text, width, ascii);
    const int rectangles = stb_easy_font_print(0, 0, ascii, NULL, corners, bytes);
    for (int r = 0; r < rectangles; ++r) {
        const corner *from = &corners[4 * r], *to = &corners[4 * r + 2];
        fill(canvas, x + (uint32_t)from->x * SCALE, y + (uint32_t)from->y * SCALE,
             x + (uint32_t)to->x * SCALE, y + (uint32_t)to->y * SCALE);
    }
    lvk_free(corners);
    return LVK_OK;
}

lvk_status lvk_canvas_write(const lvk_canvas *canvas, const char *path) {
    void *data;
    size_t size;
    LVK_TRY(lvk_png_encode(canvas->pixels, canvas->width, canvas->height, 3, &data, &size));
    lvk_folder_clear_beside(path);
    const lvk_status status = lvk_file_write(path, data, size);
    lvk_free(data);
    return status;
}
