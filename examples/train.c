/* example-train DATA RUN: trains a model on a data set for two steps, prints the loss after each, and keeps the training in a
 * run folder, from which it can be resumed (lvk_train_resume, `leukvk train --resume RUN`). */
#include <leukvk/leukvk.h>
#include <stdio.h>

static bool after_step(void *user, const lvk_train_event *event) {
    unsigned *steps = user;
    if (event->kind != LVK_TRAIN_STEP)
        return true;
    ++*steps;
    printf("step %u: loss %.6f\n", *steps, event->loss);
    return *steps < 2; /* false: save and stop */
}

int main(int count, char **words) {
    lvk_device *device = NULL;
    static lvk_train_result result;
    unsigned steps = 0;
    if (count != 3)
        return 2;
    lvk_train_options options = lvk_train_defaults();
    options.data = words[1];
    options.run = words[2];
    options.model = "cnn-gap";
    options.batch = 16;
    options.image_size = 32;
    lvk_status status = lvk_device_open(NULL, &device);
    if (status == LVK_OK)
        status = lvk_train(device, &options, after_step, &steps, &result);
    lvk_device_close(&device);
    if (status == LVK_ERROR_CANCELLED && steps == 2)
        return 0;
    fprintf(stderr, "%s\n", status ? lvk_error_message() : "the data set has less than two batches");
    return 1;
}
