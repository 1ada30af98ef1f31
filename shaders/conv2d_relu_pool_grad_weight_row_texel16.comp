#version 450
#extension GL_GOOGLE_include_directive : require
#define LVK_LANES 16
#define LVK_TEXELS 1
#define TAPS_H 1
#define CHANNELS 8
#define WIDTH 4
#include "conv2d_relu_pool_grad_weight_subgroup.glsl"
