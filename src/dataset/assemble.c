#include "dataset/assemble.h"

#include "core/file.h"
#include "core/log.h"
#include "dataset/groups.h"
#include "dataset/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* What the sorts below look at: qsort has no argument of its own. */
typedef struct keyed {
    const char *text;
    uint64_t hash[2];
    uint32_t part, index;
} keyed;

static int compare_numbers(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

static int compare_hashes(const keyed *x, const keyed *y) {
    const int order = compare_numbers(x->hash[0], y->hash[0]);
    return order ? order : compare_numbers(x->hash[1], y->hash[1]);
}

static int by_hash(const void *a, const void *b) {
    const int order = compare_hashes(a, b);
    return order ? order : compare_numbers(((const keyed *)a)->index, ((const keyed *)b)->index);
}

static int by_text(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    const int order = strcmp(x->text, y->text);
    return order ? order : compare_numbers(x->index, y->index);
}

static int by_part_and_text(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    return x->part != y->part ? compare_numbers(x->part, y->part) : by_text(a, b);
}

static void sort(keyed *keys, size_t count, int (*compare)(const void *, const void *)) {
    if (count)
        qsort(keys, count, sizeof *keys, compare);
}

/* In a C-NMC tree a name is given once; met again, it is the second copy of a folder nested in itself. */
static lvk_status drop_copies(lvk_dataset *d, keyed *keys) {
    size_t count = 0;
    for (size_t i = 0; i < d->scan.count; ++i)
        if (!d->facts[i].reason)
            keys[count++] =
                (keyed){lvk_path_name(d->scan.entries[i].path), {0, 0}, d->scan.entries[i].part, (uint32_t)i};
    sort(keys, count, by_part_and_text);
    for (size_t i = 1, first = 0; i < count; ++i) {
        if (keys[i].part != keys[first].part || strcmp(keys[i].text, keys[first].text) != 0) {
            first = i;
            continue;
        }
        const uint32_t a = keys[first].index, b = keys[i].index;
        const lvk_scan_entry *entries = d->scan.entries;
        if (memcmp(d->facts[a].hash, d->facts[b].hash, sizeof d->facts[a].hash) == 0 &&
            entries[a].label == entries[b].label) {
            d->facts[b].reason = lvk_format("a second copy of %s", entries[a].path);
            if (!d->facts[b].reason)
                return LVK_ERROR_MEMORY;
        } else if (keys[i].part == LVK_PART_PRELIMINARY) {
            return lvk_fail(LVK_ERROR_FORMAT, "%s/%s: another image than %s, which has the same name",
                            d->folder, entries[b].path, entries[a].path);
        }
    }
    return LVK_OK;
}

static lvk_image_info image_info(const lvk_scan_entry *entry, const lvk_image_fact *fact) {
    lvk_image_info info = {.path = entry->path,
                           .label = entry->label,
                           .part = entry->part,
                           .given = entry->given,
                           .microns_per_pixel = entry->microns_per_pixel,
                           .fold = entry->fold,
                           .width = fact->width,
                           .height = fact->height,
                           .area = fact->area,
                           .pages = fact->pages,
                           .bits = fact->bits};
    memcpy(info.colour_sum, fact->colour_sum, sizeof info.colour_sum);
    memcpy(info.colour_square_sum, fact->colour_square_sum, sizeof info.colour_square_sum);
    memcpy(info.hash, fact->hash, sizeof info.hash);
    memcpy(info.turned_hash, fact->turned_hash, sizeof info.turned_hash);
    return info;
}

static lvk_status collect_images(lvk_dataset *d) {
    d->images = lvk_alloc(d->scan.count, sizeof *d->images);
    d->skipped = lvk_alloc(d->scan.count, sizeof *d->skipped);
    d->entries = lvk_alloc(d->scan.count, sizeof *d->entries);
    if (!d->images || !d->skipped || !d->entries)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < d->scan.count; ++i) {
        const lvk_scan_entry *entry = &d->scan.entries[i];
        const lvk_image_fact *fact = &d->facts[i];
        if (fact->reason) {
            d->skipped[d->skipped_count++] = (uint32_t)i;
            continue;
        }
        d->entries[d->image_count] = (uint32_t)i;
        d->images[d->image_count++] = image_info(entry, fact);
    }
    if (d->image_count)
        return LVK_OK;
    const lvk_skipped_info first = lvk_dataset_skipped(d, 0);
    return lvk_fail(LVK_ERROR_FORMAT, "%s%s%s: %s (and no other image can be used)", d->folder,
                    *d->folder ? "/" : "", first.path, first.reason);
}

