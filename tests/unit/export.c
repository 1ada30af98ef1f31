/* Models for other programs: every tensor arrives under the right name and in the right layout, what was
 * exported can be imported to the same bits, and what is wrong with a model is said before anything is
 * written. What the ONNX files compute is tests/e2e/onnx.py's. */
#include "support/scratch.h"

#include "artifact/backbone.h"
#include "core/file.h"
#include "core/memory.h"
#include "formats/naming.h"
#include "formats/weights.h"
#include "leukvk/export.h"
#include "leukvk/import.h"
#include "models/model.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(export, .init = scratch_create, .fini = scratch_remove);

/* ---- models to export ---- */

enum { NARROW_HEAD_UNITS = 8 };

static lvk_builder builder; /* large */

static const char *crop_of_model = "center:300";

static const lvk_standard of_data = {{0.04, 0.02, 0.05}, {0.1, 0.25, 1.0 / 3}, true};

/* A model in `path` whose numbers all differ from their neighbours; none is negative. `standard`: NULL, that
 * of the topology's variant. */
static void make_model_of(const char *path, const char *architecture, const char *topology, const char *head,
                          const lvk_standard *standard) {
    const lvk_model *model = lvk_model_find(architecture);
    lvk_model_config config = {.architecture = architecture, .head = head};
    cr_assert(!*topology || lvk_resnet_variant_find(topology, &config.variant), "%s", topology);
    lvk_model_info info = {.negative_class = "hem", .positive_class = "all", .image_size = model->image_size};
    info.standard = standard ? *standard : lvk_backbone_standard(config.variant);
    strcpy(info.crop, crop_of_model);
    strcpy(info.architecture, architecture);
    strcpy(info.topology, topology);
    strcpy(info.head, head);
    lvk_graph graph;
    lvk_graph_init(&graph);
    builder = (lvk_builder){.graph = &graph, .keys = LVK_NONE};
    model->build(&builder, lvk_graph_input(&graph, "input", lvk_model_input(model, &config, 1)), &config);
    cr_assert_eq(lvk_graph_status(&graph), LVK_OK, "%s", lvk_error_message());
    float *block = lvk_alloc(graph.parameter_size, 1);
    static lvk_named_tensor tensors[LVK_MAX_PARAMETERS];
    uint32_t number = 0;
    for (size_t p = 0; p < builder.parameter_count; ++p) {
        const lvk_tensor *tensor = &graph.tensors[builder.parameters[p].tensor];
        tensors[p] = (lvk_named_tensor){tensor->name, tensor->type, block + tensor->offset / sizeof(float)};
        for (uint64_t e = 0; e < lvk_type_count(&tensor->type); ++e)
            tensors[p].data[e] = (float)(number++ % 1000003) * 0.001F;
    }
    cr_assert_eq(lvk_checkpoint_write(path, tensors, builder.parameter_count, &info, NULL), LVK_OK, "%s",
                 lvk_error_message());
    lvk_free(block);
    lvk_graph_finish(&graph);
}

static void make_model(const char *path, const char *architecture, const char *topology, const char *head) {
    make_model_of(path, architecture, topology, head, NULL);
}

static lvk_status export_model(const char *model, const char *format, const char *out) {
    lvk_export *opened;
    lvk_status status = lvk_export_open(model, &opened);
    if (status == LVK_OK)
        status = lvk_export_write(opened, format, out);
    lvk_export_close(&opened);
    return status;
}

/* The same as ONNX with this input. */
static lvk_status export_onnx(const char *model, const char *input, const char *out) {
    lvk_export *opened;
    lvk_status status = lvk_export_open(model, &opened);
    if (status == LVK_OK)
        status = lvk_export_set_input(opened, input);
    if (status == LVK_OK)
        status = lvk_export_write(opened, "onnx", out);
    lvk_export_close(&opened);
    return status;
}

static void export_well(const char *model, const char *format, const char *out) {
    cr_assert_eq(export_model(model, format, out), LVK_OK, "%s", lvk_error_message());
}

static lvk_safetensors *open_file(const char *path) {
    lvk_safetensors *file;
    cr_assert_eq(lvk_safetensors_read(path, &file), LVK_OK, "%s", lvk_error_message());
    return file;
}

