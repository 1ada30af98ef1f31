#include "dataset/groups.h"

void lvk_groups_init(uint32_t *parent, size_t count) {
    for (size_t i = 0; i < count; ++i)
        parent[i] = (uint32_t)i;
}

uint32_t lvk_groups_find(uint32_t *parent, uint32_t i) {
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

void lvk_groups_join(uint32_t *parent, uint32_t a, uint32_t b) {
    a = lvk_groups_find(parent, a);
    b = lvk_groups_find(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}
