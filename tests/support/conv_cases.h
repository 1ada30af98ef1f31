/* Small random convolutions for the case tables of conv2d and its gradients. */
#ifndef TESTS_SUPPORT_CONV_CASES_H
#define TESTS_SUPPORT_CONV_CASES_H

#include "ops/conv2d.h"
#include "selftest/cases.h"

typedef struct conv_drawn {
    lvk_conv2d_attributes conv;
    lvk_type x, w, y;
    bool bias;
} conv_drawn;

static inline conv_drawn conv_draw(const uint32_t *words) {
    static const uint32_t channels[] = {1, 2, 3, 4, 5, 8};
    const uint32_t kernel_h = 1 + words[0] % 4, kernel_w = words[1] % 3 ? 3 : 1 + words[1] / 3 % 5;
    const lvk_conv2d_attributes conv = {.stride_h = words[2] % 3 ? 1 : 2,
                                        .stride_w = words[3] % 3 ? 1 : 3,
                                        .pad_top = words[4] % 3,
                                        .pad_left = words[5] % 3,
                                        .pad_bottom = words[6] % 3,
                                        .pad_right = words[7] % 3};
    const uint32_t n = 1 + words[8] % 2, height = kernel_h + words[9] % 3, width = kernel_w + words[10] % 6;
    const uint32_t in = channels[words[11] % 6], out = channels[words[12] % 6];
    return (conv_drawn){
        .conv = conv,
        .x = lvk_type_4d(LVK_F32, n, height, width, in),
        .w = lvk_type_4d(LVK_F32, kernel_h, kernel_w, in, out),
        .y = lvk_type_4d(LVK_F32, n, (height + conv.pad_top + conv.pad_bottom - kernel_h) / conv.stride_h + 1,
                         (width + conv.pad_left + conv.pad_right - kernel_w) / conv.stride_w + 1, out),
        .bias = words[13] % 2};
}

#endif
