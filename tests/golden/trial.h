/* One operator case of the reference numbers: a graph built from the case's file, run on the device with
 * every kernel candidate, each element compared with the file's.
 *
 * Use: begin; add tensors and operators to trial->graph; state what is expected; run; end. Failures fail the
 * test with the case, the tensor, the element and both values. */
#ifndef TESTS_GOLDEN_TRIAL_H
#define TESTS_GOLDEN_TRIAL_H

#include "golden/rounding.h"
#include "graph/executable.h"
#include "support/golden.h"

enum { GOLDEN_MAX_TENSORS = 40 };

/* How far a result may be from the file's. */
typedef enum golden_rule {
    GOLDEN_EXACT,

    /* A sum of K products of inputs: 2 sqrt(K) eps S, where S is the sum of the products' sizes. K and S are
     * had element by element by running the graph on the reference backend, with all inputs 1 and with their
     * sizes. */
    GOLDEN_SUM,

    /* The same for a sum without products: K - 1 roundings, so that a single term must be exact. */
    GOLDEN_PLAIN_SUM,

    GOLDEN_ROUNDED, /* one operation on exact numbers: half an ulp */
    GOLDEN_SCALED,  /* a product with a number that was itself rounded: one ulp */
    GOLDEN_GIVEN    /* bounds by running error analysis */
} golden_rule;

typedef struct golden_feed {
    const char *name;
    int tensor;
    uint64_t count;
    void *data;   /* by the tensor's dtype */
    bool decides; /* it decides where others go (a maximum, a mask, a label): left as it is when K and S are
                     had */
} golden_feed;

typedef struct golden_check {
    char name[48];
    int tensor;
    golden_rule rule;
    uint64_t count;
    double *expected, *bound;
    double worst; /* largest error / bound so far, of elements that need not be exact */
} golden_check;

typedef struct golden_trial {
    lvk_backend *backend; /* borrowed */
    char file[128];
    json_t *root;
    const json_t *attributes; /* of the root */
    lvk_graph graph;
    golden_feed feeds[GOLDEN_MAX_TENSORS];
    golden_check checks[GOLDEN_MAX_TENSORS];
    int feed_count, check_count, runs;
} golden_trial;

void golden_trial_begin(golden_trial *trial, lvk_backend *backend, const char *file);
void golden_trial_end(golden_trial *trial);

/* The file's input of that name as an input of the graph, or as a parameter, whose gradient is wanted. The
 * handle. */
int golden_trial_input(golden_trial *trial, const char *name);
int golden_trial_parameter(golden_trial *trial, const char *name);
bool golden_trial_has_input(const golden_trial *trial, const char *name);

/* An input with values of the test's own: `data` by the type's dtype, from lvk_alloc, is handed over. */
int golden_trial_feed(golden_trial *trial, const char *name, lvk_type type, void *data);

/* The values of an input, for the test to compute with. Floats. */
const float *golden_trial_values(const golden_trial *trial, const char *name);

/* That input decides where others go. */
void golden_trial_keep(golden_trial *trial, const char *name);

/* `tensor` must be the file's output of that name; it is marked as an output. */
void golden_trial_expect(golden_trial *trial, const char *output, int tensor, golden_rule rule);

/* `tensor` must have `values`, from lvk_alloc, handed over. */
golden_check *golden_trial_expect_values(golden_trial *trial, const char *name, int tensor, golden_rule rule,
                                         double *values, uint64_t count);

/* `tensor` must be the file's list `expected`, within the errors of `bounds`, the formula's own run: it is a
 * failure of the test if that is not the file's. */
void golden_trial_expect_bounded(golden_trial *trial, const char *name, int tensor, const json_t *expected,
                                 const rounding *bounds);

/* Appends the gradients of sum(y * output_weights) with respect to all parameters; they must be the file's.
 */
void golden_trial_expect_gradients(golden_trial *trial, int y, golden_rule rule);

/* The file's gradient of one parameter, once backward has been called. */
int golden_trial_gradient(const golden_trial *trial, const char *parameter);

/* Runs the graph as a program would, then once for every kernel candidate of every operator in it that can
 * run here, and prints the case's worst errors. */
void golden_trial_run(golden_trial *trial);

#endif
