/* leukvk bench: its figures fit together, and its trace is one. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static program_result result; /* large */

static double number(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    cr_assert(json_is_number(value), "no number \"%s\": %s", name, result.out);
    return json_number_value(value);
}

static void expect_near(double value, double expected) {
    cr_expect(fabs(value - expected) <= 1e-4 * expected, "%g is not %g: %s", value, expected, result.out);
}

Test(bench, json_figures_fit_together) {
    program_run(&result, "bench w2 --batch 2 --steps 3 --json");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    json_error_t error;
    json_t *object = json_loads(result.out, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(object, "%s: %s", error.text, result.out);
    cr_expect_str_eq(json_string_value(json_object_get(object, "work")), "w2");
    cr_expect_eq(number(object, "batch"), 2);
    cr_expect_eq(number(object, "steps"), 3);
    const json_t *step = json_object_get(object, "step_ms"), *speed = json_object_get(object, "images_per_s");
    cr_expect(number(step, "min") > 0 && number(step, "min") <= number(step, "median") &&
                  number(step, "median") <= number(step, "max"),
              "%s", result.out);
    expect_near(number(speed, "median"), 2000 / number(step, "median"));
    expect_near(number(speed, "min"), 2000 / number(step, "max"));
    expect_near(number(speed, "max"), 2000 / number(step, "min"));
    /* 728 MFLOP an image: leukvk summary cnn */
    expect_near(number(object, "gflops_per_s"), 0.7280 * number(speed, "median"));
    cr_expect_gt(number(object, "cpu_images_per_s"), 0);
    cr_expect_gt(number(object, "peak_rss_mib"), number(object, "device_memory_peak_mib"),
                 "a software device's memory is the process's: %s", result.out);
    cr_expect_not_null(strstr(json_string_value(json_object_get(object, "device")), "llvmpipe"));
    json_decref(object);
}

Test(bench, profile_is_printed_and_traced) {
    const char *folder = program_folder();
    char path[512];
    program_run(&result, "bench w2 --batch 1 --steps 2 --device reference --profile --trace %s/trace.json",
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "2 steps"), "%s", result.out);
    cr_expect_not_null(strstr(result.out, "conv2d_2"), "%s", result.out);
    const char *sum = strstr(result.out, "all operators");
    cr_assert_not_null(sum, "%s", result.out);
    const double printed = strtod(sum + strlen("all operators"), NULL);
    snprintf(path, sizeof path, "%s/trace.json", folder);
    json_error_t error;
    json_t *trace = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(trace, "%s: %s", path, error.text);
    const json_t *events = json_object_get(trace, "traceEvents");
    double traced = 0;
    for (size_t i = 0; i < json_array_size(events); ++i) {
        const json_t *event = json_array_get(events, i);
        if (json_object_get(json_object_get(event, "args"), "candidate"))
            traced += number(event, "dur") / 1000;
    }
    cr_expect(printed > 0 && fabs(traced - printed) <= 0.001, "%.6g ms traced, %.6g ms printed", traced,
              printed);
    json_decref(trace);
    program_remove(folder);
}

Test(bench, training_prints_both_figures) {
    program_run(&result, "bench w1 --batch 2 --steps 2");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "w1: training step"), "%s", result.out);
    cr_expect_not_null(strstr(result.out, "images/s"), "%s", result.out);
    cr_expect_not_null(strstr(result.out, "by processor time"), "%s", result.out);
    cr_expect_null(strstr(result.out, "all operators"), "%s", result.out);
}
