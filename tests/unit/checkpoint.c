/* Checkpoints: what goes in comes out, everything else is refused by name, and a kill leaves a whole file. */
#include "support/scratch.h"

#include "artifact/checkpoint.h"
#include "core/file.h"
#include "core/memory.h"
#include "formats/safetensors.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

TestSuite(checkpoint, .init = scratch_create, .fini = scratch_remove);

enum { KERNEL = 24, BIAS = 3, TENSORS = 6 };

/* A small model with both moments. */
typedef struct sample {
    float values[2 * TENSORS][KERNEL];
    lvk_named_tensor tensors[TENSORS];
} sample;

static void sample_init(sample *s, float first) {
    static const char *const names[TENSORS] = {"conv2d/kernel",
                                               "conv2d/bias",
                                               "optimizer/m/conv2d/kernel",
                                               "optimizer/m/conv2d/bias",
                                               "optimizer/v/conv2d/kernel",
                                               "optimizer/v/conv2d/bias"};
    for (int t = 0; t < TENSORS; ++t) {
        s->tensors[t] = (lvk_named_tensor){.name = names[t], .data = s->values[t]};
        s->tensors[t].type = t % 2 == 0 ? lvk_type_4d(LVK_F32, 2, 2, 2, 3) : lvk_type_1d(LVK_F32, BIAS);
        for (int i = 0; i < KERNEL; ++i)
            s->values[t][i] = first + (float)(100 * t + i) / 7;
    }
}

static const lvk_model_info sample_info = {
    .architecture = "cnn",
    .negative_class = "hem",
    .positive_class = "all",
    .crop = "center:300",
    .image_size = 224,
    .standard = {.mean = {0.04, 0.02, 0.05}, .deviation = {0.1, 0.25, 1.0 / 3}}};

static lvk_train_state sample_state(void) {
    static char history[] = "epoch,loss\n1,0.5\n2,\"0,25\"\n";
    return (lvk_train_state){.seed = UINT64_MAX,
                             .epoch = 7,
                             .update = 1ULL << 40,
                             .step = 3,
                             .images = 96,
                             .correct = 60,
                             .loss_sum = 41.3,
                             .best_epoch = 5,
                             .best_loss = 0.1,
                             .waited = 2,
                             .optimizer = "adam",
                             .config_digest = "0123456789abcdef",
                             .history = history};
}

static void write_sample(const char *path, const sample *s) {
    const lvk_train_state state = sample_state();
    cr_assert_eq(lvk_checkpoint_write(path, s->tensors, TENSORS, &sample_info, &state), LVK_OK, "%s",
                 lvk_error_message());
}

Test(checkpoint, round_trip) {
    sample out, in;
    sample_init(&out, 1);
    sample_init(&in, 0);
    memset(in.values, 0, sizeof in.values);
    write_sample(scratch_path("c"), &out);
    lvk_checkpoint *c = NULL;
    cr_assert_eq(lvk_checkpoint_read(scratch_path("c"), &c), LVK_OK, "%s", lvk_error_message());
    const lvk_model_info *info = lvk_checkpoint_info(c);
    cr_expect_str_eq(info->architecture, "cnn");
    cr_expect_str_eq(info->negative_class, "hem");
    cr_expect_str_eq(info->positive_class, "all");
    cr_expect_str_eq(info->crop, "center:300");
    cr_expect_eq(info->image_size, 224);
    for (int k = 0; k < 3; ++k) {
        cr_expect_eq(info->standard.mean[k], sample_info.standard.mean[k]);
        cr_expect_eq(info->standard.deviation[k], sample_info.standard.deviation[k]);
    }
    const lvk_train_state *state = lvk_checkpoint_state(c), expected = sample_state();
    cr_assert_not_null(state);
    cr_expect_eq(state->seed, expected.seed);
    cr_expect_eq(state->epoch, expected.epoch);
    cr_expect_eq(state->update, expected.update);
    cr_expect_eq(state->step, expected.step);
    cr_expect_eq(state->images, expected.images);
    cr_expect_eq(state->correct, expected.correct);
    cr_expect_eq(state->loss_sum, expected.loss_sum, "the same bits");
    cr_expect_eq(state->best_epoch, expected.best_epoch);
    cr_expect_eq(state->best_loss, expected.best_loss, "the same bits");
    cr_expect_eq(state->waited, expected.waited);
    cr_expect_str_eq(state->optimizer, "adam");
    cr_expect_str_eq(state->config_digest, "0123456789abcdef");
    cr_expect_str_eq(state->history, expected.history);
    cr_assert_eq(lvk_checkpoint_apply(c, LVK_USE_ALL, in.tensors, TENSORS), LVK_OK, "%s",
                 lvk_error_message());
    for (int t = 0; t < TENSORS; ++t)
        cr_expect_arr_eq(in.values[t], out.values[t], (t % 2 == 0 ? KERNEL : BIAS) * sizeof(float));
    lvk_checkpoint_destroy(&c);
}

