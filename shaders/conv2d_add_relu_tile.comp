#version 450
#extension GL_GOOGLE_include_directive : require
#define LVK_POOL 0
#define LVK_RESIDUAL 1
#include "conv2d_tile.glsl"
