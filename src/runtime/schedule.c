#include "runtime/schedule.h"

#include "core/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static lvk_status bad_drops(const char *text) {
    return lvk_fail(
        LVK_ERROR_ARGUMENT,
        "--schedule %s: after the colon there must be up to %d epochs in ascending order, as in step:10,15",
        text, LVK_SCHEDULE_MAX_DROPS);
}

static lvk_status parse_drops(const char *text, const char *at, lvk_schedule *schedule) {
    for (;;) {
        char number[16];
        uint64_t epoch;
        const size_t length = strcspn(at, ",");
        const uint32_t before = schedule->drop_count ? schedule->drops[schedule->drop_count - 1] : 0;
        if (schedule->drop_count == LVK_SCHEDULE_MAX_DROPS || length >= sizeof number)
            return bad_drops(text);
        snprintf(number, sizeof number, "%.*s", (int)length, at);
        if (!lvk_number_parse_u64(number, UINT32_MAX, &epoch) || epoch <= before)
            return bad_drops(text);
        schedule->drops[schedule->drop_count++] = (uint32_t)epoch;
        if (at[length] == '\0')
            return LVK_OK;
        at += length + 1;
    }
}

lvk_status lvk_schedule_parse(const char *text, lvk_schedule *schedule) {
    static const char *const names[] = {"constant", "cosine", "step"};
    schedule->drop_count = 0;
    for (int i = 0; i < (int)(sizeof names / sizeof *names); ++i) {
        schedule->kind = (lvk_schedule_kind)i;
        if (strcmp(text, names[i]) == 0)
            return LVK_OK;
    }
    if (strncmp(text, "step:", 5) != 0)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--schedule %s: must be cosine, step, step:EPOCH,... or constant",
                        text);
    return parse_drops(text, text + 5, schedule);
}

/* The number of drops of the learning rate before the step after the first `done` of `steps` steps. */
static int drops_before(const lvk_schedule *schedule, uint64_t done, uint32_t epoch_steps, uint64_t steps) {
    int count = 0;
    if (schedule->drop_count == 0)
        return (2 * done >= steps) + (4 * done >= 3 * steps);
    for (uint32_t i = 0; i < schedule->drop_count; ++i)
        count += done >= (uint64_t)schedule->drops[i] * epoch_steps;
    return count;
}

double lvk_schedule_rate(const lvk_schedule *schedule, uint64_t step, uint32_t epoch_steps, uint32_t epochs) {
    static const double pi = 3.14159265358979323846;
    const uint64_t steps = (uint64_t)epoch_steps * epochs;
    const uint64_t warmup = (uint64_t)(schedule->warmup * epoch_steps + 0.5);
    const uint64_t done = (step < steps ? step : steps) - 1;
    if (done < warmup)
        return schedule->learning_rate * (double)(done + 1) / (double)warmup;
    switch (schedule->kind) {
    case LVK_SCHEDULE_COSINE:
        return schedule->learning_rate * 0.5 *
               (1 + cos(pi * (double)(done - warmup) / (double)(steps - warmup)));
    case LVK_SCHEDULE_STEP:
        return schedule->learning_rate * pow(10, -drops_before(schedule, done, epoch_steps, steps));
    case LVK_SCHEDULE_CONSTANT:
        break;
    }
    return schedule->learning_rate;
}
