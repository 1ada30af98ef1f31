#include "image/crop.h"

#include "core/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct box {
    int64_t x, y, width, height;
} box;

lvk_status lvk_crop_parse(const char *text, lvk_crop *crop) {
    *crop = (lvk_crop){LVK_CROP_CENTER, LVK_CROP_DEFAULT_SIDE};
    if (strcmp(text, "center") == 0)
        return LVK_OK;
    if (strcmp(text, "bbox") == 0 || strcmp(text, "none") == 0) {
        *crop = (lvk_crop){*text == 'b' ? LVK_CROP_BBOX : LVK_CROP_NONE, 0};
        return LVK_OK;
    }
    if (strncmp(text, "center:", 7) != 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "crop '%s': must be center:N, bbox or none", text);
    char *end;
    const long side = strtol(text + 7, &end, 10);
    if (text[7] < '0' || text[7] > '9' || *end || side < LVK_IMAGE_LEAST_SIDE || side > LVK_IMAGE_MOST_SIDE)
        return lvk_fail(LVK_ERROR_ARGUMENT, "crop '%s': N must be from %d to %d pixels", text,
                        LVK_IMAGE_LEAST_SIDE, LVK_IMAGE_MOST_SIDE);
    crop->side = (uint32_t)side;
    return LVK_OK;
}

void lvk_crop_format(const lvk_crop *crop, char text[32]) {
    if (crop->kind == LVK_CROP_CENTER)
        snprintf(text, 32, "center:%u", crop->side);
    else
        snprintf(text, 32, "%s", crop->kind == LVK_CROP_BBOX ? "bbox" : "none");
}

double lvk_scale_ratio(double wanted, double own) {
    return wanted > 0 && own > 0 ? wanted / own : 1;
}

lvk_crop lvk_crop_scaled(const lvk_crop *crop, double ratio) {
    lvk_crop scaled = *crop;
    if (crop->kind == LVK_CROP_CENTER) {
        const double side = round(crop->side * ratio);
        scaled.side = side < 1 ? 1 : (uint32_t)side;
    }
    return scaled;
}

static bool is_black(const lvk_image *image, int64_t x, int64_t y) {
    return lvk_pixel_is_black(image->pixels + (y * image->width + x) * 3, image->black);
}

/* The whole image, or what remains of an odd-sized C-NMC cell. */
static box whole(const lvk_image *image) {
    const int64_t last = LVK_CROP_ODD_SIZE - 1, frame = LVK_CROP_ODD_FRAME,
                  inner = LVK_CROP_ODD_SIZE - 2 * frame;
    if (image->width == LVK_CROP_ODD_SIZE && image->height == LVK_CROP_ODD_SIZE && is_black(image, 0, 0) &&
        is_black(image, last, 0) && is_black(image, 0, last) && is_black(image, last, last))
        return (box){frame, frame, inner, inner};
    return (box){0, 0, image->width, image->height};
}

static bool row_is_black(const lvk_image *image, const box *frame, int64_t y) {
    for (int64_t x = frame->x; x < frame->x + frame->width; ++x)
        if (!is_black(image, x, y))
            return false;
    return true;
}

static bool column_is_black(const lvk_image *image, const box *frame, int64_t x) {
    for (int64_t y = frame->y; y < frame->y + frame->height; ++y)
        if (!is_black(image, x, y))
            return false;
    return true;
}

static box bounding_box(const lvk_image *image, const box *frame) {
    box cell = *frame;
    while (cell.height > 0 && row_is_black(image, &cell, cell.y)) {
        ++cell.y;
        --cell.height;
    }
    if (cell.height == 0)
        return *frame;
    while (row_is_black(image, &cell, cell.y + cell.height - 1))
        --cell.height;
    while (column_is_black(image, &cell, cell.x)) {
        ++cell.x;
        --cell.width;
    }
    while (column_is_black(image, &cell, cell.x + cell.width - 1))
        --cell.width;
    return cell;
}

