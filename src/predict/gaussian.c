#include "predict/gaussian.h"

#include "core/memory.h"
#include "core/random.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    SPARE = 8,      /* directions that are searched beside those that are kept */
    ITERATIONS = 30 /* of the search for the principal directions */
};

lvk_status lvk_gaussian_init(lvk_gaussian *g, uint32_t length, uint32_t classes, uint32_t rank) {
    *g = (lvk_gaussian){.length = length, .classes = classes, .rank = rank};
    g->means = lvk_alloc((size_t)classes * length, sizeof *g->means);
    g->directions = lvk_alloc((size_t)rank * length, sizeof *g->directions);
    g->variances = lvk_alloc((size_t)rank + 1, sizeof *g->variances);
    return g->means && g->directions && g->variances ? LVK_OK : LVK_ERROR_MEMORY;
}

void lvk_gaussian_finish(lvk_gaussian *g) {
    lvk_free(g->means);
    lvk_free(g->directions);
    lvk_free(g->variances);
    *g = (lvk_gaussian){0};
}

/* ---- sums over the sample ---- */

static bool is_left(const lvk_gaussian_sample *s, size_t i) {
    return s->left && s->left[i];
}

static uint32_t class_of(const lvk_gaussian_sample *s, size_t i) {
    return s->labels ? s->labels[i] : 0;
}

/* Adds up the rows of class `c`, of all classes if c is `classes`; returns how many there are. */
static size_t add_rows(const lvk_gaussian_sample *s, uint32_t c, double *sum) {
    size_t count = 0;
    for (uint32_t k = 0; k < s->length; ++k)
        sum[k] = 0;
    for (size_t i = 0; i < s->count; ++i) {
        if (is_left(s, i) || (c < s->classes && class_of(s, i) != c))
            continue;
        for (uint32_t k = 0; k < s->length; ++k)
            sum[k] += (double)s->values[i * s->length + k];
        ++count;
    }
    return count;
}

/* Returns the number of rows. */
static size_t find_means(const lvk_gaussian_sample *s, double *sum, lvk_gaussian *g) {
    size_t all = 0;
    for (uint32_t c = 0; c < s->classes; ++c) {
        const size_t own = add_rows(s, c, sum), count = own ? own : add_rows(s, s->classes, sum);
        for (uint32_t k = 0; k < s->length && count; ++k)
            g->means[(size_t)c * s->length + k] = (float)(sum[k] / (double)count);
        all += own;
    }
    return all;
}

/* Sets `covariance` [length][length] to the mean product of the rows' differences from their classes' means. */
static void find_covariance(const lvk_gaussian_sample *s, const lvk_gaussian *g, size_t count,
                            double *difference, double *covariance) {
    const size_t n = s->length;
    for (size_t i = 0; i < s->count; ++i) {
        if (is_left(s, i))
            continue;
        const float *row = s->values + i * n, *mean = g->means + class_of(s, i) * n;
        for (size_t k = 0; k < n; ++k)
            difference[k] = (double)row[k] - (double)mean[k];
        for (size_t a = 0; a < n; ++a)
            for (size_t b = 0; b <= a && difference[a] != 0; ++b)
                covariance[a * n + b] += difference[a] * difference[b];
    }
    for (size_t a = 0; a < n; ++a)
        for (size_t b = 0; b <= a; ++b)
            covariance[b * n + a] = covariance[a * n + b] /= (double)count;
}

/* ---- principal directions ---- */

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; ++k)
        sum += a[k] * b[k];
    return sum;
}

/* Makes the `count` vectors of length n orthonormal, one after the other. Twice, so that rounding does not
 * matter. */
static void orthonormalize(double *vectors, size_t count, size_t n) {
    for (size_t i = 0; i < count; ++i) {
        double *v = vectors + i * n;
        for (int pass = 0; pass < 2; ++pass) {
            for (size_t j = 0; j < i; ++j) {
                const double *u = vectors + j * n, along = dot(u, v, n);
                for (size_t k = 0; k < n; ++k)
                    v[k] -= along * u[k];
            }
            const double length = sqrt(dot(v, v, n));
            for (size_t k = 0; k < n && length > 0; ++k)
                v[k] /= length;
        }
    }
}

/* product = matrix vectors, vector by vector. */
static void multiply(const double *matrix, const double *vectors, size_t count, size_t n, double *product) {
    for (size_t i = 0; i < count; ++i)
        for (size_t k = 0; k < n; ++k)
            product[i * n + k] = dot(matrix + k * n, vectors + i * n, n);
}

/* Rotates rows and columns p and q of the symmetric m x m matrix so that its element [p][q] becomes 0, and
 * vectors p and q in the same way. */
static void rotate(double *matrix, size_t m, size_t p, size_t q, double *vectors, size_t n) {
    const double off = matrix[p * m + q];
    if (off == 0)
        return;
    const double theta = (matrix[q * m + q] - matrix[p * m + p]) / (2 * off);
    const double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t k = 0; k < m; ++k) {
        const double a = matrix[k * m + p], b = matrix[k * m + q];
        matrix[k * m + p] = c * a - s * b;
        matrix[k * m + q] = s * a + c * b;
    }
    for (size_t k = 0; k < m; ++k) {
        const double a = matrix[p * m + k], b = matrix[q * m + k];
        matrix[p * m + k] = c * a - s * b;
        matrix[q * m + k] = s * a + c * b;
    }
    for (size_t k = 0; k < n; ++k) {
        const double a = vectors[p * n + k], b = vectors[q * n + k];
        vectors[p * n + k] = c * a - s * b;
        vectors[q * n + k] = s * a + c * b;
    }
}

/* Turns the orthonormal vectors so that they are eigenvectors of the matrix within the space that they span,
 * by Jacobi's rotations; `small` [m][m] then has the eigenvalues on its diagonal. */
