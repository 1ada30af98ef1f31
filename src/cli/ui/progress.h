/* How far a long piece of work is: a bar that redraws itself on a terminal, lines of text anywhere else.
 *
 *   Epoch 3/20  42% [=======>            ]  512/1,223  18.3 images/s  loss 0.4321  acc 0.812  ETA 39 s
 *
 * Use: progress_begin, progress_update as often as you like (it looks at the clock and mostly does nothing),
 * progress_clear before any other output to the terminal, progress_end. One thread at a time.
 * With --quiet nothing is shown. */
#ifndef LEUKVK_CLI_UI_PROGRESS_H
#define LEUKVK_CLI_UI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct progress {
    FILE *out;
    bool is_terminal;      /* set by progress_begin: `out` is a terminal that can move its cursor */
    int columns;           /* of the terminal; 0: it is asked at every redraw */
    double (*clock)(void); /* seconds; monotonic */

    char title[64]; /* "Epoch 3/20" */
    char unit[16];  /* "images" */
    uint64_t total;
    double rate;      /* units per second, where the caller knows them better than from the time since the
                         beginning:      some were done before; else 0 */
    bool every_tenth; /* a pipe gets a line every 10 %; at the end it gets one in any case */

    double started, drawn; /* times of the begin and of the last redraw */
    bool visible;          /* a bar stands on the terminal's last line */
    int tenths;            /* of the work that a pipe has been told of */
} progress;

/* What there is to tell; a NaN is left out. */
typedef struct progress_values {
    uint64_t done;
    double loss, accuracy;
} progress_values;

/* Starts the clock. `every_tenth`: a pipe also gets a line every 10 % of the work. Fields that a caller wants
 * to be different are changed after this call. */
void progress_begin(progress *p, FILE *out, const char *title, const char *unit, uint64_t total,
                    bool every_tenth);

/* Redraws at most ten times a second. */
void progress_update(progress *p, const progress_values *values);

/* The same as an lvk_data_progress, whose `user` is the bar: also sets the total. Always true. */
bool progress_count(void *user, size_t done, size_t total);

/* Removes the bar from the terminal; the next update draws it again. */
void progress_clear(progress *p);

/* Removes the bar and prints the final line: what was done, how long it took, `summary` (may be NULL) behind
 * it. */
void progress_end(progress *p, const progress_values *values, const char *summary);

/* The line that a terminal of that many columns gets, at most size - 1 bytes and columns - 1 characters
 * (ASCII but for the title). What does not fit is dropped, the least important first. Returns `line`. */
char *progress_line(const progress *p, const progress_values *values, double now, int columns, char *line,
                    size_t size);

/* The columns of the terminal `out`; 80 where it does not tell. */
int terminal_columns(FILE *out);

#endif
