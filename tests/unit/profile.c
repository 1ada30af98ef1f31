/* Profiles: the arithmetic of rows and phases, the trace, and a real step on the reference. */
#include "support/scratch.h"

#include "core/memory.h"
#include "ops/op.h"
#include "reference/reference.h"
#include "runtime/network.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

TestSuite(profile, .init = scratch_create, .fini = scratch_remove);

/* Two operators with a view between them; the second begins before the first has ended. */
static const lvk_step steps[] = {
    {.label = "a \"quoted\" label",
     .candidate = "texels",
     .call = {.op = LVK_OP_relu},
     .flops = 4e6,
     .bytes = 2e6},
    {.label = "flatten", .candidate = "", .call = {.op = LVK_OP_flatten}, .bytes = 5},
    {.label = "dense [0-15]",
     .candidate = "direct",
     .call = {.op = LVK_OP_dense},
     .flops = 3e9,
     .bytes = 1e9},
};
static const lvk_step_time times[] = {{0, 0.25}, {0.25, 0.0}, {0.5, 1.5}};
static const lvk_program program = {.steps = steps, .step_count = 3};

static lvk_profile *create(void) {
    lvk_profile *profile;
    cr_assert_eq(lvk_profile_create(&program, times, "a device", &profile), LVK_OK, "%s",
                 lvk_error_message());
    return profile;
}

static void expect_near(double value, double expected) {
    cr_expect(fabs(value - expected) <= 1e-9, "%.12g is not %.12g", value, expected);
}

Test(profile, rows_are_the_operators_that_compute) {
    lvk_profile *profile = create();
    cr_assert_eq(profile->row_count, 2, "%zu rows", profile->row_count);
    cr_expect_str_eq(profile->rows[0].label, steps[0].label);
    cr_expect_str_eq(profile->rows[0].op, "relu");
    cr_expect_str_eq(profile->rows[0].candidate, "texels");
    cr_expect_str_eq(profile->rows[1].label, "dense [0-15]");
    cr_expect_str_eq(profile->rows[1].op, "dense");
    expect_near(profile->rows[1].start, 0.5);
    expect_near(profile->rows[1].seconds, 1.5);
    expect_near(profile->rows[1].flops, 3e9);
    expect_near(profile->rows[1].bytes, 1e9);
    expect_near(profile->operators, 1.75);
    lvk_profile_destroy(&profile);
    cr_expect_null(profile);
    lvk_profile_destroy(&profile);
}

Test(profile, phases_add_up_to_the_step) {
    lvk_profile *profile = create();
    lvk_profile_account(profile, (double[LVK_PHASE_COUNT]){10, 10.5, 11.5, 12, 15, 15.25}, 15.5);
    static const double phases[LVK_PHASE_COUNT] = {0.5, 1, 0.5, 3, 0.25, 0.25};
    for (int phase = 0; phase < LVK_PHASE_COUNT; ++phase)
        expect_near(profile->phases[phase], phases[phase]);
    expect_near(profile->step, 5.5);
    expect_near(profile->launching, 3 - 1.75);

    /* what was left out takes no time, and the phase before lasts until the next that was marked */
    lvk_profile_account(profile, (double[LVK_PHASE_COUNT]){0, 10, 0, 12, 15, 0}, 15.5);
    static const double fewer[LVK_PHASE_COUNT] = {0, 2, 0, 3, 0.5, 0};
    for (int phase = 0; phase < LVK_PHASE_COUNT; ++phase)
        expect_near(profile->phases[phase], fewer[phase]);
    expect_near(profile->step, 5.5);
    lvk_profile_destroy(&profile);
}

/* ---- the trace ---- */

static json_t *write_trace(const lvk_profile *profile) {
    json_error_t error;
    const char *path = scratch_path("trace.json");
    cr_assert_eq(lvk_profile_write_trace(profile, path), LVK_OK, "%s", lvk_error_message());
    json_t *trace = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(trace, "%s:%d: %s", path, error.line, error.text);
    return trace;
}

static double number(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    cr_assert(json_is_number(value), "no number \"%s\"", name);
    return json_number_value(value);
}

/* The sum of the durations of the complete events of line `line`, in microseconds; counts them, and the
 * latest end. */
static double line_duration(const json_t *trace, int line, size_t *count, double *end) {
    const json_t *events = json_object_get(trace, "traceEvents");
    cr_assert(json_is_array(events));
    double sum = 0;
    *count = 0;
    *end = 0;
    for (size_t i = 0; i < json_array_size(events); ++i) {
        const json_t *event = json_array_get(events, i);
        if (strcmp(json_string_value(json_object_get(event, "ph")), "X") != 0 ||
            (int)number(event, "tid") != line)
            continue;
        cr_expect_not_null(json_string_value(json_object_get(event, "name")));
        sum += number(event, "dur");
        *end = fmax(*end, number(event, "ts") + number(event, "dur"));
        ++*count;
    }
    return sum;
}

enum { HOST = 1, DEVICE = 2 };

/* Durations are written to the nanosecond. */
static void expect_adds_up(const lvk_profile *profile, const json_t *trace) {
    size_t count;
    double end;
    const double operators = line_duration(trace, DEVICE, &count, &end);
    cr_expect_eq(count, profile->row_count);
    cr_expect(fabs(operators - 1e6 * profile->operators) <= 0.001 * (double)count, "%.9g us of %.9g",
              operators, 1e6 * profile->operators);
    const double step = line_duration(trace, HOST, &count, &end);
    cr_expect_eq(count, LVK_PHASE_COUNT);
    cr_expect(fabs(step - 1e6 * profile->step) <= 0.001 * (double)count, "%.9g us of %.9g", step,
              1e6 * profile->step);
    cr_expect(fabs(end - 1e6 * profile->step) <= 0.001 * (double)count, "ends at %.9g us of %.9g", end,
              1e6 * profile->step);
}

