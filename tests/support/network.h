/* Networks under test, and numbers to train them with that are the same every time. */
#ifndef LVK_TEST_NETWORK_H
#define LVK_TEST_NETWORK_H

#include "runtime/network.h"

/* The cnn with dropout and a penalty, two images a batch, trained by Adam. */
extern const lvk_network_config test_small_network;

/* The compact net on small images with dropout, in place of its model: a hundredth of the work. */
extern const lvk_model_config test_compact_model;

/* With the parameters that seed 1 gives. */
lvk_network *test_network(lvk_backend *backend, const lvk_network_config *config);

/* The whole block of parameters, block_size bytes, for lvk_free. */
float *test_parameters(lvk_network *network);

/* Numbers in [0, 1) that depend on `sample` alone. */
void test_fill(float *values, size_t count, uint32_t sample);

/* One step with images, labels and keys that depend on `step`, from 0, alone. */
lvk_status test_train_step(lvk_network *network, uint32_t step, float *loss);

#endif
