/* Tuning: which of its kernels an operator runs with on this very device.
 *
 * Several kernels compute the same operator; which is fastest depends on device, driver and shape.
 * lvk_kernel_tuning_run measures them and stores the choices in a file of the user's cache folder. Devices
 * opened from then on take their kernels by that file; nothing is ever measured besides, so that two
 * trainings with the same seed have the same bits as long as nobody tunes in between. The file is ignored,
 * with a line in the log, when it is damaged or was made with another device, driver or build of leukvk. */
#ifndef LEUKVK_KERNEL_TUNING_H
#define LEUKVK_KERNEL_TUNING_H

#include "leukvk/device.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_kernel_tuning_options {
    const char *model;   /* an architecture, "cnn"; NULL: the one that is trained where none is named */
    uint32_t batch;      /* images a step of training and predicting, 1 to 1024; 0: 32 */
    uint32_t image_size; /* pixels a side, as lvk_train_options.image_size; 0: the model's own */
} lvk_kernel_tuning_options;

typedef struct lvk_kernel_tuning_candidate {
    const char *name;
    double seconds; /* median of a few runs; when it was given up: of one run, or an estimate */
    bool given_up;  /* so much slower than another one that it was not measured further */
    bool chosen;
} lvk_kernel_tuning_candidate;

/* One call was measured. Calls that only one kernel can run are not: there is nothing to choose. */
typedef struct lvk_kernel_tuning_event {
    int index, count; /* its number from 1, and how many there are */
    const char *call; /* the operator's name, a space, then shapes and attributes */
    int candidate_count;
    const lvk_kernel_tuning_candidate *candidates; /* those that can run here, in the operator's order */
} lvk_kernel_tuning_event;

/* Called on the calling thread. False: stop with LVK_ERROR_CANCELLED; nothing is stored then. */
typedef bool (*lvk_kernel_tuning_callback)(void *user, const lvk_kernel_tuning_event *event);

/* Measures the kernels of training the model and of predicting with it, and stores the choices beside those
 * for other batch sizes. `options` and `callback` may be NULL. LVK_ERROR_ARGUMENT for the reference device,
 * which has no kernels. */
LVK_MUST_USE lvk_status lvk_kernel_tuning_run(lvk_device *device, const lvk_kernel_tuning_options *options,
                                              lvk_kernel_tuning_callback callback, void *user);

/* The file of this device's choices, whether or not it exists; NULL where there is no cache folder, and for
 * the reference. Belongs to the device. */
const char *lvk_kernel_tuning_file(const lvk_device *device);

/* The choices that the device was opened with, by number; false past the last. Texts belong to the device. */
typedef struct lvk_kernel_tuning_choice {
    const char *call; /* as in lvk_kernel_tuning_event */
    const char *candidate;
} lvk_kernel_tuning_choice;
bool lvk_kernel_tuning_get(const lvk_device *device, size_t index, lvk_kernel_tuning_choice *choice);

/* Removes the file. *removed: there was one. */
LVK_MUST_USE lvk_status lvk_kernel_tuning_forget(const lvk_device *device, bool *removed);

#ifdef __cplusplus
}
#endif
#endif
