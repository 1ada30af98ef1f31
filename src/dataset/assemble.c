#include "dataset/assemble.h"

#include "core/file.h"
#include "core/index_sort.h"
#include "core/log.h"
#include "dataset/groups.h"
#include "dataset/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* What the sorts look at. */
typedef struct files {
    const lvk_image_info *images;
    const char *const *subjects;
    const uint64_t (*turned)[2];
} files;

static int compare_numbers(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

static int by_turned(const void *context, uint32_t a, uint32_t b) {
    const uint64_t(*turned)[2] = ((const files *)context)->turned;
    const int order = compare_numbers(turned[a][0], turned[b][0]);
    return order ? order : compare_numbers(turned[a][1], turned[b][1]);
}

static int by_path(const void *context, uint32_t a, uint32_t b) {
    const files *f = context;
    return strcmp(f->images[a].path, f->images[b].path);
}

/* Images without a subject come last; each is a subject of its own. */
static int by_subject(const void *context, uint32_t a, uint32_t b) {
    const files *f = context;
    const char *x = f->subjects[a], *y = f->subjects[b];
    return x && y ? strcmp(x, y) : x || y ? (y != NULL) - (x != NULL) : compare_numbers(a, b);
}

static int by_part_and_name(const void *context, uint32_t a, uint32_t b) {
    const files *f = context;
    const lvk_image_info *x = &f->images[a], *y = &f->images[b];
    return x->part != y->part ? compare_numbers(x->part, y->part)
                              : strcmp(lvk_path_name(x->path), lvk_path_name(y->path));
}

static void number(uint32_t *indices, size_t count) {
    for (size_t i = 0; i < count; ++i)
        indices[i] = (uint32_t)i;
}

/* Image `b`, of the same name as `a`, is either its copy or another picture. */
static lvk_status drop_copy(const lvk_dataset *d, lvk_reading *r, uint32_t a, uint32_t b) {
    const lvk_image_info *first = &d->images[a], *other = &d->images[b];
    if (memcmp(first->hash, other->hash, sizeof first->hash) == 0 && first->label == other->label) {
        r->reasons[b] = lvk_format("a second copy of %s", first->path);
        return r->reasons[b] ? LVK_OK : LVK_ERROR_MEMORY;
    }
    if (first->part == LVK_PART_PRELIMINARY)
        return lvk_fail(LVK_ERROR_FORMAT, "%s/%s: another image than %s, which has the same name", d->folder,
                        other->path, first->path);
    return LVK_OK;
}

/* In a C-NMC tree a name is given once; met again, it is the second copy of a folder nested in itself. */
static lvk_status drop_copies(lvk_dataset *d, lvk_reading *r, uint32_t *order) {
    const files f = {.images = d->images};
    size_t count = 0;
    for (size_t i = 0; i < r->count; ++i)
        if (!r->reasons[i])
            order[count++] = (uint32_t)i;
    LVK_TRY(lvk_index_sort(order, count, by_part_and_name, &f));
    for (size_t i = 1, first = 0; i < count; ++i) {
        if (by_part_and_name(&f, order[first], order[i]) != 0)
            first = i;
        else
            LVK_TRY(drop_copy(d, r, order[first], order[i]));
    }
    return LVK_OK;
}

static size_t count_reasons(const lvk_reading *r) {
    size_t count = 0;
    for (size_t i = 0; i < r->count; ++i)
        count += r->reasons[i] != NULL;
    return count;
}

/* Where several images are left out and none remains, a warning names each. */
static lvk_status fail_without_images(const lvk_dataset *d) {
    const char *slash = *d->folder ? "/" : "";
    for (size_t i = 0; i < d->skipped_count && d->skipped_count > 1; ++i) {
        const lvk_skipped_info file = lvk_dataset_skipped(d, i);
        lvk_log(LVK_LOG_WARNING, "left out: %s%s%s: %s", d->folder, slash, file.path, file.reason);
    }
    const lvk_skipped_info first = lvk_dataset_skipped(d, 0);
    return lvk_fail(LVK_ERROR_FORMAT, "%s%s%s: %s (and no other image can be used)", d->folder, slash,
                    first.path, first.reason);
}

/* Moves the images that are left out to `skipped`, and the others to the front. */
static lvk_status collect_images(lvk_dataset *d, lvk_reading *r) {
    d->skipped = lvk_alloc(count_reasons(r), sizeof *d->skipped);
    if (!d->skipped)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < r->count; ++i) {
        if (r->reasons[i]) {
            const char *reason = lvk_arena_strdup(&d->scan.arena, r->reasons[i]);
            if (!reason)
                return LVK_ERROR_MEMORY;
            d->skipped[d->skipped_count++] = (lvk_skipped_info){d->images[i].path, reason};
            continue;
        }
        r->subjects[d->image_count] = r->subjects[i];
        memcpy(r->turned[d->image_count], r->turned[i], sizeof *r->turned);
        d->images[d->image_count++] = d->images[i];
    }
    return d->image_count ? LVK_OK : fail_without_images(d);
}

