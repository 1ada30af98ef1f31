/* Digests that tell whether two things are the same. Not against forgery. */
#ifndef LVK_TRAIN_DIGEST_H
#define LVK_TRAIN_DIGEST_H

#include <stddef.h>

/* XXH3-128 in 32 hexadecimal digits, the higher half first. */
enum { LVK_DIGEST_TEXT = 33 };
void lvk_digest(const void *data, size_t size, char digest[LVK_DIGEST_TEXT]);

#endif
