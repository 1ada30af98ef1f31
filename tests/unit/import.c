/* Weights from elsewhere: what is read of them is right to the bit, and whatever is wrong with them is said
 * in one line with the name of the file and of the tensor. */
#include "support/scratch.h"

#include "core/file.h"
#include "formats/tfjs.h"
#include "leukvk/import.h"
#include "support/imports.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(import, .init = scratch_create, .fini = scratch_remove);

static const char narrow[] = "resnet50-narrow";

/* ---- what is read ---- */

static void make_tfjs(bool classifier) {
    fake_create(&fake, narrow, LVK_RESNET_KERAS, false, classifier);
    cr_assert_eq(lvk_folder_create(scratch_path("model")), LVK_OK);
    fake_write_tfjs(&fake, scratch_path("model"));
}

Test(import, tfjs) {
    make_tfjs(true);
    expect_import(scratch_path("model"), scratch_path("a"), true);
    expect_import(scratch_path("model/model.json"), scratch_path("b"), true);
    void *bytes[2];
    size_t sizes[2];
    cr_assert_eq(lvk_file_read(scratch_path("a"), 1 << 28, &bytes[0], &sizes[0]), LVK_OK);
    cr_assert_eq(lvk_file_read(scratch_path("b"), 1 << 28, &bytes[1], &sizes[1]), LVK_OK);
    cr_expect(sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], sizes[0]) == 0,
              "the same input, other bytes");
    lvk_free(bytes[0]);
    lvk_free(bytes[1]);
    fake_destroy(&fake);
    make_tfjs(false);
    expect_import(scratch_path("model"), scratch_path("a"), false);
    fake_destroy(&fake);
}

Test(import, torchvision) {
    for (int classifier = 0; classifier < 2; ++classifier) {
        fake_create(&fake, narrow, LVK_RESNET_TORCHVISION, true, classifier);
        fake_write_safetensors(&fake, scratch_path("torch.safetensors"), NULL);
        expect_import(scratch_path("torch.safetensors"), scratch_path("a"), classifier);
        fake_destroy(&fake);
    }
}

Test(import, own_names) {
    for (int variant = 0; variant < LVK_RESNET_VARIANTS; ++variant) {
        fake_create(&fake, narrow, (lvk_resnet_variant)variant, false, variant == 0);
        lvk_string_map metadata = {0}; /* the tensors of two variants are the same */
        cr_assert_eq(lvk_string_map_set(&metadata, variant == 1 ? "variant" : "topology",
                                        lvk_resnet_variant_name((lvk_resnet_variant)variant)),
                     LVK_OK);
        fake_write_safetensors(&fake, scratch_path("own.safetensors"), &metadata);
        lvk_string_map_finish(&metadata);
        expect_import(scratch_path("own.safetensors"), scratch_path("a"), variant == 0);
        expect_import(scratch_path("a"), scratch_path("a"), variant == 0); /* and its own result */
        fake_destroy(&fake);
    }
}

/* Names as torchvision's ResNet has them (torchvision/models/resnet.py). */
Test(import, names_of_torchvision) {
    static const char *const pairs[][2] = {
        {"conv1/kernel", "conv1.weight"},
        {"bn_conv1/gamma", "bn1.weight"},
        {"bn_conv1/moving_variance", "bn1.running_var"},
        {"res2a_branch2a/kernel", "layer1.0.conv1.weight"},
        {"bn2a_branch2c/beta", "layer1.0.bn3.bias"},
        {"res2a_branch1/kernel", "layer1.0.downsample.0.weight"},
        {"bn2a_branch1/moving_mean", "layer1.0.downsample.1.running_mean"},
        {"res4f_branch2b/kernel", "layer3.5.conv2.weight"},
        {"bn5c_branch2c/gamma", "layer4.2.bn3.weight"},
        {"fc1000/kernel", "fc.weight"},
        {"fc1000/bias", "fc.bias"},
    };
    fake_create(&fake, narrow, LVK_RESNET_TORCHVISION, false, true);
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; ++p) {
        size_t i = 0;
        while (strcmp(fake.tensors[i].name, pairs[p][0]) != 0)
            cr_assert_lt(++i, fake.tensor_count, "no %s", pairs[p][0]);
        char name[LVK_INTEROP_NAME];
        lvk_type type;
        lvk_naming_torchvision(&fake.table, &fake.tensors[i], name, &type);
        cr_expect_str_eq(name, pairs[p][1]);
    }
    fake_destroy(&fake);
}

