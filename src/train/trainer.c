#include "train/trainer.h"

#include "core/log.h"
#include "core/resource.h"
#include "runtime/trace.h"
#include "train/divergence.h"
#include "train/rank_consistency.h"
#include "train/timing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char metrics_header[] =
    "epoch,train_loss,train_accuracy,val_loss,val_accuracy,val_auc,val_f1_weighted,val_f1_macro,val_balanced_accuracy,"
    "val_sensitivity,val_specificity,learning_rate";
static const char metrics_header_classes[] =
    "epoch,train_loss,train_accuracy,val_loss,val_accuracy,val_auc,val_f1_weighted,val_f1_macro,val_balanced_accuracy,"
    "learning_rate";

/* Sets the weights of the classes in the loss: 1, or, with --balance weight, n / (classes n_c), so that all
 * classes have the same total weight. n is the number of images, n_c that of a class. */
static lvk_status weigh_classes(lvk_trainer *t, const uint32_t *images, size_t count) {
    const size_t classes = lvk_dataset_class_count(t->dataset);
    size_t counts[LVK_MOST_CLASSES] = {0};
    for (size_t i = 0; i < count; ++i)
        ++counts[lvk_evaluation_target(t->dataset, images[i])];
    for (size_t c = 0; c < classes; ++c) {
        if (counts[c] == 0)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: there is no image of one of the %zu classes to train on",
                            lvk_dataset_source(t->dataset), classes);
        t->class_weight[c] = t->settings.balance == LVK_BALANCE_WEIGHT
                                 ? (float)((double)count / ((double)classes * (double)counts[c]))
                                 : 1.0F;
    }
    return LVK_OK;
}

static bool is_first(const lvk_trainer *t) {
    return t->ranks.rank == 0;
}

static bool has_validation(const lvk_trainer *t) {
    size_t count;
    (void)lvk_split_images(t->split, LVK_SPLIT_VALIDATION, &count);
    return count > 0;
}

/* The number of images in a step: those of all microbatches. */
static size_t step_images(const lvk_trainer *t) {
    return (size_t)t->settings.options.batch * t->settings.options.accumulate;
}

lvk_status lvk_trainer_init(lvk_trainer *t) {
    size_t count;
    const uint32_t *images = lvk_split_images(t->split, LVK_SPLIT_TRAIN, &count);
    const uint32_t batch = t->settings.options.batch;
    if (!t->settings.keep_last && !has_validation(t))
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "there are no validation images, by which the best epoch could be chosen; --keep last and "
            "--patience 0 train all epochs and keep the last");
    LVK_TRY(weigh_classes(t, images, count));
    LVK_TRY(lvk_epoch_order_init(&t->order, t->dataset, images, count,
                                 t->settings.balance == LVK_BALANCE_OVERSAMPLE));
    t->labels = lvk_alloc(batch, 2 * sizeof *t->labels);
    t->keys = lvk_alloc(batch, 4 * sizeof *t->keys);
    t->logits = lvk_alloc(batch, lvk_network_outputs(t->network) * sizeof *t->logits);
    t->round = lvk_alloc(t->ranks.size, sizeof *t->round);
    if (!t->labels || !t->keys || !t->logits || !t->round)
        return LVK_ERROR_MEMORY;
    for (int i = 0; i < 2 && t->ranks.size > 1; ++i) {
        t->gradients[i] = lvk_alloc(t->network->block_size, 1);
        if (!t->gradients[i])
            return LVK_ERROR_MEMORY;
    }
    t->event.run = lvk_run_folder_path(t->folder);
    t->event.epochs = t->settings.options.epochs;
    t->event.steps = (uint32_t)lvk_divide_up(t->order.count, step_images(t));
    if (t->state.step > t->event.steps)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: step %u of an epoch of %u steps",
                        lvk_run_folder_file(t->folder, LVK_RUN_LAST), t->state.step, t->event.steps);
    t->last_saved = lvk_clock_seconds();
    t->profile_wanted = t->settings.options.profile && is_first(t);
    return LVK_OK;
}

