/* Keras' own files: what is read of them is what the TensorFlow.js route reads, and whatever is wrong with
 * them is said in one line with the name of the file and of the layer or tensor. */
#include "support/scratch.h"

#include "formats/keras_model.h"
#include "reader/keras_zip.h"
#include "support/fake_keras.h"
#include "support/imports.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(import_keras, .init = scratch_create, .fini = scratch_remove);

static void make(bool classifier) {
    fake_create(&fake, "resnet50-narrow", LVK_RESNET_KERAS, false, classifier);
}

/* ---- what is read ---- */

Test(import_keras, h5) {
    static const fake_keras ways[] = {
        {0},
        {.whole = true},
        {.variable = true},
        {.whole = true, .variable = true, .nameless = true},
        {.keras1 = true},
        {.nameless = true},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; ++i) {
        make(i % 2 == 0);
        fake_write_h5(&fake, scratch_path("w.h5"), &ways[i]);
        expect_import(scratch_path("w.h5"), scratch_path("out"), i % 2 == 0);
        fake_destroy(&fake);
    }
}

Test(import_keras, keras) {
    static const fake_keras ways[] = {
        {0},
        {.deflate = true},
        {.by_layer = true},
        {.root = "_layer_checkpoint_dependencies"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; ++i) {
        make(i % 2 == 0);
        fake_write_keras(&fake, scratch_path("w.keras"), &ways[i]);
        expect_import(scratch_path("w.keras"), scratch_path("out"), i % 2 == 0);
        fake_destroy(&fake);
    }
}

/* Whole numbers that a half holds. */
static void round_values(void) {
    for (size_t i = 0; i < fake.tensor_count; ++i) {
        fake_entry *entry = fake_find(&fake, fake.tensors[i].name);
        for (size_t e = 0; e < entry->size / sizeof(float); ++e)
            fake.values[i][e] = (float)((e * 7 + i) % 2011);
        memcpy(entry->data, fake.values[i], entry->size);
    }
}

/* An IEEE half, or with 8 bits of exponent what bfloat16 is. */
static hid_t type_of_half(size_t exponent, H5T_order_t order) {
    const hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    cr_assert_geq(H5Tset_fields(type, 15, 15 - exponent, exponent, 0, 15 - exponent), 0);
    cr_assert_geq(H5Tset_size(type, 2), 0);
    cr_assert_geq(H5Tset_ebias(type, exponent == 5 ? 15 : 127), 0);
    cr_assert_geq(H5Tset_order(type, order), 0);
    return type;
}

Test(import_keras, types) {
    const hid_t half = type_of_half(5, H5T_ORDER_LE), half_be = type_of_half(5, H5T_ORDER_BE);
    const hid_t types[] = {H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_IEEE_F64BE, half, half_be};
    make(false);
    round_values();
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
        fake_write_h5(&fake, scratch_path("w.h5"), &(fake_keras){.type = types[i]});
        expect_import(scratch_path("w.h5"), scratch_path("out"), false);
        fake_write_keras(&fake, scratch_path("w.keras"), &(fake_keras){.type = types[i]});
        expect_import(scratch_path("w.keras"), scratch_path("out"), false);
    }
    H5Tclose(half);
    H5Tclose(half_be);
    fake_destroy(&fake);
}

Test(import_keras, other_types) {
    const hid_t bfloat = type_of_half(8, H5T_ORDER_LE);
    const hid_t types[] = {H5T_STD_I64BE, H5T_STD_U8LE, bfloat};
    const char *const reasons[] = {"is of type int64", "is of type uint8", "not IEEE 754's"};
    make(false);
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
        fake_write_h5(&fake, scratch_path("w.h5"), &(fake_keras){.type = types[i]});
        expect_refused(scratch_path("w.h5"), scratch_path("w.h5: "), "conv1/conv1_1/kernel:0", reasons[i]);
    }
    H5Tclose(bfloat);
    fake_destroy(&fake);
}

