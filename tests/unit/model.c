/* Every architecture can be built, whole and in parts, and has what its table says. */
#include "models/model.h"
#include "core/memory.h"
#include "models/resnet_table.h"
#include "ops/batchnorm.h"

#include <criterion/criterion.h>
#include <string.h>

static lvk_builder builder; /* large */

static uint64_t count_parameters(const lvk_model *model, const lvk_model_config *config, lvk_type *output) {
    lvk_graph graph;
    lvk_graph_init(&graph);
    builder = (lvk_builder){.graph = &graph, .keys = LVK_NONE};
    const int x = lvk_graph_input(&graph, "input", lvk_model_input(model, config, 2));
    const int y = model->build(&builder, x, config);
    cr_assert_eq(lvk_graph_status(&graph), LVK_OK, "%s: %s", model->architecture, lvk_error_message());
    *output = graph.tensors[y].type;
    const uint64_t count = lvk_model_parameter_count(&builder);
    lvk_graph_finish(&graph);
    return count;
}

/* Numbers of the weights without the classifier; `folded`: of convolutions and biases alone. */
static uint64_t count_weights(const lvk_resnet_spec *spec, lvk_resnet_variant variant, bool folded) {
    static lvk_resnet_table table;
    static lvk_resnet_tensor tensors[LVK_RESNET_MAX_TENSORS];
    uint64_t numbers = 0;
    lvk_resnet_table_init(&table, spec, variant);
    const size_t count = lvk_resnet_tensors(&table, tensors);
    for (size_t i = 0; i < count; ++i)
        if (!folded || tensors[i].role == LVK_RESNET_KERNEL || tensors[i].role == LVK_RESNET_BETA)
            numbers += lvk_type_count(&tensors[i].type);
    return numbers;
}

static void check_parts(const lvk_model *model, const lvk_resnet_spec *spec, lvk_resnet_variant variant) {
    const uint32_t features = lvk_resnet_features(spec);
    const lvk_type logits = lvk_type_2d(LVK_F32, 2, 1), rows = lvk_type_2d(LVK_F32, 2, features);
    lvk_model_config config = {.architecture = model->architecture, .head = "none", .variant = variant};
    lvk_type type;
    cr_expect_eq(count_parameters(model, &config, &type), count_weights(spec, variant, false) + features + 1,
                 "%s, whole", model->architecture);
    cr_expect(lvk_type_equal(&type, &logits));
    config.part = LVK_MODEL_BACKBONE;
    config.folded = true;
    cr_expect_eq(count_parameters(model, &config, &type), count_weights(spec, variant, true),
                 "%s, folded backbone", model->architecture);
    cr_expect(lvk_type_equal(&type, &rows), "%s: features", model->architecture);
    config.part = LVK_MODEL_HEAD;
    cr_expect_eq(count_parameters(model, &config, &type), features + 1, "%s, head", model->architecture);
    cr_expect_eq(model->features, features, "%s", model->architecture);
}

/* Four convolutions with their norms' four vectors each, and the logit's dense layer; folded, a bias stands
 * in the place of four vectors. */
Test(model, the_compact_net_has_its_parameters) {
    const uint64_t kernels = 9 * (3 * 32 + 32 * 64 + 64 * 128 + 128 * 256), channels = 32 + 64 + 128 + 256;
    const lvk_model *model = lvk_model_find("cnn-gap");
    lvk_model_config config = {.architecture = "cnn-gap", .batch_statistics = true};
    const lvk_type logits = lvk_type_2d(LVK_F32, 2, 1);
    lvk_type type;
    cr_expect_eq(count_parameters(model, &config, &type), kernels + 4 * channels + 256 + 1);
    cr_expect(lvk_type_equal(&type, &logits));
    config.folded = true;
    cr_expect_eq(count_parameters(model, &config, &type), kernels + channels + 256 + 1);
}