Test(checkpoint, model_has_parameters_only) {
    sample out, in;
    sample_init(&out, 1);
    sample_init(&in, 0);
    cr_assert_eq(lvk_checkpoint_write(scratch_path("m"), out.tensors, TENSORS, &sample_info, NULL), LVK_OK);
    lvk_checkpoint *c = NULL;
    cr_assert_eq(lvk_checkpoint_read(scratch_path("m"), &c), LVK_OK, "%s", lvk_error_message());
    cr_expect_null(lvk_checkpoint_state(c));
    cr_expect_eq(lvk_checkpoint_apply(c, LVK_USE_ALL, in.tensors, TENSORS), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), "tensor \"optimizer/m/conv2d/kernel\" is missing"), "%s",
                       lvk_error_message());
    cr_expect_eq(lvk_checkpoint_apply(c, LVK_USE_PARAMETERS, in.tensors, 2), LVK_OK, "%s",
                 lvk_error_message());
    cr_expect_arr_eq(in.values[0], out.values[0], sizeof in.values[0]);
    lvk_checkpoint_destroy(&c);
}

/* In one write, so that no kill leaves a model without its calibration. */
Test(checkpoint, model_has_its_calibration) {
    sample s;
    sample_init(&s, 1);
    lvk_model_info info = sample_info;
    info.calibration = (lvk_model_calibration){
        .has_temperature = true, .has_threshold = true, .temperature = 1.5, .threshold = 0.25};
    lvk_checkpoint *c = NULL;
    cr_assert_eq(lvk_checkpoint_write(scratch_path("m"), s.tensors, 2, &info, NULL), LVK_OK);
    cr_assert_eq(lvk_checkpoint_read(scratch_path("m"), &c), LVK_OK, "%s", lvk_error_message());
    const lvk_model_calibration *read = &lvk_checkpoint_info(c)->calibration;
    cr_expect(read->has_temperature && read->has_threshold && !read->has_positive);
    cr_expect(read->temperature == 1.5 && read->threshold == 0.25);
    lvk_checkpoint_destroy(&c);
}

Test(checkpoint, predicting_from_a_checkpoint) {
    sample out, in;
    sample_init(&out, 1);
    sample_init(&in, 0);
    write_sample(scratch_path("c"), &out);
    lvk_checkpoint *c = NULL;
    cr_assert_eq(lvk_checkpoint_read(scratch_path("c"), &c), LVK_OK);
    cr_expect_eq(lvk_checkpoint_apply(c, LVK_USE_PARAMETERS, in.tensors, 2), LVK_OK, "%s",
                 lvk_error_message());
    cr_expect_eq(lvk_checkpoint_apply(c, LVK_USE_ALL, in.tensors, 2), LVK_ERROR_FORMAT);
    cr_expect_not_null(
        strstr(lvk_error_message(), "\"optimizer/m/conv2d/kernel\" that the model does not know"), "%s",
        lvk_error_message());
    lvk_checkpoint_destroy(&c);
}

