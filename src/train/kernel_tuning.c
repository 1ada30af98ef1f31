/* The public functions of kernel tuning: they measure the calls of a model's programs, and store the
 * choices. */
#include "leukvk/kernel_tuning.h"

#include "core/memory.h"
#include "core/options.h"
#include "image/crop.h"
#include "leukvk/dataset.h"
#include "leukvk/model.h"
#include "leukvk/train.h"
#include "runtime/device.h"
#include "runtime/kernel_tuner.h"
#include "runtime/kernel_tuning_file.h"
#include "runtime/memory_check.h"
#include "runtime/network.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct tuning {
    lvk_backend *backend;
    lvk_kernel_tuning_callback callback;
    void *user;
    lvk_string_map found; /* the calls with several candidates, and the chosen one; "" until it is chosen */
    int measured;
} tuning;

static lvk_status key_of(const lvk_call *call, char **key) {
    lvk_text text = {0};
    lvk_call_key(call, &text);
    return lvk_text_take(&text, key, NULL);
}

static lvk_status list_call(void *user, const lvk_call *call) {
    tuning *t = user;
    char *key;
    lvk_kernel_tuner_times times;
    LVK_TRY(lvk_kernel_tuner_list(&t->backend->caps, call, &times));
    if (times.count < 2)
        return LVK_OK;
    LVK_TRY(key_of(call, &key));
    const lvk_status status = lvk_string_map_set(&t->found, key, "");
    lvk_free(key);
    return status;
}

static lvk_status measure(tuning *t, const char *key, const lvk_call *call) {
    lvk_kernel_tuner_times times;
    lvk_kernel_tuning_event event = {.index = ++t->measured, .count = (int)t->found.count, .call = key};
    const lvk_status status = lvk_kernel_tuner_measure(t->backend, call, &times);
    if (status != LVK_OK)
        return lvk_fail_within(status, "%s", key);
    for (int i = 0; i < times.count; ++i)
        if (times.candidates[i].chosen)
            LVK_TRY(lvk_string_map_set(&t->found, key, times.candidates[i].name));
    event.candidates = times.candidates;
    event.candidate_count = times.count;
    if (t->callback && !t->callback(t->user, &event))
        return lvk_fail(LVK_ERROR_CANCELLED, "stopped; nothing was stored");
    return LVK_OK;
}

static lvk_status measure_call(void *user, const lvk_call *call) {
    tuning *t = user;
    char *key;
    LVK_TRY(key_of(call, &key));
    const char *choice = lvk_string_map_get(&t->found, key);
    const lvk_status status = choice && !*choice ? measure(t, key, call) : LVK_OK;
    lvk_free(key);
    return status;
}

/* Adds the choices to those in the file. A file that cannot be used is replaced. */
static lvk_status store(const tuning *t, const char *path, const lvk_device_info *device) {
    lvk_string_map all = {0};
    lvk_status status = lvk_kernel_tuning_file_read(path, device, &all);
    if (status != LVK_ERROR_MEMORY)
        status = LVK_OK;
    for (size_t i = 0; i < t->found.count && status == LVK_OK; ++i)
        status = lvk_string_map_set(&all, t->found.pairs[i].key, t->found.pairs[i].value);
    if (status == LVK_OK)
        status = lvk_kernel_tuning_file_write(path, device, &all);
    lvk_string_map_finish(&all);
    return status;
}

static lvk_status fill_config(const lvk_kernel_tuning_options *given, lvk_network_config *config) {
    lvk_kernel_tuning_options taken;
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_kernel_tuning_options, &taken, given));
    const lvk_kernel_tuning_options *const options = &taken;
    const lvk_train_options defaults = lvk_train_defaults();
    lvk_crop crop;
    LVK_TRY(lvk_crop_parse(defaults.crop, &crop));
    *config = (lvk_network_config){.model = {.architecture = options->model ? options->model : defaults.model,
                                             .dropout = defaults.dropout},
                                   .batch = options->batch ? options->batch : defaults.batch,
                                   .training = true,
                                   .optimizer = LVK_OPTIMIZER_ADAM};
    if (config->batch > 1024)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--batch %u: must be from 1 to 1024", config->batch);
    const lvk_model *model = lvk_model_find(config->model.architecture);
    if (!model)
        return LVK_ERROR_ARGUMENT;
    config->model.classes = options->classes;
    if (config->model.classes == 1 || config->model.classes > LVK_MOST_CLASSES)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--classes %u: must be from 2 to %d", config->model.classes,
                        LVK_MOST_CLASSES);
    config->model.image_size = options->image_size;
    if (lvk_model_check_size(model, config->model.image_size) != LVK_OK)
        return lvk_fail_within(LVK_ERROR_ARGUMENT, "--image-size %u", options->image_size);
    config->crop_side =
        lvk_crop_side_bound(&crop, LVK_CNMC_SIDE, LVK_CNMC_SIDE, lvk_model_image_size(model, &config->model));
    config->model.batch_statistics = model->batch_norm && !model->features;
    return LVK_OK;
}

/* Fails if the network does not fit into memory. Calls are measured one by one, which takes less memory, so
 * that a lack of it would be noticed only after minutes. */
static lvk_status check_memory(const lvk_backend *backend, lvk_network_config config) {
    lvk_memory_need need;
    return lvk_memory_check(backend, LVK_RECOMPUTE_AUTO, &config, &need);
}

lvk_status lvk_kernel_tuning_run(lvk_device *device, const lvk_kernel_tuning_options *options,
                                 lvk_kernel_tuning_callback callback, void *user) {
    tuning t = {.backend = lvk_device_backend(device), .callback = callback, .user = user};
    lvk_network_config config;
    LVK_TRY(fill_config(options, &config));
    if (!lvk_op_candidate(LVK_OP_conv2d, &t.backend->caps, 0))
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "the reference has one kernel for each operator, so that there is nothing to choose: name another device");
    if (!lvk_kernel_tuning_file(device))
        return lvk_fail(LVK_ERROR_IO,
                        "no cache folder to store choices in: neither XDG_CACHE_HOME nor HOME is "
                        "a folder that can be used");
    LVK_TRY(check_memory(t.backend, config));
    lvk_status status = lvk_network_visit(&t.backend->caps, &config, list_call, &t);
    if (status == LVK_OK)
        status = lvk_network_visit(&t.backend->caps, &config, measure_call, &t);
    if (status == LVK_OK)
        status = store(&t, lvk_kernel_tuning_file(device), lvk_device_get_info(device));
    lvk_string_map_finish(&t.found);
    return status;
}

bool lvk_kernel_tuning_get(const lvk_device *device, size_t index, lvk_kernel_tuning_choice *choice) {
    const lvk_string_map *choices = lvk_device_kernel_choices(device);
    for (size_t i = 0; i < choices->count; ++i) {
        if (lvk_kernel_choices_is_aside_key(choices->pairs[i].key) || index-- > 0)
            continue;
        *choice = (lvk_kernel_tuning_choice){choices->pairs[i].key, choices->pairs[i].value};
        return true;
    }
    return false;
}

lvk_status lvk_kernel_tuning_forget(const lvk_device *device, bool *removed) {
    const char *path = lvk_kernel_tuning_file(device);
    *removed = path && remove(path) == 0;
    if (path && !*removed && errno != ENOENT)
        return lvk_fail(LVK_ERROR_IO, "%s: %s", path, strerror(errno));
    return LVK_OK;
}