/* Names as keras.applications has had them since 2019 (keras_applications/resnet_common.py). */
Test(import, names_of_keras_2019) {
    static const char *const pairs[][2] = {
        {"conv1/kernel", "conv1_conv/kernel"},
        {"bn_conv1/gamma", "conv1_bn/gamma"},
        {"res2a_branch2a/kernel", "conv2_block1_1_conv/kernel"},
        {"bn2a_branch2c/beta", "conv2_block1_3_bn/beta"},
        {"res2a_branch1/bias", "conv2_block1_0_conv/bias"},
        {"bn2a_branch1/moving_mean", "conv2_block1_0_bn/moving_mean"},
        {"res4f_branch2b/kernel", "conv4_block6_2_conv/kernel"},
        {"bn5c_branch2c/moving_variance", "conv5_block3_3_bn/moving_variance"},
        {"fc1000/bias", "predictions/bias"},
    };
    fake_create(&fake, narrow, LVK_RESNET_KERAS_2019, false, true);
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; ++p) {
        size_t i = 0;
        while (strcmp(fake.tensors[i].name, pairs[p][0]) != 0)
            cr_assert_lt(++i, fake.tensor_count, "no %s", pairs[p][0]);
        char name[LVK_INTEROP_NAME];
        lvk_naming_keras(&fake.table, &fake.tensors[i], name);
        cr_expect_str_eq(name, pairs[p][1]);
    }
    fake_destroy(&fake);
}

static void make_later_tfjs(bool classifier) {
    fake_create(&fake, narrow, LVK_RESNET_KERAS_2019, false, classifier);
    fake_name_as_keras(&fake);
    cr_assert_eq(lvk_folder_create(scratch_path("model")), LVK_OK);
    fake_write_tfjs(&fake, scratch_path("model"));
}

Test(import, tfjs_of_2019) {
    for (int classifier = 0; classifier < 2; ++classifier) {
        make_later_tfjs(classifier);
        expect_import(scratch_path("model"), scratch_path("a"), classifier);
        expect_import(scratch_path("a"), scratch_path("a"), classifier); /* leukvk's own says what it is */
        fake_destroy(&fake);
    }
}

/* ---- what is refused ---- */

static void lose_tensor(void) {
    fake_remove(&fake, "bn3b_branch2a/beta");
}
static void lose_half_of_the_classifier(void) {
    fake_remove(&fake, "fc1000/bias");
}
static void add_tensor(void) {
    const lvk_type type = lvk_type_1d(LVK_F32, 3);
    (void)fake_add(&fake, "res9z/kernel", &type, LVK_ELEMENT_F32);
}
static void add_twice(void) {
    const lvk_type type = lvk_type_1d(LVK_F32, 8);
    (void)fake_add(&fake, "conv1/bias", &type, LVK_ELEMENT_F32);
}
static void lose_dimension(void) {
    fake_find(&fake, "fc1000/kernel")->type = lvk_type_1d(LVK_F32, 256000);
}
static void enlarge(void) {
    fake_find(&fake, "conv1/kernel")->type = lvk_type_2d(LVK_F32, 1U << 31, 1U << 31);
}
static void enlarge_together(void) {
    fake_find(&fake, "bn_conv1/gamma")->type = lvk_type_1d(LVK_F32, 200000000);
    fake_find(&fake, "bn_conv1/beta")->type = lvk_type_1d(LVK_F32, 200000000);
}
static void lose_name(void) {
    fake_find(&fake, "bn_conv1/gamma")->name[0] = '\0';
}