/* Nothing is written unless everything fits. */
Test(checkpoint, tensors_that_do_not_fit) {
    sample out, in;
    sample_init(&out, 1);
    write_sample(scratch_path("c"), &out);
    lvk_checkpoint *c = NULL;
    cr_assert_eq(lvk_checkpoint_read(scratch_path("c"), &c), LVK_OK);
    for (int wrong = 0; wrong < 2; ++wrong) {
        sample_init(&in, 0);
        memset(in.values, 0, sizeof in.values);
        if (wrong == 0)
            in.tensors[TENSORS - 1].name = "optimizer/v/conv2d/gamma";
        else
            in.tensors[TENSORS - 1].type = lvk_type_1d(LVK_F32, BIAS + 1);
        cr_expect_eq(lvk_checkpoint_apply(c, LVK_USE_ALL, in.tensors, TENSORS), LVK_ERROR_FORMAT);
        cr_expect_not_null(strstr(lvk_error_message(), "\"optimizer/v/conv2d/bias\""), "%s",
                           lvk_error_message());
        for (int t = 0; t < TENSORS; ++t)
            for (int i = 0; i < KERNEL; ++i)
                cr_expect_eq(in.values[t][i], 0);
    }
    lvk_checkpoint_destroy(&c);
}

Test(checkpoint, equal_trainings_give_equal_bytes) {
    sample s;
    void *bytes[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    sample_init(&s, 1);
    for (int i = 0; i < 2; ++i) {
        write_sample(scratch_path(i ? "a" : "b"), &s);
        cr_assert_eq(lvk_file_read(scratch_path(i ? "a" : "b"), 1 << 20, &bytes[i], &sizes[i]), LVK_OK);
    }
    cr_assert_eq(sizes[0], sizes[1]);
    cr_expect_arr_eq(bytes[0], bytes[1], sizes[0]);
    lvk_free(bytes[0]);
    lvk_free(bytes[1]);
}

Test(checkpoint, a_nan_does_not_replace_a_good_file) {
    sample s;
    sample_init(&s, 1);
    write_sample(scratch_path("c"), &s);
    s.values[2][5] = NAN;
    const lvk_train_state state = sample_state();
    cr_expect_eq(lvk_checkpoint_write(scratch_path("c"), s.tensors, TENSORS, &sample_info, &state),
                 LVK_ERROR_NUMERIC);
    cr_expect_not_null(strstr(lvk_error_message(), "tensor \"optimizer/m/conv2d/kernel\": element 5"), "%s",
                       lvk_error_message());
    lvk_train_state endless = state;
    endless.best_loss = INFINITY;
    cr_expect_eq(lvk_checkpoint_write(scratch_path("c"), s.tensors, 2, &sample_info, &endless),
                 LVK_ERROR_NUMERIC);
    lvk_checkpoint *c = NULL;
    cr_expect_eq(lvk_checkpoint_read(scratch_path("c"), &c), LVK_OK, "%s", lvk_error_message());
    lvk_checkpoint_destroy(&c);
}

/* A number that is not finite is refused when the file is read, also where the reader takes no tensor and no novelty
 * from it: calibrate and export would write it into another file. */
Test(checkpoint, a_number_that_is_not_finite_is_refused) {
    static const uint32_t bad[] = {0x7FC00000, 0xFFC00000, 0x7F800000, 0xFF800000, 0x7F800001};
    static const char *const words[] = {"nan", "-nan", "inf", "1e999"};
    sample s;
    lvk_safetensors *file = NULL;
    lvk_checkpoint *c = NULL;
    sample_init(&s, 1);
    write_sample(scratch_path("c"), &s);
    cr_assert_eq(lvk_safetensors_read(scratch_path("c"), &file), LVK_OK);
    lvk_string_map entries = {0};
    const lvk_string_map *own = lvk_safetensors_metadata(file);
    for (size_t i = 0; i < own->count; ++i)
        cr_assert_eq(lvk_string_map_set(&entries, own->pairs[i].key, own->pairs[i].value), LVK_OK);
    lvk_safetensor tensors[TENSORS];
    for (int t = 0; t < TENSORS; ++t)
        tensors[t] = *lvk_safetensors_at(file, (size_t)t);
    for (int t = 0; t < TENSORS; ++t) {
        float values[KERNEL];
        const size_t last = (size_t)tensors[t].size / sizeof *values - 1;
        const void *before = tensors[t].data;
        char told[128];
        snprintf(told, sizeof told, "d: tensor \"%s\": element %zu is not a finite number", tensors[t].name,
                 last);
        memcpy(values, before, (size_t)tensors[t].size);
        tensors[t].data = values;
        for (size_t b = 0; b < sizeof bad / sizeof *bad; ++b) {
            memcpy(&values[last], &bad[b], sizeof *values);
            cr_assert_eq(lvk_safetensors_write(scratch_path("d"), tensors, TENSORS, &entries), LVK_OK);
            cr_expect_eq(lvk_checkpoint_read(scratch_path("d"), &c), LVK_ERROR_NUMERIC);
            cr_expect_not_null(strstr(lvk_error_message(), told), "%s", lvk_error_message());
            cr_expect_null(c);
            lvk_checkpoint_destroy(&c);
        }
        tensors[t].data = before;
    }
    for (size_t w = 0; w < sizeof words / sizeof *words; ++w) {
        cr_assert_eq(lvk_string_map_set(&entries, "novelty_area", words[w]), LVK_OK);
        cr_assert_eq(lvk_safetensors_write(scratch_path("d"), tensors, TENSORS, &entries), LVK_OK);
        cr_expect_eq(lvk_checkpoint_read(scratch_path("d"), &c), LVK_ERROR_FORMAT);
        cr_expect_not_null(
            strstr(lvk_error_message(), "d: the entry \"novelty_area\" is not a finite number"), "%s",
            lvk_error_message());
        lvk_checkpoint_destroy(&c);
    }
    lvk_string_map_finish(&entries);
    lvk_safetensors_destroy(&file);
}

/* Each entry of the metadata missing, then wrong, in turn: refused, and the line names file and entry. */
Test(checkpoint, damaged_metadata) {
    sample s;
    sample_init(&s, 1);
    write_sample(scratch_path("c"), &s);
    lvk_safetensors *file = NULL;
    cr_assert_eq(lvk_safetensors_read(scratch_path("c"), &file), LVK_OK);
    const lvk_string_map *metadata = lvk_safetensors_metadata(file);
    cr_assert_gt(metadata->count, 14);
    for (size_t skipped = 0; skipped < 2 * metadata->count; ++skipped) {
        const size_t entry = skipped / 2;
        const char *key = metadata->pairs[entry].key;
        const bool wrong = skipped % 2;
        if (wrong && strcmp(key, "history") == 0) /* any text is one */
            continue;
        lvk_string_map damaged = {0};
        for (size_t i = 0; i < metadata->count; ++i)
            if (i != entry)
                cr_assert_eq(lvk_string_map_set(&damaged, metadata->pairs[i].key, metadata->pairs[i].value),
                             LVK_OK);
        if (wrong)
            cr_assert_eq(lvk_string_map_set(&damaged, key, ""), LVK_OK);
        cr_assert_eq(lvk_safetensors_write(scratch_path("d"), NULL, 0, &damaged), LVK_OK);
        lvk_checkpoint *c = NULL;
        cr_expect_neq(lvk_checkpoint_read(scratch_path("d"), &c), LVK_OK, "%s %s", wrong ? "wrong" : "no",
                      key);
        cr_expect_eq(strncmp(lvk_error_message(), scratch_path("d"), strlen(scratch_path("d"))), 0, "%s",
                     lvk_error_message());
        cr_expect(strstr(lvk_error_message(), key) || strcmp(key, "format") == 0, "%s: %s", key,
                  lvk_error_message());
        lvk_checkpoint_destroy(&c);
        lvk_string_map_finish(&damaged);
    }
    lvk_safetensors_destroy(&file);
}

/* Values that make every image the same to the network, or none of them a number. */
Test(checkpoint, values_that_make_no_model) {
    static const struct {
        const char *key, *value;
        bool right;
    } cases[] = {
        {"pixel_deviation_r", "1e-300", false},
        {"pixel_deviation_g", "1e-12", false},
        {"pixel_deviation_b", "1e300", false},
        {"pixel_deviation_b", "-1", false},
        {"pixel_deviation_b", "0", false},
        {"pixel_deviation_b", "0.00392", true},
        {"pixel_deviation_r", "1", true},
        {"pixel_mean_r", "1e300", false},
        {"pixel_mean_g", "-1e9", false},
        {"pixel_mean_b", "inf", false},
        {"pixel_mean_b", "0", true},
        {"temperature", "1e-300", false},
        {"temperature", "1e300", false},
        {"temperature", "2", true},
        {"threshold", "1.5", false},
        {"threshold", "nan", false},
        {"threshold", "1", true},
        {"image_size", "0", false},
        {"positive_class", "hem", false},
    };
    sample s;
    sample_init(&s, 1);
    write_sample(scratch_path("c"), &s);
    lvk_safetensors *file = NULL;
    cr_assert_eq(lvk_safetensors_read(scratch_path("c"), &file), LVK_OK);
    const lvk_string_map *metadata = lvk_safetensors_metadata(file);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        lvk_string_map changed = {0};
        for (size_t m = 0; m < metadata->count; ++m)
            cr_assert_eq(lvk_string_map_set(&changed, metadata->pairs[m].key, metadata->pairs[m].value),
                         LVK_OK);
        cr_assert_eq(lvk_string_map_set(&changed, cases[i].key, cases[i].value), LVK_OK);
        cr_assert_eq(lvk_safetensors_write(scratch_path("d"), NULL, 0, &changed), LVK_OK);
        lvk_checkpoint *c = NULL;
        cr_expect_eq(lvk_checkpoint_read(scratch_path("d"), &c), cases[i].right ? LVK_OK : LVK_ERROR_FORMAT,
                     "%s %s: %s", cases[i].key, cases[i].value, lvk_error_message());
        cr_expect(cases[i].right || strstr(lvk_error_message(), cases[i].key), "%s", lvk_error_message());
        lvk_checkpoint_destroy(&c);
        lvk_string_map_finish(&changed);
    }
    lvk_safetensors_destroy(&file);
}

