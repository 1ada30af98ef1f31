#include "train/divergence.h"

#include "core/log.h"
#include "runtime/trace.h"

#include <stdio.h>
#include <string.h>

/* Goes back to the last checkpoint. */
static lvk_status go_back(lvk_trainer *t) {
    lvk_train_state state = {.seed = t->state.seed};
    memcpy(state.optimizer, t->state.optimizer, sizeof state.optimizer);
    memcpy(state.config_digest, t->state.config_digest, sizeof state.config_digest);
    lvk_train_state_finish(&t->state);
    t->state = state;
    t->network->profiler = NULL;
    return lvk_train_state_load(&t->state, t->network, lvk_run_folder_file(t->folder, LVK_RUN_LAST));
}

/* Trains until a step makes a number that is not finite, and goes back to before this step. *found is false if no step
 * of the epoch does. */
static lvk_status find_step(lvk_trainer *t, lvk_batch_source *batches, lvk_network_values *values,
                            bool *found) {
    bool finite;
    *found = false;
    LVK_TRY(lvk_network_values_read(t->network, values, &finite));
    while (t->state.step < t->event.steps) {
        const lvk_train_state before = t->state;
        lvk_network_values after = {0};
        lvk_status status = lvk_trainer_step(t, batches);
        finite = status != LVK_ERROR_NUMERIC;
        if (status == LVK_OK)
            status = lvk_network_values_read(t->network, &after, &finite);
        *found = !finite;
        if (*found) {
            lvk_network_values_finish(&after);
            t->state = before;
            return lvk_network_values_write(t->network, values);
        }
        lvk_network_values_finish(values);
        *values = after;
        LVK_TRY(status);
    }
    return LVK_OK;
}

/* Sets `text` to what the next step does wrong, by a run of its operators one by one. */
static lvk_status trace_step(lvk_trainer *t, char text[LVK_TRACE_TEXT]) {
    lvk_batch_source *batches = NULL;
    LVK_TRY(lvk_trainer_open_batches(t, &batches));
    t->trace = text;
    const lvk_status status = lvk_trainer_step(t, batches);
    t->trace = NULL;
    lvk_batch_source_destroy(&batches);
    return status;
}

static lvk_status find(lvk_trainer *t, uint32_t *step, char text[LVK_TRACE_TEXT]) {
    lvk_batch_source *batches = NULL;
    lvk_network_values values = {0};
    bool found = false;
    LVK_TRY(go_back(t));
    lvk_status status = lvk_trainer_open_batches(t, &batches);
    if (status == LVK_OK)
        status = find_step(t, batches, &values, &found);
    lvk_batch_source_destroy(&batches);
    lvk_network_values_finish(&values);
    *step = found ? t->state.step + 1 : t->state.step;
    if (status == LVK_OK)
        status = found ? trace_step(t, text) : lvk_network_trace_infer(t->network, text);
    return status;
}

lvk_status lvk_divergence_explain(lvk_trainer *t, lvk_status status) {
    const lvk_ranks ranks = t->ranks;
    char line[512], text[LVK_TRACE_TEXT] = "";
    uint32_t step = 0;
    if (ranks.rank > 0 || !lvk_run_folder_has(t->folder, LVK_RUN_LAST))
        return status;
    snprintf(line, sizeof line, "%s", lvk_error_message());
    lvk_log(LVK_LOG_INFO,
            "the training diverged; the steps since the last checkpoint are computed again, to learn "
            "which operator made the first number that is not finite");
    t->ranks = (lvk_ranks){.size = 1}; /* trains with the microbatches of all, to the same bits */
    const lvk_status search = find(t, &step, text);
    t->ranks = ranks;
    if (search != LVK_OK)
        lvk_log(LVK_LOG_WARNING, "which operator made the training diverge is not known: %s",
                lvk_error_message());
    return *text ? lvk_fail(status, "%s; in step %u, %s", line, step, text) : lvk_fail(status, "%s", line);
}
