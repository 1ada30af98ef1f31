/* The cpu backend beside what parity and the device suites ask of it: threads and processes. */
#include "cpu/cpu.h"
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
    return status == LVK_OK && failures == 0 && result.trials > 0;
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

/* Failures of a kernel's trials, of which there are *trials. */
static int failures_without_tap(int op, const char *kernel, int *trials) {
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
    *trials = (int)result.trials;
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
            int trials;
            const int failures = failures_without_tap(ops[i], kernel->name, &trials);
            cr_expect(trials > 0 && failures > trials / 2, "%s/%s: %d of %d", lvk_op_get(ops[i])->name,
                      kernel->name, failures, trials);
        }
        backend->functions->destroy(backend);
    }
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
