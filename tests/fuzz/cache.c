/* Files that leukvk keeps and reads again: choices of kernels, verdicts of the self-test, features of a frozen backbone,
 * compiled pipelines, the epochs of a run. The first byte says which, and whether the input is the whole file or what a file
 * holds, to which the digest is added, so that more than the digest's check is reached.
 * Covers: src/runtime/kernel_tuning_file.c src/predict/features.c src/artifact/history.c src/vulkan/pipeline_file.c */
#include "support.h"

#include "artifact/history.h"
#include "core/digest.h"
#include "core/file.h"
#include "core/fnv.h"
#include "core/json_file.h"
#include "formats/safetensors.h"
#include "leukvk/version.h"
#include "pictures.h"
#include "predict/features.h"
#include "runtime/kernel_tuning_file.h"
#include "vulkan/pipeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 4 /* of a row of features */, IMAGES = 12, MOST_ROWS = 32, NAMES = 3 };

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

/* ---- choices of kernels, and verdicts ---- */

static void read_choices(const char *path) {
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

static void read_verdict(const char *path) {
    lvk_string_map wrong = {0};
    bool found;
    if (fuzz_ok(lvk_selftest_file_read(path, &device, &wrong, &found)) && found) {
        REQUIRE(fuzz_ok(lvk_selftest_file_write(path, &device, &wrong)));
        REQUIRE(fuzz_ok(lvk_selftest_file_read(path, &device, &wrong, &found)) && found);
    }
    lvk_string_map_finish(&wrong);
}

/* Adds what a file of this device has and the object lacks, and the digest of all. */
static const char *complete(const fuzz_input *input, const char *format) {
    json_t *file = json_loadb((const char *)input->at, input->left, JSON_REJECT_DUPLICATES, NULL);
    char shaders[17], digest[LVK_DIGEST_TEXT], *text = NULL;
    if (!json_is_object(file)) {
        json_decref(file);
        return NULL;
    }
    snprintf(shaders, sizeof shaders, "%016" PRIx64, lvk_shader_digest);
    json_t *usual =
        json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "format", format, "device", device.name, "uuid",
                  device.uuid, "driver", device.driver, "subgroup", 8, "shaders", shaders);
    REQUIRE(json_object_update_missing(file, usual) == 0);
    json_decref(usual);
    json_object_del(file, "digest");
    REQUIRE(fuzz_ok(lvk_json_digest(file, digest)));
    REQUIRE(json_object_set_new(file, "digest", json_string(digest)) == 0);
    REQUIRE(fuzz_ok(lvk_json_dump(file, 0, &text)));
    json_decref(file);
    const char *path = fuzz_file("kernels.json", text, strlen(text));
    lvk_free(text);
    return path;
}

/* ---- features ---- */

