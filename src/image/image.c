#include "image/image.h"

#include <stdlib.h>
#include <xxhash.h>

static int brightness(const uint8_t *pixel) {
    return pixel[0] + pixel[1] + pixel[2];
}

/* Adds the Laplacian at a pixel that is not background, unless one of its neighbours is. */
static void add_edge(const lvk_image *image, const uint8_t *pixel, lvk_image_measures *measures) {
    const ptrdiff_t row = (ptrdiff_t)image->width * 3;
    const uint8_t *const neighbours[4] = {pixel - row, pixel - 3, pixel + 3, pixel + row};
    int edge = 4 * brightness(pixel);
    for (int n = 0; n < 4; ++n) {
        if (lvk_pixel_is_black(neighbours[n], image->black))
            return;
        edge -= brightness(neighbours[n]);
    }
    measures->edge_sum += (uint64_t)abs(edge);
    ++measures->edge_count;
}

void lvk_image_measure(const lvk_image *image, lvk_image_measures *measures) {
    const uint32_t width = image->width, height = image->height;
    uint32_t left = width, right = 0, top = height, bottom = 0;
    const uint8_t *pixel = image->pixels;
    lvk_image_measures m = {0};
    for (uint32_t y = 0; y < height; ++y) {
        for (uint32_t x = 0; x < width; ++x, pixel += 3) {
            if (lvk_pixel_is_black(pixel, image->black))
                continue;
            ++m.area;
            for (int c = 0; c < 3; ++c) {
                m.sum[c] += pixel[c];
                m.square_sum[c] += (uint32_t)pixel[c] * pixel[c];
            }
            left = x < left ? x : left;
            right = x > right ? x : right;
            top = y < top ? y : top;
            bottom = y;
            if (x > 0 && y > 0 && x + 1 < width && y + 1 < height)
                add_edge(image, pixel, &m);
        }
    }
    if (left <= right)
        m.box = (right - left + 1) * (bottom - top + 1);
    *measures = m;
}

void lvk_image_hash(const lvk_image *image, uint64_t hash[2]) {
    const XXH128_hash_t value = XXH3_128bits_withSeed(image->pixels, (size_t)image->width * image->height * 3,
                                                      (uint64_t)image->width << 32 | image->height);
    hash[0] = value.high64;
    hash[1] = value.low64;
}

/* The finalizer of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA
 * 2014): a bijection whose output bits all depend on all of the input's. */
static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
    x = (x ^ x >> 27) * 0x94d049bb133111ebU;
    return x ^ x >> 31;
}

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t in_order(uint64_t a, uint64_t b) {
    return smaller(a, b) << 32 | (a < b ? b : a);
}

void lvk_image_turned_hash(const lvk_image *image, uint64_t hash[2]) {
    static const uint64_t second = 0x9e3779b97f4a7c15U;
    const uint64_t width = image->width, height = image->height;
    const uint8_t *pixel = image->pixels;
    hash[0] = mix(in_order(width, height));
    hash[1] = mix(hash[0] ^ second);
    for (uint64_t y = 0; y < height; ++y) {
        for (uint64_t x = 0; x < width; ++x, pixel += 3) {
            const uint64_t colour = (uint64_t)pixel[0] << 16 | (uint64_t)pixel[1] << 8 | pixel[2];
            if (colour == 0) /* most of a cell's image */
                continue;
            const uint64_t edges = in_order(smaller(x, width - 1 - x), smaller(y, height - 1 - y));
            const uint64_t drawn = mix(mix(edges) ^ colour);
            hash[0] += drawn;
            hash[1] += mix(drawn ^ second);
        }
    }
}
