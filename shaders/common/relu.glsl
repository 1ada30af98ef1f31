#ifndef LVK_RELU_GLSL
#define LVK_RELU_GLSL
/* NaN stays NaN: max() may drop it. */
vec4 lvk_relu(vec4 v) {
    return mix(v, vec4(0.0), lessThan(v, vec4(0.0)));
}
#endif
