#include "formats/naming.h"

#include <stdio.h>
#include <string.h>

static const char *const parts[] = {
    [LVK_RESNET_KERNEL] = "weight", [LVK_RESNET_BIAS] = "bias",         [LVK_RESNET_GAMMA] = "weight",
    [LVK_RESNET_BETA] = "bias",     [LVK_RESNET_MEAN] = "running_mean", [LVK_RESNET_VARIANCE] = "running_var",
};

static bool is_norm(lvk_resnet_role role) {
    return role >= LVK_RESNET_GAMMA;
}

static const lvk_resnet_block *block_of(const lvk_resnet_table *table, uint32_t conv) {
    const lvk_resnet_block *block = table->blocks;
    while (conv >= block->first_conv + block->conv_count + block->projection)
        ++block;
    return block;
}

static void name_of(const lvk_resnet_table *table, const lvk_resnet_tensor *tensor,
                    char name[LVK_INTEROP_NAME]) {
    const char *kind = is_norm(tensor->role) ? "bn" : "conv";
    const char *part = parts[tensor->role];
    if (tensor->conv == table->conv_count) {
        snprintf(name, LVK_INTEROP_NAME, "fc.%s", part);
        return;
    }
    if (tensor->conv == 0) {
        snprintf(name, LVK_INTEROP_NAME, "%s1.%s", kind, part);
        return;
    }
    const lvk_resnet_block *block = block_of(table, tensor->conv);
    const uint32_t place = tensor->conv - block->first_conv;
    if (place == block->conv_count)
        snprintf(name, LVK_INTEROP_NAME, "layer%u.%u.downsample.%d.%s", block->stage + 1, block->index,
                 is_norm(tensor->role), part);
    else
        snprintf(name, LVK_INTEROP_NAME, "layer%u.%u.%s%u.%s", block->stage + 1, block->index, kind,
                 place + 1, part);
}

void lvk_naming_torchvision(const lvk_resnet_table *table, const lvk_resnet_tensor *tensor,
                            char name[LVK_INTEROP_NAME], lvk_type *type) {
    const uint32_t *dim = tensor->type.dim;
    name_of(table, tensor, name);
    *type = tensor->type;
    if (tensor->type.rank == 4)
        *type = lvk_type_4d(LVK_F32, dim[3], dim[2], dim[0], dim[1]);
    else if (tensor->type.rank == 2)
        *type = lvk_type_2d(LVK_F32, dim[1], dim[0]);
}

static void name_of_2019(const lvk_resnet_table *table, const lvk_resnet_tensor *tensor,
                         char name[LVK_INTEROP_NAME]) {
    const char *kind = is_norm(tensor->role) ? "bn" : "conv";
    const char *part = strchr(tensor->name, '/') + 1;
    if (tensor->conv == table->conv_count) {
        snprintf(name, LVK_INTEROP_NAME, "predictions/%s", part);
        return;
    }
    if (tensor->conv == 0) {
        snprintf(name, LVK_INTEROP_NAME, "conv1_%s/%s", kind, part);
        return;
    }
    const lvk_resnet_block *block = block_of(table, tensor->conv);
    const uint32_t place = tensor->conv - block->first_conv;
    snprintf(name, LVK_INTEROP_NAME, "conv%u_block%u_%u_%s/%s", block->stage + 2, block->index + 1,
             place == block->conv_count ? 0 : place + 1, kind, part);
}

void lvk_naming_keras(const lvk_resnet_table *table, const lvk_resnet_tensor *tensor,
                      char name[LVK_INTEROP_NAME]) {
    if (table->variant == LVK_RESNET_KERAS_2019)
        name_of_2019(table, tensor, name);
    else
        snprintf(name, LVK_INTEROP_NAME, "%s", tensor->name);
}

/* ---- layers that are of no residual network ---- */

/* Splits a name such as "dense_1/kernel" into the number of its layer, 1, and "weight" or "bias". False if it
 * has another stem. */
static bool split(const char *own, const char *stem, unsigned *number, const char **part) {
    const size_t length = strlen(stem);
    int read = 0;
    *number = 0;
    if (strncmp(own, stem, length) != 0)
        return false;
    own += length;
    if (*own == '_' && (sscanf(own, "_%3u%n", number, &read) != 1 || *number == 0))
        return false;
    own += read;
    *part = strcmp(own, "/kernel") == 0 ? "weight" : "bias";
    return strcmp(own, "/kernel") == 0 || strcmp(own, "/bias") == 0;
}

