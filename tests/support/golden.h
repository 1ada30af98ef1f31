/* Reference numbers from outside (PyTorch in double precision), and the inputs that they belong to: JSON
 * files in tests/golden/numbers, tensors rebuilt bit for bit from a formula of (stream, element).
 * tools/golden/README.md has the formula and the scripts that made the files.
 *
 * A file that is missing or not what it should be fails the test with its name and the reason. Lists are
 * row-major. Memory from here is freed with lvk_free, JSON with json_decref. */
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include "backend/type.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The file of that name in tests/golden/numbers, or in another folder, whole. */
json_t *golden_load(const char *name);
json_t *golden_load_from(const char *folder, const char *name);

/* Members that must be there; what they give lives as long as the object. */
const json_t *golden_member(const json_t *object, const char *key);
double golden_number(const json_t *object, const char *key);
const char *golden_text(const json_t *object, const char *key);

/* The member `name` of the list `objects` whose "name" it is; NULL: there is none. */
const json_t *golden_find(const json_t *objects, const char *name);

/* A list of numbers. */
double *golden_list(const json_t *list, uint64_t *count);

/* "shape" as a type of floats; a scalar's empty shape becomes [1]. */
lvk_type golden_type(const json_t *object);

/* The formula. splitmix64 is Vigna's (public domain, 2015): one step from state x. */
uint64_t golden_splitmix64(uint64_t x);
float golden_unit(uint64_t element, uint32_t stream);                 /* [0, 1), a multiple of 2^-24 */
float golden_uniform(uint64_t element, uint32_t stream, float scale); /* [-scale, scale) */

/* An image batch [n, h, w, c], noise over a coarse pattern of blocks of block × block pixels. */
void golden_image(const lvk_type *type, uint32_t stream, uint32_t coarse_stream, uint32_t block,
                  float *values);

/* The elements of a tensor from its description ("shape", "kind", "stream", ...). False: its kind is no
 * formula but a list. */
bool golden_fill(const json_t *description, float *values);

/* The element that is sample `j` of a tensor of `count` elements of which `samples` are stored. */
uint64_t golden_sample(uint32_t sample_stream, uint64_t j, uint64_t samples, uint64_t count);

#endif
