#include "loader/loader.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/resource.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* One batch being made or waiting. */
typedef struct slot {
    uint8_t *crops;
    lvk_resampling *rows;
    uint32_t left;   /* images still to be made */
    uint32_t failed; /* lowest row whose image failed; count of rows when none did */
    lvk_status status;
    char message[1024];
} slot;

struct lvk_loader {
    lvk_cache *cache;
    lvk_loader_options options;
    uint32_t *indices, *samples;
    size_t count, batch_count, row_size; /* bytes */

    pthread_mutex_t mutex;
    pthread_cond_t room;  /* a slot is free again, or the end */
    pthread_cond_t ready; /* a batch is complete */
    slot *slots;          /* [prefetch]; batch b lives in slot b % prefetch */
    size_t next_image;    /* the next one that a thread takes */
    size_t first_batch;   /* batches from here to first_batch + prefetch - 1 may be made */
    size_t delivered;     /* batches handed out */
    bool stop;
    double waited;

    pthread_t *threads;
    unsigned thread_count;
};

static uint32_t rows_of(const lvk_loader *l, size_t batch) {
    const size_t left = l->count - batch * l->options.batch;
    return left < l->options.batch ? (uint32_t)left : l->options.batch;
}

static void open_slot(lvk_loader *l, size_t batch) {
    slot *s = &l->slots[batch % l->options.prefetch];
    if (batch >= l->batch_count)
        return;
    s->left = s->failed = rows_of(l, batch);
    s->status = LVK_OK;
    memset(s->rows + s->left, 0, (l->options.batch - s->left) * sizeof *s->rows);
}

static lvk_augment augment_of(const lvk_loader *l, uint32_t sample) {
    const lvk_loader_options *o = &l->options;
    return o->augment ? lvk_augment_draw(&o->strength, o->seed, o->epoch, sample) : lvk_augment_view(o->view);
}

/* In the place of an image that cannot be read any more: a black crop, so that the others' batch goes on. */
static void pass_over(const lvk_loader *l, uint32_t index, uint8_t *pixels, lvk_resampling *row) {
    const lvk_augment plain = lvk_augment_view(0);
    const uint32_t side =
        lvk_cache_output(l->cache) < l->options.side ? lvk_cache_output(l->cache) : l->options.side;
    if (!l->options.unreadable[index])
        lvk_log(LVK_LOG_WARNING, "left out: %s", lvk_error_message());
    l->options.unreadable[index] = true;
    memset(pixels, 0, (size_t)side * side * 4);
    *row = lvk_resampling_make(&plain, side, lvk_cache_output(l->cache), lvk_cache_standard(l->cache));
}

/* Image number `image`, in the loader's order. */
static lvk_status make_image(lvk_loader *l, size_t image, uint8_t *pixels, lvk_resampling *row) {
    const lvk_image *crop;
    lvk_image own;
    const lvk_augment augment = augment_of(l, l->samples[image]);
    lvk_status status = lvk_cache_get(l->cache, l->indices[image], &crop, &own);
    if (status == LVK_OK) {
        lvk_crop_pixels(crop, pixels);
        *row = lvk_resampling_make(&augment, crop->width, lvk_cache_output(l->cache),
                                   lvk_cache_standard(l->cache));
    }
    lvk_image_finish(&own);
    if (status != LVK_OK && status != LVK_ERROR_MEMORY && l->options.unreadable) {
        status = LVK_OK;
        pass_over(l, l->indices[image], pixels, row);
    }
    return status;
}

/* With the mutex held. */
static void finish_image(lvk_loader *l, slot *s, uint32_t row, lvk_status status) {
    if (status != LVK_OK && row < s->failed) {
        s->failed = row;
        s->status = status;
        snprintf(s->message, sizeof s->message, "%s", lvk_error_line(status));
    }
    if (--s->left == 0)
        pthread_cond_signal(&l->ready);
}

static void *work(void *argument) {
    lvk_loader *l = argument;
    pthread_mutex_lock(&l->mutex);
    while (!l->stop && l->next_image < l->count) {
        if (l->next_image / l->options.batch >= l->first_batch + l->options.prefetch) {
            pthread_cond_wait(&l->room, &l->mutex);
            continue;
        }
        const size_t image = l->next_image++;
        slot *s = &l->slots[image / l->options.batch % l->options.prefetch];
        const uint32_t row = (uint32_t)(image % l->options.batch);
        pthread_mutex_unlock(&l->mutex);
        const lvk_status status = make_image(l, image, s->crops + row * l->row_size, s->rows + row);
        pthread_mutex_lock(&l->mutex);
        finish_image(l, s, row, status);
    }
    pthread_mutex_unlock(&l->mutex);
    return NULL;
}

static lvk_status allocate(lvk_loader *l, const uint32_t *indices) {
    l->indices = lvk_alloc(l->count, sizeof *l->indices);
    l->samples = lvk_alloc(l->count, sizeof *l->samples);
    l->slots = lvk_alloc(l->options.prefetch, sizeof *l->slots);
    l->threads = lvk_alloc(l->options.threads, sizeof *l->threads);
    if (!l->indices || !l->samples || !l->slots || !l->threads)
        return LVK_ERROR_MEMORY;
    if (l->count) {
        memcpy(l->indices, indices, l->count * sizeof *indices);
        memcpy(l->samples, l->options.samples ? l->options.samples : indices, l->count * sizeof *indices);
    }
    for (unsigned i = 0; i < l->options.prefetch; ++i) {
        l->slots[i].crops = l->options.memory->alloc(l->options.memory->user, l->options.batch, l->row_size);
        l->slots[i].rows = lvk_alloc(l->options.batch, sizeof *l->slots[i].rows);
        if (!l->slots[i].crops || !l->slots[i].rows)
            return LVK_ERROR_MEMORY;
        open_slot(l, i);
    }
    return LVK_OK;
}

