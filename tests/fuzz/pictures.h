/* A small data set in the scratch folder: twelve drawn pictures of six people and two classes. */
#ifndef LEUKVK_TESTS_FUZZ_PICTURES_H
#define LEUKVK_TESTS_FUZZ_PICTURES_H

#include "leukvk/dataset.h"

#define FUZZ_PICTURES "pictures" /* its folder in the scratch folder */

/* Writes the pictures and reads the data set, which lives until the program ends. */
const lvk_dataset *fuzz_dataset(void);

#endif
