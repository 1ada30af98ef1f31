/* The text that describes a head, and the layers that it becomes. */
#include "models/head.h"
#include "models/model.h"

#include <criterion/criterion.h>
#include <string.h>

Test(head, is_read) {
    lvk_head head;
    cr_assert_eq(lvk_head_parse("dense:64,dropout:0.25,dense:8", &head), LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(head.count, 3);
    cr_expect_eq(head.layers[0].units, 64);
    cr_expect_eq(head.layers[1].units, 0);
    cr_expect_eq(head.layers[1].rate, 0.25);
    cr_expect_eq(head.layers[2].units, 8);
    cr_expect_not(head.standardize);
    cr_assert_eq(lvk_head_parse("none", &head), LVK_OK);
    cr_expect_eq(head.count, 0);
    cr_assert_eq(lvk_head_parse("standardize", &head), LVK_OK, "%s", lvk_error_message());
    cr_expect(head.standardize && head.count == 0);
    cr_assert_eq(lvk_head_parse("standardize,dropout:0.5,dense:8", &head), LVK_OK, "%s", lvk_error_message());
    cr_expect(head.standardize && head.count == 2 && head.layers[1].units == 8);
}

Test(head, mistakes_are_named) {
    static const char *const wrong[] = {"dense",
                                        "dense:",
                                        "dense:0",
                                        "dense:1.5",
                                        "dense:64,",
                                        "dense:-1",
                                        "dense:6e9",
                                        "dropout:1",
                                        "dropout:-.1",
                                        "dropout:nan",
                                        "relu:3",
                                        "dense:64 ",
                                        "dense:0x40",
                                        ",dense:64",
                                        "dense:64;dense:2",
                                        "dropout:1e-400000x",
                                        "dense:64,standardize",
                                        "standardize,standardize",
                                        "standardize:1",
                                        "standardize,"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        lvk_head head;
        cr_expect_eq(lvk_head_parse(wrong[i], &head), LVK_ERROR_ARGUMENT, "%s", wrong[i]);
        cr_expect_not_null(strstr(lvk_error_message(), "--head"), "%s", lvk_error_message());
    }
}

Test(head, layers_have_keras_names) {
    static const char *const names[] = {"dense/kernel", "dense/bias",     "dense_1/kernel",
                                        "dense_1/bias", "dense_2/kernel", "dense_2/bias"};
    static lvk_builder builder;
    lvk_graph graph;
    lvk_head head;
    lvk_graph_init(&graph);
    builder = (lvk_builder){.graph = &graph, .keys = LVK_NONE};
    cr_assert_eq(lvk_head_parse("dense:7,dropout:0.5,dense:3", &head), LVK_OK);
    const int x = lvk_graph_input(&graph, "features", lvk_type_2d(LVK_F32, 4, 20));
    const int logits = lvk_head_build(&builder, x, &head, false, 5);
    cr_assert_eq(lvk_graph_status(&graph), LVK_OK, "%s", lvk_error_message());
    const lvk_type type = lvk_type_2d(LVK_F32, 4, 5);
    cr_expect(lvk_type_equal(&graph.tensors[logits].type, &type));
    cr_assert_eq(builder.parameter_count, sizeof names / sizeof *names);
    for (size_t p = 0; p < builder.parameter_count; ++p)
        cr_expect_str_eq(graph.tensors[builder.parameters[p].tensor].name, names[p]);
    lvk_graph_finish(&graph);
}

/* In training the standardization is a layer of its own, whose numbers are not trained; for inference it is none. */
Test(head, a_standardization_is_a_layer_or_folded) {
    static const char *const names[] = {
        "standardize/gamma", "standardize/beta", "standardize/moving_mean", "standardize/moving_variance",
        "dense/kernel",      "dense/bias",       "dense_1/kernel",          "dense_1/bias"};
    static lvk_builder builder;
    for (int folded = 0; folded < 2; ++folded) {
        const size_t first = folded ? 4 : 0;
        lvk_graph graph;
        lvk_head head;
        lvk_graph_init(&graph);
        builder = (lvk_builder){.graph = &graph, .keys = LVK_NONE};
        cr_assert_eq(lvk_head_parse("standardize,dropout:0.5,dense:3", &head), LVK_OK);
        const int x = lvk_graph_input(&graph, "features", lvk_type_2d(LVK_F32, 4, 20));
        (void)lvk_head_build(&builder, x, &head, folded, 1);
        cr_assert_eq(lvk_graph_status(&graph), LVK_OK, "%s", lvk_error_message());
        cr_assert_eq(builder.parameter_count, 8 - first);
        for (size_t p = 0; p < builder.parameter_count; ++p) {
            const lvk_parameter *parameter = &builder.parameters[p];
            cr_expect_str_eq(graph.tensors[parameter->tensor].name, names[first + p]);
            cr_expect_eq(graph.tensors[parameter->tensor].trainable, first + p >= 4, "%s", names[first + p]);
            cr_expect_eq(parameter->norm != NULL, folded && p < 2, "%s", names[first + p]);
        }
        lvk_graph_finish(&graph);
    }
}

/* One logit of two classes, one a class of more, whatever the architecture. */
Test(head, logits_of_every_architecture) {
    static lvk_builder builder;
    const char *name;
    for (size_t i = 0; (name = lvk_architecture_name(i)); ++i) {
        for (uint32_t classes = 0; classes <= 5; ++classes) {
            const lvk_model_config config = {.architecture = name, .classes = classes};
            const lvk_model *model = lvk_model_find(name);
            const lvk_type expected = lvk_type_2d(LVK_F32, 2, classes > 2 ? classes : 1);
            lvk_graph graph;
            lvk_graph_init(&graph);
            builder = (lvk_builder){.graph = &graph, .keys = LVK_NONE};
            const int x = lvk_graph_input(&graph, "input", lvk_model_input(model, &config, 2));
            const int logits = model->build(&builder, x, &config);
            cr_assert_eq(lvk_graph_status(&graph), LVK_OK, "%s", lvk_error_message());
            cr_expect(lvk_type_equal(&graph.tensors[logits].type, &expected), "%s, %u classes", name,
                      classes);
            lvk_graph_finish(&graph);
        }
    }
}