static lvk_status index_paths(lvk_dataset *d) {
    size_t ascending = 1;
    while (ascending < d->image_count &&
           strcmp(d->images[ascending - 1].path, d->images[ascending].path) <= 0)
        ++ascending;
    if (ascending >= d->image_count)
        return LVK_OK;
    d->by_path = lvk_alloc(d->image_count, sizeof *d->by_path);
    if (!d->by_path)
        return LVK_ERROR_MEMORY;
    number(d->by_path, d->image_count);
    return lvk_index_sort(d->by_path, d->image_count, by_path, &(files){.images = d->images});
}

/* Gives each image its subject; the subjects are counted. */
static void count_subjects(lvk_dataset *d, const files *f, const uint32_t *order) {
    for (size_t i = 0, first = 0; i < d->image_count; ++i) {
        if (by_subject(f, order[first], order[i]) != 0)
            first = i;
        d->images[order[i]].subject = order[first];
    }
    for (size_t i = 0; i < d->image_count; ++i) {
        lvk_image_info *image = &d->images[i];
        if (image->subject == i)
            image->subject = (uint32_t)d->subject_count++;
        else
            image->subject = d->images[image->subject].subject; /* that one is numbered: it comes earlier */
    }
}

/* Subjects are numbered by their first image. */
static lvk_status number_subjects(lvk_dataset *d, const lvk_reading *r, uint32_t *order) {
    const files f = {.subjects = r->subjects};
    number(order, d->image_count);
    LVK_TRY(lvk_index_sort(order, d->image_count, by_subject, &f));
    count_subjects(d, &f, order);
    d->subjects = lvk_alloc(d->subject_count, sizeof *d->subjects);
    if (!d->subjects)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < d->image_count; ++i) {
        const lvk_image_info *image = &d->images[i];
        lvk_subject_info *subject = &d->subjects[image->subject];
        if (subject->images == 0) {
            subject->name = r->subjects[i] ? r->subjects[i] : image->path;
            subject->named = r->subjects[i] != NULL;
        }
        ++subject->images;
    }
    return LVK_OK;
}

static void number_groups(lvk_dataset *d, uint32_t *parent, uint32_t *numbers) {
    for (size_t s = 0; s < d->subject_count; ++s) {
        const uint32_t root = lvk_groups_find(parent, (uint32_t)s);
        if (root == s)
            numbers[s] = (uint32_t)d->group_count++;
        d->subjects[s].group = numbers[root];
    }
    for (size_t i = 0; i < d->image_count; ++i)
        d->images[i].group = d->subjects[d->images[i].subject].group;
}

/* Two images of set `index` that are in different classes, if there are. */
static void warn_contradiction(const lvk_dataset *d, size_t index) {
    size_t count, labelled = 0;
    const uint32_t *images = lvk_dataset_duplicate(d, index, &count);
    if (!lvk_dataset_contradicts(d, index))
        return;
    while (d->images[images[labelled]].label < 0)
        ++labelled;
    const lvk_image_info *first = &d->images[images[labelled]], *other = first;
    for (size_t i = labelled; other->label < 0 || other->label == first->label; ++i)
        other = &d->images[images[i]];
    lvk_log(LVK_LOG_WARNING, "%s and %s are the same picture under two classes", first->path, other->path);
}

/* The images from order[start] on that are one picture: where they end. */
static size_t end_of_picture(const files *f, const uint32_t *order, size_t count, size_t start) {
    size_t end = start + 1;
    while (end < count && by_turned(f, order[start], order[end]) == 0)
        ++end;
    return end;
}

