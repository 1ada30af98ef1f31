#include "dataset/measure.h"

#include "core/memory.h"
#include "dataset/assemble.h"

#include <string.h>

enum { MOST_PAGES = (1 << 24) - 1 }; /* that lvk_image_info counts */

static void measure_texture(const lvk_image *image, lvk_image_info *info) {
    lvk_image_texture texture;
    lvk_image_measure_texture(image, &texture);
    info->outline =
        texture.box ? (uint32_t)((uint64_t)info->area * UINT16_MAX / texture.box) & UINT16_MAX : 0;
    info->texture =
        texture.edge_count ? (uint32_t)(16 * texture.edge_sum / texture.edge_count) & UINT16_MAX : 0;
}

void lvk_image_info_measure(const lvk_image *image, lvk_image_info *info) {
    info->width = image->width;
    info->height = image->height;
    info->area = lvk_image_area(image);
    lvk_image_colour(image, info->colour_sum, info->colour_square_sum);
    measure_texture(image, info);
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
