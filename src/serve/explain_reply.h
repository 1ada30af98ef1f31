/* POST /v1/explain: what the model looked at in an image. */
#ifndef LVK_SERVE_EXPLAIN_REPLY_H
#define LVK_SERVE_EXPLAIN_REPLY_H

#include "serve/request.h"

/* Finds the request's one image, and gives it to the worker. */
void lvk_explain_answer(lvk_request *request);

/* Makes the reply, on the thread that the classifier belongs to. The image has been decoded and is not refused. */
void lvk_explain_reply(lvk_request *request);

#endif
