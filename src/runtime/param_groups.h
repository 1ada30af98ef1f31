/* Learning rates that differ by layer: rules from the beginning of parameters' names, or from a stage of the
 * backbone, to factors of the learning rate (discriminative fine-tuning: Howard, Ruder, ACL 2018). */
#ifndef LVK_RUNTIME_PARAM_GROUPS_H
#define LVK_RUNTIME_PARAM_GROUPS_H

#include "models/layers.h"

enum { LVK_MAX_PARAM_GROUP_RULES = 16, LVK_MAX_PARAM_GROUPS = LVK_MAX_PARAM_GROUP_RULES + 1 };

typedef struct lvk_rate_rule {
    const char *name; /* not terminated, a part of the text that was parsed */
    size_t length;
    double scale; /* 0 and more */
} lvk_rate_rule;

/* Parameters that no rule fits are group 0, with scale 1; those of rule r are group r + 1. {0}: no rules. */
typedef struct lvk_param_groups {
    int count;
    lvk_rate_rule rules[LVK_MAX_PARAM_GROUP_RULES];
} lvk_param_groups;

/* Reads "res5=0.1,conv4_x=0.01"; "": no rules. `text` outlives the scales. */
LVK_MUST_USE lvk_status lvk_param_groups_parse(const char *text, lvk_param_groups *scales);

/* The group of a parameter: the rule with the longest beginning of its name, else that of its stage. */
int lvk_param_groups_find(const lvk_param_groups *scales, const lvk_graph *graph,
                          const lvk_parameter *parameter);

/* The factor of a group. */
double lvk_param_groups_scale(const lvk_param_groups *scales, int group);

/* Fails, with the rule's name, when a rule fits no parameter of the graph that has a gradient. */
LVK_MUST_USE lvk_status lvk_param_groups_check(const lvk_param_groups *scales, const lvk_graph *graph,
                                               const lvk_builder *builder);

#endif
