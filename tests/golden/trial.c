#include "golden/trial.h"

#include "reference/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* What the inputs are for a run. */
typedef enum feeding { FEED_VALUES, FEED_SIZES, FEED_ONES } feeding;

void golden_trial_begin(golden_trial *trial, lvk_backend *backend, const char *file) {
    *trial = (golden_trial){.backend = backend};
    snprintf(trial->file, sizeof trial->file, "%s", file);
    trial->root = golden_load(file);
    trial->attributes = golden_member(trial->root, "attributes");
    lvk_graph_init(&trial->graph);
}

void golden_trial_end(golden_trial *trial) {
    for (int i = 0; i < trial->feed_count; ++i)
        lvk_free(trial->feeds[i].data);
    for (int i = 0; i < trial->check_count; ++i) {
        lvk_free(trial->checks[i].expected);
        lvk_free(trial->checks[i].bound);
    }
    lvk_graph_finish(&trial->graph);
    json_decref(trial->root);
}

/* Memory for the elements, whole vectors. */
static void *new_elements(const lvk_type *type) {
    void *data = lvk_alloc(lvk_divide_up(lvk_type_size(type), 16), 16);
    cr_assert(data);
    return data;
}

static int add_feed(golden_trial *trial, const char *name, int tensor, void *data) {
    cr_assert(trial->feed_count < GOLDEN_MAX_TENSORS);
    cr_assert_neq(tensor, LVK_NONE, "%s: %s", trial->file, lvk_error_message());
    trial->feeds[trial->feed_count++] =
        (golden_feed){.name = trial->graph.tensors[tensor].name,
                      .tensor = tensor,
                      .count = lvk_type_count(&trial->graph.tensors[tensor].type),
                      .data = data};
    cr_assert_str_eq(trial->feeds[trial->feed_count - 1].name, name);
    return tensor;
}

static int add_listed(golden_trial *trial, const char *name, bool parameter) {
    const json_t *input = golden_find(golden_member(trial->root, "inputs"), name);
    cr_assert(input, "%s has no input '%s'", trial->file, name);
    const lvk_type type = golden_type(input);
    uint64_t count;
    double *stored = golden_list(golden_member(input, "values"), &count);
    cr_assert_eq(count, lvk_type_count(&type), "%s: %s has not as many values as its shape says", trial->file,
                 name);
    float *values = new_elements(&type);
    for (uint64_t i = 0; i < count; ++i)
        values[i] = (float)stored[i];
    lvk_free(stored);
    return add_feed(trial, name,
                    parameter ? lvk_graph_parameter(&trial->graph, name, type, true)
                              : lvk_graph_input(&trial->graph, name, type),
                    values);
}

int golden_trial_input(golden_trial *trial, const char *name) {
    return add_listed(trial, name, false);
}

int golden_trial_parameter(golden_trial *trial, const char *name) {
    return add_listed(trial, name, true);
}

bool golden_trial_has_input(const golden_trial *trial, const char *name) {
    return golden_find(golden_member(trial->root, "inputs"), name) != NULL;
}

int golden_trial_feed(golden_trial *trial, const char *name, lvk_type type, void *data) {
    return add_feed(trial, name, lvk_graph_input(&trial->graph, name, type), data);
}

static golden_feed *find_feed(const golden_trial *trial, const char *name) {
    for (int i = 0; i < trial->feed_count; ++i)
        if (strcmp(trial->feeds[i].name, name) == 0)
            return (golden_feed *)&trial->feeds[i];
    cr_assert_fail("%s: the graph has no input '%s'", trial->file, name);
    return NULL;
}

const float *golden_trial_values(const golden_trial *trial, const char *name) {
    return find_feed(trial, name)->data;
}

void golden_trial_keep(golden_trial *trial, const char *name) {
    find_feed(trial, name)->decides = true;
}

golden_check *golden_trial_expect_values(golden_trial *trial, const char *name, int tensor, golden_rule rule,
                                         double *values, uint64_t count) {
    cr_assert(trial->check_count < GOLDEN_MAX_TENSORS);
    cr_assert_neq(tensor, LVK_NONE, "%s, %s: %s", trial->file, name, lvk_error_message());
    cr_assert_eq(count, lvk_type_count(&trial->graph.tensors[tensor].type),
                 "%s: the graph's %s has another size than the file's", trial->file, name);
    golden_check *check = &trial->checks[trial->check_count++];
    *check = (golden_check){.tensor = tensor, .rule = rule, .count = count, .expected = values};
    snprintf(check->name, sizeof check->name, "%s", name);
    check->bound = lvk_alloc(count, sizeof *check->bound);
    cr_assert(check->bound);
    const double roundings = rule == GOLDEN_ROUNDED ? 0.5 : rule == GOLDEN_SCALED ? 1 : 0;
    for (uint64_t i = 0; i < count && roundings > 0; ++i)
        check->bound[i] = roundings * (double)FLT_EPSILON * fabs(values[i]) + (double)FLT_MIN;
    return check;
}

