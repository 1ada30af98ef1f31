/* Calibration: temperatures against known answers and another method, which predictions have a say, and that
 * nothing but two entries of the model's file changes. */
#include "support/scratch.h"

#include "artifact/checkpoint.h"
#include "artifact/model_classes.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/random.h"
#include "leukvk/calibrate.h"
#include "metrics/temperature.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(calibrate, .init = scratch_create, .fini = scratch_remove);

/* ---- the temperature ---- */

enum { ROWS = 500 };
static double p[ROWS];
static uint8_t labels[ROWS];

static double fit(size_t count) {
    double temperature = 0;
    const lvk_scored rows = {.count = count, .probabilities = p, .labels = labels};
    cr_assert_eq(lvk_temperature_fit(&rows, &temperature), LVK_OK, "%s", lvk_error_message());
    return temperature;
}

/* Sure to 0.9 and right in three of four: sigmoid(log 9 / T) = 3 / 4, so T = log 9 / log 3 = 2. */
Test(calibrate, temperature_known_by_hand) {
    static const double four[] = {0.9, 0.9, 0.1, 0.9};
    static const uint8_t of_four[] = {1, 1, 0, 0};
    memcpy(p, four, sizeof four);
    memcpy(labels, of_four, sizeof of_four);
    cr_expect_float_eq(fit(4), 2, 1e-12);
    cr_expect_float_eq(lvk_temperature_apply(0.9, 2), 0.75, 1e-15);
    cr_expect_float_eq(lvk_temperature_apply(0.1, 2), 0.25, 1e-15);
    cr_expect_eq(lvk_temperature_apply(0.5, 3), 0.5);
}

/* The mean log loss, as leukvk/metrics.h has it, with temperature T. */
static double loss_at(double temperature) {
    double sum = 0;
    for (int i = 0; i < ROWS; ++i) {
        const double q = 1 / (1 + exp(-log(p[i] / (1 - p[i])) / temperature));
        sum -= labels[i] ? log(q) : log(1 - q);
    }
    return sum / ROWS;
}

/* The lowest by golden section, which knows nothing of slopes. */
static double search(double low, double high) {
    const double golden = (sqrt(5) - 1) / 2;
    while (high - low > 1e-9) {
        const double a = high - golden * (high - low), b = low + golden * (high - low);
        if (loss_at(a) < loss_at(b))
            high = b;
        else
            low = a;
    }
    return (low + high) / 2;
}

/* Labels drawn by sigmoid(z), probabilities that are `sharp` times as sure: T is about `sharp`. */
static void draw(double sharp, uint64_t seed) {
    const lvk_random_key key = {.seed = seed, .purpose = LVK_PURPOSE_BENCH};
    for (uint32_t i = 0; i < ROWS; ++i) {
        const double z = 6 * (double)lvk_random_uniform(&key, 2 * i) - 3;
        labels[i] = (double)lvk_random_uniform(&key, 2 * i + 1) < 1 / (1 + exp(-z));
        p[i] = 1 / (1 + exp(-sharp * z));
    }
}

Test(calibrate, temperature_agrees_with_a_search) {
    static const double sharp[] = {0.25, 0.8, 1, 2, 4};
    for (size_t i = 0; i < sizeof sharp / sizeof *sharp; ++i) {
        draw(sharp[i], i);
        const double temperature = fit(ROWS), least = loss_at(temperature);
        cr_expect_float_eq(temperature, search(0.01, 20), 1e-5 * sharp[i]);
        cr_expect(temperature > 0.7 * sharp[i] && temperature < 1.4 * sharp[i], "%g for %g", temperature,
                  sharp[i]);
        cr_expect(least <= loss_at(temperature * 1.001) && least <= loss_at(temperature / 1.001));
    }
}

/* Sure to 0.8 of one of three classes, 0.1 of the others, and right in two of four: 8^(1 / T) / (8^(1 / T) + 2) = 1 / 2,
 * so T = 3. */
