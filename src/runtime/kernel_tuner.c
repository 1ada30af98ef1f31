#include "runtime/kernel_tuner.h"

#include "graph/executable.h"

#include <math.h>
#include <stdlib.h>

enum { LEAST_RUNS = 3, MOST_RUNS = 5, PATTERN = 1 << 18 };

/* When a candidate's runs have taken so many seconds, there are no more than LEAST_RUNS. */
static const double ENOUGH_SECONDS = 1;
/* A candidate whose first run takes so many times the best time so far is not run again. */
static const double GIVE_UP = 3;
/* A candidate that is estimated to take so many times the best time so far is not run at all. The estimate is
 * the time of one image times the batch. */
static const double NOT_EVEN_TRY = 10;
/* Where the best time so far is below so many seconds, no time is estimated. */
static const double WORTH_FORETELLING = 0.02;
/* A candidate replaces the first one only if it takes less than this part of its time; smaller gains are
 * noise. */
static const double CLEARLY_FASTER = 0.95;

/* One call with one candidate as a program of its own. */
typedef struct measurement {
    lvk_graph graph;
    lvk_plan plan;
    lvk_executable executable;
    int inputs[LVK_MAX_INPUTS];
    lvk_step_time *steps;
} measurement;

static lvk_status measurement_plan(measurement *t, const lvk_caps *caps, const lvk_call *call,
                                   const char *candidate) {
    lvk_graph *graph = &t->graph;
    const lvk_plan_options options = {.forced_op = call->op, .forced_candidate = candidate};
    *t = (measurement){.steps = NULL};
    lvk_graph_init(graph);
    for (int i = 0; i < call->input_count; ++i)
        t->inputs[i] = lvk_graph_input(graph, "input", call->inputs[i]);
    const int first = lvk_graph_apply(graph, NULL, call->op, call->attributes, call->input_count, t->inputs);
    for (int o = 0; o < call->output_count; ++o)
        lvk_graph_mark_output(graph, lvk_graph_output(graph, first, o));
    LVK_TRY(lvk_graph_status(graph));
    return lvk_plan_init(&t->plan, graph, caps, &options);
}

static void measurement_finish(measurement *t) {
    lvk_free(t->steps);
    if (t->executable.backend)
        lvk_executable_finish(&t->executable);
    lvk_plan_finish(&t->plan);
    lvk_graph_finish(&t->graph);
}

lvk_status lvk_kernel_tuner_list(const lvk_caps *caps, const lvk_call *call, lvk_kernel_tuner_times *times) {
    *times = (lvk_kernel_tuner_times){0};
    const lvk_candidate *candidate;
    for (int i = 0; times->count < LVK_TUNER_MOST && (candidate = lvk_op_candidate(call->op, caps, i)); ++i) {
        if (caps->is_cpu && candidate->unsuited && candidate->unsuited(call, caps))
            continue; /* a processor would take minutes to measure candidates that it will not choose */
        measurement t;
        const lvk_status status = measurement_plan(&t, caps, call, candidate->name);
        measurement_finish(&t);
        if (status == LVK_OK)
            times->candidates[times->count++].name = candidate->name;
        else if (status != LVK_ERROR_UNSUPPORTED) /* the candidate cannot compute this call */
            return status;
    }
    return LVK_OK;
}

/* ---- running ---- */

/* Fills the whole region with floats from -0.5 up to 0.5, repeated. */
static lvk_status fill_input(measurement *t, int tensor) {
    const lvk_region *region = &t->plan.regions[tensor];
    lvk_backend *backend = t->executable.backend;
    float *pattern = lvk_alloc(PATTERN, sizeof *pattern);
    lvk_status status = pattern ? LVK_OK : LVK_ERROR_MEMORY;
    for (uint32_t i = 0, bits = 1; pattern && i < PATTERN; ++i, bits = bits * 1664525U + 1013904223U)
        pattern[i] = (float)(bits >> 8) / (float)(1U << 24) - 0.5F;
    for (uint64_t done = 0, part; status == LVK_OK && done < region->size; done += part) {
        part = region->size - done;
        if (part > PATTERN * sizeof *pattern)
            part = PATTERN * sizeof *pattern;
        status = backend->functions->buffer_write(backend, t->executable.blocks[region->block],
                                                  region->offset + done, pattern, part);
    }
    lvk_free(pattern);
    return status;
}

/* Prepares and runs the program once, since some drivers compile kernels at the first launch. */
static lvk_status measurement_warm_up(measurement *t, lvk_backend *backend) {
    LVK_TRY(lvk_executable_init(&t->executable, backend, &t->plan, NULL));
    for (int i = 0; i < t->graph.nodes[0].call.input_count; ++i)
        if (t->graph.tensors[t->inputs[i]].type.dtype == LVK_F32)
            LVK_TRY(fill_input(t, t->inputs[i]));
    t->steps = lvk_alloc((size_t)t->plan.program.step_count, sizeof *t->steps);
    return t->steps ? lvk_executable_run(&t->executable) : LVK_ERROR_MEMORY;
}

