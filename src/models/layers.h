/* Layers, of which models are built: one or a few operators with their parameters, with the names that Keras
 * gives. */
#ifndef LVK_MODELS_LAYERS_H
#define LVK_MODELS_LAYERS_H

#include "graph/graph.h"
#include "leukvk/model.h"

/* The initial values of a parameter. */
typedef enum lvk_initializer {
    LVK_INIT_ZEROS,
    LVK_INIT_ONES,
    LVK_INIT_GLOROT_UNIFORM /* uniform in ±sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, AISTATS 2010) */
} lvk_initializer;

typedef struct lvk_parameter {
    int tensor; /* handle in the builder's graph */
    lvk_initializer initializer;
    uint32_t fan_in, fan_out;
    const char *norm;   /* the batch norm that is folded into it; NULL: none; static or owned by the graph */
    float epsilon;      /* of that norm */
    bool norm_of_input; /* the norm is that of the dense layer's inputs, not of the convolution's outputs */
    uint32_t stage;     /* the stage of the backbone: 1 (conv1) to 5 (conv5_x); 0: not in a backbone */
} lvk_parameter;

/* A running average of a statistic of the training batches: average = decay average + (1 - decay) value. */
typedef struct lvk_running_average {
    const char *label; /* the layer's name; static or owned by the graph */
    int average;       /* the tensor of the parameter that is the average */
    int value;         /* the tensor of the batch's statistic; LVK_NONE unless training */
    float decay;
} lvk_running_average;

enum { LVK_MAX_PARAMETERS = 1024, LVK_MAX_LAYERS = 512 };

/* A model under construction. The graph keeps the first failure, as it does for its own functions. The struct
 * is too large for the stack. */
typedef struct lvk_builder {
    lvk_graph *graph;
    bool training;  /* whether dropout is added */
    bool frozen;    /* whether parameters that are added now are frozen, that is, not trained */
    uint32_t stage; /* the stage of the backbone to which layers are added, as in lvk_parameter */
    /* Whether batch norms that are added now normalize by the batch's mean and variance, and keep running
     * averages of these. Otherwise they normalize by the averages. */
    bool batch_statistics;
    int keys; /* the [N, 4] tensor of dropout's keys; LVK_NONE unless training */
    int dropout_layers;
    int feature_map; /* the tensor that lvk_layer_feature_map was given last; 0, that of the images: none */
    size_t parameter_count, layer_count, average_count;
    lvk_parameter parameters[LVK_MAX_PARAMETERS];
    lvk_layer_summary layers[LVK_MAX_LAYERS];
    lvk_running_average averages[LVK_MAX_PARAMETERS]; /* the code that trains appends their updates */
} lvk_builder;

/* The tensor of the parameter with this name; NULL: the model has none. */
const lvk_tensor *lvk_parameter_find(const lvk_builder *builder, const char *name);

/* Sets the parameter with this name, which the model has, to `values`, one for each of its elements, in `block`, which
 * has the layout of the model's parameter block. */
void lvk_parameter_set(const lvk_builder *builder, const char *name, const double *values, float *block);

/* A convolution with bias and, if `relu`, a ReLU: square kernel, stride 1, no padding. */
int lvk_layer_conv2d(lvk_builder *builder, const char *name, int x, uint32_t filters, uint32_t kernel,
                     bool relu);

/* A convolution with its batch norm, as in residual networks. */
typedef struct lvk_conv_norm {
    const char *conv, *norm; /* names */
    uint32_t filters, kernel, stride, padding;
    bool bias;     /* whether the convolution has a bias */
    bool folded;   /* for inference: the norm is folded into kernel and bias (formats/batchnorm_folding.h) */
    float epsilon; /* is added to the variance */
    float decay;   /* of the running averages: average = decay average + (1 - decay) value */
} lvk_conv_norm;

/* A convolution, its bias if it has one, its batch norm and, if `relu`, a ReLU. The norm's parameters are
 * gamma, beta, and the averages moving_mean and moving_variance, which no optimizer changes. Where the
 * averages are not updated, gamma and beta are not trained either. */
int lvk_layer_conv_norm(lvk_builder *builder, const lvk_conv_norm *layer, int x, bool relu);

/* relu(x + shortcut), the end of a residual block. */
int lvk_layer_residual(lvk_builder *builder, const char *name, int x, int shortcut);

/* Standardizes features, [N, F], by the mean and variance of each, which are measured once, before training,
 * and not trained: the parameters `name`/gamma, beta, moving_mean and moving_variance of a batch norm. */
int lvk_layer_standardize(lvk_builder *builder, const char *name, int x);

/* For inference: in place of lvk_layer_standardize, folds the layer `name` into the dense layer whose
 * parameters the builder has from number `first` on (formats/batchnorm_folding.h). */
void lvk_layer_fold_standardize(lvk_builder *builder, const char *name, size_t first);

int lvk_layer_global_average_pool(lvk_builder *builder, const char *name, int x);

/* Max pooling by square windows over the image with `padding` rows and columns of zeros on each side. Rows
 * and columns at the end that fill no window are dropped. */
int lvk_layer_maxpool2d(lvk_builder *builder, const char *name, int x, uint32_t window, uint32_t stride,
                        uint32_t padding);

int lvk_layer_flatten(lvk_builder *builder, const char *name, int x);
int lvk_layer_dense(lvk_builder *builder, const char *name, int x, uint32_t units, bool relu);

/* Makes `x` a checkpoint between two segments of the model. lvk_graph_recompute drops the activations within
 * a segment and computes them again from the checkpoint at its beginning. */
void lvk_layer_checkpoint(lvk_builder *builder, int x);

/* Says that `x`, [N, H, W, C], is the model's last feature map: the output of its last convolution, the
 * last tensor that has places in the image. Heat maps are made of it (leukvk/explain.h). */
void lvk_layer_feature_map(lvk_builder *builder, int x);

/* Dropout, which is added only when training and only for a rate above 0; otherwise returns `x`. */
int lvk_layer_dropout(lvk_builder *builder, const char *name, int x, double rate);

#endif