static void diagonalize(const double *matrix, double *vectors, size_t m, size_t n, double *product,
                        double *small) {
    enum { SWEEPS = 30 };
    multiply(matrix, vectors, m, n, product);
    for (size_t a = 0; a < m; ++a)
        for (size_t b = 0; b < m; ++b)
            small[a * m + b] = dot(vectors + a * n, product + b * n, n);
    for (int sweep = 0; sweep < SWEEPS; ++sweep)
        for (size_t p = 0; p < m; ++p)
            for (size_t q = p + 1; q < m; ++q)
                rotate(small, m, p, q, vectors, n);
}

/* Finds `m` orthonormal vectors that span the matrix's directions of largest variance, by subspace iteration
 * (Golub and Van Loan, "Matrix computations", section 8.2.4). A small multiple of the vectors is added in each
 * step, so that they stay independent where the matrix has no variance. */
static void find_directions(const double *matrix, double trace, double *vectors, size_t m, size_t n,
                            double *product) {
    const lvk_random_key key = {.purpose = LVK_PURPOSE_DIRECTIONS};
    const double keep = trace > 0 ? 1e-6 * trace / (double)n : 1;
    for (size_t i = 0; i < m * n; ++i)
        vectors[i] = (double)lvk_random_uniform(&key, (uint32_t)i) - 0.5;
    orthonormalize(vectors, m, n);
    for (int step = 0; step < ITERATIONS && m < n; ++step) {
        multiply(matrix, vectors, m, n, product);
        for (size_t i = 0; i < m * n; ++i)
            vectors[i] = product[i] + keep * vectors[i];
        orthonormalize(vectors, m, n);
    }
}

/* Takes over the directions of largest variance, largest first. `small` is diagonal. */
static void keep_directions(const double *vectors, double *small, size_t m, double trace, double least,
                            lvk_gaussian *g) {
    const size_t n = g->length;
    double kept = 0;
    for (uint32_t r = 0; r < g->rank; ++r) {
        size_t best = 0;
        for (size_t i = 1; i < m; ++i)
            if (small[i * m + i] > small[best * m + best])
                best = i;
        const double variance = fmax(small[best * m + best], 0);
        g->variances[r] = (float)(variance + least);
        for (size_t k = 0; k < n; ++k)
            g->directions[r * n + k] = (float)vectors[best * n + k];
        kept += variance;
        small[best * m + best] = -1;
    }
    const double rest = g->rank < n ? fmax(trace - kept, 0) / (double)(n - g->rank) : 0;
    g->variances[g->rank] = (float)(rest + least);
}

static lvk_status fit(const lvk_gaussian_sample *s, double least, size_t count, double *row,
                      lvk_gaussian *g) {
    const size_t n = s->length, m = g->rank + SPARE < n ? g->rank + SPARE : n;
    double *covariance = lvk_alloc(n * n, sizeof *covariance);
    double *vectors = lvk_alloc(2 * m * n + m * m, sizeof *vectors);
    if (covariance && vectors) {
        double trace = 0, *product = vectors + m * n, *small = product + m * n;
        find_covariance(s, g, count, row, covariance);
        for (size_t k = 0; k < n; ++k)
            trace += covariance[k * n + k];
        find_directions(covariance, trace, vectors, m, n, product);
        diagonalize(covariance, vectors, m, n, product, small);
        keep_directions(vectors, small, m, trace, least, g);
    }
    const lvk_status status = covariance && vectors ? LVK_OK : LVK_ERROR_MEMORY;
    lvk_free(covariance);
    lvk_free(vectors);
    return status;
}

lvk_status lvk_gaussian_fit(const lvk_gaussian_sample *s, uint32_t rank, double least, lvk_gaussian *g) {
    LVK_TRY(lvk_gaussian_init(g, s->length, s->classes, rank < s->length ? rank : s->length));
    double *row = lvk_alloc(s->length, sizeof *row);
    if (!row)
        return LVK_ERROR_MEMORY;
    const size_t count = find_means(s, row, g);
    const lvk_status status =
        count ? fit(s, least, count, row, g) : lvk_fail(LVK_ERROR_ARGUMENT, "a distribution of no vectors");
    lvk_free(row);
    return status;
}

/* ---- distances ---- */

static double square_distance(const lvk_gaussian *g, const float *vector, const float *mean) {
    const size_t n = g->length;
    double all = 0, inside = 0, distance = 0;
    for (size_t k = 0; k < n; ++k) {
        const double d = (double)vector[k] - (double)mean[k];
        all += d * d;
    }
    for (uint32_t r = 0; r < g->rank; ++r) {
        const float *direction = g->directions + r * n;
        double along = 0;
        for (size_t k = 0; k < n; ++k)
            along += ((double)vector[k] - (double)mean[k]) * (double)direction[k];
        inside += along * along;
        distance += along * along / (double)g->variances[r];
    }
    return distance + (g->rank < n ? fmax(all - inside, 0) / (double)g->variances[g->rank] : 0);
}

double lvk_gaussian_distance(const lvk_gaussian *g, const float *vector) {
    double least = INFINITY;
    for (uint32_t c = 0; c < g->classes; ++c)
        least = fmin(least, square_distance(g, vector, g->means + (size_t)c * g->length));
    return sqrt(least);
}

double lvk_gaussian_variance(const lvk_gaussian *g, uint32_t element) {
    double inside = 0, variance = 0;
    for (uint32_t r = 0; r < g->rank; ++r) {
        const double v = (double)g->directions[(size_t)r * g->length + element];
        inside += v * v;
        variance += v * v * (double)g->variances[r];
    }
    return variance + fmax(1 - inside, 0) * (double)g->variances[g->rank];
}