/* The elements of tensor `name`, which must have that type; freed with lvk_free. */
static float *values_of(const lvk_safetensors *file, const char *name, lvk_type type) {
    float *values = lvk_alloc((size_t)lvk_type_count(&type), sizeof *values);
    cr_assert_eq(lvk_safetensors_copy(file, name, &type, values), LVK_OK, "%s", lvk_error_message());
    return values;
}

static void expect_same_tensor(const lvk_safetensors *a, const char *name_a, const lvk_safetensors *b,
                               const char *name_b) {
    const lvk_safetensor *first = lvk_safetensors_find(a, name_a), *second = lvk_safetensors_find(b, name_b);
    cr_assert(first && second, "%s or %s is missing", name_a, name_b);
    cr_expect(first->rank == second->rank && memcmp(first->dim, second->dim, sizeof first->dim) == 0);
    cr_expect(first->size == second->size && memcmp(first->data, second->data, first->size) == 0,
              "%s and %s differ", name_a, name_b);
}

/* `dense` [in, out] of the model is `linear` [out, in] there. */
static void expect_turned(const lvk_safetensors *model, const char *dense, const lvk_safetensors *there,
                          const char *linear, uint32_t in, uint32_t out) {
    float *own = values_of(model, dense, lvk_type_2d(LVK_F32, in, out));
    float *turned = values_of(there, linear, lvk_type_2d(LVK_F32, out, in));
    size_t wrong = 0;
    for (uint32_t o = 0; o < out; ++o)
        for (uint32_t i = 0; i < in; ++i)
            wrong += own[i * out + o] != turned[o * in + i];
    cr_expect_eq(wrong, 0, "%s", linear);
    lvk_free(own);
    lvk_free(turned);
}

/* ---- names ---- */

Test(export, names_of_layers) {
    lvk_head head;
    char name[LVK_INTEROP_NAME];
    cr_assert_eq(lvk_head_parse("dense:16,dense:8,dropout:0.5", &head), LVK_OK);
    static const char *const heads[][2] = {
        {"dense/kernel", "fc.0.weight"}, {"dense_1/bias", "fc.2.bias"}, {"dense_2/kernel", "fc.5.weight"}};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; ++i) {
        cr_expect(lvk_naming_head(&head, heads[i][0], name));
        cr_expect_str_eq(name, heads[i][1]);
        cr_expect(lvk_naming_is_head(heads[i][0]) && lvk_naming_is_head(heads[i][1]), "%s", heads[i][1]);
    }
    cr_expect_not(lvk_naming_head(&head, "dense_3/kernel", name), "a fourth layer of three");
    cr_expect_not(lvk_naming_head(&head, "standardize/gamma", name), "a layer that it does not have");
    cr_assert_eq(lvk_head_parse("standardize,dense:16", &head), LVK_OK);
    static const char *const standardized[][2] = {{"standardize/gamma", "fc.0.weight"},
                                                  {"standardize/beta", "fc.0.bias"},
                                                  {"standardize/moving_mean", "fc.0.running_mean"},
                                                  {"standardize/moving_variance", "fc.0.running_var"},
                                                  {"dense/kernel", "fc.1.weight"},
                                                  {"dense_1/bias", "fc.3.bias"}};
    for (size_t i = 0; i < sizeof standardized / sizeof *standardized; ++i) {
        const char *own = standardized[i][0], *there = standardized[i][1];
        cr_expect(lvk_naming_head(&head, own, name), "%s", own);
        cr_expect_str_eq(name, there);
        cr_expect(lvk_naming_is_head(own) && lvk_naming_is_head(there), "%s, %s", own, there);
    }
    cr_expect_not(lvk_naming_head(&head, "standardize/kernel", name));
    static const char *const others[] = {"fc.weight",   "fc.0.gamma",   "fc.0",         "dense_0/kernel",
                                         "dense/gamma", "densely/bias", "dense_x/bias", "conv1/kernel"};
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i)
        cr_expect_not(lvk_naming_is_head(others[i]), "%s", others[i]);
    cr_expect_not(lvk_naming_plain("batch_normalization/gamma", name));
}

/* ---- residual networks ---- */

