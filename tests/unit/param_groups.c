/* Learning rates by layer: which rule a parameter takes. */
#include "runtime/param_groups.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static lvk_builder builder; /* large */

static const char *const layers[] = {"res4a", "res5a_1", "res5a_2", "dense"};

/* Dense layers, one after the other, the first three of stages 4, 5 and 5; the first is not trained. */
static void build(lvk_graph *graph) {
    lvk_graph_init(graph);
    builder = (lvk_builder){.graph = graph};
    int x = lvk_graph_input(graph, "x", lvk_type_2d(LVK_F32, 1, 3));
    for (int i = 0; i < 4; ++i) {
        builder.stage = i == 0 ? 4 : i < 3 ? 5 : 0;
        builder.frozen = i == 0;
        x = lvk_layer_dense(&builder, layers[i], x, 1, false);
    }
    lvk_graph_backward(graph, x);
    cr_assert_eq(lvk_graph_status(graph), LVK_OK, "%s", lvk_error_message());
}

/* The factor of a layer's kernel and of its bias. */
static double scale(const lvk_param_groups *scales, int layer, int bias) {
    return lvk_param_groups_scale(
        scales, lvk_param_groups_find(scales, builder.graph, &builder.parameters[2 * layer + bias]));
}

Test(param_groups, the_longest_beginning_counts) {
    lvk_graph graph;
    lvk_param_groups scales;
    build(&graph);
    cr_assert_eq(lvk_param_groups_parse("", &scales), LVK_OK);
    cr_expect_eq(scale(&scales, 0, 0), 1);
    cr_expect_eq(lvk_param_groups_check(&scales, &graph, &builder), LVK_OK);
    cr_assert_eq(lvk_param_groups_parse("res5a_2=0.25,res=0.5,conv5_x=0.125,conv4_x=3,dense/bias=0", &scales),
                 LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(scale(&scales, 0, 0), 0.5, "a beginning goes before a stage");
    cr_expect_eq(scale(&scales, 1, 1), 0.5);
    cr_expect_eq(scale(&scales, 2, 0), 0.25);
    cr_expect_eq(scale(&scales, 3, 0), 1);
    cr_expect_eq(scale(&scales, 3, 1), 0);
    cr_assert_eq(lvk_param_groups_parse("conv5_x=0.125,dense=1e-3", &scales), LVK_OK);
    cr_expect_eq(scale(&scales, 0, 0), 1);
    cr_expect_eq(scale(&scales, 1, 0), 0.125);
    cr_expect_eq(scale(&scales, 2, 1), 0.125);
    cr_expect_eq(scale(&scales, 3, 1), 1e-3);
    cr_expect_eq(lvk_param_groups_check(&scales, &graph, &builder), LVK_OK);
    lvk_graph_finish(&graph);
}

Test(param_groups, a_rule_for_nobody_is_named) {
    static const char *const names[] = {"res6", "conv4_x", "res4a", "conv5_", "dense/kernel2", "conv6_x"};
    lvk_graph graph;
    build(&graph);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        char text[64], says[64];
        lvk_param_groups scales;
        snprintf(text, sizeof text, "dense=0.5,%s=0.1", names[i]);
        snprintf(says, sizeof says, "--rate-scale %s:", names[i]);
        cr_assert_eq(lvk_param_groups_parse(text, &scales), LVK_OK, "%s", lvk_error_message());
        cr_expect_eq(lvk_param_groups_check(&scales, &graph, &builder), LVK_ERROR_ARGUMENT, "%s", names[i]);
        cr_expect_not_null(strstr(lvk_error_message(), says), "%s", lvk_error_message());
    }
    lvk_graph_finish(&graph);
}

Test(param_groups, what_is_no_rule_is_named) {
    static const char *const texts[][2] = {
        {"dense", "'dense'"},
        {"dense=", "'dense='"},
        {"=0.1", "'=0.1'"},
        {"a=0.1,", "''"},
        {"a=-1", "'a=-1'"},
        {"a=1001", "'a=1001'"},
        {"a=nan", "'a=nan'"},
        {"a=1,b=x", "'b=x'"},
        {"a=1,b=2,a=3", "a has"},
        {"a=0.1 ", "'a=0.1 '"},
        {"a=1=2", "'a=1=2'"},
        {"a=0.0000000000000000000000000000000000001", "'a=0.0"},
        {"a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1,l=1,m=1,n=1,o=1,p=1,q=1", "more than 16"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        lvk_param_groups scales;
        cr_expect_eq(lvk_param_groups_parse(texts[i][0], &scales), LVK_ERROR_ARGUMENT, "%s", texts[i][0]);
        cr_expect_not_null(strstr(lvk_error_message(), texts[i][1]), "%s", lvk_error_message());
    }
}
