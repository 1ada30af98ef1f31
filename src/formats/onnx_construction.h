/* An ONNX graph under construction: nodes and constant tensors, which are called by name. Like a graph of the
 * model, a construction keeps the first failure, and later additions do nothing. Functions that return a name
 * or a message return NULL after a failure, and take a NULL of an earlier function. */
#ifndef LVK_FORMATS_ONNX_CONSTRUCTION_H
#define LVK_FORMATS_ONNX_CONSTRUCTION_H

#include "core/error.h"
#include "core/memory.h"

#include <onnx.pb-c.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lvk_onnx_construction {
    lvk_arena arena; /* owns all messages */
    lvk_status status;
    Onnx__GraphProto graph;
    size_t node_room, tensor_room; /* of the graph's lists */
} lvk_onnx_construction;

void lvk_onnx_init(lvk_onnx_construction *c);
void lvk_onnx_finish(lvk_onnx_construction *c);

/* Zeroed memory of the construction. */
void *lvk_onnx_allocate(lvk_onnx_construction *c, size_t count, size_t size);

/* A copy of a text, since the messages' members are not const, although nothing writes to them. */
char *lvk_onnx_text(lvk_onnx_construction *c, const char *value);
char *lvk_onnx_join(lvk_onnx_construction *c, const char *stem, const char *ending);

/* Appends a node of up to three inputs with one output, which has the node's name. */
Onnx__NodeProto *lvk_onnx_add_node(lvk_onnx_construction *c, const char *operator, const char * name,
                                   size_t count, const char *const *inputs);
void lvk_onnx_set_integer(lvk_onnx_construction *c, Onnx__NodeProto *node, const char *name, int64_t value);
void lvk_onnx_set_integers(lvk_onnx_construction *c, Onnx__NodeProto *node, const char *name, size_t count,
                           const uint32_t *values);

/* Append a constant tensor and return its name. `values` lie in memory of the construction; rank 0: a
 * scalar. */
const char *lvk_onnx_add_floats(lvk_onnx_construction *c, const char *name, int rank, const uint32_t *dims,
                                float *values);
const char *lvk_onnx_add_integers(lvk_onnx_construction *c, const char *name, int rank, const uint32_t *dims,
                                  int64_t *values);

/* An input or output of the graph. */
typedef struct lvk_onnx_value {
    const char *name, *meaning;
    Onnx__TensorProto__DataType type;
    int rank;               /* 1 to 4 */
    const char *symbols[4]; /* names of the sizes that are not fixed, NULL for the others */
    uint32_t sizes[4];
} lvk_onnx_value;

Onnx__ValueInfoProto *lvk_onnx_describe(lvk_onnx_construction *c, const lvk_onnx_value *value);

#endif