/* All of the backbone, imported from the exported file, is what the model has. */
static void expect_imported(const char *exported, const lvk_safetensors *model, const char *variant) {
    static lvk_resnet_tensor expected[LVK_RESNET_MAX_TENSORS];
    lvk_import *import;
    lvk_weights *weights;
    cr_assert_eq(lvk_import_open(exported, &import), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq(lvk_import_about(import)->variant, variant);
    cr_expect_not(lvk_import_about(import)->classifier);
    cr_assert_eq(lvk_import_write(import, scratch_path("imported")), LVK_OK, "%s", lvk_error_message());
    lvk_import_close(&import);
    cr_assert_eq(lvk_weights_open(scratch_path("imported"), &weights), LVK_OK, "%s", lvk_error_message());
    const size_t count = lvk_resnet_tensors(lvk_weights_table(weights), expected);
    cr_expect_eq(count, lvk_safetensors_count(lvk_weights_file(weights)));
    for (size_t i = 0; i < count; ++i)
        expect_same_tensor(lvk_weights_file(weights), expected[i].name, model, expected[i].name);
    lvk_weights_close(&weights);
}

/* As keras.applications has named its layers since 2019. */
static void expect_later_names(const lvk_safetensors *keras, const lvk_safetensors *model) {
    expect_same_tensor(keras, "conv1_conv/kernel", model, "conv1/kernel");
    expect_same_tensor(keras, "conv1_bn/moving_mean", model, "bn_conv1/moving_mean");
    expect_same_tensor(keras, "conv2_block1_0_conv/bias", model, "res2a_branch1/bias");
    expect_same_tensor(keras, "conv4_block6_3_bn/gamma", model, "bn4f_branch2c/gamma");
    expect_same_tensor(keras, "dense/kernel", model, "dense/kernel");
    cr_expect_null(lvk_safetensors_find(keras, "conv1/kernel"));
}

Test(export, residual_networks_come_back) {
    static const char *const variants[] = {"keras", "torchvision", "keras-2019"};
    for (int v = 0; v < 3; ++v) {
        make_model(scratch_path("model"), "resnet50-narrow", variants[v], "dropout:0.1,dense:8,dropout:0.25");
        lvk_safetensors *model = open_file(scratch_path("model"));

        export_well(scratch_path("model"), "keras", scratch_path("k"));
        lvk_safetensors *keras = open_file(scratch_path("k"));
        cr_expect_eq(lvk_safetensors_count(keras), lvk_safetensors_count(model));
        for (size_t i = 0; i < lvk_safetensors_count(model) && v < 2; ++i)
            expect_same_tensor(keras, lvk_safetensors_at(model, i)->name, model,
                               lvk_safetensors_at(model, i)->name);
        if (v == 2)
            expect_later_names(keras, model);
        expect_imported(scratch_path("k"), model, variants[v]);
        lvk_safetensors_destroy(&keras);

        export_well(scratch_path("model"), "torchvision", scratch_path("t"));
        lvk_safetensors *torch = open_file(scratch_path("t"));
        cr_expect_eq(lvk_safetensors_count(torch), lvk_safetensors_count(model));
        cr_expect_eq(lvk_safetensors_find(torch, "layer1.0.conv2.bias") != NULL, v != 1);
        expect_same_tensor(torch, "layer4.2.bn3.running_var", model, "bn5c_branch2c/moving_variance");
        expect_turned(model, "dense/kernel", torch, "fc.1.weight", 256, NARROW_HEAD_UNITS);
        expect_turned(model, "dense_1/kernel", torch, "fc.4.weight", NARROW_HEAD_UNITS, 1);
        expect_same_tensor(torch, "fc.1.bias", model, "dense/bias");
        expect_same_tensor(torch, "fc.4.bias", model, "dense_1/bias");
        expect_imported(scratch_path("t"), model, variants[v]);
        lvk_safetensors_destroy(&torch);
        lvk_safetensors_destroy(&model);
    }
}

Test(export, a_head_of_one_layer) {
    make_model(scratch_path("model"), "resnet50-narrow", "torchvision", "none");
    export_well(scratch_path("model"), "torchvision", scratch_path("t"));
    lvk_safetensors *model = open_file(scratch_path("model")), *torch = open_file(scratch_path("t"));
    expect_turned(model, "dense/kernel", torch, "fc.0.weight", 256, 1);
    expect_imported(scratch_path("t"), model, "torchvision");
    lvk_safetensors_destroy(&torch);
    lvk_safetensors_destroy(&model);
}

/* Its weights would be used with another normalization than they were trained with. */
Test(export, pixels_of_other_figures_do_not_come_back) {
    static const char *const formats[] = {"keras", "torchvision"};
    make_model_of(scratch_path("model"), "resnet50-narrow", "keras", "dense:8", &of_data);
    for (int f = 0; f < 2; ++f) {
        lvk_import *import;
        export_well(scratch_path("model"), formats[f], scratch_path("out"));
        cr_expect_eq(lvk_import_open(scratch_path("out"), &import), LVK_ERROR_UNSUPPORTED);
        cr_expect_not_null(strstr(lvk_error_message(), scratch_path("out")), "%s", lvk_error_message());
        cr_expect_not_null(strstr(lvk_error_message(), "\"data\""), "%s", lvk_error_message());
    }
}

/* ---- the cnn ---- */

/* [area][in][out] of the model is [out][in][area] there; the area is a kernel's, or that of the image which a
 * dense layer stands on. */
static void expect_channels_first(const float *own, const float *turned, uint32_t area, uint32_t in,
                                  uint32_t out, const char *name) {
    size_t wrong = 0;
    for (uint32_t a = 0; a < area; ++a)
        for (uint32_t i = 0; i < in; ++i)
            for (uint32_t o = 0; o < out; ++o)
                wrong += own[(a * in + i) * out + o] != turned[(o * in + i) * area + a];
    cr_expect_eq(wrong, 0, "%s", name);
}

/* Its layers have numbers already; the norms' vectors get PyTorch's names. */
Test(export, the_compact_net_for_channels_first) {
    static const char *const same[][2] = {{"bn1/gamma", "bn1.weight"},
                                          {"bn2/beta", "bn2.bias"},
                                          {"bn3/moving_mean", "bn3.running_mean"},
                                          {"bn4/moving_variance", "bn4.running_var"},
                                          {"dense/bias", "fc1.bias"}};
    make_model(scratch_path("model"), "cnn-gap", "", "");
    export_well(scratch_path("model"), "torchvision", scratch_path("t"));
    lvk_safetensors *model = open_file(scratch_path("model")), *torch = open_file(scratch_path("t"));
    cr_expect_eq(lvk_safetensors_count(torch), 22);
    for (size_t i = 0; i < sizeof same / sizeof *same; ++i)
        expect_same_tensor(model, same[i][0], torch, same[i][1]);
    float *own = values_of(model, "conv2/kernel", lvk_type_4d(LVK_F32, 3, 3, 32, 64));
    float *turned = values_of(torch, "conv2.weight", lvk_type_4d(LVK_F32, 64, 32, 3, 3));
    expect_channels_first(own, turned, 9, 32, 64, "conv2.weight");
    lvk_free(own);
    lvk_free(turned);
    lvk_safetensors_destroy(&torch);
    lvk_safetensors_destroy(&model);
}

Test(export, the_cnn_for_channels_first) {
    static const struct {
        const char *own, *there;
        uint32_t in, out;
    } convs[] = {{"conv2d/kernel", "conv1.weight", 3, 32},
                 {"conv2d_1/kernel", "conv2.weight", 32, 64},
                 {"conv2d_2/kernel", "conv3.weight", 64, 64}};
    static const char *const same[][2] = {{"conv2d/bias", "conv1.bias"},
                                          {"conv2d_1/bias", "conv2.bias"},
                                          {"conv2d_2/bias", "conv3.bias"},
                                          {"dense/bias", "fc1.bias"},
                                          {"dense_1/bias", "fc2.bias"}};
    make_model(scratch_path("model"), "cnn", "", "");
    export_well(scratch_path("model"), "torchvision", scratch_path("t"));
    lvk_safetensors *model = open_file(scratch_path("model")), *torch = open_file(scratch_path("t"));
    cr_expect_eq(lvk_safetensors_count(torch), 10);
    for (size_t i = 0; i < sizeof convs / sizeof *convs; ++i) {
        const uint32_t in = convs[i].in, out = convs[i].out;
        float *own = values_of(model, convs[i].own, lvk_type_4d(LVK_F32, 3, 3, in, out));
        float *turned = values_of(torch, convs[i].there, lvk_type_4d(LVK_F32, out, in, 3, 3));
        expect_channels_first(own, turned, 9, in, out, convs[i].there);
        lvk_free(own);
        lvk_free(turned);
    }
    for (size_t i = 0; i < sizeof same / sizeof *same; ++i)
        expect_same_tensor(model, same[i][0], torch, same[i][1]);
    const uint32_t area = 26 * 26, channels = 64, units = 64; /* the image that is flattened */
    float *own = values_of(model, "dense/kernel", lvk_type_2d(LVK_F32, area * channels, units));
    float *turned = values_of(torch, "fc1.weight", lvk_type_2d(LVK_F32, units, area * channels));
    expect_channels_first(own, turned, area, channels, units, "fc1.weight");
    expect_turned(model, "dense_1/kernel", torch, "fc2.weight", units, 1);
    lvk_free(own);
    lvk_free(turned);
    lvk_safetensors_destroy(&torch);
    lvk_safetensors_destroy(&model);
}

Test(export, the_cnn_for_keras) {
    make_model(scratch_path("model"), "cnn", "", "");
    export_well(scratch_path("model"), "keras", scratch_path("k"));
    lvk_safetensors *model = open_file(scratch_path("model")), *keras = open_file(scratch_path("k"));
    cr_expect_eq(lvk_safetensors_count(keras), 10);
    for (size_t i = 0; i < lvk_safetensors_count(model); ++i)
        expect_same_tensor(model, lvk_safetensors_at(model, i)->name, keras,
                           lvk_safetensors_at(model, i)->name);
    lvk_safetensors_destroy(&keras);
    lvk_safetensors_destroy(&model);
}

/* ---- what the file says ---- */

static void calibrate(const char *path) {
    static const lvk_model_calibration calibration = {
        .has_temperature = true, .has_threshold = true, .temperature = 1.5, .threshold = 0.25};
    lvk_checkpoint *model;
    cr_assert_eq(lvk_checkpoint_read(path, &model), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_checkpoint_calibrate(model, &calibration), LVK_OK, "%s", lvk_error_message());
    lvk_checkpoint_destroy(&model);
}

Test(export, metadata) {
    static const char *const pairs[][2] = {{"format", "pt"},
                                           {"architecture", "resnet50-narrow"},
                                           {"topology", "torchvision"},
                                           {"head", "dense:8"},
                                           {"image_size", "64"},
                                           {"crop", "center:300"},
                                           {"positive_class", "all"},
                                           {"negative_class", "hem"},
                                           {"pixel_order", "bgr"},
                                           {"pixel_mean_g", "0.02"},
                                           {"pixel_deviation_g", "0.25"},
                                           {"preprocessing", "data"},
                                           {"temperature", "1.5"},
                                           {"threshold", "0.25"}};
    make_model_of(scratch_path("model"), "resnet50-narrow", "torchvision", "dense:8", &of_data);
    calibrate(scratch_path("model"));
    export_well(scratch_path("model"), "torchvision", scratch_path("t"));
    lvk_safetensors *torch = open_file(scratch_path("t"));
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; ++i) {
        const char *value = lvk_string_map_get(lvk_safetensors_metadata(torch), pairs[i][0]);
        cr_expect(value && strcmp(value, pairs[i][1]) == 0, "%s: %s", pairs[i][0], value ? value : "none");
    }
    lvk_safetensors_destroy(&torch);
}

