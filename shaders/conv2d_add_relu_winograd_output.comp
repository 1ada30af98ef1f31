#version 450
#extension GL_GOOGLE_include_directive : require
#define LVK_RESIDUAL 1
#include "conv2d_winograd_output.glsl"