void lvk_trainer_finish(lvk_trainer *t) {
    lvk_epoch_order_finish(&t->order);
    lvk_free(t->labels);
    lvk_free(t->keys);
    lvk_free(t->logits);
    lvk_free(t->filled);
    lvk_free(t->round);
    lvk_free(t->gradients[0]);
    lvk_free(t->gradients[1]);
    lvk_free(t->filled_rows);
    t->labels = NULL;
    t->keys = NULL;
    t->logits = NULL;
    t->filled = NULL;
    t->filled_rows = NULL;
    t->round = NULL;
    t->gradients[0] = t->gradients[1] = NULL;
    lvk_profile_destroy(&t->profiler.profile); /* that of a step which failed */
}

static lvk_status save(lvk_trainer *t, lvk_run_file file) {
    return lvk_train_state_save(&t->state, &t->info, t->network, lvk_run_folder_file(t->folder, file));
}

lvk_status lvk_trainer_save(lvk_trainer *t) {
    if (!is_first(t))
        return LVK_OK;
    LVK_TRY(save(t, LVK_RUN_LAST));
    t->last_saved = lvk_clock_seconds();
    return LVK_OK;
}

/* Fills targets, weights and keys of dropout. Since the loss is a mean over the batch's images, the weight of
 * a row is class weight / images; rows that only fill up the batch have weight 0. */
static void fill_rows(lvk_trainer *t, const lvk_batch *batch) {
    const uint64_t seed = t->settings.options.seed;
    const uint32_t rows = t->settings.options.batch;
    memset(t->labels, 0, 2 * sizeof *t->labels * rows);
    memset(t->keys, 0, 4 * sizeof *t->keys * rows);
    for (uint32_t i = 0; i < batch->count; ++i) {
        const int target = lvk_evaluation_target(t->dataset, batch->indices[i]);
        t->labels[2 * i] = (float)target;
        t->labels[2 * i + 1] = t->class_weight[target] / (float)batch->count;
        t->keys[4 * i] = (uint32_t)seed;
        t->keys[4 * i + 1] = (uint32_t)(seed >> 32);
        t->keys[4 * i + 2] = t->state.epoch;
        t->keys[4 * i + 3] = batch->samples[i];
    }
}

/* Tells the callback of this rank, and returns its answer. */
static bool tell(lvk_trainer *t, lvk_train_event_kind kind) {
    t->event.kind = kind;
    return !t->callback || t->callback(t->user, &t->event);
}

static void fill_event(lvk_trainer *t) {
    lvk_train_state *p = &t->state;
    const double seconds = lvk_clock_seconds() - t->epoch_started;
    const uint32_t steps = p->step - t->first_step;
    const double images = (double)(p->images - t->first_image);
    t->event.epoch = p->epoch + 1;
    t->event.step = p->step;
    t->event.images = (uint32_t)p->images;
    t->event.loss = p->loss_sum / (double)p->images;
    t->event.accuracy = (double)p->correct / (double)p->images;
    t->event.images_per_second = seconds > 0 ? images / seconds : 0;
    t->event.seconds_left = steps ? seconds / steps * (t->event.steps - p->step) : 0;
    t->event.waited = seconds > 0 ? t->waited / seconds : 0;
}

/* If a failure is LVK_ERROR_NUMERIC, replaces the error line, which says where a number that is not finite
 * was noticed (in the loss, a score or a checkpoint), by one that says that the training diverged, and
 * when. */
static lvk_status explain_divergence(const lvk_trainer *t, lvk_status status, uint32_t epoch, uint32_t step,
                                     const char *sign) {
    if (status != LVK_ERROR_NUMERIC)
        return status;
    return lvk_fail(status,
                    "the loss diverged at epoch %u, step %u, with --learning-rate %g: %s; try a lower one",
                    epoch, step, t->settings.options.learning_rate, sign);
}

/* Saves the state after the step of the last event. */
static lvk_status save_step(lvk_trainer *t) {
    return explain_divergence(t, lvk_trainer_save(t), t->event.epoch, t->event.step,
                              "weights are no longer finite numbers");
}

/* The learning rate of optimizer step `update`, from 1. */
static double learning_rate(const lvk_trainer *t, uint64_t update) {
    return lvk_schedule_rate(&t->settings.schedule, update, t->event.steps, t->event.epochs);
}

/* Fills up a partial batch. Where batch norms use the batch's statistics, zeros would change these; therefore
 * the batch's own images are repeated, with weight 0 in the loss. */
