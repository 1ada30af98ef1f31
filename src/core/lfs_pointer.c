#include "core/lfs_pointer.h"

#include <string.h>

bool lvk_is_lfs_pointer(const void *data, size_t size) {
    static const char start[] = "version https://git-lfs.github.com/spec/";
    return size >= sizeof start - 1 && size < 1024 && memcmp(data, start, sizeof start - 1) == 0;
}
