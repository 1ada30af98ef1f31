#version 450
#extension GL_GOOGLE_include_directive : require
#define LVK_LANES 4
#define LVK_TEXELS 0
#define TAPS_H 3
#define CHANNELS 3
#define WIDTH 4
#include "conv2d_relu_pool_grad_weight_subgroup.glsl"
