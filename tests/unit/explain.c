/* Heat maps as numbers: where the cell is, shares of heat, where a map's places lie in a crop, patches,
 * colours. */
#include "core/memory.h"
#include "explain/explainer.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { SIDE = 20, PIXELS = SIDE * SIDE };

static uint8_t pixels[PIXELS * 3], places[PIXELS];

static void paint(int left, int top, int right, int bottom, uint8_t value) {
    for (int y = top; y < bottom; ++y)
        memset(pixels + (y * SIDE + left) * 3, value, (size_t)(right - left) * 3);
}

static uint8_t place_at(int x, int y) {
    return places[y * SIDE + x];
}

static void find(uint8_t black) {
    const lvk_image crop = {.pixels = pixels, .width = SIDE, .height = SIDE, .black = black};
    cr_assert_eq(lvk_crop_places_find(&crop, places), LVK_OK, "%s", lvk_error_message());
}

static size_t count(uint8_t place) {
    size_t found = 0;
    for (int i = 0; i < PIXELS; ++i)
        found += places[i] == place;
    return found;
}

/* A cell of 8 x 8 with a hole of 2 x 2, a mark of 3 x 3 in a corner, and a pixel that touches the cell by
 * its corner only. */
Test(explain, cell_is_the_largest_region_with_its_holes) {
    memset(pixels, 0, sizeof pixels);
    paint(6, 6, 14, 14, 90);
    paint(9, 9, 11, 11, 0);
    paint(0, 0, 3, 3, 255);
    paint(14, 14, 15, 15, 90);
    find(0);
    cr_expect_eq(count(LVK_PLACE_CELL), 64);
    cr_expect_eq(count(LVK_PLACE_OTHER), 10);
    cr_expect_eq(count(LVK_PLACE_GROUND), PIXELS - 74);
    cr_expect_eq(place_at(10, 10), LVK_PLACE_CELL, "the hole");
    cr_expect_eq(place_at(1, 1), LVK_PLACE_OTHER, "the mark");
    cr_expect_eq(place_at(14, 14), LVK_PLACE_OTHER, "by its corner");
    cr_expect_eq(place_at(5, 6), LVK_PLACE_GROUND);

    paint(0, 0, 3, 3, 16); /* as dark as JPEG's noise */
    find(16);
    cr_expect_eq(place_at(1, 1), LVK_PLACE_GROUND);
    paint(9, 6, 10, 9, 0); /* a way out of the hole */
    find(0);
    cr_expect_eq(place_at(10, 10), LVK_PLACE_GROUND);
    memset(pixels, 0, sizeof pixels);
    find(0);
    cr_expect_eq(count(LVK_PLACE_GROUND), PIXELS);
    memset(pixels, 7, sizeof pixels);
    find(0);
    cr_expect_eq(count(LVK_PLACE_CELL), PIXELS);
}

Test(explain, shares_are_of_the_sum_of_the_map) {
    static float map[PIXELS];
    lvk_heat heat = {0};
    memset(pixels, 0, sizeof pixels);
    paint(5, 5, 15, 15, 90);
    paint(0, 0, 2, 2, 255);
    find(0);
    map[10 * SIDE + 10] = 2; /* the cell */
    map[0] = 1;              /* the mark */
    map[3 * SIDE + 3] = 5;   /* ground */
    lvk_heat_measure(map, places, SIDE, &heat);
    cr_expect_float_eq(heat.on_ground, 0.625, 1e-12);
    cr_expect_float_eq(heat.outside_cell, 0.75, 1e-12);
    cr_expect_float_eq(heat.ground, 296.0 / 400, 1e-12);
    cr_expect_float_eq(heat.outside, 0.75, 1e-12);
    cr_expect(lvk_heat_is_astray(&heat));
    map[10 * SIDE + 10] = 6; /* as much on the cell as outside */
    lvk_heat_measure(map, places, SIDE, &heat);
    cr_expect_not(lvk_heat_is_astray(&heat));
    map[3 * SIDE + 3] = 11.4F; /* 12.4 of 18.4 outside, less than nine tenths of an even map's 0.75 */
    lvk_heat_measure(map, places, SIDE, &heat);
    cr_expect_not(lvk_heat_is_astray(&heat));
    map[3 * SIDE + 3] = 11.6F;
    lvk_heat_measure(map, places, SIDE, &heat);
    cr_expect(lvk_heat_is_astray(&heat));
    map[3 * SIDE + 3] = 5;
    cr_expect_float_eq(lvk_heat_normalize(map, PIXELS, 1), 6, 1e-6);
    cr_expect_float_eq(map[0], 1 / 6.0F, 1e-6F);
    cr_expect_eq(map[10 * SIDE + 10], 1);

    memset(map, 0, sizeof map); /* without heat, and without ground, no shares */
    lvk_heat_measure(map, places, SIDE, &heat);
    cr_expect(isnan(heat.on_ground) && isnan(heat.outside_cell) && !lvk_heat_is_astray(&heat));
    cr_expect_eq(lvk_heat_normalize(map, PIXELS, 0), 0);
    map[7] = 0.0009F; /* what an occlusion shows of rounding */
    cr_expect_eq(lvk_heat_normalize(map, PIXELS, LVK_EXPLAIN_LEAST_FALL), 0);
    cr_expect_eq(map[7], 0);
    map[0] = 1;
    memset(pixels, 7, sizeof pixels);
    find(0);
    lvk_heat_measure(map, places, SIDE, &heat);
    cr_expect(isnan(heat.on_ground) && isnan(heat.outside_cell));
}

