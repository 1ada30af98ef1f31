/* Heat maps of many images: shares, pictures, the mean map of each class, a table. */
#include "core/digest.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "core/unfinished.h"
#include "explain/explainer.h"
#include "image/resample.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WORK "leukvk explain"

enum { NAME_SIZE = 120 };

/* The mean over the images that are called a class: sums until it is written. */
typedef struct mean_map {
    size_t count;
    double *heat, *pixels; /* [side][side], [side][side][3] */
} mean_map;

typedef struct explain_images {
    lvk_explainer *explainer;
    const lvk_explain_job *job;
    lvk_cache *cache;
    uint32_t side; /* of the means */
    mean_map means[LVK_MOST_CLASSES];
    lvk_text table;
    lvk_unfinished tree; /* the folder */
} explain_images;

lvk_status lvk_explain_folder_check(const char *folder) {
    return lvk_unfinished_check(folder, WORK);
}

/* `text` as a part of a file's name: its last bytes, without what a shell or a path could misread. */
static void clean_name(const char *text, size_t length, char name[NAME_SIZE]) {
    if (length >= NAME_SIZE) {
        text += length - (NAME_SIZE - 1);
        length = NAME_SIZE - 1;
    }
    while (length && ((unsigned char)*text & 0xc0) == 0x80) { /* not in the middle of a character */
        ++text;
        --length;
    }
    memcpy(name, text, length);
    name[length] = '\0';
    for (char *c = name; *c; ++c)
        if (*c == '/' || (unsigned char)*c < ' ')
            *c = '_';
    lvk_text_make_printable(name);
}

char *lvk_explain_picture_name(size_t i, const char *path) {
    char name[NAME_SIZE];
    const char *file = lvk_path_name(path), *dot = strrchr(file, '.');
    clean_name(file, dot && dot != file ? (size_t)(dot - file) : strlen(file), name);
    return lvk_format("%04zu-%s.png", i + 1, name);
}

/* ---- means ---- */

static lvk_status add_to_mean(explain_images *j, const lvk_explanation *x, uint32_t class) {
    mean_map *mean = &j->means[class];
    const size_t pixels = (size_t)j->side * j->side;
    const lvk_image crop = {.pixels = x->pixels, .width = x->side, .height = x->side};
    const lvk_augment plain = lvk_augment_view(0);
    if (!mean->heat)
        mean->heat = lvk_alloc(pixels, sizeof *mean->heat);
    if (!mean->pixels)
        mean->pixels = lvk_alloc(pixels * 3, sizeof *mean->pixels);
    float *small = lvk_alloc(pixels * 3, sizeof *small);
    lvk_status status = mean->heat && mean->pixels && small ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_resample(&crop, &plain, j->side, small);
    for (size_t i = 0; i < pixels * 3 && status == LVK_OK; ++i)
        mean->pixels[i] += (double)small[i];
    for (uint32_t y = 0; y < j->side && status == LVK_OK; ++y)
        for (uint32_t i = 0; i < j->side; ++i)
            mean->heat[(size_t)y * j->side + i] +=
                lvk_map_at(x->map, x->side, (i + 0.5) * x->side / j->side, (y + 0.5) * x->side / j->side);
    mean->count += status == LVK_OK;
    lvk_free(small);
    return status;
}

static lvk_status write_mean_picture(const explain_images *j, uint32_t class, const lvk_explanation *x) {
    const lvk_explainer *e = j->explainer;
    const char *own = lvk_explainer_class_name(e, class);
    char name[NAME_SIZE];
    clean_name(own, strlen(own), name);
    char *path = strcmp(name, own) == 0
                     ? lvk_format("%s/mean-%s.png", j->job->folder, name)
                     : lvk_format("%s/mean-%u-%s.png", j->job->folder, (unsigned)class, name);
    char *title = lvk_format("mean of %zu images called %s", j->means[class].count, own);
    char *note = j->job->class_index == LVK_EXPLAIN_CALLED
                     ? lvk_format("heat of %s, of each map its maximum is 1", own)
                     : lvk_format("heat of %s, of each map its maximum is 1",
                                  lvk_explainer_class_name(e, (uint32_t)j->job->class_index));
    void *data = NULL;
    size_t size;
    lvk_status status = path && title && note ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_overlay_encode(x, title, (const char *const[]){note}, 1, x->heat.maximum, &data, &size);
    if (status == LVK_OK)
        status = lvk_unfinished_write(&j->tree, path, data, size);
    lvk_free(data);
    lvk_free(path);
    lvk_free(title);
    lvk_free(note);
    return status;
}

