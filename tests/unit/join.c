/* Joined models: the file holds every member whole with settings of its own, and is refused by one line where
 * anything about it is wrong. What it computes is tests/e2e/join.c's. */
#include "support/scratch.h"

#include "artifact/checkpoint.h"
#include "artifact/model_file.h"
#include "core/file.h"
#include "core/memory.h"
#include "formats/safetensors.h"
#include "leukvk/calibrate.h"
#include "leukvk/join.h"
#include "leukvk/model.h"
#include "leukvk/predict.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(join, .init = scratch_create, .fini = scratch_remove);

enum { BIAS = 3 };

/* A model file with one tensor, whose numbers and normalization depend on `number`. */
static lvk_model_info info_of(int number) {
    lvk_model_info info = {.architecture = "cnn",
                           .negative_class = "hem",
                           .positive_class = "all",
                           .crop = "center:300",
                           .image_size = 224,
                           .standard = {.mean = {0.04, 0.02, 0.05}, .deviation = {0.1, 0.25, 1.0 / 3}}};
    info.standard.mean[0] += number;
    info.standard.bgr = number % 2;
    return info;
}

static void write_model(const char *path, const lvk_model_info *info, int number,
                        const lvk_model_calibration *calibration) {
    float values[BIAS] = {(float)number, (float)number + 0.25F, 1.0F / 3};
    const lvk_named_tensor tensor = {"conv2d/bias", lvk_type_1d(LVK_F32, BIAS), values};
    cr_assert_eq(lvk_checkpoint_write(path, &tensor, 1, info, NULL), LVK_OK, "%s", lvk_error_message());
    if (!calibration)
        return;
    lvk_checkpoint *c;
    cr_assert_eq(lvk_checkpoint_read(path, &c), LVK_OK);
    cr_assert_eq(lvk_checkpoint_calibrate(c, calibration), LVK_OK);
    lvk_checkpoint_destroy(&c);
}

static void write_plain(const char *name, int number) {
    const lvk_model_info info = info_of(number);
    write_model(scratch_path(name), &info, number, NULL);
}

static lvk_status join_into(const char *out, const char *a, const char *b, const char *c,
                            lvk_join_result *result) {
    char paths[3][SCRATCH_PATH], file[SCRATCH_PATH];
    const char *names[3] = {a, b, c};
    const char *given[3];
    size_t count = 0;
    for (; count < 3 && names[count]; ++count) {
        snprintf(paths[count], SCRATCH_PATH, "%s", scratch_path(names[count]));
        given[count] = paths[count];
    }
    snprintf(file, sizeof file, "%s", scratch_path(out));
    return lvk_models_join(given, count, file, result);
}

Test(join, every_member_keeps_its_own) {
    const lvk_model_calibration hot = {.has_temperature = true, .temperature = 2.5};
    lvk_join_result result;
    write_plain("a", 1);
    const lvk_model_info second = info_of(2);
    write_model(scratch_path("b"), &second, 2, &hot);
    cr_assert_eq(join_into("j", "a", "b", NULL, &result), LVK_OK, "%s", lvk_error_message());
    cr_expect(result.members == 2 && result.tensors == 2 && result.numbers == 2 * BIAS &&
              result.same_threshold);
    char *file;
    lvk_checkpoint *c;
    cr_assert_eq(lvk_model_file_read(scratch_path("j"), LVK_MODEL_FINAL, &file, &c), LVK_OK, "%s",
                 lvk_error_message());
    cr_assert_eq(lvk_checkpoint_member_count(c), 2);
    cr_expect_null(lvk_checkpoint_state(c));
    cr_expect_eq(lvk_checkpoint_info(c)->calibration.temperature, 1, "that of the mean");
    for (int k = 0; k < 2; ++k) {
        const lvk_checkpoint *member = lvk_checkpoint_member(c, (uint32_t)k);
        const lvk_model_info *info = lvk_checkpoint_info(member), expected = info_of(k + 1);
        cr_expect_eq(memcmp(info->standard.mean, expected.standard.mean, sizeof info->standard.mean), 0);
        cr_expect_eq(info->standard.bgr, expected.standard.bgr);
        cr_expect_eq(info->calibration.temperature, k ? 2.5 : 1);
        float values[BIAS];
        const lvk_type type = lvk_type_1d(LVK_F32, BIAS);
        const lvk_named_tensor tensor = {"conv2d/bias", type, values};
        cr_assert_eq(lvk_checkpoint_apply(member, LVK_USE_PARAMETERS, &tensor, 1), LVK_OK, "%s",
                     lvk_error_message());
        cr_expect_eq(values[1], (float)(k + 1) + 0.25F);
    }
    const lvk_safetensors *whole = lvk_checkpoint_file(c);
    cr_expect_not_null(lvk_safetensors_find(whole, "member.2/conv2d/bias"));
    cr_expect_str_eq(lvk_string_map_get(lvk_safetensors_metadata(whole), "member.2/temperature"), "2.5");
    cr_expect_str_eq(lvk_string_map_get(lvk_safetensors_metadata(whole), "members"), "2");
    lvk_checkpoint_destroy(&c);
    lvk_free(file);
}