static void read_features(void) {
    const uint32_t images[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const lvk_features_request all = {images, IMAGES, LVK_VIEW_COUNT};
    lvk_features *features = NULL;
    REQUIRE(fuzz_ok(lvk_features_open(dataset, "key", LENGTH, &features))); /* a damaged file is no error */
    float sum = 0;
    for (uint32_t i = 0; i < IMAGES; ++i)
        for (uint32_t view = 0; view < LVK_VIEW_COUNT; ++view) {
            const lvk_features_request one = {&i, 1, view + 1};
            if (lvk_features_missing(features, &one) == 0)
                sum += lvk_features_row(features, i, view)[LENGTH - 1];
        }
    REQUIRE(lvk_features_missing(features, &all) <= IMAGES * LVK_VIEW_COUNT);
    (void)sum;
    lvk_features_destroy(&features);
}

/* Rows of pictures of the data set and of others, in any order and more than once, with the digest of them. */
static void write_features(fuzz_input *input) {
    uint64_t names[MOST_ROWS][NAMES];
    float rows[MOST_ROWS][LENGTH];
    char parts[2 * LVK_DIGEST_TEXT], digest[LVK_DIGEST_TEXT];
    const uint32_t count = fuzz_below(input, MOST_ROWS + 1), length = 1 + fuzz_below(input, LENGTH);
    for (uint32_t i = 0; i < count; ++i) {
        const uint32_t image = fuzz_below(input, IMAGES + 1);
        const uint64_t *hash = lvk_dataset_image(dataset, image % IMAGES)->hash;
        names[i][0] = hash[0];
        names[i][1] = image == IMAGES ? fuzz_below(input, 65536) : hash[1];
        names[i][2] = fuzz_below(input, LVK_VIEW_COUNT + 1);
        for (uint32_t k = 0; k < LENGTH; ++k)
            rows[i][k] = (float)fuzz_below(input, 256);
    }
    lvk_digest(names, count * sizeof *names, parts);
    lvk_digest(rows, (size_t)count * LENGTH * sizeof **rows, parts + LVK_DIGEST_TEXT);
    lvk_digest(parts, sizeof parts, digest);
    const lvk_safetensor tensors[] = {
        {.name = "names", .element = LVK_ELEMENT_U64, .rank = 2, .dim = {count, NAMES}, .data = names},
        {.name = "features", .element = LVK_ELEMENT_F32, .rank = 2, .dim = {count, length}, .data = rows}};
    lvk_string_map metadata = {0};
    REQUIRE(fuzz_ok(lvk_string_map_set(&metadata, "format", "leukvk features 1")));
    REQUIRE(fuzz_ok(lvk_string_map_set(&metadata, "key", "key")));
    REQUIRE(fuzz_ok(lvk_string_map_set(&metadata, "digest", digest)));
    REQUIRE(fuzz_ok(lvk_safetensors_write(fuzz_file(features_name, "", 0), tensors, 2, &metadata)));
    lvk_string_map_finish(&metadata);
}

/* ---- compiled pipelines ---- */

/* With `whole`, the header that makes a file of the input, which then must be read as it is. */
static void read_pipelines(const fuzz_input *input, bool whole) {
    static const VkPhysicalDeviceProperties properties = {.vendorID = 1, .deviceID = 2};
    const VkPipelineCacheHeaderVersionOne own = {.headerSize = sizeof own,
                                                 .headerVersion = VK_PIPELINE_CACHE_HEADER_VERSION_ONE,
                                                 .vendorID = 1,
                                                 .deviceID = 2};
    size_t size;
    uint64_t digest;
    const char *path = fuzz_file("pipelines.bin", input->at, input->left);
    if (whole) {
        uint8_t *data = fuzz_copy(input->at, input->left);
        if (input->left > sizeof own && data[0] % 2)
            memcpy(data, &own, sizeof own);
        lvk_pipeline_file_write(path, data, input->left, 0);
        lvk_free(data);
    }
    void *data = lvk_pipeline_file_read(path, &properties, &size, &digest);
    REQUIRE(!data || size >= sizeof own);
    REQUIRE(data || size == 0);
    if (data)
        lvk_pipeline_file_write(path, data, size, digest);
    lvk_free(data);
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
    enum {
        CHOICES,
        FEATURES,
        HISTORY,
        WHOLE_CHOICES,
        WHOLE_FEATURES,
        PIPELINES,
        WHOLE_PIPELINES,
        VERDICT,
        KINDS
    };
    fuzz_input input = {data, size};
    const uint32_t which = fuzz_below(&input, KINDS);
    const char *path = NULL;
    switch (which) {
    case CHOICES:
        read_choices(fuzz_file("kernels.json", input.at, input.left));
        break;
    case WHOLE_CHOICES:
        if ((path = complete(&input, "leukvk kernels 1")) != NULL)
            read_choices(path);
        break;
    case VERDICT:
        if ((path = complete(&input, "leukvk selftest 1, " LEUKVK_VERSION)) != NULL)
            read_verdict(path);
        break;
    case FEATURES:
        fuzz_file(features_name, input.at, input.left);
        read_features();
        break;
    case WHOLE_FEATURES:
        write_features(&input);
        read_features();
        break;
    case PIPELINES:
    case WHOLE_PIPELINES:
        read_pipelines(&input, which == WHOLE_PIPELINES);
        break;
    default:
        read_history(&input);
    }
}
