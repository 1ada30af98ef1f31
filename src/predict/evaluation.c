#include "predict/evaluation.h"

#include "core/memory.h"
#include "image/resample.h"
#include "leukvk/class_metrics.h"
#include "metrics/temperature.h"
#include "runtime/trace.h"

#include <math.h>
#include <string.h>

int lvk_evaluation_target(const lvk_dataset *dataset, uint32_t image) {
    const int32_t label = lvk_dataset_image(dataset, image)->label;
    if (label < 0 || lvk_dataset_class_count(dataset) > 2)
        return label;
    return label == lvk_dataset_positive_class(dataset);
}

void lvk_evaluation_of_logits(const float *logits, uint32_t width, double temperature, double *p) {
    for (uint32_t k = 0; k < width; ++k)
        p[k] = (double)logits[k];
    if (width == 1)
        p[0] = lvk_sigmoid(p[0] / temperature);
    else
        lvk_softmax(p, width, temperature);
}

void lvk_evaluation_temper_mean(double *p, uint32_t width, double temperature) {
    if (temperature == 1)
        return;
    if (width == 1)
        *p = lvk_temperature_apply(*p, temperature);
    else
        lvk_temperature_apply_classes(p, width, temperature);
    for (uint32_t k = 0; k < width; ++k)
        p[k] = lvk_prediction_round(p[k]);
}

typedef struct evaluation {
    const lvk_evaluation_member *members;
    uint32_t member_count;
    bool standardized; /* the source's rows are standardized for the only member */
    const lvk_dataset *dataset;
    uint32_t output; /* side in pixels of what crops are resampled to */
    lvk_evaluation_progress progress;
    void *user;
    size_t done, total; /* images times views */
    uint32_t view, views;
    uint32_t outputs;      /* of a network for an image */
    float *logits;         /* [batch][outputs] */
    double *of_view;       /* [outputs] of one image */
    lvk_resampling *rows;  /* [batch], of one member */
    float *features;       /* [batch][features of a member], of the member with the most */
    double *probabilities; /* [members][images][outputs] */
} evaluation;

/* Adds the probabilities of one view of an image to `probabilities`, [outputs]. */
static void add_probabilities(const evaluation *j, double temperature, const float *logits,
                              double *probabilities) {
    lvk_evaluation_of_logits(logits, j->outputs, temperature, j->of_view);
    for (uint32_t c = 0; c < j->outputs; ++c)
        probabilities[c] += j->of_view[c] / j->views;
}

static bool are_finite(const float *logits, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i)
        if (!isfinite(logits[i]))
            return false;
    return true;
}

/* The batch's rows as the loader would have made them for the member. */
static const lvk_resampling *standardize(const evaluation *j, const lvk_evaluation_member *member,
                                         const lvk_batch *batch) {
    const lvk_augment view = lvk_augment_view(j->view);
    if (j->standardized || !batch->rows)
        return batch->rows;
    for (uint32_t i = 0; i < batch->count; ++i)
        j->rows[i] = lvk_resampling_make(&view, (uint32_t)batch->rows[i].side, j->output, &member->standard);
    for (uint32_t i = batch->count; i < member->network->config.batch; ++i)
        j->rows[i] = batch->rows[i];
    return j->rows;
}

/* Hands on the features of a batch, whose first image is number `first`. */
static lvk_status give_features(const evaluation *j, const lvk_evaluation_member *member,
                                const lvk_batch *batch, size_t first) {
    const uint32_t count = lvk_network_feature_count(member->network);
    if (!member->sink || count == 0)
        return LVK_OK;
    LVK_TRY(lvk_network_features(member->network, j->features));
    for (uint32_t i = 0; i < batch->count; ++i) {
        const float *features = j->features + (size_t)i * count;
        if (!are_finite(features, count))
            return lvk_fail(LVK_ERROR_NUMERIC, "%s: a feature is not a finite number",
                            lvk_dataset_image(j->dataset, batch->indices[i])->path);
        member->sink->take(member->sink->user, first + i, features);
    }
    return LVK_OK;
}

/* Fails with a line that names the operator which made the first number that is not finite. */
static lvk_status explain_output(lvk_network *network, const char *path) {
    char text[LVK_TRACE_TEXT];
    LVK_TRY(lvk_network_trace_infer(network, text));
    return lvk_fail(LVK_ERROR_NUMERIC, "%s: the network's output is not a finite number%s%s", path,
                    *text ? ": " : "", text);
}

/* Adds the probabilities of a batch to `probabilities`, those of the batch's first image, number `first`, on. */
static lvk_status evaluate_batch(const evaluation *j, const lvk_evaluation_member *member,
                                 const lvk_batch *batch, size_t first, double *probabilities) {
    LVK_TRY(lvk_network_infer(member->network, batch->input, standardize(j, member, batch), j->logits));
    LVK_TRY(give_features(j, member, batch, first));
    for (uint32_t i = 0; i < batch->count; ++i) {
        const float *logits = j->logits + (size_t)i * j->outputs;
        if (!are_finite(logits, j->outputs))
            return explain_output(member->network, lvk_dataset_image(j->dataset, batch->indices[i])->path);
        add_probabilities(j, member->temperature, logits, probabilities + (size_t)i * j->outputs);
    }
    return LVK_OK;
}

