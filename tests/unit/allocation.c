/* Every allocation may fail: building a graph, its gradients, its plan, a network and a training end in
 * LVK_ERROR_MEMORY then, with a message, and leave nothing behind. */
#include "support/scratch.h"

#include "core/digest.h"
#include "core/memory.h"
#include "graph/executable.h"
#include "leukvk/leukvk.h"
#include "ops/conv2d.h"
#include "ops/maxpool2d.h"
#include "reference/reference.h"
#include "runtime/network.h"

#include <criterion/criterion.h>
#include <string.h>

typedef lvk_status (*any_work)(void *user);

/* Runs `work` with the n-th allocation failing, for every n until none fails any more. Some of a work's
 * allocations may be `optional`: it goes on without them. */
static void fail_each(const char *name, any_work work, void *user, uint64_t least, uint64_t optional) {
    uint64_t without = 0;
    const uint64_t before = lvk_alloc_live();
    for (uint64_t n = 1;; ++n) {
        (void)lvk_fail(LVK_ERROR_ARGUMENT, "stale");
        (void)lvk_alloc_fail_after(n);
        const lvk_status status = work(user);
        const uint64_t made = lvk_alloc_fail_after(0);
        cr_assert_eq(lvk_alloc_live(), before, "%s: %d allocations are left when number %d fails", name,
                     (int)(lvk_alloc_live() - before), (int)n);
        if (made < n) {
            cr_expect_eq(status, LVK_OK, "%s: %s", name, lvk_error_message());
            cr_expect_geq(n, least, "%s: only %d allocations", name, (int)n);
            break;
        }
        if (status == LVK_OK && ++without <= optional)
            continue;
        cr_assert_eq(status, LVK_ERROR_MEMORY, "%s: status %d, \"%s\", when allocation %d fails", name,
                     (int)status, lvk_error_message(), (int)n);
        cr_assert_not_null(strstr(lvk_error_message(), "out of memory"),
                           "%s: \"%s\" when allocation %d fails", name, lvk_error_message(), (int)n);
    }
}

/* ---- arrays that grow ---- */

typedef struct pair {
    double number;
    int *address;
} pair;

Test(allocation, of_a_growing_array) {
    enum { COUNT = 1000 };
    pair *pairs = NULL;
    size_t capacity = 0;
    int where = 0;
    for (size_t i = 0; i < COUNT; ++i) {
        if (i == capacity) { /* after a failure everything is as before */
            pair *const before = pairs;
            const size_t room = capacity;
            (void)lvk_alloc_fail_after(1);
            cr_expect_eq(LVK_GROW(&pairs, &capacity, i), LVK_ERROR_MEMORY);
            (void)lvk_alloc_fail_after(0);
            cr_assert(pairs == before && capacity == room, "at %zu", i);
        }
        cr_assert_eq(LVK_GROW(&pairs, &capacity, i), LVK_OK, "%s", lvk_error_message());
        cr_assert_gt(capacity, i);
        pairs[i] = (pair){(double)i, &where};
    }
    for (size_t i = 0; i < COUNT; ++i)
        cr_assert(pairs[i].number == (double)i && pairs[i].address == &where, "at %zu", i);
    lvk_free(pairs);
}

/* ---- graph and plan ---- */

static const lvk_caps gpu = {.runs_launches = true,
                             .max_storage_range = 1 << 27,
                             .max_texels = 1 << 27,
                             .max_storage_buffers = 8,
                             .max_groups = {65535, 65535, 65535},
                             .max_group_size = {128, 128, 64},
                             .max_invocations = 128,
                             .max_shared_memory = 16384,
                             .max_parameter_size = 128,
                             .offset_alignment = 256};