static golden_check *expect_list(golden_trial *trial, const char *name, int tensor, golden_rule rule,
                                 const json_t *values) {
    uint64_t count;
    double *expected = golden_list(values, &count);
    return golden_trial_expect_values(trial, name, tensor, rule, expected, count);
}

static const json_t *values_of(const golden_trial *trial, const char *part, const char *name) {
    return golden_member(golden_member(golden_member(trial->root, part), name), "values");
}

void golden_trial_expect(golden_trial *trial, const char *output, int tensor, golden_rule rule) {
    expect_list(trial, output, tensor, rule, values_of(trial, "outputs", output));
    lvk_graph_mark_output(&trial->graph, tensor);
}

void golden_trial_expect_bounded(golden_trial *trial, const char *name, int tensor, const json_t *expected,
                                 const rounding *bounds) {
    golden_check *check = expect_list(trial, name, tensor, GOLDEN_GIVEN, expected);
    for (uint64_t i = 0; i < check->count; ++i) {
        cr_assert(fabs(bounds[i].value - check->expected[i]) <= 1e-13 * (1 + fabs(check->expected[i])),
                  "%s: the test's formula for %s[%d] gives %.17g, the file has %.17g", trial->file, name,
                  (int)i, bounds[i].value, check->expected[i]);
        check->bound[i] = bounds[i].error;
    }
}

int golden_trial_gradient(const golden_trial *trial, const char *parameter) {
    const int gradient = trial->graph.tensors[find_feed(trial, parameter)->tensor].gradient;
    cr_assert_neq(gradient, LVK_NONE, "%s: no gradient reaches %s", trial->file, parameter);
    return gradient;
}

void golden_trial_expect_gradients(golden_trial *trial, int y, golden_rule rule) {
    const int weights = golden_trial_input(trial, "output_weights");
    lvk_graph_backward_from(&trial->graph, y, weights);
    cr_assert_eq(lvk_graph_status(&trial->graph), LVK_OK, "%s: %s", trial->file, lvk_error_message());
    const char *name;
    json_t *gradient;
    json_object_foreach((json_t *)golden_member(trial->root, "gradients"), name, gradient) {
        char label[48];
        snprintf(label, sizeof label, "d %s", name);
        expect_list(trial, label, golden_trial_gradient(trial, name), rule,
                    golden_member(gradient, "values"));
    }
}

static void write_feed(const golden_trial *trial, const golden_feed *batches, feeding how,
                       lvk_executable *executable) {
    const lvk_type *type = &trial->graph.tensors[batches->tensor].type;
    if (executable->plan->regions[batches->tensor].size == 0)
        return;
    void *data = new_elements(type);
    memcpy(data, batches->data, lvk_type_size(type));
    float *values = data;
    for (uint64_t i = 0; i < batches->count && how != FEED_VALUES && !batches->decides; ++i)
        values[i] = how == FEED_ONES ? 1 : fabsf(values[i]);
    cr_assert_eq(lvk_executable_write(executable, batches->tensor, data), LVK_OK, "%s: %s", trial->file,
                 lvk_error_message());
    lvk_free(data);
}

static double *read_tensor(const golden_trial *trial, int tensor, lvk_executable *executable) {
    const lvk_type *type = &trial->graph.tensors[tensor].type;
    const uint64_t count = lvk_type_count(type);
    void *data = new_elements(type);
    double *values = lvk_alloc(count, sizeof *values);
    cr_assert_eq(lvk_executable_read(executable, tensor, data), LVK_OK, "%s: %s", trial->file,
                 lvk_error_message());
    for (uint64_t i = 0; i < count; ++i)
        values[i] =
            type->dtype == LVK_U8 ? (double)((const uint8_t *)data)[i] : (double)((const float *)data)[i];
    lvk_free(data);
    return values;
}

/* The results of one run, an array per check. False: the forced candidate cannot run here. */
static bool run(const golden_trial *trial, lvk_backend *backend, const lvk_plan_options *options, feeding how,
                double *results[]) {
    lvk_plan plan;
    lvk_executable executable;
    const lvk_status status = lvk_plan_init(&plan, &trial->graph, &backend->caps, options);
    const bool can_run = status == LVK_OK;
    cr_assert(can_run || (options->forced_candidate && status == LVK_ERROR_UNSUPPORTED), "%s: %s",
              trial->file, lvk_error_message());
    if (can_run) {
        cr_assert_eq(lvk_executable_init(&executable, backend, &plan, NULL), LVK_OK, "%s: %s", trial->file,
                     lvk_error_message());
        for (int i = 0; i < trial->feed_count; ++i)
            write_feed(trial, &trial->feeds[i], how, &executable);
        cr_assert_eq(lvk_executable_run(&executable), LVK_OK, "%s: %s", trial->file, lvk_error_message());
        for (int i = 0; i < trial->check_count; ++i)
            results[i] = read_tensor(trial, trial->checks[i].tensor, &executable);
        lvk_executable_finish(&executable);
    }
    lvk_plan_finish(&plan);
    return can_run;
}

