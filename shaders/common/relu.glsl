#ifndef LVK_RELU_GLSL
#define LVK_RELU_GLSL
/* NaN stays NaN. Therefore the function is not max(v, 0), which may return 0 for NaN. */
vec4 lvk_relu(vec4 v) {
    return mix(v, vec4(0.0), lessThan(v, vec4(0.0)));
}
#endif
