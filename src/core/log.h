/* Messages for the user, sent to a sink that the program sets. The library itself never prints. */
#ifndef LVK_CORE_LOG_H
#define LVK_CORE_LOG_H

#include "core/error.h"
#include "leukvk/log.h"

void lvk_log(lvk_log_level level, const char *format, ...) LVK_PRINTF(2, 3);

#endif