static void find_sum_bounds(golden_trial *trial) {
    lvk_backend *reference;
    double *terms[GOLDEN_MAX_TENSORS], *sizes[GOLDEN_MAX_TENSORS];
    const lvk_plan_options none = {0};
    cr_assert_eq(lvk_reference_create(&reference), LVK_OK, "%s", lvk_error_message());
    run(trial, reference, &none, FEED_ONES, terms);
    run(trial, reference, &none, FEED_SIZES, sizes);
    for (int c = 0; c < trial->check_count; ++c) {
        golden_check *check = &trial->checks[c];
        const bool sum = check->rule == GOLDEN_SUM, plain = check->rule == GOLDEN_PLAIN_SUM;
        for (uint64_t i = 0; i < check->count && (sum || plain); ++i) {
            const double roundings = plain ? fmax(terms[c][i] - 1, 0) : terms[c][i];
            /* FLT_MIN: what is below it may be flushed to zero */
            check->bound[i] =
                2 * sqrt(roundings) * (double)FLT_EPSILON * sizes[c][i] + roundings * (double)FLT_MIN;
        }
        lvk_free(terms[c]);
        lvk_free(sizes[c]);
    }
    reference->functions->destroy(reference);
}

static void compare(const golden_trial *trial, golden_check *check, const double *got, const char *kernel) {
    uint64_t wrong = 0, first = 0;
    for (uint64_t i = 0; i < check->count; ++i) {
        const double error = fabs(got[i] - check->expected[i]);
        if (!(error <= check->bound[i]) && wrong++ == 0)
            first = i;
        if (check->bound[i] > 0 && error / check->bound[i] > check->worst)
            check->worst = error / check->bound[i];
    }
    cr_expect(
        wrong == 0,
        "%s, %s, %s: %llu of %llu elements wrong, first [%llu]: %.9g, expected %.9g, allowed error %.3g",
        trial->file, kernel, check->name, (unsigned long long)wrong, (unsigned long long)check->count,
        (unsigned long long)first, got[first], check->expected[first], check->bound[first]);
}

static bool run_kernel(golden_trial *trial, const lvk_plan_options *options, const char *kernel) {
    double *results[GOLDEN_MAX_TENSORS];
    if (!run(trial, trial->backend, options, FEED_VALUES, results))
        return false;
    ++trial->runs;
    for (int i = 0; i < trial->check_count; ++i) {
        compare(trial, &trial->checks[i], results[i], kernel);
        lvk_free(results[i]);
    }
    return true;
}

static bool graph_uses(const lvk_graph *graph, int op) {
    for (size_t n = 0; n < graph->node_count; ++n)
        if (graph->nodes[n].call.op == op)
            return true;
    return false;
}

static void run_candidates(golden_trial *trial, int op) {
    const lvk_op *descriptor = lvk_op_get(op);
    const lvk_caps *caps = &trial->backend->caps;
    const lvk_candidate *candidate;
    for (int i = 0; lvk_op_candidate(op, caps, 1) && (candidate = lvk_op_candidate(op, caps, i)); ++i) {
        char kernel[96];
        const lvk_plan_options options = {.forced_op = op, .forced_candidate = candidate->name};
        snprintf(kernel, sizeof kernel, "%s/%s", descriptor->name, options.forced_candidate);
        if (run_kernel(trial, &options, kernel))
            fprintf(stderr, " %s", kernel);
    }
}

void golden_trial_run(golden_trial *trial) {
    cr_assert_eq(lvk_graph_status(&trial->graph), LVK_OK, "%s: %s", trial->file, lvk_error_message());
    const lvk_plan_options preferred = {0};
    find_sum_bounds(trial);
    fprintf(stderr, "%s on %s:", trial->file, trial->backend->info.name);
    run_kernel(trial, &preferred, "as chosen");
    for (int op = 0; op < LVK_OP_COUNT; ++op)
        if (graph_uses(&trial->graph, op))
            run_candidates(trial, op);
    fprintf(stderr, "; %d runs, error / bound", trial->runs);
    for (int i = 0; i < trial->check_count; ++i)
        fprintf(stderr, " %s %.2f", trial->checks[i].name, trial->checks[i].worst);
    fprintf(stderr, "\n");
}
