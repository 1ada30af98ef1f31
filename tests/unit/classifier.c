/* The public classifier on a run of a few drawn cells. */
#include "support/scratch.h"

#include "leukvk/leukvk.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(classifier, .init = scratch_create, .fini = scratch_remove);

enum { MOST_IMAGES = 200 };

static lvk_device *device;
static char cells[SCRATCH_PATH], run[SCRATCH_PATH];

/* Draws cells into `cells` and trains on them in `run`, with a refit. */
static void train(void) {
    const lvk_synth_options drawn = {.images = 120, .size = 64, .format = LVK_SYNTH_PNG};
    lvk_train_options o = lvk_train_defaults();
    static lvk_train_result result;
    snprintf(cells, sizeof cells, "%s", scratch_path("cells"));
    snprintf(run, sizeof run, "%s", scratch_path("run"));
    cr_assert_eq(lvk_synth_write(cells, &drawn), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_device_open(&(lvk_device_options){.device = "reference"}, &device), LVK_OK);
    o.data = cells;
    o.run = run;
    o.image_size = 32;
    o.crop = "none";
    o.epochs = 1;
    cr_assert_eq(lvk_train(device, &o, NULL, NULL, &result), LVK_OK, "%s", lvk_error_message());
    cr_assert(result.refitted);
}

static lvk_classifier *open(const char *path, bool evaluated) {
    lvk_classifier *c;
    cr_assert_eq(lvk_classifier_open(
                     device, path, &(lvk_classifier_options){.evaluated = evaluated, .keep_going = true}, &c),
                 LVK_OK, "%s", lvk_error_message());
    return c;
}

static bool has_refit(const char *path, bool evaluated) {
    lvk_classifier *c = open(path, evaluated);
    const bool refit = lvk_classifier_get_info(c)->has_refit;
    lvk_classifier_close(&c);
    return refit;
}

/* Predicts all images, of which the first cannot be read any more. */
static void predict_without_first(lvk_prediction *rows, size_t *count) {
    static uint32_t images[MOST_IMAGES];
    lvk_dataset *dataset;
    cr_assert_eq(lvk_dataset_create(cells, NULL, &dataset), LVK_OK, "%s", lvk_error_message());
    *count = lvk_dataset_image_count(dataset);
    cr_assert_leq(*count, (size_t)MOST_IMAGES);
    for (uint32_t i = 0; i < *count; ++i)
        images[i] = i;
    char path[600];
    snprintf(path, sizeof path, "%s/%s", cells, lvk_dataset_image(dataset, 0)->path);
    cr_assert_eq(remove(path), 0, "%s", path);
    lvk_classifier *c = open(run, false);
    cr_assert(lvk_classifier_get_info(c)->knows_novelty);
    for (int again = 0; again < 2; ++again)
        cr_assert_eq(lvk_classifier_predict(c, dataset, images, *count, NULL, NULL, rows), LVK_OK, "%s",
                     lvk_error_message());
    lvk_classifier_close(&c);
    lvk_dataset_destroy(&dataset);
}

Test(classifier, tells_of_a_refit_and_knows_nothing_of_an_unreadable_image) {
    static lvk_prediction rows[MOST_IMAGES];
    char model[2 * SCRATCH_PATH];
    size_t count;
    train();
    snprintf(model, sizeof model, "%s/model.safetensors", run);
    cr_expect(has_refit(run, true));
    cr_expect(!has_refit(run, false), "it is the refit's");
    cr_expect(!has_refit(model, true), "a file is meant as it is");

    predict_without_first(rows, &count);
    cr_expect(isnan(rows[0].p), "%g", rows[0].p);
    cr_expect_eq(rows[0].novelty, 0, "%g", rows[0].novelty);
    cr_expect_null(rows[0].novelty_cause);
    for (size_t i = 1; i < count; ++i)
        cr_expect(isfinite(rows[i].p) && rows[i].novelty > 0 && rows[i].novelty_cause, "%zu: %g, %g", i,
                  rows[i].p, rows[i].novelty);
    lvk_device_close(&device);
}

/* Mean of the logits over all training images, where classes weigh alike, and in a class its subjects. */
static double mean_by_subject(const lvk_dataset *dataset, const lvk_prediction *rows, size_t count) {
    double mean = 0;
    for (uint32_t label = 0; label < 2; ++label) {
        double sum = 0;
        int subjects = 0;
        for (uint32_t s = 0; s < lvk_dataset_subject_count(dataset); ++s) {
            double of_subject = 0;
            int images = 0;
            for (size_t i = 0; i < count; ++i) {
                const lvk_image_info *image = lvk_dataset_image(dataset, i);
                if (image->subject != s || (uint32_t)image->label != label ||
                    image->part != LVK_PART_TRAINING)
                    continue;
                of_subject += log(rows[i].p / (1 - rows[i].p));
                ++images;
            }
            sum += images ? of_subject / images : 0;
            subjects += images > 0;
        }
        cr_assert_gt(subjects, 1);
        mean += sum / subjects / 2;
    }
    return mean;
}

/* The refit is trained on all images but those of the preliminary part, in which its logits stand around 0 whoever has how many of them. */
Test(classifier, logits_stand_around_zero_over_the_people_in_training) {
    static lvk_prediction rows[MOST_IMAGES];
    static uint32_t images[MOST_IMAGES];
    lvk_dataset *dataset;
    train();
    cr_assert_eq(lvk_dataset_create(cells, NULL, &dataset), LVK_OK, "%s", lvk_error_message());
    const size_t count = lvk_dataset_image_count(dataset);
    for (uint32_t i = 0; i < count; ++i)
        images[i] = i;
    lvk_classifier *c = open(run, false);
    cr_assert_eq(lvk_classifier_predict(c, dataset, images, count, NULL, NULL, rows), LVK_OK, "%s",
                 lvk_error_message());
    cr_expect_float_eq(mean_by_subject(dataset, rows, count), 0, 1e-4, "%g",
                       mean_by_subject(dataset, rows, count));
    lvk_classifier_close(&c);
    lvk_dataset_destroy(&dataset);
    lvk_device_close(&device);
}
