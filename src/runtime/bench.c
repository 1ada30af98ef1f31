#include "leukvk/bench.h"

#include "core/options.h"
#include "core/parallel.h"
#include "core/random.h"
#include "core/resource.h"
#include "runtime/device.h"
#include "runtime/memory_check.h"
#include "runtime/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct work {
    lvk_bench_work public;
    lvk_model_config model;
    bool training;
} works[] = {
    {{"w1", "training step of the CNN (forward, backward, Adam)", 32},
     {.architecture = "cnn", .dropout = 0.25},
     true},
    {{"w2", "inference of the CNN", 32}, {.architecture = "cnn"}, false},
    /* torchvision's variant of ResNet50, which the other frameworks measure */
    {{"w3", "features by ResNet50, its batch norms folded", 8},
     {.architecture = "resnet50",
      .part = LVK_MODEL_BACKBONE,
      .variant = LVK_RESNET_TORCHVISION,
      .folded = true},
     false},
    {{"w4", "training step of the whole ResNet50 (forward, backward, Adam), batch norms too", 8},
     {.architecture = "resnet50",
      .head = "none",
      .variant = LVK_RESNET_TORCHVISION,
      .batch_statistics = true},
     true},
};
enum { WORK_COUNT = sizeof works / sizeof *works };

enum { LEAST_STEPS = 5, MOST_STEPS = 100000, MOST_BATCH = 1024, PROFILED_STEPS = 3 };

typedef struct bench {
    const struct work *work;
    uint32_t batch;
    lvk_network *network;
    float *images, *labels, *outputs;
    uint32_t *keys;
    uint32_t step; /* the number of steps done so far */
    double *times; /* seconds of each measured step */
    size_t count, capacity;
} bench;

static lvk_status find_work(const char *name, const struct work **work) {
    for (size_t i = 0; i < WORK_COUNT; ++i) {
        if (name && strcmp(works[i].public.name, name) == 0) {
            *work = &works[i];
            return LVK_OK;
        }
    }
    return lvk_fail(LVK_ERROR_ARGUMENT, "%s: no such work; there is w1, w2, w3 and w4", name ? name : "");
}

/* ---- the work ---- */

static lvk_status fill_inputs(bench *b) {
    const uint32_t size = b->network->model->image_size;
    const size_t pixels = (size_t)b->batch * size * size * 3;
    const lvk_allocator *memory = b->network->backend->host_memory;
    b->images = memory->alloc(memory->user, pixels, sizeof *b->images);
    b->labels = lvk_alloc(b->batch, 2 * sizeof *b->labels);
    const lvk_pass *pass = &b->network->inference;
    b->outputs = lvk_alloc(lvk_type_count(&pass->graph.tensors[pass->logits].type), sizeof *b->outputs);
    b->keys = lvk_alloc(b->batch, 4 * sizeof *b->keys);
    if (!b->images || !b->labels || !b->outputs || !b->keys)
        return LVK_ERROR_MEMORY;
    const lvk_random_key key = {.seed = 1, .purpose = LVK_PURPOSE_BENCH};
    for (size_t i = 0; i < pixels; i += 4) { /* `pixels` is a multiple of 4 */
        uint32_t words[4];
        lvk_random_words(&key, (uint32_t)(i / 4), words);
        for (int k = 0; k < 4; ++k)
            b->images[i + (size_t)k] = lvk_uniform(words[k]);
    }
    for (uint32_t i = 0; i < b->batch; ++i) {
        b->labels[2 * i] = (float)(i % 2);
        b->labels[2 * i + 1] = 1.0F / (float)b->batch;
    }
    return LVK_OK;
}

static lvk_status open_bench(bench *b, lvk_backend *backend) {
    const lvk_network_config config = {.model = b->work->model,
                                       .batch = b->batch,
                                       .training = b->work->training,
                                       .optimizer = LVK_OPTIMIZER_ADAM};
    LVK_TRY(lvk_network_create_checked(backend, &config, &b->network));
    LVK_TRY(lvk_network_initialize(b->network, 1));
    return fill_inputs(b);
}

static void close_bench(bench *b) {
    if (b->network) {
        const lvk_allocator *memory = b->network->backend->host_memory;
        memory->free(memory->user, b->images);
    }
    lvk_network_destroy(&b->network);
    lvk_free(b->labels);
    lvk_free(b->outputs);
    lvk_free(b->keys);
    lvk_free(b->times);
}

static lvk_status train(bench *b) {
    static const lvk_optimizer_settings adam = {.kind = LVK_OPTIMIZER_ADAM};
    lvk_real hyper[LVK_HYPER_COUNT];
    float loss;
    lvk_optimizer_hyper(&adam, b->step + 1, 0.001, hyper);
    for (uint32_t i = 0; i < b->batch; ++i)
        b->keys[4 * i + 3] = b->step * b->batch + i; /* a new key, so that dropout draws another mask */
    const lvk_train_batch batch = {.input = b->images, .labels = b->labels, .keys = b->keys, .hyper = hyper};
    return lvk_network_train(b->network, &batch, &loss, b->outputs);
}

