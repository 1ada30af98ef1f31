#include "reference/reference.h"

/* The number of sums to which a loop adds in turn. With one sum, each addition would wait for the one
 * before. */
enum { SIDE_BY_SIDE = 16 };

static uint64_t at_most(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* y[n,o] = b[o] + sum over i of x[n,i] * w[i,o] */
void lvk_reference_dense(const lvk_reference_args *args) {
    const lvk_real *x = args->inputs[0], *w = args->inputs[1],
                   *b = args->call->input_count > 2 ? args->inputs[2] : NULL;
    lvk_real *y = args->outputs[0];
    const uint64_t rows = args->call->inputs[0].dim[0], inputs = args->call->inputs[1].dim[0];
    const uint64_t outputs = args->call->inputs[1].dim[1];
    for (uint64_t n = 0; n < rows; ++n)
        for (uint64_t o = 0; o < outputs; o += SIDE_BY_SIDE) {
            const uint64_t side = at_most(outputs - o, SIDE_BY_SIDE);
            double sum[SIDE_BY_SIDE] = {0};
            for (uint64_t j = 0; b && j < side; ++j)
                sum[j] = b[o + j];
            for (uint64_t i = 0; i < inputs; ++i)
                for (uint64_t j = 0; j < side; ++j)
                    sum[j] += (double)x[n * inputs + i] * w[i * outputs + o + j];
            for (uint64_t j = 0; j < side; ++j)
                y[n * outputs + o + j] = (lvk_real)sum[j];
        }
}

/* y = relu(dense(x, w, b)) */
void lvk_reference_dense_relu(const lvk_reference_args *args) {
    lvk_reference_dense(args);
    lvk_real *y = args->outputs[0];
    const uint64_t count = lvk_type_count(&args->call->outputs[0]);
    for (uint64_t i = 0; i < count; ++i)
        y[i] = y[i] < 0 ? 0 : y[i]; /* NaN stays NaN */
}

/* dx[n,i] = sum over o of dy[n,o] * w[i,o] */
void lvk_reference_dense_grad_input(const lvk_reference_args *args) {
    const lvk_real *dy = args->inputs[0], *w = args->inputs[1];
    lvk_real *dx = args->outputs[0];
    const uint64_t rows = args->call->inputs[0].dim[0], inputs = args->call->inputs[1].dim[0];
    const uint64_t outputs = args->call->inputs[1].dim[1];
    for (uint64_t n = 0; n < rows; ++n)
        for (uint64_t i = 0; i < inputs; ++i) {
            double sum = 0;
            for (uint64_t o = 0; o < outputs; ++o)
                sum += (double)dy[n * outputs + o] * w[i * outputs + o];
            dx[n * inputs + i] = (lvk_real)sum;
        }
}

/* dw[i,o] = sum over n of x[n,i] * dy[n,o] */
void lvk_reference_dense_grad_weight(const lvk_reference_args *args) {
    const lvk_real *x = args->inputs[0], *dy = args->inputs[1];
    lvk_real *dw = args->outputs[0];
    const uint64_t rows = args->call->inputs[0].dim[0], inputs = args->call->inputs[0].dim[1];
    const uint64_t outputs = args->call->inputs[1].dim[1];
    for (uint64_t i = 0; i < inputs; ++i)
        for (uint64_t o = 0; o < outputs; o += SIDE_BY_SIDE) {
            const uint64_t side = at_most(outputs - o, SIDE_BY_SIDE);
            double sum[SIDE_BY_SIDE] = {0};
            for (uint64_t n = 0; n < rows; ++n)
                for (uint64_t j = 0; j < side; ++j)
                    sum[j] += (double)x[n * inputs + i] * dy[n * outputs + o + j];
            for (uint64_t j = 0; j < side; ++j)
                dw[i * outputs + o + j] = (lvk_real)sum[j];
        }
}