static lvk_status fill_batch(lvk_trainer *t, const lvk_batch *batch, lvk_train_batch *filled) {
    const lvk_network_config *config = &t->network->config;
    filled->input = batch->input;
    filled->rows = batch->rows;
    if (!config->model.batch_statistics || batch->count == config->batch)
        return LVK_OK;
    const lvk_pass *pass = &t->network->training;
    const uint64_t size = lvk_type_size(&pass->graph.tensors[pass->input].type), row = size / config->batch;
    if (!t->filled)
        t->filled = lvk_alloc(size, 1);
    if (!t->filled_rows)
        t->filled_rows = lvk_alloc(config->batch, sizeof *t->filled_rows);
    if (!t->filled || !t->filled_rows)
        return LVK_ERROR_MEMORY;
    for (uint32_t i = 0; i < config->batch; ++i) {
        memcpy(t->filled + i * row, (const char *)batch->input + (i % batch->count) * row, row);
        if (batch->rows)
            t->filled_rows[i] = batch->rows[i % batch->count];
    }
    filled->input = t->filled;
    filled->rows = t->filled_rows;
    return LVK_OK;
}

/* Fills the optimizer's scalars of the next step, for each parameter group. */
static void fill_hyper(const lvk_trainer *t, lvk_real hyper[LVK_MAX_PARAM_GROUPS][LVK_HYPER_COUNT]) {
    const lvk_param_groups *scales = &t->settings.rates;
    const uint64_t update = t->state.update + 1;
    for (int g = 0; g <= scales->count; ++g)
        lvk_optimizer_hyper(&t->settings.optimizer, update,
                            learning_rate(t, update) * lvk_param_groups_scale(scales, g), hyper[g]);
}

/* The predicted class of an image of the batch: that of the largest logit, the first among equal ones. */
static uint32_t predicted_class(const lvk_trainer *t, uint32_t image) {
    const uint32_t outputs = lvk_network_outputs(t->network);
    const float *logits = t->logits + (size_t)image * outputs;
    uint32_t best = 0;
    if (outputs == 1)
        return *logits > 0;
    for (uint32_t c = 1; c < outputs; ++c)
        best = logits[c] > logits[best] ? c : best;
    return best;
}

/* Trains with the source's next batch, microbatch number `microbatch` of the `microbatches` of a step. */
static lvk_status train_microbatch(lvk_trainer *t, lvk_batch_source *batches, uint32_t microbatch,
                                   uint32_t microbatches, lvk_microbatch *result) {
    const lvk_train_state *p = &t->state;
    lvk_real hyper[LVK_MAX_PARAM_GROUPS][LVK_HYPER_COUNT];
    lvk_train_batch input = {.labels = t->labels,
                             .keys = t->keys,
                             .hyper = hyper[0],
                             .microbatch = microbatch,
                             .microbatches = microbatches};
    lvk_batch batch;
    lvk_profiler_mark(t->network->profiler, LVK_PHASE_WAIT);
    LVK_TRY(lvk_batch_source_next(batches, &batch));
    lvk_profiler_mark(t->network->profiler, LVK_PHASE_PREPARE);
    *result = (lvk_microbatch){.images = batch.count};
    fill_rows(t, &batch);
    LVK_TRY(fill_batch(t, &batch, &input));
    fill_hyper(t, hyper);
    if (t->trace)
        return *t->trace ? LVK_OK : lvk_network_trace_train(t->network, &input, t->trace);
    const lvk_status status = lvk_network_train(t->network, &input, &result->loss, t->logits);
    if (status != LVK_OK && status != LVK_ERROR_NUMERIC)
        return lvk_fail_within(status, "epoch %u, step %u", p->epoch + 1, p->step + 1);
    LVK_TRY(explain_divergence(t, status, p->epoch + 1, p->step + 1, "it is no longer a finite number"));
    for (uint32_t i = 0; i < batch.count; ++i)
        result->correct += predicted_class(t, i) == (uint32_t)t->labels[2 * i];
    return LVK_OK;
}

static void count_microbatch(lvk_train_state *p, const lvk_microbatch *microbatch) {
    p->loss_sum += (double)microbatch->loss * microbatch->images;
    p->correct += microbatch->correct;
    p->images += microbatch->images;
}

static lvk_status train_alone(lvk_trainer *t, lvk_batch_source *batches, uint32_t microbatches) {
    for (uint32_t microbatch = 0; microbatch < microbatches; ++microbatch) {
        lvk_microbatch result;
        LVK_TRY(train_microbatch(t, batches, microbatch, microbatches, &result));
        count_microbatch(&t->state, &result);
    }
    return LVK_OK;
}

