#include "train/judge.h"

#include <math.h>

int lvk_judge_target(const lvk_dataset *dataset, uint32_t image) {
    const int32_t label = lvk_dataset_image(dataset, image)->label;
    return label < 0 ? -1 : label == lvk_dataset_positive_class(dataset);
}

static double sigmoid(double z) {
    return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

static lvk_status judge_batches(lvk_network *network, const lvk_dataset *dataset, lvk_loader *loader,
                                size_t total, lvk_judge_progress progress, void *user, float *logits,
                                double *probabilities) {
    size_t done = 0;
    while (done < total) {
        lvk_batch batch;
        LVK_TRY(lvk_loader_next(loader, &batch));
        LVK_TRY(lvk_network_infer(network, batch.pixels, logits));
        for (uint32_t i = 0; i < batch.count; ++i) {
            if (!isfinite(logits[i]))
                return lvk_fail(LVK_ERROR_NUMERIC, "%s: the network's output is not a finite number",
                                lvk_dataset_image(dataset, batch.indices[i])->path);
            probabilities[done++] = sigmoid((double)logits[i]);
        }
        if (progress && !progress(user, done, total))
            return lvk_fail(LVK_ERROR_CANCELLED, "stopped after %zu of %zu images", done, total);
    }
    return LVK_OK;
}

lvk_status lvk_judge_probabilities(lvk_network *network, lvk_cache *cache, const uint32_t *images,
                                   size_t count, unsigned threads, lvk_judge_progress progress, void *user,
                                   double *probabilities) {
    const lvk_loader_options options = {.batch = network->config.batch, .threads = threads};
    lvk_loader *loader = NULL;
    LVK_TRY(lvk_loader_create(cache, images, count, &options, &loader));
    float *logits = lvk_alloc(network->config.batch, sizeof *logits);
    const lvk_status status = logits ? judge_batches(network, lvk_cache_dataset(cache), loader, count,
                                                     progress, user, logits, probabilities)
                                     : LVK_ERROR_MEMORY;
    lvk_free(logits);
    lvk_loader_destroy(&loader);
    return status;
}

lvk_status lvk_judge_measure(const lvk_dataset *dataset, const uint32_t *images, const double *probabilities,
                             size_t count, lvk_metrics *metrics, double *size_auc) {
    double *p = lvk_alloc(count, sizeof *p), *areas = lvk_alloc(count, sizeof *areas);
    uint8_t *labels = lvk_alloc(count, 1);
    lvk_status status = p && areas && labels ? LVK_OK : LVK_ERROR_MEMORY;
    size_t labelled = 0;
    for (size_t i = 0; status == LVK_OK && i < count; ++i) {
        const int target = lvk_judge_target(dataset, images[i]);
        if (target < 0)
            continue;
        p[labelled] = probabilities[i];
        areas[labelled] = lvk_dataset_image(dataset, images[i])->area;
        labels[labelled++] = (uint8_t)target;
    }
    if (status == LVK_OK)
        status = lvk_metrics_compute(p, labels, labelled, LVK_THRESHOLD, metrics);
    if (status == LVK_OK && size_auc)
        status = lvk_auc(areas, labels, labelled, size_auc);
    lvk_free(p);
    lvk_free(areas);
    lvk_free(labels);
    return status;
}

void lvk_judge_rows(const lvk_dataset *dataset, const uint32_t *images, const double *probabilities,
                    size_t count, lvk_prediction *rows) {
    for (size_t i = 0; i < count; ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, images[i]);
        const lvk_subject_info *subject = lvk_dataset_subject(dataset, image->subject);
        rows[i] = (lvk_prediction){.path = image->path,
                                   .subject = subject->named ? subject->name : NULL,
                                   .p = probabilities[i],
                                   .label = lvk_judge_target(dataset, images[i])};
    }
}

uint32_t lvk_judge_subjects(const lvk_dataset *dataset, const uint32_t *images, size_t count) {
    bool *seen = lvk_alloc(lvk_dataset_subject_count(dataset), sizeof *seen);
    uint32_t subjects = 0;
    for (size_t i = 0; seen && i < count; ++i) {
        bool *mine = &seen[lvk_dataset_image(dataset, images[i])->subject];
        subjects += !*mine;
        *mine = true;
    }
    lvk_free(seen);
    return subjects;
}
