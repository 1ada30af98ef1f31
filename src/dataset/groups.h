/* A union-find structure: groups of subjects who share a picture. */
#ifndef LVK_DATASET_GROUPS_H
#define LVK_DATASET_GROUPS_H

#include <stddef.h>
#include <stdint.h>

/* Puts each of `count` members into a group of its own. */
void lvk_groups_init(uint32_t *parent, size_t count);

/* The lowest member of the group that i is in. */
uint32_t lvk_groups_find(uint32_t *parent, uint32_t i);

/* Joins the groups of a and b. */
void lvk_groups_join(uint32_t *parent, uint32_t a, uint32_t b);

#endif
