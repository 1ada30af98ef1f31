#version 450
#extension GL_GOOGLE_include_directive : require
#define LVK_TEXELS 1
#include "dense_gemv.glsl"
