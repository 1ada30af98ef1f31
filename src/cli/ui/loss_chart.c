#include "loss_chart.h"

#include "format.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    MOST_COLUMNS = 80,
    ROWS = 9,
    MARGIN = 10, /* columns to the left of the losses */
    BEHIND = 8,  /* and to the right: "  epoch" */
    LEAST_COLUMNS = 60,
    MOST_SPACING = 4,
    MOST_WIDTH = MOST_COLUMNS - MARGIN - BEHIND
};

typedef struct plot {
    size_t count;
    size_t width;   /* columns of losses */
    size_t spacing; /* columns from an epoch to the next; 0: several epochs share a column */
    double least, most;
    char cells[ROWS][MOST_WIDTH + 1];
} plot;

static size_t column_of(const plot *p, size_t epoch) {
    return p->spacing ? epoch * p->spacing : epoch * (p->width - 1) / (p->count - 1);
}

/* The mean of the losses from epoch `*next` on that share its column; moves *next behind them. NaN: none is
 * known. */
static double next_mean(const plot *p, const double *losses, size_t *next) {
    const size_t column = column_of(p, *next);
    double sum = 0;
    size_t known = 0;
    for (; *next < p->count && column_of(p, *next) == column; ++*next)
        if (isfinite(losses[*next])) {
            sum += losses[*next];
            ++known;
        }
    return known ? sum / (double)known : (double)NAN;
}

/* Widens the range by the losses; returns how many columns have one. */
static size_t measure(plot *p, const double *losses) {
    size_t columns = 0;
    for (size_t epoch = 0; epoch < p->count;) {
        const double loss = next_mean(p, losses, &epoch);
        if (isnan(loss))
            continue;
        p->least = fmin(p->least, loss);
        p->most = fmax(p->most, loss);
        ++columns;
    }
    return columns;
}

static int row_of(const plot *p, double loss) {
    return (int)lround((p->most - loss) / (p->most - p->least) * (ROWS - 1));
}

static void draw(plot *p, const double *losses, char mark) {
    for (size_t epoch = 0; epoch < p->count;) {
        const size_t column = column_of(p, epoch);
        const double loss = next_mean(p, losses, &epoch);
        if (isnan(loss))
            continue;
        char *cell = &p->cells[row_of(p, loss)][column];
        *cell = *cell == ' ' ? mark : '@';
    }
}

static bool begin(plot *p, const loss_chart *chart) {
    const int columns = chart->columns < MOST_COLUMNS ? chart->columns : MOST_COLUMNS;
    const int room = columns - MARGIN - BEHIND;
    *p = (plot){.count = chart->count, .least = INFINITY, .most = -INFINITY};
    if (columns < LEAST_COLUMNS || chart->count < 2)
        return false;
    p->spacing = (size_t)(room - 1) / (chart->count - 1);
    p->spacing = p->spacing < MOST_SPACING ? p->spacing : MOST_SPACING;
    p->width = p->spacing ? (chart->count - 1) * p->spacing + 1 : (size_t)room;
    const size_t train = measure(p, chart->train), validation = measure(p, chart->validation);
    if (train < 2 && validation < 2)
        return false;
    if (!(p->most > p->least)) { /* a straight line, in the middle */
        p->least -= 0.5;
        p->most += 0.5;
    }
    for (int row = 0; row < ROWS; ++row)
        memset(p->cells[row], ' ', p->width);
    draw(p, chart->train, '*');
    draw(p, chart->validation, 'o');
    return true;
}

/* The loss at a row, with as many decimals as tell the rows apart. */
static char *label(const plot *p, int row, char text[FORMAT_SIZE]) {
    const double step = (p->most - p->least) / (ROWS - 1), loss = p->most - step * row;
    const double places = ceil(-log10(step));
    if (fabs(p->most) >= 1e5 || fabs(p->least) >= 1e5) {
        snprintf(text, FORMAT_SIZE, "%.2e", loss);
        return text;
    }
    return format_number(text, loss, places < 1 ? 1 : places > 5 ? 5 : (int)places);
}

static void print_rows(const plot *p, FILE *out) {
    char text[FORMAT_SIZE];
    for (int row = 0; row < ROWS; ++row) {
        const bool labelled = row % ((ROWS - 1) / 2) == 0;
        size_t length = p->width;
        while (length && p->cells[row][length - 1] == ' ')
            --length;
        fprintf(out, "%*s |%.*s\n", MARGIN - 2, labelled ? label(p, row, text) : "", (int)length,
                p->cells[row]);
    }
}

/* Puts the number of an epoch below its column, the last one's digits to its left, where no other number is near.
 */
static void put_epoch(const plot *p, size_t epoch, char line[MOST_WIDTH]) {
    char number[FORMAT_SIZE];
    const size_t length = (size_t)snprintf(number, sizeof number, "%zu", epoch), last = p->width - 1;
    size_t column = column_of(p, epoch - 1);
    if (column + length > p->width)
        column = p->width > length ? p->width - length : 0;
    for (size_t i = column ? column - 1 : 0; i <= column + length && i <= last; ++i)
        if (line[i] != ' ')
            return;
    memcpy(line + column, number, length);
}

static void print_axis(const plot *p, const loss_chart *chart, FILE *out) {
    char dashes[MOST_WIDTH], numbers[MOST_WIDTH];
    memset(dashes, '-', sizeof dashes);
    memset(numbers, ' ', sizeof numbers);
    put_epoch(p, 1, numbers);
    put_epoch(p, p->count, numbers);
    if (chart->kept) {
        dashes[column_of(p, chart->kept - 1)] = '^';
        put_epoch(p, chart->kept, numbers);
    }
    put_epoch(p, (p->count + 1) / 2, numbers);
    fprintf(out, "%*s+%.*s\n%*s %.*s  epoch\n", MARGIN - 1, "", (int)p->width, dashes, MARGIN - 1, "",
            (int)p->width, numbers);
}

static bool is_known(const double *losses, size_t count) {
    for (size_t epoch = 0; epoch < count; ++epoch)
        if (isfinite(losses[epoch]))
            return true;
    return false;
}

void loss_chart_print(const loss_chart *chart, FILE *out) {
    plot p;
    if (!begin(&p, chart))
        return;
    fprintf(out, "\n%*s\n", MARGIN - 2, "loss");
    print_rows(&p, out);
    print_axis(&p, chart, out);
    fprintf(out, "%*s * training%s%s\n", MARGIN - 1, "",
            is_known(chart->validation, chart->count) ? "  o validation  @ both" : "",
            chart->kept ? "  ^ kept" : "");
    if (!p.spacing)
        fprintf(out, "%*s a column is the mean of its epochs\n", MARGIN - 1, "");
}