static lvk_status write_mean(const explain_images *j, uint32_t class) {
    const mean_map *mean = &j->means[class];
    const size_t pixels = (size_t)j->side * j->side;
    if (mean->count == 0)
        return LVK_OK;
    lvk_explanation x = {
        .side = j->side, .map = lvk_alloc(pixels, sizeof *x.map), .pixels = lvk_alloc(pixels, 3)};
    lvk_status status = x.map && x.pixels ? LVK_OK : LVK_ERROR_MEMORY;
    for (size_t i = 0; i < pixels * 3 && status == LVK_OK; ++i)
        x.pixels[i] = (uint8_t)lround(fmin(fmax(255 * mean->pixels[i] / (double)mean->count, 0), 255));
    for (size_t i = 0; i < pixels && status == LVK_OK; ++i)
        x.map[i] = (float)(mean->heat[i] / (double)mean->count);
    if (status == LVK_OK) {
        x.heat.maximum = lvk_heat_normalize(x.map, pixels, 0);
        status = write_mean_picture(j, class, &x);
    }
    lvk_explanation_finish(&x);
    return status;
}

/* ---- the table ---- */

static void add_share(lvk_text *text, double share) {
    lvk_text_add(text, ",");
    if (!isnan(share))
        lvk_text_add_number(text, share, 6);
}

static void add_line(explain_images *j, size_t i, const lvk_heat *heat, const char *picture) {
    lvk_text *t = &j->table;
    lvk_text_add_csv(t, j->job->rows[i].path);
    lvk_text_add(t, ",");
    lvk_text_add_csv(t, lvk_explainer_class_name(j->explainer, j->job->called[i]));
    lvk_text_add(t, ",");
    lvk_text_add_csv(t, lvk_explainer_class_name(j->explainer, heat->class_index));
    lvk_text_add(t, ",");
    lvk_text_add_number(t, heat->p, LVK_PREDICTION_DIGITS);
    add_share(t, heat->maximum);
    add_share(t, heat->on_ground);
    add_share(t, heat->outside_cell);
    add_share(t, heat->ground);
    add_share(t, heat->outside);
    lvk_text_add(t, ",");
    lvk_text_add_csv(t, picture);
    lvk_text_add(t, "\n");
}

/* ---- images ---- */

static lvk_status write_image(explain_images *j, size_t i, const lvk_explanation *x) {
    char *name = lvk_explain_picture_name(i, j->job->rows[i].path);
    char *path = name ? lvk_path_join(j->job->folder, name) : NULL;
    void *data = NULL;
    size_t size;
    lvk_status status = path ? lvk_explanation_encode(j->explainer, x, &data, &size) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_unfinished_write(&j->tree, path, data, size);
    if (status == LVK_OK)
        add_line(j, i, &x->heat, name);
    if (status == LVK_OK)
        status = add_to_mean(j, x, j->job->called[i]);
    lvk_free(data);
    lvk_free(path);
    lvk_free(name);
    return status;
}

static lvk_status explain_one(explain_images *j, size_t i, lvk_heat *heat) {
    const lvk_explain_job *job = j->job;
    const lvk_image *crop;
    lvk_image own = {0};
    lvk_explanation x = {0};
    lvk_status status = lvk_cache_get(j->cache, job->images[i], &crop, &own);
    if (status == LVK_ERROR_IO || status == LVK_ERROR_FORMAT) {
        lvk_log(LVK_LOG_WARNING, "left out: %s", lvk_error_message());
        *heat = (lvk_heat){.p = (double)NAN, .on_ground = (double)NAN, .outside_cell = (double)NAN};
        return LVK_OK;
    }
    const int class = job->class_index == LVK_EXPLAIN_CALLED ? (int)job->called[i] : job->class_index;
    if (status == LVK_OK)
        status = lvk_explain_crop(j->explainer, job->rows[i].path, crop, class, &x);
    *heat = x.heat;
    if (status == LVK_OK && job->folder)
        status = write_image(j, i, &x);
    lvk_explanation_finish(&x);
    lvk_image_finish(&own);
    return status;
}