static lvk_status measurement_run(measurement *t, double *seconds) {
    lvk_backend *backend = t->executable.backend;
    *seconds = 0;
    LVK_TRY(backend->functions->exec_profile(backend, t->executable.exec, t->steps));
    for (int s = 0; s < t->plan.program.step_count; ++s)
        *seconds += t->steps[s].seconds;
    return LVK_OK;
}

static int compare_seconds(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Sets the candidate's seconds to the median of a few runs, or to the time of the first run if that took
 * longer than `most`. */
static lvk_status measurement_take_time(measurement *t, double most, lvk_kernel_tuning_candidate *candidate) {
    double seconds[MOST_RUNS], total = 0;
    int runs = 0;
    while (runs < LEAST_RUNS || (runs < MOST_RUNS && total < ENOUGH_SECONDS)) {
        LVK_TRY(measurement_run(t, &seconds[runs]));
        total += seconds[runs++];
        candidate->given_up = runs == 1 && seconds[0] > most;
        if (candidate->given_up)
            break;
    }
    qsort(seconds, (size_t)runs, sizeof *seconds, compare_seconds);
    candidate->seconds = seconds[runs / 2];
    return LVK_OK;
}

/* Reduces the call to one row of its batch, and returns the number of rows that it had; 1 if it has no
 * batch. */
static uint32_t take_one_row(lvk_call *call) {
    const lvk_op *op = lvk_op_get(call->op);
    uint32_t rows = 1;
    for (int i = 0; i < call->input_count; ++i)
        if (op->batched_inputs >> i & 1) {
            rows = call->inputs[i].dim[0];
            call->inputs[i].dim[0] = 1;
        }
    return rows;
}

/* Estimates the candidate's time for the whole batch as the time of one image times the batch; 0 if that is
 * not possible. */
static lvk_status estimate_by_one_image(lvk_backend *backend, const lvk_call *call, const char *candidate,
                                        double *seconds) {
    measurement t;
    lvk_call one = *call;
    const uint32_t rows = take_one_row(&one);
    *seconds = 0;
    if (rows == 1)
        return LVK_OK;
    lvk_status status = measurement_plan(&t, &backend->caps, &one, candidate);
    if (status == LVK_OK)
        status = measurement_warm_up(&t, backend);
    if (status == LVK_OK)
        status = measurement_run(&t, seconds);
    *seconds *= rows;
    measurement_finish(&t);
    return status == LVK_ERROR_UNSUPPORTED ? LVK_OK : status; /* the candidate needs more rows than one */
}

/* Measures one candidate. `best` is the time of the fastest so far in seconds; 0 for the first candidate. */
static lvk_status measure_candidate(lvk_backend *backend, const lvk_call *call, double best,
                                    lvk_kernel_tuning_candidate *candidate) {
    if (best > WORTH_FORETELLING) {
        LVK_TRY(estimate_by_one_image(backend, call, candidate->name, &candidate->seconds));
        candidate->given_up = candidate->seconds > NOT_EVEN_TRY * best;
        if (candidate->given_up)
            return LVK_OK;
    }
    measurement t;
    lvk_status status = measurement_plan(&t, &backend->caps, call, candidate->name);
    if (status == LVK_OK)
        status = measurement_warm_up(&t, backend);
    if (status == LVK_OK)
        status = measurement_take_time(&t, best > 0 ? GIVE_UP * best : HUGE_VAL, candidate);
    measurement_finish(&t);
    return status;
}

lvk_status lvk_kernel_tuner_measure(lvk_backend *backend, const lvk_call *call,
                                    lvk_kernel_tuner_times *times) {
    if (!backend->functions->exec_profile)
        return lvk_fail(LVK_ERROR_UNSUPPORTED, "%s: cannot tell how long a kernel takes", backend->info.name);
    LVK_TRY(lvk_kernel_tuner_list(&backend->caps, call, times));
    lvk_kernel_tuning_candidate *best = NULL;
    for (int i = 0; i < times->count; ++i) {
        lvk_kernel_tuning_candidate *candidate = &times->candidates[i];
        LVK_TRY(measure_candidate(backend, call, best ? best->seconds : 0, candidate));
        if (!best || (!candidate->given_up && candidate->seconds < CLEARLY_FASTER * best->seconds))
            best = candidate;
    }
    if (best)
        best->chosen = true;
    return LVK_OK;
}
