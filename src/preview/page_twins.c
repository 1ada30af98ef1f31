/* Images that are nearly one picture: compressed anew, brightened a little, or turned by quarters besides. Images of like
 * area and colour are candidates; their detail is compared in all eight orientations. */
#include "core/memory.h"
#include "core/parallel.h"
#include "image/resample.h"
#include "loader/cache.h"
#include "preview/data_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE = 48, /* of the picture of an image's cell, in its smallest box, that is compared */
    PIXELS = SIDE * SIDE,
    BLOCK = 3, /* pixels along a side that are one of the coarse picture, which is compared first */
    COARSE = SIDE / BLOCK,
    COARSE_PIXELS = COARSE * COARSE,
    BLUR = 2, /* detail is what differs from the mean of 5 x 5 pixels */
    MOST_IMAGES = 4000,
    MOST_PAIRS = 400000
};

/* Candidates: areas and colours that compression and a little light do not change more. */
static const double MOST_AREA_RATIO = 1.03, MOST_COLOUR = 0.03;

/* Correlations of detail, set by the 1,747 cells of C-NMC's sample: 125 pairs have 0.85 and more and look like one cell
 * in two photographs. All but one pair are of one person; other pairs of two people stay below 0.80. */
static const float LEAST_COARSE = 0.7F, LEAST_FINE = 0.85F;

/* The detail of an image, with a mean of 0 and a sum of squares of 1; all 0 where there is none. */
typedef struct signature {
    float fine[PIXELS], coarse[COARSE_PIXELS];
} signature;

typedef struct search {
    const lvk_data_page *page;
    lvk_cache *cache;
    signature *signatures;                                                        /* [images] */
    uint32_t *order;                                                              /* images by area */
    uint16_t fine[LVK_VIEW_COUNT][PIXELS], coarse[LVK_VIEW_COUNT][COARSE_PIXELS]; /* pixels of the views */
} search;

/* ---- signatures ---- */

static void normalize(float *values, size_t count) {
    double mean = 0, squares = 0;
    for (size_t i = 0; i < count; ++i)
        mean += values[i];
    mean /= (double)count;
    for (size_t i = 0; i < count; ++i)
        squares += (values[i] - mean) * (values[i] - mean);
    for (size_t i = 0; i < count; ++i)
        values[i] = squares > 1e-6 ? (float)((values[i] - mean) / sqrt(squares)) : 0;
}

/* The mean of the grey pixels around (x, y), those beyond the edge being black. */
static float blurred(const float *grey, int x, int y) {
    float sum = 0;
    for (int j = y - BLUR; j <= y + BLUR; ++j)
        for (int i = x - BLUR; i <= x + BLUR; ++i)
            sum += j >= 0 && j < SIDE && i >= 0 && i < SIDE ? grey[j * SIDE + i] : 0;
    return sum / ((2 * BLUR + 1) * (2 * BLUR + 1));
}

static void sign(const float *pixels, signature *s) {
    float grey[PIXELS];
    for (int i = 0; i < PIXELS; ++i)
        grey[i] = (pixels[3 * i] + pixels[3 * i + 1] + pixels[3 * i + 2]) / 3;
    for (int y = 0; y < SIDE; ++y)
        for (int x = 0; x < SIDE; ++x) {
            const float detail = grey[y * SIDE + x] - blurred(grey, x, y);
            s->fine[y * SIDE + x] = detail;
            s->coarse[y / BLOCK * COARSE + x / BLOCK] += detail;
        }
    normalize(s->fine, PIXELS);
    normalize(s->coarse, COARSE_PIXELS);
}

