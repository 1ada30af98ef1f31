#include "golden/summary.h"

#include "core/memory.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

void golden_write_parameters(lvk_network *network, const json_t *tensors) {
    float *block = lvk_alloc(network->block_size, 1);
    const lvk_builder *builder = lvk_network_builder(network);
    cr_assert(block);
    cr_assert_eq(json_array_size(tensors), builder->parameter_count, "the model has other parameters");
    for (size_t p = 0; p < builder->parameter_count; ++p) {
        const lvk_tensor *tensor = &builder->graph->tensors[builder->parameters[p].tensor];
        const json_t *description = golden_find(tensors, tensor->name);
        cr_assert(description, "the file has no tensor %s", tensor->name);
        const lvk_type type = golden_type(description);
        cr_assert(lvk_type_equal(&type, &tensor->type), "%s has another shape in the file", tensor->name);
        cr_assert(golden_fill(description, block + tensor->offset / sizeof(float)));
    }
    cr_assert_eq(lvk_network_write(network, LVK_BLOCK_PARAMETERS, block), LVK_OK, "%s", lvk_error_message());
    lvk_free(block);
}

double golden_near(const char *what, double got, double expected, double allowed) {
    const double error = fabs(got - expected);
    cr_expect(error <= allowed, "%s: %.9g, expected %.9g, allowed error %.3g", what, got, expected, allowed);
    return error / allowed;
}

double golden_norm(const float *values, uint64_t count) {
    double sum = 0;
    for (uint64_t i = 0; i < count; ++i)
        sum += (double)values[i] * (double)values[i];
    return sqrt(sum);
}

double golden_compare_summary(const char *name, const json_t *summary, const float *values, uint64_t count,
                              double relative) {
    uint64_t samples, index_count;
    double *expected = golden_list(golden_member(summary, "value"), &samples);
    double *index = golden_list(golden_member(summary, "index"), &index_count);
    cr_assert_eq(samples, index_count, "%s: not a value for every index", name);
    const double size = golden_number(summary, "l2"), largest = golden_number(summary, "max_abs");
    char what[160];
    snprintf(what, sizeof what, "norm of %s", name);
    double worst = golden_near(what, golden_norm(values, count), size, relative * size);
    double error = 0, sampled = 0;
    for (uint64_t j = 0; j < samples; ++j) {
        cr_assert(index[j] >= 0 && index[j] < (double)count, "%s: sample %d lies outside", name, (int)j);
        const double value = (double)values[(uint64_t)index[j]];
        snprintf(what, sizeof what, "%s[%llu]", name, (unsigned long long)index[j]);
        worst = fmax(worst, golden_near(what, value, expected[j], relative * largest));
        error += (value - expected[j]) * (value - expected[j]);
        sampled += expected[j] * expected[j];
    }
    snprintf(what, sizeof what, "distance of %s", name);
    /* where all samples are zero by chance there is nothing to be relative to but the tensor */
    const double scale = sampled > 0 ? sqrt(sampled) : size;
    worst = fmax(worst, golden_near(what, sqrt(error), 0, relative * scale));
    fprintf(stderr, "  %-16s error / bound %.3f, samples off by %.1e of their size\n", name, worst,
            sqrt(error) / scale);
    lvk_free(expected);
    lvk_free(index);
    return worst;
}

golden_series golden_load_series(const json_t *expected, const json_t *run, const json_t *other_run) {
    golden_series result;
    result.expected = golden_list(expected, &result.count);
    const json_t *runs[2] = {run, other_run};
    for (int r = 0; r < 2; ++r) {
        uint64_t count;
        result.runs[r] = golden_list(runs[r], &count);
        cr_assert_eq(count, result.count);
    }
    return result;
}

double golden_allowed(const golden_series *s, uint64_t step, double least) {
    double worst = 0;
    for (uint64_t i = 0; i <= step; ++i)
        for (int r = 0; r < 2; ++r)
            worst = fmax(worst, fabs(s->runs[r][i] - s->expected[i]));
    return fmax(GOLDEN_SLACK * worst, least);
}

void golden_free_series(golden_series *s) {
    lvk_free(s->expected);
    lvk_free(s->runs[0]);
    lvk_free(s->runs[1]);
}