/* Trains a step together with other ranks, if there are any: in each round every rank trains with one microbatch, then all
 * ranks accumulate the gradients of all. */
static lvk_status train_together(lvk_trainer *t, lvk_batch_source *batches, uint32_t microbatches) {
    lvk_real hyper[LVK_MAX_PARAM_GROUPS][LVK_HYPER_COUNT];
    lvk_status status = LVK_OK;
    for (uint32_t first = 0; first < microbatches; first += t->ranks.size) {
        const uint32_t microbatch = first + t->ranks.rank;
        lvk_microbatch own = {0};
        if (status == LVK_OK && microbatch < microbatches)
            status = train_microbatch(t, batches, microbatch, microbatches, &own);
        LVK_TRY(lvk_ranks_agree(&t->ranks, status));
        status = lvk_data_parallel_accumulate(&t->ranks, t->network, first, microbatches, own, t->round,
                                              t->gradients);
        for (uint32_t i = 0; i < t->ranks.size && first + i < microbatches; ++i)
            count_microbatch(&t->state, &t->round[i]);
    }
    LVK_TRY(status);
    fill_hyper(t, hyper);
    if (t->trace)
        return *t->trace ? LVK_OK : lvk_network_trace_update(t->network, hyper[0], t->trace);
    return lvk_network_update(t->network, hyper[0]);
}

lvk_status lvk_trainer_step(lvk_trainer *t, lvk_batch_source *batches) {
    lvk_train_state *p = &t->state;
    const size_t left = t->order.count - (size_t)p->step * step_images(t);
    const uint64_t available = lvk_divide_up(left, t->settings.options.batch);
    const uint32_t most = t->settings.options.accumulate;
    const uint32_t microbatches = available < most ? (uint32_t)available : most;
    LVK_TRY(t->network->config.shared ? train_together(t, batches, microbatches)
                                      : train_alone(t, batches, microbatches));
    ++p->step;
    ++p->update;
    return LVK_OK;
}

/* Chooses the step to profile: the third step of the first epoch that has steps left, when kernels are
 * compiled and the loader has made batches ahead. */
static void choose_profiled_step(lvk_trainer *t) {
    const uint32_t third = t->state.step + 2, last = t->event.steps - 1;
    t->profiled_step = !t->profile_wanted ? UINT32_MAX : third < last ? third : last;
    t->profile_wanted = false;
}

static lvk_status finish_profile(lvk_trainer *t) {
    lvk_profile *profile = lvk_profiler_take(&t->profiler);
    t->network->profiler = NULL;
    const lvk_status status =
        lvk_profile_write_trace(profile, lvk_run_folder_file(t->folder, LVK_RUN_PROFILE));
    t->event.profile = profile;
    if (status == LVK_OK)
        (void)tell(t, LVK_TRAIN_PROFILE); /* the answer to the event STEP, which follows, counts */
    t->event.profile = NULL;
    lvk_profile_destroy(&profile);
    return status;
}

static lvk_status stop_within_epoch(lvk_trainer *t) {
    LVK_TRY(lvk_ranks_agree(&t->ranks, save_step(t)));
    return lvk_fail(LVK_ERROR_CANCELLED, "stopped in epoch %u after step %u of %u; go on with --resume %s",
                    t->state.epoch + 1, t->state.step, t->event.steps, lvk_run_folder_path(t->folder));
}

static lvk_status train_steps(lvk_trainer *t, lvk_batch_source *batches) {
    while (t->state.step < t->event.steps) {
        const bool profiled = t->state.step == t->profiled_step;
        t->network->profiler = profiled ? &t->profiler : NULL;
        lvk_status status = lvk_trainer_step(t, batches);
        t->waited = lvk_batch_source_wait_seconds(batches);
        if (status == LVK_OK)
            fill_event(t);
        if (status == LVK_OK && profiled)
            status = finish_profile(t);
        LVK_TRY(lvk_ranks_agree(&t->ranks, status));
        if (lvk_ranks_any(&t->ranks, !tell(t, LVK_TRAIN_STEP)))
            return stop_within_epoch(t);
        const bool due = lvk_clock_seconds() - t->last_saved > t->settings.options.checkpoint_seconds;
        LVK_TRY(lvk_ranks_agree(&t->ranks, due ? save_step(t) : LVK_OK));
    }
    return LVK_OK;
}

