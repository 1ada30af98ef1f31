/* Models and pictures in memory give the bits that their files give. */
#include "support/scratch.h"

#include "core/file.h"
#include "core/memory.h"
#include "image/image.h"
#include "leukvk/leukvk.h"
#include "support/jpeg.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(classifier_memory, .init = scratch_create, .fini = scratch_remove);

enum { MOST_IMAGES = 64, PADDING = 13 };

static lvk_device *device;
static lvk_classifier *from_file, *from_memory;
static char cells[SCRATCH_PATH], model[2 * SCRATCH_PATH];

static void train(void) {
    const lvk_synth_options drawn = {.images = 60, .size = 64, .format = LVK_SYNTH_PNG};
    lvk_train_options o = lvk_train_defaults();
    static lvk_train_result result;
    snprintf(cells, sizeof cells, "%s", scratch_path("cells"));
    snprintf(model, sizeof model, "%s/model.safetensors", scratch_path("run"));
    cr_assert_eq(lvk_synth_write(cells, &drawn), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_device_open(&(lvk_device_options){.device = "reference"}, &device), LVK_OK);
    o.data = cells;
    o.run = scratch_path("run");
    o.image_size = 32;
    o.crop = "bbox";
    o.epochs = 1;
    o.refit = false;
    cr_assert_eq(lvk_train(device, &o, NULL, NULL, &result), LVK_OK, "%s", lvk_error_message());
}

/* Opens the model by its path, and from its bytes, which are overwritten then. */
static void open_both(void) {
    void *bytes;
    size_t size;
    cr_assert_eq(lvk_classifier_open(device, model, NULL, &from_file), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_file_read(model, (size_t)1 << 30, &bytes, &size), LVK_OK);
    cr_assert_eq(lvk_classifier_open_memory(device, "my model", bytes, size, NULL, &from_memory), LVK_OK,
                 "%s", lvk_error_message());
    memset(bytes, 0xA5, size);
    lvk_free(bytes);
    cr_expect_str_eq(lvk_classifier_get_info(from_memory)->path, "my model");
}

/* Makes a picture of the file's pixels, whose rows have some bytes between them. */
static lvk_picture *picture_of(const char *path) {
    lvk_image image;
    lvk_picture *picture;
    cr_assert_eq(lvk_image_read(path, &image), LVK_OK, "%s", lvk_error_message());
    const size_t row = 3 * (size_t)image.width, stride = row + PADDING;
    uint8_t *rows = lvk_alloc(image.height, stride);
    cr_assert_not_null(rows);
    memset(rows, 0xFF, image.height * stride);
    for (uint32_t y = 0; y < image.height; ++y)
        memcpy(rows + y * stride, image.pixels + y * row, row);
    const lvk_pixels pixels = {.rgb = rows,
                               .width = image.width,
                               .height = image.height,
                               .stride = stride,
                               .lossy = image.black > 0};
    cr_assert_eq(lvk_picture_create(from_memory, path, &pixels, &picture), LVK_OK, "%s", lvk_error_message());
    lvk_image_finish(&image);
    memset(rows, 0, image.height * stride);
    lvk_free(rows);
    return picture;
}

Test(classifier_memory, gives_the_bits_of_files) {
    static lvk_prediction expected[MOST_IMAGES], rows[MOST_IMAGES];
    static uint32_t images[MOST_IMAGES];
    lvk_picture *pictures[MOST_IMAGES];
    lvk_dataset *dataset;
    train();
    open_both();
    const char *jpeg = scratch_path("disc.jpg");
    cr_assert_eq(lvk_file_write(jpeg, disc_jpeg, sizeof disc_jpeg), LVK_OK);
    cr_assert_eq(lvk_dataset_create_from_files((const char *[]){cells, jpeg}, 2, NULL, &dataset), LVK_OK,
                 "%s", lvk_error_message());
    const size_t count = lvk_dataset_image_count(dataset);
    cr_assert(count > 50 && count <= MOST_IMAGES, "%zu", count);
    for (uint32_t i = 0; i < count; ++i) {
        images[i] = i;
        pictures[i] = picture_of(lvk_dataset_image(dataset, i)->path);
    }
    cr_assert_eq(lvk_classifier_predict(from_file, dataset, images, count, NULL, NULL, expected), LVK_OK);
    cr_assert_eq(
        lvk_classifier_predict_pictures(from_memory, (const lvk_picture *const *)pictures, count, rows),
        LVK_OK, "%s", lvk_error_message());
    for (size_t i = 0; i < count; ++i) {
        const char *path = expected[i].path;
        cr_expect_str_eq(rows[i].path, path);
        cr_expect(rows[i].p == expected[i].p, "%s: %.17g, not %.17g", path, rows[i].p, expected[i].p);
        cr_expect_eq(rows[i].area, expected[i].area, "%s", path);
        cr_expect(rows[i].novelty == expected[i].novelty, "%s: %.17g", path, rows[i].novelty);
        lvk_picture_free(&pictures[i]);
    }
    cr_expect(expected[0].p != expected[count - 1].p, "the images differ");
    lvk_dataset_destroy(&dataset);

    uint8_t pixel = 0;
    lvk_picture *picture;
    const lvk_pixels bad[] = {{NULL, 64, 64, 0, 0, false},          {&pixel, 31, 64, 0, 0, false},
                              {&pixel, 64, 8193, 0, 0, false},      {&pixel, 64, 64, 191, 0, false},
                              {&pixel, 64, 64, 0, -1, false},       {&pixel, 64, 64, 0, 1e9, false},
                              {&pixel, UINT32_MAX, 64, 0, 0, false}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        cr_expect_eq(lvk_picture_create(from_memory, "mine", &bad[i], &picture), LVK_ERROR_ARGUMENT, "%zu",
                     i);
        cr_expect_null(picture);
        cr_expect_eq(strncmp(lvk_error_message(), "mine: ", 6), 0, "%s", lvk_error_message());
    }
    lvk_classifier_close(&from_file);
    lvk_classifier_close(&from_memory);
    lvk_device_close(&device);
}

Test(classifier_memory, refuses_bytes_that_are_no_model) {
    lvk_classifier *c;
    cr_assert_eq(lvk_device_open(&(lvk_device_options){.device = "reference"}, &device), LVK_OK);
    cr_expect_eq(lvk_classifier_open_memory(device, "mine", "abc", 3, NULL, &c), LVK_ERROR_FORMAT);
    cr_expect_null(c);
    cr_expect_str_eq(lvk_error_message(), "mine: 3 bytes, too short for a safetensors file");
    cr_expect_eq(lvk_classifier_open_memory(device, "mine", NULL, 0, NULL, &c), LVK_ERROR_FORMAT);
    lvk_device_close(&device);
}
