/* The table of residual networks, against the figures of their papers and of the libraries that have them. */
#include "models/resnet_table.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static lvk_resnet_table table;
static lvk_resnet_tensor tensors[LVK_RESNET_MAX_TENSORS];

/* Numbers in all tensors, the classifier's included, less moving means and variances where `learnt`. */
static uint64_t count_numbers(const char *architecture, lvk_resnet_variant variant, bool learnt) {
    lvk_resnet_tensor classifier[2];
    lvk_resnet_table_init(&table, lvk_resnet_find(architecture), variant);
    lvk_resnet_classifier(&table, classifier);
    uint64_t numbers = lvk_type_count(&classifier[0].type) + lvk_type_count(&classifier[1].type);
    const size_t count = lvk_resnet_tensors(&table, tensors);
    for (size_t i = 0; i < count; ++i)
        if (!learnt || tensors[i].role < LVK_RESNET_MEAN)
            numbers += lvk_type_count(&tensors[i].type);
    return numbers;
}

/* Keras states all numbers (resnet50: "Total params: 25,636,712"), torchvision those that are learnt. */
Test(resnet_table, parameters) {
    cr_expect_eq(count_numbers("resnet50", LVK_RESNET_KERAS, false), 25636712);
    cr_expect_eq(count_numbers("resnet18", LVK_RESNET_TORCHVISION, true), 11689512);
    cr_expect_eq(count_numbers("resnet34", LVK_RESNET_TORCHVISION, true), 21797672);
    cr_expect_eq(count_numbers("resnet50", LVK_RESNET_TORCHVISION, true), 25557032);
    cr_expect_eq(count_numbers("resnet101", LVK_RESNET_TORCHVISION, true), 44549160);
}

static void expect_conv(uint32_t index, const char *text) {
    char line[128];
    const lvk_resnet_conv *c = &table.convs[index];
    snprintf(line, sizeof line, "%s %s %ux%u %u->%u stride %u pad %u%s", c->name, c->norm, c->kernel,
             c->kernel, c->in, c->out, c->stride, c->padding, c->relu ? " relu" : "");
    cr_expect_str_eq(line, text);
}

Test(resnet_table, convolutions) {
    lvk_resnet_table_init(&table, lvk_resnet_find("resnet50"), LVK_RESNET_KERAS);
    cr_assert_eq(table.conv_count, 53);
    expect_conv(0, "conv1 bn_conv1 7x7 3->64 stride 2 pad 3 relu");
    expect_conv(1, "res2a_branch2a bn2a_branch2a 1x1 64->64 stride 1 pad 0 relu");
    expect_conv(2, "res2a_branch2b bn2a_branch2b 3x3 64->64 stride 1 pad 1 relu");
    expect_conv(3, "res2a_branch2c bn2a_branch2c 1x1 64->256 stride 1 pad 0");
    expect_conv(4, "res2a_branch1 bn2a_branch1 1x1 64->256 stride 1 pad 0");
    expect_conv(11, "res3a_branch2a bn3a_branch2a 1x1 256->128 stride 2 pad 0 relu");
    expect_conv(12, "res3a_branch2b bn3a_branch2b 3x3 128->128 stride 1 pad 1 relu");
    expect_conv(14, "res3a_branch1 bn3a_branch1 1x1 256->512 stride 2 pad 0");
    expect_conv(52, "res5c_branch2c bn5c_branch2c 1x1 512->2048 stride 1 pad 0");
    lvk_resnet_table_init(&table, lvk_resnet_find("resnet50"), LVK_RESNET_TORCHVISION);
    expect_conv(11, "res3a_branch2a bn3a_branch2a 1x1 256->128 stride 1 pad 0 relu");
    expect_conv(12, "res3a_branch2b bn3a_branch2b 3x3 128->128 stride 2 pad 1 relu");
    lvk_resnet_table_init(&table, lvk_resnet_find("resnet18"), LVK_RESNET_TORCHVISION);
    expect_conv(1, "res2a_branch2a bn2a_branch2a 3x3 64->64 stride 1 pad 1 relu");
    expect_conv(2, "res2a_branch2b bn2a_branch2b 3x3 64->64 stride 1 pad 1");
    expect_conv(5, "res3a_branch2a bn3a_branch2a 3x3 64->128 stride 2 pad 1 relu");
    expect_conv(7, "res3a_branch1 bn3a_branch1 1x1 64->128 stride 2 pad 0");
    lvk_resnet_table_init(&table, lvk_resnet_find("resnet50-narrow"), LVK_RESNET_KERAS);
    expect_conv(52, "res5c_branch2c bn5c_branch2c 1x1 64->256 stride 1 pad 0");
}

