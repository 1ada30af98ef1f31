/* How other libraries name and lay out the tensors of a residual network. */
#ifndef LVK_MODELS_NAMING_H
#define LVK_MODELS_NAMING_H

#include "models/resnet_table.h"

enum { LVK_FOREIGN_NAME = 64 };

/* What a tensor is called in torchvision's and timm's files ("layer1.0.conv1.weight"), and its type there:
 * kernels OIHW, the classifier's [out, in]. */
void lvk_naming_torchvision(const lvk_resnet_table *table, const lvk_resnet_tensor *tensor,
                            char name[LVK_FOREIGN_NAME], lvk_type *type);

/* Whether torchvision's files have this tensor and it is of no use here: the counters
 * "...num_batches_tracked". */
bool lvk_naming_ignored(const char *name);

/* [out, in, height, width] at `source`, aligned or not, to [height, width, in, out]; `type` is the latter's,
 * of rank 4, or of rank 2 for [out, in] to [in, out]. */
void lvk_naming_transpose(const void *source, const lvk_type *type, float *destination);

#endif
