/* Small random pooled convolutions for the case tables of conv2d_relu_pool and its gradients. */
#ifndef TESTS_SUPPORT_CONV_POOL_CASES_H
#define TESTS_SUPPORT_CONV_POOL_CASES_H

#include "ops/conv2d.h"
#include "selftest/cases.h"

typedef struct conv_pool_drawn {
    lvk_conv2d_attributes conv;
    lvk_type x, w, y, index;
    bool bias;
} conv_pool_drawn;

static inline conv_pool_drawn conv_pool_draw(const uint32_t *words) {
    static const uint32_t in_channels[] = {1, 3, 3, 4, 5, 8}, out_channels[] = {1, 4, 5, 8, 12, 16};
    const uint32_t kernel = words[0] % 4 ? 3 : 1 + words[0] / 4 % 4;
    const lvk_conv2d_attributes conv = {.stride_h = 1,
                                        .stride_w = 1,
                                        .pad_top = words[2] % 3,
                                        .pad_left = words[3] % 3,
                                        .pad_bottom = words[4] % 3,
                                        .pad_right = words[5] % 3};
    const uint32_t n = 1 + words[6] % 3, height = kernel + 1 + words[7] % 5,
                   width = kernel + 1 + words[8] % 12;
    const uint32_t in = in_channels[words[9] % 6], out = out_channels[words[10] % 6];
    const lvk_type y = lvk_type_4d(LVK_F32, n, (height + conv.pad_top + conv.pad_bottom - kernel + 1) / 2,
                                   (width + conv.pad_left + conv.pad_right - kernel + 1) / 2, out);
    lvk_type index = y;
    index.dtype = LVK_U8;
    return (conv_pool_drawn){.conv = conv,
                             .x = lvk_type_4d(LVK_F32, n, height, width, in),
                             .w = lvk_type_4d(LVK_F32, kernel, kernel, in, out),
                             .y = y,
                             .index = index,
                             .bias = words[11] % 2};
}

#endif
