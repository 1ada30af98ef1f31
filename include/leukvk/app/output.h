/* Files that a program is asked to write. */
#ifndef LEUKVK_APP_OUTPUT_H
#define LEUKVK_APP_OUTPUT_H

#include "leukvk/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Checks, before any work is done, that writing `path` would overwrite no input. The function fails if the
 * file exists and is one of `inputs` (files and folders that are read; NULL entries are ignored), or an image
 * or a label table below one of these, or a file that a run keeps in its folder. `path` may be NULL.
 * LVK_ERROR_ARGUMENT names the file that would be overwritten. */
LVK_API LVK_MUST_USE lvk_status lvk_output_check(const char *path, const char *const *inputs, size_t count);

#ifdef __cplusplus
}
#endif
#endif
