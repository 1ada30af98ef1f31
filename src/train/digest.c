#include "train/digest.h"

#include <stdio.h>
#include <xxhash.h>

void lvk_digest(const void *data, size_t size, char digest[LVK_DIGEST_TEXT]) {
    const XXH128_hash_t hash = XXH3_128bits(data, size);
    snprintf(digest, LVK_DIGEST_TEXT, "%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
}
