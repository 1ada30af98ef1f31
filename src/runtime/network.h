/* A network: a model with its parameters on a device, ready to be trained and to predict.
 *
 * Training and inference are programs that share one block of parameters. Batches have a fixed size; the
 * caller fills up a smaller batch with rows of weight 0. One thread at a time may use a network. */
#ifndef LVK_RUNTIME_NETWORK_H
#define LVK_RUNTIME_NETWORK_H

#include "core/digest.h"
#include "core/resample.h"
#include "graph/executable.h"
#include "models/model.h"
#include "runtime/optimizer.h"
#include "runtime/profile.h"

typedef struct lvk_network_config {
    lvk_model_config model;
    uint32_t batch;
    /* Above 0: the input is crops of at most so many pixels a side, and how to resample each (lvk_batch of
     * loader/loader.h). 0: the input is of type lvk_model_input. */
    uint32_t crop_side;
    double zoom;   /* the zoom of the crops' augmentation (lvk_augment_strength) */
    bool training; /* false: only inference, without memory for gradients */
    lvk_optimizer_kind optimizer;
    /* The most microbatches of a step, which updates the parameters by their mean gradient; 0 stands for
     * 1. */
    uint32_t accumulate;
    /* Whether several processes share the microbatches of a step. The caller then adds the gradients of all
     * of them with lvk_network_accumulate. */
    bool shared;
    bool average;           /* keep a moving average of the parameters, with which inference computes */
    double clip_norm;       /* the largest norm of the gradient; 0: no limit */
    lvk_param_groups rates; /* factors of the learning rate by parameter */
    bool recompute; /* compute activations again in place of keeping them: less memory, the same bits */
    bool unfused;   /* do not fuse operators; for tests of the fused ones */
    /* Also for lvk_network_explain; the model is a whole one, and inference computes the same bits as
     * without. */
    bool explain;
    double l2; /* lambda of a penalty lambda * sum(w^2) on every kernel; 0: none */
    /* The kernels to take (graph/kernel_choices.h), usually those of the device; NULL: none. Borrowed; must
     * outlive the network. */
    const lvk_string_map *kernel_choices;
} lvk_network_config;

/* Where the places of a feature map lie in the images: place i of a row or column is about pixel first +
 * i step, pixel 0 being the first. */
typedef struct lvk_map_place {
    double first, step;
} lvk_map_place;

/* One program: its graph, plan and executable, and the tensors that the host writes or reads. */
typedef struct lvk_pass {
    lvk_graph graph;
    lvk_builder *builder;
    lvk_plan plan;
    lvk_executable executable;
    int input;    /* crops, or of lvk_model_input's type */
    int rows;     /* how to resample the crops; LVK_NONE without crops */
    int logits;   /* [N, 1] or [N, classes], or of a backbone the features [N, F] */
    int features; /* [N, F]: the input of the last dense layer; LVK_NONE of a backbone, and in other programs
                     than inference */
    int labels;   /* [N, 2]: target, weight; training only, as the following */
    int keys;     /* [N, 4]: the keys of dropout (ops/dropout.h) */
    int hyper[LVK_MAX_PARAM_GROUPS]; /* [8] each: the optimizer's scalars of this step, by group of rates */
    int microbatch_weight;           /* [8]: what a batch counts in the mean gradient (ops/accumulate.h) */
    int loss;                        /* [1] */
    int seed; /* [N, outputs]: what logits to differentiate; explanation only, as the following */
    int map, map_gradient; /* [N, H, W, C]: the last feature map (lvk_layer_feature_map) and its gradient */
    lvk_map_place place;   /* of the map in the images */
    bool explains;         /* the program is that of lvk_network_explain */
} lvk_pass;

typedef struct lvk_network {
    lvk_backend *backend; /* borrowed */
    const lvk_model *model;
    lvk_network_config config;
    lvk_buffer *shared[LVK_BLOCK_COUNT]; /* the blocks that all programs share, see network.c; owned */
    uint64_t block_size;                 /* bytes of the parameters, and of each moment */
    lvk_pass training, inference;
    lvk_pass sum;    /* accumulates gradients of a shared network; for others, `training` does so */
    lvk_pass update; /* updates the parameters after several microbatches; with one, `training` does so */
    lvk_pass explanation;   /* with config.explain */
    lvk_profiler *profiler; /* borrowed; if set, steps are profiled into it, slower, with the same bits */
} lvk_network;

/* Parameters and moments start at zero. */
LVK_MUST_USE lvk_status lvk_network_create(lvk_backend *backend, const lvk_network_config *config,
                                           lvk_network **network);
void lvk_network_destroy(lvk_network **network);

/* Bytes of device memory. */
typedef struct lvk_footprint {
    uint64_t total;
    uint64_t largest; /* those of the largest buffer */
} lvk_footprint;

/* Computes the device memory that a network with this configuration takes, by its plan, without creating the
 * network. */
LVK_MUST_USE lvk_status lvk_network_estimate(const lvk_caps *caps, const lvk_network_config *config,
                                             lvk_footprint *footprint);

/* Calls `visit` for every call in the programs of a network with this configuration, without creating the
 * network. The same call may come several times; it is valid during the visit only. Stops at the first
 * failure of `visit`. */
typedef lvk_status (*lvk_call_visit)(void *user, const lvk_call *call);
LVK_MUST_USE lvk_status lvk_network_visit(const lvk_caps *caps, const lvk_network_config *config,
                                          lvk_call_visit visit, void *user);

/* Sets `digest` to a digest of the calls of all steps and the kernels chosen for them. Two networks with
 * equal digests compute the same bits on the same device. */