static lvk_status make_signature(void *user, size_t index) {
    const search *s = user;
    const lvk_augment plain = {0};
    const lvk_image *crop;
    lvk_image own = {0};
    float *pixels = lvk_alloc((size_t)PIXELS * 3, sizeof *pixels);
    if (!pixels)
        return LVK_ERROR_MEMORY;
    lvk_status status = lvk_cache_get(s->cache, (uint32_t)index, &crop, &own);
    if (status == LVK_OK)
        status = lvk_resample(crop, &plain, SIDE, pixels);
    if (status == LVK_OK)
        sign(pixels, &s->signatures[index]);
    lvk_image_finish(&own);
    lvk_free(pixels);
    return status;
}

/* ---- comparison ---- */

/* For every pixel of a view, the pixel of the picture: mirrored where view & 4, then view & 3 quarter turns. */
static void turn(int side, int view, uint16_t *from) {
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x) {
            int u = x, v = y;
            for (int quarter = 0; quarter < (view & 3); ++quarter) {
                const int before = u;
                u = side - 1 - v;
                v = before;
            }
            from[y * side + x] = (uint16_t)(v * side + (view & 4 ? side - 1 - u : u));
        }
}

static float correlate(const float *a, const float *b, const uint16_t *from, int count) {
    float sum = 0;
    for (int i = 0; i < count; ++i)
        sum += a[i] * b[from[i]];
    return sum;
}

/* How alike two images are: the correlation of their detail in the view in which it is largest; 0 where they are far
 * from alike. */
static float compare(const search *s, uint32_t a, uint32_t b) {
    const signature *x = &s->signatures[a], *y = &s->signatures[b];
    float best = 0;
    for (int view = 0; view < LVK_VIEW_COUNT; ++view) {
        if (correlate(x->coarse, y->coarse, s->coarse[view], COARSE_PIXELS) < LEAST_COARSE)
            continue;
        const float fine = correlate(x->fine, y->fine, s->fine[view], PIXELS);
        best = fine > best ? fine : best;
    }
    return best;
}

static bool has_like_colour(const lvk_data_page *page, uint32_t a, uint32_t b) {
    for (int trait = LVK_TRAIT_RED; trait < LVK_TRAIT_COUNT; ++trait)
        if (!(fabs(lvk_page_trait(page, a, (lvk_trait)trait) - lvk_page_trait(page, b, (lvk_trait)trait)) <=
              MOST_COLOUR))
            return false;
    return true;
}

/* Whether the images are one of the sets of duplicates. */
static bool is_duplicate(const lvk_data_page *page, uint32_t a, uint32_t b) {
    for (size_t d = 0; d < lvk_dataset_duplicate_count(page->dataset); ++d) {
        size_t count;
        bool has_a = false, has_b = false;
        const uint32_t *images = lvk_dataset_duplicate(page->dataset, d, &count);
        for (size_t i = 0; i < count; ++i) {
            has_a = has_a || images[i] == a;
            has_b = has_b || images[i] == b;
        }
        if (has_a && has_b)
            return true;
    }
    return false;
}

/* Whether a split may put the two images on different sides. */
static bool is_of_others(const lvk_dataset *dataset, uint32_t a, uint32_t b) {
    return lvk_dataset_image(dataset, a)->group != lvk_dataset_image(dataset, b)->group;
}

/* Pairs of different subjects or classes, which do harm, come first, then those that are more alike. */
static bool comes_before(const lvk_page_twin *a, const lvk_page_twin *b) {
    return a->harmful != b->harmful ? a->harmful : a->likeness > b->likeness;
}

/* Puts the pair in its place among those that are shown. */
static void place_twin(lvk_data_page *page, const lvk_page_twin *twin) {
    size_t at = page->twin_count;
    while (at > 0 && comes_before(twin, &page->twins[at - 1]))
        --at;
    if (at == LVK_PAGE_MOST_TWINS)
        return;
    page->twin_count += page->twin_count < LVK_PAGE_MOST_TWINS;
    memmove(page->twins + at + 1, page->twins + at, (page->twin_count - 1 - at) * sizeof *page->twins);
    page->twins[at] = *twin;
}