Test(calibrate, temperature_of_classes_known_by_hand) {
    static const double rows[4 * 3] = {0.8, 0.1, 0.1, 0.1, 0.8, 0.1, 0.8, 0.1, 0.1, 0.1, 0.1, 0.8};
    static const uint32_t of_rows[4] = {0, 1, 1, 0};
    double temperature = 0, one[3] = {0.1, 0.8, 0.1};
    const lvk_class_rows four = {.count = 4, .classes = 3, .probabilities = rows, .labels = of_rows};
    cr_assert_eq(lvk_temperature_fit_classes(&four, &temperature), LVK_OK, "%s", lvk_error_message());
    cr_expect_float_eq(temperature, 3, 1e-12);
    lvk_temperature_apply_classes(one, 3, 3);
    cr_expect_float_eq(one[0], 0.25, 1e-15);
    cr_expect_float_eq(one[1], 0.5, 1e-15);
    cr_expect_float_eq(one[2], 0.25, 1e-15);
}

/* ---- by subject ---- */

static lvk_status fit_by_subject(const lvk_prediction *rows, size_t count, uint32_t classes,
                                 double *temperature) {
    lvk_labelled_rows labelled;
    cr_assert_eq(lvk_labelled_rows_init(&labelled, rows, count, classes), LVK_OK);
    const lvk_status status = lvk_temperature_fit_by_subject(&labelled, classes, temperature);
    lvk_labelled_rows_finish(&labelled);
    return status;
}

/* Sure to 0.9. The four people of the negative class and three of four of the positive one are right, however many cells they have:
 * the weight of what is right is (1 + 3 / 4) / 2 = 7 / 8, and sigmoid(log 9 / T) = 7 / 8 for T = log 9 / log 7. */
Test(calibrate, temperature_by_subject_known_by_hand) {
    enum { MOST = 40 };
    static const struct {
        const char *subject;
        int label, cells;
        double p;
    } people[] = {{"A", 1, 11, 0.9}, {"B", 1, 1, 0.9},  {"C", 1, 2, 0.9}, {"D", 1, 9, 0.1},
                  {"E", 0, 1, 0.1},  {"F", 0, 10, 0.1}, {"G", 0, 1, 0.1}, {"A", 0, 2, 0.1}};
    static lvk_prediction rows[MOST];
    size_t count = 0;
    double temperature = 0;
    for (size_t s = 0; s < sizeof people / sizeof *people; ++s)
        for (int c = 0; c < people[s].cells; ++c)
            rows[count++] = (lvk_prediction){
                .path = "cell.bmp", .subject = people[s].subject, .p = people[s].p, .label = people[s].label};
    cr_assert_eq(fit_by_subject(rows, count, 2, &temperature), LVK_OK, "%s", lvk_error_message());
    cr_expect_float_eq(temperature, log(9) / log(7), 1e-12);

    for (size_t i = 0; i < count; ++i) /* all of the positive class are one person */
        if (rows[i].label == 1)
            rows[i].subject = "A";
    cr_expect_eq(fit_by_subject(rows, count, 2, &temperature), LVK_ERROR_ARGUMENT);
    cr_expect_not_null(strstr(lvk_error_message(), "two subjects"), "%s", lvk_error_message());
}

/* As above, of three classes with two people each, of whom one has one cell and is wrong in the first class alone: the weight of
 * what is right is (1 + 1 + 1 / 2) / 3 = 5 / 6, and 8^(1 / T) / (8^(1 / T) + 2) = 5 / 6 for 8^(1 / T) = 10. */
Test(calibrate, temperature_of_classes_by_subject_known_by_hand) {
    enum { CELLS = 7, CLASSES = 3 };
    static lvk_prediction rows[CLASSES * (CELLS + 1)];
    static double sure[CLASSES][CLASSES] = {{0.8, 0.1, 0.1}, {0.1, 0.8, 0.1}, {0.1, 0.1, 0.8}};
    static const char *const names[CLASSES][2] = {{"A", "B"}, {"C", "D"}, {"E", "F"}};
    size_t count = 0;
    double temperature = 0;
    for (int k = 0; k < CLASSES; ++k)
        for (int c = 0; c <= CELLS; ++c)
            rows[count++] = (lvk_prediction){.path = "cell.bmp",
                                             .subject = names[k][c == CELLS],
                                             .probabilities = sure[k == 0 && c == CELLS ? 1 : k],
                                             .label = k};
    cr_assert_eq(fit_by_subject(rows, count, CLASSES, &temperature), LVK_OK, "%s", lvk_error_message());
    cr_expect_float_eq(temperature, log(8) / log(10), 1e-12);
}

