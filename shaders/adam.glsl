/* A step of Adam for four parameters. LVK_HYPER: the binding of the hyperparameters. */
layout(binding = LVK_HYPER, std140) uniform Hyper {
    float alpha; /* the order of src/ops/adam.h */
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
