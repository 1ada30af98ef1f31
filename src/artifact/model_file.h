/* The file of a trained model, as users name it. */
#ifndef LVK_ARTIFACT_MODEL_FILE_H
#define LVK_ARTIFACT_MODEL_FILE_H

#include "artifact/checkpoint.h"

/* `path`: a model.safetensors, a checkpoint, or a run folder, whose model.safetensors is taken. Reads it and
 * checks that what it says of itself fits an architecture that is known here; its tensors are not looked at.
 * Both results are set after a failure too, and released by the caller: *file, the path of the file (NULL:
 * out of memory), with lvk_free, and *checkpoint. */
LVK_MUST_USE lvk_status lvk_model_file_read(const char *path, char **file, lvk_checkpoint **checkpoint);

#endif
