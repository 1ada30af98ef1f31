/* Parameters for libraries that keep activations as [N, C, H, W]: kernels of convolutions as OIHW, of dense
 * layers as [out, in], everything else as it is. A dense layer that stands on a flattened image [H, W, C]
 * finds its inputs in the order C, H, W there, and its kernel's rows are put in that order. */
#ifndef LVK_FORMATS_LAYOUT_H
#define LVK_FORMATS_LAYOUT_H

#include "graph/graph.h"

/* The type of parameter `tensor` there. */
lvk_type lvk_layout_channels_first_type(const lvk_graph *graph, int tensor);

/* Its elements, from `source`, aligned or not, in the graph's own layout, to `destination`. */
void lvk_layout_channels_first(const lvk_graph *graph, int tensor, const void *source, float *destination);

#endif
