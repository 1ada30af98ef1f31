#version 450
#extension GL_GOOGLE_include_directive : require
#define LVK_LANES 4
#define LVK_TEXELS 0
#include "conv2d_relu_pool_grad_input_subgroup.glsl"