/* Two convolutions, the first of which is fused with what follows, a checkpoint, and a loss. */
static void build(lvk_graph *graph) {
    const lvk_conv2d_attributes valid = lvk_conv2d_valid(1, 1);
    const lvk_maxpool2d_attributes pool = {.window_h = 2, .window_w = 2, .stride_h = 2, .stride_w = 2};
    const int x = lvk_graph_input(graph, "x", lvk_type_4d(LVK_F32, 4, 16, 16, 3));
    const int labels = lvk_graph_input(graph, "labels", lvk_type_2d(LVK_F32, 4, 2));
    const int w = lvk_graph_parameter(graph, "w", lvk_type_4d(LVK_F32, 3, 3, 3, 8), true);
    const int b = lvk_graph_parameter(graph, "b", lvk_type_1d(LVK_F32, 8), true);
    const int w2 = lvk_graph_parameter(graph, "w2", lvk_type_4d(LVK_F32, 3, 3, 8, 8), true);
    int y = LVK_APPLY(graph, "one", LVK_OP_conv2d, &valid, x, w, b);
    y = LVK_APPLY(graph, NULL, LVK_OP_maxpool2d, &pool, LVK_APPLY(graph, NULL, LVK_OP_relu, NULL, y));
    lvk_graph_mark_checkpoint(graph, y);
    y = LVK_APPLY(graph, "two", LVK_OP_conv2d, &valid, y, w2);
    lvk_graph_mark_checkpoint(graph, y);
    y = LVK_APPLY(graph, NULL, LVK_OP_flatten, NULL, LVK_APPLY(graph, NULL, LVK_OP_relu, NULL, y));
    const int w3 = lvk_graph_parameter(graph, "w3", lvk_type_2d(LVK_F32, 5 * 5 * 8, 1), true);
    const int logits = LVK_APPLY(graph, NULL, LVK_OP_dense, NULL, y, w3);
    const int loss = LVK_APPLY(graph, NULL, LVK_OP_bce, NULL, logits, labels);
    lvk_graph_mark_output(graph, loss);
    lvk_graph_fuse(graph, &gpu, NULL);
    lvk_graph_backward(graph, loss);
    lvk_graph_recompute(graph);
}

/* Cut into slices. A plan that succeeds has all its steps. */
static lvk_status plan_graph(void *user) {
    int *steps = user;
    const lvk_plan_options options = {.slice_rows = 2};
    lvk_graph graph;
    lvk_plan plan = {0};
    lvk_graph_init(&graph);
    build(&graph);
    lvk_status status = lvk_graph_status(&graph);
    if (status == LVK_OK)
        status = lvk_plan_init(&plan, &graph, &gpu, &options);
    if (status == LVK_OK && *steps == 0)
        *steps = plan.program.step_count;
    if (status == LVK_OK)
        cr_assert_eq(plan.program.step_count, *steps, "a plan of %d steps, not %d", plan.program.step_count,
                     *steps);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
    return status;
}

Test(allocation, of_a_graph_and_its_plan) {
    int steps = 0;
    cr_assert_eq(plan_graph(&steps), LVK_OK, "%s", lvk_error_message());
    cr_assert_gt(steps, 10);
    fail_each("graph and plan", plan_graph, &steps, 15, 0);
}

/* The planner takes its memory in chunks of 16 KiB: from so many nodes on, each of its tables has one of its
 * own. */
static lvk_status plan_large(void *user) {
    enum { NODES = 1000 };
    const lvk_caps *caps = user;
    lvk_graph graph;
    lvk_plan plan = {0};
    lvk_graph_init(&graph);
    int x = lvk_graph_input(&graph, "x", lvk_type_1d(LVK_F32, 4));
    for (int i = 0; i < NODES; ++i)
        x = LVK_APPLY(&graph, NULL, LVK_OP_relu, NULL, x);
    lvk_graph_mark_output(&graph, x);
    lvk_status status = lvk_graph_status(&graph);
    if (status == LVK_OK)
        status = lvk_plan_init(&plan, &graph, caps, NULL);
    if (status == LVK_OK)
        cr_assert_eq(plan.program.step_count, NODES, "a program of %d steps", plan.program.step_count);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
    return status;
}

Test(allocation, of_a_plan_of_many_nodes) {
    lvk_backend *reference;
    cr_assert_eq(lvk_reference_create(&reference), LVK_OK);
    fail_each("a plan on the reference", plan_large, &reference->caps, 40, 0);
    lvk_caps caps = gpu;
    fail_each("a plan on a GPU", plan_large, &caps, 40, 0);
    reference->functions->destroy(reference);
}

/* ---- network ---- */

typedef struct network_work {
    lvk_backend *backend;
    lvk_network_config config;
} network_work;

static lvk_status make_network(void *user) {
    const network_work *w = user;
    lvk_network *network = NULL;
    char digest[LVK_DIGEST_TEXT];
    lvk_status status = lvk_network_create(w->backend, &w->config, &network);
    if (status == LVK_OK)
        status = lvk_network_initialize(network, 1);
    if (status == LVK_OK)
        status = lvk_network_kernels(network, digest);
    cr_expect(status == LVK_OK || status == LVK_ERROR_MEMORY, "%s", lvk_error_message());
    lvk_network_destroy(&network);
    return status;
}

