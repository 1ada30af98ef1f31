/* A map from keys to texts, in the order in which they were set; for example the metadata of a file. */
#ifndef LVK_CORE_STRING_MAP_H
#define LVK_CORE_STRING_MAP_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct lvk_string_pair {
    char *key, *value;
} lvk_string_pair;

/* Initialized with {0}. Keys are unique. The map owns its keys and values. */
typedef struct lvk_string_map {
    lvk_string_pair *pairs;
    size_t count, capacity;
} lvk_string_map;

/* Set or replace the value of a key. Both strings are copied. A number is written with so many digits that
 * reading gives the same bits. */
LVK_MUST_USE lvk_status lvk_string_map_set(lvk_string_map *map, const char *key, const char *value);
LVK_MUST_USE lvk_status lvk_string_map_set_u64(lvk_string_map *map, const char *key, uint64_t value);
LVK_MUST_USE lvk_status lvk_string_map_set_number(lvk_string_map *map, const char *key, double value);

/* The text of `key`; NULL when the map does not hold the key. Valid until the key is set again or the map is
 * finished. */
const char *lvk_string_map_get(const lvk_string_map *map, const char *key);

/* Read the value of a key that the map must hold: a text, a whole number up to `most`, or a finite number.
 * Otherwise they fail with LVK_ERROR_FORMAT, and the error line names the key. */
LVK_MUST_USE lvk_status lvk_string_map_need(const lvk_string_map *map, const char *key, const char **value);
LVK_MUST_USE lvk_status lvk_string_map_need_u64(const lvk_string_map *map, const char *key, uint64_t most,
                                                uint64_t *value);
LVK_MUST_USE lvk_status lvk_string_map_need_number(const lvk_string_map *map, const char *key, double *value);

void lvk_string_map_finish(lvk_string_map *map);

#endif
