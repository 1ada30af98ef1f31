/* The names of a model's classes in the metadata of its file: of two the entries "negative_class" and
 * "positive_class"; of three and more the entry "classes", a JSON list in the order of the logits. */
#ifndef LVK_ARTIFACT_MODEL_CLASSES_H
#define LVK_ARTIFACT_MODEL_CLASSES_H

#include "artifact/checkpoint.h"

/* LVK_ERROR_ARGUMENT: a name is empty or too long, or there are more than LVK_MOST_CLASSES. */
LVK_MUST_USE lvk_status lvk_model_classes_put(lvk_string_map *map, const lvk_model_info *info);

/* LVK_ERROR_FORMAT: there are no names, a name is empty, too long or there twice, or there are other than 3 to
 * LVK_MOST_CLASSES in the list. */
LVK_MUST_USE lvk_status lvk_model_classes_get(const lvk_string_map *map, lvk_model_info *info);

/* The entry "positive_classes" of a calibrated model of three and more classes, which may be missing: a list of
 * some of their names. LVK_ERROR_FORMAT: it is something else. */
LVK_MUST_USE lvk_status lvk_model_positive_put(lvk_string_map *map, const lvk_model_info *info,
                                               const lvk_model_calibration *calibration);
LVK_MUST_USE lvk_status lvk_model_positive_get(const lvk_string_map *map, const lvk_model_info *info,
                                               lvk_model_calibration *calibration);

#define LVK_POSITIVE_CLASSES_KEY "positive_classes"

#endif