/* Adds the probabilities of one view of all images. */
static lvk_status evaluate_view(evaluation *j, lvk_batch_source *batches, size_t count) {
    size_t done = 0;
    while (done < count) {
        lvk_batch batch;
        LVK_TRY(lvk_batch_source_next(batches, &batch));
        for (uint32_t m = 0; m < j->member_count; ++m)
            LVK_TRY(evaluate_batch(j, &j->members[m], &batch, done,
                                   j->probabilities + (m * count + done) * j->outputs));
        done += batch.count;
        j->done += batch.count;
        if (j->progress && !j->progress(j->user, j->done / j->views, j->total / j->views))
            return lvk_fail(LVK_ERROR_CANCELLED, "stopped after %zu of %zu images", j->done / j->views,
                            j->total / j->views);
    }
    return LVK_OK;
}

static lvk_status evaluate_views(evaluation *j, const lvk_source *source, const uint32_t *images,
                                 size_t count) {
    const lvk_network *network = j->members[0].network;
    lvk_status status = LVK_OK;
    for (j->view = 0; j->view < j->views && status == LVK_OK; ++j->view) {
        const lvk_loader_options options = {.batch = network->config.batch,
                                            .view = j->view,
                                            .side = network->config.crop_side,
                                            .memory = network->backend->host_memory};
        lvk_batch_source *batches = NULL;
        status = lvk_batch_source_create(source, images, count, &options, &batches);
        if (status == LVK_OK)
            status = evaluate_view(j, batches, count);
        lvk_batch_source_destroy(&batches);
    }
    return status;
}

/* The floats of the features of a batch that are handed on, of the member with the most. */
static size_t most_features(const evaluation *j) {
    size_t most = 0;
    for (uint32_t m = 0; m < j->member_count; ++m) {
        const size_t own = j->members[m].sink ? lvk_network_feature_count(j->members[m].network) : 0;
        most = own > most ? own : most;
    }
    return most;
}

static lvk_status evaluate(evaluation *j, const lvk_source *source, const uint32_t *images, size_t count) {
    const lvk_network *network = j->members[0].network;
    const size_t features = most_features(j);
    j->dataset = lvk_cache_dataset(source->cache);
    j->output = lvk_cache_output(source->cache);
    j->total = count * j->views;
    j->outputs = lvk_network_outputs(network);
    j->logits = lvk_alloc(network->config.batch, j->outputs * sizeof *j->logits);
    j->of_view = lvk_alloc(j->outputs, sizeof *j->of_view);
    j->rows = lvk_alloc(network->config.batch, sizeof *j->rows);
    j->features = features ? lvk_alloc(network->config.batch, features * sizeof *j->features) : NULL;
    const bool allocated = j->logits && j->of_view && j->rows && (j->features || !features);
    const lvk_status status = allocated ? evaluate_views(j, source, images, count) : LVK_ERROR_MEMORY;
    lvk_free(j->logits);
    lvk_free(j->of_view);
    lvk_free(j->rows);
    lvk_free(j->features);
    return status;
}

lvk_status lvk_evaluation_probabilities(lvk_network *network, const lvk_source *source,
                                        const uint32_t *images, size_t count, uint32_t views,
                                        double temperature, lvk_evaluation_progress progress, void *user,
                                        const lvk_feature_sink *sink, double *probabilities) {
    const lvk_evaluation_member only = {.network = network, .temperature = temperature, .sink = sink};
    evaluation j = {.members = &only,
                    .member_count = 1,
                    .standardized = true,
                    .progress = progress,
                    .user = user,
                    .views = views,
                    .probabilities = probabilities};
    const size_t numbers = count * lvk_network_outputs(network);
    for (size_t i = 0; i < numbers; ++i)
        probabilities[i] = 0;
    LVK_TRY(evaluate(&j, source, images, count));
    for (size_t i = 0; i < numbers; ++i)
        probabilities[i] = lvk_prediction_round(probabilities[i]);
    return LVK_OK;
}

lvk_status lvk_evaluation_mean(const lvk_evaluation_member *members, uint32_t count, const lvk_source *source,
                               const uint32_t *images, size_t images_count, uint32_t views,
                               lvk_evaluation_progress progress, void *user, double *probabilities) {
    evaluation j = {
        .members = members, .member_count = count, .progress = progress, .user = user, .views = views};
    const size_t numbers = images_count * lvk_network_outputs(members[0].network);
    j.probabilities = lvk_alloc(numbers * count, sizeof *j.probabilities);
    lvk_status status = j.probabilities ? evaluate(&j, source, images, images_count) : LVK_ERROR_MEMORY;
    for (size_t i = 0; i < numbers && status == LVK_OK; ++i) {
        double sum = 0;
        for (uint32_t m = 0; m < count; ++m)
            sum += lvk_prediction_round(j.probabilities[m * numbers + i]);
        probabilities[i] = lvk_prediction_round(sum / count);
    }
    lvk_free(j.probabilities);
    return status;
}