/* A map of 3 x 3 places of an input of 10 pixels, at pixels 1, 5 and 9, in a crop of 20: place i is at 2
 * (4 i + 1.5). */
Test(explain, places_of_a_map_lie_where_they_see) {
    const lvk_feature_map size = {3, 3, 1, {.first = 1, .step = 4}};
    const float map[9] = {0, 0, 0, 0, 0, 1, 0, 0, 0}; /* row 1, column 2: about the point (19, 11) */
    static float crop[PIXELS];
    memset(crop, 0, sizeof crop);
    lvk_heat_enlarge(map, &size, 10, 2, crop, SIDE);
    for (int y = 0; y < SIDE; ++y) {
        for (int x = 0; x < SIDE; ++x) {
            const double across =
                fmax(0, 1 - fabs(fmin(x + 0.5, 19) - 19) / 8); /* a tent, and beyond it the edge */
            const double down = fmax(0, 1 - fabs(y + 0.5 - 11) / 8);
            cr_expect_float_eq((double)crop[y * SIDE + x], 2 * across * down, 1e-6, "(%d, %d): %g", x, y,
                               (double)crop[y * SIDE + x]);
        }
    }
}

Test(explain, patches_cover_every_pixel) {
    for (uint32_t side = 32; side <= 301; side += 7) {
        for (uint32_t patch = 1; patch <= side; patch += 1 + patch / 3) {
            const uint32_t patches = lvk_occlusion_patches(side, patch);
            uint32_t covered = 0;
            for (uint32_t i = 0; i < patches; ++i) {
                const uint32_t at = lvk_occlusion_place(side, patch, i);
                cr_assert(at <= covered && at + patch <= side, "side %u, patch %u: %u at %u", side, patch, i,
                          at);
                cr_assert(at + patch > covered, "side %u, patch %u: patch %u adds nothing", side, patch, i);
                covered = at + patch;
            }
            cr_assert_eq(covered, side, "side %u, patch %u", side, patch);
        }
    }
}

/* Hotter is brighter, also for who sees no colours. */
Test(explain, colours_grow_brighter) {
    double before = -1;
    for (int i = 0; i <= 100; ++i) {
        uint8_t c[3];
        lvk_heat_colour(i / 100.0, c);
        const double bright = 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
        cr_expect_geq(bright, before, "at %d %%", i);
        before = bright;
    }
    uint8_t ends[2][3];
    lvk_heat_colour(-3, ends[0]);
    lvk_heat_colour(7, ends[1]);
    cr_expect(ends[0][2] == 4 && ends[1][0] == 252);
}

Test(explain, picture_names_are_names_of_one_file) {
    static const struct {
        const char *path, *name;
    } wanted[] = {{"cells/a.b/cell 1.bmp", "0001-cell 1.png"},
                  {"x.png", "0001-x.png"},
                  {".png", "0001-.png.png"},
                  {"no ending", "0001-no ending.png"}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; ++i) {
        char *name = lvk_explain_picture_name(0, wanted[i].path);
        cr_expect_str_eq(name, wanted[i].name);
        lvk_free(name);
    }
}

/* Out of memory at any moment: an error, and nothing is left behind. */
Test(explain, places_survive_a_lack_of_memory) {
    const lvk_image crop = {.pixels = pixels, .width = SIDE, .height = SIDE};
    const uint64_t before = lvk_alloc_live();
    lvk_status status = LVK_ERROR_MEMORY;
    uint64_t n = 0;
    while (status != LVK_OK) {
        lvk_alloc_fail_after(++n);
        status = lvk_crop_places_find(&crop, places);
        lvk_alloc_fail_after(0);
        cr_expect(status == LVK_OK || status == LVK_ERROR_MEMORY);
        cr_assert_eq(lvk_alloc_live(), before, "allocation %d", (int)n);
    }
    cr_expect_eq(n, 3, "two allocations");
}
