/* Warnings about images that are unlike those that a model was trained on. */
#ifndef LEUKVK_CLI_NOVELTY_REPORT_H
#define LEUKVK_CLI_NOVELTY_REPORT_H

#include "classify.h"

/* Names the first of the rows' images that are unlike the training's, with what is unusual about them, and warns
 * where the areas of all differ from the training's by a factor. `refused`: such images are given no class. Returns
 * how many there are. */
size_t novelty_report(const classify_session *session, const lvk_prediction *rows, size_t count,
                      bool refused);

#endif
