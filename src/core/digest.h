/* Digests that tell whether two pieces of data are equal. They do not protect against forgery. */
#ifndef LVK_CORE_DIGEST_H
#define LVK_CORE_DIGEST_H

#include "core/file.h"

#include <stddef.h>

/* Sets `digest` to the XXH3-128 of the data as 32 hexadecimal digits, the higher half first, and a NUL. */
enum { LVK_DIGEST_TEXT = 33 };
void lvk_digest(const void *data, size_t size, char digest[LVK_DIGEST_TEXT]);

/* The same for data in several pieces: the digest is that of the pieces put together. */
LVK_MUST_USE lvk_status lvk_digest_spans(const lvk_span *spans, size_t count, char digest[LVK_DIGEST_TEXT]);

#endif