Test(export, the_same_model_the_same_bytes) {
    const char *format;
    make_model(scratch_path("model"), "resnet50-narrow", "keras", "dense:8");
    for (size_t f = 0; (format = lvk_export_format_name(f)) != NULL; ++f) {
        void *bytes[2];
        size_t sizes[2];
        for (int i = 0; i < 2; ++i) {
            export_well(scratch_path("model"), format, scratch_path("out"));
            cr_assert_eq(lvk_file_read(scratch_path("out"), 1 << 28, &bytes[i], &sizes[i]), LVK_OK);
        }
        cr_expect(sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], sizes[0]) == 0, "%s", format);
        lvk_free(bytes[0]);
        lvk_free(bytes[1]);
    }
}

/* ---- whole pictures ---- */

/* What such a file computes is tests/e2e/onnx_pictures.py's. */
static const struct {
    const char *crop, *input;
    const char *reason; /* of a refusal; NULL: it is written */
} pictures[] = {{"center:300", "image", NULL},
                {"center:450", "image:600x600", NULL},
                {"center:451", "image:600x600", "frame"},
                {"center:451", "image:600x599", NULL},
                {"none", "image", NULL},
                {"none", "image:450x300", NULL},
                {"none", "image:600x600", "frame"},
                {"bbox", "image", NULL},
                {"bbox", "image:450x450", "the crop bbox"}};

