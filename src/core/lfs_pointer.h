/* Git LFS pointers: the small text that a clone holds in place of a large file that was not fetched. */
#ifndef LVK_CORE_LFS_POINTER_H
#define LVK_CORE_LFS_POINTER_H

#include <stdbool.h>
#include <stddef.h>

/* Whether `data` is the text of a Git LFS pointer. */
bool lvk_is_lfs_pointer(const void *data, size_t size);

#endif
