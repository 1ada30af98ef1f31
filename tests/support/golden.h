/* Golden numbers: results that PyTorch computed in double precision, in JSON files in tests/golden/numbers.
 * The inputs that belong to them are tensors that a formula of (stream, element) gives bit for bit.
 * tools/golden/README.md has the formula and the scripts that made the files.
 *
 * A file that is missing or wrong fails the test with the file's name and the reason. Lists are row-major.
 * The caller frees memory with lvk_free, JSON with json_decref. */
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include "backend/type.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Loads the file `name` from tests/golden/numbers, or from another folder. */
json_t *golden_load(const char *name);
json_t *golden_load_from(const char *folder, const char *name);

/* A member of an object, or the number that it is. A missing member fails the test. What is returned lives as
 * long as the object. */
const json_t *golden_member(const json_t *object, const char *key);
double golden_number(const json_t *object, const char *key);
const char *golden_text(const json_t *object, const char *key);

/* The object of the list `objects` whose "name" is `name`; NULL: there is none. */
const json_t *golden_find(const json_t *objects, const char *name);

/* Copies a list of numbers into new memory, and sets `count`. */
double *golden_list(const json_t *list, uint64_t *count);

/* The object's "shape" as a type of floats; the empty shape of a scalar becomes [1]. */
lvk_type golden_type(const json_t *object);

/* The formula. golden_splitmix64 is one step of Vigna's splitmix64 (public domain, 2015) from state x. */
uint64_t golden_splitmix64(uint64_t x);
float golden_unit(uint64_t element, uint32_t stream);                 /* [0, 1), a multiple of 2^-24 */
float golden_uniform(uint64_t element, uint32_t stream, float scale); /* [-scale, scale) */

/* Fills a batch of images [n, h, w, c] with noise over a coarse pattern of squares of block x block
 * pixels. */
void golden_image(const lvk_type *type, uint32_t stream, uint32_t coarse_stream, uint32_t block,
                  float *values);

/* Fills the elements of a tensor by its description ("shape", "kind", "stream", ...). False if its kind is a
 * list, not a formula. */
bool golden_fill(const json_t *description, float *values);

/* The number of the element that is sample `j` of a tensor with `count` elements, of which `samples` are
 * stored. */
uint64_t golden_sample(uint32_t sample_stream, uint64_t j, uint64_t samples, uint64_t count);

#endif