static lvk_status run_step(bench *b) {
    lvk_profiler_mark(b->network->profiler, LVK_PHASE_PREPARE);
    const lvk_status status =
        b->work->training ? train(b) : lvk_network_infer(b->network, b->images, NULL, b->outputs);
    ++b->step;
    return status;
}

/* ---- the clock ---- */

static lvk_status time_step(bench *b, double *seconds) {
    const double start = lvk_clock_seconds();
    LVK_TRY(run_step(b));
    *seconds = lvk_clock_seconds() - start;
    return LVK_OK;
}

static lvk_status measure(bench *b, const lvk_bench_options *options) {
    const double limit = options->seconds > 0 ? options->seconds : 10, start = lvk_clock_seconds();
    const size_t least = options->steps ? options->steps : LEAST_STEPS;
    const size_t most = options->steps ? options->steps : MOST_STEPS;
    while (b->count < least || (b->count < most && lvk_clock_seconds() - start < limit)) {
        LVK_TRY(LVK_GROW(&b->times, &b->capacity, b->count));
        LVK_TRY(time_step(b, &b->times[b->count++]));
    }
    return LVK_OK;
}

/* Sets `best` to the fastest of a few profiles, the one that other programs have disturbed least. */
static lvk_status take_profile(bench *b, lvk_profile **best) {
    lvk_status status = LVK_OK;
    for (int i = 0; i < PROFILED_STEPS && status == LVK_OK; ++i) {
        lvk_profiler profiler = {0};
        b->network->profiler = &profiler;
        status = run_step(b);
        b->network->profiler = NULL;
        lvk_profile *profile = lvk_profiler_take(&profiler), *slower = profile;
        if (profile && (!*best || profile->step < (*best)->step)) {
            slower = *best;
            *best = profile;
        }
        lvk_profile_destroy(&slower);
    }
    return status;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static lvk_bench_spread spread_of(double *times, size_t count) {
    qsort(times, count, sizeof *times, compare);
    return (lvk_bench_spread){.median = (times[(count - 1) / 2] + times[count / 2]) / 2,
                              .least = times[0],
                              .most = times[count - 1]};
}

/* The number of processors on which a device computes; 0 for a GPU. */
static unsigned processors(const lvk_device *device) {
    const lvk_device_info *info = lvk_device_get_info(device);
    if (info->type == LVK_DEVICE_REFERENCE)
        return 1;
    return info->software ? lvk_thread_count(0) : 0;
}

static double flops_per_step(const bench *b) {
    const lvk_pass *pass = b->work->training ? &b->network->training : &b->network->inference;
    double flops = 0;
    for (int i = 0; i < pass->plan.program.step_count; ++i)
        flops += pass->plan.program.steps[i].flops;
    return flops;
}

static lvk_status run(bench *b, lvk_device *device, const lvk_bench_options *options,
                      lvk_bench_result *result) {
    double second;
    LVK_TRY(open_bench(b, lvk_device_backend(device)));
    LVK_TRY(time_step(b, &result->first_step_seconds));
    LVK_TRY(time_step(b, &second));
    const double cpu_start = lvk_process_cpu_seconds();
    LVK_TRY(measure(b, options));
    const double cpu = lvk_process_cpu_seconds() - cpu_start, images = (double)b->batch;
    const unsigned cores = processors(device);
    const lvk_bench_spread seconds = spread_of(b->times, b->count);
    result->work = b->work->public;
    result->batch = b->batch;
    result->steps = (uint32_t)b->count;
    result->step_seconds = seconds;
    result->images_per_second =
        (lvk_bench_spread){images / seconds.median, images / seconds.most, images / seconds.least};
    result->flops_per_second = flops_per_step(b) / seconds.median;
    result->cpu_images_per_second = cores && cpu > 0 ? images * (double)b->count * cores / cpu : NAN;
    result->process_memory_peak = lvk_process_peak_bytes();
    result->device_memory_peak = lvk_device_memory_peak(device);
    return options->profile ? take_profile(b, &result->profile) : LVK_OK;
}

lvk_status lvk_bench(lvk_device *device, const lvk_bench_options *given, lvk_bench_result *result) {
    lvk_bench_options taken;
    bench b = {0};
    *result = (lvk_bench_result){0};
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_bench_options, &taken, given));
    const lvk_bench_options *const options = &taken;
    LVK_TRY(find_work(options->work, &b.work));
    b.batch = options->batch ? options->batch : b.work->public.batch;
    if (b.batch > MOST_BATCH)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--batch %u: must be from 1 to %d", b.batch, MOST_BATCH);
    if (options->steps > MOST_STEPS)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--steps %u: must be from 1 to %d", options->steps, MOST_STEPS);
    const lvk_status status = run(&b, device, options, result);
    close_bench(&b);
    return status;
}

void lvk_bench_finish(lvk_bench_result *result) {
    lvk_profile_destroy(&result->profile);
}
