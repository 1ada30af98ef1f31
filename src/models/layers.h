/* Layers: an operator or a few of them with their parameters, named as Keras names them. Models are written
 * with these. */
#ifndef LVK_MODELS_LAYERS_H
#define LVK_MODELS_LAYERS_H

#include "graph/graph.h"
#include "leukvk/model.h"

/* How a parameter starts. */
typedef enum lvk_initializer {
    LVK_INIT_ZEROS,
    LVK_INIT_ONES,
    LVK_INIT_GLOROT_UNIFORM /* uniform in ±sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, AISTATS 2010) */
} lvk_initializer;

typedef struct lvk_parameter {
    int tensor; /* in the builder's graph */
    lvk_initializer initializer;
    uint32_t fan_in, fan_out;
    const char *norm; /* the batch norm that is folded into it, NULL: none; static or the graph's text */
    float epsilon;    /* of that norm */
    uint32_t stage;   /* of a backbone that it belongs to: 1, conv1, to 5, conv5_x; 0: none */
} lvk_parameter;

/* A parameter that follows a statistic of the training batches: average = decay average + (1 - decay) batch's
 * value. */
typedef struct lvk_running_average {
    const char *label; /* the layer's; static or the graph's text */
    int average;       /* the parameter's tensor */
    int value;         /* the batch's; LVK_NONE without training */
    float decay;
} lvk_running_average;

enum { LVK_MAX_PARAMETERS = 1024, LVK_MAX_LAYERS = 512 };

/* A model under construction. Failures are kept in the graph, as the graph's own are. Large: not for the
 * stack. */
typedef struct lvk_builder {
    lvk_graph *graph;
    bool training;         /* dropout is there */
    bool frozen;           /* parameters that are added now are not trained */
    uint32_t stage;        /* of a backbone that is under construction, as in lvk_parameter */
    bool batch_statistics; /* batch norms that are added now normalize by the batch's mean and variance, and
                              have running averages of these; otherwise by the averages */
    int keys;              /* the [N, 4] tensor that dropout draws from; LVK_NONE without training */
    int dropout_layers;
    size_t parameter_count, layer_count, average_count;
    lvk_parameter parameters[LVK_MAX_PARAMETERS];
    lvk_layer_summary layers[LVK_MAX_LAYERS];
    lvk_running_average averages[LVK_MAX_PARAMETERS]; /* for whoever trains to move: nothing here does */
} lvk_builder;

/* conv -> bias -> optional ReLU. Square kernel, stride 1, no padding. */
int lvk_layer_conv2d(lvk_builder *builder, const char *name, int x, uint32_t filters, uint32_t kernel,
                     bool relu);

/* A convolution with its batch norm, as residual nets have them. */
typedef struct lvk_conv_norm {
    const char *conv, *norm; /* names */
    uint32_t filters, kernel, stride, padding;
    bool bias;     /* of the convolution */
    bool folded;   /* for inference: the norm is in the kernel and the bias (formats/batchnorm_folding.h) */
    float epsilon; /* added to the variance */
    float decay; /* how fast the running averages move: average = decay average + (1 - decay) batch's value */
} lvk_conv_norm;

/* conv -> bias, if it has one -> batch norm -> ReLU, if wanted. The norm's parameters are gamma, beta, and
 * the averages moving_mean and moving_variance, which no optimizer touches. Where they are not moved, gamma
 * and beta are not trained either. */
int lvk_layer_conv_norm(lvk_builder *builder, const lvk_conv_norm *layer, int x, bool relu);

/* relu(x + shortcut): the end of a residual block. */
int lvk_layer_residual(lvk_builder *builder, const char *name, int x, int shortcut);

int lvk_layer_global_average_pool(lvk_builder *builder, const char *name, int x);

/* Square windows over the image with `padding` rows and columns of zeros on each side; what does not fill a
 * window at the end is dropped. */
int lvk_layer_maxpool2d(lvk_builder *builder, const char *name, int x, uint32_t window, uint32_t stride,
                        uint32_t padding);

int lvk_layer_flatten(lvk_builder *builder, const char *name, int x);
int lvk_layer_dense(lvk_builder *builder, const char *name, int x, uint32_t units, bool relu);

/* `x` separates two segments of the model: activations within a segment may be dropped and computed again
 * from where it begins (lvk_graph_recompute). */
void lvk_layer_checkpoint(lvk_builder *builder, int x);

/* Only in training; rate 0 is left out. */
int lvk_layer_dropout(lvk_builder *builder, const char *name, int x, double rate);

#endif
