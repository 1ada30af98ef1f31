/* The images that a model gets most wrong: as lines, and as a sheet of pictures. */
#ifndef LEUKVK_CLI_WORST_H
#define LEUKVK_CLI_WORST_H

#include "selection.h"

typedef struct worst_options {
    uint32_t count;    /* of images; 0: none are asked for */
    const char *sheet; /* a PNG file to draw; NULL: none */
    const char *crop;  /* of the model, for the sheet */
} worst_options;

/* Prints the labelled rows, of which there is one at least, to whose own class the model gives the least
 * probability, the least first. A sheet draws `images`, whose image i has row i; without one they may be NULL.
 * `classes` are the names, of two the negative and the positive one; `threshold` is of two. Returns an
 * lvk_status. */
int worst_show(const worst_options *options, const lvk_prediction *rows, size_t count,
               const char *const *classes, uint32_t class_count, double threshold, const selection *images);

#endif
