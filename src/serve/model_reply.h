/* GET /v1/model: what is known about the model that is served. */
#ifndef LVK_SERVE_MODEL_REPLY_H
#define LVK_SERVE_MODEL_REPLY_H

#include "serve/server.h"

/* Makes the text, once at the start: it reads the model's file for its digest. `model` is the path that was given. */
LVK_MUST_USE lvk_status lvk_model_reply_make(const lvk_server *server, const char *model, char **text);

void lvk_model_answer(lvk_request *request);

#endif
