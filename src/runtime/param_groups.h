/* Parameter groups with learning rates of their own. A rule gives a factor of the learning rate to the
 * parameters whose names have a certain beginning, or to those of a stage of the backbone (discriminative
 * fine-tuning: Howard, Ruder, ACL 2018). */
#ifndef LVK_RUNTIME_PARAM_GROUPS_H
#define LVK_RUNTIME_PARAM_GROUPS_H

#include "models/layers.h"

enum { LVK_MAX_PARAM_GROUP_RULES = 16, LVK_MAX_PARAM_GROUPS = LVK_MAX_PARAM_GROUP_RULES + 1 };

typedef struct lvk_rate_rule {
    const char *name; /* a part of the parsed text, without a NUL */
    size_t length;
    double scale; /* the factor of the learning rate, at least 0 */
} lvk_rate_rule;

/* Parameters that no rule fits are group 0, with scale 1; those of rule r are group r + 1. {0} has no
 * rules. */
typedef struct lvk_param_groups {
    int count;
    lvk_rate_rule rules[LVK_MAX_PARAM_GROUP_RULES];
} lvk_param_groups;

/* Parses rules such as "res5=0.1,conv4_x=0.01"; "" has no rules. `text` must outlive `scales`. */
LVK_MUST_USE lvk_status lvk_param_groups_parse(const char *text, lvk_param_groups *scales);

/* The group of a parameter. If several rules fit, the rule with the longest beginning of the name counts,
 * before a rule for the stage. */
int lvk_param_groups_find(const lvk_param_groups *scales, const lvk_graph *graph,
                          const lvk_parameter *parameter);

/* The factor of a group. */
double lvk_param_groups_scale(const lvk_param_groups *scales, int group);

/* Fails if a rule fits no parameter of the graph that has a gradient; the error line names the rule. */
LVK_MUST_USE lvk_status lvk_param_groups_check(const lvk_param_groups *scales, const lvk_graph *graph,
                                               const lvk_builder *builder);

#endif
