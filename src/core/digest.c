#include "core/digest.h"

#include <stdio.h>
#include <xxhash.h>

static void write_digest(XXH128_hash_t hash, char digest[LVK_DIGEST_TEXT]) {
    snprintf(digest, LVK_DIGEST_TEXT, "%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
}

void lvk_digest(const void *data, size_t size, char digest[LVK_DIGEST_TEXT]) {
    write_digest(XXH3_128bits(data, size), digest);
}

lvk_status lvk_digest_spans(const lvk_span *spans, size_t count, char digest[LVK_DIGEST_TEXT]) {
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return lvk_fail(LVK_ERROR_MEMORY, "out of memory for a digest");
    XXH3_128bits_reset(state);
    for (size_t i = 0; i < count; ++i)
        XXH3_128bits_update(state, spans[i].data, spans[i].size);
    write_digest(XXH3_128bits_digest(state), digest);
    XXH3_freeState(state);
    return LVK_OK;
}