static lvk_status start(lvk_loader *l) {
    while (l->thread_count < l->options.threads && lvk_thread_start(&l->threads[l->thread_count], work, l))
        ++l->thread_count;
    return l->thread_count ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status check(const lvk_cache *cache, const uint32_t *indices, size_t count,
                        const lvk_loader_options *o) {
    const size_t images = lvk_dataset_image_count(lvk_cache_dataset(cache));
    for (size_t i = 0; i < count; ++i)
        if (indices[i] >= images)
            return lvk_fail(LVK_ERROR_ARGUMENT, "loader: image %u of %zu", indices[i], images);
    if (o->side && o->side < lvk_cache_side(cache))
        return lvk_fail(LVK_ERROR_ARGUMENT, "loader: crops of up to %u pixels a side, room for %u",
                        lvk_cache_side(cache), o->side);
    if (o->batch > 4096 || o->prefetch > 64)
        return lvk_fail(LVK_ERROR_LIMIT, "loader: batches of %u, %u ahead: at most 4096 and 64", o->batch,
                        o->prefetch);
    return LVK_OK;
}

lvk_status lvk_loader_create(lvk_cache *cache, const uint32_t *indices, size_t count,
                             const lvk_loader_options *options, lvk_loader **loader) {
    *loader = NULL;
    LVK_TRY(check(cache, indices, count, options));
    lvk_loader *l = lvk_alloc(1, sizeof *l);
    if (!l)
        return LVK_ERROR_MEMORY;
    l->cache = cache;
    l->count = count;
    l->options = *options;
    l->options.batch = options->batch ? options->batch : 32;
    l->options.prefetch = options->prefetch ? options->prefetch : 3;
    l->options.threads = lvk_thread_count(options->threads);
    l->options.memory = options->memory ? options->memory : &lvk_heap;
    l->batch_count = (count + l->options.batch - 1) / l->options.batch;
    l->options.side = options->side ? options->side : lvk_cache_side(cache);
    l->row_size = (size_t)l->options.side * l->options.side * 4;
    pthread_mutex_init(&l->mutex, NULL);
    pthread_cond_init(&l->room, NULL);
    pthread_cond_init(&l->ready, NULL);
    lvk_status status = allocate(l, indices);
    if (status == LVK_OK)
        status = start(l);
    if (status != LVK_OK)
        lvk_loader_destroy(&l);
    *loader = l;
    return status;
}

/* The batch that was handed out last is free again. */
static void release_last(lvk_loader *l) {
    if (l->delivered > l->first_batch) {
        open_slot(l, l->first_batch + l->options.prefetch);
        ++l->first_batch;
        pthread_cond_broadcast(&l->room);
    }
}

lvk_status lvk_loader_next(lvk_loader *l, lvk_batch *batch) {
    *batch = (lvk_batch){0};
    pthread_mutex_lock(&l->mutex);
    release_last(l);
    const size_t number = l->delivered;
    if (number == l->batch_count) {
        pthread_mutex_unlock(&l->mutex);
        return LVK_OK;
    }
    slot *s = &l->slots[number % l->options.prefetch];
    const double before = lvk_clock_seconds();
    while (s->left)
        pthread_cond_wait(&l->ready, &l->mutex);
    l->waited += lvk_clock_seconds() - before;
    const lvk_status status = s->status;
    if (status == LVK_OK)
        ++l->delivered; /* a failed batch is never handed out, so that the next call meets it again */
    pthread_mutex_unlock(&l->mutex);
    if (status != LVK_OK)
        return lvk_fail(status, "%s", s->message);
    const size_t first = number * l->options.batch;
    *batch = (lvk_batch){s->crops, s->rows, l->indices + first, l->samples + first, rows_of(l, number)};
    return LVK_OK;
}

double lvk_loader_wait_seconds(const lvk_loader *loader) {
    return loader->waited;
}

size_t lvk_loader_batch_count(const lvk_loader *loader) {
    return loader->batch_count;
}

void lvk_loader_destroy(lvk_loader **loader) {
    lvk_loader *l = *loader;
    if (!l)
        return;
    pthread_mutex_lock(&l->mutex);
    l->stop = true;
    pthread_cond_broadcast(&l->room);
    pthread_mutex_unlock(&l->mutex);
    for (unsigned i = 0; i < l->thread_count; ++i)
        pthread_join(l->threads[i], NULL);
    for (unsigned i = 0; l->slots && i < l->options.prefetch; ++i) {
        l->options.memory->free(l->options.memory->user, l->slots[i].crops);
        lvk_free(l->slots[i].rows);
    }
    lvk_free(l->slots);
    lvk_free(l->threads);
    lvk_free(l->indices);
    lvk_free(l->samples);
    pthread_cond_destroy(&l->ready);
    pthread_cond_destroy(&l->room);
    pthread_mutex_destroy(&l->mutex);
    lvk_free(l);
    *loader = NULL;
}
