/* Union-find: which subjects belong together. */
#ifndef LVK_DATASET_GROUPS_H
#define LVK_DATASET_GROUPS_H

#include <stddef.h>
#include <stdint.h>

/* parent[i] = i for all i < count: everyone alone. */
void lvk_groups_init(uint32_t *parent, size_t count);

/* The lowest member of i's group. */
uint32_t lvk_groups_find(uint32_t *parent, uint32_t i);

void lvk_groups_join(uint32_t *parent, uint32_t a, uint32_t b);

#endif
