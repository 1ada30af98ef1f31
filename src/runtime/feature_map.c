#include "runtime/feature_map.h"

#include "ops/conv2d.h"
#include "ops/maxpool2d.h"

/* Of an output pixel at `place`, the centre of the input pixels that a window of `size` with this stride
 * and padding reads. */
static lvk_map_place through_window(lvk_map_place place, uint32_t size, uint32_t stride, uint32_t padding) {
    return (lvk_map_place){.first = place.first * stride - padding + (size - 1) / 2.0,
                           .step = place.step * stride};
}

/* The centre of what a place of the map sees. Of a sum, such as that of a residual block, the first input
 * counts. The graph is not fused yet. */
static lvk_map_place find_place(const lvk_graph *graph, int tensor) {
    lvk_map_place place = {.first = 0, .step = 1};
    for (int producer = graph->tensors[tensor].producer; producer != LVK_NONE;
         producer = graph->tensors[tensor].producer) {
        const lvk_call *call = &graph->nodes[producer].call;
        if (call->op == LVK_OP_resample)
            break;
        if (call->op == LVK_OP_conv2d) {
            const lvk_conv2d_attributes *a = call->attributes;
            place = through_window(place, call->inputs[1].dim[0], a->stride_h, a->pad_top);
        } else if (call->op == LVK_OP_maxpool2d) {
            const lvk_maxpool2d_attributes *a = call->attributes;
            place = through_window(place, a->window_h, a->stride_h, a->pad_top);
        }
        tensor = graph->nodes[producer].inputs[0];
    }
    return place;
}

void lvk_feature_map_find(lvk_pass *pass) {
    lvk_graph *graph = &pass->graph;
    pass->map = pass->builder->feature_map;
    if (lvk_graph_status(graph) != LVK_OK)
        return;
    if (pass->map <= 0 || graph->tensors[pass->map].type.rank != 4) {
        graph->status = lvk_fail(LVK_ERROR_UNSUPPORTED, "the model has no feature map");
        return;
    }
    pass->place = find_place(graph, pass->map);
    lvk_graph_mark_output(graph, pass->map);
}

void lvk_feature_map_differentiate(lvk_pass *pass) {
    lvk_graph *graph = &pass->graph;
    if (lvk_graph_status(graph) != LVK_OK)
        return;
    pass->seed = lvk_graph_input(graph, "seed", graph->tensors[pass->logits].type);
    lvk_graph_backward_to(graph, pass->logits, pass->seed, pass->map);
    if (lvk_graph_status(graph) != LVK_OK)
        return;
    pass->map_gradient = graph->tensors[pass->map].gradient;
    lvk_graph_mark_output(graph, pass->map_gradient);
}
