/* Texts by name, in the order in which they were set: a file's metadata. */
#ifndef LVK_CORE_STRING_MAP_H
#define LVK_CORE_STRING_MAP_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct lvk_string_pair {
    char *key, *value;
} lvk_string_pair;

/* Start with {0}. Keys are unique; key and value belong to the map. */
typedef struct lvk_string_map {
    lvk_string_pair *pairs;
    size_t count, capacity;
} lvk_string_map;

/* Sets or replaces. Both strings are copied. Numbers are written so that reading gives the same bits. */
LVK_MUST_USE lvk_status lvk_string_map_set(lvk_string_map *map, const char *key, const char *value);
LVK_MUST_USE lvk_status lvk_string_map_set_u64(lvk_string_map *map, const char *key, uint64_t value);
LVK_MUST_USE lvk_status lvk_string_map_set_number(lvk_string_map *map, const char *key, double value);

/* The text of `key`, NULL when there is none. Valid until the key is set again or the map is finished. */
const char *lvk_string_map_get(const lvk_string_map *map, const char *key);

/* The value of a key that must be there, LVK_ERROR_FORMAT naming the key otherwise: a text, whole digits of a
 * number up to `most`, or a finite number. */
LVK_MUST_USE lvk_status lvk_string_map_need(const lvk_string_map *map, const char *key, const char **value);
LVK_MUST_USE lvk_status lvk_string_map_need_u64(const lvk_string_map *map, const char *key, uint64_t most,
                                                uint64_t *value);
LVK_MUST_USE lvk_status lvk_string_map_need_number(const lvk_string_map *map, const char *key, double *value);

void lvk_string_map_finish(lvk_string_map *map);

#endif
