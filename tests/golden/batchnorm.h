/* The cases of batch normalization among the reference numbers. */
#ifndef TESTS_GOLDEN_BATCHNORM_H
#define TESTS_GOLDEN_BATCHNORM_H

#include "golden/trial.h"

/* Builds batchnorm with its moving averages, or batchnorm_inference, by the file's "mode". */
void golden_build_batchnorm(golden_trial *trial);

#endif