/* The numbers are those of the TensorFlow.js route, digest and all. */
Test(import_keras, same_as_tfjs) {
    const char *const paths[] = {scratch_path("model"), scratch_path("w.h5"), scratch_path("w.keras")};
    const char *const forms[] = {"TensorFlow.js layers model", "Keras weights (.h5)", "Keras model (.keras)"};
    char digest[33] = "";
    make(true);
    cr_assert_eq(lvk_folder_create(paths[0]), LVK_OK);
    fake_write_tfjs(&fake, paths[0]);
    fake_write_h5(&fake, paths[1], &(fake_keras){0});
    fake_write_keras(&fake, paths[2], &(fake_keras){0});
    for (int i = 0; i < 3; ++i) {
        lvk_import *import;
        cr_assert_eq(lvk_import_open(paths[i], &import), LVK_OK, "%s", lvk_error_message());
        cr_expect_str_eq(lvk_import_about(import)->form, forms[i]);
        if (i == 0)
            strcpy(digest, lvk_import_about(import)->digest);
        cr_expect_str_eq(lvk_import_about(import)->digest, digest);
        lvk_import_close(&import);
    }
    fake_destroy(&fake);
}

/* ---- what is refused ---- */

static void lose_tensor(void) {
    fake_remove(&fake, "bn3b_branch2a/beta");
}
static void lose_layer(void) {
    fake_remove(&fake, "res4c_branch2b/kernel");
    fake_remove(&fake, "res4c_branch2b/bias");
}
static void lose_half_of_the_classifier(void) {
    fake_remove(&fake, "fc1000/bias");
}
static void add_layer(void) {
    const lvk_type type = lvk_type_1d(LVK_F32, 3);
    (void)fake_add(&fake, "other/kernel", &type, LVK_ELEMENT_F32);
}
static void enlarge(void) {
    fake_find(&fake, "conv1/kernel")->type = lvk_type_2d(LVK_F32, 1U << 31, 1U << 29);
}

/* Written as .keras, or as .h5. */
static void expect_mistakes(const mistake *mistakes, size_t count, bool keras) {
    const char *path = scratch_path(keras ? "w.keras" : "w.h5");
    for (size_t i = 0; i < count; ++i) {
        make(true);
        mistakes[i].make();
        if (keras)
            fake_write_keras(&fake, path, &(fake_keras){0});
        else
            fake_write_h5(&fake, path, &(fake_keras){0});
        char begin[SCRATCH_PATH + 2];
        snprintf(begin, sizeof begin, "%s: ", path);
        expect_refused(path, begin, mistakes[i].tensor, mistakes[i].reason);
        fake_destroy(&fake);
    }
}

Test(import_keras, mistakes_in_h5) {
    static const mistake mistakes[] = {
        {lose_tensor, "\"bn3b_branch2a/beta\"", "missing"},
        {lose_layer, "\"res4c_branch2b/kernel\"", "missing"},
        {lose_half_of_the_classifier, "\"fc1000/bias\"", "missing"},
        {add_layer, "\"other/kernel\"", "is not one of resnet50-narrow's"},
        {turn_shape, "\"res3a_branch2b/kernel\"", "16×16×3×3, expected was F32 3×3×16×16"},
        {put_nan, "\"res2a_branch2c/kernel\"", "element 7 is not a finite number"},
        {put_infinity, "\"fc1000/bias\"", "element 999 is not a finite number"},
        {put_negative, "\"bn2a_branch1/moving_variance\"", "element 2 of a variance is negative"},
        {change_dtype, "\"bn_conv1/bn_conv1_1/gamma:0\"", "is of type int32"},
        {enlarge, "\"conv1/conv1_1/kernel:0\"", "too large"},
        {empty_dimension, "\"bn_conv1/bn_conv1_1/gamma:0\"", "is empty"},
    };
    expect_mistakes(mistakes, sizeof mistakes / sizeof *mistakes, false);
}

