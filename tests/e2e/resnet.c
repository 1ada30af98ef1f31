/* A narrow residual network as a user trains it: a head on features that are computed once, a part of the
 * backbone thawed, and what must not change when it is frozen. */
#include "support/fake_keras.h"
#include "support/fake_weights.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static program_result result; /* large */
static fake_weights fake;

#define TRAIN                                                                                                \
    "train --data %s/data --model resnet50-narrow --weights %s/w.safetensors --batch 8 --seed 5 --out %s/"

/* Weights with which activations keep a moderate size: kernels uniform about 0, norms near the identity. */
static void make_usable(void) {
    uint32_t state = 1;
    for (size_t i = 0; i < fake.count; ++i) {
        fake_entry *entry = &fake.entries[i];
        const bool one = strstr(entry->name, "/gamma") || strstr(entry->name, "/moving_variance");
        const bool kernel = strstr(entry->name, "/kernel") != NULL;
        const lvk_type *t = &entry->type;
        const double size = strcmp(entry->name, "bn_conv1/gamma") == 0 ? 0.01 : 1; /* pixels are up to 255 */
        const double fan = kernel ? (double)lvk_type_count(t) / t->dim[t->rank - 1] : 1;
        for (uint64_t e = 0; e < lvk_type_count(t); ++e) {
            state = state * 1664525U + 1013904223U;
            const double unit = (double)(state >> 8) / (1 << 23) - 1;
            entry->data[e] = (float)(one      ? size * (1 + 0.1 * unit)
                                     : kernel ? unit * sqrt(6 / fan)
                                              : 0.05 * unit);
        }
    }
}

