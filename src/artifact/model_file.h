/* Reading of a trained model by the path that a user gives. */
#ifndef LVK_ARTIFACT_MODEL_FILE_H
#define LVK_ARTIFACT_MODEL_FILE_H

#include "artifact/checkpoint.h"

/* Reads the model at `path`: a model.safetensors, a checkpoint, or a run folder, whose model.safetensors is
 * read. Checks that its metadata fits a known architecture, but not its tensors. The results are set after a
 * failure too, and the caller releases both: *file, the path of the file (NULL: memory is out), with
 * lvk_free, and *checkpoint. */
LVK_MUST_USE lvk_status lvk_model_file_read(const char *path, char **file, lvk_checkpoint **checkpoint);

#endif
