#include "epoch_line.h"

#include "format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* In the order in which the line shows them. */
enum { RATE, LOSS, ACCURACY, VALIDATION_LOSS, VALIDATION_AUC, BEST, WAITED, FIGURES };

char *epoch_line(const lvk_train_event *event, int columns, char *line, size_t size) {
    static const int least_important[] = {WAITED, ACCURACY, RATE, LOSS};
    char text[FIGURES][48] = {{0}}, number[FORMAT_SIZE];
    const lvk_metrics *v = event->validation;
    const double rate = event->images_per_second;
    if (rate > 0)
        snprintf(text[RATE], sizeof *text, "  %s images/s", format_number(number, rate, rate < 100 ? 1 : 0));
    snprintf(text[LOSS], sizeof *text, "  loss %s", format_number(number, event->loss, 4));
    snprintf(text[ACCURACY], sizeof *text, "  acc %s", format_number(number, event->accuracy, 3));
    if (v) {
        snprintf(text[VALIDATION_LOSS], sizeof *text, "  validation loss %s",
                 format_number(number, v->loss, 4));
        snprintf(text[VALIDATION_AUC], sizeof *text, "  AUC %s", format_number(number, v->auc, 3));
    }
    snprintf(text[BEST], sizeof *text, "%s", event->best ? "  best" : "");
    if (event->waited >= 0.1) /* images come too slowly */
        snprintf(text[WAITED], sizeof *text, "  waited %.0f %%", 100 * event->waited);
    int used = snprintf(line, size, "Epoch %" PRIu32 "/%" PRIu32, event->epoch, event->epochs);
    for (int i = 0; i < FIGURES; ++i)
        used += (int)strlen(text[i]);
    for (size_t i = 0; i < sizeof least_important / sizeof *least_important && used > columns; ++i) {
        used -= (int)strlen(text[least_important[i]]);
        text[least_important[i]][0] = '\0';
    }
    for (int i = 0; i < FIGURES; ++i)
        snprintf(line + strlen(line), size - strlen(line), "%s", text[i]);
    return line;
}
