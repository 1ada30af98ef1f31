/* The epochs of a run (leukvk/history.h) from the text of its metrics.csv. */
#ifndef LVK_ARTIFACT_HISTORY_H
#define LVK_ARTIFACT_HISTORY_H

#include "core/error.h"
#include "leukvk/history.h"

/* `name` is what error lines call the text. */
LVK_MUST_USE lvk_status lvk_history_parse(const char *name, const char *text, lvk_history *history);

#endif