static lvk_status estimate_network(void *user) {
    const network_work *w = user;
    lvk_footprint footprint;
    return lvk_network_estimate(&gpu, &w->config, &footprint);
}

Test(allocation, of_a_network) {
    network_work w = {.config = {.model = {.architecture = "cnn-gap", .image_size = 16, .dropout = 0.25},
                                 .batch = 2,
                                 .training = true,
                                 .optimizer = LVK_OPTIMIZER_ADAM,
                                 .clip_norm = 1,
                                 .l2 = 1e-4}};
    cr_assert_eq(lvk_reference_create(&w.backend), LVK_OK);
    fail_each("a network", make_network, &w, 40, 0);
    fail_each("an estimate", estimate_network, &w, 30, 0);
    w.config.accumulate = 2;
    w.config.average = true;
    w.config.recompute = true;
    fail_each("a network that accumulates", make_network, &w, 40, 0);
    w.backend->functions->destroy(w.backend);
}

/* ---- trainer ---- */

typedef struct training_work {
    lvk_device *device;
    lvk_train_options options;
    uint64_t images;
    char checkpoint[LVK_DIGEST_TEXT]; /* of the first that was written */
} training_work;

static bool stop_at_once(void *user, const lvk_train_event *event) {
    (void)user;
    (void)event;
    return false;
}

static void check_checkpoint(training_work *w) {
    char digest[LVK_DIGEST_TEXT];
    static char data[16 << 20];
    FILE *file = fopen(scratch_path("run/checkpoint-last.safetensors"), "rb");
    cr_assert_not_null(file);
    const size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    cr_assert(size > 0 && size < sizeof data);
    lvk_digest(data, size, digest);
    if (!*w->checkpoint)
        memcpy(w->checkpoint, digest, sizeof digest);
    cr_assert_str_eq(digest, w->checkpoint, "another checkpoint");
}

/* Up to the first step, which the callback forbids. The cache of images may do without any of them, and the
 * decoder without what it needs to recognize other formats; what is
 * written is the same. */
static lvk_status start_training(void *user) {
    training_work *w = user;
    lvk_train_result result;
    const lvk_status status = lvk_train(w->device, &w->options, stop_at_once, NULL, &result);
    if (status == LVK_ERROR_CANCELLED)
        check_checkpoint(w);
    nftw(w->options.run, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return status == LVK_ERROR_CANCELLED ? LVK_OK : status;
}

Test(allocation, of_a_training, .init = scratch_create, .fini = scratch_remove) {
    const lvk_synth_options cells = {.images = 24, .subjects = 12, .size = 64, .format = LVK_SYNTH_PNG};
    const lvk_device_options reference = {.device = "reference"};
    training_work w = {.options = lvk_train_defaults()};
    lvk_dataset *dataset;
    setenv("XDG_CACHE_HOME", scratch_folder, 1);
    cr_assert_eq(lvk_synth_write(scratch_path("data"), &cells), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_dataset_create(scratch_path("data"), NULL, &dataset), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_device_open(&reference, &w.device), LVK_OK, "%s", lvk_error_message());
    char data[SCRATCH_PATH], run[SCRATCH_PATH];
    snprintf(data, sizeof data, "%s", scratch_path("data"));
    snprintf(run, sizeof run, "%s", scratch_path("run"));
    w.images = lvk_dataset_image_count(dataset);
    w.options.data = data;
    w.options.dataset = dataset;
    w.options.run = run;
    w.options.model = "cnn-gap";
    w.options.image_size = 32;
    w.options.batch = 2;
    w.options.threads = 1;
    fail_each("a training", start_training, &w, 100, 4 * w.images);
    lvk_device_close(&w.device);
    lvk_dataset_destroy(&dataset);
}

Test(allocation, an_earlier_line_does_not_tell_of_a_lack_of_memory) {
    cr_assert_eq(lvk_fail(LVK_ERROR_IO, "an earlier failure"), LVK_ERROR_IO);
    cr_expect_str_eq(lvk_error_line(LVK_ERROR_IO), "an earlier failure");
    cr_expect_str_eq(lvk_error_line(LVK_ERROR_MEMORY), "out of memory");
    cr_expect_eq(lvk_fail_within(LVK_ERROR_MEMORY, "run"), LVK_ERROR_MEMORY);
    cr_expect_str_eq(lvk_error_message(), "run: out of memory");
    cr_expect_str_eq(lvk_error_line(LVK_ERROR_MEMORY), "run: out of memory");
}
