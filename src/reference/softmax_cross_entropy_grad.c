#include "reference/reference.h"

#include <math.h>

/* dz[n][k] = dloss weight[n] (p[k] - (k == target)), where p[k] = exp(z[n][k] - m) / sum over j of
 * exp(z[n][j] - m) and m is the largest logit of row n. For the target, p - 1 is computed as minus the sum of
 * the other classes' p, which loses no digits. */
void lvk_reference_softmax_cross_entropy_grad(const lvk_reference_args *args) {
    const lvk_real *labels = args->inputs[1], *dloss = args->inputs[2];
    const uint32_t rows = args->call->inputs[0].dim[0], classes = args->call->inputs[0].dim[1];
    for (uint32_t n = 0; n < rows; ++n) {
        const lvk_real *z = (const lvk_real *)args->inputs[0] + (uint64_t)n * classes;
        lvk_real *dz = (lvk_real *)args->outputs[0] + (uint64_t)n * classes;
        const double target = (double)labels[2 * n], slope = (double)*dloss * (double)labels[2 * n + 1];
        double largest = (double)z[0], all = 0, others = 0;
        for (uint32_t k = 1; k < classes; ++k)
            largest = fmax(largest, (double)z[k]);
        for (uint32_t k = 0; k < classes; ++k) {
            const double e = exp((double)z[k] - largest);
            all += e;
            others += (double)k == target ? 0 : e;
        }
        for (uint32_t k = 0; k < classes; ++k)
            dz[k] = (lvk_real)(slope * ((double)k == target ? -others : exp((double)z[k] - largest)) / all);
    }
}
