/* The cpu backend beside what parity and the device suites ask of it: threads and processes. */
#include "cpu/cpu.h"
#include "cpu/dnnl.h"
#include "cpu/tail.h"
#include "cpu/vectors.h"
#include "graph/executable.h"
#include "ops/batchnorm.h"
#include "ops/conv2d.h"
#include "selftest/parity.h"

#include "ops/op.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static lvk_backend *open_cpu(unsigned threads) {
    const lvk_cpu_options options = {.threads = threads};
    lvk_backend *backend = NULL;
    cr_assert_eq(lvk_cpu_create(&options, &backend), LVK_OK, "%s", lvk_error_message());
    return backend;
}

static void report(void *user, const char *failure) {
    ++*(int *)user;
    fprintf(stderr, "%s\n", failure);
}

/* Runs kernels over that many threads; whether all was right. */
static bool compute(unsigned threads, int op) {
    lvk_backend *backend = open_cpu(threads);
    const lvk_parity_options options = {.seed = 1, .draws = 1, .quick = true};
    lvk_parity_result result;
    int failures = 0;
    const lvk_status status = lvk_parity_check(backend, op, &options, report, &failures, &result);
    backend->functions->destroy(backend);
    return status == LVK_OK && failures == 0 && result.runs > 0;
}

Test(cpu, names_its_library_instruction_set_and_threads) {
    char name[256], driver[256];
    cr_assert(lvk_cpu_describe(3, name, driver));
    cr_expect_neq(name[0], '\0');
    cr_expect(strncmp(driver, "oneDNN ", 7) == 0, "%s", driver);
    cr_expect(strstr(driver, ", 3 threads"), "%s", driver);
    cr_assert(lvk_cpu_describe(1, name, driver));
    cr_expect(strstr(driver, ", 1 thread") && !strstr(driver, "threads"), "%s", driver);
}

/* More threads than most machines of CI have processors, and than some cases have images: parts without work. */
Test(cpu, is_right_with_more_threads_than_work) {
    static const int ops[] = {LVK_OP_conv2d_relu_pool,
                              LVK_OP_conv2d_relu_pool_grad_weight,
                              LVK_OP_conv2d_relu_pool_grad_input,
                              LVK_OP_batchnorm,
                              LVK_OP_batchnorm_grad,
                              LVK_OP_bias_grad,
                              LVK_OP_maxpool2d,
                              LVK_OP_maxpool2d_grad,
                              LVK_OP_resample};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; ++i)
        cr_expect(compute(5, ops[i]), "%s", lvk_op_get(ops[i])->name);
}

/* ---- activations that are computed again ---- */

enum { BLOCKS = 3, OF_BLOCK = 3, CHANNELS = 16, SIZE = 12, IMAGES = 4 };

/* Residual blocks: convolution, batch norm, ReLU, convolution, batch norm, sum, ReLU. */
typedef struct residual_net {
    lvk_graph graph;
    int x, parameters[BLOCKS][2][OF_BLOCK]; /* w, gamma, beta of both convolutions */
} residual_net;

static int add_conv_norm(residual_net *net, int x, uint32_t channels, int p[OF_BLOCK]) {
    static const lvk_conv2d_attributes same = {1, 1, 1, 1, 1, 1};
    static const lvk_batchnorm_attributes norm = {.epsilon = 1e-3F};
    lvk_graph *graph = &net->graph;
    p[0] = lvk_graph_parameter(graph, "w", lvk_type_4d(LVK_F32, 3, 3, channels, CHANNELS), true);
    p[1] = lvk_graph_parameter(graph, "gamma", lvk_type_1d(LVK_F32, CHANNELS), true);
    p[2] = lvk_graph_parameter(graph, "beta", lvk_type_1d(LVK_F32, CHANNELS), true);
    const int y = LVK_APPLY(graph, "conv", LVK_OP_conv2d, &same, x, p[0]);
    return LVK_APPLY(graph, "norm", LVK_OP_batchnorm, &norm, y, p[1], p[2]);
}

