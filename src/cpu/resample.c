/* Resampling of crops: the formula of core/resample.h in floats, the four numbers of a pixel side by side. */
#include "ops/resample.h"

#include "core/resample.h"
#include "cpu/kernels.h"
#include "cpu/vectors.h"

#include <math.h>
#include <string.h>

typedef float four __attribute__((vector_size(16)));
typedef uint8_t four_bytes __attribute__((vector_size(4)));

typedef struct resampling {
    const uint8_t *crops;
    const lvk_resampling *rows;
    float *to;
    uint64_t room; /* bytes of a crop */
    uint32_t output, taps;
    size_t lines; /* of all images */
    unsigned parts;
} resampling;

/* The pixels along one axis that a tent about `at` reaches, as far as they lie within the crop. */
typedef struct axis {
    float weights[LVK_RESAMPLE_MOST_TAPS];
    int32_t first, begin, end; /* weights[i - first] is that of pixel i */
    float sum;                 /* of all weights, those outside of the crop too */
} axis;

static inline __attribute__((always_inline)) void reach(axis *a, float at, float radius, float inverse,
                                                        int32_t taps, int32_t side) {
    a->first = (int32_t)floorf(at - radius - 0.5F) + 1;
    a->begin = a->first < 0 ? 0 : a->first;
    a->end = a->first + taps < side ? a->first + taps : side;
    a->sum = 0;
    for (int32_t i = 0; i < taps; ++i) {
        const float weight = 1 - fabsf(((float)(a->first + i) + 0.5F) - at) * inverse;
        a->weights[i] = weight > 0 ? weight : 0;
        a->sum += a->weights[i];
    }
}

/* The means of the four numbers, 0 to 1, about (u, v). */
static inline __attribute__((always_inline)) four mean(const lvk_resampling *row, const uint8_t *crop,
                                                       int32_t taps, float u, float v) {
    const int32_t side = (int32_t)row->side;
    const float inverse = 1 / row->radius;
    axis across, down;
    four sum = {0, 0, 0, 0};
    reach(&across, u, row->radius, inverse, taps, side);
    reach(&down, v, row->radius, inverse, taps, side);
    for (int32_t y = down.begin; y < down.end; ++y) {
        const uint8_t *line = crop + (size_t)y * (size_t)side * 4;
        four along = {0, 0, 0, 0};
        for (int32_t x = across.begin; x < across.end; ++x) {
            four_bytes pixel;
            memcpy(&pixel, line + (size_t)x * 4, sizeof pixel);
            along += across.weights[x - across.first] * __builtin_convertvector(pixel, four);
        }
        sum += down.weights[y - down.first] * along;
    }
    return sum / (across.sum * down.sum * 255);
}

static inline __attribute__((always_inline)) void map(const lvk_resampling *row, four means, float *to) {
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
    lvk_cpu_share(w->lines, part, w->parts, &begin, &end);
    for (size_t line = begin; line < end; ++line) {
        const size_t n = line / w->output;
        resample_line(w, &w->rows[n], w->crops + n * w->room, (uint32_t)(line % w->output),
                      w->to + line * w->output * 3);
    }
}

static lvk_status resample_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)state;
    const lvk_resample_attributes *attributes = task->call->attributes;
    const lvk_type *crops = &task->call->inputs[0];
    resampling w = {.crops = args->inputs[0],
                    .rows = args->inputs[1],
                    .to = args->outputs[0],
                    .room = lvk_type_row_count(crops),
                    .output = attributes->output,
                    .taps = attributes->taps,
                    .lines = (size_t)crops->dim[0] * attributes->output,
                    .parts = lvk_cpu_parts(task, lvk_type_count(&task->call->outputs[0]))};
    lvk_cpu_parallel(task->threads, w.parts, resample_part, &w);
    return LVK_OK;
}

const lvk_cpu_kernel lvk_cpu_resample[] = {
    {.candidate = {.name = "vectors"}, .run = resample_run},
    LVK_CPU_ROWS,
};
