#version 450
#extension GL_GOOGLE_include_directive : require
#define LVK_POOL 1
#include "conv2d_tile.glsl"
