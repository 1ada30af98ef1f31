#include "runtime/param_groups.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

static lvk_status parse_rule(const char *text, size_t length, lvk_param_groups *scales) {
    char number[32];
    const char *equals = memchr(text, '=', length);
    lvk_rate_rule *rule = &scales->rules[scales->count];
    if (scales->count == LVK_MAX_PARAM_GROUP_RULES)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--rate-scale: more than %d factors", LVK_MAX_PARAM_GROUP_RULES);
    const int digits = equals ? (int)(text + length - (equals + 1)) : 0;
    *rule = (lvk_rate_rule){.name = text, .length = equals ? (size_t)(equals - text) : 0};
    if (digits < (int)sizeof number)
        snprintf(number, sizeof number, "%.*s", digits, equals ? equals + 1 : "");
    if (rule->length == 0 || digits >= (int)sizeof number || !lvk_number_parse(number, &rule->scale) ||
        !(rule->scale >= 0 && rule->scale <= 1000))
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--rate-scale: '%.*s' is not NAME=X with a factor X from 0 to 1000", (int)length,
                        text);
    for (int r = 0; r < scales->count; ++r)
        if (scales->rules[r].length == rule->length && memcmp(scales->rules[r].name, text, rule->length) == 0)
            return lvk_fail(LVK_ERROR_ARGUMENT, "--rate-scale: %.*s has two factors", (int)rule->length,
                            text);
    ++scales->count;
    return LVK_OK;
}

lvk_status lvk_param_groups_parse(const char *text, lvk_param_groups *scales) {
    *scales = (lvk_param_groups){0};
    if (*text == '\0')
        return LVK_OK;
    for (;;) {
        const size_t length = strcspn(text, ",");
        LVK_TRY(parse_rule(text, length, scales));
        if (text[length] == '\0')
            return LVK_OK;
        text += length + 1;
    }
}

/* How closely a rule fits a parameter: a higher number is closer, 0 means not at all. */
static size_t fit(const lvk_rate_rule *rule, const lvk_graph *graph, const lvk_parameter *parameter) {
    char stage[16];
    if (strncmp(graph->tensors[parameter->tensor].name, rule->name, rule->length) == 0)
        return 1 + rule->length;
    snprintf(stage, sizeof stage, parameter->stage == 1 ? "conv%u" : "conv%u_x", (unsigned)parameter->stage);
    return parameter->stage && strlen(stage) == rule->length && memcmp(stage, rule->name, rule->length) == 0;
}

int lvk_param_groups_find(const lvk_param_groups *scales, const lvk_graph *graph,
                          const lvk_parameter *parameter) {
    size_t best = 0;
    int group = 0;
    for (int r = 0; r < scales->count; ++r) {
        const size_t fits = fit(&scales->rules[r], graph, parameter);
        if (fits > best) {
            best = fits;
            group = r + 1;
        }
    }
    return group;
}

double lvk_param_groups_scale(const lvk_param_groups *scales, int group) {
    return group == 0 ? 1 : scales->rules[group - 1].scale;
}

lvk_status lvk_param_groups_check(const lvk_param_groups *scales, const lvk_graph *graph,
                                  const lvk_builder *builder) {
    for (int r = 0; r < scales->count; ++r) {
        const lvk_rate_rule *rule = &scales->rules[r];
        bool used = false;
        for (size_t p = 0; p < builder->parameter_count && !used; ++p)
            used = graph->tensors[builder->parameters[p].tensor].gradient != LVK_NONE &&
                   fit(rule, graph, &builder->parameters[p]) > 0;
        if (!used)
            return lvk_fail(LVK_ERROR_ARGUMENT,
                            "--rate-scale %.*s: is neither the beginning of the name of a parameter that is "
                            "trained nor a stage with such parameters",
                            (int)rule->length, rule->name);
    }
    return LVK_OK;
}