Test(import_keras, mistakes_in_keras) {
    static const mistake mistakes[] = {
        {lose_tensor, "layer \"bn3b_branch2a\" (BatchNormalization)", "3 in place of 4 weights"},
        {lose_layer, "\"res4c_branch2b/kernel\"", "missing"},
        {lose_half_of_the_classifier, "layer \"fc1000\" (Dense)", "1 in place of 2 weights"},
        {turn_shape, "\"res3a_branch2b/kernel\"", "16×16×3×3, expected was F32 3×3×16×16"},
        {put_nan, "\"res2a_branch2c/kernel\"", "element 7 is not a finite number"},
        {put_negative, "\"bn2a_branch1/moving_variance\"", "element 2 of a variance is negative"},
        {change_dtype, "\"layers/batch_normalization/vars/0\"", "is of type int32"},
        {enlarge, "\"layers/dense/vars/0\"", "too large"}, /* of rank 2 */
        {empty_dimension, "\"layers/batch_normalization/vars/0\"", "is empty"},
    };
    expect_mistakes(mistakes, sizeof mistakes / sizeof *mistakes, true);
}

Test(import_keras, theano) {
    make(false);
    fake_write_h5(&fake, scratch_path("w.h5"), &(fake_keras){.backend = "theano"});
    expect_refused(scratch_path("w.h5"), scratch_path("w.h5: "), "", "written with Theano");
    fake_destroy(&fake);
}

static void make_later(bool classifier) {
    fake_create(&fake, "resnet50-narrow", LVK_RESNET_KERAS_2019, false, classifier);
    fake_name_as_keras(&fake);
}

/* Keras' networks since 2019, in each of its files; the first of these named the classifier otherwise. */
Test(import_keras, later_names) {
    for (int classifier = 0; classifier < 3; ++classifier) {
        make_later(classifier > 0);
        if (classifier == 2) {
            strcpy(fake_find(&fake, "predictions/kernel")->name, "probs/kernel");
            strcpy(fake_find(&fake, "predictions/bias")->name, "probs/bias");
        }
        fake_write_h5(&fake, scratch_path("w.h5"), &(fake_keras){0});
        expect_import(scratch_path("w.h5"), scratch_path("a"), classifier > 0);
        fake_write_h5(&fake, scratch_path("w.h5"), &(fake_keras){.whole = true});
        expect_import(scratch_path("w.h5"), scratch_path("a"), classifier > 0);
        fake_write_keras(&fake, scratch_path("w.keras"), &(fake_keras){0});
        expect_import(scratch_path("w.keras"), scratch_path("a"), classifier > 0);
        fake_destroy(&fake);
    }
}