/* Of two classes it is the temperature of one logit. */
Test(calibrate, temperature_of_classes_is_that_of_two) {
    static double both[ROWS * 2];
    static uint32_t of_both[ROWS];
    static const double sharp[] = {0.25, 1, 4};
    for (size_t i = 0; i < sizeof sharp / sizeof *sharp; ++i) {
        double temperature = 0;
        draw(sharp[i], i);
        for (size_t n = 0; n < ROWS; ++n) {
            both[2 * n] = 1 - p[n];
            both[2 * n + 1] = p[n];
            of_both[n] = labels[n];
        }
        const lvk_class_rows rows = {.count = ROWS, .classes = 2, .probabilities = both, .labels = of_both};
        cr_assert_eq(lvk_temperature_fit_classes(&rows, &temperature), LVK_OK, "%s", lvk_error_message());
        cr_expect_float_eq(temperature, fit(ROWS), 1e-9 * sharp[i]);
        lvk_temperature_apply_classes(both, 2, temperature);
        cr_expect_float_eq(both[1], lvk_temperature_apply(p[0], temperature), 1e-12);
    }
}

/* Probabilities that were written as 0 and 1 are far off, but no infinities. */
/* With three classes the order of two images by a class may change, their class does not: at 1/2 the
 * probabilities are the shares of the squares. */
Test(calibrate, temperature_of_classes_keeps_the_class) {
    double first[] = {0.4, 0.3, 0.3}, second[] = {0.42, 0.58, 0};
    lvk_temperature_apply_classes(first, 3, 0.5);
    lvk_temperature_apply_classes(second, 3, 0.5);
    cr_expect_float_eq(first[0], 0.16 / 0.34, 1e-12);
    cr_expect_float_eq(second[0], 0.1764 / 0.5128, 1e-9);
    cr_expect(lvk_class_called(first, 3) == 0 && lvk_class_called(second, 3) == 1);
}

Test(calibrate, temperature_of_saturated_probabilities) {
    static const double six[] = {1, 1, 1, 0, 0, 1};
    static const uint8_t of_six[] = {1, 1, 1, 0, 0, 0};
    memcpy(p, six, sizeof six);
    memcpy(labels, of_six, sizeof of_six);
    cr_expect_float_eq(fit(6), log((1 - 5e-10) / 5e-10) / log(5), 1e-9);
}

Test(calibrate, no_temperature) {
    static const double some[] = {0.9, 0.8, 0.3, 0.2};
    static const uint8_t right[] = {1, 1, 0, 0}, wrong[] = {0, 0, 1, 1};
    double temperature;
    cr_expect_eq(lvk_temperature_fit(&(lvk_scored){4, some, right, NULL, NULL, 0}, &temperature),
                 LVK_ERROR_ARGUMENT);
    cr_expect_not_null(strstr(lvk_error_message(), "separate"), "%s", lvk_error_message());
    cr_expect_eq(lvk_temperature_fit(&(lvk_scored){4, some, wrong, NULL, NULL, 0}, &temperature),
                 LVK_ERROR_ARGUMENT);
    cr_expect_not_null(strstr(lvk_error_message(), "chance"), "%s", lvk_error_message());
}

/* ---- the model's file ---- */

static float numbers[6] = {1, 2, 3, 4, 5, 6};

static void write_model(const char *path, const lvk_train_state *state) {
    const lvk_named_tensor tensors[] = {{"conv2d/kernel", lvk_type_2d(LVK_F32, 2, 2), numbers},
                                        {"conv2d/bias", lvk_type_1d(LVK_F32, 2), numbers + 4}};
    const lvk_model_info info = {.architecture = "cnn",
                                 .negative_class = "hem",
                                 .positive_class = "all",
                                 .crop = "center:300",
                                 .image_size = 224,
                                 .standard = lvk_standard_none};
    cr_assert_eq(lvk_checkpoint_write(path, tensors, 2, &info, state), LVK_OK, "%s", lvk_error_message());
}

