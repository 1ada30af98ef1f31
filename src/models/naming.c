#include "models/naming.h"

#include <stdio.h>
#include <string.h>

static const char *const norm_parts[] = {
    [LVK_RESNET_GAMMA] = "weight",
    [LVK_RESNET_BETA] = "bias",
    [LVK_RESNET_MEAN] = "running_mean",
    [LVK_RESNET_VARIANCE] = "running_var",
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
                    char name[LVK_FOREIGN_NAME]) {
    const char *kind = is_norm(tensor->role) ? "bn" : "conv";
    const char *part = is_norm(tensor->role) ? norm_parts[tensor->role] : "weight";
    if (tensor->conv == table->conv_count) {
        snprintf(name, LVK_FOREIGN_NAME, "fc.%s", tensor->role == LVK_RESNET_KERNEL ? "weight" : "bias");
        return;
    }
    if (tensor->conv == 0) {
        snprintf(name, LVK_FOREIGN_NAME, "%s1.%s", kind, part);
        return;
    }
    const lvk_resnet_block *block = block_of(table, tensor->conv);
    const uint32_t place = tensor->conv - block->first_conv;
    if (place == block->conv_count)
        snprintf(name, LVK_FOREIGN_NAME, "layer%u.%u.downsample.%d.%s", block->stage + 1, block->index,
                 is_norm(tensor->role), part);
    else
        snprintf(name, LVK_FOREIGN_NAME, "layer%u.%u.%s%u.%s", block->stage + 1, block->index, kind,
                 place + 1, part);
}

void lvk_naming_torchvision(const lvk_resnet_table *table, const lvk_resnet_tensor *tensor,
                            char name[LVK_FOREIGN_NAME], lvk_type *type) {
    const uint32_t *dim = tensor->type.dim;
    name_of(table, tensor, name);
    *type = tensor->type;
    if (tensor->type.rank == 4)
        *type = lvk_type_4d(LVK_F32, dim[3], dim[2], dim[0], dim[1]);
    else if (tensor->type.rank == 2)
        *type = lvk_type_2d(LVK_F32, dim[1], dim[0]);
}

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
