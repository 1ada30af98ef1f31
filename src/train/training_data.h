/* Reading of a training's data set. */
#ifndef LVK_TRAIN_TRAINING_DATA_H
#define LVK_TRAIN_TRAINING_DATA_H

#include "core/error.h"
#include "leukvk/train.h"

/* Reads the folder options->data and tells the log so, with every file that is left out. LVK_ERROR_FORMAT:
 * also when there are not two classes. */
LVK_MUST_USE lvk_status lvk_training_data_read(const lvk_train_options *options, lvk_dataset **dataset);

#endif
