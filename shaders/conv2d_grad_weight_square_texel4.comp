#version 450
#extension GL_GOOGLE_include_directive : require
#define LVK_LANES 4
#define LVK_TEXELS 1
#define TAPS_H 3
#define TAPS_W 3
#define CHANNELS 4
#define TAPS_STRIDE 1
#include "conv2d_grad_weight_subgroup.glsl"
