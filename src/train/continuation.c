#include "train/continuation.h"

#include "core/error.h"
#include "core/memory.h"

lvk_status lvk_continuation_train(lvk_device *device, const lvk_train_options *options, bool begun,
                                  uint32_t epochs, lvk_train_callback callback, void *user) {
    const lvk_resume_options resume = {.data = options->data,
                                       .dataset = options->dataset,
                                       .ranks = options->ranks,
                                       .threads = options->threads,
                                       .epochs = epochs,
                                       .estimate = options->estimate,
                                       .tensorboard = options->tensorboard,
                                       .novelty_ratio = options->novelty_ratio,
                                       .temperature = options->temperature};
    lvk_train_result *result = lvk_alloc(1, sizeof *result); /* too large for the stack */
    if (!result)
        return LVK_ERROR_MEMORY;
    const lvk_status status = begun ? lvk_train_resume(device, options->run, &resume, callback, user, result)
                                    : lvk_train(device, options, callback, user, result);
    lvk_free(result);
    return status;
}
