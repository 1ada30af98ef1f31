/* The cpu backend beside what parity and the device suites ask of it: threads and processes. */
#include "cpu/cpu.h"
#include "selftest/parity.h"

#include "ops/op.h"

#include <criterion/criterion.h>
#include <stdio.h>
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
