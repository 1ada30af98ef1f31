/* Digests that tell whether two things are the same. Not against forgery. */
#ifndef LVK_CORE_DIGEST_H
#define LVK_CORE_DIGEST_H

#include "core/file.h"

#include <stddef.h>

/* XXH3-128 in 32 hexadecimal digits, the higher half first. */
enum { LVK_DIGEST_TEXT = 33 };
void lvk_digest(const void *data, size_t size, char digest[LVK_DIGEST_TEXT]);

/* The same of pieces, as if they lay one behind the other. */
LVK_MUST_USE lvk_status lvk_digest_spans(const lvk_span *spans, size_t count, char digest[LVK_DIGEST_TEXT]);

#endif
