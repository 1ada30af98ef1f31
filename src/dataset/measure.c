#include "dataset/measure.h"

#include "core/memory.h"
#include "dataset/assemble.h"

#include <string.h>

enum { MOST_PAGES = (1 << 24) - 1 }; /* that lvk_image_info counts */

void lvk_image_info_measure(const lvk_image *image, lvk_image_info *info) {
    lvk_image_measures m;
    lvk_image_measure(image, &m);
    info->width = image->width;
    info->height = image->height;
    info->area = m.area;
    memcpy(info->colour_sum, m.sum, sizeof m.sum);
    memcpy(info->colour_square_sum, m.square_sum, sizeof m.square_sum);
    info->outline = m.box ? (uint32_t)((uint64_t)m.area * UINT16_MAX / m.box) & UINT16_MAX : 0;
    info->texture = m.edge_count ? (uint32_t)(16 * m.edge_sum / m.edge_count) & UINT16_MAX : 0;
    lvk_image_hash(image, info->hash);
    info->pages = image->pages < MOST_PAGES ? image->pages : MOST_PAGES;
    info->bits = image->bits;
    info->bits_told = image->bits_told;
}

static void number(lvk_dataset *d, const lvk_image_info *images, size_t count) {
    memcpy(d->images, images, count * sizeof *images);
    d->image_count = d->subject_count = d->group_count = count;
    for (size_t i = 0; i < count; ++i) {
        d->images[i].subject = d->images[i].group = (uint32_t)i;
        d->images[i].label = d->images[i].fold = -1;
        d->subjects[i] = (lvk_subject_info){.name = images[i].path, .group = (uint32_t)i, .images = 1};
    }
}

lvk_status lvk_dataset_create_measured(const lvk_image_info *images, size_t count, lvk_dataset **dataset) {
    lvk_dataset *d = lvk_alloc(1, sizeof *d);
    *dataset = NULL;
    if (!d)
        return LVK_ERROR_MEMORY;
    d->scan.positive = -1;
    d->source = lvk_strdup("");
    d->folder = lvk_strdup("");
    d->images = lvk_alloc(count, sizeof *d->images);
    d->subjects = lvk_alloc(count, sizeof *d->subjects);
    d->duplicate_starts = lvk_alloc(1, sizeof *d->duplicate_starts);
    if (!d->source || !d->folder || !d->images || !d->subjects || !d->duplicate_starts) {
        lvk_dataset_destroy(&d);
        return LVK_ERROR_MEMORY;
    }
    number(d, images, count);
    *dataset = d;
    return LVK_OK;
}
