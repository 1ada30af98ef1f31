#include "novelty_report.h"

#include "ui/memory.h"
#include "ui/output.h"
#include "ui/quiet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED = 5, FEWEST_AREAS = 3 };

/* Areas of other people's cells differ by less than this factor in the median. */
static const double most_factor = 1.5;

static void print_cause(const classify_session *session, const lvk_prediction *row) {
    if (strcmp(row->novelty_cause, "area") == 0 && row->area)
        fprintf(stderr, "area %.3g times the usual", row->area / session->usual_area);
    else
        fputs(row->novelty_cause, stderr);
}

static int compare_areas(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The median area of the images whose area is known; 0: of too few. */
static double median_area(const lvk_prediction *rows, size_t count) {
    uint32_t *areas = allocate(count, sizeof *areas);
    size_t known = 0;
    for (size_t i = 0; i < count; ++i)
        if (rows[i].area)
            areas[known++] = rows[i].area;
    if (known)
        qsort(areas, known, sizeof *areas, compare_areas);
    const double median = known >= FEWEST_AREAS ? areas[known / 2] : 0;
    free(areas);
    return median;
}

static void report_areas(const classify_session *session, const lvk_prediction *rows, size_t count) {
    const double factor = median_area(rows, count) / session->usual_area;
    if (factor > most_factor || (factor > 0 && factor < 1 / most_factor))
        fprintf(
            stderr,
            "warning: the cells have %.3g times the area of those that the model was trained on: %.0f pixels in the "
            "median, not %.0f; is the scale another?\n",
            factor, factor * session->usual_area, session->usual_area);
}

size_t novelty_report(const classify_session *session, const lvk_prediction *rows, size_t count,
                      bool refused) {
    size_t novel = 0, named = 0;
    if (!session->knowing) {
        if (!quiet_is_set())
            fputs("the model does not know what images it was trained on: their novelty is not known\n",
                  stderr);
        return 0;
    }
    for (size_t i = 0; i < count; ++i)
        novel += lvk_prediction_is_novel(&rows[i]);
    if (novel)
        fprintf(stderr, "warning: %zu of %zu images are unlike what the model was trained on: ", novel,
                count);
    for (size_t i = 0; i < count && named < NAMED; ++i) {
        if (!lvk_prediction_is_novel(&rows[i]))
            continue;
        fprintf(stderr, "%s%s (", named++ ? ", " : "", shown(rows[i].path));
        print_cause(session, &rows[i]);
        fputc(')', stderr);
    }
    if (novel > named)
        fprintf(stderr, " and %zu more", novel - named);
    if (novel)
        fputs(refused ? "; they are given no class\n" : "; their classes mean little\n", stderr);
    report_areas(session, rows, count);
    return novel;
}