static void build_net(residual_net *net) {
    lvk_graph *graph = &net->graph;
    lvk_graph_init(graph);
    net->x = lvk_graph_input(graph, "x", lvk_type_4d(LVK_F32, IMAGES, SIZE, SIZE, 3));
    int y = net->x;
    for (int b = 0; b < BLOCKS; ++b) {
        int(*p)[OF_BLOCK] = net->parameters[b];
        const int inner = add_conv_norm(net, y, b ? CHANNELS : 3, p[0]);
        const int outer =
            add_conv_norm(net, LVK_APPLY(graph, "relu", LVK_OP_relu, NULL, inner), CHANNELS, p[1]);
        const int sum = b ? LVK_APPLY(graph, "sum", LVK_OP_add, NULL, outer, y) : outer;
        y = LVK_APPLY(graph, "relu", LVK_OP_relu, NULL, sum);
    }
    lvk_graph_mark_output(graph, y);
    const int gradient = lvk_graph_constant(graph, "gradient", graph->tensors[y].type, 0.5);
    lvk_graph_backward_from(graph, y, gradient);
    cr_assert_eq(lvk_graph_status(graph), LVK_OK, "%s", lvk_error_message());
}

static float values[IMAGES * SIZE * SIZE * CHANNELS];

static void write_values(lvk_executable *executable, const residual_net *net, int tensor) {
    const uint64_t count = lvk_type_count(&net->graph.tensors[tensor].type);
    for (uint64_t i = 0; i < count; ++i)
        values[i] = (float)((int)(i * 37 + (uint64_t)tensor * 11) % 101 - 50) / 64;
    cr_assert_eq(lvk_executable_write(executable, tensor, values), LVK_OK, "%s", lvk_error_message());
}

/* The gradients of all parameters, one after the other. */
static void compute_gradients(lvk_executable *executable, const residual_net *net, float *gradients) {
    const int *p = &net->parameters[0][0][0];
    write_values(executable, net, net->x);
    for (int i = 0; i < BLOCKS * 2 * OF_BLOCK; ++i)
        write_values(executable, net, p[i]);
    cr_assert_eq(lvk_executable_run(executable), LVK_OK, "%s", lvk_error_message());
    for (int i = 0; i < BLOCKS * 2 * OF_BLOCK; ++i) {
        cr_assert_eq(lvk_executable_read(executable, net->graph.tensors[p[i]].gradient, gradients), LVK_OK);
        gradients += lvk_type_count(&net->graph.tensors[p[i]].type);
    }
}

/* How many elementwise steps the batch norms of a program compute as well. */
static int count_tails(const lvk_program *program) {
    int found = 0;
    for (int s = 0; s < program->step_count; ++s)
        if (program->steps[s].call.op == LVK_OP_batchnorm)
            found += lvk_cpu_find_tail(program, s, 0).count;
    return found;
}

static int tails_of_run; /* in the last net that ran */

/* Runs and frees the net; returns the arena's bytes. */
static uint64_t run_net(residual_net *net, float *gradients) {
    lvk_backend *backend = open_cpu(2);
    lvk_plan plan;
    lvk_executable executable;
    cr_assert_eq(lvk_plan_init(&plan, &net->graph, &backend->caps, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_init(&executable, backend, &plan, NULL), LVK_OK, "%s", lvk_error_message());
    const uint64_t arena = plan.program.block_size[LVK_BLOCK_ARENA];
    tails_of_run = count_tails(&plan.program);
    compute_gradients(&executable, net, gradients);
    lvk_executable_finish(&executable);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&net->graph);
    backend->functions->destroy(backend);
    return arena;
}

Test(cpu, activations_computed_again_are_the_same_bits_in_fewer_bytes) {
    enum { MOST = BLOCKS * 2 * (9 * CHANNELS + 2) * CHANNELS };
    static float kept[MOST], again[MOST];
    int convolutions = 0, recomputed = 0;
    residual_net net;
    build_net(&net);
    const uint64_t most = run_net(&net, kept);
    build_net(&net);
    lvk_graph_recompute_cheap(&net.graph);
    for (size_t n = 0; n < net.graph.node_count; ++n) {
        recomputed += net.graph.nodes[n].recomputed;
        convolutions += net.graph.nodes[n].recomputed && net.graph.nodes[n].call.op == LVK_OP_conv2d;
    }
    cr_expect_gt(recomputed, 6);
    cr_expect_eq(convolutions, 1, "%d, expected the one of the images", convolutions);
    const uint64_t fewer = run_net(&net, again);
    cr_expect_lt(fewer, most);
    cr_expect_arr_eq(kept, again, sizeof kept, "the gradients differ");
    cr_expect(kept[0] != 0, "there is no gradient: nothing is tested");
}

