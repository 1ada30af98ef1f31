/* Kernel tuning: the choice of a kernel for each operator on this very device.
 *
 * Several kernels compute the same operator; which is fastest depends on device, driver and shape.
 * lvk_kernel_tuning_run measures them and stores the choices in a file of the user's cache folder. Devices
 * that are opened afterwards take their kernels by that file. Kernels are measured at no other time, so that
 * two trainings with the same seed have the same bits unless kernels are tuned in between. A file that is
 * damaged or was made with another device, driver or build of leukvk is ignored, with a line in the log. */
#ifndef LEUKVK_KERNEL_TUNING_H
#define LEUKVK_KERNEL_TUNING_H

#include "leukvk/device.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_kernel_tuning_options {
    size_t struct_size;  /* sizeof this struct; 0: its size in version 0.1 */
    const char *model;   /* the architecture, such as "cnn"; NULL: the default of a training */
    uint32_t batch;      /* images a step of training and predicting, 1 to 1024; 0: 32 */
    uint32_t image_size; /* pixels a side, as lvk_train_options.image_size; 0: the model's own */
    uint32_t classes;    /* 2 to LVK_MOST_CLASSES; three and more have a softmax head; 0: 2 */
} lvk_kernel_tuning_options;

typedef struct lvk_kernel_tuning_candidate {
    const char *name;
    double seconds; /* the median of a few runs; if given_up, the time of one run or an estimate */
    bool given_up;  /* it is so much slower than another kernel that it was not measured further */
    bool chosen;
} lvk_kernel_tuning_candidate;

/* Tells that the kernels of one call have been measured. Calls that only one kernel can run are not
 * measured. */
typedef struct lvk_kernel_tuning_event {
    int index, count; /* the number of the call, from 1, and the number of all calls */
    const char *call; /* the operator's name, a space, then shapes and attributes */
    int candidate_count;
    const lvk_kernel_tuning_candidate
        *candidates; /* the kernels that can run here, in the operator's order */
} lvk_kernel_tuning_event;

/* Called on the calling thread. False stops with LVK_ERROR_CANCELLED, and nothing is stored. */
typedef bool (*lvk_kernel_tuning_callback)(void *user, const lvk_kernel_tuning_event *event);

/* Measures the kernels that training the model and predicting with it use, and stores the choices; those for
 * other batch sizes are kept. `options` and `callback` may be NULL. LVK_ERROR_ARGUMENT for the reference
 * device, which has no kernels to choose from. */
LVK_API LVK_MUST_USE lvk_status lvk_kernel_tuning_run(lvk_device *device,
                                                      const lvk_kernel_tuning_options *options,
                                                      lvk_kernel_tuning_callback callback, void *user);

/* The path of the file with this device's choices, which need not exist. NULL if the user has no cache
 * folder, and for the reference. The text belongs to the device. */
LVK_API const char *lvk_kernel_tuning_file(const lvk_device *device);

/* A choice that was read when the device was opened. Texts belong to the device. */
typedef struct lvk_kernel_tuning_choice {
    const char *call; /* as in lvk_kernel_tuning_event */
    const char *candidate;
} lvk_kernel_tuning_choice;
LVK_API bool lvk_kernel_tuning_get(const lvk_device *device, size_t index, lvk_kernel_tuning_choice *choice);

/* Removes the file. *removed is set to whether there was one. */
LVK_API LVK_MUST_USE lvk_status lvk_kernel_tuning_forget(const lvk_device *device, bool *removed);

#ifdef __cplusplus
}
#endif
#endif