/* A folder with drawn cells in `data`, weights in `w.safetensors`, and its own cache. */
static const char *make_folder(void) {
    static char path[512];
    const char *folder = program_folder();
    snprintf(path, sizeof path, "%s/cache", folder);
    setenv("XDG_CACHE_HOME", path, 1);
    program_run(&result, "synth %s/data --images 24 --subjects 10 --size 128 --format png --seed 3", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    fake_create(&fake, "resnet50-narrow", LVK_RESNET_KERAS, false, false);
    make_usable();
    snprintf(path, sizeof path, "%s/tfjs.safetensors", folder);
    fake_write_safetensors(&fake, path, NULL);
    program_run(&result, "import %s --out %s/w.safetensors", path, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    return folder;
}

static void remove_folder(const char *folder) {
    fake_destroy(&fake);
    program_remove(folder);
}

static void run_well(const char *format, const char *folder, const char *rest) {
    program_run(&result, format, folder, folder, folder, rest);
    cr_assert_eq(result.exit_status, 0, "%s%s", result.out, result.err);
}

static void expect_same(const char *folder, const char *a, const char *b) {
    static const char *const files[] = {"model.safetensors", "metrics.csv", "results.json",
                                        "checkpoint-last.safetensors", "predictions-test.csv"};
    for (size_t i = 0; i < sizeof files / sizeof *files; ++i) {
        char names[2][128];
        snprintf(names[0], sizeof names[0], "%s/%s", a, files[i]);
        snprintf(names[1], sizeof names[1], "%s/%s", b, files[i]);
        program_expect_same(folder, names[0], names[1]);
    }
}

/* Which tensors of a run's model are no longer those that it began with; heads are not counted. */
typedef struct changes {
    size_t same, kernels, norms, averages;
    bool early; /* one of a stage before conv5_x */
} changes;

static changes compare_with_weights(const char *folder, const char *run) {
    char path[512];
    lvk_safetensors *model;
    changes found = {0};
    snprintf(path, sizeof path, "%s/%s/model.safetensors", folder, run);
    cr_assert_eq(lvk_safetensors_read(path, &model), LVK_OK, "%s", lvk_error_message());
    for (size_t i = 0; i < fake.count; ++i) {
        const fake_entry *entry = &fake.entries[i];
        const lvk_safetensor *tensor = lvk_safetensors_find(model, entry->name);
        cr_assert(tensor && tensor->size == entry->size, "the model has no whole %s", entry->name);
        if (memcmp(tensor->data, entry->data, entry->size) == 0) {
            ++found.same;
            continue;
        }
        found.early = found.early || (entry->name[3] != '5' && entry->name[2] != '5');
        if (strstr(entry->name, "/moving_"))
            ++found.averages;
        else if (strstr(entry->name, "/gamma") || strstr(entry->name, "/beta"))
            ++found.norms;
        else
            ++found.kernels;
    }
    lvk_safetensors_destroy(&model);
    return found;
}

/* The cache file of features below `folder`/`cache`; NULL when there is none. */
static const char *features_file(const char *folder, const char *cache) {
    static char path[2][512];
    static int turn;
    glob_t found;
    char *next = path[turn ^= 1];
    snprintf(next, sizeof path[0], "%s/%s/leukvk/features-*.safetensors", folder, cache);
    const bool there = glob(next, 0, NULL, &found) == 0;
    if (there)
        snprintf(next, sizeof path[0], "%s", found.gl_pathv[0]);
    globfree(&found);
    return there ? next : NULL;
}

/* Killed while features are computed, a run leaves those that were saved; the next goes on behind them, to
 * the same file. */
Test(resnet, features_outlive_a_kill) {
    const char *folder = make_folder();
    size_t kept = 0, wanted = 0, missing = 0;
    program_run_killed(&result, SIGKILL, (program_moment){"Features  ", 0},
                       TRAIN "k --epochs 1 --views 8 --device reference --checkpoint-seconds 0", folder,
                       folder, folder);
    cr_assert_eq(result.exit_status, 128 + SIGKILL, "it came to its end: %s%s", result.out, result.err);
    run_well(TRAIN "a --epochs 1 --views 8 --device reference %s", folder, "");
    const char *line = strstr(result.err, "features of ");
    cr_assert(line && sscanf(line, "features of %zu pictures: %zu from", &wanted, &kept) == 2, "%s",
              result.err);
    line = strstr(line, ".safetensors, ");
    cr_assert(line && sscanf(line, ".safetensors, %zu to compute", &missing) == 1, "%s", result.err);
    cr_expect(kept > 0 && missing > 0 && kept + missing == wanted, "%zu of %zu were kept", kept, wanted);

    char other[512];
    snprintf(other, sizeof other, "%s/other", folder);
    setenv("XDG_CACHE_HOME", other, 1);
    run_well(TRAIN "b --epochs 1 --views 8 --device reference %s", folder, "");
    cr_assert(features_file(folder, "cache") && features_file(folder, "other"));
    cr_expect(program_same_file(features_file(folder, "cache"), features_file(folder, "other")));
    expect_same(folder, "a", "b");
    remove_folder(folder);
}

Test(resnet, features_are_computed_once) {
    const char *folder = make_folder();
    run_well(TRAIN "a --epochs 3 --views 2 --features conv5_x %s", folder, "");
    cr_expect_not_null(strstr(result.err, " to compute"), "%s", result.err);
    cr_expect_not_null(strstr(result.out, "Features  "), "%s", result.out);
    run_well(TRAIN "b --epochs 3 --views 2 --features conv5_x %s", folder, "");
    cr_expect_not_null(strstr(result.err, ", 0 to compute"), "%s", result.err);
    expect_same(folder, "a", "b");
    run_well(TRAIN "c --epochs 1 %s", folder, "--no-refit --crop center:100 --features conv5_x");
    cr_expect_null(strstr(result.err, ", 0 to compute"), "another crop, the same features: %s", result.err);
    run_well(TRAIN "e --epochs 1 --views 2 %s", folder, "--no-refit --features conv3_x");
    cr_expect_null(strstr(result.err, ", 0 to compute"), "another stage, the same features: %s", result.err);

    /* all but the head is what was given, to the bit */
    const changes found = compare_with_weights(folder, "a");
    cr_expect_eq(found.same, fake.count);

    /* other weights, other features */
    fake.entries[7].data[0] *= 1.5F;
    char path[512];
    snprintf(path, sizeof path, "%s/changed.safetensors", folder);
    fake_write_safetensors(&fake, path, NULL);
    program_run(&result, "import %s --out %s/w.safetensors", path, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    run_well(TRAIN "d --epochs 1 --views 2 --features conv5_x %s", folder, "");
    cr_expect_null(strstr(result.err, ", 0 to compute"), "other weights, the same features: %s", result.err);
    remove_folder(folder);
}

/* Mean and variance of a feature over rows 0 to `images` - 1, or, of images of which two show the same picture, over
 * one row less, with row `twice` counted twice. */
static void measure(const float *values, uint32_t length, uint32_t feature, size_t images, size_t twice,
                    double moments[2]) {
    moments[0] = moments[1] = 0;
    for (int m = 0; m < 2; ++m) {
        for (size_t i = 0; i < images; ++i) {
            const size_t row = i + 1 == images && twice < images ? twice : i;
            const double value = (double)values[row * length + feature];
            moments[m] += (m ? pow(value - moments[0], 2) : value) / (double)images;
        }
    }
}

/* Whether mean, variance and gamma of the model are these of the features. */
static bool is_measured(const float *const vectors[3], const float *values, uint32_t length, size_t images,
                        size_t twice) {
    size_t varied = 0;
    for (uint32_t f = 0; f < length; ++f) {
        double moments[2];
        measure(values, length, f, images, twice, moments);
        if (fabs((double)vectors[0][f] - moments[0]) > 1e-6 * (1 + fabs(moments[0])) ||
            fabs((double)vectors[1][f] - (moments[1] < 1e-10 ? 1 : moments[1])) > 1e-5 * moments[1] ||
            fabs((double)vectors[2][f] - 1 / sqrt(length)) > 1e-7)
            return false;
        varied += moments[1] > 1e-4;
    }
    return varied > length / 4;
}

/* Means and variances over the training images, computed again from the file of features, in which these images
 * come first, are those by which the model standardizes. */
static void expect_measured(const char *folder, const char *run, uint32_t length, size_t images) {
    static const char *const names[] = {"standardize/moving_mean", "standardize/moving_variance",
                                        "standardize/gamma"};
    char path[512];
    lvk_safetensors *model, *features;
    const float *vectors[3];
    snprintf(path, sizeof path, "%s/%s/model.safetensors", folder, run);
    cr_assert_eq(lvk_safetensors_read(path, &model), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_safetensors_read(features_file(folder, "cache"), &features), LVK_OK, "%s",
                 lvk_error_message());
    for (int i = 0; i < 3; ++i) {
        const lvk_safetensor *vector = lvk_safetensors_find(model, names[i]);
        cr_assert(vector && vector->size == length * sizeof(float), "%s", names[i]);
        vectors[i] = vector->data;
    }
    const lvk_safetensor *rows = lvk_safetensors_find(features, "features");
    cr_assert(rows && rows->dim[1] == length && rows->dim[0] >= images);
    bool measured = false;
    for (size_t twice = 0; twice <= images && !measured; ++twice)
        measured = is_measured(vectors, rows->data, length, images, twice);
    cr_expect(measured, "the head standardizes by other numbers");
    lvk_safetensors_destroy(&model);
    lvk_safetensors_destroy(&features);
}

/* Where nothing is said, a frozen backbone ends with conv4_x, and the head standardizes its features. The model
 * holds no more, tells so, and goes out to other programs. */
Test(resnet, a_frozen_backbone_ends_with_conv4_x) {
    const char *folder = make_folder();
    char path[512];
    run_well(TRAIN "a --epochs 1 %s", folder, "");
    snprintf(path, sizeof path, "%s/a/split.json", folder);
    json_t *split = json_load_file(path, 0, NULL);
    const size_t images = json_array_size(json_object_get(json_object_get(split, "parts"), "train"));
    cr_assert_gt(images, 4);
    json_decref(split);
    expect_measured(folder, "a", 128, images);

    lvk_safetensors *model;
    snprintf(path, sizeof path, "%s/a/model.safetensors", folder);
    cr_assert_eq(lvk_safetensors_read(path, &model), LVK_OK, "%s", lvk_error_message());
    cr_expect_not_null(lvk_safetensors_find(model, "bn4f_branch2c/gamma"));
    cr_expect_null(lvk_safetensors_find(model, "res5a_branch2a/kernel"));
    cr_expect_str_eq(lvk_string_map_get(lvk_safetensors_metadata(model), "features"), "conv4_x");
    cr_expect_str_eq(lvk_string_map_get(lvk_safetensors_metadata(model), "head"), "standardize");
    lvk_safetensors_destroy(&model);

    program_run(&result, "summary %s/a", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "res4f_branch2c"), "%s", result.out);
    cr_expect_not_null(strstr(result.out, "standardize"), "%s", result.out);
    cr_expect_null(strstr(result.out, "res5a"), "%s", result.out);
    static const char *const formats[] = {"keras", "torchvision", "onnx"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; ++i) {
        program_run(&result, "export %s/a --format %s --out %s/%s", folder, formats[i], folder, formats[i]);
        cr_expect_eq(result.exit_status, 0, "%s: %s", formats[i], result.err);
    }
    remove_folder(folder);
}

/* Killed before its features are standardized, a run goes on to the same bytes. */
Test(resnet, a_standardized_head_goes_on_to_the_same_bytes) {
    const char *folder = make_folder();
    char other[512];
    run_well(TRAIN "a --epochs 2 --device reference %s", folder, "");
    snprintf(other, sizeof other, "%s/other", folder);
    setenv("XDG_CACHE_HOME", other, 1);
    program_run_killed(&result, SIGKILL, (program_moment){"Features  ", 0},
                       TRAIN "b --epochs 2 --device reference", folder, folder, folder);
    cr_assert_eq(result.exit_status, 128 + SIGKILL, "it came to its end: %s%s", result.out, result.err);
    program_run(&result, "train --resume %s/b --device reference", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    expect_same(folder, "a", "b");
    remove_folder(folder);
}

/* Folded norms and cached features on one side, the whole network in one program on the other. */
Test(resnet, the_model_predicts_what_training_saw) {
    const char *folder = make_folder();
    char path[512];
    run_well(TRAIN "a --epochs 2 %s", folder, "");
    snprintf(path, sizeof path, "%s/a/predictions-test.csv", folder);
    char *seen = program_read(path);
    cr_assert_not_null(seen);
    static const char *const devices[] = {"", "--device reference"};
    for (size_t d = 0; d < sizeof devices / sizeof *devices; ++d) {
        program_run(&result, "predict --model %s/a --part test --format csv %s", folder, devices[d]);
        cr_assert_eq(result.exit_status, 0, "%s", result.err);
        const char *a = strchr(seen, '\n'), *b = strchr(result.out, '\n');
        size_t rows = 0;
        for (; a && b && a[1] && b[1]; a = strchr(a + 1, '\n'), b = strchr(b + 1, '\n'), ++rows) {
            double p[2];
            cr_assert_eq(sscanf(a + 1, "%*[^,],%*[^,],%lf", &p[0]), 1, "%s",
                         a + 1);                                              /* NOLINT(cert-err34-c) */
            cr_assert_eq(sscanf(b + 1, "%*[^,],%lf", &p[1]), 1, "%s", b + 1); /* NOLINT(cert-err34-c) */
            cr_expect_float_eq(p[0], p[1], 1e-5, "row %zu", rows);
        }
        cr_expect_geq(rows, 4);
    }
    free(seen);
    program_run(&result, "eval --model %s/a --part test --tta 8", folder);
    cr_expect_eq(result.exit_status, 0, "%s", result.err);
    remove_folder(folder);
}

Test(resnet, only_what_is_thawed_changes) {
    const char *folder = make_folder();
    run_well(TRAIN "frozen --epochs 1 --unfreeze conv5_x %s", folder, "--optimizer adamw");
    changes found = compare_with_weights(folder, "frozen");
    cr_expect_gt(found.kernels, 0);
    cr_expect(!found.early, "something before conv5_x has changed");
    cr_expect_eq(found.norms + found.averages, 0, "norms have changed");

    run_well(TRAIN "norms --epochs 1 --unfreeze conv5_x --bn train %s", folder, "");
    found = compare_with_weights(folder, "norms");
    cr_expect(!found.early, "something before conv5_x has changed");
    cr_expect(found.kernels > 0 && found.norms > 0, "kernels or norms have not changed");
    cr_expect_eq(found.averages, 2 * 10, "conv5_x has ten norms with two averages each");

    run_well(TRAIN "whole --epochs 1 --freeze none --bn train %s", folder, "");
    run_well(TRAIN "again --epochs 1 --unfreeze all --bn train %s", folder, "");
    expect_same(folder, "whole", "again");
    remove_folder(folder);
}

/* A stage that is trained at no rate keeps its bits, and so does what is frozen in a moving average. */
Test(resnet, a_stage_has_a_rate_of_its_own) {
    const char *folder = make_folder();
    run_well(TRAIN "slow --epochs 1 --unfreeze conv4_x --rate-scale conv4_x=0,res5=0.5 %s", folder,
             "--ema 0.9 --optimizer adamw");
    const changes found = compare_with_weights(folder, "slow");
    cr_expect(!found.early, "something before conv5_x has changed");
    cr_expect_gt(found.kernels, 0);
    remove_folder(folder);
}

Test(resnet, mistakes_are_named) {
    static const struct {
        const char *options, *message;
        int exit_status;
    } mistakes[] = {{"--unfreeze conv6_x", "conv6_x", 2},
                    {"--unfreeze conv5_x --rate-scale conv4_x=0.1", "--rate-scale conv4_x:", 2},
                    {"--features conv4_x --unfreeze conv5_x", "--unfreeze conv5_x: the backbone ends", 2},
                    {"--features conv1", "--features conv1", 2},
                    {"--head standardize --unfreeze conv5_x", "standardize needs a frozen backbone", 2},
                    {"--bn sometimes", "--bn sometimes", 2},
                    {"--head dense", "--head", 2},
                    {"--weights none", "--unfreeze all", 2},
                    {"--normalize train", "--normalize", 2},
                    {"--unfreeze all --views 4", "--views 4", 2},
                    {"--zoom 0.1", "--zoom:", 2},
                    {"--augment", "--augment: has no effect on the features", 2},
                    {"--model resnet50", "resnet50-narrow", 1},
                    {"--weights /nonexistent/w", "/nonexistent/w", 1}};
    const char *folder = make_folder();
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; ++i) {
        program_run(&result, TRAIN "x %s", folder, folder, folder, mistakes[i].options);
        cr_expect_eq(result.exit_status, mistakes[i].exit_status, "%s: %d", mistakes[i].options,
                     result.exit_status);
        cr_expect_not_null(strstr(result.err, mistakes[i].message), "%s: %s", mistakes[i].options,
                           result.err);
    }
    remove_folder(folder);
}

/* The same numbers as a network of Keras since 2019, whose norms have another epsilon: another result, and a
 * model that goes out under the names that it came with. */
Test(resnet, networks_of_keras_since_2019) {
    const char *folder = make_folder();
    char path[512];
    run_well(TRAIN "a --epochs 1 --unfreeze conv5_x %s", folder, "");
    fake_destroy(&fake);
    fake_create(&fake, "resnet50-narrow", LVK_RESNET_KERAS_2019, false, false);
    make_usable();
    fake_name_as_keras(&fake);
    snprintf(path, sizeof path, "%s/later.h5", folder);
    fake_write_h5(&fake, path, &(fake_keras){0});
    program_run(&result, "import %s --out %s/w.safetensors", path, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "keras-2019"), "%s", result.out);

    run_well(TRAIN "b --epochs 1 --unfreeze conv5_x %s", folder, "");
    char first[512], second[512];
    snprintf(first, sizeof first, "%s/a/metrics.csv", folder);
    snprintf(second, sizeof second, "%s/b/metrics.csv", folder);
    cr_expect_not(program_same_file(first, second), "the epsilon has no effect");

    program_run(&result, "export %s/b --format keras --out %s/out.safetensors", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "keras-2019"), "%s", result.out);
    program_run(&result, "import %s/out.safetensors --out %s/back.safetensors", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "keras-2019"), "%s", result.out);
    remove_folder(folder);
}

