/* Model files that are drawn from an input: whole ones, but for what the input changes. */
#ifndef LEUKVK_TESTS_FUZZ_MODELS_H
#define LEUKVK_TESTS_FUZZ_MODELS_H

#include "support.h"

/* Writes a model file of the scratch folder by lines, and returns its path; NULL: what the lines describe is no network,
 * or too large a one.
 *   KEY=VALUE    an entry of the metadata        KEY     an entry that is left out
 *   @NAME=3,4    the shape of a tensor           @NAME   a tensor that is left out
 *   #            the lines behind it are of the next member of a joined model */
const char *fuzz_model(const char *name, fuzz_input lines);

#endif
