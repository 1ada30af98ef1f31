/* Intervals by drawing subjects anew. */
#include "metrics/bootstrap.h"

#include "core/memory.h"
#include "core/options.h"
#include "core/parallel.h"
#include "core/quantile.h"
#include "core/random.h"

#include <math.h>

enum { REPLICATES = 2000, MOST_REPLICATES = 1000000 };

/* ---- any number of classes ---- */

lvk_status lvk_bootstrap_replicates(const lvk_bootstrap_options *options, size_t *replicates) {
    *replicates = options->replicates ? options->replicates : REPLICATES;
    return *replicates <= MOST_REPLICATES
               ? LVK_OK
               : lvk_fail(LVK_ERROR_ARGUMENT, "%zu replicates are too many, at most %d", *replicates,
                          MOST_REPLICATES);
}

uint32_t lvk_bootstrap_draw(uint64_t seed, uint32_t replicate, uint32_t place, uint32_t subjects) {
    const lvk_random_key key = {.seed = seed, .epoch = replicate, .purpose = LVK_PURPOSE_BOOTSTRAP};
    return (uint32_t)(((uint64_t)lvk_random_word(&key, place) * subjects) >> 32);
}

void lvk_bootstrap_interval(double *values, size_t count, size_t replicates, double *low, double *high) {
    *low = *high = (double)NAN;
    if (count == 0 || 2 * count < replicates)
        return;
    lvk_sort_numbers(values, count);
    *low = lvk_quantile(values, count, 0.025);
    *high = lvk_quantile(values, count, 0.975);
    if (*low == *high) /* nothing varied that could be seen: not certainty, but ignorance */
        *low = *high = (double)NAN;
}

/* ---- two classes ---- */

typedef struct bootstrap {
    const lvk_scored *rows;
    double threshold;
    uint64_t seed;
    size_t *first;     /* [subject_count + 1] where a subject's rows begin in `members` */
    uint32_t *members; /* [count] rows, subject by subject */
    lvk_metrics *replicates;
} bootstrap;

static lvk_status sort_members(bootstrap *b) {
    const lvk_scored *rows = b->rows;
    b->first = lvk_alloc((size_t)rows->subject_count + 2, sizeof *b->first);
    b->members = lvk_alloc(rows->count, sizeof *b->members);
    if (!b->first || !b->members)
        return LVK_ERROR_MEMORY;
    /* Counted two places on, so that after the sums first[s + 1] is where subject s begins, and after filling
     * where it ends. */
    for (size_t i = 0; i < rows->count; ++i)
        ++b->first[rows->subjects[i] + 2];
    for (size_t s = 2; s < (size_t)rows->subject_count + 2; ++s)
        b->first[s] += b->first[s - 1];
    for (size_t i = 0; i < rows->count; ++i)
        b->members[b->first[rows->subjects[i] + 1]++] = (uint32_t)i;
    return LVK_OK;
}

