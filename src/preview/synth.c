#define _XOPEN_SOURCE 700
#include "leukvk/synth.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/parallel.h"
#include "core/random.h"
#include "core/unfinished.h"
#include "image/encode.h"
#include "preview/cell.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FOLDS = 3, SUBJECT_IMAGES = 8 }; /* cells a slide image, as the names count them */

static const char training[] = "C-NMC_training_data", preliminary[] = "C-NMC_test_prelim_phase_data";

typedef struct person {
    uint32_t number, cells; /* number within the class, from 1 */
    uint32_t class;         /* of C-NMC's two: all, hem */
    bool is_preliminary;
} person;

typedef struct picture {
    uint32_t person, place;            /* its cell `place`, from 0 */
    uint32_t drawn_person, drawn_cell; /* what is drawn: another's for the one shared picture */
    uint32_t name;                     /* of the preliminary part: from 1 */
} picture;

typedef struct tree {
    const char *folder;
    lvk_synth_options options;
    lvk_unfinished state;
    person *people;
    picture *pictures;
} tree;

enum { ALL, HEM }; /* classes of C-NMC's tree */

static bool is_cnmc(const lvk_synth_options *o) {
    return o->classes == 2;
}

static lvk_status resolve(const lvk_synth_options *given, lvk_synth_options *o) {
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_synth_options, o, given));
    o->classes = o->classes ? o->classes : 2;
    if (o->classes < 2 || o->classes > LVK_SYNTH_MOST_CLASSES)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--classes %u: must be from 2 to %d", o->classes,
                        LVK_SYNTH_MOST_CLASSES);
    o->images = o->images ? o->images : 600;
    o->subjects = o->subjects ? o->subjects : 24 + (o->classes - 24 % o->classes) % o->classes;
    o->size = o->size ? o->size : 450;
    if (o->subjects < 4 * o->classes || o->subjects > 2000 || o->subjects % o->classes)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--subjects %u: must be %s from %u to 2000, as many in each class", o->subjects,
                        is_cnmc(o) ? "an even number" : "a multiple of the number of classes",
                        4 * o->classes);
    if (o->images < 2 * o->subjects || o->images > 1000000)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--images %u: must be from %u, two per subject, to 1000000",
                        o->images, 2 * o->subjects);
    if (o->size < 64 || o->size > 1024)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--size %u: must be from 64 to 1024 pixels", o->size);
    if (o->format != LVK_SYNTH_BMP && o->format != LVK_SYNTH_PNG)
        return lvk_fail(LVK_ERROR_ARGUMENT, "synth: unknown image format %d", (int)o->format);
    return LVK_OK;
}

lvk_status lvk_synth_check(const lvk_synth_options *options) {
    lvk_synth_options resolved;
    return resolve(options, &resolved);
}

/* Sets how many of `images` each of the `count` people of a class has: two, and a share of the rest that is drawn from
 * 0.5 to 2. */
static void assign_images(const lvk_synth_options *o, person *people, uint32_t count, uint32_t images,
                          uint32_t purpose) {
    const lvk_random_key key = {o->seed, 2 + purpose, 0, LVK_PURPOSE_SYNTH};
    double total = 0, before = 0;
    for (uint32_t i = 0; i < count; ++i)
        total += exp2(2 * (double)lvk_random_uniform(&key, i) - 1);
    const double rest = images - 2.0 * count;
    for (uint32_t i = 0; i < count; ++i) {
        const double after = before + exp2(2 * (double)lvk_random_uniform(&key, i) - 1);
        const uint32_t up_to = i + 1 == count ? (uint32_t)rest : (uint32_t)(rest * after / total);
        people[i].cells = 2 + up_to - (uint32_t)(rest * before / total);
        before = after;
    }
}

static void plan_people(tree *t) {
    const uint32_t classes = t->options.classes, each = t->options.subjects / classes;
    const uint32_t tested = !is_cnmc(&t->options) ? 0 : each / 6 ? each / 6 : 1;
    for (uint32_t i = 0; i < classes * each; ++i)
        t->people[i] =
            (person){.number = i % each + 1, .class = i / each, .is_preliminary = i % each >= each - tested};
    for (uint32_t c = 0, left = t->options.images; c < classes; ++c) { /* what is over goes to the first */
        const uint32_t images = (left + classes - c - 1) / (classes - c);
        assign_images(&t->options, t->people + (size_t)c * each, each, images, c);
        left -= images;
    }
}

static void plan_pictures(tree *t) {
    picture *next = t->pictures;
    for (uint32_t p = 0; p < t->options.subjects; ++p)
        for (uint32_t c = 0; c < t->people[p].cells; ++c, ++next)
            *next = (picture){p, c, p, (uint32_t)(next - t->pictures), 0};
    /* The second patient's first picture is the first patient's last one. */
    t->pictures[t->people[0].cells].drawn_person = 0;
    t->pictures[t->people[0].cells].drawn_cell = t->people[0].cells - 1;

    uint32_t tested = 0;
    for (uint32_t i = 0; i < t->options.images; ++i)
        if (t->people[t->pictures[i].person].is_preliminary)
            t->pictures[i].name = ++tested;
}

static void format_name(const tree *t, const picture *p, bool lower, char *text, size_t size) {
    const person *owner = &t->people[p->person];
    const bool small_h = lower && owner->class == HEM && owner->number == 3;
    snprintf(text, size, "UID_%s%u_%u_%u_%s",
             owner->class == ALL ? ""
             : small_h           ? "h"
                                 : "H",
             owner->number, p->place / SUBJECT_IMAGES + 1, p->place % SUBJECT_IMAGES + 1,
             owner->class == ALL ? "all" : "hem");
}