static lvk_status explain_all(explain_images *j, lvk_heat *heats) {
    const lvk_explain_job *job = j->job;
    for (size_t i = 0; i < job->count; ++i) {
        LVK_TRY(explain_one(j, i, &heats[i]));
        if (job->progress && !job->progress(job->user, i + 1, job->count))
            return lvk_fail(LVK_ERROR_CANCELLED, "stopped after %zu of %zu images", i + 1, job->count);
    }
    return LVK_OK;
}

static lvk_status write_table(explain_images *j) {
    char *text = NULL, *path = lvk_path_join(j->job->folder, "explain.csv");
    lvk_status status = lvk_text_take(&j->table, &text, NULL);
    if (status == LVK_OK)
        status = path ? lvk_unfinished_write(&j->tree, path, text, strlen(text)) : LVK_ERROR_MEMORY;
    lvk_free(text);
    lvk_free(path);
    return status;
}

/* ---- the folder ---- */

/* All on which the names and the contents of the folder's files depend, as a line. The caller frees *work. */
static lvk_status describe(const explain_images *j, char **work) {
    const lvk_explain_options *o = &j->explainer->options;
    lvk_text text = {0};
    char digest[LVK_DIGEST_TEXT], *all;
    size_t size;
    lvk_text_add(&text, "%d %.9g %u %d", (int)o->method, o->patch, (unsigned)o->member, j->job->class_index);
    for (size_t i = 0; i < j->job->count; ++i) {
        lvk_text_add(&text, "\n%u ", (unsigned)j->job->called[i]);
        lvk_text_add_number(&text, j->job->rows[i].p, LVK_PREDICTION_DIGITS);
        lvk_text_add(&text, " %s", j->job->rows[i].path);
    }
    LVK_TRY(lvk_text_take(&text, &all, &size));
    lvk_digest(all, size, digest);
    lvk_free(all);
    *work = lvk_format(WORK ", of %zu images %s\n", j->job->count, digest);
    return *work ? LVK_OK : LVK_ERROR_MEMORY;
}

/* Explains all; with a folder, marks it until its files are complete. */
static lvk_status write_all(explain_images *j, lvk_heat *heats) {
    char *work = NULL;
    if (!j->job->folder)
        return explain_all(j, heats);
    lvk_status status = describe(j, &work);
    if (status == LVK_OK)
        status = lvk_unfinished_begin(j->job->folder, work, &j->tree);
    lvk_free(work);
    LVK_TRY(status);
    status = explain_all(j, heats);
    for (uint32_t k = 0; k < LVK_MOST_CLASSES && status == LVK_OK; ++k)
        status = write_mean(j, k);
    if (status == LVK_OK)
        status = write_table(j);
    return lvk_unfinished_close(&j->tree, status);
}

lvk_status lvk_explain_images(lvk_explainer *e, const lvk_explain_job *job, lvk_heat *heats) {
    const lvk_model_info *model = lvk_classifier_model(e->classifier);
    explain_images *j = lvk_alloc(1, sizeof *j);
    if (!j)
        return LVK_ERROR_MEMORY;
    *j = (explain_images){.explainer = e, .job = job, .side = model->image_size};
    lvk_text_add(&j->table, "path,class,heat_of,p,maximum,on_ground,outside_cell,ground,outside,picture\n");
    lvk_status status = lvk_cache_create(job->dataset, lvk_classifier_crop(e->classifier), model->image_size,
                                         LVK_CACHE_NOTHING, &j->cache);
    if (status == LVK_OK) {
        lvk_cache_set_scale(j->cache, model->microns_per_pixel);
        status = write_all(j, heats);
    }
    for (uint32_t k = 0; k < LVK_MOST_CLASSES; ++k) {
        lvk_free(j->means[k].heat);
        lvk_free(j->means[k].pixels);
    }
    lvk_text_finish(&j->table);
    lvk_cache_destroy(&j->cache);
    lvk_free(j);
    return status;
}
