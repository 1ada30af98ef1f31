/* example-classify MODEL IMAGE: prints the probability that a trained model gives to an image. */
#include <leukvk/leukvk.h>
#include <stdio.h>

int main(int count, char **words) {
    lvk_device *device = NULL;
    lvk_classifier *model = NULL;
    lvk_dataset *images = NULL;
    lvk_prediction row;
    if (count != 3)
        return 2;
    const bool failed = lvk_device_open(NULL, &device) ||
                        lvk_classifier_open(device, words[1], NULL, &model) ||
                        lvk_dataset_create_from_files(&(const char *){words[2]}, 1, NULL, &images) ||
                        lvk_classifier_predict(model, images, &(uint32_t){0}, 1, NULL, NULL, &row);
    if (failed)
        fprintf(stderr, "%s\n", lvk_error_message());
    else
        printf("%s: p_%s %.6f\n", row.path, lvk_classifier_get_info(model)->positive_class, row.p);
    lvk_dataset_destroy(&images);
    lvk_classifier_close(&model);
    lvk_device_close(&device);
    return failed;
}
