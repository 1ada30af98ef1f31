#include "leukvk/explore.h"

#include "core/memory.h"
#include "core/quantile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_u32(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

typedef struct colour_sums {
    uint64_t pixels, values[3], squares[3];
} colour_sums;

static void add_colour(colour_sums *sums, const lvk_image_info *image) {
    sums->pixels += image->area;
    for (int c = 0; c < 3; ++c) {
        sums->values[c] += image->colour_sum[c];
        sums->squares[c] += image->colour_square_sum[c];
    }
}

static void set_colour(lvk_cell_summary *summary, const colour_sums *sums) {
    const double pixels = (double)sums->pixels;
    for (int c = 0; c < 3; ++c) {
        const double mean = (double)sums->values[c] / pixels; /* NaN without pixels */
        const double variance = (double)sums->squares[c] / pixels - mean * mean;
        summary->colour_mean[c] = mean / 255;
        summary->colour_deviation[c] = sqrt(variance < 0 ? 0 : variance) / 255;
    }
}

lvk_status lvk_explore_cells(const lvk_dataset *dataset, lvk_data_part part, int32_t label,
                             lvk_cell_summary *summary) {
    const size_t count = lvk_dataset_image_count(dataset);
    *summary = (lvk_cell_summary){0};
    double *areas = lvk_alloc(count, sizeof *areas);
    bool *seen = lvk_alloc(lvk_dataset_subject_count(dataset), sizeof *seen);
    const lvk_status status = areas && seen ? LVK_OK : LVK_ERROR_MEMORY;
    colour_sums sums = {0};
    for (size_t i = 0; status == LVK_OK && i < count; ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, i);
        if (image->part != part || image->label != label)
            continue;
        areas[summary->images++] = image->area;
        add_colour(&sums, image);
        summary->subjects += !seen[image->subject] && lvk_dataset_subject(dataset, image->subject)->named;
        seen[image->subject] = true;
    }
    if (status == LVK_OK) {
        lvk_sort_numbers(areas, summary->images);
        for (int q = 0; q < 3; ++q)
            summary->area_quartiles[q] = lvk_quantile(areas, summary->images, 0.25 * (q + 1));
        set_colour(summary, &sums);
    }
    lvk_free(seen);
    lvk_free(areas);
    return status;
}

/* ---- image sizes ---- */

static int by_size(const void *a, const void *b) {
    const lvk_image_size *x = a, *y = b;
    return x->width != y->width ? compare_u32(&x->width, &y->width) : compare_u32(&x->height, &y->height);
}

static int by_frequency(const void *a, const void *b) {
    const lvk_image_size *x = a, *y = b;
    return x->images != y->images ? (x->images < y->images) - (x->images > y->images) : by_size(a, b);
}

static void set_range(uint32_t *values, size_t count, uint32_t range[3]) {
    qsort(values, count, sizeof *values, compare_u32);
    range[0] = values[0];
    range[1] = values[(count - 1) / 2];
    range[2] = values[count - 1];
}

/* Joins equal neighbours; returns how many are left. */
static size_t join_sizes(lvk_image_size *sizes, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
        if (kept && by_size(&sizes[kept - 1], &sizes[i]) == 0)
            ++sizes[kept - 1].images;
        else
            sizes[kept++] = sizes[i];
    }
    return kept;
}

lvk_status lvk_explore_sizes(const lvk_dataset *dataset, lvk_size_summary *summary) {
    const size_t count = lvk_dataset_image_count(dataset); /* at least one */
    *summary = (lvk_size_summary){0};
    lvk_image_size *sizes = lvk_alloc(count, sizeof *sizes);
    uint32_t *widths = lvk_alloc(count, sizeof *widths), *heights = lvk_alloc(count, sizeof *heights);
    const lvk_status status = sizes && widths && heights ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        for (size_t i = 0; i < count; ++i) {
            const lvk_image_info *image = lvk_dataset_image(dataset, i);
            sizes[i] = (lvk_image_size){image->width, image->height, 1};
            widths[i] = image->width;
            heights[i] = image->height;
        }
        set_range(widths, count, summary->width);
        set_range(heights, count, summary->height);
        qsort(sizes, count, sizeof *sizes, by_size);
        summary->distinct = join_sizes(sizes, count);
        qsort(sizes, summary->distinct, sizeof *sizes, by_frequency);
        for (size_t i = 0; i < summary->distinct && i < LVK_SIZES_LISTED; ++i)
            summary->listed[i] = sizes[i];
    }
    lvk_free(heights);
    lvk_free(widths);
    lvk_free(sizes);
    return status;
}