Test(import, mistakes_in_tfjs) {
    static const mistake mistakes[] = {
        {lose_tensor, "\"bn3b_branch2a/beta\"", "missing"},
        {lose_half_of_the_classifier, "\"fc1000/bias\"", "missing"},
        {add_tensor, "\"res9z/kernel\"", "is not one of resnet50-narrow's"},
        {add_twice, "\"conv1/bias\"", "two tensors"},
        {turn_shape, "\"res3a_branch2b/kernel\"", "16×16×3×3, expected was F32 3×3×16×16"},
        {lose_dimension, "\"fc1000/kernel\"", "256000, expected was F32 256×1000"},
        {put_nan, "\"res2a_branch2c/kernel\"", "element 7 is not a finite number"},
        {put_infinity, "\"fc1000/bias\"", "element 999 is not a finite number"},
        {put_negative, "\"bn2a_branch1/moving_variance\"", "element 2 of a variance is negative"},
        {change_dtype, "\"bn_conv1/gamma\"", "float32"},
        {enlarge, "\"conv1/kernel\"", "too large"},
        {enlarge_together, "\"bn_conv1/beta\"", "1073741824 bytes that are read"},
        {empty_dimension, "\"bn_conv1/gamma\"", "not a positive whole number"},
        {lose_name, "\"\"", "name"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; ++i) {
        make_tfjs(true);
        mistakes[i].make();
        fake_write_tfjs(&fake, scratch_path("model"));
        expect_refused(scratch_path("model"), scratch_path("model/model.json: "), mistakes[i].tensor,
                       mistakes[i].reason);
        fake_destroy(&fake);
    }
}

static void torch_lose_tensor(void) {
    fake_remove(&fake, "layer2.1.bn1.bias");
}
static void torch_add_tensor(void) {
    const lvk_type type = lvk_type_1d(LVK_F32, 8);
    (void)fake_add(&fake, "conv1.bias", &type, LVK_ELEMENT_F32);
}
static void torch_other_classes(void) {
    fake_entry *entry = fake_find(&fake, "fc.weight");
    entry->type = lvk_type_2d(LVK_F32, 10, 256);
}
static void torch_keras_layout(void) {
    fake_find(&fake, "layer2.0.conv2.weight")->type = lvk_type_4d(LVK_F32, 3, 3, 16, 16);
}
static void torch_half(void) {
    fake_find(&fake, "layer1.0.downsample.0.weight")->element = LVK_ELEMENT_F16;
}
static void torch_nan(void) {
    fake_find(&fake, "layer4.2.bn3.running_var")->data[1] = NAN;
}
static void torch_negative(void) {
    fake_find(&fake, "layer4.2.bn3.running_var")->data[1] = -2;
}

Test(import, mistakes_in_torchvision) {
    static const mistake mistakes[] = {
        {torch_lose_tensor, "\"layer2.1.bn1.bias\"", "missing"},
        {torch_add_tensor, "\"conv1.bias\"", "is not one of"},
        {torch_other_classes, "\"fc.weight\"", "10×256, expected was F32 1000×256"},
        {torch_keras_layout, "\"layer2.0.conv2.weight\"", "3×3×16×16, expected was F32 16×16×3×3"},
        {torch_half, "\"layer1.0.downsample.0.weight\"", "F16"},
        {torch_nan, "\"layer4.2.bn3.running_var\"", "element 1 is not a finite number"},
        {torch_negative, "\"layer4.2.bn3.running_var\"", "element 1 of a variance is negative"},
    };
    const char *path = scratch_path("torch.safetensors");
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; ++i) {
        fake_create(&fake, narrow, LVK_RESNET_TORCHVISION, true, true);
        mistakes[i].make();
        fake_write_safetensors(&fake, path, NULL);
        expect_refused(path, path, mistakes[i].tensor, mistakes[i].reason);
        fake_destroy(&fake);
    }
}

/* ---- the files around the tensors ---- */

/* model.json and one shard of three floats, two tensors; texts put in place of what is right. */
static void expect_manifest(const char *paths, const char *weights, const char *file, const char *tensor,
                            const char *reason) {
    char json[1024], path[SCRATCH_PATH + 32];
    lvk_tfjs_model model = {0};
    snprintf(json, sizeof json, "{\"weightsManifest\": [{\"paths\": %s, \"weights\": %s}]}", paths, weights);
    snprintf(path, sizeof path, "%s", scratch_path("model.json"));
    const lvk_status status = lvk_tfjs_read(path, json, strlen(json), &model);
    if (reason) {
        cr_expect_neq(status, LVK_OK, "accepted: %s %s", paths, weights);
        expect_line(scratch_path(file), tensor, reason);
    } else {
        cr_assert_eq(status, LVK_OK, "%s", lvk_error_message());
        cr_expect_eq(model.count, 2);
        cr_expect_eq(model.tensors[1].size, 8);
        const float expected[2] = {2, 3};
        cr_expect_arr_eq(model.tensors[1].data, expected, 8);
    }
    lvk_tfjs_finish(&model);
}