Test(import_keras, mistakes_in_later_names) {
    static const struct {
        const char *tensor, *now; /* NULL: it is lost */
        const char *named, *reason;
    } rows[] = {
        {"conv3_block2_1_bn/beta", NULL, "\"conv3_block2_1_bn/beta\"", "missing"},
        {"predictions/bias", NULL, "\"predictions/bias\"", "missing"},
        {"conv3_block2_1_bn/beta", "bn3b_branch2a/beta", "\"conv3_block2_1_bn/beta\"", "missing"},
        {"conv2_block1_0_conv/kernel", "", "\"conv2_block1_0_conv/kernel\"", "expected was F32 1×1×8×32"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        make_later(true);
        if (!rows[i].now)
            fake_remove(&fake, rows[i].tensor);
        else if (*rows[i].now)
            strcpy(fake_find(&fake, rows[i].tensor)->name, rows[i].now);
        else
            fake_find(&fake, rows[i].tensor)->type = lvk_type_4d(LVK_F32, 1, 1, 32, 8);
        fake_write_h5(&fake, scratch_path("w.h5"), &(fake_keras){0});
        expect_refused(scratch_path("w.h5"), scratch_path("w.h5: "), rows[i].named, rows[i].reason);
        fake_destroy(&fake);
    }
}

/* ---- what leads out of the file ---- */

static hid_t reopen(void) {
    return fake_checked(H5Fopen(scratch_path("w.h5"), H5F_ACC_RDWR, H5P_DEFAULT));
}

/* Writes a good file whose dataset of conv1's bias is lost. */
static hid_t make_without_bias(void) {
    fake_write_h5(&fake, scratch_path("w.h5"), &(fake_keras){0});
    rename(scratch_path("w.h5"), scratch_path("whole.h5"));
    fake_write_h5(&fake, scratch_path("w.h5"), &(fake_keras){0});
    const hid_t file = reopen();
    cr_assert_geq(H5Ldelete(file, "conv1/conv1_1/bias:0", H5P_DEFAULT), 0);
    return file;
}

static void expect_bias_refused(hid_t file, const char *reason) {
    cr_assert_geq(H5Fclose(file), 0);
    expect_refused(scratch_path("w.h5"), scratch_path("w.h5: "), "\"conv1/conv1_1/bias:0\"", reason);
}

/* Makes conv1's bias again by a list of properties. */
static void make_bias(hid_t file, hid_t list) {
    const hsize_t dim = 8;
    const hid_t space = fake_checked(H5Screate_simple(1, &dim, NULL));
    const hid_t set = fake_checked(
        H5Dcreate2(file, "conv1/conv1_1/bias:0", H5T_IEEE_F32LE, space, H5P_DEFAULT, list, H5P_DEFAULT));
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
}

Test(import_keras, links) {
    static const char name[] = "conv1/conv1_1/bias:0", other[] = "res2a_branch2a/res2a_branch2a_1/bias:0";
    make(false);
    hid_t file = make_without_bias();
    cr_assert_geq(H5Lcreate_external(scratch_path("whole.h5"), name, file, name, H5P_DEFAULT, H5P_DEFAULT),
                  0);
    expect_bias_refused(file, "no tensor of this file");
    file = make_without_bias();
    cr_assert_geq(
        H5Lcreate_soft("/res2a_branch2a/res2a_branch2a_1/bias:0", file, name, H5P_DEFAULT, H5P_DEFAULT), 0);
    expect_bias_refused(file, "no tensor of this file");
    file = make_without_bias();
    cr_assert_geq(H5Lcreate_hard(file, other, file, name, H5P_DEFAULT, H5P_DEFAULT), 0);
    cr_assert_geq(H5Fclose(file), 0);
    lvk_import *import; /* a hard link is the thing itself */
    cr_expect_eq(lvk_import_open(scratch_path("w.h5"), &import), LVK_OK, "%s", lvk_error_message());
    lvk_import_close(&import);
    fake_destroy(&fake);
}

Test(import_keras, other_storage) {
    const hsize_t dim = 8, chunk = 4;
    make(false);
    hid_t file = make_without_bias(), list = fake_checked(H5Pcreate(H5P_DATASET_CREATE));
    fake_write_bytes(scratch_path("raw"), "0123456789abcdef0123456789abcdef", 32);
    cr_assert_geq(H5Pset_external(list, scratch_path("raw"), 0, 32), 0);
    make_bias(file, list);
    expect_bias_refused(file, "in other files");
    file = make_without_bias(), list = fake_checked(H5Pcreate(H5P_DATASET_CREATE));
    const hid_t space = fake_checked(H5Screate_simple(1, &dim, NULL));
    cr_assert_geq(H5Pset_virtual(list, space, scratch_path("whole.h5"), "/conv1/conv1_1/bias:0", space), 0);
    H5Sclose(space);
    make_bias(file, list);
    expect_bias_refused(file, "in other files");
    file = make_without_bias(), list = fake_checked(H5Pcreate(H5P_DATASET_CREATE));
    cr_assert_geq(H5Pset_chunk(list, 1, &chunk), 0);
    cr_assert_geq(H5Pset_deflate(list, 1), 0);
    make_bias(file, list);
    expect_bias_refused(file, "in chunks");
    file = make_without_bias(), list = fake_checked(H5Pcreate(H5P_DATASET_CREATE));
    make_bias(file, list); /* and never written */
    expect_bias_refused(file, "not all of its data");
    fake_destroy(&fake);
}

/* ---- the files around the tensors ---- */

Test(import_keras, other_h5) {
    const char *path = scratch_path("w.h5");
    H5Fclose(fake_checked(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)));
    expect_refused(path, path, "", "no layer_names");
    static const char names[3][64] = {"a", "b\nc", "nowhere"};
    for (size_t first = 0; first < 3; ++first) {
        const hid_t file = fake_checked(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
        const hid_t group = fake_group(file, "a");
        fake_write_names(file, "layer_names", names[first], 1, first == 0);
        H5Gclose(group);
        H5Fclose(file);
        static const char *const reasons[] = {"attribute \"weight_names\" of \"a\" is missing", "unprintable",
                                              "\"nowhere\" is no group"};
        expect_refused(path, path, "", reasons[first]);
    }
    const hid_t file = fake_checked(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const hid_t group = fake_group(file, "a");
    static const char many[5][64] = {"1", "2", "3", "4", "5"};
    fake_write_names(file, "layer_names", names[0], 1, false);
    fake_write_names(group, "weight_names", many[0], 5, false);
    H5Gclose(group);
    H5Fclose(file);
    expect_refused(path, path, "layer \"a\" has 5 weights", "model within the model");
}

Test(import_keras, other_archives) {
    static const struct {
        const char *config, *reason;
    } configs[] = {
        {"{", "config.json:1: "},
        {"{}", "no layers"},
        {"{\"config\": {\"layers\": []}}", "no layers"},
        {"{\"config\": {\"layers\": [{}]}}", "no name or class"},
        {"{\"config\": {\"layers\": [{\"class_name\": \"Dense\", \"config\": {\"name\": \"a\\u0007\"}}]}}",
         "no name or class"},
        {"{\"config\": {\"layers\": [{\"class_name\": \"Functional\", \"config\": {\"name\": \"a\", "
         "\"layers\": []}}]}}",
         "\"a\" is a model within the model"},
        {"{\"config\": {\"layers\": [{\"class_name\": \"Embedding\", \"config\": {\"name\": \"a\"}}]}}",
         "not those of a residual network"},
        {"{\"config\": {\"layers\": [{\"class_name\": \"Conv2D\", \"config\": {\"name\": \"conv1\"}}, "
         "{\"class_name\": \"Conv2d\", \"config\": {\"name\": \"a\"}}]}}", /* another class, of weights in
                                                                              conv2d */
         "layer \"a\" (Conv2d): 2 in place of 0 weights"},
    };
    const char *path = scratch_path("w.keras");
    make(false);
    for (size_t i = 0; i < sizeof configs / sizeof *configs; ++i) {
        fake_write_keras(&fake, path, &(fake_keras){.config = configs[i].config});
        expect_refused(path, path, "", configs[i].reason);
    }
    fake_write_zip(path, NULL, "", 0, false);
    expect_refused(path, path, "", "without a config.json");
    fake_write_zip(path,
                   "{\"config\": {\"layers\": [{\"class_name\": \"A\", \"config\": {\"name\": \"a\"}}]}}",
                   "something else", 14, true);
    expect_refused(path, scratch_path("w.keras: model.weights.h5: "), "", "not a whole HDF5 file");
    fake_destroy(&fake);
}

/* A config.json of spaces, far smaller when packed, is refused before it is unpacked. */
Test(import_keras, bounds) {
    const size_t size = LVK_KERAS_MAX_CONFIG + 1;
    char *config = lvk_alloc(size + 1, 1);
    memset(config, ' ', size);
    fake_write_zip(scratch_path("w.keras"), config, "", 0, true);
    lvk_free(config);
    expect_refused(scratch_path("w.keras"), scratch_path("w.keras: "), "config.json",
                   "2097153 bytes, more than the 2097152");
}
