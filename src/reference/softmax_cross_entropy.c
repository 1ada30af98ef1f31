#include "reference/reference.h"

#include <math.h>

/* loss = sum over n of weight[n] (log(sum over k of exp(z[n][k] - m)) + m - z[n][target]), where m is the
 * largest logit of row n. Since the term of m in the inner sum is 1, the logarithm is log1p of the other
 * terms. */
void lvk_reference_softmax_cross_entropy(const lvk_reference_args *args) {
    const lvk_real *labels = args->inputs[1];
    const uint32_t rows = args->call->inputs[0].dim[0], classes = args->call->inputs[0].dim[1];
    lvk_real *loss = args->outputs[0];
    double sum = 0;
    for (uint32_t n = 0; n < rows; ++n) {
        const lvk_real *z = (const lvk_real *)args->inputs[0] + (uint64_t)n * classes;
        uint32_t largest = 0;
        for (uint32_t k = 1; k < classes; ++k)
            largest = z[k] > z[largest] ? k : largest;
        double others = 0, gap = 0;
        for (uint32_t k = 0; k < classes; ++k) {
            others += k == largest ? 0 : exp((double)z[k] - (double)z[largest]);
            gap = (double)k == (double)labels[2 * n] ? (double)z[largest] - (double)z[k] : gap;
        }
        sum += (double)labels[2 * n + 1] * (log1p(others) + gap);
    }
    *loss = (lvk_real)sum;
}