lvk_status lvk_trainer_open_batches(lvk_trainer *t, lvk_batch_source **batches) {
    const lvk_train_options *o = &t->settings.options;
    lvk_epoch_order *order = &t->order;
    lvk_epoch_order_draw(order, o->seed, t->state.epoch);
    const size_t done = (size_t)t->state.step * step_images(t);
    const size_t own =
        lvk_data_parallel_assign(&t->ranks, order->images, done, order->count, o->batch, o->accumulate);
    (void)lvk_data_parallel_assign(&t->ranks, order->samples, done, order->count, o->batch, o->accumulate);
    const lvk_loader_options options = {.batch = o->batch,
                                        .augment = o->augment,
                                        .samples = order->samples,
                                        .strength = t->settings.augment,
                                        .side = t->network->config.crop_side,
                                        .seed = o->seed,
                                        .epoch = t->state.epoch,
                                        .memory = t->network->backend->host_memory};
    return lvk_batch_source_create(&t->source, order->images, own, &options, batches);
}

static lvk_status train_epoch(lvk_trainer *t) {
    t->epoch_started = lvk_clock_seconds();
    t->waited = 0;
    t->first_step = t->state.step;
    t->first_image = t->state.images;
    const size_t done = (size_t)t->state.step * step_images(t);
    if (done >= t->order.count) { /* the run was stopped between the last step and the validation */
        fill_event(t);
        return LVK_OK;
    }
    choose_profiled_step(t);
    lvk_batch_source *batches = NULL;
    lvk_status status = lvk_ranks_agree(&t->ranks, lvk_trainer_open_batches(t, &batches));
    if (status == LVK_OK)
        status = train_steps(t, batches);
    lvk_batch_source_destroy(&batches);
    return status;
}

static bool tell_validation(void *user, size_t done, size_t total) {
    (void)done;
    (void)total;
    return tell(user, LVK_TRAIN_VALIDATION);
}

/* Evaluates the validation part, which has images. The numbers of the first rank count, since another rank's
 * mathematical library may differ in the last digit. */
static lvk_status validate(lvk_trainer *t, lvk_metrics *metrics) {
    size_t count;
    const uint32_t *images = lvk_split_images(t->split, LVK_SPLIT_VALIDATION, &count);
    double *probabilities = lvk_alloc(count * lvk_network_outputs(t->network), sizeof *probabilities);
    lvk_status status = lvk_ranks_agree(&t->ranks, probabilities ? LVK_OK : LVK_ERROR_MEMORY);
    if (status == LVK_OK)
        status = lvk_data_parallel_probabilities(&t->ranks, t->network, &t->source, images, count,
                                                 tell_validation, t, probabilities);
    if (status == LVK_OK)
        status = lvk_ranks_agree(&t->ranks,
                                 lvk_evaluation_measure(t->dataset, images, probabilities, count, metrics));
    if (status == LVK_OK)
        lvk_ranks_broadcast(&t->ranks, 0, metrics, sizeof *metrics);
    lvk_free(probabilities);
    return status;
}

/* Adds the fields of metrics.csv that are of the validation part, which are empty without one. */
static void add_validation(lvk_text *text, const lvk_metrics *m, bool two) {
    if (!m) {
        lvk_text_add(text, "%s", two ? ",,,,,,,,," : ",,,,,,,");
        return;
    }
    lvk_text_add(text, ",%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,", m->loss, m->accuracy, m->auc, m->f1_weighted,
                 m->f1_macro, m->balanced_accuracy);
    if (two)
        lvk_text_add(text, "%.9g,%.9g,", m->recall, m->specificity);
}

/* Appends a row to the history in the train state. metrics.csv is written from this history, so that it never
 * differs from the checkpoint. validation NULL: no image validates. */
static lvk_status append_history(lvk_trainer *t, const lvk_metrics *validation) {
    lvk_train_state *p = &t->state;
    const bool first = !p->history || !*p->history, two = t->info.class_count == 0;
    lvk_text text = {0};
    if (first)
        lvk_text_add(&text, "%s\n", two ? metrics_header : metrics_header_classes);
    else
        lvk_text_add(&text, "%s", p->history);
    lvk_text_add(&text, "%u,%.9g,%.9g", p->epoch + 1, p->loss_sum / (double)p->images,
                 (double)p->correct / (double)p->images);
    add_validation(&text, validation, two);
    lvk_text_add(&text, "%.9g\n", learning_rate(t, p->update));
    char *history;
    LVK_TRY(lvk_text_take(&text, &history, NULL));
    lvk_free(p->history);
    p->history = history;
    return LVK_OK;
}