static int64_t floor_half(int64_t value) {
    return value >= 0 ? value / 2 : -((1 - value) / 2);
}

/* A square of `side` about the centre of `inner`. */
static box square_about(const box *inner, int64_t side) {
    return (box){inner->x + floor_half(inner->width - side), inner->y + floor_half(inner->height - side),
                 side, side};
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* out[y][x] = the image at window + (x, y), black outside `frame`. */
static void copy_window(const lvk_image *image, const box *frame, const box *window, uint8_t *out) {
    const int64_t first = most(window->x, frame->x);
    const int64_t last = least(window->x + window->width, frame->x + frame->width);
    for (int64_t y = 0; y < window->height && first < last; ++y) {
        const int64_t from = window->y + y;
        if (from >= frame->y && from < frame->y + frame->height)
            memcpy(out + (y * window->width + first - window->x) * 3,
                   image->pixels + (from * image->width + first) * 3, (size_t)(last - first) * 3);
    }
}

/* Mean over blocks of k x k; what is missing in the last row and column of blocks counts as black. */
static void average_window(const lvk_image *image, const box *frame, const box *window, int64_t k,
                           uint8_t *out, int64_t side) {
    for (int64_t y = 0; y < side; ++y) {
        for (int64_t x = 0; x < side; ++x, out += 3) {
            uint32_t sum[3] = {0, 0, 0};
            for (int64_t j = most(window->y + y * k, frame->y);
                 j < least(window->y + (y + 1) * k, frame->y + frame->height); ++j) {
                for (int64_t i = most(window->x + x * k, frame->x);
                     i < least(window->x + (x + 1) * k, frame->x + frame->width); ++i) {
                    for (int c = 0; c < 3; ++c)
                        sum[c] += image->pixels[(j * image->width + i) * 3 + c];
                }
            }
            for (int c = 0; c < 3; ++c)
                out[c] = (uint8_t)((sum[c] + (uint32_t)(k * k) / 2) / (uint32_t)(k * k));
        }
    }
}

static box place(const lvk_crop *crop, const lvk_image *image, const box *frame) {
    const box inner = crop->kind == LVK_CROP_BBOX ? bounding_box(image, frame) : *frame;
    return square_about(&inner, crop->kind == LVK_CROP_CENTER ? crop->side : most(inner.width, inner.height));
}

lvk_crop_window lvk_crop_place(const lvk_crop *crop, const lvk_image *image) {
    const box frame = whole(image), window = place(crop, image, &frame);
    return (lvk_crop_window){window.x, window.y, window.width};
}

/* The k of k x k pixels that are averaged to one. */
static int64_t block_side(int64_t window, uint32_t output) {
    return window > 4 * (int64_t)output ? window / (2 * (int64_t)output) : 1;
}

uint32_t lvk_crop_side_bound(const lvk_crop *crop, uint32_t width, uint32_t height, uint32_t output) {
    if (crop->kind == LVK_CROP_CENTER) {
        const int64_t k = block_side(crop->side, output);
        return (uint32_t)((crop->side + k - 1) / k);
    }
    return (uint32_t)least(most(width, height), 4 * (int64_t)output); /* averaged crops are smaller */
}

lvk_status lvk_crop_extract(const lvk_crop *crop, const lvk_image *image, uint32_t output,
                            lvk_image *cropped) {
    const box frame = whole(image), window = place(crop, image, &frame);
    const int64_t k = block_side(window.width, output);
    const int64_t side = (window.width + k - 1) / k;

    *cropped = (lvk_image){.width = (uint32_t)side, .height = (uint32_t)side, .black = image->black};
    cropped->pixels = lvk_alloc((size_t)side * (size_t)side, 3);
    if (!cropped->pixels)
        return LVK_ERROR_MEMORY;
    if (k == 1)
        copy_window(image, &frame, &window, cropped->pixels);
    else
        average_window(image, &frame, &window, k, cropped->pixels, side);
    return LVK_OK;
}
