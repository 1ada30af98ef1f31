/* Heat maps as numbers: their size, their shares, and the places of a crop. */
#include "core/memory.h"
#include "explain/explainer.h"

#include <math.h>

/* Less ground than this share of a crop tells nothing of where the cell ends. */
#define LEAST_GROUND 0.01

/* Two places of a row and the weight of the second. */
typedef struct between {
    uint32_t a, b;
    double weight;
} between;

static between find_between(double at, uint32_t count) {
    const double clamped = fmin(fmax(at, 0), count - 1);
    const uint32_t a = (uint32_t)clamped;
    return (between){a, a + 1 < count ? a + 1 : a, clamped - a};
}

static double value_between(const float *map, uint32_t width, const between *row, const between *column) {
    const float *above = map + (size_t)row->a * width, *below = map + (size_t)row->b * width;
    const double top =
        (double)above[column->a] + column->weight * ((double)above[column->b] - (double)above[column->a]);
    const double bottom =
        (double)below[column->a] + column->weight * ((double)below[column->b] - (double)below[column->a]);
    return top + row->weight * (bottom - top);
}

double lvk_map_at(const float *map, uint32_t side, double x, double y) {
    const between row = find_between(y - 0.5, side), column = find_between(x - 0.5, side);
    return value_between(map, side, &row, &column);
}

/* The place of a map that crop pixel `i` is at, in places. */
static double place_of(uint32_t i, uint32_t side, uint32_t output, const lvk_map_place *place) {
    const double pixel = (i + 0.5) * output / side - 0.5; /* of the network's input */
    return (pixel - place->first) / place->step;
}

void lvk_heat_enlarge(const float *map, const lvk_feature_map *size, uint32_t output, double weight,
                      float *sum, uint32_t side) {
    for (uint32_t y = 0; y < side; ++y) {
        const between row = find_between(place_of(y, side, output, &size->place), size->height);
        for (uint32_t x = 0; x < side; ++x) {
            const between column = find_between(place_of(x, side, output, &size->place), size->width);
            sum[(size_t)y * side + x] += (float)(weight * value_between(map, size->width, &row, &column));
        }
    }
}

double lvk_heat_normalize(float *map, size_t count, double least) {
    float maximum = 0;
    for (size_t i = 0; i < count; ++i)
        maximum = map[i] > maximum ? map[i] : maximum;
    const bool is_heat = maximum > 0 && (double)maximum >= least;
    for (size_t i = 0; i < count; ++i)
        map[i] = is_heat ? map[i] / maximum : 0;
    return is_heat ? (double)maximum : 0;
}

void lvk_heat_measure(const float *map, const uint8_t *places, uint32_t side, lvk_heat *heat) {
    double sums[3] = {0}, all = 0;
    size_t counts[3] = {0};
    const size_t pixels = (size_t)side * side;
    for (size_t i = 0; i < pixels; ++i) {
        sums[places[i]] += (double)map[i];
        all += (double)map[i];
        ++counts[places[i]];
    }
    heat->ground = (double)counts[LVK_PLACE_GROUND] / (double)pixels;
    heat->outside = (double)(pixels - counts[LVK_PLACE_CELL]) / (double)pixels;
    const bool is_known = all > 0 && heat->ground >= LEAST_GROUND;
    heat->on_ground = is_known ? sums[LVK_PLACE_GROUND] / all : (double)NAN;
    heat->outside_cell = is_known ? (sums[LVK_PLACE_GROUND] + sums[LVK_PLACE_OTHER]) / all : (double)NAN;
}

bool lvk_heat_is_astray(const lvk_heat *heat) {
    return heat->outside_cell > 0.5 && heat->outside_cell >= 0.9 * heat->outside; /* false where it is NaN */
}

/* ---- the places of a crop ---- */

typedef struct flood {
    uint32_t side;
    size_t *stack; /* [side * side] */
    size_t count;
} flood;

static void push(flood *f, uint8_t *kinds, size_t at, uint8_t from, uint8_t to) {
    if (kinds[at] != from)
        return;
    kinds[at] = to;
    f->stack[f->count++] = at;
}

/* Changes the region of kind `from` that `at` is in to `to`; returns its pixels. */
static size_t fill(flood *f, uint8_t *kinds, size_t at, uint8_t from, uint8_t to) {
    size_t pixels = 0;
    f->count = 0;
    push(f, kinds, at, from, to);
    while (f->count) {
        const size_t own = f->stack[--f->count], x = own % f->side, y = own / f->side;
        ++pixels;
        if (x > 0)
            push(f, kinds, own - 1, from, to);
        if (x + 1 < f->side)
            push(f, kinds, own + 1, from, to);
        if (y > 0)
            push(f, kinds, own - f->side, from, to);
        if (y + 1 < f->side)
            push(f, kinds, own + f->side, from, to);
    }
    return pixels;
}

enum { SEEN = LVK_PLACE_OTHER + 1, HOLE, BEYOND };

/* Makes the largest region that is not black the cell; the others stay LVK_PLACE_OTHER. */
static void find_cell(flood *f, uint8_t *places, size_t pixels) {
    size_t largest = 0, first = 0;
    for (size_t i = 0; i < pixels; ++i) {
        const size_t own = places[i] == LVK_PLACE_OTHER ? fill(f, places, i, LVK_PLACE_OTHER, SEEN) : 0;
        if (own > largest) {
            largest = own;
            first = i;
        }
    }
    if (largest)
        (void)fill(f, places, first, SEEN, LVK_PLACE_CELL);
}

/* Holes: what no way leads to from the edge of the crop but through the cell. They become the cell's. */
static void fill_holes(flood *f, const uint8_t *places, uint8_t *kinds, size_t pixels) {
    const uint32_t last = f->side - 1;
    for (size_t i = 0; i < pixels; ++i)
        kinds[i] = places[i] == LVK_PLACE_CELL ? LVK_PLACE_CELL : HOLE;
    for (size_t i = 0; i < f->side; ++i) {
        const size_t edge[] = {i, (size_t)last * f->side + i, i * f->side, i * f->side + last};
        for (size_t e = 0; e < 4; ++e)
            (void)fill(f, kinds, edge[e], HOLE, BEYOND);
    }
}

lvk_status lvk_crop_places_find(const lvk_image *crop, uint8_t *places) {
    const size_t pixels = (size_t)crop->width * crop->width;
    flood f = {.side = crop->width, .stack = lvk_alloc(pixels, sizeof *f.stack)};
    uint8_t *kinds = lvk_alloc(pixels, 1);
    if (!f.stack || !kinds) {
        lvk_free(f.stack);
        lvk_free(kinds);
        return LVK_ERROR_MEMORY;
    }
    for (size_t i = 0; i < pixels; ++i)
        places[i] =
            lvk_pixel_is_black(crop->pixels + i * 3, crop->black) ? LVK_PLACE_GROUND : LVK_PLACE_OTHER;
    find_cell(&f, places, pixels);
    fill_holes(&f, places, kinds, pixels);
    for (size_t i = 0; i < pixels; ++i)
        places[i] = kinds[i] != BEYOND ? LVK_PLACE_CELL : places[i] == SEEN ? LVK_PLACE_OTHER : places[i];
    lvk_free(f.stack);
    lvk_free(kinds);
    return LVK_OK;
}