Test(export, whole_pictures_are_taken_where_the_crop_can_be_told) {
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; ++i) {
        crop_of_model = pictures[i].crop;
        make_model(scratch_path("model"), "cnn", "", "");
        const lvk_status status = export_onnx(scratch_path("model"), pictures[i].input, scratch_path("out"));
        cr_expect_eq(status, pictures[i].reason ? LVK_ERROR_ARGUMENT : LVK_OK, "%s, %s: %s", pictures[i].crop,
                     pictures[i].input, lvk_error_message());
        if (pictures[i].reason)
            cr_expect_not_null(strstr(lvk_error_message(), pictures[i].reason), "%s", lvk_error_message());
    }
}

Test(export, the_input_is_checked_and_is_of_onnx_alone) {
    static const char *const wrong[] = {"",
                                        "crops",
                                        "images",
                                        "image:",
                                        "image:450",
                                        "image:31x450",
                                        "image:450x8193",
                                        "image:450x450 ",
                                        "image:4e2x450"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        cr_expect_eq(lvk_export_set_input(NULL, wrong[i]), LVK_ERROR_ARGUMENT, "%s", wrong[i]);
        cr_expect_not_null(strstr(lvk_error_message(), "--input"), "%s", lvk_error_message());
    }
    make_model(scratch_path("model"), "cnn", "", "");
    export_well(scratch_path("model"), "onnx", scratch_path("a"));
    cr_expect_eq(export_onnx(scratch_path("model"), "crop", scratch_path("b")), LVK_OK);
    void *bytes[2];
    size_t sizes[2];
    cr_assert_eq(lvk_file_read(scratch_path("a"), 1 << 28, &bytes[0], &sizes[0]), LVK_OK);
    cr_assert_eq(lvk_file_read(scratch_path("b"), 1 << 28, &bytes[1], &sizes[1]), LVK_OK);
    cr_expect(sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], sizes[0]) == 0, "crop is not what it was");
    lvk_free(bytes[0]);
    lvk_free(bytes[1]);
}

