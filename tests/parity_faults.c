/* Faults that parity must find, planted into a backend that is right otherwise: the reference, which passes for
 * a device that runs launches. */
#include "selftest/parity.h"

#include "core/memory.h"
#include "ops/batchnorm.h"
#include "ops/op.h"
#include "reference/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

typedef enum fault {
    NONE,
    INPUT_OVERWRITTEN, /* the last element of input 0 */
    TERM_LOST,         /* of a dense layer, the product of its last input */
    TERM_DOUBLED,
    EPSILON_OF_KERAS,         /* 1e-3 in place of the attribute */
    EPSILON_A_THOUSANDTH_OFF, /* 1e-5 in place of 1.001e-5 */
    KERNELS_WRONG             /* those in `wrong_kernels` add 1 to the first element */
} fault_id;

static fault_id planted;
static uint64_t wrong_kernels; /* bit i: candidate i */
static lvk_backend_functions original;

/* The last executable. */
static const lvk_program *program;
static lvk_buffer *blocks[LVK_BLOCK_COUNT];
static lvk_step step; /* the one of the operator, changed */
static lvk_program changed;
static lvk_batchnorm_attributes other;

static void plant_epsilon(int op) {
    const char *name = lvk_op_get(op)->name;
    if (strncmp(name, "batchnorm", strlen("batchnorm")) != 0 ||
        (planted != EPSILON_OF_KERAS && planted != EPSILON_A_THOUSANDTH_OFF))
        return;
    const lvk_batchnorm_attributes *right = step.call.attributes;
    other.epsilon = planted == EPSILON_OF_KERAS   ? 1e-3F
                    : right->epsilon == 1.001e-5F ? 1e-5F
                                                  : right->epsilon;
    step.call.attributes = &other;
}

static lvk_status create(lvk_backend *backend, const lvk_program *given,
                         lvk_buffer *const buffers[LVK_BLOCK_COUNT], lvk_exec **exec) {
    program = given;
    memcpy(blocks, buffers, sizeof blocks);
    if (given->step_count != 1)
        return original.exec_create(backend, given, buffers, exec);
    step = given->steps[0];
    plant_epsilon(step.call.op);
    changed = *given;
    changed.steps = &step;
    return original.exec_create(backend, &changed, buffers, exec);
}

static float read(lvk_backend *backend, const lvk_region *region, uint64_t element) {
    float value;
    cr_assert_eq(
        original.buffer_read(backend, blocks[region->block], region->offset + 4 * element, &value, 4),
        LVK_OK);
    return value;
}

static void write(lvk_backend *backend, const lvk_region *region, uint64_t element, float value) {
    cr_assert_eq(
        original.buffer_write(backend, blocks[region->block], region->offset + 4 * element, &value, 4),
        LVK_OK);
}

/* Takes the last product from output [0, 0], or adds it once more. */
static void change_term(lvk_backend *backend, float factor) {
    const uint64_t inputs = step.call.inputs[1].dim[0], outputs = step.call.inputs[1].dim[1];
    const float term =
        read(backend, &step.inputs[0], inputs - 1) * read(backend, &step.inputs[1], (inputs - 1) * outputs);
    write(backend, &step.outputs[0], 0, read(backend, &step.outputs[0], 0) + factor * term);
}

static lvk_status run(lvk_backend *backend, lvk_exec *exec) {
    LVK_TRY(original.exec_run(backend, exec));
    if (program->step_count != 1)
        return LVK_OK;
    const uint64_t last = lvk_type_count(&step.call.inputs[0]) - 1;
    if (planted == INPUT_OVERWRITTEN && step.call.inputs[0].dtype == LVK_F32)
        write(backend, &step.inputs[0], last, read(backend, &step.inputs[0], last) + 1);
    const lvk_candidate *candidate;
    for (int i = 0;
         planted == KERNELS_WRONG && (candidate = lvk_op_candidate(step.call.op, &backend->caps, i)); ++i)
        if ((wrong_kernels >> i & 1) && strcmp(candidate->name, step.candidate) == 0)
            write(backend, &step.outputs[0], 0, read(backend, &step.outputs[0], 0) + 1);
    if (planted == TERM_LOST || planted == TERM_DOUBLED)
        change_term(backend, planted == TERM_LOST ? -1 : 1);
    return LVK_OK;
}

static char report_text[512];
static int of_43264; /* failures of the case with so many terms */
static void keep(void *user, const char *failure) {
    (void)user;
    of_43264 += strstr(failure, "43264") != NULL;
    if (!*report_text)
        snprintf(report_text, sizeof report_text, "%s", failure);
}

