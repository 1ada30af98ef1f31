/* The formula behind the reference numbers, before anything is built on it: the published check values, then
 * every stored input and every stored sample index against the formula, bit for bit. */
#include "support/golden.h"

#include "core/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

Test(formula, check_values) {
    static const struct {
        uint32_t stream, element;
        uint64_t word;
        uint32_t bits; /* uniform of scale 0.0625 */
    } values[] = {{0, 0, 0xE220A8397B1DCDAF, 0x3d444150},
                  {1, 0, 0xC42C5A1AA3820138, 0x3d0858b4},
                  {1210000, 0, 0xDE4DFA5E1047A454, 0x3d3c9bf4},
                  {1210000, 1, 0xD12362C880E724BF, 0x3d2246c4},
                  {1210000, 863, 0x7AF17D9526E1188F, 0xbb21d060},
                  {2141000, 12345, 0x2AA39BC6466D6E3A, 0xbd2ab8ca},
                  {1210008, 0, 0x2C647A1957C523D5, 0xbd27370c},
                  {4294967295, 4294967295, 0xE4D971771B652C20, 0x3d49b2e2}};
    for (size_t i = 0; i < sizeof values / sizeof *values; ++i) {
        cr_expect_eq(golden_splitmix64(((uint64_t)values[i].stream << 32) + values[i].element),
                     values[i].word, "word of stream %u, element %u", values[i].stream, values[i].element);
        cr_expect_eq(bits_of(golden_uniform(values[i].element, values[i].stream, 0.0625F)), values[i].bits,
                     "uniform of stream %u, element %u", values[i].stream, values[i].element);
    }
}

/* The beginnings of three tensors of the published set, of the kinds uniform (the CNN's first kernel, Glorot
 * limit sqrt(6 / (27 + 288))), one_plus (the narrow ResNet's first gamma) and image (the first batch). */
Test(formula, check_tensors) {
    static const uint32_t kernel[] = {0x3dd03e8c, 0x3db32b92, 0x3d2c1144};
    static const uint32_t image[] = {0x3f0b747c, 0x3f1d880e, 0x3f409baa};
    const float limit = (float)sqrt(6.0 / (27 + 288));
    cr_expect_eq(bits_of(limit), 0x3e0d534f);
    const lvk_type type = lvk_type_4d(LVK_F32, 4, 224, 224, 3);
    const uint64_t count = lvk_type_count(&type);
    float *batch = lvk_alloc(count, sizeof *batch);
    golden_image(&type, 1210100, 1210101, 32, batch);
    for (uint64_t i = 0; i < 3; ++i) {
        cr_expect_eq(bits_of(golden_uniform(i, 1210000, limit)), kernel[i], "kernel, element %d", (int)i);
        cr_expect_eq(bits_of(batch[i]), image[i], "image, element %d", (int)i);
    }
    cr_expect_eq(bits_of(batch[count - 1]), 0x3e9f0acd, "the image's last element");
    double sum = 0;
    for (uint64_t i = 0; i < count; ++i)
        sum += (double)batch[i];
    cr_expect_float_eq(sum, 304473.6258274, 5e-8, "the image's sum is %.7f",
                       sum); /* as far as it is printed */
    lvk_free(batch);
    cr_expect_eq(bits_of(1 + golden_uniform(0, 2140002, 0.125F)), 0x3f88de30, "the first gamma");
}

static void check_scale(const json_t *description, const char *file) {
    if (!json_object_get(description, "scale_bits"))
        return;
    const uint32_t bits = (uint32_t)strtoul(golden_text(description, "scale_bits"), NULL, 16);
    cr_expect_eq(bits_of((float)golden_number(description, "scale")), bits, "%s: scale of %s", file,
                 golden_text(description, "name"));
    cr_expect_float_eq(golden_number(description, "scale"), (double)float_of(bits), 0);
}

/* Returns whether the input comes from the formula. */
static bool check_input(const json_t *input, const char *file) {
    const lvk_type type = golden_type(input);
    uint64_t count;
    double *stored = golden_list(golden_member(input, "values"), &count);
    const char *name = golden_text(input, "name"), *kind = golden_text(input, "kind");
    cr_assert_eq(count, lvk_type_count(&type), "%s: %s has not as many values as its shape says", file, name);
    float *values = lvk_alloc(count, sizeof *values);
    check_scale(input, file);
    const bool formula = golden_fill(input, values);
    cr_expect(formula || strstr(kind, "listed"), "%s: %s is of the unknown kind '%s'", file, name, kind);
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < count && formula; ++i)
        wrong += bits_of((float)stored[i]) != bits_of(values[i]);
    cr_expect_eq(wrong, 0, "%s: %llu of %llu elements of %s are not the formula's", file,
                 (unsigned long long)wrong, (unsigned long long)count, name);
    lvk_free(stored);
    lvk_free(values);
    return formula;
}

Test(formula, operator_inputs) {
    json_t *index = golden_load("ops/index.json");
    const json_t *cases = golden_member(index, "cases");
    int formula = 0, inputs = 0;
    for (size_t c = 0; c < json_array_size(cases); ++c) {
        char file[256];
        const char *name = json_string_value(json_array_get(cases, c));
        cr_assert(name, "ops/index.json: a case is no file name");
        snprintf(file, sizeof file, "ops/%s", name);
        json_t *root = golden_load(file);
        const json_t *list = golden_member(root, "inputs");
        for (size_t i = 0; i < json_array_size(list); ++i, ++inputs)
            formula += check_input(json_array_get(list, i), file);
        json_decref(root);
    }
    json_decref(index);
    cr_expect(formula > 0, "no input comes from the formula");
    fprintf(stderr, "formula: %d of %d operator inputs, the others are lists\n", formula, inputs);
}

static int check_samples(const json_t *tensors) {
    const char *name;
    json_t *tensor;
    int checked = 0;
    json_object_foreach((json_t *)tensors, name, tensor) {
        const lvk_type type = golden_type(tensor);
        const json_t *index = golden_member(tensor, "index");
        const uint64_t samples = json_array_size(index), count = lvk_type_count(&type);
        const uint32_t stream = (uint32_t)golden_number(tensor, "sample_stream");
        for (uint64_t j = 0; j < samples; ++j, ++checked)
            cr_expect_eq((uint64_t)json_integer_value(json_array_get(index, j)),
                         golden_sample(stream, j, samples, count), "%s: sample %llu", name,
                         (unsigned long long)j);
    }
    return checked;
}

Test(formula, cnn_samples) {
    json_t *root = golden_load("cnn.json");
    const json_t *tensors = golden_member(root, "tensors");
    for (size_t i = 0; i < json_array_size(tensors); ++i)
        check_scale(json_array_get(tensors, i), "cnn.json");
    const int checked =
        check_samples(golden_member(root, "gradients")) + check_samples(golden_member(root, "activations"));
    cr_expect(checked > 0, "no sample is stored");
    json_decref(root);
}