/* ---- what is refused ---- */

/* One line with both parts, and the file that was there is still there. */
static void expect_refused(const char *format, const char *file, const char *reason) {
    const char *out = scratch_path("out");
    cr_assert_eq(lvk_file_write(out, "old", 3), LVK_OK);
    cr_expect_neq(export_model(scratch_path("model"), format, out), LVK_OK, "accepted: %s", reason);
    const char *line = lvk_error_message();
    cr_expect_not_null(strstr(line, file), "does not name %s: %s", file, line);
    cr_expect_not_null(strstr(line, reason), "does not say '%s': %s", reason, line);
    cr_expect_null(strchr(line, '\n'));
    void *bytes;
    size_t size;
    cr_assert_eq(lvk_file_read(out, 16, &bytes, &size), LVK_OK, "%s", lvk_error_message());
    cr_expect(size == 3 && memcmp(bytes, "old", 3) == 0, "something was written");
    lvk_free(bytes);
}

/* Puts `value` in the place of element 0 of a tensor of the model file. */
static void spoil(const char *tensor, float value) {
    lvk_safetensors *model = open_file(scratch_path("model"));
    const lvk_safetensor *found = lvk_safetensors_find(model, tensor);
    cr_assert_not_null(found);
    /* the data of all tensors end the file, one behind the other */
    const unsigned char *last = found->data;
    for (size_t i = 0; i < lvk_safetensors_count(model); ++i) {
        const lvk_safetensor *other = lvk_safetensors_at(model, i);
        const unsigned char *end = (const unsigned char *)other->data + other->size;
        last = end > last ? end : last;
    }
    const long behind = (long)(last - (const unsigned char *)found->data);
    FILE *file = fopen(scratch_path("model"), "r+b");
    cr_assert(file && fseek(file, -behind, SEEK_END) == 0 && fwrite(&value, sizeof value, 1, file) == 1 &&
              fclose(file) == 0);
    lvk_safetensors_destroy(&model);
}