Test(import, manifests) {
    static const char good[] = "[{\"name\": \"a\", \"shape\": [], \"dtype\": \"float32\"}, "
                               "{\"name\": \"b\", \"shape\": [2], \"dtype\": \"float32\"}]";
    static const char longer[] = "[{\"name\": \"a\", \"shape\": [2], \"dtype\": \"float32\"}, "
                                 "{\"name\": \"b\", \"shape\": [2], \"dtype\": \"float32\"}]";
    static const char shorter[] = "[{\"name\": \"a\", \"shape\": [2], \"dtype\": \"float32\"}]";
    static const char quantized[] =
        "[{\"name\": \"a\", \"shape\": [3], \"dtype\": \"float32\", \"quantization\": {\"dtype\": \"uint8\"}}]";
    static const char *const escapes[] = {
        "../shard.bin", "/etc/passwd",         "..",  ".", "", "sub/shard.bin",
        "a\\\\b",       "\\u001b[1mshard.bin", "sub/"};
    const float numbers[] = {1, 2, 3};
    fake_write_bytes(scratch_path("shard.bin"), numbers, sizeof numbers);
    expect_manifest("[\"shard.bin\"]", good, NULL, NULL, NULL);
    expect_manifest("[\"shard.bin\"]", longer, "shard.bin: ", "\"b\"", "truncated?");
    expect_manifest("[]", good, "model.json: ", "\"a\"", "truncated?");
    expect_manifest("[\"shard.bin\"]", shorter, "shard.bin: ", "model.json", "longer than the 8 bytes");
    expect_manifest("[\"shard.bin\", \"shard.bin\"]", good, "shard.bin: ", "", "longer than the 0 bytes");
    expect_manifest("[\"other.bin\"]", good, "other.bin: ", "", "No such file");
    expect_manifest("[\"shard.bin\"]", quantized, "model.json: ", "\"a\"", "quantized");
    expect_manifest("[17]", good, "model.json: ", "shard", "is not the name of a file");
    expect_manifest("{}", good, "model.json: ", "group 1", "no paths");
    expect_manifest("[\"shard.bin\"]", "[{}]", "model.json: ", "", "name");
    expect_manifest("[\"shard.bin\"]", "[17]", "model.json: ", "", "name");
    expect_manifest("[\"shard.bin\"]", "[{\"name\": \"a\", \"dtype\": \"float32\"}]", "model.json: ", "\"a\"",
                    "shape");
    expect_manifest("[\"shard.bin\"]",
                    "[{\"name\": \"a\", \"dtype\": \"float32\", \"shape\": [1,1,1,1,1,1,1,1,3]}]",
                    "model.json: ", "\"a\"", "shape");
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; ++i) {
        char paths[64];
        snprintf(paths, sizeof paths, "[\"%s\"]", escapes[i]);
        expect_manifest(paths, good, "model.json: ", "shard", "is not the name of a file in the same folder");
    }
}

static void expect_text_refused(const char *name, const void *bytes, size_t size, const char *reason) {
    fake_write_bytes(scratch_path(name), bytes, size);
    expect_refused(scratch_path(name), scratch_path(name), "", reason);
}

Test(import, other_files) {
    static const struct {
        const char *bytes;
        size_t size;
        const char *reason;
    } files[] = {
#define BYTES(text) text, sizeof(text) - 1
        {BYTES(""), "too short"},
        {BYTES("{"), ":1: "},
        {BYTES(" {\"weightsManifest\": [}"), ":1: "},
        {BYTES("{\"a\": 1,\n\"a\": 2}"), ":2: "},
        {BYTES("{\"a\": 1}"), "no weightsManifest"},
        {BYTES("{\"weightsManifest\": []}"), "no weightsManifest"},
        {BYTES("{\"weightsManifest\": [[]]}"), "no paths"},
        {BYTES("{\"weightsManifest\": [{\"paths\": [], \"weights\": []}]}"),
         "not those of a residual network"},
        {BYTES("\x89HDF\r\n\x1A\n........"), "not a whole HDF5"},
        {BYTES("PK\x03\x04........"), "not a whole zip"},
        {BYTES("\x02\0\0\0\0\0\0\0{}"), "not those of a residual network"},
        {BYTES("\x7B\0\0\0\0\0\0\0{}"), "truncated"}, /* a length whose first byte is '{' */
        {BYTES("something else"), "not a safetensors file"},
#undef BYTES
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; ++i)
        expect_text_refused("file", files[i].bytes, files[i].size, files[i].reason);
    expect_refused(scratch_path("nothing"), scratch_path("nothing"), "", "No such file");
    expect_refused(scratch_folder, scratch_path("model.json"), "", "No such file");
}

Test(import, bounds) {
    const size_t size = LVK_TFJS_MAX_JSON + 1;
    char *text = lvk_alloc(size, 1);
    memset(text, ' ', size);
    memcpy(text, "{}", 2);
    expect_text_refused("model.json", text, size, "more than the 2097152 that are read");
    lvk_free(text);
    lvk_text json = {0};
    lvk_text_add(&json, "{\"weightsManifest\": [{\"paths\": [], \"weights\": [0");
    for (int i = 0; i < LVK_TFJS_MAX_TENSORS; ++i)
        lvk_text_add(&json, ",0");
    lvk_text_add(&json, "]}]}");
    expect_text_refused("model.json", json.data, json.length, "10001 tensors, more than 10000");
    lvk_text_finish(&json);
    fake_write_bytes(scratch_path("empty"), "", 0);
    lvk_text_add(&json, "{\"weightsManifest\": [{\"paths\": [\"empty\"");
    for (int i = 0; i < LVK_TFJS_MAX_SHARDS; ++i)
        lvk_text_add(&json, ",\"empty\"");
    lvk_text_add(&json, "], \"weights\": []}]}");
    expect_text_refused("model.json", json.data, json.length, "more than 1024 shards");
    lvk_text_finish(&json);
}
