#version 450
#extension GL_GOOGLE_include_directive : require
#define LVK_LANES 4
#define LVK_TEXELS 0
#define LVK_RESIDUAL 1
#define LVK_TRANSPOSED 0
#include "conv2d_subgroup.glsl"