Test(export, mistakes) {
    static const struct {
        const char *tensor;
        float value;
        const char *reason;
    } mistakes[] = {{"res2a_branch2b/kernel", 0.0F / 0.0F, "not a finite number"},
                    {"dense/bias", 1.0F / 0.0F, "not a finite number"},
                    {"bn3b_branch2a/moving_variance", -1, "negative"}};
    const char *format;
    for (size_t m = 0; m < sizeof mistakes / sizeof *mistakes; ++m) {
        make_model(scratch_path("model"), "resnet50-narrow", "keras", "dense:8");
        spoil(mistakes[m].tensor, mistakes[m].value);
        for (size_t f = 0; (format = lvk_export_format_name(f)) != NULL; ++f) {
            expect_refused(format, scratch_path("model"), mistakes[m].reason);
            expect_refused(format, mistakes[m].tensor, mistakes[m].reason);
        }
    }
    make_model(scratch_path("model"), "resnet50-narrow", "keras", "dense:8");
    expect_refused("h5", "'h5'", "keras, torchvision or onnx");
    cr_expect_eq(export_model(scratch_path("nowhere"), "onnx", scratch_path("out")), LVK_ERROR_IO);
    cr_expect_eq(export_model(scratch_path("out"), "onnx", scratch_path("o")), LVK_ERROR_FORMAT);
}

/* It was found out when a file was written only, and told as a mistake in the option --head. */
Test(export, a_head_that_is_none_is_the_fault_of_the_file) {
    lvk_export *opened;
    const char *model = scratch_path("model.safetensors");
    make_model(model, "cnn-gap", "", "dense:8,dropo0t:0.25");
    cr_expect_eq(lvk_export_open(model, &opened), LVK_ERROR_FORMAT);
    lvk_export_close(&opened);
    cr_expect(strstr(lvk_error_message(), model), "%s", lvk_error_message());
    cr_expect(strstr(lvk_error_message(), "dropo0t"), "%s", lvk_error_message());
}

Test(export, the_model_itself_is_not_replaced) {
    make_model(scratch_path("model"), "resnet50-narrow", "keras", "dense:8");
    cr_assert_eq(symlink(scratch_path("model"), scratch_path("link")), 0);
    cr_expect_eq(export_model(scratch_path("model"), "keras", scratch_path("model")), LVK_ERROR_ARGUMENT);
    cr_expect_eq(export_model(scratch_path("link"), "keras", scratch_path("model")), LVK_ERROR_ARGUMENT);
    cr_expect_not_null(strstr(lvk_error_message(), "is the model itself"), "%s", lvk_error_message());
    lvk_export *model;
    cr_expect_eq(lvk_export_open(scratch_path("model"), &model), LVK_OK, "%s", lvk_error_message());
    lvk_export_close(&model);
}

/* Makes each allocation of an export fail in turn, until none fails any more. */
static void expect_memory_failures(const char *format, const char *input) {
    const char *model = scratch_path("model"), *out = scratch_path("out");
    lvk_status status = LVK_ERROR_MEMORY;
    uint64_t n = 1;
    for (; status != LVK_OK && n < 5000; ++n) {
        lvk_alloc_fail_after(n);
        status = input ? export_onnx(model, input, out) : export_model(model, format, out);
        lvk_alloc_fail_after(0);
        cr_expect(status == LVK_OK || status == LVK_ERROR_MEMORY, "%s, allocation %llu: %s", format,
                  (unsigned long long)n, lvk_error_message());
    }
    cr_expect_gt(n, 20);
    cr_expect_eq(status, LVK_OK, "%s", format);
}

Test(export, any_allocation_may_fail) {
    const char *format;
    make_model(scratch_path("model"), "resnet50-narrow", "keras", "dense:8");
    for (size_t f = 0; (format = lvk_export_format_name(f)) != NULL; ++f)
        expect_memory_failures(format, NULL);
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; ++i) {
        crop_of_model = pictures[i].crop;
        make_model(scratch_path("model"), "cnn", "", "");
        if (!pictures[i].reason)
            expect_memory_failures("onnx", pictures[i].input);
    }
}
