#version 450
#extension GL_GOOGLE_include_directive : require
#include "common/flat.glsl"
#include "common/relu.glsl"
#include "common/vectors.glsl"
#include "params/sum_rows.h"

/* True where the columns are a multiple of four. An invocation then sums four columns, else one. Neighbouring
 * invocations read neighbouring memory. */
layout(constant_id = 0) const bool VECTORS = true;

LVK_VECTORS(0, x);
layout(binding = 1) buffer Y {
    vec4 y[];
};

vec4 load(uint at) {
    return VECTORS ? LVK_LOAD(x, at) : vec4(LVK_LOAD_ELEMENT(x, at));
}

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i >= params.splits * params.lanes)
        return;
    const uint end = params.rows * params.lanes;
    const uint step = params.splits * params.lanes;
    vec4 sum = vec4(0.0);
    for (uint at = i; at < end; at += step)
        sum += load(at);
    sum *= params.factor;
    if (params.relu != 0u)
        sum = lvk_relu(sum);
    if (VECTORS) {
        y[i] = params.accumulate != 0u ? y[i] + sum : sum;
    } else {
        const uint at = i >> 2, part = i & 3u;
        y[at][part] = params.accumulate != 0u ? y[at][part] + sum.x : sum.x;
    }
}