/* A usual file is a member of its own. */
Test(join, one_model_is_as_ever) {
    write_plain("a", 1);
    lvk_checkpoint *c;
    cr_assert_eq(lvk_checkpoint_read(scratch_path("a"), &c), LVK_OK);
    cr_expect_eq(lvk_checkpoint_member_count(c), 1);
    cr_expect_eq(lvk_checkpoint_member(c, 0), c);
    lvk_checkpoint_destroy(&c);
}

/* The same models give the same bytes, and a calibration leaves the members alone. */
Test(join, bytes_and_calibration) {
    const lvk_model_calibration chosen = {
        .has_temperature = true, .has_threshold = true, .temperature = 1.5, .threshold = 0.25};
    lvk_join_result result;
    void *bytes[3];
    size_t sizes[3];
    write_plain("a", 1);
    write_plain("b", 2);
    cr_assert_eq(join_into("j", "a", "b", NULL, &result), LVK_OK);
    cr_assert_eq(join_into("k", "a", "b", NULL, &result), LVK_OK);
    lvk_checkpoint *c;
    cr_assert_eq(lvk_file_read(scratch_path("j"), 1 << 20, &bytes[0], &sizes[0]), LVK_OK);
    cr_assert_eq(lvk_file_read(scratch_path("k"), 1 << 20, &bytes[1], &sizes[1]), LVK_OK);
    cr_assert_eq(lvk_checkpoint_read(scratch_path("k"), &c), LVK_OK);
    cr_assert_eq(lvk_checkpoint_calibrate(c, &chosen), LVK_OK, "%s", lvk_error_message());
    lvk_checkpoint_destroy(&c);
    cr_assert_eq(lvk_checkpoint_read(scratch_path("k"), &c), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(lvk_checkpoint_info(c)->calibration.temperature, 1.5);
    cr_expect_eq(lvk_checkpoint_info(c)->calibration.threshold, 0.25);
    cr_expect_eq(lvk_checkpoint_info(lvk_checkpoint_member(c, 1))->calibration.temperature, 1);
    lvk_checkpoint_destroy(&c);
    char path[SCRATCH_PATH];
    snprintf(path, sizeof path, "%s", scratch_path("k"));
    static lvk_calibrate_result removed;
    cr_assert_eq(lvk_calibrate_remove(path, &removed), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_file_read(path, 1 << 20, &bytes[2], &sizes[2]), LVK_OK);
    for (int i = 1; i < 3; ++i)
        cr_expect(sizes[0] == sizes[i] && memcmp(bytes[0], bytes[i], sizes[0]) == 0, "%d", i);
    for (int i = 0; i < 3; ++i)
        lvk_free(bytes[i]);
}

Test(join, thresholds) {
    const lvk_model_calibration quarter = {.has_threshold = true, .threshold = 0.25},
                                third = {.has_threshold = true, .threshold = 0.3};
    const lvk_model_info info = info_of(1);
    lvk_join_result result;
    lvk_checkpoint *c;
    write_model(scratch_path("a"), &info, 1, &quarter);
    write_model(scratch_path("b"), &info, 2, &quarter);
    write_model(scratch_path("c"), &info, 3, &third);
    cr_assert_eq(join_into("same", "a", "b", NULL, &result), LVK_OK);
    cr_expect(result.same_threshold && result.threshold == 0.25);
    cr_assert_eq(lvk_checkpoint_read(scratch_path("same"), &c), LVK_OK);
    cr_expect_eq(lvk_checkpoint_info(c)->calibration.threshold, 0.25);
    lvk_checkpoint_destroy(&c);
    cr_assert_eq(join_into("different", "a", "b", "c", &result), LVK_OK);
    cr_expect(!result.same_threshold && result.threshold == 0.5);
    cr_assert_eq(lvk_checkpoint_read(scratch_path("different"), &c), LVK_OK);
    cr_expect(!lvk_checkpoint_info(c)->calibration.has_threshold);
    lvk_checkpoint_destroy(&c);
}

static void expect_refused(lvk_status status, const char *words) {
    cr_expect_eq(status, LVK_ERROR_ARGUMENT, "%s", words);
    cr_expect_not_null(strstr(lvk_error_message(), words), "no '%s' in: %s", words, lvk_error_message());
}

Test(join, models_that_do_not_fit) {
    lvk_join_result result;
    lvk_model_info other = info_of(2);
    write_plain("a", 1);
    write_plain("b", 2);
    snprintf(other.positive_class, sizeof other.positive_class, "aml");
    write_model(scratch_path("class"), &other, 2, NULL);
    other = info_of(2);
    snprintf(other.crop, sizeof other.crop, "bbox");
    write_model(scratch_path("crop"), &other, 2, NULL);
    other = info_of(2);
    snprintf(other.architecture, sizeof other.architecture, "cnn-gap");
    other.image_size = 112;
    write_model(scratch_path("size"), &other, 2, NULL);
    other = info_of(2);
    other.negative_class[0] = other.positive_class[0] = '\0';
    other.class_count = 3;
    for (int k = 0; k < 3; ++k)
        snprintf(other.classes[k], sizeof other.classes[k], "c%d", k);
    write_model(scratch_path("three"), &other, 2, NULL);
    expect_refused(join_into("j", "a", "class", NULL, &result),
                   "class: its classes are not those of the first");
    expect_refused(join_into("j", "a", "b", "crop", &result),
                   "crop: it crops images otherwise than the first");
    expect_refused(join_into("j", "a", "size", NULL, &result), "size: it takes images of another size");
    other = info_of(2);
    other.microns_per_pixel = 0.25;
    write_model(scratch_path("scale"), &other, 2, NULL);
    expect_refused(join_into("j", "a", "scale", NULL, &result), "scale: it takes images of another scale");
    expect_refused(join_into("j", "a", "three", NULL, &result), "three: its classes are not");
    expect_refused(join_into("j", "a", NULL, NULL, &result), "1 models: 2 to 32 can be joined");
    expect_refused(join_into("b", "a", "b", NULL, &result), "is one of the models, which would be lost");
    cr_assert_eq(join_into("j", "a", "b", NULL, &result), LVK_OK);
    expect_refused(join_into("k", "a", "j", NULL, &result), "j: is itself joined");
    cr_expect_neq(access(scratch_path("k"), F_OK), 0, "nothing is written");
    lvk_train_state state = {.optimizer = "adam", .config_digest = "0"};
    float values[BIAS] = {0};
    const lvk_named_tensor tensor = {"conv2d/bias", lvk_type_1d(LVK_F32, BIAS), values};
    other = info_of(1);
    cr_assert_eq(lvk_checkpoint_write(scratch_path("state"), &tensor, 1, &other, &state), LVK_OK);
    expect_refused(join_into("k", "a", "state", NULL, &result), "is a checkpoint to go on training from");
}

/* Writes the joined file of models 1 and 2 again, with entry `key` changed to `value` (NULL: without it, and with
 * what begins with it) and the tensor `renamed` renamed. */
static void damage(const char *key, const char *value, const char *renamed, const char *name) {
    lvk_safetensors *file;
    lvk_string_map changed = {0};
    lvk_safetensor tensors[4];
    cr_assert_eq(lvk_safetensors_read(scratch_path("j"), &file), LVK_OK);
    const lvk_string_map *own = lvk_safetensors_metadata(file);
    for (size_t i = 0; i < own->count; ++i)
        if (value || !key || strncmp(own->pairs[i].key, key, strlen(key)) != 0)
            cr_assert_eq(lvk_string_map_set(&changed, own->pairs[i].key, own->pairs[i].value), LVK_OK);
    if (value)
        cr_assert_eq(lvk_string_map_set(&changed, key, value), LVK_OK);
    for (size_t i = 0; i < lvk_safetensors_count(file); ++i) {
        tensors[i] = *lvk_safetensors_at(file, i);
        if (renamed && strcmp(tensors[i].name, renamed) == 0)
            tensors[i].name = name;
    }
    cr_assert_eq(lvk_safetensors_write(scratch_path("d"), tensors, lvk_safetensors_count(file), &changed),
                 LVK_OK);
    lvk_string_map_finish(&changed);
    lvk_safetensors_destroy(&file);
}

Test(join, damaged_files) {
    static const struct {
        const char *key, *value, *renamed, *name, *words;
    } cases[] = {
        {"members", NULL, NULL, NULL, "d: the entry \"members\""},
        {"members", "1", NULL, NULL, "d: the entry \"members\" is not from 2 to 32"},
        {"members", "33", NULL, NULL, "\"members\""},
        {"members", "x", NULL, NULL, "\"members\""},
        {"members", "3", NULL, NULL, "d: member 3 is missing"},
        {"member.2/", NULL, NULL, NULL, "d: member 2 is missing"},
        {"member.3/kind", "model", NULL, NULL, "d: the entry \"member.3/kind\" is of none of the 2 members"},
        {"member.2/kind", "joined", NULL, NULL, "d: member 2 is no model"},
        {"member.2/kind", "checkpoint", NULL, NULL, "d: member 2 is no model"},
        {"member.2/crop", NULL, NULL, NULL, "d: member 2: the entry \"crop\""},
        {"member.1/pixel_deviation_r", "0", NULL, NULL, "d: member 1: the entry \"pixel_deviation_r\""},
        {"member.2/positive_class", "aml", NULL, NULL, "d: member 2: its classes are not those of the first"},
        {"member.2/crop", "bbox", NULL, NULL, "d: member 2: it crops images otherwise"},
        {"member.2/image_size", "112", NULL, NULL, "d: member 2: it takes images of another size"},
        {"member.2/format_version", "2", NULL, NULL, "d: member 2: has format version 2"},
        {"temperature", "-1", NULL, NULL, "d: the entry \"temperature\""},
        {"threshold", "2", NULL, NULL, "d: the entry \"threshold\""},
        {NULL, NULL, "member.2/conv2d/bias", "member.02/conv2d/bias",
         "tensor \"member.02/conv2d/bias\" is of none"},
        {NULL, NULL, "member.1/conv2d/bias", "conv2d/bias",
         "tensor \"conv2d/bias\" is of none of the 2 members"},
    };
    lvk_join_result result;
    write_plain("a", 1);
    write_plain("b", 2);
    cr_assert_eq(join_into("j", "a", "b", NULL, &result), LVK_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        lvk_checkpoint *c = NULL;
        damage(cases[i].key, cases[i].value, cases[i].renamed, cases[i].name);
        cr_expect_neq(lvk_checkpoint_read(scratch_path("d"), &c), LVK_OK, "%s", cases[i].words);
        const char *message = lvk_error_message(), *path = scratch_path("d");
        cr_expect_not_null(strstr(message, cases[i].words), "no '%s' in: %s", cases[i].words, message);
        cr_expect_eq(strncmp(message, path, strlen(path)), 0, "%s", message);
        cr_expect_null(strstr(message + 1, path), "named twice: %s", message);
        lvk_checkpoint_destroy(&c);
    }
}

/* A member's tensor that is missing is named with the member, by whatever needs it. */
Test(join, a_tensor_of_a_member) {
    lvk_join_result result;
    lvk_checkpoint *c;
    float values[BIAS];
    const lvk_named_tensor tensor = {"conv2d/bias", lvk_type_1d(LVK_F32, BIAS), values};
    write_plain("a", 1);
    write_plain("b", 2);
    cr_assert_eq(join_into("j", "a", "b", NULL, &result), LVK_OK);
    damage(NULL, NULL, "member.2/conv2d/bias", "member.2/conv2d/other");
    cr_assert_eq(lvk_checkpoint_read(scratch_path("d"), &c), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(lvk_checkpoint_apply(lvk_checkpoint_member(c, 0), LVK_USE_PARAMETERS, &tensor, 1), LVK_OK);
    cr_expect_eq(lvk_checkpoint_apply(lvk_checkpoint_member(c, 1), LVK_USE_PARAMETERS, &tensor, 1),
                 LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), "d: member 2: has a tensor \"conv2d/other\""), "%s",
                       lvk_error_message());
    lvk_checkpoint_destroy(&c);
}

/* Members of several architectures. */
Test(join, summary) {
    lvk_model_summary *alone, *joined;
    lvk_join_result result;
    lvk_model_info other = info_of(2);
    write_plain("a", 1);
    snprintf(other.architecture, sizeof other.architecture, "cnn-gap");
    write_model(scratch_path("b"), &other, 2, NULL);
    cr_assert_eq(join_into("j", "a", "b", NULL, &result), LVK_OK);
    cr_assert_eq(lvk_model_summary_read(scratch_path("a"), &alone), LVK_OK);
    cr_assert_eq(lvk_model_summary_read(scratch_path("j"), &joined), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(alone->members, 1);
    cr_expect_eq(joined->members, 2);
    cr_expect_gt(joined->layer_count, alone->layer_count);
    cr_expect_gt(joined->parameters, alone->parameters);
    cr_expect_str_eq(joined->layers[0].name, "member.1/conv2d");
    cr_expect_eq(strncmp(joined->layers[alone->layer_count].name, "member.2/", 9), 0);
    lvk_model_summary_destroy(&alone);
    lvk_model_summary_destroy(&joined);
}