/* For every row: blocks follow on each other, channels fit, and no two names are alike. */
Test(resnet_table, consistent) {
    for (const lvk_resnet_spec *spec = lvk_resnet_specs; spec->architecture; ++spec) {
        lvk_resnet_table_init(&table, spec, LVK_RESNET_TORCHVISION);
        uint32_t next = 1, channels = table.convs[0].out, projections = 0, total = 0;
        for (int i = 0; i < LVK_RESNET_STAGES; ++i) {
            cr_expect_leq(spec->blocks[i], LVK_RESNET_MAX_STAGE_BLOCKS);
            total += spec->blocks[i];
        }
        cr_assert_eq(table.block_count, total);
        for (uint32_t i = 0; i < table.block_count; ++i) {
            const lvk_resnet_block *block = &table.blocks[i];
            const uint32_t last = block->first_conv + block->conv_count - 1;
            cr_expect_eq(block->first_conv, next);
            cr_expect_eq(table.convs[block->first_conv].in, channels);
            for (uint32_t c = block->first_conv; c < last; ++c)
                cr_expect_eq(table.convs[c].out, table.convs[c + 1].in);
            if (block->projection) {
                cr_expect_eq(table.convs[last + 1].in, channels);
                cr_expect_eq(table.convs[last + 1].out, table.convs[last].out);
            } else {
                cr_expect_eq(table.convs[last].out, channels);
            }
            channels = table.convs[last].out;
            projections += block->projection;
            next = last + 1 + block->projection;
        }
        cr_expect_eq(next, table.conv_count);
        cr_expect_eq(channels, lvk_resnet_features(spec));
        cr_expect_eq(projections, spec->kind == LVK_RESNET_BASIC ? 3 : 4);
        const size_t count = lvk_resnet_tensors(&table, tensors);
        for (size_t i = 0; i < count; ++i)
            for (size_t j = 0; j < i; ++j)
                cr_expect_str_neq(tensors[i].name, tensors[j].name);
    }
}

Test(resnet_table, tensors) {
    static const char *const names[] = {
        "conv1/kernel",          "conv1/bias",           "bn_conv1/gamma",
        "bn_conv1/beta",         "bn_conv1/moving_mean", "bn_conv1/moving_variance",
        "res2a_branch2a/kernel", "res2a_branch2a/bias",  "bn2a_branch2a/gamma"};
    lvk_resnet_tensor classifier[2];
    lvk_resnet_table_init(&table, lvk_resnet_find("resnet50"), LVK_RESNET_KERAS);
    cr_assert_eq(lvk_resnet_tensors(&table, tensors), 318);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        cr_expect_str_eq(tensors[i].name, names[i]);
    const lvk_type kernel = lvk_type_4d(LVK_F32, 7, 7, 3, 64), fc = lvk_type_2d(LVK_F32, 2048, 1000);
    cr_expect(lvk_type_equal(&tensors[0].type, &kernel));
    lvk_resnet_classifier(&table, classifier);
    cr_expect_str_eq(classifier[0].name, "fc1000/kernel");
    cr_expect_str_eq(classifier[1].name, "fc1000/bias");
    cr_expect(lvk_type_equal(&classifier[0].type, &fc));
    lvk_resnet_table_init(&table, lvk_resnet_find("resnet50"), LVK_RESNET_TORCHVISION);
    cr_expect_eq(lvk_resnet_tensors(&table, tensors), 265);
    cr_expect_null(lvk_resnet_find("resnet"));
}

/* The stages of ResNet50 have 256 to 2048 channels, and end with these convolutions. */
Test(resnet_table, stages) {
    static const uint32_t features[] = {256, 512, 1024, 2048}, convs[] = {11, 24, 43, 53};
    lvk_resnet_table_init(&table, lvk_resnet_find("resnet50"), LVK_RESNET_KERAS);
    for (uint32_t stage = LVK_RESNET_FIRST_STAGE; stage <= LVK_RESNET_LAST_STAGE; ++stage) {
        const uint32_t i = stage - LVK_RESNET_FIRST_STAGE;
        char name[16];
        snprintf(name, sizeof name, "conv%u_x", (unsigned)stage);
        cr_expect_str_eq(lvk_resnet_stage_name(stage), name);
        cr_expect_eq(lvk_resnet_stage_find(name), stage);
        cr_expect_eq(lvk_resnet_stage_features(table.spec, stage), features[i]);
        cr_expect_eq(lvk_resnet_stage_convs(&table, stage), convs[i], "%s", name);
    }
    cr_expect_eq(lvk_resnet_stage_find("conv1"), 0);
    cr_expect_eq(lvk_resnet_stage_find("conv6_x"), 0);
    cr_expect_eq(lvk_resnet_stage_find(""), 0);
    cr_expect_eq(lvk_resnet_stage_features(lvk_resnet_find("resnet18"), 4), 256);
}
