/* example-classify MODEL IMAGE: prints the probability that a trained model gives to an image, of the positive class or
 * of each of three classes and more. */
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
    const lvk_classifier_info *info = failed ? NULL : lvk_classifier_get_info(model);
    if (failed)
        fprintf(stderr, "%s\n", lvk_error_message());
    else if (info->class_count == 0)
        printf("%s: p_%s %.6f\n", row.path, info->positive_class, row.p);
    for (uint32_t k = 0; info && k < info->class_count; ++k)
        printf("%s: p_%s %.6f\n", row.path, info->class_names[k], row.probabilities[k]);
    lvk_dataset_destroy(&images);
    lvk_classifier_close(&model);
    lvk_device_close(&device);
    return failed;
}
