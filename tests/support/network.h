/* Small networks for tests, and training data that is the same every time. */
#ifndef LVK_TEST_NETWORK_H
#define LVK_TEST_NETWORK_H

#include "runtime/network.h"

/* The model cnn with dropout and an L2 penalty, a batch of two images, trained by Adam. */
extern const lvk_network_config test_small_network;

/* The compact model on small images with dropout; in place of the model above, it takes a hundredth of the
 * time. */
extern const lvk_model_config test_compact_model;

/* Creates a network, with the initial parameters of seed 1. */
lvk_network *test_network(lvk_backend *backend, const lvk_network_config *config);

/* Reads the whole block of parameters, block_size bytes, which the caller frees with lvk_free. */
float *test_parameters(lvk_network *network);

/* Fills `values` with numbers in [0, 1) that depend on `sample` alone. */
void test_fill(float *values, size_t count, uint32_t sample);

/* Trains one step, with images, labels and keys that depend on `step` (from 0) alone. */
lvk_status test_train_step(lvk_network *network, uint32_t step, float *loss);

#endif
