#version 450
#extension GL_GOOGLE_include_directive : require
#define LVK_LANES 16
#define LVK_TEXELS 1
#define TAPS_H 1
#define TAPS_W 1
#define CHANNELS 16
#define TAPS_STRIDE 1
#include "conv2d_grad_weight_subgroup.glsl"