/* The name that PyTorch gives to a vector of a batch norm; NULL for others. */
static const char *norm_part(const char *own) {
    static const char *const vectors[][2] = {{"gamma", "weight"},
                                             {"beta", "bias"},
                                             {"moving_mean", "running_mean"},
                                             {"moving_variance", "running_var"}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; ++i)
        if (strcmp(own, vectors[i][0]) == 0)
            return vectors[i][1];
    return NULL;
}

bool lvk_naming_head(const lvk_head *head, const char *own, char name[LVK_INTEROP_NAME]) {
    unsigned number;
    const char *part;
    const size_t length = sizeof LVK_HEAD_STANDARDIZE; /* with the slash */
    if (head->standardize && strncmp(own, LVK_HEAD_STANDARDIZE "/", length) == 0) {
        part = norm_part(own + length);
        snprintf(name, LVK_INTEROP_NAME, "fc.0.%s", part ? part : "");
        return part;
    }
    if (!split(own, "dense", &number, &part))
        return false;
    int place =
        head->standardize; /* the number of the module in the Sequential, in which a ReLU is a module of its own */
    for (int i = 0; i < head->count && (number > 0 || !head->layers[i].units); ++i) {
        place += head->layers[i].units ? 2 : 1;
        number -= head->layers[i].units ? 1 : 0;
    }
    snprintf(name, LVK_INTEROP_NAME, "fc.%d.%s", place, part);
    return number == 0;
}

/* Names tensors of layers that have numbers already, such as "conv2/kernel" or "bn2/moving_mean". False for
 * others. */
static bool name_numbered(const char *own, char name[LVK_INTEROP_NAME]) {
    const char *slash = strchr(own, '/');
    if (!slash || (strncmp(own, "conv", 4) != 0 && strncmp(own, "bn", 2) != 0))
        return false;
    const char *part = strcmp(slash + 1, "kernel") == 0 ? "weight" : norm_part(slash + 1);
    return part &&
           snprintf(name, LVK_INTEROP_NAME, "%.*s.%s", (int)(slash - own), own, part) < LVK_INTEROP_NAME;
}

bool lvk_naming_plain(const char *own, char name[LVK_INTEROP_NAME]) {
    unsigned number;
    const char *part;
    if (split(own, "ground", &number, &part) || split(own, "hue", &number, &part) ||
        split(own, "area", &number, &part)) { /* models/cell.h */
        snprintf(name, LVK_INTEROP_NAME, "%.*s.%s", (int)strcspn(own, "/"), own, part);
        return true;
    }
    const bool conv = split(own, "conv2d", &number, &part);
    if (!conv && !split(own, "dense", &number, &part))
        return name_numbered(own, name);
    snprintf(name, LVK_INTEROP_NAME, "%s%u.%s", conv ? "conv" : "fc", number + 1, part);
    return true;
}

bool lvk_naming_is_head(const char *name) {
    unsigned number;
    const char *part;
    char rest[16];
    const size_t length = sizeof LVK_HEAD_STANDARDIZE;
    return split(name, "dense", &number, &part) ||
           (strncmp(name, LVK_HEAD_STANDARDIZE "/", length) == 0 && norm_part(name + length)) ||
           (sscanf(name, "fc.%2u.%15s", &number, rest) == 2 &&
            (strcmp(rest, "weight") == 0 || strcmp(rest, "bias") == 0 || strcmp(rest, "running_mean") == 0 ||
             strcmp(rest, "running_var") == 0));
}

/* ---- reading ---- */

bool lvk_naming_ignored(const char *name) {
    static const char ending[] = ".num_batches_tracked";
    const size_t length = strlen(name), tail = sizeof ending - 1;
    return length > tail && strcmp(name + length - tail, ending) == 0;
}

void lvk_naming_transpose(const void *source, const lvk_type *type, float *destination) {
    const size_t in = type->dim[type->rank - 2], out = type->dim[type->rank - 1];
    const size_t area = type->rank == 4 ? (size_t)type->dim[0] * type->dim[1] : 1;
    const unsigned char *from = source;
    for (size_t o = 0; o < out; ++o)
        for (size_t i = 0; i < in; ++i)
            for (size_t p = 0; p < area; ++p, from += sizeof(float))
                memcpy(&destination[(p * in + i) * out + o], from, sizeof(float));
}