static lvk_parity_result check(int op, fault_id fault, const lvk_parity_options *options, bool software) {
    lvk_backend *backend;
    lvk_parity_result result;
    cr_assert_eq(lvk_reference_create(&backend), LVK_OK);
    original = *backend->functions;
    lvk_backend_functions functions = original;
    functions.exec_create = create;
    functions.exec_run = run;
    backend->functions = &functions;
    backend->caps = (lvk_caps){.runs_launches = true,
                               .is_cpu = software,
                               .max_storage_range = 1 << 27,
                               .max_storage_buffers = 8,
                               .max_uniform_range = 16384,
                               .max_groups = {1 << 30, 65535, 65535},
                               .offset_alignment = 256};
    planted = fault;
    *report_text = '\0';
    of_43264 = 0;
    cr_assert_eq(lvk_parity_check(backend, op, options, keep, NULL, &result), LVK_OK, "%s",
                 lvk_error_message());
    backend->functions = &original;
    backend->functions->destroy(backend);
    return result;
}

static int failures_of(int op, fault_id fault, const char *kernels) {
    const lvk_parity_options options = {
        .seed = 7, .draws = 2, .kernels = kernels, .skip_large = op != LVK_OP_dense};
    const lvk_parity_result result = check(op, fault, &options, false);
    cr_assert_gt(result.runs, 4);
    return result.failures;
}

Test(parity_faults, nothing_is_found_where_nothing_is_wrong) {
    cr_expect_eq(failures_of(LVK_OP_relu, NONE, NULL), 0, "%s", report_text);
    cr_expect_eq(failures_of(LVK_OP_batchnorm, NONE, NULL), 0, "%s", report_text);
}

Test(parity_faults, an_input_that_is_overwritten_is_found) {
    cr_expect_gt(failures_of(LVK_OP_relu, INPUT_OVERWRITTEN, NULL), 0);
    cr_expect_not_null(strstr(report_text, "wrote to input 0"), "%s", report_text);
    cr_expect_gt(failures_of(LVK_OP_maxpool2d, INPUT_OVERWRITTEN, NULL), 0);
}

/* Also where 43,264 are added. */
Test(parity_faults, one_term_that_is_lost_or_doubled_is_found) {
    cr_expect_eq(failures_of(LVK_OP_dense, NONE, "direct"), 0, "%s", report_text);
    for (fault_id f = TERM_LOST; f <= TERM_DOUBLED; ++f) {
        cr_expect_gt(failures_of(LVK_OP_dense, f, "direct"), 10, "%s", report_text);
        cr_expect_eq(of_43264, 1, "of %d terms", 43264);
    }
}

Test(parity_faults, a_wrong_epsilon_is_found) {
    static const int operators[] = {LVK_OP_batchnorm, LVK_OP_batchnorm_inference, LVK_OP_batchnorm_grad,
                                    LVK_OP_batchnorm_inference_grad_gamma,
                                    LVK_OP_batchnorm_inference_grad_input};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; ++i)
        for (fault_id f = EPSILON_OF_KERAS; f <= EPSILON_A_THOUSANDTH_OFF; ++f)
            cr_expect_gt(failures_of(operators[i], f, NULL), 0, "%s, fault %d",
                         lvk_op_get(operators[i])->name, (int)f);
}

/* The self-test before a training, on a software driver of Vulkan, runs the kernels that a training would take. Where one is
 * wrong, the training takes another one, which is to be checked as well; and so on. */
Test(parity_faults, a_kernel_that_takes_the_place_of_a_wrong_one_is_checked) {
    static const int operators[] = {
        LVK_OP_conv2d, LVK_OP_conv2d_relu, LVK_OP_conv2d_add_relu, LVK_OP_conv2d_relu_pool,
        LVK_OP_dense,  LVK_OP_dense_relu,  LVK_OP_maxpool2d,       LVK_OP_conv2d_grad_weight};
    const lvk_parity_options options = {
        .seed = 1, .draws = 2, .skip_large = true, .brief = true, .twice = true, .quick = true};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; ++i) {
        const char *name = lvk_op_get(operators[i])->name;
        const lvk_parity_result right = check(operators[i], NONE, &options, true);
        cr_expect(right.wrong == 0 && right.candidates >= 1, "%s: %s", name, report_text);
        wrong_kernels = UINT64_MAX;
        const lvk_parity_result all = check(operators[i], KERNELS_WRONG, &options, true);
        if (operators[i] != LVK_OP_maxpool2d) /* of which this device runs one kernel only */
            cr_expect_gt(all.candidates, right.candidates, "%s: no other kernel was checked", name);
        cr_expect_eq(all.failures, all.candidates, "%s", name); /* each once */
        for (wrong_kernels = 1; wrong_kernels <= all.wrong; wrong_kernels *= 2) {
            if (!(wrong_kernels & all.wrong))
                continue;
            const lvk_parity_result one = check(operators[i], KERNELS_WRONG, &options, true);
            cr_expect(one.wrong == wrong_kernels || one.wrong == 0, "%s: %llx, not %llx", name,
                      (unsigned long long)one.wrong, (unsigned long long)wrong_kernels);
            cr_expect(one.failures == (one.wrong != 0) && one.candidates >= right.candidates, "%s", name);
        }
    }
}
