/* Reading the weights of a TensorFlow.js layers model: model.json, whose weightsManifest lists groups of
 * tensors and of files ("shards"), and the shards beside it. The tensors of a group lie back to back in its
 * shards joined in their order. The files are untrusted: everything is checked before anything is used. */
#ifndef LVK_FORMATS_TFJS_H
#define LVK_FORMATS_TFJS_H

#include "core/memory.h"
#include "formats/safetensors.h"

/* Bounds of what is read: bytes of model.json and of all tensors, tensors, shards. */
#define LVK_TFJS_MAX_JSON ((size_t)2 << 20)
#define LVK_TFJS_MAX_DATA ((uint64_t)1 << 30)
enum { LVK_TFJS_MAX_TENSORS = 10000, LVK_TFJS_MAX_SHARDS = 1024 };

/* What was read; start with {0}. Owns names and data. */
typedef struct lvk_tfjs_model {
    lvk_arena arena;
    unsigned char *data;
    size_t size;
    lvk_safetensor *tensors; /* all F32; in the order of the manifest */
    size_t count;
} lvk_tfjs_model;

/* `path` is that of model.json, `json` its text. Only float32 is read, not quantized; the name of a shard
 * must be that of a file in the same folder. Errors name the file and, where one is to blame, the tensor. The
 * model is to be finished, on failure too. */
LVK_MUST_USE lvk_status lvk_tfjs_read(const char *path, const char *json, size_t size, lvk_tfjs_model *model);

void lvk_tfjs_finish(lvk_tfjs_model *model);

#endif
