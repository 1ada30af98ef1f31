/* Joined models: one file of the mean of a cross-validation's models gives the same bits as these models named one by
 * one, and every verb takes it as any other model. */
#include "support/program.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static program_result result; /* large */

#define NET " --model cnn-gap --image-size 32 --crop none --epochs 1 --batch 16 --seed 3"

/* The bits of the models one by one and of their joined file, on a device. */
static void expect_same_bits(const char *folder, const char *device, const char *more) {
    RUN("predict --device %s --model %s/cv/fold-1 --model %s/cv/fold-2 --model %s/cv/fold-3 --data %s/cells %s --out "
        "%s/three.csv",
        device, folder, folder, folder, folder, more, folder);
    RUN("predict --device %s --model %s/mean.safetensors --data %s/cells %s --out %s/joined.csv", device,
        folder, folder, more, folder);
    program_expect_same(folder, "three.csv", "joined.csv");
    RUN("predict --device %s --model %s/cv/fold-1 --data %s/cells %s --out %s/one.csv", device, folder,
        folder, more, folder);
    char *one = program_read_in(folder, "one.csv"), *joined = program_read_in(folder, "joined.csv");
    cr_expect_str_neq(one, joined, "the mean is that of one model");
    free(one);
    free(joined);
}

/* Whether this build has the processor as a device. */
static bool has_cpu(void) {
    program_run(&result, "bench w2 --batch 1 --steps 1 --device cpu");
    return result.exit_status == 0;
}

static void expect_devices(const char *folder) {
    expect_same_bits(folder, "0", "");
    expect_same_bits(folder, "0", "--tta 3 --batch 5");
    if (has_cpu())
        expect_same_bits(folder, "cpu", "");
    expect_same_bits(folder, "reference", "--batch 7");
}

/* cv --export of folds that are done, and export of their models, write the same bytes; what cannot be joined is said
 * in one line. */
static void expect_ways(const char *folder) {
    RUN("export %s/cv/fold-1 %s/cv/fold-2/model.safetensors %s/cv/fold-3 --format leukvk --out %s/again.safetensors",
        folder, folder, folder, folder);
    EXPECT_SAYS(result.out, "member 3");
    program_expect_same(folder, "mean.safetensors", "again.safetensors");
    RUN("cv --data %s/cells --folds 3 --out %s/cv --export %s/late.safetensors" NET, folder, folder, folder);
    EXPECT_SAYS(result.out, "fold 3 (done before)");
    EXPECT_SAYS(result.out, "late.safetensors");
    program_expect_same(folder, "mean.safetensors", "late.safetensors");
    program_run(&result, "export %s/cv/fold-1 --format leukvk --out %s/x", folder, folder);
    cr_expect_eq(result.exit_status, 2);
    EXPECT_SAYS(result.err, "name two or more");
    program_run(&result, "export %s/cv/fold-1 %s/cv/fold-2 --format onnx --out %s/x", folder, folder, folder);
    cr_expect_eq(result.exit_status, 2);
    EXPECT_SAYS(result.err, "one model at a time");
    program_run(&result, "export %s/mean.safetensors %s/cv/fold-1 --format leukvk --out %s/x", folder, folder,
                folder);
    cr_expect_eq(result.exit_status, 1);
    EXPECT_SAYS(result.err, "is itself joined");
    program_run(&result, "export %s/mean.safetensors --format keras --out %s/x", folder, folder);
    cr_expect_eq(result.exit_status, 1);
    EXPECT_SAYS(result.err, "holds 3 joined models, and format keras is of one");
    program_run(&result, "cv --data %s/cells --folds 3 --out %s/cv --export %s/none/x" NET, folder, folder,
                folder);
    cr_expect_eq(result.exit_status, 2);
    EXPECT_SAYS(result.err, "cannot write in this folder");
}