static void write_text(const char *name, const char *text) {
    cr_assert_eq(lvk_file_write(scratch_path(name), text, strlen(text)), LVK_OK, "%s", lvk_error_message());
}

/* The four of temperature_known_by_hand. */
#define FOUR "path,p_all,label\nv/1,0.9,all\nv/2,0.9,all\nv/3,0.1,hem\nv/4,0.9,hem\n"

static const lvk_calibrate_options both = {.temperature = true, .sensitivity = 1};
static lvk_calibrate_result result;

static lvk_status calibrate(const char *csv, const lvk_calibrate_options *options) {
    char model[512];
    snprintf(model, sizeof model, "%s", scratch_path("model.safetensors"));
    write_text("p.csv", csv);
    const char *from = scratch_path("p.csv");
    return lvk_calibrate(model, &from, 1, options, &result);
}

static void refused(const char *csv, const char *says) {
    const lvk_status status = calibrate(csv, &both);
    cr_expect(status == LVK_ERROR_ARGUMENT || status == LVK_ERROR_FORMAT, "%s", says);
    cr_expect_not_null(strstr(lvk_error_message(), says), "'%s' does not say '%s'", lvk_error_message(),
                       says);
}

static lvk_model_calibration stored(void) {
    lvk_checkpoint *model;
    float read[4] = {0};
    const lvk_type type = lvk_type_2d(LVK_F32, 2, 2);
    lvk_status status = lvk_checkpoint_read(scratch_path("model.safetensors"), &model);
    if (status == LVK_OK)
        status = lvk_safetensors_copy(lvk_checkpoint_file(model), "conv2d/kernel", &type, read);
    cr_assert_eq(status, LVK_OK, "%s", lvk_error_message());
    cr_expect_arr_eq(read, numbers, sizeof read);
    const lvk_model_calibration calibration = lvk_checkpoint_info(model)->calibration;
    lvk_checkpoint_destroy(&model);
    return calibration;
}

Test(calibrate, writes_two_entries_and_takes_them_away) {
    void *bytes[2];
    size_t sizes[2];
    write_model(scratch_path("model.safetensors"), NULL);
    cr_assert_eq(lvk_file_read(scratch_path("model.safetensors"), 1 << 20, &bytes[0], &sizes[0]), LVK_OK);
    lvk_model_calibration c = stored();
    cr_expect(!c.has_temperature && !c.has_threshold && c.temperature == 1 && c.threshold == LVK_THRESHOLD);

    cr_assert_eq(calibrate(FOUR, &both), LVK_OK, "%s", lvk_error_message());
    c = stored();
    cr_expect(c.has_temperature && c.has_threshold);
    cr_expect_float_eq(c.temperature, 2, 1e-12);
    cr_expect_eq(c.temperature, result.temperature, "to the bit");
    cr_expect_float_eq(c.threshold, (0.75 + 0.25) / 2, 1e-12);
    cr_expect_eq(result.after.count, 4);
    cr_expect_float_eq(result.after.loss, -(3 * log(0.75) + log(0.25)) / 4, 1e-12);
    cr_expect_float_eq(result.before.loss, -(3 * log(0.9) + log(0.1)) / 4, 1e-12);
    cr_expect_not(result.split_known);

    refused(FOUR, "is already calibrated");
    cr_assert_eq(lvk_calibrate_remove(scratch_path("model.safetensors"), &result), LVK_OK);
    cr_assert_eq(lvk_file_read(scratch_path("model.safetensors"), 1 << 20, &bytes[1], &sizes[1]), LVK_OK);
    cr_expect(sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], sizes[0]) == 0);
    cr_expect_eq(lvk_calibrate_remove(scratch_path("model.safetensors"), &result), LVK_ERROR_ARGUMENT);
    lvk_free(bytes[0]);
    lvk_free(bytes[1]);
}

