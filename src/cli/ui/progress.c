#define _DEFAULT_SOURCE /* struct winsize */
#include "progress.h"

#include "format.h"
#include "leukvk/app/text.h"
#include "quiet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static const double REDRAW_SECONDS = 0.1;
enum { LINE_SIZE = 512, SHORTEST_BAR = 6, LONGEST_BAR = 30, ROOM_FOR_BOTH = 40 };

static double monotonic_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool can_redraw(FILE *out) {
    const char *terminal = getenv("TERM");
    return isatty(fileno(out)) && terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

int terminal_columns(FILE *out) {
    struct winsize size;
    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void progress_begin(progress *p, FILE *out, const char *title, const char *unit, uint64_t total,
                    bool every_tenth) {
    *p = (progress){.out = out, .is_terminal = can_redraw(out), .clock = monotonic_seconds, .total = total};
    snprintf(p->title, sizeof p->title, "%s", title);
    lvk_text_make_printable(p->title);
    snprintf(p->unit, sizeof p->unit, "%s", unit);
    p->every_tenth = every_tenth;
    p->started = p->clock();
    p->drawn = -INFINITY;
}

/* ---- the line ---- */

/* The parts behind the bar, in the order in which they are shown. */
enum { COUNT, RATE, LOSS, ACCURACY, REMAINING, PARTS };
typedef struct line_parts {
    char text[PARTS][96];
} line_parts;

static double rate_of(const progress *p, uint64_t done, double now) {
    const double seconds = now - p->started;
    if (p->rate > 0)
        return p->rate;
    return seconds > 0 && done > 0 ? (double)done / seconds : (double)NAN;
}

static void fill_parts(const progress *p, const progress_values *values, double now, line_parts *parts) {
    char a[FORMAT_SIZE], b[FORMAT_SIZE];
    const double rate = rate_of(p, values->done, now);
    *parts = (line_parts){0};
    snprintf(parts->text[COUNT], sizeof *parts->text, "%s/%s", format_count(a, values->done),
             format_count(b, p->total));
    if (!isnan(rate))
        snprintf(parts->text[RATE], sizeof *parts->text, "%s %s/s", format_number(a, rate, 1), p->unit);
    if (!isnan(values->loss))
        snprintf(parts->text[LOSS], sizeof *parts->text, "loss %s", format_number(a, values->loss, 4));
    if (!isnan(values->accuracy))
        snprintf(parts->text[ACCURACY], sizeof *parts->text, "acc %s", format_number(a, values->accuracy, 3));
    if (!isnan(rate) && values->done < p->total)
        snprintf(parts->text[REMAINING], sizeof *parts->text, "ETA %s",
                 format_duration(a, (double)(p->total - values->done) / rate));
}

/* Drops parts until what is left fits into `room` columns, two in front of each; returns the columns left. */
static int fit_parts(line_parts *parts, int room) {
    static const int least_important[] = {COUNT, ACCURACY, RATE, LOSS, REMAINING};
    int needed = 0;
    for (int i = 0; i < PARTS; ++i)
        needed += parts->text[i][0] ? (int)strlen(parts->text[i]) + 2 : 0;
    for (int i = 0; i < PARTS && needed > room; ++i) {
        char *text = parts->text[least_important[i]];
        needed -= *text ? (int)strlen(text) + 2 : 0;
        *text = '\0';
    }
    return room - needed;
}

static void append(char *line, size_t size, const char *text) {
    const size_t length = strlen(line);
    snprintf(line + length, size - length, "%s", text);
}

/* " [====>    ]" of at most `room` columns; nothing when that is too short to tell anything. */
static void append_bar(char *line, size_t size, int room, double share) {
    const int inner = room - 3 > LONGEST_BAR ? LONGEST_BAR : room - 3;
    if (inner < SHORTEST_BAR)
        return;
    char bar[LONGEST_BAR + 1];
    const int full = (int)(share * inner);
    memset(bar, ' ', (size_t)inner);
    memset(bar, '=', (size_t)full);
    if (full < inner)
        bar[full] = '>';
    bar[inner] = '\0';
    append(line, size, " [");
    append(line, size, bar);
    append(line, size, "]");
}

/* Cuts a text that is too wide even so, at a character's beginning. */
static void cut_to_columns(char *line, int columns) {
    size_t length = strlen(line);
    while (length > 0 && (int)lvk_text_columns(line) > columns) {
        do {
            --length;
        } while (length > 0 && ((unsigned char)line[length] & 0xC0) == 0x80);
        line[length] = '\0';
    }
}

char *progress_line(const progress *p, const progress_values *values, double now, int columns, char *line,
                    size_t size) {
    const double share =
        p->total == 0 || values->done >= p->total ? 1 : (double)values->done / (double)p->total;
    line_parts parts;
    fill_parts(p, values, now, &parts);
    snprintf(line, size, "%s %3d%%", p->title, (int)(100 * share));
    const int room =
        columns - 1 - (int)lvk_text_columns(line); /* the last column makes some terminals wrap */
    const int reserved = room >= ROOM_FOR_BOTH ? SHORTEST_BAR + 3 : 0;
    append_bar(line, size, reserved + fit_parts(&parts, room - reserved), share);
    for (int i = 0; i < PARTS; ++i) {
        if (parts.text[i][0]) {
            append(line, size, "  ");
            append(line, size, parts.text[i]);
        }
    }
    cut_to_columns(line, columns > 1 ? columns - 1 : 0);
    return line;
}

/* ---- drawing ---- */

static void print_plain(progress *p, const progress_values *values, double now) {
    line_parts parts;
    fill_parts(p, values, now, &parts);
    fputs(p->title, p->out);
    for (int i = 0; i < PARTS; ++i)
        if (parts.text[i][0])
            fprintf(p->out, "  %s", parts.text[i]);
    putc('\n', p->out);
    fflush(p->out);
}

void progress_update(progress *p, const progress_values *values) {
    const double now = p->clock();
    if (quiet_is_set())
        return;
    if (!p->is_terminal) {
        const int tenth = p->total ? (int)(10.0 * (double)values->done / (double)p->total) : 0;
        if (p->every_tenth && tenth > p->tenths && tenth < 10) {
            p->tenths = tenth;
            print_plain(p, values, now);
        }
        return;
    }
    if (now - p->drawn < REDRAW_SECONDS)
        return;
    char line[LINE_SIZE];
    const int columns = p->columns > 0 ? p->columns : terminal_columns(p->out);
    progress_line(p, values, now, columns, line, sizeof line);
    fprintf(p->out, "\r%s\033[K", line);
    fflush(p->out);
    p->drawn = now;
    p->visible = true;
}

bool progress_count(void *user, size_t done, size_t total) {
    progress *p = user;
    p->total = total;
    progress_update(p, &(progress_values){done, NAN, NAN});
    return true;
}

void progress_clear(progress *p) {
    if (!p->visible)
        return;
    fputs("\r\033[K", p->out);
    fflush(p->out);
    p->visible = false;
    p->drawn = -INFINITY;
}

void progress_end(progress *p, const progress_values *values, const char *summary) {
    const double now = p->clock();
    char count[FORMAT_SIZE], seconds[FORMAT_SIZE], number[FORMAT_SIZE];
    if (quiet_is_set())
        return;
    progress_clear(p);
    fprintf(p->out, "%s  %s %s in %s", p->title, format_count(count, values->done), p->unit,
            format_duration(seconds, now - p->started));
    const double rate = rate_of(p, values->done, now);
    if (!isnan(rate))
        fprintf(p->out, "  %s %s/s", format_number(number, rate, 1), p->unit);
    if (!isnan(values->loss))
        fprintf(p->out, "  loss %s", format_number(number, values->loss, 4));
    if (!isnan(values->accuracy))
        fprintf(p->out, "  acc %s", format_number(number, values->accuracy, 3));
    if (summary && *summary)
        fprintf(p->out, "  %s", summary);
    putc('\n', p->out);
    fflush(p->out);
}
