/* Resampling of crops: the formula of core/resample.h in floats, the four numbers of a pixel side by side. */
#include "cpu/resample.h"

#include "core/resample.h"
#include "cpu/kernels.h"
#include "cpu/vectors.h"

#include <math.h>
#include <string.h>

/* Vectors as the compiler has them: whatever the instruction set, an operation is one on each lane. */
typedef float four __attribute__((vector_size(16)));
typedef int32_t four_words __attribute__((vector_size(16)));
typedef uint16_t eight_halves __attribute__((vector_size(16)));
typedef uint8_t sixteen_bytes __attribute__((vector_size(16)));

#define INLINE static inline __attribute__((always_inline))
#define ROLLED _Pragma("GCC unroll 1") /* few turns, which need no other code for many */

typedef struct resampling {
    const uint8_t *crops;
    const lvk_resampling *rows;
    float *to;
    uint64_t room; /* bytes of a crop */
    uint32_t output, taps;
    size_t lines; /* of all images */
    bool gathers; /* by lvk_cpu_resample_gather() */
    unsigned parts;
} resampling;

/* Weights of the tent along one axis, and zeros behind them: those of LVK_RESAMPLE_MOST_TAPS pixels and of those that a vector may
 * take besides. */
enum { ROOM = LVK_RESAMPLE_MOST_TAPS + 16 };

/* The pixels along one axis that a tent about `at` reaches, as far as they lie within the square. */
typedef struct axis {
    float weights[ROOM];
    int32_t first, begin, end; /* weights[i - first] is that of pixel i */
    float sum;                 /* of all weights, those outside of the square too */
} axis;

