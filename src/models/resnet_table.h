/* Residual networks as data (He et al., "Deep residual learning for image recognition", CVPR 2016), with a
 * row for each network. A row determines the convolutions in forward order, the blocks, and the names and
 * shapes of all tensors. Networks are built, and their weights are read, by this table.
 *
 * Names are those of Keras' first ResNet50: res2a_branch2a and bn2a_branch2a for the first convolution of the
 * first block of the first stage, ..._branch2b and ..._branch2c for the others on the main path, ..._branch1
 * for the projection; conv1 and bn_conv1 before the blocks, fc1000 after them. */
#ifndef LVK_MODELS_RESNET_TABLE_H
#define LVK_MODELS_RESNET_TABLE_H

#include "backend/type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LVK_RESNET_STAGES = 4,
    LVK_RESNET_MAX_STAGE_BLOCKS = 26, /* named by one letter */
    LVK_RESNET_MAX_BLOCKS = 33,       /* of a network */
    LVK_RESNET_MAX_CONVS = 1 + 3 * LVK_RESNET_MAX_BLOCKS + LVK_RESNET_STAGES,
    LVK_RESNET_MAX_TENSORS = 6 * LVK_RESNET_MAX_CONVS,
    LVK_RESNET_NAME = 24,   /* bytes of the name of a layer, with its NUL */
    LVK_RESNET_TENSOR = 40, /* bytes of the name of a tensor, with its NUL */
    LVK_RESNET_CLASSES = 1000
};

/* The residual function of a block: two 3×3 convolutions of the stage's width, or 1×1, 3×3 of that width and
 * 1×1 to four times that width. */
typedef enum lvk_resnet_kind { LVK_RESNET_BASIC, LVK_RESNET_BOTTLENECK } lvk_resnet_kind;

/* A network. The stem (7×7, stride 2, then a 3×3 max pool of stride 2) has the width of the first stage;
 * every later stage halves height and width in its first block. */
typedef struct lvk_resnet_spec {
    const char *architecture; /* "resnet50" */
    lvk_resnet_kind kind;
    uint32_t blocks[LVK_RESNET_STAGES];
    uint32_t widths[LVK_RESNET_STAGES];
} lvk_resnet_spec;

/* The rows, after which comes one whose architecture is NULL, and the row of an architecture, NULL if there
 * is none. */
extern const lvk_resnet_spec lvk_resnet_specs[];
const lvk_resnet_spec *lvk_resnet_find(const char *architecture);

/* Variants of the same network, whose weights cannot be exchanged.
 *                   a bottleneck strides in   convolutions    batch norm epsilon   preprocessing
 *   keras           the first 1×1             have biases     1e-3                 caffe
 *   torchvision     the 3×3                   have no bias    1e-5                 imagenet
 *   keras-2019      the first 1×1             have biases     1.001e-5             caffe
 * The last is that of keras.applications since 2019 (keras_applications/resnet_common.py), which gives layers
 * other names (formats/naming.h). The preprocessing is that of the images on which the published weights were
 * trained: "caffe" takes channels B, G, R from 0 to 255 minus 103.939, 116.779, 123.68; "imagenet" takes R,
 * G, B from 0 to 1 minus 0.485, 0.456, 0.406, divided by 0.229, 0.224, 0.225. */
typedef enum lvk_resnet_variant {
    LVK_RESNET_KERAS,
    LVK_RESNET_TORCHVISION,
    LVK_RESNET_KERAS_2019
} lvk_resnet_variant;
enum { LVK_RESNET_VARIANTS = 3 };

const char *lvk_resnet_variant_name(lvk_resnet_variant variant); /* "keras", "torchvision"; static text */
bool lvk_resnet_variant_find(const char *name, lvk_resnet_variant *variant); /* false: there is none */
bool lvk_resnet_variant_has_biases(lvk_resnet_variant variant);              /* of convolutions */
const char *lvk_resnet_preprocessing_name(lvk_resnet_variant variant); /* "caffe", "imagenet"; static text */
float lvk_resnet_epsilon(lvk_resnet_variant variant);                  /* of batch normalization */

