/* GET /v1/run: the learning curves of a run, or of the runs below a folder. */
#ifndef LVK_SERVE_WATCH_H
#define LVK_SERVE_WATCH_H

#include "serve/request.h"

void lvk_watch_answer(lvk_request *request);

#endif
