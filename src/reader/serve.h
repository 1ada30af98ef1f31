/* What the reading program does: it answers one request (protocol.h). */
#ifndef LVK_READER_SERVE_H
#define LVK_READER_SERVE_H

#include "core/error.h"

/* Takes a request from the process that started this one, and answers it (core/child_program.h). A failure
 * says that the other process is gone. */
LVK_MUST_USE lvk_status lvk_reader_serve(void);

#endif