/* The host may read the outputs, which are therefore all written. */
Test(cpu, tails_of_batch_norms_are_the_same_bits) {
    enum { MOST = BLOCKS * 2 * (9 * CHANNELS + 2) * CHANNELS };
    static float alone[MOST], with_tails[MOST];
    residual_net net;
    build_net(&net);
    run_net(&net, with_tails);
    cr_expect_eq(tails_of_run, 2 * BLOCKS + BLOCKS - 1, "%d", tails_of_run);
    build_net(&net);
    for (size_t t = 0; t < net.graph.tensor_count; ++t)
        if (net.graph.tensors[t].role == LVK_ROLE_VALUE)
            lvk_graph_mark_output(&net.graph, (int)t);
    run_net(&net, alone);
    cr_expect_eq(tails_of_run, 0, "%d", tails_of_run);
    cr_expect_arr_eq(alone, with_tails, sizeof alone, "the gradients differ");
}

/* ---- weights in another layout, kept between runs ---- */

enum { KEPT_CHANNELS = 32, KEPT_SIZE = 16, KEPT_NUMBERS = KEPT_SIZE * KEPT_SIZE * KEPT_CHANNELS };

static void run_with_weights(lvk_executable *executable, int w, int y, int divisor, float *output) {
    static float weights[9 * KEPT_CHANNELS * KEPT_CHANNELS];
    for (int i = 0; i < 9 * KEPT_CHANNELS * KEPT_CHANNELS; ++i)
        weights[i] = (float)(i * 31 % 97 - 48) / (float)divisor;
    cr_assert_eq(lvk_executable_write(executable, w, weights), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_run(executable), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_read(executable, y, output), LVK_OK, "%s", lvk_error_message());
}