/* A head of four classes on features, which a second run finds in the cache; its network goes out, and the backbone
 * comes in again to the same results. */
Test(resnet, a_head_of_four_classes) {
    const char *folder = make_folder();
    program_run(&result, "synth %s/data4 --classes 4 --images 48 --subjects 16 --size 64 --format png",
                folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    const char *train =
        "train --data %s/data4 --model resnet50-narrow --weights %s/%s.safetensors --crop none --batch 8 "
        "--features conv5_x --epochs 2 --out %s/%s";
    program_run(&result, train, folder, folder, "w", folder, "a");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "classes: Benign, Early, Pre, Pro"), "%s", result.out);
    program_run(&result, "export %s/a --format torchvision --out %s/out.safetensors", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_not_null(strstr(result.out, "classes        Benign, Early, Pre, Pro"), "%s", result.out);
    program_run(&result, "import %s/out.safetensors --out %s/back.safetensors", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, train, folder, folder, "back", folder, "b");
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    expect_same(folder, "a", "b");
    program_run(&result, "summary %s/a", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    program_run(&result, "predict --model %s/a %s/data4 --format csv", folder, folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_eq(strncmp(result.out, "path,class,p_Benign,p_Early,p_Pre,p_Pro,novelty\n", 48), 0, "%.80s",
                 result.out);
    cr_expect_eq(program_lines(result.out), 49);
    remove_folder(folder);
}

/* Recomputing has no part in a result: stopped with it, a run goes on without, to the same bytes. */
Test(resnet, recomputing_changes_no_byte) {
    const char *folder = make_folder();
    run_well(TRAIN "a --unfreeze all --bn train --schedule constant --device reference %s", folder,
             "--recompute off --epochs 2");
    cr_expect_null(strstr(result.out, "recomputing"), "%s", result.out);
    run_well(TRAIN "b --unfreeze all --bn train --schedule constant --device reference %s", folder,
             "--recompute on --epochs 1");
    cr_expect_not_null(strstr(result.out, "recomputing activations: "), "%s", result.out);
    program_run(&result, "train --resume %s/b --device reference --recompute off --epochs 2", folder);
    cr_assert_eq(result.exit_status, 0, "%s", result.err);
    cr_expect_null(strstr(result.out, "recomputing"), "%s", result.out);
    cr_expect_null(strstr(result.err, "other kernels"), "%s", result.err);
    expect_same(folder, "a", "b");
    remove_folder(folder);
}