/* The rows of as many subjects as there are, drawn with replacement: *picked, freed with lvk_free. */
static lvk_status draw(const bootstrap *b, uint32_t replicate, uint32_t **picked, size_t *count) {
    const uint32_t subjects = b->rows->subject_count;
    uint32_t *drawn = lvk_alloc(subjects, sizeof *drawn);
    if (!drawn)
        return LVK_ERROR_MEMORY;
    *count = 0;
    for (uint32_t i = 0; i < subjects; ++i) {
        drawn[i] = lvk_bootstrap_draw(b->seed, replicate, i, subjects);
        *count += b->first[drawn[i] + 1] - b->first[drawn[i]];
    }
    *picked = lvk_alloc(*count, sizeof **picked);
    size_t at = 0;
    for (uint32_t i = 0; *picked && i < subjects; ++i)
        for (size_t m = b->first[drawn[i]]; m < b->first[drawn[i] + 1]; ++m)
            (*picked)[at++] = b->members[m];
    lvk_free(drawn);
    return *picked ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status measure(void *user, size_t replicate) {
    bootstrap *b = user;
    uint32_t *picked;
    size_t count;
    LVK_TRY(draw(b, (uint32_t)replicate, &picked, &count));
    double *p = lvk_alloc(count, sizeof *p), *areas = lvk_alloc(count, sizeof *areas);
    uint8_t *labels = lvk_alloc(count, 1);
    lvk_status status = p && areas && labels ? LVK_OK : LVK_ERROR_MEMORY;
    for (size_t i = 0; status == LVK_OK && i < count; ++i) {
        p[i] = b->rows->probabilities[picked[i]];
        labels[i] = b->rows->labels[picked[i]];
        areas[i] = b->rows->areas ? b->rows->areas[picked[i]] : 0;
    }
    if (status == LVK_OK)
        status = lvk_metrics_compute(
            &(lvk_scored){
                .count = count, .probabilities = p, .labels = labels, .areas = b->rows->areas ? areas : NULL},
            b->threshold, &b->replicates[replicate]);
    lvk_free(p);
    lvk_free(areas);
    lvk_free(labels);
    lvk_free(picked);
    return status;
}

static void take_interval(const bootstrap *b, size_t replicates, const lvk_measure *m, double *values,
                          lvk_metrics *low, lvk_metrics *high) {
    size_t count = 0;
    for (size_t r = 0; r < replicates; ++r) {
        const double value = lvk_measure_of(&b->replicates[r], m);
        if (!isnan(value))
            values[count++] = value;
    }
    lvk_bootstrap_interval(values, count, replicates, (double *)((char *)low + m->offset),
                           (double *)((char *)high + m->offset));
}

lvk_status lvk_bootstrap_check_people(const lvk_scored *rows, bool *enough) {
    uint32_t people[2] = {0, 0};
    uint8_t *seen = lvk_alloc((size_t)rows->subject_count + 1, 1); /* a bit for each class */
    *enough = false;
    if (!seen)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < rows->count; ++i) {
        const uint8_t bit = rows->labels[i] ? 2 : 1;
        people[bit - 1] += !(seen[rows->subjects[i]] & bit);
        seen[rows->subjects[i]] |= bit;
    }
    lvk_free(seen);
    *enough =
        (!people[0] || people[0] >= LVK_BOOTSTRAP_LEAST) && (!people[1] || people[1] >= LVK_BOOTSTRAP_LEAST);
    return LVK_OK;
}

lvk_status lvk_metrics_bootstrap(const lvk_scored *rows, double threshold, const lvk_bootstrap_options *given,
                                 lvk_metrics *low, lvk_metrics *high) {
    lvk_bootstrap_options taken;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_bootstrap_options, &taken, given));
    const lvk_bootstrap_options *const options = &taken;
    size_t replicates;
    LVK_TRY(lvk_bootstrap_replicates(options, &replicates));
    bootstrap b = {.rows = rows,
                   .threshold = threshold,
                   .seed = options->seed,
                   .replicates = lvk_alloc(replicates, sizeof *b.replicates)};
    double *values = lvk_alloc(replicates, sizeof *values);
    lvk_status status = b.replicates && values ? sort_members(&b) : LVK_ERROR_MEMORY;
    bool enough = false;
    if (status == LVK_OK)
        status = lvk_bootstrap_check_people(rows, &enough);
    if (status == LVK_OK && enough)
        status = lvk_parallel_for(options->threads, replicates, measure, &b, NULL, NULL);
    *low = *high = (lvk_metrics){0};
    size_t measures;
    const lvk_measure *list = lvk_measures(&measures);
    for (size_t i = 0; status == LVK_OK && i < measures; ++i)
        take_interval(&b, enough ? replicates : 0, &list[i], values, low, high);
    lvk_free(b.first);
    lvk_free(b.members);
    lvk_free(b.replicates);
    lvk_free(values);
    return status;
}