/* Three and more classes are a list; the keys of two are not there. */
Test(checkpoint, names_of_four_classes) {
    static const char *const names[] = {"Benign", "Early \"x\"", "Pré", "Pro"};
    sample s;
    sample_init(&s, 1);
    lvk_model_info info = sample_info;
    info.negative_class[0] = info.positive_class[0] = '\0';
    info.class_count = 4;
    for (int c = 0; c < 4; ++c)
        snprintf(info.classes[c], sizeof info.classes[c], "%s", names[c]);
    lvk_checkpoint *c = NULL;
    cr_assert_eq(lvk_checkpoint_write(scratch_path("n"), s.tensors, 2, &info, NULL), LVK_OK, "%s",
                 lvk_error_message());
    cr_assert_eq(lvk_checkpoint_read(scratch_path("n"), &c), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(lvk_checkpoint_info(c)->class_count, 4);
    for (int k = 0; k < 4; ++k)
        cr_expect_str_eq(lvk_checkpoint_info(c)->classes[k], names[k]);
    cr_expect_str_eq(lvk_string_map_get(lvk_checkpoint_metadata(c), "classes"),
                     "[\"Benign\", \"Early \\\"x\\\"\", \"Pré\", \"Pro\"]");
    cr_expect_null(lvk_string_map_get(lvk_checkpoint_metadata(c), "positive_class"));
    lvk_checkpoint_destroy(&c);
    info.classes[2][0] = '\0';
    cr_expect_eq(lvk_checkpoint_write(scratch_path("n"), s.tensors, 2, &info, NULL), LVK_ERROR_ARGUMENT);
    cr_expect_not_null(strstr(lvk_error_message(), "\"classes\""), "%s", lvk_error_message());
}

Test(checkpoint, lists_that_name_no_classes) {
    static const struct {
        const char *list;
        bool right;
    } cases[] = {{"[\"a\", \"b\", \"c\"]", true},
                 {"[\"a\", \"b\"]", false},
                 {"[]", false},
                 {"a, b, c", false},
                 {"{\"a\": 1}", false},
                 {"[\"a\", \"b\", 3]", false},
                 {"[\"a\", \"b\", \"\"]", false},
                 {"", false},
                 {"[\"a\", \"b\", \"a\"]", false},
                 {"[\"a\", \"b\", \"c\\u0000\"]", false}};
    sample s;
    sample_init(&s, 1);
    write_sample(scratch_path("c"), &s);
    lvk_safetensors *file = NULL;
    cr_assert_eq(lvk_safetensors_read(scratch_path("c"), &file), LVK_OK);
    const lvk_string_map *metadata = lvk_safetensors_metadata(file);
    for (size_t i = 0; i <= sizeof cases / sizeof *cases; ++i) {
        lvk_string_map changed = {0};
        char many[16 * (LVK_MOST_CLASSES + 1)] = "[\"c0\"";
        for (int k = 1; k <= LVK_MOST_CLASSES; ++k)
            snprintf(many + strlen(many), 16, ",\"c%d\"", k);
        strcat(many, "]");
        const bool given = i < sizeof cases / sizeof *cases, right = given && cases[i].right;
        for (size_t m = 0; m < metadata->count; ++m)
            cr_assert_eq(lvk_string_map_set(&changed, metadata->pairs[m].key, metadata->pairs[m].value),
                         LVK_OK);
        cr_assert_eq(lvk_string_map_set(&changed, "classes", given ? cases[i].list : many), LVK_OK);
        cr_assert_eq(lvk_safetensors_write(scratch_path("d"), NULL, 0, &changed), LVK_OK);
        lvk_checkpoint *c = NULL;
        cr_expect_eq(lvk_checkpoint_read(scratch_path("d"), &c), right ? LVK_OK : LVK_ERROR_FORMAT,
                     "case %zu: %s", i, lvk_error_message());
        cr_expect(right || strstr(lvk_error_message(), "\"classes\""), "case %zu: %s", i,
                  lvk_error_message());
        lvk_checkpoint_destroy(&c);
        lvk_string_map_finish(&changed);
    }
    lvk_safetensors_destroy(&file);
}

/* Read as of another variant, a network would quietly compute something else. */
Test(checkpoint, a_topology_that_is_not_known) {
    static const char *const topologies[] = {"keras-2019", "keras-2099"};
    sample s;
    sample_init(&s, 1);
    for (int i = 0; i < 2; ++i) {
        lvk_model_info info = sample_info;
        lvk_checkpoint *c = NULL;
        snprintf(info.topology, sizeof info.topology, "%s", topologies[i]);
        cr_assert_eq(lvk_checkpoint_write(scratch_path("t"), s.tensors, 2, &info, NULL), LVK_OK, "%s",
                     lvk_error_message());
        const lvk_status status = lvk_checkpoint_read(scratch_path("t"), &c);
        cr_expect_eq(status, i == 0 ? LVK_OK : LVK_ERROR_UNSUPPORTED, "%s", lvk_error_message());
        if (status == LVK_OK)
            cr_expect_eq(lvk_model_info_variant(lvk_checkpoint_info(c)), LVK_RESNET_KERAS_2019);
        else
            cr_expect_not_null(strstr(lvk_error_message(), "keras-2099"), "%s", lvk_error_message());
        lvk_checkpoint_destroy(&c);
    }
}

Test(checkpoint, files_of_others_and_newer_files) {
    lvk_string_map metadata = {0};
    lvk_checkpoint *c = NULL;
    cr_assert_eq(lvk_string_map_set(&metadata, "format", "pt"), LVK_OK);
    cr_assert_eq(lvk_safetensors_write(scratch_path("f"), NULL, 0, &metadata), LVK_OK);
    cr_expect_eq(lvk_checkpoint_read(scratch_path("f"), &c), LVK_ERROR_FORMAT);
    cr_expect_not_null(strstr(lvk_error_message(), "not one of leukvk"), "%s", lvk_error_message());
    cr_assert_eq(lvk_string_map_set(&metadata, "format", "leukvk"), LVK_OK);
    cr_assert_eq(lvk_string_map_set(&metadata, "format_version", "2"), LVK_OK);
    cr_assert_eq(lvk_safetensors_write(scratch_path("f"), NULL, 0, &metadata), LVK_OK);
    cr_expect_eq(lvk_checkpoint_read(scratch_path("f"), &c), LVK_ERROR_UNSUPPORTED);
    cr_expect_eq(lvk_checkpoint_read(scratch_path("none"), &c), LVK_ERROR_IO);
    lvk_string_map_finish(&metadata);
}

/* A process that writes checkpoint after checkpoint is killed at many moments; the file is always whole, and
 * all of its tensors are of the same writing. */
Test(checkpoint, killed_while_writing, .timeout = 120) {
    sample s, in;
    sample_init(&s, 0);
    write_sample(scratch_path("c"), &s);
    int rewritten = 0;
    for (int trial = 0; trial < 40; ++trial) {
        const pid_t child = fork();
        cr_assert_geq(child, 0);
        if (child == 0) {
            const lvk_train_state state = sample_state();
            for (float first = 1;; first = first < 1000 ? first + 1 : 1) {
                sample_init(&s, first);
                if (lvk_checkpoint_write(scratch_path("c"), s.tensors, TENSORS, &sample_info, &state) !=
                    LVK_OK)
                    _exit(1);
            }
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000L + 700000L * trial}, NULL);
        kill(child, SIGKILL);
        int how = 0;
        cr_assert_eq(waitpid(child, &how, 0), child);
        cr_expect(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL, "the writer failed by itself");
        lvk_checkpoint *c = NULL;
        sample_init(&in, 0);
        cr_assert_eq(lvk_checkpoint_read(scratch_path("c"), &c), LVK_OK, "%s", lvk_error_message());
        cr_assert_eq(lvk_checkpoint_apply(c, LVK_USE_ALL, in.tensors, TENSORS), LVK_OK, "%s",
                     lvk_error_message());
        rewritten += in.values[0][0] > 0;
        sample_init(&s, in.values[0][0]);
        for (int t = 0; t < TENSORS; ++t)
            cr_expect_eq(in.values[t][2], s.values[t][2]);
        lvk_checkpoint_destroy(&c);
    }
    cr_expect_gt(rewritten, 0, "the writer was always killed before its first file");
}

Test(checkpoint, out_of_memory) {
    sample s;
    sample_init(&s, 1);
    const lvk_train_state state = sample_state();
    lvk_status status = LVK_ERROR_MEMORY;
    uint64_t n = 1;
    for (; status != LVK_OK && n < 2000; ++n) {
        lvk_checkpoint *c = NULL;
        lvk_alloc_fail_after(n);
        status = lvk_checkpoint_write(scratch_path("c"), s.tensors, TENSORS, &sample_info, &state);
        if (status == LVK_OK)
            status = lvk_checkpoint_read(scratch_path("c"), &c);
        lvk_alloc_fail_after(0);
        cr_expect(status == LVK_OK || status == LVK_ERROR_MEMORY, "allocation %llu: %s",
                  (unsigned long long)n, lvk_error_message());
        lvk_checkpoint_destroy(&c);
    }
    cr_expect_gt(n, 40);
    cr_expect_eq(status, LVK_OK);
}