Test(calibrate, one_of_the_two) {
    write_model(scratch_path("model.safetensors"), NULL);
    cr_assert_eq(calibrate(FOUR, &(lvk_calibrate_options){.sensitivity = 0.5}), LVK_OK);
    lvk_model_calibration c = stored();
    cr_expect(!c.has_temperature && c.has_threshold && c.temperature == 1);
    cr_expect_float_eq(c.threshold, 0.5, 1e-12); /* of 0.9 and 0.1 as they are */
    write_model(scratch_path("model.safetensors"), NULL);
    cr_assert_eq(calibrate(FOUR, &(lvk_calibrate_options){.temperature = true}), LVK_OK);
    c = stored();
    cr_expect(c.has_temperature && !c.has_threshold && c.threshold == LVK_THRESHOLD);
}

#define SPLIT                                                                                                \
    "{\"parts\": {\"train\": [\"t/1\", \"t/2\"], \"validation\": [\"v/1\"], \"test\": [\"x/1\", \"x/2\"], "  \
    "\"preliminary\": [\"y/1\"]}}"

/* What the run tests on has no say, also where the paths have that of the data set before them. */
Test(calibrate, test_images_are_left_out) {
    write_model(scratch_path("model.safetensors"), NULL);
    write_text("split.json", SPLIT);
    cr_assert_eq(calibrate(FOUR "x/1,0.9,hem\n/data/cells/x/2,0.9,hem\n/y/1,0.1,all\nt/1,0.9,\n", &both),
                 LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(result.left_out, 3);
    cr_expect_eq(result.after.count, 4);
    cr_expect(result.split_known);
    cr_expect_float_eq(stored().temperature, 2, 1e-12);
}

/* In a run folder too, whichever allocation fails: without the split, test images would choose. */
Test(calibrate, test_images_are_left_out_also_where_memory_is_short) {
    const lvk_calibrate_options temperature = {.temperature = true};
    lvk_status status = LVK_ERROR_MEMORY;
    uint64_t n = 1;
    write_text("split.json", SPLIT);
    write_text("p.csv", FOUR "x/1,0.9,hem\nx/2,0.9,hem\n");
    for (; status != LVK_OK && n < 10000; ++n) {
        char from[512];
        snprintf(from, sizeof from, "%s", scratch_path("p.csv"));
        write_model(scratch_path("model.safetensors"), NULL);
        (void)lvk_alloc_fail_after(n);
        status = lvk_calibrate(scratch_folder, &(const char *){from}, 1, &temperature, &result);
        (void)lvk_alloc_fail_after(0);
        cr_assert(status == LVK_OK || status == LVK_ERROR_MEMORY, "allocation %d: %s", (int)n,
                  lvk_error_message());
        cr_assert(status != LVK_OK || result.left_out == 2, "allocation %d: %d left out", (int)n,
                  (int)result.left_out);
    }
    cr_assert_eq(status, LVK_OK);
    cr_expect_gt(n, 10);
    cr_expect(result.split_known);
    cr_expect_float_eq(stored().temperature, 2, 1e-12);
}

#define HEADER "path,p_all,label\n"

Test(calibrate, sources_that_are_refused) {
    write_model(scratch_path("model.safetensors"), NULL);
    write_text("split.json", SPLIT);
    refused(HEADER "x/1,0.9,all\nx/2,0.9,hem\n", "tests on");
    refused(HEADER "t/1,0.9,all\nt/2,0.9,hem\n", "was trained on");
    refused(HEADER "v/1,0.9,all\nv/2,0.3,all\n", "both are needed");
    refused(HEADER "x/1,0.9,hem\nv/2,0.3,all\nv/3,0.3,all\n", "both are needed");
    refused(HEADER, "both are needed");
    refused(HEADER "v/1,nan,all\nv/2,0.3,hem\n", "no probability");
    refused(HEADER "v/1,1.5,all\nv/2,0.3,hem\n", "no probability");
    refused("path,p_all,label\nv/1,0.9,all\nv/2,0.9,other\n", "its classes are other and all");
    refused("path,p_hem,label\nv/1,0.9,all\nv/2,0.9,hem\n", "its classes are all and hem");
    write_text("split.json", "{\"parts\": 3}");
    refused(FOUR, "split.json: is no split");
    const lvk_model_calibration c = stored();
    cr_expect(!c.has_temperature && !c.has_threshold, "a refusal has changed the model");
}

Test(calibrate, checkpoints_are_refused) {
    lvk_train_state state = {.optimizer = "adam", .config_digest = "0123456789abcdef"};
    write_model(scratch_path("model.safetensors"), &state);
    refused(FOUR, "is a checkpoint");
}

/* ---- joined classes ---- */

static void write_model_of_three(const char *path, const lvk_train_state *state) {
    const lvk_named_tensor tensors[] = {{"conv2d/kernel", lvk_type_2d(LVK_F32, 2, 2), numbers},
                                        {"conv2d/bias", lvk_type_1d(LVK_F32, 2), numbers + 4}};
    const lvk_model_info info = {.architecture = "cnn",
                                 .class_count = 3,
                                 .classes = {"Benign", "Early", "Pre"},
                                 .crop = "center:300",
                                 .image_size = 224,
                                 .standard = lvk_standard_none};
    cr_assert_eq(lvk_checkpoint_write(path, tensors, 2, &info, state), LVK_OK, "%s", lvk_error_message());
}

/* Early and Pre together have 0.9, 0.7, 0.4 where they are right and 0.5, 0.2 where Benign is. The file has its
 * classes in another order than the model. */
#define FIVE                                                                                                 \
    "path,class,p_Pre,p_Benign,p_Early,label\nv/1,Pre,0.5,0.1,0.4,Early\nv/2,Early,0.2,0.3,0.5,Early\n"      \
    "v/3,Benign,0.1,0.6,0.3,Pre\nv/4,Benign,0.25,0.5,0.25,Benign\nv/5,Benign,0.1,0.8,0.1,Benign\n"

Test(calibrate, joined_classes_have_a_threshold) {
    write_model_of_three(scratch_path("model.safetensors"), NULL);
    cr_assert_eq(calibrate(FIVE, &(lvk_calibrate_options){.sensitivity = 0.6, .positive = "Pre,Early"}),
                 LVK_OK, "%s", lvk_error_message());
    lvk_model_calibration c = stored();
    cr_expect(c.has_positive && c.has_threshold && !c.has_temperature);
    cr_expect(!c.positive[0] && c.positive[1] && c.positive[2]);
    cr_expect_float_eq(c.threshold, (0.7 + 0.5) / 2, 1e-9); /* two of the three positive cells are above */
    cr_expect_str_eq(result.positive_class, "Pre+Early");
    cr_expect(result.after.true_positives == 2 && result.after.false_negatives == 1 &&
              result.after.false_positives == 0 && result.after.true_negatives == 2);
    cr_expect(result.before.true_positives == 2 &&
              result.before.false_positives == 0); /* 0.5 is not above 0.5 */

    cr_assert_eq(lvk_calibrate_remove(scratch_path("model.safetensors"), &result), LVK_OK);
    c = stored();
    cr_expect(!c.has_positive && !c.has_threshold);
    cr_expect_eq(calibrate(FIVE, &(lvk_calibrate_options){.sensitivity = 0.6}), LVK_ERROR_ARGUMENT);
    cr_expect_not_null(strstr(lvk_error_message(), "--positive CLASS,CLASS joins"), "%s",
                       lvk_error_message());
}

/* The probabilities are joined after the temperature, as predict does it. */
Test(calibrate, joined_classes_are_joined_after_the_temperature) {
    double first[] = {0.5, 0.1, 0.4}, third[] = {0.1, 0.6, 0.3}, fourth[] = {0.25, 0.5, 0.25};
    write_model_of_three(scratch_path("model.safetensors"), NULL);
    cr_assert_eq(
        calibrate(FIVE,
                  &(lvk_calibrate_options){.temperature = true, .sensitivity = 1, .positive = "Early,Pre"}),
        LVK_OK, "%s", lvk_error_message());
    const double t = result.temperature;
    cr_expect_neq(t, 1);
    cr_expect_eq(stored().temperature, t);
    lvk_temperature_apply_classes(first, 3, t);
    lvk_temperature_apply_classes(third, 3, t);
    lvk_temperature_apply_classes(fourth, 3, t);
    const double least = third[0] + third[2], next = fourth[0] + fourth[2];
    cr_expect_gt(first[0] + first[2], next);
    /* The least positive cell is below the next negative one: the threshold is between it and the last. */
    cr_expect_lt(result.threshold, least);
    cr_expect_lt(least, next);
    cr_expect_eq(result.after.false_negatives, 0);
    cr_expect_eq(result.after.false_positives, 1);
}

Test(calibrate, joined_classes_that_are_refused) {
    static const struct {
        const char *positive, *csv, *says;
    } wrong[] = {{"Early,Late", FIVE, "Late"},
                 {"Early,Pre,Benign", FIVE, "these are all classes"},
                 {"Benign",
                  "path,class,p_Benign,p_Early,p_Pre,label\nv/1,Pre,0.1,0.4,0.5,Early\n"
                  "v/2,Pre,0.2,0.3,0.5,Pre\n",
                  "both are needed"}};
    write_model_of_three(scratch_path("model.safetensors"), NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        cr_expect_eq(calibrate(wrong[i].csv,
                               &(lvk_calibrate_options){.sensitivity = 0.6, .positive = wrong[i].positive}),
                     LVK_ERROR_ARGUMENT, "%s", wrong[i].positive);
        cr_expect_not_null(strstr(lvk_error_message(), wrong[i].says), "%s", lvk_error_message());
    }
    write_model(scratch_path("model.safetensors"), NULL);
    cr_expect_eq(calibrate(FOUR, &(lvk_calibrate_options){.sensitivity = 0.5, .positive = "hem"}),
                 LVK_ERROR_ARGUMENT);
    cr_expect_not_null(strstr(lvk_error_message(), "the model has two classes"), "%s", lvk_error_message());
    cr_expect_eq(calibrate(FOUR, &(lvk_calibrate_options){.sensitivity = 0.5, .positive = "all"}), LVK_OK);
    cr_expect_not(stored().has_positive);
}

/* The file is untrusted. */
Test(calibrate, lists_of_classes_that_cannot_be) {
    static const char *const bad[] = {"",
                                      "Early",
                                      "[]",
                                      "{}",
                                      "[\"Late\"]",
                                      "[1]",
                                      "[\"Early\", \"Early\"]",
                                      "[\"Benign\", \"Early\", \"Pre\"]"};
    for (size_t i = 0; i <= sizeof bad / sizeof *bad; ++i) {
        const bool good = i == sizeof bad / sizeof *bad;
        lvk_model_info info = {.class_count = 3, .classes = {"Benign", "Early", "Pre"}};
        lvk_model_calibration c = {0};
        lvk_string_map map = {0};
        cr_assert_eq(lvk_string_map_set(&map, "positive_classes", good ? "[\"Pre\"]" : bad[i]), LVK_OK);
        cr_expect_eq(lvk_model_positive_get(&map, &info, &c), good ? LVK_OK : LVK_ERROR_FORMAT, "%zu", i);
        cr_expect_eq(c.has_positive, good);
        info.class_count = 0; /* of two classes there is no such list */
        cr_expect_eq(lvk_model_positive_get(&map, &info, &c), LVK_ERROR_FORMAT);
        lvk_string_map_finish(&map);
    }
}

/* The file is untrusted. */
Test(calibrate, entries_that_cannot_be) {
    static const lvk_model_calibration bad[] = {{.has_temperature = true, .temperature = 0},
                                                {.has_temperature = true, .temperature = -1},
                                                {.has_temperature = true, .temperature = 1e9},
                                                {.has_threshold = true, .threshold = 1.5},
                                                {.has_threshold = true, .threshold = -0.5}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        lvk_checkpoint *model;
        write_model(scratch_path("model.safetensors"), NULL);
        cr_assert_eq(lvk_checkpoint_read(scratch_path("model.safetensors"), &model), LVK_OK);
        cr_assert_eq(lvk_checkpoint_calibrate(model, &bad[i]), LVK_OK);
        lvk_checkpoint_destroy(&model);
        cr_expect_eq(lvk_checkpoint_read(scratch_path("model.safetensors"), &model), LVK_ERROR_FORMAT);
        cr_expect_not_null(strstr(lvk_error_message(), "model.safetensors"), "%s", lvk_error_message());
    }
}
