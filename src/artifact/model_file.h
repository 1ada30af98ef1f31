/* Reading of a trained model by the path that a user gives. */
#ifndef LVK_ARTIFACT_MODEL_FILE_H
#define LVK_ARTIFACT_MODEL_FILE_H

#include "artifact/checkpoint.h"

/* Which model of a run folder is meant. */
typedef enum lvk_model_choice {
    LVK_MODEL_FINAL, /* the one to use: that of a finished refit (train/refit.h), or else the run's own */
    LVK_MODEL_EVALUATED /* the run's own, which was trained without the images of its validation and test parts; of a
                           folder without a model of its own, such as that of a cross-validation, the refit's */
} lvk_model_choice;

/* The path of the model file that `choice` means at `path`, which is as for lvk_model_file_read, in new memory; NULL: memory
 * is out. */
char *lvk_model_file_find(const char *path, lvk_model_choice choice);

/* Reads the model at `path`: a model.safetensors, a checkpoint, or a run folder, whose model.safetensors is
 * read; also the folder of a cross-validation or a search with a refit. Checks that its metadata fits a known architecture, but not its tensors. The results are set after a
 * failure too, and the caller releases both: *file, the path of the file (NULL: memory is out), with
 * lvk_free, and *checkpoint. */
LVK_MUST_USE lvk_status lvk_model_file_read(const char *path, lvk_model_choice choice, char **file,
                                            lvk_checkpoint **checkpoint);

/* The same of the `size` bytes of a model file at `data`, which are copied; `name` stands in front of error lines. On
 * failure *checkpoint is NULL. */
LVK_MUST_USE lvk_status lvk_model_file_copy(const char *name, const void *data, size_t size,
                                            lvk_checkpoint **checkpoint);

#endif
