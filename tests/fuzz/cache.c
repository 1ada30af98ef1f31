/* Files that leukvk keeps and reads again: choices of kernels, features of a frozen backbone, the epochs of a run. The first
 * byte says which.
 * Covers: src/runtime/kernel_tuning_file.c src/predict/features.c src/artifact/{history,run_folder}.c */
#include "support.h"

#include "artifact/history.h"
#include "core/file.h"
#include "pictures.h"
#include "predict/features.h"
#include "runtime/kernel_tuning_file.h"

#include <stdio.h>
#include <string.h>

enum { LENGTH = 4 /* of a row of features */ };

static const lvk_dataset *dataset;
static const lvk_device_info device = {
    .name = "device", .driver = "driver 1", .subgroup_size = 8, .usable = true};
static char features_name[256]; /* in the scratch folder */

void fuzz_begin(void) {
    lvk_features *features = NULL;
    dataset = fuzz_dataset();
    REQUIRE(fuzz_ok(lvk_features_open(dataset, "key", LENGTH, &features)));
    const char *path = lvk_features_path(features), *folder = fuzz_folder();
    REQUIRE(path && strncmp(path, folder, strlen(folder)) == 0);
    snprintf(features_name, sizeof features_name, "%s", path + strlen(folder) + 1);
    lvk_features_destroy(&features);
}

static void read_choices(const fuzz_input *input) {
    const char *path = fuzz_file("kernels.json", input->at, input->left);
    lvk_string_map choices = {0}, again = {0};
    if (fuzz_ok(lvk_kernel_tuning_file_read(path, &device, &choices))) {
        REQUIRE(choices.count <= LVK_TUNING_MOST);
        REQUIRE(fuzz_ok(lvk_kernel_tuning_file_write(path, &device, &choices)));
        REQUIRE(fuzz_ok(lvk_kernel_tuning_file_read(path, &device, &again)) && again.count == choices.count);
    } else {
        REQUIRE(choices.count == 0);
    }
    lvk_string_map_finish(&choices);
    lvk_string_map_finish(&again);
}

static void read_features(const fuzz_input *input) {
    const uint32_t images[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const lvk_features_request all = {images, 12, LVK_VIEW_COUNT};
    lvk_features *features = NULL;
    fuzz_file(features_name, input->at, input->left);
    REQUIRE(fuzz_ok(lvk_features_open(dataset, "key", LENGTH, &features))); /* a damaged file is no error */
    float sum = 0;
    if (lvk_features_missing(features, &all) == 0)
        for (uint32_t i = 0; i < 12; ++i)
            sum += lvk_features_row(features, i, 0)[LENGTH - 1];
    (void)sum;
    lvk_features_destroy(&features);
}

static void read_history(const fuzz_input *input) {
    lvk_history history;
    char *text = fuzz_string(input->at, input->left);
    if (fuzz_ok(lvk_history_parse("metrics.csv", text, &history))) {
        for (size_t i = 0; i < history.count; ++i)
            REQUIRE(history.epochs[i].epoch > 0);
        lvk_history_finish(&history);
    }
    lvk_free(text);
}

void fuzz_one(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    const uint32_t which = fuzz_below(&input, 3);
    if (which == 0)
        read_choices(&input);
    else if (which == 1)
        read_features(&input);
    else
        read_history(&input);
}
