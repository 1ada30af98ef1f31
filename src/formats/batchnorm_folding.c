#include "formats/batchnorm_folding.h"

#include <math.h>
#include <stdio.h>

/* A batch norm as scale and shift of each channel: y = x scale + shift. */
typedef struct affine {
    double *scale, *shift; /* [channels] */
} affine;

enum { GAMMA, BETA, MEAN, VARIANCE, VECTORS };

static lvk_status read_norm(const lvk_safetensors *file, const lvk_parameter *parameter, uint32_t channels,
                            float *vectors[VECTORS]) {
    static const char *const names[VECTORS] = {"gamma", "beta", "moving_mean", "moving_variance"};
    const lvk_type type = lvk_type_1d(LVK_F32, channels);
    for (int v = 0; v < VECTORS; ++v) {
        char name[160];
        snprintf(name, sizeof name, "%s/%s", parameter->norm, names[v]);
        LVK_TRY(lvk_safetensors_copy(file, name, &type, vectors[v]));
    }
    for (uint32_t c = 0; c < channels; ++c)
        if (!((double)vectors[VARIANCE][c] + (double)parameter->epsilon > 0))
            return lvk_fail(LVK_ERROR_NUMERIC, "%s: tensor \"%s/moving_variance\": element %u is negative",
                            lvk_safetensors_name(file), parameter->norm, (unsigned)c);
    return LVK_OK;
}

static lvk_status affine_init(affine *a, const lvk_safetensors *file, const lvk_parameter *parameter,
                              uint32_t channels) {
    float *values = lvk_alloc((size_t)channels * VECTORS, sizeof *values);
    a->scale = lvk_alloc((size_t)channels * 2, sizeof *a->scale);
    if (!values || !a->scale) {
        lvk_free(values);
        return LVK_ERROR_MEMORY;
    }
    a->shift = a->scale + channels;
    float *vectors[VECTORS];
    for (int v = 0; v < VECTORS; ++v)
        vectors[v] = values + (size_t)v * channels;
    const lvk_status status = read_norm(file, parameter, channels, vectors);
    for (uint32_t c = 0; c < channels && status == LVK_OK; ++c) {
        a->scale[c] =
            (double)vectors[GAMMA][c] / sqrt((double)vectors[VARIANCE][c] + (double)parameter->epsilon);
        a->shift[c] = (double)vectors[BETA][c] - (double)vectors[MEAN][c] * a->scale[c];
    }
    lvk_free(values);
    return status;
}

/* Folds a norm into a kernel or a bias. The last dimension of both is the output channels. */
static lvk_status fold(const lvk_safetensors *file, const lvk_parameter *parameter, const lvk_tensor *tensor,
                       float *values) {
    const uint32_t channels = tensor->type.dim[tensor->type.rank - 1];
    const bool bias = tensor->type.rank == 1;
    affine norm = {0};
    lvk_status status = affine_init(&norm, file, parameter, channels);
    if (status == LVK_OK && !bias)
        status = lvk_safetensors_copy(file, tensor->name, &tensor->type, values);
    if (status == LVK_OK && bias) {
        if (lvk_safetensors_find(file, tensor->name))
            status = lvk_safetensors_copy(file, tensor->name, &tensor->type, values);
        else /* a convolution without a bias of its own */
            for (uint32_t c = 0; c < channels; ++c)
                values[c] = 0;
    }
    const uint64_t count = lvk_type_count(&tensor->type);
    for (uint64_t i = 0; i < count && status == LVK_OK; ++i) {
        const uint64_t c = i % channels;
        values[i] = (float)((double)values[i] * norm.scale[c] + (bias ? norm.shift[c] : 0));
    }
    lvk_free(norm.scale);
    return status;
}

lvk_status lvk_batchnorm_fold_parameters(const lvk_safetensors *file, const lvk_builder *builder,
                                         bool partial, float *block) {
    for (size_t p = 0; p < builder->parameter_count; ++p) {
        const lvk_parameter *parameter = &builder->parameters[p];
        const lvk_tensor *tensor = &builder->graph->tensors[parameter->tensor];
        float *values = block + tensor->offset / sizeof(float);
        if (partial && !parameter->norm && !lvk_safetensors_find(file, tensor->name))
            continue;
        LVK_TRY(parameter->norm ? fold(file, parameter, tensor, values)
                                : lvk_safetensors_copy(file, tensor->name, &tensor->type, values));
    }
    return LVK_OK;
}
