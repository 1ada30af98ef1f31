/* The part of a network that heat maps are made of: its last feature map, where that lies in the images,
 * and the gradient of the logits with respect to it. */
#ifndef LVK_RUNTIME_FEATURE_MAP_H
#define LVK_RUNTIME_FEATURE_MAP_H

#include "runtime/network.h"

/* Sets `map` and `place` of a pass whose model is built, and marks the map as an output, so that it is
 * not fused away: before lvk_graph_fuse. A model without a feature map sets the graph's failure. */
void lvk_feature_map_find(lvk_pass *pass);

/* Appends the gradient of the logits, weighted by an input `seed`, with respect to the map: after
 * lvk_graph_fuse. */
void lvk_feature_map_differentiate(lvk_pass *pass);

#endif