/* Makes room for the sets of images that are one picture. */
static lvk_status make_room(lvk_dataset *d, const files *f, const uint32_t *order) {
    size_t images = 0, sets = 0;
    for (size_t start = 0, end; start < d->image_count; start = end) {
        end = end_of_picture(f, order, d->image_count, start);
        images += end - start > 1 ? end - start : 0;
        sets += end - start > 1;
    }
    d->duplicate_images = lvk_alloc(images, sizeof *d->duplicate_images);
    d->duplicate_starts = lvk_alloc(sets + 1, sizeof *d->duplicate_starts);
    return d->duplicate_images && d->duplicate_starts ? LVK_OK : LVK_ERROR_MEMORY;
}

static void join_pictures(lvk_dataset *d, const files *f, const uint32_t *order, uint32_t *parent) {
    uint32_t filled = 0;
    for (size_t start = 0, end; start < d->image_count; start = end) {
        end = end_of_picture(f, order, d->image_count, start);
        if (end - start < 2)
            continue;
        for (size_t i = start; i < end; ++i) {
            lvk_groups_join(parent, d->images[order[start]].subject, d->images[order[i]].subject);
            d->duplicate_images[filled++] = order[i];
        }
        d->duplicate_starts[++d->duplicate_count] = filled;
        warn_contradiction(d, d->duplicate_count - 1);
    }
}

static lvk_status join_duplicates(lvk_dataset *d, const lvk_reading *r, uint32_t *order) {
    const files f = {.turned = (const uint64_t(*)[2])r->turned};
    number(order, d->image_count);
    LVK_TRY(lvk_index_sort(order, d->image_count, by_turned, &f));
    LVK_TRY(make_room(d, &f, order));
    uint32_t *parent = lvk_alloc(d->subject_count * 2, sizeof *parent);
    if (!parent)
        return LVK_ERROR_MEMORY;
    lvk_groups_init(parent, d->subject_count);
    join_pictures(d, &f, order, parent);
    number_groups(d, parent, parent + d->subject_count);
    lvk_free(parent);
    return LVK_OK;
}

static lvk_status set_fingerprint(lvk_dataset *d) {
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return lvk_fail(LVK_ERROR_MEMORY, "out of memory");
    bool ok = XXH3_128bits_reset(state) == XXH_OK;
    const size_t digest = strlen(d->scan.digest); /* 0 of a folder */
    for (size_t i = 0; i < d->image_count; ++i) {
        const lvk_image_info *image = &d->images[i];
        char line[128]; /* text, so that the byte order of the machine does not matter */
        const int length =
            snprintf(line, sizeof line, "\n%d %d %" PRIu32 " %" PRIu32 " %016" PRIx64 "%016" PRIx64 "\n",
                     (int)image->part, (int)image->label, image->subject, image->group, image->hash[0],
                     image->hash[1]);
        ok = ok && XXH3_128bits_update(state, image->path, strlen(image->path)) == XXH_OK &&
             XXH3_128bits_update(state, line, (size_t)length) == XXH_OK;
        if (image->given != LVK_GIVEN_NONE) /* so that a data set without parts has the digest it had */
            ok = ok && XXH3_128bits_update(state, &"-tvs"[image->given], 1) == XXH_OK;
    }
    ok = ok && (digest == 0 || XXH3_128bits_update(state, d->scan.digest, digest) == XXH_OK);
    const XXH128_hash_t hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    snprintf(d->fingerprint, sizeof d->fingerprint, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
             (uint64_t)hash.low64);
    return ok ? LVK_OK : lvk_fail(LVK_ERROR_MEMORY, "the fingerprint could not be computed");
}

lvk_status lvk_dataset_assemble(lvk_dataset *d, lvk_reading *reading) {
    uint32_t *order = lvk_alloc(reading->count, sizeof *order);
    lvk_status status = order ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK && d->scan.is_cnmc)
        status = drop_copies(d, reading, order);
    if (status == LVK_OK)
        status = collect_images(d, reading);
    if (status == LVK_OK)
        status = index_paths(d);
    if (status == LVK_OK)
        status = number_subjects(d, reading, order);
    if (status == LVK_OK)
        status = join_duplicates(d, reading, order);
    if (status == LVK_OK)
        status = set_fingerprint(d);
    lvk_free(order);
    return status;
}
