/* Kernel tuning on a device: chosen kernels can run, plans take them from the file, and trainings with them
 * repeat to the bit. */
#include "support/scratch.h"

#include "core/file.h"
#include "core/memory.h"
#include "graph/executable.h"
#include "leukvk/leukvk.h"
#include "ops/conv2d.h"
#include "runtime/device.h"
#include "runtime/kernel_tuner.h"
#include "runtime/kernel_tuning_file.h"
#include "runtime/network.h"
#include "support/device.h"

#include <criterion/criterion.h>
#include <string.h>

static char warnings[4096];

static void keep_warnings(void *user, lvk_log_level level, const char *line) {
    (void)user;
    if (level == LVK_LOG_WARNING && strlen(warnings) + strlen(line) + 2 < sizeof warnings)
        strcat(strcat(warnings, line), "\n");
}

static void create(void) {
    scratch_create();
    setenv("XDG_CACHE_HOME", scratch_folder, 1);
    lvk_log_set_sink(keep_warnings, NULL, LVK_LOG_INFO);
}

TestSuite(kernel_tuning, .init = create, .fini = scratch_remove);

/* ---- measuring ---- */

/* Builds a small graph with calls of many kinds: forward, backward, update. */
static void build_small(lvk_graph *graph) {
    const lvk_conv2d_attributes valid = lvk_conv2d_valid(1, 1);
    lvk_graph_init(graph);
    const int x = lvk_graph_input(graph, "x", lvk_type_4d(LVK_F32, 4, 18, 18, 4));
    const int labels = lvk_graph_input(graph, "labels", lvk_type_2d(LVK_F32, 4, 2));
    const int kernel = lvk_graph_parameter(graph, "w", lvk_type_4d(LVK_F32, 3, 3, 4, 8), true);
    int y = LVK_APPLY(graph, NULL, LVK_OP_conv2d, &valid, x, kernel);
    y = LVK_APPLY(graph, NULL, LVK_OP_relu, NULL, y);
    y = LVK_APPLY(graph, NULL, LVK_OP_flatten, NULL, y);
    const int w = lvk_graph_parameter(graph, "w", lvk_type_2d(LVK_F32, 16 * 16 * 8, 1), true);
    const int b = lvk_graph_parameter(graph, "b", lvk_type_1d(LVK_F32, 1), true);
    const int logits =
        LVK_APPLY(graph, NULL, LVK_OP_bias, NULL, LVK_APPLY(graph, NULL, LVK_OP_dense, NULL, y, w), b);
    const int loss = LVK_APPLY(graph, NULL, LVK_OP_bce, NULL, logits, labels);
    lvk_graph_mark_output(graph, loss);
    lvk_graph_backward(graph, loss);
    for (size_t t = 0; t < graph->tensor_count; ++t)
        if (graph->tensors[t].gradient_of != LVK_NONE)
            lvk_graph_mark_output(graph, (int)t);
    cr_assert_eq(lvk_graph_status(graph), LVK_OK, "%s", lvk_error_message());
}

static void set_choice(lvk_string_map *choices, const lvk_call *call, const char *candidate) {
    lvk_text text = {0};
    char *key;
    lvk_call_key(call, &text);
    cr_assert_eq(lvk_text_take(&text, &key, NULL), LVK_OK);
    cr_assert_eq(lvk_string_map_set(choices, key, candidate), LVK_OK);
    lvk_free(key);
}

/* Returns NULL if exactly one of the candidates is chosen and no measured one is much faster; else what is
 * wrong. */
static const char *check_times(const lvk_kernel_tuner_times *times) {
    const lvk_kernel_tuning_candidate *chosen = NULL;
    for (int i = 0; i < times->count; ++i)
        if (times->candidates[i].chosen) {
            cr_expect_null(chosen, "two were chosen");
            chosen = &times->candidates[i];
        }
    cr_assert_not_null(chosen, "none was chosen");
    cr_expect_not(chosen->given_up);
    for (int i = 0; i < times->count; ++i) {
        cr_expect_geq(times->candidates[i].seconds, 0);
        cr_expect_geq(times->candidates[i].seconds, 0.94 * chosen->seconds, "%s", times->candidates[i].name);
    }
    return chosen->name;
}

