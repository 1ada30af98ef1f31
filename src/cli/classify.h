/* What predict and eval have in common: their options, and running a model over images with a progress bar.
 */
#ifndef LEUKVK_CLI_CLASSIFY_H
#define LEUKVK_CLI_CLASSIFY_H

#include "selection.h"

#include <argp.h>
#include <stdbool.h>

typedef struct classify_arguments {
    lvk_device_options device;
    lvk_classifier_options classifier;
    const char *model, *part, *data, *out;
    bool model_optional;
} classify_arguments;

/* --model, --part, --data, --out, --batch, --threads and the device's options, as an argp child; its input is
 * a classify_arguments. */
extern const struct argp classify_argp;

/* A model on its device. */
typedef struct classify_session {
    lvk_device *device;
    lvk_classifier *classifier;
} classify_session;

/* Opens both; returns an lvk_status. classify_close releases them, also after a failure. */
int classify_open(classify_session *session, const classify_arguments *arguments);
void classify_close(classify_session *session);

/* *rows[i] of image i of the selection, freed with free. Returns an lvk_status. */
int classify_run(classify_session *session, const selection *images, const char *title,
                 lvk_prediction **rows);

/* Writes the rows into a file, or to standard output where `path` is NULL. */
int classify_write(const classify_session *session, const lvk_prediction *rows, size_t count,
                   lvk_prediction_options how, const char *path);

#endif
