/* Checks of imports of the fake weights. Header only. */
#ifndef TESTS_SUPPORT_IMPORTS_H
#define TESTS_SUPPORT_IMPORTS_H

#include "formats/weights.h"
#include "leukvk/import.h"
#include "support/fake_weights.h"

#include <math.h>

static fake_weights fake;

static inline void expect_values(const lvk_weights *weights) {
    for (size_t i = 0; i < fake.tensor_count; ++i) {
        const lvk_resnet_tensor *tensor = &fake.tensors[i];
        const size_t size = (size_t)lvk_type_count(&tensor->type) * sizeof(float);
        float *values = lvk_alloc(size, 1);
        cr_expect_eq(lvk_weights_copy(weights, tensor->name, &tensor->type, values), LVK_OK, "%s",
                     lvk_error_message());
        cr_expect_arr_eq(values, fake.values[i], size, "%s", tensor->name);
        lvk_free(values);
    }
}

/* Imports `path`, writes `out`, opens it and compares everything with the fake. */
static inline void expect_import(const char *path, const char *out, bool classifier) {
    lvk_import *import;
    lvk_weights *weights;
    cr_assert_eq(lvk_import_open(path, &import), LVK_OK, "%s", lvk_error_message());
    const lvk_import_info *about = lvk_import_about(import);
    const bool keras = fake.table.variant != LVK_RESNET_TORCHVISION;
    cr_expect_str_eq(about->architecture, fake.table.spec->architecture);
    cr_expect_str_eq(about->variant, lvk_resnet_variant_name(fake.table.variant));
    cr_expect_str_eq(about->preprocessing, keras ? "caffe" : "imagenet");
    cr_expect_eq(about->tensors, fake.tensor_count);
    cr_expect_eq(about->classifier, classifier);
    cr_assert_eq(lvk_import_write(import, out), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_weights_open(out, &weights), LVK_OK, "%s", lvk_error_message());
    cr_expect_str_eq(lvk_weights_digest(weights), about->digest);
    cr_expect_str_eq(lvk_weights_path(weights), out);
    cr_expect_eq(lvk_weights_have_classifier(weights), classifier);
    cr_expect_eq(lvk_weights_table(weights)->variant, fake.table.variant);
    cr_expect_eq(lvk_weights_table(weights)->spec, fake.table.spec);
    expect_values(weights);
    lvk_weights_close(&weights);
    lvk_import_close(&import);
}

/* Expects an error line that begins with the file and contains the tensor and the reason. */
static inline void expect_line(const char *file, const char *tensor, const char *reason) {
    const char *line = lvk_error_message();
    cr_expect_eq(strncmp(line, file, strlen(file)), 0, "begins not with %s: %s", file, line);
    cr_expect_not_null(strstr(line, tensor), "does not name %s: %s", tensor, line);
    cr_expect_not_null(strstr(line, reason), "does not say '%s': %s", reason, line);
    cr_expect_null(strchr(line, '\n'), "more than one line: %s", line);
}

static inline void expect_refused(const char *path, const char *file, const char *tensor,
                                  const char *reason) {
    lvk_import *import;
    cr_expect_neq(lvk_import_open(path, &import), LVK_OK, "accepted: %s, %s", tensor, reason);
    cr_expect_null(import);
    expect_line(file, tensor, reason);
}

/* A mistake that a test makes in the fake weights before they are written, and what the error line must
 * contain. */
typedef struct mistake {
    void (*make)(void);
    const char *tensor, *reason;
} mistake;

/* Mistakes that a file of any form can hold. */
static inline void turn_shape(void) { /* the same number of elements in another shape */
    fake_find(&fake, "res3a_branch2b/kernel")->type = lvk_type_4d(LVK_F32, 16, 16, 3, 3);
}
static inline void put_nan(void) {
    fake_find(&fake, "res2a_branch2c/kernel")->data[7] = NAN;
}
static inline void put_infinity(void) {
    fake_find(&fake, "fc1000/bias")->data[999] = -INFINITY;
}
static inline void put_negative(void) {
    fake_find(&fake, "bn2a_branch1/moving_variance")->data[2] = -1e-3F;
}
static inline void change_dtype(void) {
    fake_find(&fake, "bn_conv1/gamma")->dtype = "int32";
}
static inline void empty_dimension(void) {
    fake_find(&fake, "bn_conv1/gamma")->type = lvk_type_1d(LVK_F32, 0);
}

#endif