static lvk_status index_paths(lvk_dataset *d, keyed *keys) {
    d->by_path = lvk_alloc(d->image_count, sizeof *d->by_path);
    if (!d->by_path)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < d->image_count; ++i)
        keys[i] = (keyed){d->images[i].path, {0, 0}, 0, (uint32_t)i};
    sort(keys, d->image_count, by_text);
    for (size_t i = 0; i < d->image_count; ++i)
        d->by_path[i] = keys[i].index;
    return LVK_OK;
}

/* Subjects are numbered by their first image. */
static lvk_status number_subjects(lvk_dataset *d, keyed *keys) {
    d->subjects = lvk_alloc(d->image_count, sizeof *d->subjects);
    if (!d->subjects)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < d->image_count; ++i) {
        const char *name = d->scan.entries[d->entries[i]].subject;
        keys[i] = (keyed){name ? name : d->images[i].path, {0, 0}, name ? 0 : 1, (uint32_t)i};
    }
    sort(keys, d->image_count, by_part_and_text);
    for (size_t i = 0, first = 0; i < d->image_count; ++i) {
        if (keys[i].part != keys[first].part || strcmp(keys[i].text, keys[first].text) != 0)
            first = i;
        d->images[keys[i].index].subject = keys[first].index;
    }
    for (size_t i = 0; i < d->image_count; ++i) {
        lvk_image_info *image = &d->images[i];
        if (image->subject == i) {
            image->subject = (uint32_t)d->subject_count++;
            const char *name = d->scan.entries[d->entries[i]].subject;
            d->subjects[image->subject] = (lvk_subject_info){name ? name : image->path, 0, 0, name != NULL};
        } else {
            image->subject = d->images[image->subject].subject; /* that one is numbered: it comes earlier */
        }
        ++d->subjects[image->subject].images;
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

static lvk_status join_duplicates(lvk_dataset *d, keyed *keys) {
    const size_t n = d->image_count;
    d->duplicate_images = lvk_alloc(n, sizeof *d->duplicate_images);
    d->duplicate_starts = lvk_alloc(n + 1, sizeof *d->duplicate_starts);
    uint32_t *parent = lvk_alloc(d->subject_count * 2, sizeof *parent);
    if (!d->duplicate_images || !d->duplicate_starts || !parent) {
        lvk_free(parent);
        return LVK_ERROR_MEMORY;
    }
    lvk_groups_init(parent, d->subject_count);
    for (size_t i = 0; i < n; ++i)
        keys[i] = (keyed){NULL, {d->images[i].turned_hash[0], d->images[i].turned_hash[1]}, 0, (uint32_t)i};
    sort(keys, n, by_hash);
    uint32_t filled = 0;
    for (size_t start = 0, end; start < n; start = end) {
        for (end = start + 1; end < n && compare_hashes(&keys[start], &keys[end]) == 0; ++end)
            lvk_groups_join(parent, d->images[keys[start].index].subject, d->images[keys[end].index].subject);
        if (end - start < 2)
            continue;
        for (size_t i = start; i < end; ++i)
            d->duplicate_images[filled++] = keys[i].index;
        d->duplicate_starts[++d->duplicate_count] = filled;
        warn_contradiction(d, d->duplicate_count - 1);
    }
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

lvk_status lvk_dataset_assemble(lvk_dataset *d) {
    keyed *keys = lvk_alloc(d->scan.count, sizeof *keys);
    lvk_status status = keys ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK && d->scan.is_cnmc)
        status = drop_copies(d, keys);
    if (status == LVK_OK)
        status = collect_images(d);
    if (status == LVK_OK)
        status = index_paths(d, keys);
    if (status == LVK_OK)
        status = number_subjects(d, keys);
    if (status == LVK_OK)
        status = join_duplicates(d, keys);
    if (status == LVK_OK)
        status = set_fingerprint(d);
    lvk_free(keys);
    return status;
}
