/* The layers that stand on a backbone's features, written as the command line has them: "standardize" or
 * "dense:64,dropout:0.25". A dense layer of the logits, one or one a class, always follows. */
#ifndef LVK_MODELS_HEAD_H
#define LVK_MODELS_HEAD_H

#include "models/layers.h"

enum { LVK_HEAD_MAX_LAYERS = 8 };

typedef struct lvk_head {
    bool standardize; /* features are standardized first (lvk_layer_standardize) */
    int count;
    struct {
        uint32_t units; /* of a dense layer with ReLU; 0: dropout */
        double rate;    /* of dropout */
    } layers[LVK_HEAD_MAX_LAYERS];
} lvk_head;

/* The head of a backbone that is trained, and that of a frozen one. */
#define LVK_HEAD_DEFAULT "dense:64,dropout:0.25"
#define LVK_HEAD_FROZEN  "standardize"

/* The layer's name. */
#define LVK_HEAD_STANDARDIZE "standardize"

/* "" and "none": nothing but the logits. LVK_ERROR_ARGUMENT names the part that is wrong. */
LVK_MUST_USE lvk_status lvk_head_parse(const char *text, lvk_head *head);

/* features [N, F] -> logits [N, `logits`]. Layers are named dense, dense_1, … as Keras does. If `folded`, for
 * inference, a standardization is folded into the first dense layer. */
int lvk_head_build(lvk_builder *builder, int features, const lvk_head *head, bool folded, uint32_t logits);

#endif
