#include "preview/cell.h"

#include "core/random.h"

#include <math.h>
#include <string.h>

enum { HARMONICS = 6, DIRECTIONS = 1024, MOST_NUCLEOLI = 3 };
enum { KIND_SUBJECT = 0, KIND_CELL = 1 }; /* the key's epoch */

static const float pi = 3.14159265358979F;

typedef struct stream {
    lvk_random_key key;
    uint32_t index;
} stream;

static float uniform(stream *s) {
    return lvk_random_uniform(&s->key, s->index++);
}

static float between(stream *s, float low, float high) {
    return low + (high - low) * uniform(s);
}

/* Standard normal, Box-Muller. */
static float normal(stream *s) {
    const float radius = sqrtf(-2 * logf(1 - uniform(s)));
    return radius * cosf(2 * pi * uniform(s));
}

static float clampf(float value, float low, float high) {
    return value < low ? low : value > high ? high : value;
}

typedef struct subject_look {
    float stain[3], rim[3]; /* colour of the nucleus and of the cytoplasm, 0..1 */
    float light_x, light_y; /* brightness gradient across the image */
    float grain, grain_scale, radius;
} subject_look;

static subject_look draw_subject(uint64_t seed, uint32_t subject) {
    stream s = {{seed, KIND_SUBJECT, subject, LVK_PURPOSE_SYNTH}, 0};
    static const float mean[3] = {0.33F, 0.15F, 0.38F};
    subject_look look;
    const float intensity = between(&s, 0.78F, 1.28F), direction = between(&s, 0, 2 * pi);
    for (int c = 0; c < 3; ++c) {
        look.stain[c] = mean[c] * intensity * between(&s, 0.75F, 1.3F);
        look.rim[c] = look.stain[c] * between(&s, 1.25F, 1.6F) + 0.03F;
    }
    const float strength = between(&s, 0.05F, 0.25F);
    look.light_x = strength * cosf(direction);
    look.light_y = strength * sinf(direction);
    look.grain = between(&s, 0.02F, 0.14F);
    look.grain_scale = between(&s, 0.15F, 0.6F);
    look.radius = 4 * normal(&s);
    return look;
}

typedef struct cell_look {
    float x, y, outline[DIRECTIONS]; /* centre and radius by direction, in pixels */
    float radius, nucleus;           /* mean radius in pixels; the nucleus' share of it */
    float clumps, contrast;          /* chromatin: lattice cells a radius; amplitude */
    float brightness;
    struct {
        float x, y, radius;
    } nucleoli[MOST_NUCLEOLI];
    int nucleolus_count;
    uint32_t noise_seed;
} cell_look;

static void draw_outline(stream *s, float amplitude, float largest, cell_look *look) {
    float cosines[HARMONICS], sines[HARMONICS];
    for (int k = 0; k < HARMONICS; ++k) {
        const float size = amplitude * normal(s) * (k == 0 ? 1.2F : 1.5F / (float)(k + 1));
        const float phase = between(s, 0, 2 * pi);
        cosines[k] = size * cosf(phase);
        sines[k] = size * sinf(phase);
    }
    for (int d = 0; d < DIRECTIONS; ++d) {
        float factor = 1;
        for (int k = 0; k < HARMONICS; ++k) {
            const float angle = 2 * pi * (float)d * (float)(k + 2) / DIRECTIONS;
            factor += cosines[k] * cosf(angle) + sines[k] * sinf(angle);
        }
        look->outline[d] = clampf(look->radius * factor, 0.3F * look->radius, largest);
    }
}

/* The distributions that a kind's cells are drawn from. */
typedef struct kind_look {
    const char *name;
    float radius, radius_deviation;
    float nucleus;           /* its share of the radius */
    float clumps, contrast;  /* of the chromatin */
    float outline, nucleoli; /* amplitude; below which number */
} kind_look;

static const kind_look kinds[LVK_CELL_KINDS] = {
    [LVK_CELL_BENIGN] = {"Benign", 92, 12.5F, 0.83F, 3.0F, 0.32F, 0.028F, 1.6F},
    [LVK_CELL_EARLY] = {"Early", 80, 8, 0.92F, 4.0F, 0.26F, 0.036F, 1.2F},
    [LVK_CELL_PRE] = {"Pre", 107, 11, 0.90F, 5.0F, 0.22F, 0.050F, 3.99F},
    [LVK_CELL_PRO] = {"Pro", 126, 10, 0.87F, 6.5F, 0.18F, 0.080F, 3.99F},
    [LVK_CELL_BURKITT] = {"Burkitt", 112, 10, 0.72F, 4.0F, 0.42F, 0.028F, 1.2F},
    [LVK_CELL_REACTIVE] = {"Reactive", 132, 10, 0.64F, 2.5F, 0.25F, 0.060F, 1.2F},
};

const char *lvk_cell_kind_name(lvk_cell_kind kind) {
    return kinds[kind].name;
}