/* The numbers of column `number` (from 1, of several with commas between) of a CSV file. */
static size_t column_of(const char *folder, const char *name, int first, int columns, double *values) {
    char *text = program_read_in(folder, name), *rest = NULL;
    size_t count = 0;
    (void)strtok_r(text, "\n", &rest);
    for (char *line = strtok_r(NULL, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *field = line;
        for (int f = 0; f < first; ++f)
            field = strchr(field, ',') + 1;
        for (int c = 0; c < columns; ++c) {
            values[count++] = strtod(field, &field);
            ++field;
        }
    }
    free(text);
    return count;
}

/* The temperature acts on the logits of the mean. */
static void expect_calibration(const char *folder, int first, int columns) {
    static double before[1024], after[1024];
    RUN("eval --model %s/mean.safetensors --data %s/cells --out %s/labelled.csv", folder, folder, folder);
    RUN("predict --model %s/mean.safetensors --data %s/cells --out %s/before.csv", folder, folder, folder);
    RUN("calibrate %s/mean.safetensors --temperature --from %s/labelled.csv --json", folder, folder);
    json_t *json = json_loads(result.out, 0, NULL);
    const double temperature = json_number_value(json_object_get(json, "temperature"));
    json_decref(json);
    cr_assert(temperature > 0 && temperature != 1, "%s", result.out);
    RUN("predict --model %s/mean.safetensors --data %s/cells --out %s/after.csv", folder, folder, folder);
    const size_t count = column_of(folder, "before.csv", first, columns, before);
    cr_assert(count && count == column_of(folder, "after.csv", first, columns, after));
    for (size_t i = 0; i < count; i += (size_t)columns) {
        double sum = 0, expected[8];
        for (int k = 0; k < columns; ++k)
            sum += expected[k] =
                pow(fmax(before[i + (size_t)k], 5e-10), 1 / temperature); /* none is taken for less */
        if (columns == 1)
            sum += pow(1 - before[i], 1 / temperature);
        for (int k = 0; k < columns; ++k)
            cr_expect(fabs(after[i + (size_t)k] - expected[k] / sum) < 2e-8, "%.9g became %.9g by %g",
                      before[i + (size_t)k], after[i + (size_t)k], temperature);
    }
    RUN("calibrate %s/mean.safetensors --remove", folder);
    program_expect_same(folder, "mean.safetensors", "again.safetensors");
}

/* Equal loss shows that eval computes with the mean. */
static void expect_eval(const char *folder) {
    RUN("eval --model %s/mean.safetensors --data %s/cells --json", folder, folder);
    char *joined = strdup(result.out);
    RUN("eval --model %s/cv/fold-1/model.safetensors --model %s/cv/fold-2 --model %s/cv/fold-3 --part all --json",
        folder, folder, folder);
    cr_expect_str_eq(joined, result.out);
    free(joined);
    RUN("summary %s/mean.safetensors", folder);
    EXPECT_SAYS(result.out, "the mean of the probabilities of 3 models");
    EXPECT_SAYS(result.out, "member.3/");
    RUN("summary %s/mean.safetensors --json", folder);
    EXPECT_SAYS(result.out, "\"members\": 3");
}

Test(join, two_classes) {
    const char *folder = program_folder();
    RUN("synth %s/cells --images 60 --subjects 12 --size 64 --format png --seed 5", folder);
    RUN("cv --data %s/cells --folds 3 --out %s/cv --export %s/mean.safetensors" NET, folder, folder, folder);
    EXPECT_SAYS(result.out, "the mean of the folds' models: ");
    expect_devices(folder);
    expect_ways(folder);
    expect_eval(folder);
    expect_calibration(folder, 1, 1);
    program_remove(folder);
}

Test(join, four_classes) {
    const char *folder = program_folder();
    RUN("synth %s/cells --classes 4 --images 96 --subjects 24 --size 64 --format png --seed 3", folder);
    RUN("cv --data %s/cells --folds 3 --out %s/cv --export %s/mean.safetensors" NET, folder, folder, folder);
    expect_same_bits(folder, "0", "");
    RUN("export %s/cv/fold-1 %s/cv/fold-2 %s/cv/fold-3 --format leukvk --out %s/again.safetensors", folder,
        folder, folder, folder);
    expect_calibration(folder, 2, 4);
    program_remove(folder);
}