/* Of images of any size: what is learnt is the same, and there is one logit for each image. */
Test(model, images_may_have_other_sizes) {
    static const char *const names[] = {"cnn-gap", "resnet18"};
    static const uint32_t sizes[] = {LVK_LEAST_IMAGE_SIZE, 97, 300};
    const lvk_type logits = lvk_type_2d(LVK_F32, 2, 1);
    for (size_t m = 0; m < sizeof names / sizeof *names; ++m) {
        const lvk_model *model = lvk_model_find(names[m]);
        lvk_model_config config = {.architecture = names[m], .head = "none"};
        lvk_type type;
        const uint64_t parameters = count_parameters(model, &config, &type);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
            config.image_size = sizes[i];
            cr_expect_eq(lvk_model_check_size(model, sizes[i]), LVK_OK);
            cr_expect_eq(lvk_model_input(model, &config, 2).dim[1], sizes[i]);
            cr_expect_eq(count_parameters(model, &config, &type), parameters, "%s, %u pixels", names[m],
                         sizes[i]);
            cr_expect(lvk_type_equal(&type, &logits));
        }
    }
    cr_expect_eq(lvk_model_check_size(lvk_model_find("cnn"), 224), LVK_OK);
    cr_expect_eq(lvk_model_check_size(lvk_model_find("cnn"), 112), LVK_ERROR_ARGUMENT);
}

/* The norms of a network, folded or not, have its variant's epsilon. */
Test(model, norms_have_the_epsilon_of_the_variant) {
    static const float epsilons[LVK_RESNET_VARIANTS] = {1e-3F, 1e-5F, 1.001e-5F};
    for (int v = 0; v < LVK_RESNET_VARIANTS; ++v) {
        const lvk_model *model = lvk_model_find("resnet50-narrow");
        const lvk_model_config config = {.architecture = "resnet50-narrow", .variant = (lvk_resnet_variant)v};
        lvk_graph graph;
        size_t norms = 0;
        lvk_graph_init(&graph);
        builder = (lvk_builder){.graph = &graph, .keys = LVK_NONE};
        model->build(&builder, lvk_graph_input(&graph, "input", lvk_model_input(model, &config, 1)), &config);
        cr_assert_eq(lvk_graph_status(&graph), LVK_OK, "%s", lvk_error_message());
        for (size_t n = 0; n < graph.node_count; ++n) {
            if (graph.nodes[n].call.op != LVK_OP_batchnorm_inference)
                continue;
            const lvk_batchnorm_attributes *attributes = graph.nodes[n].call.attributes;
            cr_expect_eq(attributes->epsilon, epsilons[v]);
            ++norms;
        }
        cr_expect_eq(norms, 53);
        lvk_graph_finish(&graph);
    }
}

/* A backbone that ends with conv4_x has the parameters of the whole one up to there, and a head of its width. */
Test(model, a_backbone_ends_with_a_stage) {
    const lvk_model *model = lvk_model_find("resnet50");
    static lvk_resnet_table table;
    static lvk_resnet_tensor tensors[LVK_RESNET_MAX_TENSORS];
    const lvk_type rows = lvk_type_2d(LVK_F32, 2, 1024);
    lvk_type type;
    uint64_t numbers = 0;
    lvk_resnet_table_init(&table, lvk_resnet_find("resnet50"), LVK_RESNET_KERAS);
    const size_t count = lvk_resnet_tensors(&table, tensors);
    for (size_t i = 0; i < count; ++i)
        if (tensors[i].name[3] != '5' && tensors[i].name[2] != '5')
            numbers += lvk_type_count(&tensors[i].type);
    lvk_model_config config = {.architecture = "resnet50", .head = "none", .feature_stage = 4};
    cr_expect_eq(count_parameters(model, &config, &type), numbers + 1024 + 1);
    config.part = LVK_MODEL_BACKBONE;
    cr_expect_eq(count_parameters(model, &config, &type), numbers);
    cr_expect(lvk_type_equal(&type, &rows));
    config.part = LVK_MODEL_HEAD;
    config.head = "standardize";
    cr_expect_eq(count_parameters(model, &config, &type), 1024 + 1 + 4 * 1024);
    config.folded = true;
    cr_expect_eq(count_parameters(model, &config, &type), 1024 + 1);
}

Test(model, every_architecture_is_built) {
    size_t residual = 0, rows = 0;
    const char *name;
    for (size_t i = 0; (name = lvk_architecture_name(i)) != NULL; ++i) {
        const lvk_resnet_spec *spec = lvk_resnet_find(name);
        lvk_model_summary *summary;
        cr_expect_eq(lvk_model_summary_create(name, &summary), LVK_OK, "%s: %s", name, lvk_error_message());
        lvk_model_summary_destroy(&summary);
        if (!spec)
            continue;
        ++residual;
        for (int variant = 0; variant < LVK_RESNET_VARIANTS; ++variant)
            check_parts(lvk_model_find(name), spec, (lvk_resnet_variant)variant);
    }
    while (lvk_resnet_specs[rows].architecture)
        ++rows;
    cr_expect_eq(residual, rows, "a row of the table is no architecture");
}
