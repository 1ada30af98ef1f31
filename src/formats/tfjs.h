/* Reading the weights of a TensorFlow.js layers model: model.json, whose weightsManifest lists groups of
 * tensors and of files ("shards"), and the shards beside it. The shards of a group, put together in their
 * order, hold its tensors one after the other. The files are untrusted: everything is checked before anything
 * is used. */
#ifndef LVK_FORMATS_TFJS_H
#define LVK_FORMATS_TFJS_H

#include "core/memory.h"
#include "formats/safetensors.h"

/* The most that is read: bytes of model.json, bytes of all tensors, tensors, shards. */
#define LVK_TFJS_MAX_JSON ((size_t)2 << 20)
#define LVK_TFJS_MAX_DATA ((uint64_t)1 << 30)
enum { LVK_TFJS_MAX_TENSORS = 10000, LVK_TFJS_MAX_SHARDS = 1024 };

/* The model that was read. Initialized with {0}. It owns names and data. */
typedef struct lvk_tfjs_model {
    lvk_arena arena;
    unsigned char *data;
    size_t size;
    lvk_safetensor *tensors; /* all F32; in the order of the manifest */
    size_t count;
} lvk_tfjs_model;

/* Reads a model. `path` is that of model.json, `json` its text. Only float32 is read, not quantized, and
 * shards must be files of the same folder. The error line names the file and, if one is at fault, the tensor.
 * The caller finishes the model, after a failure too. */
LVK_MUST_USE lvk_status lvk_tfjs_read(const char *path, const char *json, size_t size, lvk_tfjs_model *model);

void lvk_tfjs_finish(lvk_tfjs_model *model);

#endif