LVK_MUST_USE lvk_status lvk_network_kernels(const lvk_network *network, char digest[LVK_DIGEST_TEXT]);

/* Draws the model's initial parameters and clears the moments. */
LVK_MUST_USE lvk_status lvk_network_initialize(lvk_network *network, uint64_t seed);

/* The list of parameters, the same for all programs. In each block, a parameter begins at float number (its
 * tensor's offset / 4). */
const lvk_builder *lvk_network_builder(const lvk_network *network);

/* Numbers that it gives for an image: 1 logit, or one a class, or of a backbone its features. */
uint32_t lvk_network_outputs(const lvk_network *network);

/* The block that inference reads: LVK_BLOCK_AVERAGE if the network keeps an average, else
 * LVK_BLOCK_PARAMETERS. */
lvk_block_id lvk_network_model(const lvk_network *network);

/* Read or write a whole block of floats, block_size bytes: LVK_BLOCK_PARAMETERS, _AVERAGE, _MOMENT1,
 * _MOMENT2, and _GRADIENTS of a shared network. Writing the parameters also sets their average to the same
 * values. */
LVK_MUST_USE lvk_status lvk_network_read(lvk_network *network, lvk_block_id block, float *values);
LVK_MUST_USE lvk_status lvk_network_write(lvk_network *network, lvk_block_id block, const float *values);

/* Gives `to` the parameters of `from`, a network of the same model. */
LVK_MUST_USE lvk_status lvk_network_copy_parameters(lvk_network *from, lvk_network *to);

/* Reads the block of parameters that inference reads, has `change` set what it wants to in it, and writes it as the parameters
 * (and, where inference reads an average of them, as their average). */
typedef void (*lvk_network_change)(const void *user, const lvk_builder *builder, float *block);
LVK_MUST_USE lvk_status lvk_network_change_parameters(lvk_network *network, lvk_network_change change,
                                                      const void *user);

/* A batch of training. `hyper` from lvk_optimizer_hyper(). */
typedef struct lvk_train_batch {
    const void *input;          /* of the network's kind, see config.crop_side: bytes, or floats */
    const lvk_resampling *rows; /* of crops; else NULL */
    const float *labels;        /* [N][2]: the class, of two 1 for the positive one; weight */
    const uint32_t *keys;       /* [N][4], for dropout */
    const lvk_real *hyper; /* [config.rates.count + 1][8], by group; read with the last microbatch only */
    uint32_t microbatch, microbatches; /* of a network that accumulates: this one from 0, and how many a step
                                          has, 1 to config.accumulate */
} lvk_train_batch;

/* Forward, backward and, with the last microbatch, update. `logits` [N][lvk_network_outputs] (may be NULL)
 * are those before the update, as is `loss`. LVK_ERROR_NUMERIC when the loss is not finite; the parameters
 * are then as the update left them. */
LVK_MUST_USE lvk_status lvk_network_train(lvk_network *network, const lvk_train_batch *batch, float *loss,
                                          float *logits);

/* Write what lvk_network_train and lvk_network_update write before their programs run; for runtime/trace.h. */
LVK_MUST_USE lvk_status lvk_network_write_batch(lvk_network *network, const lvk_train_batch *batch);
LVK_MUST_USE lvk_status lvk_network_write_hyper(lvk_network *network, const lvk_real *hyper);

/* For a shared network, whose lvk_network_train only computes the gradients (LVK_BLOCK_GRADIENTS) and reads
 * neither `microbatch` nor `hyper`. Adds the gradients of microbatch number `microbatch` (from 0) to the mean
 * of the `microbatches` of a step. It is called for one microbatch after the other, in order. The bits of the
 * parameters are then those that lvk_network_train computes in a network that is not shared. */
LVK_MUST_USE lvk_status lvk_network_accumulate(lvk_network *network, const float *gradients,
                                               uint32_t microbatch, uint32_t microbatches);
LVK_MUST_USE lvk_status lvk_network_update(lvk_network *network, const lvk_real *hyper);

/* The outputs, [N][lvk_network_outputs], of N = config.batch inputs; `input` and `rows` as for training.
 */
LVK_MUST_USE lvk_status lvk_network_infer(lvk_network *network, const void *input, const lvk_resampling *rows,
                                          float *outputs);

/* Numbers of the last hidden layer, which the layer of the logits reads, for an image; 0 of a backbone. */
uint32_t lvk_network_feature_count(const lvk_network *network);

/* Those numbers, [N][lvk_network_feature_count], of the inputs of the last lvk_network_infer. */
LVK_MUST_USE lvk_status lvk_network_features(lvk_network *network, float *features);

/* A feature map of an image: [height][width][channels], and where its places are. */
typedef struct lvk_feature_map {
    uint32_t height, width, channels;
    lvk_map_place place;
} lvk_feature_map;

/* The last feature map of a network with config.explain. */
lvk_feature_map lvk_network_feature_map(const lvk_network *network);

/* With config.explain: runs the model as for inference, but for kernels that may round otherwise, and
 * differentiates the sum over k of seed[n][k] logit[n][k] by the last feature map. Reads the logits,
 * [N][lvk_network_outputs], the map and the gradient, [N][height][width][channels] each. Where the model
 * adds the logits of the cell's area, `logits` has them; the feature map has no part in them. */
LVK_MUST_USE lvk_status lvk_network_explain(lvk_network *network, const void *input,
                                            const lvk_resampling *rows, const float *seed, float *logits,
                                            float *map, float *gradient);

#endif