Test(kernel_tuning, chooses_for_each_call_a_kernel_that_can_run) {
    lvk_backend *backend = test_open_device();
    lvk_graph graph;
    lvk_string_map choices = {0};
    int with_choice = 0;
    build_small(&graph);
    for (size_t n = 0; n < graph.node_count; ++n) {
        const lvk_call *call = &graph.nodes[n].call;
        lvk_kernel_tuner_times listed, times;
        cr_assert_eq(lvk_kernel_tuner_list(&backend->caps, call, &listed), LVK_OK, "%s", lvk_error_message());
        cr_assert_eq(lvk_kernel_tuner_measure(backend, call, &times), LVK_OK, "%s", lvk_error_message());
        cr_expect_eq(times.count, listed.count);
        cr_expect_eq(times.count > 0, lvk_op_get(call->op)->candidate_count > 0);
        if (times.count) {
            with_choice += times.count > 1;
            set_choice(&choices, call, check_times(&times));
        }
    }
    cr_expect_gt(with_choice, 4);

    const lvk_plan_options options = {.kernel_choices = &choices};
    lvk_plan plan;
    lvk_executable executable;
    cr_assert_eq(lvk_plan_init(&plan, &graph, &backend->caps, &options), LVK_OK, "%s", lvk_error_message());
    for (int s = 0; s < plan.program.step_count; ++s) {
        const char *name;
        cr_assert_eq(lvk_kernel_choices_find(&choices, &plan.program.steps[s].call, &name), LVK_OK);
        cr_expect_str_eq(plan.program.steps[s].candidate, name ? name : "");
    }
    cr_assert_eq(lvk_executable_init(&executable, backend, &plan, NULL), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(lvk_executable_run(&executable), LVK_OK, "%s", lvk_error_message());
    lvk_executable_finish(&executable);
    lvk_plan_finish(&plan);
    lvk_graph_finish(&graph);
    lvk_string_map_finish(&choices);
    test_close_device(backend);
}

/* ---- the calls of a model ---- */

typedef struct missing {
    const lvk_caps *caps;
    const lvk_string_map *choices;
    int several, without_choice; /* calls with several kernels, and those of them that were not measured */
} missing;

static lvk_status count_call(void *user, const lvk_call *call) {
    missing *m = user;
    lvk_kernel_tuner_times times;
    const char *name = NULL;
    LVK_TRY(lvk_kernel_tuner_list(m->caps, call, &times));
    if (times.count < 2)
        return LVK_OK;
    LVK_TRY(lvk_kernel_choices_find(m->choices, call, &name));
    ++m->several;
    m->without_choice += name == NULL;
    return LVK_OK;
}

/* How many calls of the default network of so many classes have no choice in the file. */
static int count_missing(uint32_t classes) {
    lvk_device *device;
    cr_assert_eq(lvk_device_open(NULL, &device), LVK_OK, "%s", lvk_error_message());
    missing m = {&lvk_device_backend(device)->caps, lvk_device_kernel_choices(device), 0, 0};
    const lvk_network_config config = {.model = {.architecture = lvk_train_defaults().model,
                                                 .dropout = lvk_train_defaults().dropout,
                                                 .image_size = 32,
                                                 .classes = classes,
                                                 .batch_statistics = true},
                                       .crop_side = 75, /* of center:300 in blocks of 4 x 4 pixels */
                                       .batch = 2,
                                       .training = true,
                                       .optimizer = LVK_OPTIMIZER_ADAM};
    cr_assert_eq(lvk_network_visit(m.caps, &config, count_call, &m), LVK_OK, "%s", lvk_error_message());
    cr_expect_gt(m.several, 4);
    lvk_device_close(&device);
    return m.without_choice;
}

Test(kernel_tuning, measures_the_head_of_as_many_classes_as_are_named) {
    lvk_kernel_tuning_options options = {.batch = 2, .image_size = 32};
    for (uint32_t classes = 2; classes <= 4; classes += 2) {
        lvk_device *device;
        cr_expect_gt(count_missing(classes), 0, "%u classes", classes);
        options.classes = classes;
        cr_assert_eq(lvk_device_open(NULL, &device), LVK_OK, "%s", lvk_error_message());
        cr_assert_eq(lvk_kernel_tuning_run(device, &options, NULL, NULL), LVK_OK, "%s", lvk_error_message());
        lvk_device_close(&device);
        cr_expect_eq(count_missing(classes), 0, "%u classes", classes);
    }
    cr_expect_eq(count_missing(2), 0, "choices of two classes are kept");
    cr_expect_gt(count_missing(5), 0);
}

/* ---- trainings ---- */

typedef struct chooser {
    const lvk_caps *caps;
    lvk_string_map *choices;
} chooser;

/* Chooses the second kernel of all small operators, where there is one, which no plan takes without a
 * file. */
static lvk_status choose_second(void *user, const lvk_call *call) {
    const chooser *c = user;
    lvk_kernel_tuner_times times;
    LVK_TRY(lvk_kernel_tuner_list(c->caps, call, &times));
    if (times.count > 1 && call->inputs[0].rank < 4)
        set_choice(c->choices, call, times.candidates[1].name);
    return LVK_OK;
}

static void write_choices(void) {
    const char *const architectures[] = {lvk_train_defaults().model, "cnn"};
    lvk_device *device;
    lvk_string_map choices = {0};
    cr_assert_eq(lvk_device_open(NULL, &device), LVK_OK, "%s", lvk_error_message());
    chooser c = {&lvk_device_backend(device)->caps, &choices};
    for (size_t i = 0; i < sizeof architectures / sizeof *architectures; ++i) {
        const lvk_network_config config = {.model = {.architecture = architectures[i], .dropout = 0.25},
                                           .batch = 8,
                                           .training = true,
                                           .optimizer = LVK_OPTIMIZER_ADAM};
        cr_assert_eq(lvk_network_visit(c.caps, &config, choose_second, &c), LVK_OK, "%s",
                     lvk_error_message());
    }
    cr_assert_gt(choices.count, 2);
    cr_assert_not_null(lvk_kernel_tuning_file(device));
    cr_assert_eq(
        lvk_kernel_tuning_file_write(lvk_kernel_tuning_file(device), lvk_device_get_info(device), &choices),
        LVK_OK);
    lvk_string_map_finish(&choices);
    lvk_device_close(&device);
}

static size_t open_and_count(const lvk_device_options *options, lvk_device **device) {
    size_t count = 0;
    lvk_kernel_tuning_choice choice;
    cr_assert_eq(lvk_device_open(options, device), LVK_OK, "%s", lvk_error_message());
    while (lvk_kernel_tuning_get(*device, count, &choice))
        ++count;
    return count;
}

/* Stops a training after its first step. */
static bool stop(void *user, const lvk_train_event *event) {
    (void)user;
    return event->kind != LVK_TRAIN_STEP;
}

/* Trains one step and saves the train state. */
static void train(bool no_tuning, const char *run, bool resume) {
    const lvk_device_options options = {.no_tuning = no_tuning};
    lvk_train_options settings = lvk_train_defaults();
    lvk_train_result result;
    lvk_device *device;
    cr_assert_eq(open_and_count(&options, &device) == 0, no_tuning);
    settings.data = scratch_path("data");
    settings.run = scratch_path(run);
    settings.batch = 8;
    settings.epochs = 1; /* four steps */
    *warnings = '\0';
    cr_assert_eq(resume ? lvk_train_resume(device, settings.run, NULL, stop, NULL, &result)
                        : lvk_train(device, &settings, stop, NULL, &result),
                 LVK_ERROR_CANCELLED, "%s", lvk_error_message());
    lvk_device_close(&device);
}

static bool same_file(const char *a, const char *b) {
    void *data[2];
    size_t size[2];
    cr_assert_eq(lvk_file_read(scratch_path(a), 1 << 28, &data[0], &size[0]), LVK_OK);
    cr_assert_eq(lvk_file_read(scratch_path(b), 1 << 28, &data[1], &size[1]), LVK_OK);
    const bool same = size[0] == size[1] && memcmp(data[0], data[1], size[0]) == 0;
    lvk_free(data[0]);
    lvk_free(data[1]);
    return same;
}

Test(kernel_tuning, trainings_repeat_with_the_file_and_tell_when_the_kernels_change) {
    const lvk_synth_options cells = {.images = 40, .subjects = 10, .size = 64, .format = LVK_SYNTH_PNG};
    cr_assert_eq(lvk_synth_write(scratch_path("data"), &cells), LVK_OK, "%s", lvk_error_message());
    write_choices();
    train(false, "a", false);
    train(false, "b", false);
    train(true, "c", false);
    cr_expect(same_file("a/checkpoint-last.safetensors", "b/checkpoint-last.safetensors"));
    cr_expect(same_file("a/config.json", "b/config.json"));
    cr_expect_not(same_file("a/config.json", "c/config.json"), "the kernels are the same: nothing was tried");
    train(false, "a", true);
    cr_expect_null(strstr(warnings, "kernels"), "%s", warnings);
    train(true, "a", true);
    cr_expect_not_null(strstr(warnings, "other kernels"), "%s", warnings);
}

Test(kernel_tuning, files_that_are_not_right_are_ignored_with_a_line) {
    lvk_device *device;
    bool removed = false;
    write_choices();
    cr_expect_gt(open_and_count(NULL, &device), 2);
    char *path = lvk_strdup(lvk_kernel_tuning_file(device));
    lvk_device_close(&device);
    cr_assert_eq(lvk_file_write(path, "{", 1), LVK_OK);
    *warnings = '\0';
    cr_expect_eq(open_and_count(NULL, &device), 0);
    cr_expect_not_null(strstr(warnings, path), "%s", warnings);
    cr_expect_eq(strchr(warnings, '\n'), strrchr(warnings, '\n'), "more than one line: %s", warnings);
    cr_expect_eq(lvk_kernel_tuning_forget(device, &removed), LVK_OK);
    cr_expect(removed);
    cr_expect_eq(lvk_kernel_tuning_forget(device, &removed), LVK_OK);
    cr_expect_not(removed);
    lvk_device_close(&device);
    *warnings = '\0';
    cr_expect_eq(open_and_count(NULL, &device), 0);
    cr_expect_str_eq(warnings, "");
    lvk_device_close(&device);
    lvk_free(path);
}
