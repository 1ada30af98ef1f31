/* The shape of a convolution as specialization constants, which lvk_conv_shape_constants() sets. They are
 * constants because software drivers divide a vector of integers one lane after the other, unless they know
 * the divisor when they compile the shader. */
layout(constant_id = 0) const int in_h = 1;
layout(constant_id = 1) const int in_w = 1;
layout(constant_id = 2) const int in_c = 4; /* padded to a multiple of 4 */
layout(constant_id = 3) const int out_h = 1;
layout(constant_id = 4) const int out_w = 1;
layout(constant_id = 5) const int out_c = 4;
const int in4 = in_c / 4, out4 = out_c / 4, pool_h = out_h / 2, pool_w = out_w / 2;
