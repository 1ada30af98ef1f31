/* A step of Adam for four parameters `w` with gradients `g`, first moments `m` and second moments `v`. The
 * including shader defines LVK_HYPER, the binding of the hyperparameters. */
layout(binding = LVK_HYPER, std140) uniform Hyper {
    float alpha; /* src/ops/adam.h gives the order of these numbers */
    float rate1; /* 1 - beta1 */
    float rate2; /* 1 - beta2 */
    float epsilon;
}
hyper;

void lvk_adam(vec4 g, inout vec4 w, inout vec4 m, inout vec4 v) {
    m = m + (g - m) * hyper.rate1;
    v = v + (g * g - v) * hyper.rate2;
    w = w - hyper.alpha * m / (sqrt(v) + hyper.epsilon);
}