INLINE void reach(axis *a, float at, float radius, int32_t taps, int32_t side) {
    const four lanes = {0, 1, 2, 3};
    const float inverse = 1 / radius;
    four sum = {0, 0, 0, 0};
    a->first = (int32_t)floorf(at - radius - 0.5F) + 1;
    a->begin = a->first < 0 ? 0 : a->first;
    a->end = a->first + taps < side ? a->first + taps : side;
    ROLLED
    for (int32_t i = 0; i < taps + 3; i += 4) {
        const four off = ((lanes + (float)(a->first + i)) + 0.5F) - at;
        four weights = 1 - (four)((four_words)off & INT32_MAX) * inverse;
        weights = (four)((four_words)weights & (weights > 0)); /* 0 past the last tap by itself */
        memcpy(a->weights + i, &weights, sizeof weights);
        sum += weights;
    }
    a->sum = (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Bytes, then halves, are drawn out: zeros between them are their upper parts. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the upper part of a number lies behind its lower part");
#define LEFT_BYTES(a)                                                                                        \
    (eight_halves) __builtin_shufflevector((a), none, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define RIGHT_BYTES(a)                                                                                       \
    (eight_halves)                                                                                           \
        __builtin_shufflevector((a), none, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define LEFT_HALVES(a) (four_words) __builtin_shufflevector((a), (eight_halves)none, 0, 8, 1, 9, 2, 10, 3, 11)
#define RIGHT_HALVES(a)                                                                                      \
    (four_words) __builtin_shufflevector((a), (eight_halves)none, 4, 12, 5, 13, 6, 14, 7, 15)

/* The sum of four pixels side by side, each times its weight. */
INLINE four add_pixels(const uint8_t *at, const float *weights) {
    const sixteen_bytes none = {0};
    sixteen_bytes pixels;
    memcpy(&pixels, at, sizeof pixels);
    const eight_halves left = LEFT_BYTES(pixels), right = RIGHT_BYTES(pixels);
    const four a = __builtin_convertvector(LEFT_HALVES(left), four),
               b = __builtin_convertvector(RIGHT_HALVES(left), four),
               c = __builtin_convertvector(LEFT_HALVES(right), four),
               d = __builtin_convertvector(RIGHT_HALVES(right), four);
    return (weights[0] * a + weights[1] * b) + (weights[2] * c + weights[3] * d);
}

INLINE four one_pixel(const uint8_t *at) {
    return (four){at[0], at[1], at[2], at[3]};
}

/* The means of the four numbers, 0 to 1, about (u, v): four pixels of a line at a time. */
INLINE four mean(const lvk_resampling *row, const uint8_t *square, int32_t taps, float u, float v) {
    const int32_t side = (int32_t)row->side;
    axis across, down;
    four sum = {0, 0, 0, 0};
    reach(&across, u, row->radius, taps, side);
    reach(&down, v, row->radius, taps, side);
    const int32_t whole =
        across.end < side - 3 ? across.end : side - 3; /* four pixels from here on lie on the line */
    ROLLED
    for (int32_t y = down.begin; y < down.end; ++y) {
        const uint8_t *line = square + (size_t)y * (size_t)side * 4;
        four along = {0, 0, 0, 0};
        int32_t x = across.begin;
        ROLLED
        for (; x < whole; x += 4)
            along += add_pixels(line + (size_t)x * 4, across.weights + (x - across.first));
        ROLLED
        for (; x < across.end; ++x)
            along += across.weights[x - across.first] * one_pixel(line + (size_t)x * 4);
        sum += down.weights[y - down.first] * along;
    }
    return sum / (across.sum * down.sum * 255);
}

INLINE void map(const lvk_resampling *row, four means, float *to) {
    float color[3];
    for (int c = 0; c < 3; ++c) {
        const float *k = row->color[c];
        const float value = k[0] * means[0] + k[1] * means[1] + k[2] * means[2] + k[3] * means[3];
        color[c] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
    for (int c = 0; c < 3; ++c) {
        const float *k = row->output[c];
        to[c] = k[0] * color[0] + k[1] * color[1] + k[2] * color[2] + k[3];
    }
}

LVK_CPU_VECTORS
static void resample_line(const resampling *w, const lvk_resampling *row, const uint8_t *crop, uint32_t j,
                          float *to) {
    const float half = 0.5F * (float)w->output, y = (float)j + 0.5F - half;
    for (uint32_t i = 0; i < w->output; ++i) {
        const float x = (float)i + 0.5F - half;
        const float u = row->map[0][0] * x + row->map[0][1] * y + row->center[0];
        const float v = row->map[1][0] * x + row->map[1][1] * y + row->center[1];
        four means = {0, 0, 0, 0};
        if (row->side > 0)
            means = mean(row, crop, (int32_t)w->taps, u, v);
        map(row, means, to + (size_t)i * 3);
    }
}

static void resample_part(void *user, unsigned part) {
    const resampling *w = user;
    size_t begin, end;
    lvk_cpu_range(w->lines, part, w->parts, &begin, &end);
    for (size_t line = begin; line < end; ++line) {
        const size_t n = line / w->output;
        const uint8_t *crop = w->crops + n * w->room;
        float *to = w->to + line * w->output * 3;
        if (w->gathers)
            lvk_cpu_resample_gather(&w->rows[n], crop, w->output, w->taps, (uint32_t)(line % w->output), to);
        else
            resample_line(w, &w->rows[n], crop, (uint32_t)(line % w->output), to);
    }
}

static lvk_status resample(const lvk_cpu_task *task, const lvk_cpu_args *args, bool gathers) {
    const lvk_resample_attributes *attributes = task->call->attributes;
    const lvk_type *crops = &task->call->inputs[0];
    resampling w = {.crops = args->inputs[0],
                    .rows = args->inputs[1],
                    .to = args->outputs[0],
                    .room = lvk_type_row_count(crops),
                    .output = attributes->output,
                    .taps = attributes->taps,
                    .gathers = gathers,
                    .lines = (size_t)crops->dim[0] * attributes->output,
                    .parts = lvk_cpu_parts(task, lvk_type_count(&task->call->outputs[0]))};
    lvk_cpu_parallel(task->threads, w.parts, resample_part, &w);
    return LVK_OK;
}

static lvk_status vectors_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    return resample(task, args, false);
}

static lvk_status gather_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    return resample(task, args, true);
}

const lvk_cpu_kernel lvk_cpu_resample[] = {
    {.candidate = {.name = "gather", .unsupported = lvk_cpu_resample_gather_unsupported}, .run = gather_run},
    {.candidate = {.name = "vectors"}, .run = vectors_run},
    LVK_CPU_ROWS,
};
