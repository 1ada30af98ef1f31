#include "formats/layout.h"

#include <string.h>

lvk_type lvk_layout_channels_first_type(const lvk_graph *graph, int tensor) {
    const lvk_type *own = &graph->tensors[tensor].type;
    const uint32_t *dim = own->dim;
    return own->rank == 4   ? lvk_type_4d(LVK_F32, dim[3], dim[2], dim[0], dim[1])
           : own->rank == 2 ? lvk_type_2d(LVK_F32, dim[1], dim[0])
                            : *own;
}

/* The type [N, H, W, C] of the image whose flattened rows are the input of the dense kernel `tensor`; NULL if
 * its input is no flattened image. */
static const lvk_type *flattened_image(const lvk_graph *graph, int tensor) {
    for (size_t n = 0; n < graph->node_count; ++n) {
        const lvk_node *node = &graph->nodes[n];
        if (node->call.op != LVK_OP_dense || node->inputs[1] != tensor)
            continue;
        const int producer = graph->tensors[node->inputs[0]].producer;
        const lvk_call *call = producer == LVK_NONE ? NULL : &graph->nodes[producer].call;
        return call && call->op == LVK_OP_flatten && call->inputs[0].rank == 4 ? &call->inputs[0] : NULL;
    }
    return NULL;
}

/* Copies [area][in][out] to [out][in][area]. */
static void turn(const unsigned char *from, size_t area, size_t in, size_t out, float *destination) {
    for (size_t a = 0; a < area; ++a)
        for (size_t i = 0; i < in; ++i)
            for (size_t o = 0; o < out; ++o, from += sizeof *destination)
                memcpy(&destination[(o * in + i) * area + a], from, sizeof *destination);
}

void lvk_layout_channels_first(const lvk_graph *graph, int tensor, const void *source, float *destination) {
    const lvk_type *own = &graph->tensors[tensor].type;
    const uint32_t *dim = own->dim;
    const lvk_type *image = own->rank == 2 ? flattened_image(graph, tensor) : NULL;
    if (own->rank == 4)
        turn(source, (size_t)dim[0] * dim[1], dim[2], dim[3], destination);
    else if (image)
        turn(source, (size_t)image->dim[1] * image->dim[2], image->dim[3], dim[1], destination);
    else if (own->rank == 2)
        turn(source, 1, dim[0], dim[1], destination);
    else
        memcpy(destination, source, (size_t)lvk_type_count(own) * sizeof *destination);
}
