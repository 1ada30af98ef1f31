#include "formats/batchnorm_folding.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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

/* sums[o] += sum over the inputs i of shift[i] kernel[i][o], with the kernel of the dense layer that has the
 * bias `tensor`. */
static lvk_status add_shifts(const lvk_safetensors *file, const lvk_tensor *tensor, const double *shift,
                             uint32_t inputs, float *sums) {
    const uint32_t outputs = tensor->type.dim[0];
    const lvk_type type = lvk_type_2d(LVK_F32, inputs, outputs);
    const char *slash = strchr(tensor->name, '/');
    char name[160];
    snprintf(name, sizeof name, "%.*s/kernel", (int)(slash - tensor->name), tensor->name);
    float *kernel = lvk_alloc(lvk_type_count(&type), sizeof *kernel);
    lvk_status status = kernel ? lvk_safetensors_copy(file, name, &type, kernel) : LVK_ERROR_MEMORY;
    for (uint32_t o = 0; o < outputs && status == LVK_OK; ++o) {
        double sum = (double)sums[o];
        for (uint32_t i = 0; i < inputs; ++i)
            sum += shift[i] * (double)kernel[(size_t)i * outputs + o];
        sums[o] = (float)sum;
    }
    lvk_free(kernel);
    return status;
}

/* Folds a norm of a dense layer's inputs into the layer's kernel [in, out] or bias [out]. */
static lvk_status fold_input(const lvk_safetensors *file, const lvk_parameter *parameter,
                             const lvk_tensor *tensor, float *values) {
    char name[160];
    snprintf(name, sizeof name, "%s/gamma", parameter->norm);
    const lvk_safetensor *gamma = lvk_safetensors_find(file, name);
    const bool bias = tensor->type.rank == 1;
    const uint32_t inputs = !bias ? tensor->type.dim[0] : gamma ? (uint32_t)gamma->dim[0] : 0;
    affine norm = {0};
    if (bias && (!gamma || gamma->rank != 1 || gamma->dim[0] > UINT32_MAX))
        return lvk_fail(LVK_ERROR_FORMAT, "%s: there is no usable tensor \"%s\"", lvk_safetensors_name(file),
                        name);
    lvk_status status = affine_init(&norm, file, parameter, inputs);
    if (status == LVK_OK)
        status = lvk_safetensors_copy(file, tensor->name, &tensor->type, values);
    if (status == LVK_OK && bias)
        status = add_shifts(file, tensor, norm.shift, inputs, values);
    const uint64_t count = status == LVK_OK && !bias ? lvk_type_count(&tensor->type) : 0;
    for (uint64_t i = 0; i < count; ++i)
        values[i] = (float)((double)values[i] * norm.scale[i / tensor->type.dim[1]]);
    lvk_free(norm.scale);
    return status;
}

static lvk_status read_parameter(const lvk_safetensors *file, const lvk_parameter *parameter,
                                 const lvk_tensor *tensor, float *values) {
    if (!parameter->norm)
        return lvk_safetensors_copy(file, tensor->name, &tensor->type, values);
    return parameter->norm_of_input ? fold_input(file, parameter, tensor, values)
                                    : fold(file, parameter, tensor, values);
}

lvk_status lvk_batchnorm_fold_parameters(const lvk_safetensors *file, const lvk_builder *builder,
                                         bool partial, float *block) {
    for (size_t p = 0; p < builder->parameter_count; ++p) {
        const lvk_parameter *parameter = &builder->parameters[p];
        const lvk_tensor *tensor = &builder->graph->tensors[parameter->tensor];
        float *values = block + tensor->offset / sizeof(float);
        if (partial && !parameter->norm && !lvk_safetensors_find(file, tensor->name))
            continue;
        LVK_TRY(read_parameter(file, parameter, tensor, values));
    }
    return LVK_OK;
}