/* Parity's operands are no parameters, whose other layout is kept until they are written again. */
Test(cpu, winograds_kept_weights_follow_the_parameters) {
    static const lvk_conv2d_attributes same = {1, 1, 1, 1, 1, 1};
    static float x[KEPT_NUMBERS], first[KEPT_NUMBERS], other[KEPT_NUMBERS], again[KEPT_NUMBERS];
    lvk_graph graph;
    lvk_plan plan;
    lvk_executable executable;
    lvk_graph_init(&graph);
    const int image =
        lvk_graph_input(&graph, "x", lvk_type_4d(LVK_F32, 1, KEPT_SIZE, KEPT_SIZE, KEPT_CHANNELS));
    const int w =
        lvk_graph_parameter(&graph, "w", lvk_type_4d(LVK_F32, 3, 3, KEPT_CHANNELS, KEPT_CHANNELS), false);
    const int y = LVK_APPLY(&graph, "conv", LVK_OP_conv2d, &same, image, w);
    lvk_graph_mark_output(&graph, y);
    lvk_backend *backend = open_cpu(2);
    cr_assert_eq(lvk_plan_init(&plan, &graph, &backend->caps, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_init(&executable, backend, &plan, NULL), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq(plan.program.steps[0].candidate, lvk_cpu_isa_unsupported() ? "dnnl" : "winograd");
    for (int i = 0; i < KEPT_NUMBERS; ++i)
        x[i] = (float)(i * 37 % 101 - 50) / 64;
    cr_assert_eq(lvk_executable_write(&executable, image, x), LVK_OK, "%s", lvk_error_message());
    run_with_weights(&executable, w, y, 64, first);
    run_with_weights(&executable, w, y, 128, other);
    run_with_weights(&executable, w, y, 64, again);
    cr_expect_arr_eq(first, again, sizeof first);
    cr_expect(memcmp(first, other, sizeof first) != 0, "the second weights were not used");
    lvk_executable_finish(&executable);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
    backend->functions->destroy(backend);
}

/* ---- how threads divide the work ---- */

enum {
    TILED_CHANNELS = 32,
    TILED_SIZE = 29,
    TILED_NUMBERS = 2 * TILED_SIZE * TILED_SIZE * TILED_CHANNELS, /* 450 tiles */
    TILED_WEIGHTS = 9 * TILED_CHANNELS * TILED_CHANNELS
};

static void write_numbers(lvk_executable *executable, int tensor, int step, uint64_t count) {
    static float numbers[TILED_NUMBERS];
    for (uint64_t i = 0; i < count; ++i)
        numbers[i] = (float)((int)(i * (uint64_t)step % 101) - 50) / 64;
    cr_assert_eq(lvk_executable_write(executable, tensor, numbers), LVK_OK, "%s", lvk_error_message());
}

/* A convolution and its gradients over that many threads: y, dx and dw one after the other. */
static void convolve_over(unsigned threads, float *results) {
    static const lvk_conv2d_attributes same = {1, 1, 1, 1, 1, 1};
    static const lvk_conv2d_grad_input_attributes back = {
        .conv = {1, 1, 1, 1, 1, 1}, .height = TILED_SIZE, .width = TILED_SIZE};
    static const lvk_conv2d_grad_weight_attributes taps = {
        .conv = {1, 1, 1, 1, 1, 1}, .kernel_h = 3, .kernel_w = 3};
    const lvk_type image = lvk_type_4d(LVK_F32, 2, TILED_SIZE, TILED_SIZE, TILED_CHANNELS);
    lvk_graph graph;
    lvk_plan plan;
    lvk_executable executable;
    lvk_graph_init(&graph);
    const int x = lvk_graph_input(&graph, "x", image), dy = lvk_graph_input(&graph, "dy", image);
    const int w = lvk_graph_input(&graph, "w", lvk_type_4d(LVK_F32, 3, 3, TILED_CHANNELS, TILED_CHANNELS));
    const int outputs[] = {LVK_APPLY(&graph, "y", LVK_OP_conv2d, &same, x, w),
                           LVK_APPLY(&graph, "dx", LVK_OP_conv2d_grad_input, &back, dy, w),
                           LVK_APPLY(&graph, "dw", LVK_OP_conv2d_grad_weight, &taps, x, dy)};
    for (int i = 0; i < 3; ++i)
        lvk_graph_mark_output(&graph, outputs[i]);
    lvk_backend *backend = open_cpu(threads);
    cr_assert_eq(lvk_plan_init(&plan, &graph, &backend->caps, NULL), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_executable_init(&executable, backend, &plan, NULL), LVK_OK, "%s", lvk_error_message());
    for (int i = 0; i < plan.program.step_count; ++i)
        cr_expect_str_eq(plan.program.steps[i].candidate, "winograd");
    write_numbers(&executable, x, 37, TILED_NUMBERS);
    write_numbers(&executable, dy, 41, TILED_NUMBERS);
    write_numbers(&executable, w, 31, TILED_WEIGHTS);
    cr_assert_eq(lvk_executable_run(&executable), LVK_OK, "%s", lvk_error_message());
    for (int i = 0; i < 3; ++i) {
        cr_assert_eq(lvk_executable_read(&executable, outputs[i], results), LVK_OK);
        results += lvk_type_count(&graph.tensors[outputs[i]].type);
    }
    lvk_executable_finish(&executable);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
    backend->functions->destroy(backend);
}

/* One thread has all, an even number of threads halves the positions, and few of them tiles enough to be apart. */
Test(cpu, winograd_gives_the_same_bits_over_any_number_of_threads) {
    enum { NUMBERS = 2 * TILED_NUMBERS + TILED_WEIGHTS };
    static float one[NUMBERS], more[NUMBERS];
    if (lvk_cpu_isa_unsupported()) /* oneDNN divides sums of weights by threads */
        return;
    convolve_over(1, one);
    for (unsigned threads = 2; threads <= 13; threads += threads < 5 ? 1 : 4) {
        convolve_over(threads, more);
        cr_expect_arr_eq(one, more, sizeof one, "%u threads", threads);
    }
}

/* ---- a planted fault ---- */

enum { MOST_OF_TAP = 1 << 18 /* numbers */ };

static lvk_backend_functions right;
static const lvk_program *program; /* of the last executable */
static lvk_buffer *blocks[LVK_BLOCK_COUNT];

static void ignore(void *user, const char *failure) {
    (void)user;
    (void)failure;
}

static lvk_status create_watched(lvk_backend *backend, const lvk_program *given,
                                 lvk_buffer *const buffers[LVK_BLOCK_COUNT], lvk_exec **exec) {
    program = given;
    memcpy(blocks, buffers, sizeof blocks);
    return right.exec_create(backend, given, buffers, exec);
}

/* Swaps the last tap of w or dw, [KH, KW, C, K], with `tap`. */
static lvk_status swap_tap(lvk_backend *backend, const lvk_region *region, const lvk_type *w, float *tap) {
    static float before[MOST_OF_TAP];
    const uint64_t size = sizeof(float) * w->dim[2] * w->dim[3],
                   offset = region->offset + lvk_type_size(w) - size;
    LVK_TRY(right.buffer_read(backend, blocks[region->block], offset, before, size));
    LVK_TRY(right.buffer_write(backend, blocks[region->block], offset, tap, size));
    memcpy(tap, before, size);
    return LVK_OK;
}

/* Convolutions that leave out a tap, a gradient that does not write it. */
static lvk_status run_without_tap(lvk_backend *backend, lvk_exec *exec) {
    static float tap[MOST_OF_TAP];
    const lvk_step *step = &program->steps[0];
    memset(tap, 0, sizeof tap);
    if (program->step_count != 1)
        return right.exec_run(backend, exec);
    if (step->call.op == LVK_OP_conv2d_grad_weight) {
        LVK_TRY(right.exec_run(backend, exec));
        return swap_tap(backend, &step->outputs[0], &step->call.outputs[0], tap);
    }
    LVK_TRY(swap_tap(backend, &step->inputs[1], &step->call.inputs[1], tap));
    LVK_TRY(right.exec_run(backend, exec));
    return swap_tap(backend, &step->inputs[1], &step->call.inputs[1], tap);
}

/* Returns the number of a kernel's runs that fail, and sets *runs to the number of all. */
static int failures_without_tap(int op, const char *kernel, int *runs) {
    lvk_backend *backend = open_cpu(2);
    const lvk_parity_options options = {.seed = 3, .draws = 2, .kernels = kernel, .skip_large = true};
    lvk_parity_result result;
    right = *backend->functions;
    lvk_backend_functions wrong = right;
    wrong.exec_create = create_watched;
    wrong.exec_run = run_without_tap;
    backend->functions = &wrong;
    cr_assert_eq(lvk_parity_check(backend, op, &options, ignore, NULL, &result), LVK_OK, "%s",
                 lvk_error_message());
    backend->functions = &right;
    backend->functions->destroy(backend);
    *runs = (int)result.runs;
    return result.failures;
}

/* A tap that meets only padding in a case, or whose sum ReLU hides, changes nothing there: "most". */
Test(cpu, a_tap_that_a_kernel_leaves_out_is_found, .timeout = 300) {
    static const int ops[] = {LVK_OP_conv2d, LVK_OP_conv2d_relu, LVK_OP_conv2d_add_relu,
                              LVK_OP_conv2d_grad_input, LVK_OP_conv2d_grad_weight};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; ++i) {
        const lvk_candidate *kernel;
        lvk_backend *backend = open_cpu(1);
        for (int k = 0; (kernel = backend->caps.own_candidate(ops[i], k)); ++k) {
            int runs;
            const int failures = failures_without_tap(ops[i], kernel->name, &runs);
            cr_expect(runs > 0 && failures > runs / 2, "%s/%s: %d of %d", lvk_op_get(ops[i])->name,
                      kernel->name, failures, runs);
        }
        backend->functions->destroy(backend);
    }
}

/* Runs conv2d_grad_weight of a 1x1 kernel by oneDNN, and returns whether it wrote behind its scratch memory. */
static bool writes_behind_scratch(uint32_t batch, uint32_t side, uint32_t in, uint32_t out, uint32_t stride) {
    enum { GUARD = 4096 };
    const uint32_t out_side = (side - 1) / stride + 1;
    const lvk_dnnl_shape shape = {.batch = batch,
                                  .in_h = side,
                                  .in_w = side,
                                  .in_c = in,
                                  .out_h = out_side,
                                  .out_w = out_side,
                                  .out_c = out,
                                  .kernel_h = 1,
                                  .kernel_w = 1,
                                  .stride_h = stride,
                                  .stride_w = stride};
    lvk_dnnl *dnnl;
    cr_assert_eq(lvk_dnnl_create(LVK_DNNL_GRAD_WEIGHT, &shape, &dnnl), LVK_OK, "%s", lvk_error_message());
    const size_t size = lvk_dnnl_scratch(dnnl);
    float *x = calloc((size_t)batch * side * side * in, sizeof *x);
    float *dy = calloc((size_t)batch * out_side * out_side * out, sizeof *dy),
          *dw = calloc((size_t)in * out, sizeof *dw);
    unsigned char *scratch = aligned_alloc(64, (size + GUARD + 63) / 64 * 64);
    cr_assert(x && dy && dw && scratch);
    memset(scratch, 0x5A, size + GUARD);
    const lvk_dnnl_operands operands = {.from_x = x, .from_y = dy, .to_w = dw, .scratch = scratch};
    cr_assert_eq(lvk_dnnl_run(dnnl, &operands), LVK_OK);
    bool wrote = false;
    for (size_t i = size; i < size + GUARD; ++i)
        wrote = wrote || scratch[i] != 0x5A;
    lvk_dnnl_destroy(&dnnl);
    free(x);
    free(dy);
    free(dw);
    free(scratch);
    return wrote;
}

/* oneDNN 2.6.3 does so for few channels, to whatever lies there. */
Test(cpu, onednn_stays_in_its_scratch_memory) {
    static const uint32_t channels[] = {1, 3, 8, 15, 16, 24, 32, 48};
    lvk_backend *backend = open_cpu(2);
    const lvk_candidate *candidate;
    int index = 0, ran = 0;
    while ((candidate = lvk_op_candidate(LVK_OP_conv2d_grad_weight, &backend->caps, index)) &&
           strcmp(candidate->name, "dnnl") != 0)
        ++index;
    cr_assert_not_null(candidate);
    for (uint32_t c = 0; c < 8; ++c)
        for (uint32_t side = 12; side < 15; ++side)
            for (uint32_t stride = 1; stride < 4; ++stride) {
                const uint32_t rows = (side - 1) / stride + 1;
                const lvk_conv2d_grad_weight_attributes attributes = {{stride, stride, 0, 0, 0, 0}, 1, 1};
                const lvk_call call = {.op = LVK_OP_conv2d_grad_weight,
                                       .attributes = &attributes,
                                       .input_count = 2,
                                       .inputs = {lvk_type_4d(LVK_F32, 3, side, side, channels[c]),
                                                  lvk_type_4d(LVK_F32, 3, rows, rows, 8)}};
                if (candidate->unsupported && candidate->unsupported(&call, &backend->caps))
                    continue;
                cr_expect_not(writes_behind_scratch(3, side, channels[c], 8, stride),
                              "%u channels, side %u, stride %u", channels[c], side, stride);
                ++ran;
            }
    cr_expect_gt(ran, 0);
    backend->functions->destroy(backend);
}

/* A process that has computed lets others compute that it forks: the trials of a search. */
Test(cpu, computes_in_a_forked_process, .timeout = 120) {
    cr_assert(compute(4, LVK_OP_conv2d));
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        alarm(60);
        _exit(compute(4, LVK_OP_conv2d) ? 0 : 1);
    }
    int ending = 0;
    cr_assert_eq(waitpid(child, &ending, 0), child);
    cr_expect(WIFEXITED(ending) && WEXITSTATUS(ending) == 0, "the forked process %s",
              WIFSIGNALED(ending) ? "waits forever" : "is wrong");
}