static lvk_status measure_classes(const lvk_dataset *dataset, const uint32_t *images,
                                  const double *probabilities, size_t count, lvk_metrics *metrics) {
    const uint32_t classes = (uint32_t)lvk_dataset_class_count(dataset);
    double *p = lvk_alloc(count * classes, sizeof *p);
    uint32_t *labels = lvk_alloc(count, sizeof *labels);
    lvk_class_metrics *all = lvk_alloc(1, sizeof *all);
    lvk_status status = p && labels && all ? LVK_OK : LVK_ERROR_MEMORY;
    size_t labelled = 0;
    for (size_t i = 0; status == LVK_OK && i < count; ++i) {
        const int target = lvk_evaluation_target(dataset, images[i]);
        if (target < 0)
            continue;
        memcpy(p + labelled * classes, probabilities + i * classes, classes * sizeof *p);
        labels[labelled++] = (uint32_t)target;
    }
    const lvk_class_rows rows = {.count = labelled, .classes = classes, .probabilities = p, .labels = labels};
    if (status == LVK_OK)
        status = lvk_class_metrics_compute(&rows, all);
    if (status == LVK_OK)
        lvk_class_metrics_shared(all, &all->scores, metrics);
    lvk_free(all);
    lvk_free(p);
    lvk_free(labels);
    return status;
}

lvk_status lvk_evaluation_measure(const lvk_dataset *dataset, const uint32_t *images,
                                  const double *probabilities, size_t count, lvk_metrics *metrics) {
    if (lvk_dataset_class_count(dataset) > 2)
        return measure_classes(dataset, images, probabilities, count, metrics);
    double *p = lvk_alloc(count, sizeof *p);
    uint8_t *labels = lvk_alloc(count, 1);
    lvk_status status = p && labels ? LVK_OK : LVK_ERROR_MEMORY;
    size_t labelled = 0;
    for (size_t i = 0; status == LVK_OK && i < count; ++i) {
        const int target = lvk_evaluation_target(dataset, images[i]);
        if (target < 0)
            continue;
        p[labelled] = probabilities[i];
        labels[labelled++] = (uint8_t)target;
    }
    if (status == LVK_OK)
        status = lvk_metrics_compute(&(lvk_scored){.count = labelled, .probabilities = p, .labels = labels},
                                     LVK_THRESHOLD, metrics);
    lvk_free(p);
    lvk_free(labels);
    return status;
}

uint32_t lvk_evaluation_width(const lvk_model_info *model) {
    return model->class_count ? model->class_count : 1;
}

int lvk_evaluation_class(const lvk_model_info *model, const char *name) {
    if (model->class_count == 0)
        return strcmp(name, model->positive_class) == 0   ? 1
               : strcmp(name, model->negative_class) == 0 ? 0
                                                          : -1;
    for (uint32_t c = 0; c < model->class_count; ++c)
        if (strcmp(name, model->classes[c]) == 0)
            return (int)c;
    return -1;
}

void lvk_evaluation_rows(const lvk_dataset *dataset, const lvk_model_info *model, const uint32_t *images,
                         const double *probabilities, size_t count, lvk_prediction *rows) {
    const uint32_t width = lvk_evaluation_width(model);
    for (size_t i = 0; i < count; ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, images[i]);
        const lvk_subject_info *subject = lvk_dataset_subject(dataset, image->subject);
        const double *p = probabilities + i * width;
        rows[i] = (lvk_prediction){
            .path = image->path,
            .subject = subject->named ? subject->name : NULL,
            .p = p[width > 1 ? lvk_class_called(p, width) : 0],
            .label = image->label < 0
                         ? -1
                         : lvk_evaluation_class(model, lvk_dataset_class_name(dataset, (size_t)image->label)),
            .area = (uint32_t)llround(lvk_dataset_area(dataset, images[i], model->microns_per_pixel)),
            .probabilities = width > 1 ? p : NULL};
    }
}

lvk_status lvk_evaluation_subjects(const lvk_dataset *dataset, const uint32_t *images, size_t count,
                                   uint32_t *subjects, size_t *unnamed) {
    bool *seen = lvk_alloc(lvk_dataset_subject_count(dataset), sizeof *seen);
    *subjects = 0;
    *unnamed = 0;
    for (size_t i = 0; seen && i < count; ++i) {
        const uint32_t subject = lvk_dataset_image(dataset, images[i])->subject;
        const bool named = lvk_dataset_subject(dataset, subject)->named;
        *unnamed += !named;
        *subjects += named && !seen[subject];
        seen[subject] = true;
    }
    lvk_free(seen);
    return seen ? LVK_OK : LVK_ERROR_MEMORY;
}