/* A convolution and the batch normalization after it. */
typedef struct lvk_resnet_conv {
    char name[LVK_RESNET_NAME], norm[LVK_RESNET_NAME];
    uint32_t kernel; /* height and width */
    uint32_t in, out;
    uint32_t stride;
    uint32_t padding; /* rows or columns of zeros on each side */
    bool relu;        /* whether a ReLU follows the normalization; false where the block's sum comes first */
} lvk_resnet_conv;

/* A block, y = ReLU(main(x) + shortcut(x)). The shortcut is x itself, or a 1×1 convolution where the shape
 * changes. */
typedef struct lvk_resnet_block {
    uint32_t stage;      /* 0 to LVK_RESNET_STAGES - 1; in names 2 is added */
    uint32_t index;      /* the number of the block in its stage, from 0 */
    uint32_t first_conv; /* convs[first_conv … first_conv + conv_count): the main path */
    uint32_t conv_count;
    bool projection; /* whether the shortcut is a convolution: convs[first_conv + conv_count] */
} lvk_resnet_block;

/* The convolutions and blocks of a network. convs[0] is the stem's; those of the blocks follow, block by
 * block, the projection last in its block. */
typedef struct lvk_resnet_table {
    const lvk_resnet_spec *spec;
    lvk_resnet_variant variant;
    uint32_t conv_count, block_count;
    lvk_resnet_conv convs[LVK_RESNET_MAX_CONVS];
    lvk_resnet_block blocks[LVK_RESNET_MAX_BLOCKS];
} lvk_resnet_table;

/* Fills in the table of a row of lvk_resnet_specs. A table takes about 10 KB, and need not be released. */
void lvk_resnet_table_init(lvk_resnet_table *table, const lvk_resnet_spec *spec, lvk_resnet_variant variant);

/* Stages have numbers from the input on: 1 is conv1 with its pool, 2 to LVK_RESNET_LAST_STAGE are conv2_x to
 * conv5_x, the stages of blocks. */
enum { LVK_RESNET_FIRST_STAGE = 2, LVK_RESNET_LAST_STAGE = LVK_RESNET_STAGES + 1 };

/* The name of a stage of blocks, "conv4_x"; static text. The inverse: 0 if no stage of blocks has the name. */
const char *lvk_resnet_stage_name(uint32_t stage);
uint32_t lvk_resnet_stage_find(const char *name);

/* The number of features: the channels after global average pooling, of the last stage or of another. */
uint32_t lvk_resnet_features(const lvk_resnet_spec *spec);
uint32_t lvk_resnet_stage_features(const lvk_resnet_spec *spec, uint32_t stage);

/* The number of the convolutions up to the end of a stage of blocks. */
uint32_t lvk_resnet_stage_convs(const lvk_resnet_table *table, uint32_t stage);

/* The role of a tensor. Kernels are HWIO; all others have one number for each channel. */
typedef enum lvk_resnet_role {
    LVK_RESNET_KERNEL,
    LVK_RESNET_BIAS,
    LVK_RESNET_GAMMA,
    LVK_RESNET_BETA,
    LVK_RESNET_MEAN,
    LVK_RESNET_VARIANCE
} lvk_resnet_role;

typedef struct lvk_resnet_tensor {
    char name[LVK_RESNET_TENSOR]; /* "res2a_branch2a/kernel", "bn2a_branch2a/gamma" */
    lvk_resnet_role role;
    uint32_t conv; /* index in table->convs; table->conv_count for the classifier */
    lvk_type type; /* LVK_F32 */
} lvk_resnet_tensor;

/* Fills `tensors`, which has room for LVK_RESNET_MAX_TENSORS, with all tensors of the network's weights
 * except the classifier, and returns their number. They are in the order of the convolutions: kernel, bias
 * (if the variant has biases), gamma, beta, moving_mean, moving_variance. */
size_t lvk_resnet_tensors(const lvk_resnet_table *table, lvk_resnet_tensor *tensors);

/* Fills in the tensors of the classifier of ImageNet's thousand classes, which not every file of weights has:
 * fc1000/kernel [features, 1000] and fc1000/bias [1000]. */
void lvk_resnet_classifier(const lvk_resnet_table *table, lvk_resnet_tensor tensors[2]);

#endif
