/* leukvk: training, evaluating and running image classifiers for acute lymphoblastic leukaemia on
 * graphics cards through Vulkan or on the processor.
 *
 * Includes the whole public interface. Objects are created and destroyed in pairs; a destroy call takes the
 * object's address, clears it and accepts NULL. Unless a function says otherwise, an object may be used by
 * one thread at a time. */
#ifndef LEUKVK_LEUKVK_H
#define LEUKVK_LEUKVK_H

#include "leukvk/api.h"
#include "leukvk/bench.h"
#include "leukvk/calibrate.h"
#include "leukvk/class_metrics.h"
#include "leukvk/crop.h"
#include "leukvk/cv.h"
#include "leukvk/data_page.h"
#include "leukvk/dataset.h"
#include "leukvk/device.h"
#include "leukvk/explain.h"
#include "leukvk/explore.h"
#include "leukvk/export.h"
#include "leukvk/history.h"
#include "leukvk/import.h"
#include "leukvk/join.h"
#include "leukvk/kernel_tuning.h"
#include "leukvk/log.h"
#include "leukvk/metrics.h"
#include "leukvk/model.h"
#include "leukvk/operators.h"
#include "leukvk/predict.h"
#include "leukvk/predictions.h"
#include "leukvk/profile.h"
#include "leukvk/ranks.h"
#include "leukvk/report.h"
#include "leukvk/search.h"
#include "leukvk/selftest.h"
#include "leukvk/serve.h"
#include "leukvk/sheet.h"
#include "leukvk/sort_images.h"
#include "leukvk/split.h"
#include "leukvk/status.h"
#include "leukvk/subject_summary.h"
#include "leukvk/synth.h"
#include "leukvk/train.h"
#include "leukvk/version.h"

#endif