static void compare_all(const search *s, lvk_data_page *page) {
    const size_t count = lvk_dataset_image_count(page->dataset);
    size_t pairs = 0;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t a = s->order[i], area = lvk_dataset_image(page->dataset, a)->area;
        for (size_t j = i + 1; j < count && area; ++j) {
            const uint32_t b = s->order[j];
            if (lvk_dataset_image(page->dataset, b)->area > area * MOST_AREA_RATIO)
                break;
            if (!has_like_colour(page, a, b))
                continue;
            if (++pairs > MOST_PAIRS) {
                page->twins_given_up = true;
                return;
            }
            const float likeness = compare(s, a, b);
            if (likeness < LEAST_FINE || is_duplicate(page, a, b))
                continue;
            const bool others = is_of_others(page->dataset, a, b);
            const bool classes =
                lvk_dataset_image(page->dataset, a)->label != lvk_dataset_image(page->dataset, b)->label;
            ++page->twin_total;
            page->twins_of_others += others;
            page->twins_of_classes += classes;
            place_twin(page, &(lvk_page_twin){.images = {a < b ? a : b, a < b ? b : a},
                                              .harmful = others || classes,
                                              .likeness = likeness});
        }
    }
}

/* ---- search ---- */

typedef struct sized {
    uint32_t area, image;
} sized;

static int by_area(const void *a, const void *b) {
    const sized *x = a, *y = b;
    return x->area != y->area ? (x->area > y->area) - (x->area < y->area)
                              : (x->image > y->image) - (x->image < y->image);
}

static lvk_status order_by_area(search *s) {
    const size_t count = lvk_dataset_image_count(s->page->dataset);
    sized *list = lvk_alloc(count, sizeof *list);
    s->order = lvk_alloc(count, sizeof *s->order);
    const lvk_status status = list && s->order ? LVK_OK : LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count && status == LVK_OK; ++i)
        list[i] = (sized){lvk_dataset_image(s->page->dataset, i)->area, (uint32_t)i};
    if (status == LVK_OK)
        qsort(list, count, sizeof *list, by_area);
    for (size_t i = 0; i < count && status == LVK_OK; ++i)
        s->order[i] = list[i].image;
    lvk_free(list);
    return status;
}

static lvk_status run_search(search *s, lvk_data_page *page) {
    const lvk_crop box = {.kind = LVK_CROP_BBOX};
    const size_t count = lvk_dataset_image_count(page->dataset);
    for (int view = 0; view < LVK_VIEW_COUNT; ++view) {
        turn(SIDE, view, s->fine[view]);
        turn(COARSE, view, s->coarse[view]);
    }
    s->signatures = lvk_alloc(count, sizeof *s->signatures);
    if (!s->signatures)
        return LVK_ERROR_MEMORY;
    LVK_TRY(order_by_area(s));
    LVK_TRY(lvk_cache_create(page->dataset, &box, SIDE, LVK_CACHE_NOTHING, &s->cache));
    LVK_TRY(lvk_parallel_for(page->options.threads, count, make_signature, s, page->options.progress,
                             page->options.progress_user));
    compare_all(s, page);
    return LVK_OK;
}

lvk_status lvk_page_choose_twins(lvk_data_page *page) {
    page->twins_given_up = lvk_dataset_image_count(page->dataset) > MOST_IMAGES;
    if (page->twins_given_up)
        return LVK_OK;
    search *s = lvk_alloc(1, sizeof *s);
    if (!s)
        return LVK_ERROR_MEMORY;
    s->page = page;
    const lvk_status status = run_search(s, page);
    lvk_cache_destroy(&s->cache);
    lvk_free(s->signatures);
    lvk_free(s->order);
    lvk_free(s);
    LVK_TRY(status);
    for (size_t i = 0; i < page->twin_count; ++i) {
        page->twins[i].first_picture = page->pictures.count;
        for (int side = 0; side < 2; ++side)
            LVK_TRY(lvk_page_pictures_want(&page->pictures, page->twins[i].images[side], true));
    }
    return LVK_OK;
}