Test(profile, trace_is_json_that_adds_up) {
    lvk_profile *profile = create();
    lvk_profile_account(profile, (double[LVK_PHASE_COUNT]){10, 10.5, 11.5, 12, 15, 15.25}, 15.5);
    json_t *trace = write_trace(profile);
    expect_adds_up(profile, trace);
    size_t count;
    double end;
    line_duration(trace, DEVICE, &count, &end);
    cr_expect(fabs(end - 5e6) <= 0.002, "the last operator ends at %.9g us, its phase at 5 s", end);
    const json_t *events = json_object_get(trace, "traceEvents");
    for (size_t i = 0, row = 0; i < json_array_size(events) && row < profile->row_count; ++i) {
        const json_t *event = json_array_get(events, i), *args = json_object_get(event, "args");
        if (!json_object_get(args, "candidate"))
            continue;
        cr_expect_str_eq(json_string_value(json_object_get(event, "name")), profile->rows[row].label);
        cr_expect_str_eq(json_string_value(json_object_get(args, "operator")), profile->rows[row].op);
        cr_expect_str_eq(json_string_value(json_object_get(args, "candidate")), profile->rows[row].candidate);
        expect_near(number(args, "gflops_per_s"), row == 0 ? 0.016 : 2);
        expect_near(number(args, "gbytes_per_s"), row == 0 ? 0.008 : 0.666667);
        ++row;
    }
    json_decref(trace);
    cr_expect_eq(lvk_profile_write_trace(profile, scratch_path("no/such/folder.json")), LVK_ERROR_IO);
    cr_expect_not_null(strstr(lvk_error_message(), "no/such/folder.json"), "%s", lvk_error_message());
    lvk_profile_destroy(&profile);
}

/* An operator that is too short for the clock: numbers stay numbers. */
Test(profile, trace_of_no_time_is_json) {
    static const lvk_step_time none[3] = {{0, 0}, {0, 0}, {0, 0}};
    lvk_profile *profile;
    cr_assert_eq(lvk_profile_create(&program, none, "a device", &profile), LVK_OK);
    json_t *trace = write_trace(profile);
    expect_adds_up(profile, trace);
    json_decref(trace);
    lvk_profile_destroy(&profile);
}

Test(profile, every_allocation_may_fail) {
    lvk_profile *profile = NULL;
    lvk_status status = LVK_ERROR_MEMORY;
    for (uint64_t n = 1; status == LVK_ERROR_MEMORY; ++n) {
        lvk_alloc_fail_after(n);
        status = lvk_profile_create(&program, times, "a device", &profile);
        cr_expect_eq(status == LVK_OK, profile != NULL);
        if (status == LVK_OK)
            status = lvk_profile_write_trace(profile, scratch_path("trace.json"));
        lvk_profile_destroy(&profile);
        cr_assert_lt(n, 1000);
    }
    lvk_alloc_fail_after(0);
    cr_expect_eq(status, LVK_OK, "%s", lvk_error_message());
}

/* ---- a real step ---- */

Test(profile, a_profiled_step_computes_the_same) {
    lvk_backend *backend;
    lvk_network *network;
    const lvk_network_config config = {.model = {.architecture = "cnn"}, .batch = 1};
    cr_assert_eq(lvk_reference_create(&backend), LVK_OK);
    cr_assert_eq(lvk_network_create(backend, &config, &network), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_network_initialize(network, 1), LVK_OK);
    float *images = lvk_alloc((size_t)224 * 224 * 3, sizeof *images), logits[2];
    for (int i = 0; i < 224 * 224 * 3; ++i)
        images[i] = (float)(i % 17) / 17;
    cr_assert_eq(lvk_network_infer(network, images, NULL, &logits[0]), LVK_OK);
    lvk_profiler profiler = {0};
    network->profiler = &profiler;
    cr_assert_eq(lvk_network_infer(network, images, NULL, &logits[1]), LVK_OK);
    lvk_profile *profile = lvk_profiler_take(&profiler);
    cr_assert_not_null(profile);
    cr_expect_null(profiler.profile);
    cr_expect_arr_eq(&logits[0], &logits[1], sizeof logits[0]);
    cr_expect_str_eq(profile->device, backend->info.name);
    double operators = 0, end = 0;
    for (size_t i = 0; i < profile->row_count; ++i) {
        cr_expect_geq(profile->rows[i].start, end, "%s begins before the one before has ended",
                      profile->rows[i].label);
        end = profile->rows[i].start + profile->rows[i].seconds;
        operators += profile->rows[i].seconds;
    }
    expect_near(profile->operators, operators);
    cr_expect(operators > 0 && profile->launching >= 0 && profile->phases[LVK_PHASE_UPLOAD] > 0 &&
                  profile->step >= profile->phases[LVK_PHASE_RUN],
              "%g %g %g", operators, profile->launching, profile->step);
    json_t *trace = write_trace(profile);
    expect_adds_up(profile, trace);
    json_decref(trace);
    lvk_profile_destroy(&profile);
    lvk_free(images);
    lvk_network_destroy(&network);
    backend->functions->destroy(backend);
}
