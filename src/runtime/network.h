/* A network: a model with its parameters on a device, ready to be trained and to predict.
 *
 * Training and inference are programs over one parameter buffer. Batches have a fixed size; a smaller one
 * is filled up with rows that weigh nothing. */
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
    uint32_t crop_side; /* the input is crops of at most so many pixels a side, and how to resample each
                             (lvk_batch of data/loader.h); 0: it is the model's own, lvk_model_input */
    double zoom;        /* of the augmentation of these (lvk_augment_strength) */
    bool training;      /* false: only inference, and no memory for gradients */
    lvk_optimizer_kind optimizer;
    uint32_t accumulate; /* at most so many batches an update, of their mean gradient; 0 is 1 */
    bool shared;  /* of a network that accumulates: its gradients are added up with lvk_network_accumulate, as
                     those of other processes are */
    bool average; /* keep a moving average of the parameters, and infer with that */
    double clip_norm;       /* the gradient's norm at most; 0: any */
    lvk_param_groups rates; /* which parameters learn at another rate */
    bool recompute;         /* drop activations and compute them again: the same bits in less memory */
    bool unfused;           /* operators as the model has them: for tests of the fused ones */
    double l2;              /* lambda of a penalty lambda * sum(w^2) on every kernel; 0: none */
    const lvk_string_map
        *kernel_choices; /* which kernels to take (graph/kernel_choices.h), usually the device's; borrowed
                                      for as long as the network lives; NULL: none */
} lvk_network_config;

/* One program: its graph, plan and executable, and the tensors that the host uses. */
typedef struct lvk_pass {
    lvk_graph graph;
    lvk_builder *builder;
    lvk_plan plan;
    lvk_executable executable;
    int input;                       /* crops, or of lvk_model_input's type */
    int rows;                        /* how to resample crops, LVK_NONE without */
    int logits;                      /* [N, 1] or [N, classes], or of a backbone the features [N, F] */
    int labels;                      /* [N, 2]: target, weight; training only, as the following */
    int keys;                        /* [N, 4]: what dropout draws from */
    int hyper[LVK_MAX_PARAM_GROUPS]; /* [8] each: the optimizer's scalars of this step, by group of rates */
    int microbatch_weight;           /* [8]: what a batch counts in the mean gradient (ops/accumulate.h) */
    int loss;                        /* [1] */
} lvk_pass;

typedef struct lvk_network {
    lvk_backend *backend; /* borrowed */
    const lvk_model *model;
    lvk_network_config config;
    lvk_buffer *shared[LVK_BLOCK_COUNT]; /* parameters, moments, and one arena for both */
    uint64_t block_size;                 /* bytes of the parameters, and of each moment */
    lvk_pass training, inference;
    lvk_pass sum;    /* of gradients, where they are shared; else it is in `training` */
    lvk_pass update; /* of the parameters, where several batches come before one; else it is in `training` */
    lvk_profiler *profiler; /* borrowed; while it is set, steps are profiled into it: the same bits, slower */
} lvk_network;

/* Parameters and moments start at zero. */
LVK_MUST_USE lvk_status lvk_network_create(lvk_backend *backend, const lvk_network_config *config,
                                           lvk_network **network);
void lvk_network_destroy(lvk_network **network);

/* Device memory, bytes. */
typedef struct lvk_footprint {
    uint64_t total;
    uint64_t largest; /* of these, in one buffer */
} lvk_footprint;

/* The device memory that a network of this kind takes, by plan, without making one. */
LVK_MUST_USE lvk_status lvk_network_estimate(const lvk_caps *caps, const lvk_network_config *config,
                                             lvk_footprint *footprint);

/* Calls `visit` for every call of the programs that a network of this kind has, without making one. The same
 * call may come several times; it is valid during the visit. Stops at the first failure of `visit`. */
typedef lvk_status (*lvk_call_visit)(void *user, const lvk_call *call);
LVK_MUST_USE lvk_status lvk_network_visit(const lvk_caps *caps, const lvk_network_config *config,
                                          lvk_call_visit visit, void *user);

/* A digest over the calls of all steps and the kernels that were chosen for them. Two networks with equal
 * digests compute the same bits on the same device. */
LVK_MUST_USE lvk_status lvk_network_kernels(const lvk_network *network, char digest[LVK_DIGEST_TEXT]);

/* Draws the model's initial parameters and clears the moments. */
LVK_MUST_USE lvk_status lvk_network_initialize(lvk_network *network, uint64_t seed);

/* The parameter list, the same for both programs. Offsets of a parameter in a block: its tensor's offset / 4
 * floats. */
const lvk_builder *lvk_network_builder(const lvk_network *network);

/* Numbers that it gives for an image: 1 logit, or one a class, or of a backbone its features. */
uint32_t lvk_network_outputs(const lvk_network *network);

/* The block that inference reads: LVK_BLOCK_PARAMETERS, or LVK_BLOCK_AVERAGE where there is one. */
lvk_block_id lvk_network_model(const lvk_network *network);

/* Whole blocks of floats, block_size bytes: LVK_BLOCK_PARAMETERS, _AVERAGE, _MOMENT1, _MOMENT2, and where
 * they are shared _GRADIENTS. Writing the parameters begins their average anew, from them. */
LVK_MUST_USE lvk_status lvk_network_read(lvk_network *network, lvk_block_id block, float *values);
LVK_MUST_USE lvk_status lvk_network_write(lvk_network *network, lvk_block_id block, const float *values);

/* A batch of training. `hyper` from lvk_optimizer_hyper(). */
typedef struct lvk_train_batch {
    const void *input;          /* of the network's kind, see config.crop_side: bytes, or floats */
    const lvk_resampling *rows; /* of crops; else NULL */
    const float *labels;        /* [N][2]: the class, of two 1 for the positive one; weight */
    const uint32_t *keys;       /* [N][4] */
    const lvk_real *hyper;      /* [config.rates.count + 1][8], by group; needed with the last microbatch */
    uint32_t microbatch, microbatches; /* of a network that accumulates: this one from 0, and how many a step
                                          has, 1 to config.accumulate */
} lvk_train_batch;

/* Forward, backward and, with the last microbatch, update. `logits` [N][lvk_network_outputs] (may be NULL) are those
 * before the update, as is `loss`. LVK_ERROR_NUMERIC when the loss is not finite; the parameters are then as the update
 * left them. */
LVK_MUST_USE lvk_status lvk_network_train(lvk_network *network, const lvk_train_batch *batch, float *loss,
                                          float *logits);

/* Of a shared network, whose lvk_network_train stops at the gradients (LVK_BLOCK_GRADIENTS; `microbatch`
 * and `hyper` are not looked at): adds those of microbatch `microbatch`, from 0, of the `microbatches` of a
 * step to their mean, one after the other, and updates by it. The bits are those of lvk_network_train of a
 * network that is not shared. */
LVK_MUST_USE lvk_status lvk_network_accumulate(lvk_network *network, const float *gradients,
                                               uint32_t microbatch, uint32_t microbatches);
LVK_MUST_USE lvk_status lvk_network_update(lvk_network *network, const lvk_real *hyper);

/* The outputs, [N][lvk_network_outputs], of N = config.batch inputs; `input` and `rows` as for training.
 */
LVK_MUST_USE lvk_status lvk_network_infer(lvk_network *network, const void *input, const lvk_resampling *rows,
                                          float *outputs);

#endif
