#include "runtime/profile.h"

#include "core/file.h"
#include "core/resource.h"
#include "core/text.h"
#include "ops/op.h"

#include <stdio.h>
#include <string.h>

/* ---- rows and arithmetic ---- */

static bool computes(const lvk_step *step) {
    return lvk_op_get(step->call.op)->candidate_count > 0;
}

static lvk_status add_row(lvk_profile *profile, const lvk_step *step, const lvk_step_time *time) {
    char *label = lvk_strdup(step->label);
    if (!label)
        return LVK_ERROR_MEMORY;
    profile->rows[profile->row_count++] = (lvk_profile_row){.label = label,
                                                            .op = lvk_op_get(step->call.op)->name,
                                                            .candidate = step->candidate,
                                                            .start = time->start,
                                                            .seconds = time->seconds,
                                                            .flops = step->flops,
                                                            .bytes = step->bytes};
    profile->operators += time->seconds;
    return LVK_OK;
}

lvk_status lvk_profile_create(const lvk_program *program, const lvk_step_time *times, const char *device,
                              lvk_profile **result) {
    *result = NULL;
    lvk_profile *profile = lvk_alloc(1, sizeof *profile);
    if (!profile)
        return LVK_ERROR_MEMORY;
    snprintf(profile->device, sizeof profile->device, "%s", device);
    profile->rows = lvk_alloc((size_t)program->step_count, sizeof *profile->rows);
    lvk_status status = profile->rows ? LVK_OK : LVK_ERROR_MEMORY;
    for (int i = 0; i < program->step_count && status == LVK_OK; ++i)
        if (computes(&program->steps[i]))
            status = add_row(profile, &program->steps[i], &times[i]);
    if (status != LVK_OK)
        lvk_profile_destroy(&profile);
    *result = profile;
    return status;
}

void lvk_profile_destroy(lvk_profile **profile) {
    lvk_profile *p = *profile;
    if (!p)
        return;
    for (size_t i = 0; i < p->row_count; ++i)
        lvk_free((char *)p->rows[i].label);
    lvk_free(p->rows);
    lvk_free(p);
    *profile = NULL;
}

void lvk_profile_account(lvk_profile *profile, const double begun[LVK_PHASE_COUNT], double end) {
    profile->step = 0;
    for (int phase = LVK_PHASE_COUNT - 1; phase >= 0; --phase) {
        const bool left_out = begun[phase] <= 0;
        profile->phases[phase] = left_out ? 0 : end - begun[phase];
        profile->step += profile->phases[phase];
        end = left_out ? end : begun[phase];
    }
    profile->launching = profile->phases[LVK_PHASE_RUN] - profile->operators;
}

/* ---- taking a profile ---- */

void lvk_profiler_mark(lvk_profiler *profiler, lvk_phase phase) {
    if (profiler)
        profiler->begun[phase] = lvk_clock_seconds();
}

lvk_status lvk_profiler_run(lvk_profiler *profiler, lvk_executable *executable) {
    const lvk_program *program = &executable->plan->program;
    lvk_profile_destroy(&profiler->profile);
    lvk_step_time *times = lvk_alloc((size_t)program->step_count, sizeof *times);
    if (!times)
        return LVK_ERROR_MEMORY;
    lvk_status status = lvk_executable_profile(executable, times);
    if (status == LVK_OK)
        status = lvk_profile_create(program, times, executable->backend->info.name, &profiler->profile);
    lvk_free(times);
    return status;
}

lvk_profile *lvk_profiler_take(lvk_profiler *profiler) {
    lvk_profile *profile = profiler->profile;
    if (profile)
        lvk_profile_account(profile, profiler->begun, lvk_clock_seconds());
    *profiler = (lvk_profiler){0};
    return profile;
}

/* ---- the trace ---- */

enum { PROCESS = 1, HOST = 1, DEVICE = 2 }; /* the trace's numbers of the process and of its two threads */

static double per_second(double amount, double seconds) {
    return seconds > 0 ? amount / seconds : 0;
}

static void add_name(lvk_text *text, int thread, const char *name) {
    lvk_text_add(
        text, "  {\"ph\": \"M\", \"pid\": %d, \"tid\": %d, \"name\": \"thread_name\", \"args\": {\"name\": ",
        PROCESS, thread);
    lvk_text_add_json(text, name);
    lvk_text_add(text, "}},\n");
}

/* Writes the beginning of an event, with times in microseconds and three decimals. */
static void begin_event(lvk_text *text, int thread, const char *name, double start, double seconds) {
    lvk_text_add(text, "  {\"ph\": \"X\", \"pid\": %d, \"tid\": %d, \"name\": ", PROCESS, thread);
    lvk_text_add_json(text, name);
    lvk_text_add(text, ", \"ts\": ");
    lvk_text_add_decimal(text, 1e6 * start, 3);
    lvk_text_add(text, ", \"dur\": ");
    lvk_text_add_decimal(text, 1e6 * seconds, 3);
}

static void add_row_event(lvk_text *text, const lvk_profile_row *row, double start) {
    begin_event(text, DEVICE, row->label, start + row->start, row->seconds);
    lvk_text_add(text, ", \"args\": {\"operator\": ");
    lvk_text_add_json(text, row->op);
    lvk_text_add(text, ", \"candidate\": ");
    lvk_text_add_json(text, row->candidate);
    lvk_text_add(text, ", \"gflops_per_s\": ");
    lvk_text_add_number(text, 1e-9 * per_second(row->flops, row->seconds), 6);
    lvk_text_add(text, ", \"gbytes_per_s\": ");
    lvk_text_add_number(text, 1e-9 * per_second(row->bytes, row->seconds), 6);
    lvk_text_add(text, "}},\n");
}

/* When the first operator began, in seconds from the beginning of the step on the host's clock. */
static double first_operator(const lvk_profile *profile) {
    double begun = 0, span = 0;
    for (int phase = 0; phase < LVK_PHASE_RUN; ++phase)
        begun += profile->phases[phase];
    for (size_t i = 0; i < profile->row_count; ++i)
        if (profile->rows[i].start + profile->rows[i].seconds > span)
            span = profile->rows[i].start + profile->rows[i].seconds;
    const double before = profile->phases[LVK_PHASE_RUN] - span;
    return before > 0 ? begun + before : begun;
}

static void add_trace(lvk_text *text, const lvk_profile *profile) {
    static const char *const phases[LVK_PHASE_COUNT] = {"wait for images", "prepare", "upload", "run",
                                                        "download",        "finish"};
    const double device_start = first_operator(profile);
    double start = 0;
    lvk_text_add(text, "{\"displayTimeUnit\": \"ms\",\n\"traceEvents\": [\n");
    add_name(text, HOST, "host");
    add_name(text, DEVICE, profile->device);
    for (size_t i = 0; i < profile->row_count; ++i)
        add_row_event(text, &profile->rows[i], device_start);
    for (int phase = 0; phase < LVK_PHASE_COUNT; ++phase) {
        begin_event(text, HOST, phases[phase], start, profile->phases[phase]);
        lvk_text_add(text, phase + 1 < LVK_PHASE_COUNT ? "},\n" : "}\n");
        start += profile->phases[phase];
    }
    lvk_text_add(text, "]}\n");
}

lvk_status lvk_profile_write_trace(const lvk_profile *profile, const char *path) {
    lvk_text text = {0};
    char *string;
    size_t length;
    add_trace(&text, profile);
    LVK_TRY(lvk_text_take(&text, &string, &length));
    lvk_folder_clear_beside(path);
    const lvk_status status = lvk_file_write(path, string, length);
    lvk_free(string);
    return status;
}