static lvk_status append_timing(lvk_trainer *t, double seconds) {
    return lvk_timing_append(t->folder, &(lvk_timing){.epoch = t->state.epoch,
                                                      .seconds = seconds,
                                                      .images_per_second = t->event.images_per_second,
                                                      .waited = t->waited,
                                                      .peak = t->network->backend->bytes_peak});
}

/* Saves the model that is kept first (with its checkpoint, unless that is the last one anyway), then the last
 * checkpoint, then the files for people. If the process is killed in between, work is repeated, but nothing is
 * lost. */
static lvk_status save_epoch(lvk_trainer *t, bool kept, double seconds) {
    if (kept) {
        if (!t->settings.keep_last)
            LVK_TRY(save(t, LVK_RUN_BEST));
        LVK_TRY(lvk_network_save_model(t->network, &t->info, t->settings.on_features ? t->backbone : NULL,
                                       lvk_run_folder_file(t->folder, LVK_RUN_MODEL)));
    }
    LVK_TRY(lvk_trainer_save(t));
    LVK_TRY(lvk_run_folder_write(t->folder, LVK_RUN_METRICS, t->state.history));
    LVK_TRY(append_timing(t, seconds));
    return lvk_tensorboard_add_epochs(t);
}

/* Moves the train state to the next epoch, and saves. validation NULL: no image validates. */
static lvk_status finish_epoch(lvk_trainer *t, const lvk_metrics *validation) {
    lvk_train_state *p = &t->state;
    const double seconds = lvk_clock_seconds() - t->epoch_started;
    LVK_TRY(append_history(t, validation));
    ++p->epoch;
    p->step = 0;
    p->loss_sum = 0;
    p->correct = p->images = 0;
    const bool kept = t->settings.keep_last || p->best_epoch == 0 || validation->loss < p->best_loss;
    t->event.best = kept && !t->settings.keep_last;
    p->waited = kept ? 0 : p->waited + 1;
    if (kept) {
        p->best_epoch = p->epoch;
        p->best_loss = validation ? validation->loss : 0;
    }
    return is_first(t) ? explain_divergence(t, save_epoch(t, kept, seconds), t->event.epoch, t->event.step,
                                            "weights are no longer finite numbers")
                       : LVK_OK;
}

bool lvk_trainer_is_out_of_patience(const lvk_trainer *t) {
    const uint32_t patience = t->settings.options.patience;
    return patience && t->state.waited >= patience;
}

static lvk_status run_epochs(lvk_trainer *t, bool *stopped_early) {
    while (t->state.epoch < t->settings.options.epochs) {
        if (lvk_trainer_is_out_of_patience(t)) {
            *stopped_early = true;
            break;
        }
        LVK_TRY(train_epoch(t));
        LVK_TRY(lvk_rank_consistency_check_parameters(t));
        lvk_metrics metrics;
        const lvk_metrics *validation = has_validation(t) ? &metrics : NULL;
        lvk_status status = validation ? validate(t, &metrics) : LVK_OK;
        if (status == LVK_ERROR_CANCELLED)
            status = stop_within_epoch(t);
        LVK_TRY(explain_divergence(t, status, t->event.epoch, t->event.step,
                                   "the network's outputs are no longer finite numbers"));
        LVK_TRY(lvk_ranks_agree(&t->ranks, finish_epoch(t, validation)));
        t->event.validation = validation;
        const bool go_on = !lvk_ranks_any(&t->ranks, !tell(t, LVK_TRAIN_EPOCH));
        t->event.validation = NULL;
        if (!go_on)
            return lvk_fail(LVK_ERROR_CANCELLED, "stopped after epoch %u; go on with --resume %s",
                            t->state.epoch, lvk_run_folder_path(t->folder));
    }
    return LVK_OK;
}

lvk_status lvk_trainer_run(lvk_trainer *t, bool *stopped_early) {
    *stopped_early = false;
    const lvk_status status = run_epochs(t, stopped_early);
    return status == LVK_ERROR_NUMERIC ? lvk_divergence_explain(t, status) : status;
}