static cell_look draw_cell(uint64_t seed, uint32_t cell, const kind_look *kind, float scale, float offset) {
    stream s = {{seed, KIND_CELL, cell, LVK_PURPOSE_SYNTH}, 0};
    cell_look look;
    memset(&look, 0, sizeof look);
    const float radius = kind->radius + kind->radius_deviation * normal(&s) + offset;
    look.radius = clampf(radius, 55, 150) * scale;
    look.x = (225 + 6 * normal(&s)) * scale;
    look.y = (225 + 6 * normal(&s)) * scale;
    look.nucleus = clampf(kind->nucleus + 0.05F * normal(&s), 0.6F, 0.97F);
    look.clumps = kind->clumps * expf(0.28F * normal(&s));
    look.contrast = clampf(kind->contrast + 0.08F * normal(&s), 0.05F, 0.6F);
    look.brightness = 1 + 0.06F * normal(&s);
    look.noise_seed = lvk_random_word(&s.key, s.index++);
    draw_outline(&s, kind->outline * expf(0.5F * normal(&s)), 200 * scale, &look);
    look.nucleolus_count = (int)between(&s, 0, kind->nucleoli);
    for (int i = 0; i < look.nucleolus_count; ++i) {
        const float angle = between(&s, 0, 2 * pi), distance = between(&s, 0, 0.6F) * look.radius;
        look.nucleoli[i].x = distance * cosf(angle);
        look.nucleoli[i].y = distance * sinf(angle);
        look.nucleoli[i].radius = between(&s, 0.10F, 0.17F) * look.radius;
    }
    return look;
}

/* A number in 0..1 for a lattice point (the finalizer of MurmurHash3). */
static float lattice(int32_t x, int32_t y, uint32_t seed) {
    uint32_t h = seed ^ (uint32_t)x * 0x9E3779B1U ^ (uint32_t)y * 0x85EBCA77U;
    h = (h ^ h >> 16) * 0x85EBCA6BU;
    h = (h ^ h >> 13) * 0xC2B2AE35U;
    return (float)((h ^ h >> 16) >> 8) * 0x1p-24F;
}

/* Value noise, -1..1, smooth at the scale of 1. */
static float noise(float x, float y, uint32_t seed) {
    const float floor_x = floorf(x), floor_y = floorf(y);
    const int32_t ix = (int32_t)floor_x, iy = (int32_t)floor_y;
    float u = x - floor_x, v = y - floor_y;
    u = u * u * (3 - 2 * u);
    v = v * v * (3 - 2 * v);
    const float top = lattice(ix, iy, seed) * (1 - u) + lattice(ix + 1, iy, seed) * u;
    const float bottom = lattice(ix, iy + 1, seed) * (1 - u) + lattice(ix + 1, iy + 1, seed) * u;
    return 2 * (top * (1 - v) + bottom * v) - 1;
}

/* Chromatin's brightness at a point of the nucleus. */
static float chromatin(const cell_look *cell, float dx, float dy) {
    const float f = cell->clumps / cell->radius;
    float value = 1 + cell->contrast * (0.75F * noise(dx * f, dy * f, cell->noise_seed) +
                                        0.45F * noise(dx * f * 2.1F, dy * f * 2.1F, cell->noise_seed + 1));
    for (int i = 0; i < cell->nucleolus_count; ++i) {
        const float x = dx - cell->nucleoli[i].x, y = dy - cell->nucleoli[i].y, r = cell->nucleoli[i].radius;
        value += 0.45F * clampf(1.5F - (x * x + y * y) / (r * r), 0, 1);
    }
    return value;
}

static void draw_pixel(const subject_look *subject, const cell_look *cell, float scale, float dx, float dy,
                       float depth, uint8_t *pixel) {
    const float rim = clampf((depth - cell->nucleus) * 25, 0, 1); /* 0 in the nucleus, 1 in the cytoplasm */
    const float inner = rim < 1 ? chromatin(cell, dx, dy) : 1;
    const float g = subject->grain_scale / scale;
    const float light =
        cell->brightness * (1 + (subject->light_x * dx + subject->light_y * dy) / cell->radius +
                            subject->grain * noise(dx * g, dy * g, cell->noise_seed + 2));
    for (int c = 0; c < 3; ++c) {
        const float value = subject->stain[c] * inner * (1 - rim) + subject->rim[c] * rim;
        pixel[c] = (uint8_t)(clampf(value * light, 0.02F, 1) * 255 + 0.5F); /* never black inside the cell */
    }
}

void lvk_cell_draw(uint64_t seed, uint32_t subject, uint32_t cell, lvk_cell_kind kind, uint32_t size,
                   uint8_t *pixels) {
    const float scale = (float)size / 450;
    const subject_look look = draw_subject(seed, subject);
    const cell_look drawn = draw_cell(seed, cell, &kinds[kind], scale, look.radius);
    memset(pixels, 0, (size_t)size * size * 3);
    for (uint32_t y = 0; y < size; ++y) {
        for (uint32_t x = 0; x < size; ++x) {
            const float dx = (float)x + 0.5F - drawn.x, dy = (float)y + 0.5F - drawn.y;
            const float distance = sqrtf(dx * dx + dy * dy);
            if (distance > 201 * scale)
                continue;
            const float turn = atan2f(dy, dx) / (2 * pi) + 1;
            const float outline = drawn.outline[(int)(turn * DIRECTIONS) % DIRECTIONS];
            if (distance < outline)
                draw_pixel(&look, &drawn, scale, dx, dy, distance / outline,
                           pixels + ((size_t)y * size + x) * 3);
        }
    }
}
