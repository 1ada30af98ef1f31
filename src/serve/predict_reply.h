/* POST /v1/predict: the images of a request, and what the classifier says of them. */
#ifndef LVK_SERVE_PREDICT_REPLY_H
#define LVK_SERVE_PREDICT_REPLY_H

#include "leukvk/predictions.h"
#include "serve/request.h"

/* Finds the request's images, and gives it to the worker. */
void lvk_predict_answer(lvk_request *request);

/* Makes the reply, of the rows of the request's images that were not refused, in their order. */
void lvk_predict_reply(lvk_request *request, const lvk_prediction *rows);

/* How the server's predictions are written: the classes, joined where calibration has joined them. `names` is room for
 * two names. */
enum { LVK_JOINED_NAME = LVK_MOST_CLASSES * 256 };
lvk_prediction_options lvk_predict_options(const lvk_classifier_info *info, char names[2][LVK_JOINED_NAME]);

#endif