static const char *extension(const tree *t) {
    return t->options.format == LVK_SYNTH_BMP ? "bmp" : "png";
}

static char *picture_path(const tree *t, const picture *p) {
    const person *owner = &t->people[p->person];
    char name[64];
    if (!is_cnmc(&t->options))
        return lvk_format("%s/%s/P%u/%u.%s", t->folder, lvk_cell_kind_name((lvk_cell_kind)owner->class),
                          p->person + 1, p->place + 1, extension(t));
    if (p->name)
        return lvk_format("%s/%s/%u.%s", t->folder, preliminary, p->name, extension(t));
    format_name(t, p, true, name, sizeof name);
    return lvk_format("%s/%s/fold_%u/%s/%s.%s", t->folder, training, (owner->number - 1) % FOLDS,
                      owner->class == ALL ? "all" : "hem", name, extension(t));
}

static lvk_cell_kind kind_of(const tree *t, uint32_t who) {
    const uint32_t class = t->people[who].class;
    return !is_cnmc(&t->options) ? (lvk_cell_kind) class : class == ALL ? LVK_CELL_PRE : LVK_CELL_BENIGN;
}

static lvk_status write_picture(void *user, size_t index) {
    const tree *t = user;
    const picture *p = &t->pictures[index];
    const uint32_t size = t->options.size;
    uint8_t *pixels = lvk_alloc((size_t)size * size, 3);
    char *path = picture_path(t, p);
    void *data = NULL;
    size_t bytes = 0;
    lvk_status status = pixels && path ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        lvk_cell_draw(t->options.seed, p->drawn_person, p->drawn_cell, kind_of(t, p->drawn_person), size,
                      pixels);
        status = t->options.format == LVK_SYNTH_BMP ? lvk_bmp_encode(pixels, size, size, &data, &bytes)
                                                    : lvk_png_encode(pixels, size, size, 3, &data, &bytes);
    }
    if (status == LVK_OK)
        status = lvk_unfinished_write(&t->state, path, data, bytes);
    lvk_free(data);
    lvk_free(path);
    lvk_free(pixels);
    return status;
}

static lvk_status write_labels(const tree *t) {
    char *text = lvk_alloc(t->options.images + 1, 96), *path = NULL, *at = text;
    if (!text)
        return LVK_ERROR_MEMORY;
    at += sprintf(at, "Patient_ID,new_names,labels\n");
    for (uint32_t i = 0; i < t->options.images; ++i) {
        const picture *p = &t->pictures[i];
        char name[64];
        if (!p->name)
            continue;
        format_name(t, p, false, name, sizeof name);
        at += sprintf(at, "%s.%s,%u.%s,%d\n", name, extension(t), p->name, extension(t),
                      t->people[p->person].class == ALL);
    }
    path = lvk_format("%s/%s_labels.csv", t->folder, preliminary);
    const lvk_status status =
        path ? lvk_unfinished_write(&t->state, path, text, (size_t)(at - text)) : LVK_ERROR_MEMORY;
    lvk_free(path);
    lvk_free(text);
    return status;
}

static lvk_status create_folder(const char *folder, const char *below) {
    char *path = lvk_path_join(folder, below);
    const lvk_status status = path ? lvk_folder_create(path) : LVK_ERROR_MEMORY;
    lvk_free(path);
    return status;
}

static lvk_status create_folders(const char *folder) {
    LVK_TRY(create_folder(folder, preliminary));
    for (int fold = 0; fold < FOLDS; ++fold) {
        for (int class = 0; class < 2; ++class) {
            char below[64];
            snprintf(below, sizeof below, "%s/fold_%d/%s", training, fold, class ? "hem" : "all");
            LVK_TRY(create_folder(folder, below));
        }
    }
    return LVK_OK;
}

static lvk_status create_people_folders(const tree *t) {
    for (uint32_t p = 0; p < t->options.subjects; ++p) {
        char below[64];
        snprintf(below, sizeof below, "%s/P%u", lvk_cell_kind_name(kind_of(t, p)), p + 1);
        LVK_TRY(create_folder(t->folder, below));
    }
    return LVK_OK;
}

static lvk_status write_tree(tree *t) {
    if (is_cnmc(&t->options)) {
        LVK_TRY(create_folders(t->folder));
        LVK_TRY(write_labels(t));
    } else {
        LVK_TRY(create_people_folders(t));
    }
    return lvk_parallel_for(t->options.threads, t->options.images, write_picture, t, t->options.progress,
                            t->options.progress_user);
}

static lvk_status begin(tree *t) {
    const lvk_synth_options *o = &t->options;
    char work[256], classes[32] = "";
    if (!is_cnmc(o))
        snprintf(classes, sizeof classes, " --classes %u", o->classes);
    snprintf(work, sizeof work,
             "leukvk synth%s --images %u --subjects %u --size %u --seed %llu --format %s\n", classes,
             o->images, o->subjects, o->size, (unsigned long long)o->seed, extension(t));
    return lvk_unfinished_begin(t->folder, work, &t->state);
}

lvk_status lvk_synth_write(const char *folder, const lvk_synth_options *options) {
    tree t = {.folder = folder};
    LVK_TRY(resolve(options, &t.options));
    LVK_TRY(begin(&t));
    t.people = lvk_alloc(t.options.subjects, sizeof *t.people);
    t.pictures = lvk_alloc(t.options.images, sizeof *t.pictures);
    lvk_status status = t.people && t.pictures ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        plan_people(&t);
        plan_pictures(&t);
        status = write_tree(&t);
    }
    lvk_free(t.pictures);
    lvk_free(t.people);
    return lvk_unfinished_close(&t.state, status);
}
