#include "decode/bmp_runs.h"

#include <stddef.h>

enum { END_OF_ROW, END_OF_PICTURE, MOVE }; /* second bytes behind a 0; greater ones count indices */

static bool stop(lvk_bmp_runs *runs, const char *reason) {
    runs->count = 0;
    runs->reason = reason;
    return false;
}

/* Rows in memory are filled up to 32 bits, and some writers code the filling too. */
static uint32_t filled_width(const lvk_bmp_runs *runs) {
    return (runs->width * runs->bits + 31) / 32 * 32 / runs->bits;
}

/* A piece of `count` pixels at the place of the walk; filling is left out. */
static bool take_piece(lvk_bmp_runs *runs, uint32_t count, bool repeats) {
    if (runs->y >= runs->height || count > filled_width(runs) - runs->x)
        return stop(runs, "broken BMP: a run of pixels leaves the picture");
    const uint32_t left = runs->x < runs->width ? runs->width - runs->x : 0;
    runs->count = count < left ? count : left;
    runs->step = count;
    runs->indices = runs->at;
    runs->repeats = repeats;
    return true;
}

static bool take_indices(lvk_bmp_runs *runs, uint32_t count) {
    const size_t bytes = runs->bits == 8 ? count : (count + 1) / 2, padded = bytes + bytes % 2;
    const size_t left = (size_t)(runs->end - runs->at);
    if (left < bytes)
        return stop(runs, "truncated BMP: the runs of pixels end early");
    const bool taken = take_piece(runs, count, false);
    runs->at += left < padded ? left : padded;
    return taken;
}

static bool move(lvk_bmp_runs *runs) {
    if (runs->end - runs->at < 2)
        return stop(runs, "truncated BMP: the runs of pixels end early");
    runs->x += runs->at[0];
    runs->y += runs->at[1];
    runs->at += 2;
    if (runs->x > filled_width(runs) || runs->y > runs->height)
        return stop(runs, "broken BMP: a run of pixels leaves the picture");
    return true;
}

bool lvk_bmp_runs_next(lvk_bmp_runs *runs) {
    runs->x += runs->step; /* of the piece before */
    runs->step = runs->count = 0;
    for (;;) {
        if (runs->end - runs->at < 2) { /* without an end mark, but perhaps whole */
            const bool whole =
                runs->y >= runs->height || (runs->y + 1 == runs->height && runs->x >= runs->width);
            return stop(runs, whole ? NULL : "truncated BMP: the runs of pixels end early");
        }
        const uint32_t count = runs->at[0], code = runs->at[1];
        if (count) {
            runs->at += 1;
            const bool taken = take_piece(runs, count, true);
            runs->at += 1;
            return taken;
        }
        runs->at += 2;
        if (code == END_OF_PICTURE)
            return stop(runs, NULL);
        if (code > MOVE)
            return take_indices(runs, code);
        if (code == MOVE) {
            if (!move(runs))
                return false;
        } else {
            runs->x = 0;
            runs->y += runs->y < runs->height;
        }
    }
}
