/* What a clone holds in a file's place when the file itself was never fetched. */
#ifndef LVK_CORE_LFS_POINTER_H
#define LVK_CORE_LFS_POINTER_H

#include <stdbool.h>
#include <stddef.h>

/* True when `data` is the text of a Git LFS pointer. */
bool lvk_is_lfs_pointer(const void *data, size_t size);

#endif
