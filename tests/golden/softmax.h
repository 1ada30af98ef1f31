/* The case of softmax cross-entropy among the reference numbers. */
#ifndef TESTS_GOLDEN_SOFTMAX_H
#define TESTS_GOLDEN_SOFTMAX_H

#include "golden/trial.h"

void golden_build_softmax_cross_entropy(golden_trial *trial);

#endif
