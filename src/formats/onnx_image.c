#include "formats/onnx_image.h"

#include <math.h>
#include <stdio.h>

static const char image_name[] = "image", black_name[] = "black";

/* A crop is averaged in blocks where its side is above so many times the network's, and is then about so many
 * times as large. */
enum { MOST_TIMES = 4, AVERAGED_TIMES = 2 };

/* The nodes of pictures of any size. Texts are names of values. Numbers of a picture are scalars, or
 * [N, 1, 1, 1] where they depend on its pixels. Values along a picture's height lie along the last axis of a
 * matrix, those along its width along the last but one. */
typedef struct picture {
    lvk_onnx_construction *c;
    const lvk_onnx_image *image;
    uint32_t size;            /* S */
    unsigned count;           /* of nodes and constants so far, for their names */
    const char *pixels;       /* [N, 3, height, width], from 0 to 255 */
    const char *extent[2];    /* height, width */
    const char *last_axes[2]; /* the shape of a matrix of one row, and of one column */
} picture;

/* Where the crop lies along one axis: all in pixels of the picture. */
typedef struct placement {
    const char *first, *end; /* of the frame, what is beyond which is black */
    const char *start;       /* of the crop */
} placement;

/* ---- short forms ---- */

static const char *next_name(picture *p, const char *kind) {
    char name[64];
    snprintf(name, sizeof name, "crop/%s_%u", kind, ++p->count);
    return lvk_onnx_text(p->c, name);
}

static const char *apply3(picture *p, const char *operator, const char * a, const char *b,
                          const char *third) {
    const char *inputs[3] = {a, b, third}, *name = next_name(p, operator);
    return lvk_onnx_add_node(p->c, operator, name, third ? 3 : b ? 2 : 1, inputs) ? name : NULL;
}

static const char *apply(picture *p, const char *operator, const char * a, const char *b) {
    return apply3(p, operator, a, b, NULL);
}

static const char *number(picture *p, double value) {
    float *values = lvk_onnx_allocate(p->c, 1, sizeof *values);
    if (values)
        *values = (float)value;
    return lvk_onnx_add_floats(p->c, next_name(p, "number"), 0, NULL, values);
}

static const char *add(picture *p, const char *a, const char *b) {
    return apply(p, "Add", a, b);
}

static const char *subtract(picture *p, const char *a, const char *b) {
    return apply(p, "Sub", a, b);
}

static const char *multiply(picture *p, const char *a, const char *b) {
    return apply(p, "Mul", a, b);
}

static const char *divide(picture *p, const char *a, const char *b) {
    return apply(p, "Div", a, b);
}

/* floor((a + 1/2) / b) of whole numbers, where a division that is not quite exact does no harm. */
static const char *divide_down(picture *p, const char *a, const char *b) {
    return apply(p, "Floor", divide(p, add(p, a, number(p, 0.5)), b), NULL);
}

static const char *with_integer(picture *p, const char *operator, const char * a, const char *attribute,
                                int64_t value) {
    const char *name = next_name(p, operator);
    lvk_onnx_set_integer(p->c, lvk_onnx_add_node(p->c, operator, name, 1, &a), attribute, value);
    return name;
}

static const char *to_float(picture *p, const char *a) {
    return with_integer(p, "Cast", a, "to", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
}

/* Zeros and ones: where first <= a < end. */
static const char *between(picture *p, const char *a, const char *first, const char *end) {
    const char *below = apply(p, "Less", a, first);
    return to_float(p, apply(p, "And", apply(p, "Not", below, NULL), apply(p, "Less", a, end)));
}

static const char *integers(picture *p, uint32_t count, const int64_t *values) {
    int64_t *copy = lvk_onnx_allocate(p->c, count, sizeof *copy);
    for (uint32_t i = 0; copy && i < count; ++i)
        copy[i] = values[i];
    return lvk_onnx_add_integers(p->c, next_name(p, "integers"), 1, &count, copy);
}

/* The whole numbers first, first + 1, … below `end`, along axis 0 (height) or 1 (width) of a picture. */
static const char *count_up(picture *p, int axis, const char *first, const char *end) {
    return apply(p, "Reshape", apply3(p, "Range", first, end, number(p, 1)), p->last_axes[axis]);
}

/* The greatest along the axes. */
static const char *greatest(picture *p, const char *a, size_t count, const uint32_t *axes) {
    const char *name = next_name(p, "ReduceMax");
    lvk_onnx_set_integers(p->c, lvk_onnx_add_node(p->c, "ReduceMax", name, 1, &a), "axes", count, axes);
    return name;
}

static const char *select(picture *p, const char *a, int axis, const char *indices) {
    const char *inputs[2] = {a, indices}, *name = next_name(p, "Gather");
    lvk_onnx_set_integer(p->c, lvk_onnx_add_node(p->c, "Gather", name, 2, inputs), "axis", axis);
    return name;
}

/* R Y C */
static const char *between_matrices(picture *p, const char *const matrices[2], const char *image) {
    return apply(p, "MatMul", apply(p, "MatMul", matrices[0], image), matrices[1]);
}

/* The picture's pixels as floats [N, 3, height, width]. */
static const char *take_pixels(picture *p) {
    const char *name = next_name(p, "Transpose"), *floats = to_float(p, image_name);
    Onnx__NodeProto *node = lvk_onnx_add_node(p->c, "Transpose", name, 1, &floats);
    lvk_onnx_set_integers(p->c, node, "perm", 4, (const uint32_t[]){0, 3, 1, 2});
    return name;
}

/* ---- the place of the crop ---- */

/* 1 for pictures of odd size with black corners, else 0. */
static const char *find_odd(picture *p) {
    const char *ends = integers(p, 2, (const int64_t[]){0, -1}), *odd = number(p, p->image->odd_size);
    const char *corners = select(p, select(p, p->pixels, 2, ends), 3, ends);
    const char *brightest = greatest(p, corners, 3, (const uint32_t[]){1, 2, 3});
    const char *is_dark = to_float(p, apply(p, "Not", apply(p, "Greater", brightest, black_name), NULL));
    const char *is_high = to_float(p, apply(p, "Equal", p->extent[0], odd));
    const char *is_wide = to_float(p, apply(p, "Equal", p->extent[1], odd));
    return multiply(p, multiply(p, is_high, is_wide), is_dark);
}

static void find_frame(picture *p, placement place[2]) {
    const char *cut =
        p->image->odd_size ? multiply(p, find_odd(p), number(p, p->image->odd_frame)) : number(p, 0);
    for (int axis = 0; axis < 2; ++axis) {
        place[axis].first = cut;
        place[axis].end = subtract(p, p->extent[axis], cut);
    }
}

/* any ? a : b, where `any` is 0 or 1. */
static const char *choose(picture *p, const char *any, const char *a, const char *b) {
    return add(p, multiply(p, any, a), multiply(p, subtract(p, number(p, 1), any), b));
}

/* The first or last place of the greatest along an axis. */
static const char *find_greatest(picture *p, const char *a, int axis, bool last) {
    const char *name = next_name(p, "ArgMax");
    Onnx__NodeProto *node = lvk_onnx_add_node(p->c, "ArgMax", name, 1, &a);
    lvk_onnx_set_integer(p->c, node, "axis", axis);
    lvk_onnx_set_integer(p->c, node, "select_last_index", last);
    return to_float(p, name);
}

/* Sets the box about all pixels of the frame that are not background; the frame where there are none. */
static void find_box(picture *p, const placement frame[2], const char *first[2], const char *end[2]) {
    const char *colours = greatest(p, p->pixels, 1, (const uint32_t[]){1});
    for (int axis = 0; axis < 2; ++axis) { /* [height, 1] and [1, width] */
        const char *pixels = count_up(p, !axis, number(p, 0), p->extent[axis]);
        colours = multiply(p, colours, between(p, pixels, frame[axis].first, frame[axis].end));
    }
    const char *is_cell = to_float(p, apply(p, "Greater", colours, black_name)); /* [N, 1, height, width] */
    const char *any = greatest(p, is_cell, 3, (const uint32_t[]){1, 2, 3});
    for (int axis = 0; axis < 2; ++axis) {
        const char *lines = greatest(p, is_cell, 1, (const uint32_t[]){axis == 0 ? 3 : 2});
        const char *last = add(p, find_greatest(p, lines, 2 + axis, true), number(p, 1));
        first[axis] = choose(p, any, find_greatest(p, lines, 2 + axis, false), frame[axis].first);
        end[axis] = choose(p, any, last, frame[axis].end);
    }
}

/* Sets where the crop begins, and returns its side. */
static const char *place_crop(picture *p, placement place[2]) {
    const char *first[2], *end[2], *extent[2];
    find_frame(p, place);
    for (int axis = 0; axis < 2; ++axis) {
        first[axis] = place[axis].first;
        end[axis] = place[axis].end;
    }
    if (p->image->bounding_box)
        find_box(p, place, first, end);
    for (int axis = 0; axis < 2; ++axis)
        extent[axis] = subtract(p, end[axis], first[axis]);
    const char *side = p->image->side ? number(p, p->image->side) : apply(p, "Max", extent[0], extent[1]);
    for (int axis = 0; axis < 2; ++axis)
        place[axis].start =
            add(p, first[axis],
                apply(p, "Floor", multiply(p, subtract(p, extent[axis], side), number(p, 0.5)), NULL));
    return side;
}

/* ---- resampling ---- */

/* The tents of radius r about the points u, at the pixels whose centres are `pixels` + 1/2. */
static const char *tents(picture *p, const char *pixels, const char *u, const char *r) {
    const char *distance = apply(p, "Abs", subtract(p, add(p, pixels, number(p, 0.5)), u), NULL);
    return apply(p, "Relu", subtract(p, number(p, 1), divide(p, distance, r)), NULL);
}

/* The points of the output's pixels from the output's centre: (0 to S - 1) + 1/2 - S/2. */
static const char *output_points(picture *p, int axis) {
    const uint32_t shapes[2][2] = {{p->size, 1}, {1, p->size}};
    float *points = lvk_onnx_allocate(p->c, p->size, sizeof *points);
    for (uint32_t i = 0; points && i < p->size; ++i)
        points[i] = (float)i + 0.5F - 0.5F * (float)p->size;
    return lvk_onnx_add_floats(p->c, next_name(p, "points"), 2, shapes[axis], points);
}

static const char *sum_along(picture *p, int axis, const char *a) {
    return apply(p, "ReduceSum", a, integers(p, 1, (const int64_t[]){axis == 0 ? -1 : -2}));
}

/* The matrix that resamples a square of `side` pixels, at most `most`. `pixels` are the numbers of the pixels
 * that it is applied to, from the crop's beginning; `inside` is 1 for those that are not black. */
static const char *resampling(picture *p, int axis, const char *pixels, const char *inside, const char *side,
                              const char *most) {
    const char *size = number(p, p->size), *one = number(p, 1), *half = number(p, 0.5);
    const char *scale = divide(p, side, size), *r = apply(p, "Max", scale, one);
    const char *u = add(p, multiply(p, output_points(p, axis), scale), multiply(p, side, half));
    /* the sum of all weights, those beyond the crop too */
    const char *beyond = add(p, divide_down(p, most, size), number(p, 2));
    const char *all = count_up(p, axis, subtract(p, number(p, 0), beyond), add(p, most, beyond));
    const char *sum = sum_along(p, axis, tents(p, all, u, r));
    return divide(p, multiply(p, tents(p, pixels, u, r), inside), sum);
}

/* A crop that is resampled from the picture itself. */
static const char *resample_picture(picture *p, const placement place[2], const char *side) {
    const char *matrices[2];
    for (int axis = 0; axis < 2; ++axis) {
        const char *pixels = count_up(p, axis, number(p, 0), p->extent[axis]);
        const char *from_crop = subtract(p, pixels, place[axis].start);
        const char *inside = multiply(p, between(p, pixels, place[axis].first, place[axis].end),
                                      between(p, from_crop, number(p, 0), side));
        matrices[axis] = resampling(p, axis, from_crop, inside, side, side);
    }
    return between_matrices(p, matrices, p->pixels);
}

/* ---- averages ---- */

/* k of the k x k pixels that are averaged to one. */
static const char *block_side(picture *p, const char *side) {
    const char *is_large = to_float(p, apply(p, "Greater", side, number(p, MOST_TIMES * (double)p->size)));
    const char *k = divide_down(p, side, number(p, AVERAGED_TIMES * (double)p->size));
    return apply(p, "Max", number(p, 1), multiply(p, is_large, k));
}

/* The matrix that adds up blocks of k pixels: `most` blocks, of which the first `side` are the crop. */
static const char *blocks(picture *p, int axis, const placement *place, const char *k, const char *most) {
    const char *pixels = count_up(p, axis, number(p, 0), p->extent[axis]);
    const char *block = divide_down(p, subtract(p, pixels, place->start), k);
    const char *is_of = to_float(p, apply(p, "Equal", block, count_up(p, !axis, number(p, 0), most)));
    return multiply(p, is_of, between(p, pixels, place->first, place->end));
}

/* A crop that is first averaged in blocks, of one pixel where it is not large. */
static const char *resample_averages(picture *p, const placement place[2], const char *side) {
    const char *zero = number(p, 0), *one = number(p, 1), *half = number(p, 0.5);
    const char *k = block_side(p, side), *area = multiply(p, k, k);
    const char *averaged = divide_down(p, add(p, side, subtract(p, k, one)), k); /* rounded up */
    const char *largest = p->image->side ? averaged : apply(p, "Max", p->extent[0], p->extent[1]);
    const char *most = apply(p, "Min", largest, number(p, MOST_TIMES * (double)p->size));
    const char *matrices[2];
    for (int axis = 0; axis < 2; ++axis)
        matrices[axis] = blocks(p, axis, &place[axis], k, most);
    const char *sums = between_matrices(p, matrices, p->pixels);
    const char *rounding = apply(p, "Floor", multiply(p, area, half), NULL);
    const char *means = divide_down(p, add(p, sums, rounding), area);
    for (int axis = 0; axis < 2; ++axis) {
        const char *pixels = count_up(p, axis, zero, most);
        matrices[axis] = resampling(p, axis, pixels, between(p, pixels, zero, averaged), averaged, most);
    }
    return between_matrices(p, matrices, means);
}

/* ---- pictures of one size ---- */

/* Along one axis of the picture. */
typedef struct line {
    uint32_t length; /* of the picture */
    int64_t start;   /* of the crop */
} line;

/* A matrix [rows, columns]: zeros, to be filled. */
static float *new_matrix(picture *p, uint32_t rows, uint32_t columns) {
    return lvk_onnx_allocate(p->c, (size_t)rows * columns, sizeof(float));
}

static const char *matrix_of(picture *p, uint32_t rows, uint32_t columns, float *values) {
    return lvk_onnx_add_floats(p->c, next_name(p, "matrix"), 2, (const uint32_t[]){rows, columns}, values);
}

static double tent(int64_t pixel, float u, float radius) {
    return fmax(0, 1 - fabs((double)pixel + 0.5 - (double)u) / (double)radius);
}

/* The matrix that resamples a square of `side` pixels, which begins at `l->start`. */
static const char *constant_resampling(picture *p, const line *l, uint32_t side) {
    const float scale = (float)((double)side / p->size), radius = fmaxf(scale, 1);
    float *values = new_matrix(p, l->length, p->size);
    for (uint32_t i = 0; values && i < p->size; ++i) {
        const float u = scale * ((float)i + 0.5F - 0.5F * (float)p->size) + 0.5F * (float)side;
        const int64_t first = (int64_t)floorf(u - radius) - 1, last = (int64_t)ceilf(u + radius) + 1;
        double sum = 0; /* of all weights, those beyond the crop too */
        for (int64_t q = first; q <= last; ++q)
            sum += tent(q, u, radius);
        for (int64_t q = first; q <= last; ++q) {
            const int64_t pixel = l->start + q;
            if (q >= 0 && q < side && pixel >= 0 && pixel < l->length)
                values[pixel * p->size + i] = (float)(tent(q, u, radius) / sum);
        }
    }
    return matrix_of(p, l->length, p->size, values);
}

/* The matrix that adds up `count` blocks of k pixels. */
static const char *constant_blocks(picture *p, const line *l, uint32_t k, uint32_t count) {
    float *values = new_matrix(p, l->length, count);
    for (int64_t q = 0; values && q < (int64_t)k * count; ++q)
        if (l->start + q >= 0 && l->start + q < l->length)
            values[(l->start + q) * count + q / k] = 1;
    return matrix_of(p, l->length, count, values);
}

static const char *turn_over(picture *p, const char *image) {
    const char *name = next_name(p, "Transpose");
    Onnx__NodeProto *node = lvk_onnx_add_node(p->c, "Transpose", name, 1, &image);
    lvk_onnx_set_integers(p->c, node, "perm", 4, (const uint32_t[]){0, 1, 3, 2});
    return name;
}

/* The products with matrices [height, …] and [width, …], both from the right: some programs know a constant
 * matrix only there. */
static const char *multiply_axes(picture *p, const char *const matrices[2], const char *image) {
    const char *wide = apply(p, "MatMul", image, matrices[1]);
    return turn_over(p, apply(p, "MatMul", turn_over(p, wide), matrices[0]));
}

static const char *take_one_size(picture *p) {
    const uint32_t lengths[2] = {p->image->height, p->image->width};
    const uint32_t longest = lengths[0] > lengths[1] ? lengths[0] : lengths[1];
    const uint32_t side = p->image->side ? p->image->side : longest;
    const uint32_t k = side > MOST_TIMES * p->size ? side / (AVERAGED_TIMES * p->size) : 1;
    const uint32_t averaged = (side + k - 1) / k;
    const char *matrices[2], *pixels = take_pixels(p);
    line lines[2];
    for (int axis = 0; axis < 2; ++axis)
        lines[axis] = (line){lengths[axis], (int64_t)floor(((double)lengths[axis] - side) / 2)};
    if (k > 1) {
        for (int axis = 0; axis < 2; ++axis) {
            matrices[axis] = constant_blocks(p, &lines[axis], k, averaged);
            lines[axis] = (line){averaged, 0};
        }
        const uint32_t area = k * k, rounding = area / 2;
        const char *sums = add(p, multiply_axes(p, matrices, pixels), number(p, rounding));
        pixels = divide_down(p, sums, number(p, area));
    }
    for (int axis = 0; axis < 2; ++axis)
        matrices[axis] = constant_resampling(p, &lines[axis], averaged);
    return multiply_axes(p, matrices, pixels);
}

/* ---- the graph's inputs ---- */

static void declare(lvk_onnx_construction *c, const lvk_onnx_value *value) {
    if (!c->graph.input)
        c->graph.input = lvk_onnx_allocate(c, 2, sizeof *c->graph.input);
    if (c->graph.input)
        c->graph.input[c->graph.n_input++] = lvk_onnx_describe(c, value);
}

static void declare_image(lvk_onnx_construction *c, const lvk_onnx_image *image) {
    const bool any = image->input == LVK_ONNX_IMAGE;
    const lvk_onnx_value value = {.name = image_name,
                                  .meaning = "The whole picture: red, green, blue; rows from the top",
                                  .type = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
                                  .rank = 4,
                                  .symbols = {"N", any ? "height" : NULL, any ? "width" : NULL},
                                  .sizes = {0, image->height, image->width, 3}};
    declare(c, &value);
}

static void declare_black(lvk_onnx_construction *c) {
    const lvk_onnx_value value = {.name = black_name,
                                  .meaning = "A pixel is background when no channel exceeds this",
                                  .type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                                  .rank = 1,
                                  .sizes = {1}};
    declare(c, &value);
    (void)lvk_onnx_add_floats(c, black_name, 1, value.sizes, lvk_onnx_allocate(c, 1, sizeof(float)));
}

static const char *take_crops(lvk_onnx_construction *c, uint32_t size) {
    const lvk_onnx_value value = {.name = image_name,
                                  .meaning = "Red, green, blue from 0 to 255; rows from the top",
                                  .type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                                  .rank = 4,
                                  .symbols = {"N"},
                                  .sizes = {0, 3, size, size}};
    declare(c, &value);
    return image_name;
}

static const char *take_any_size(picture *p) {
    placement place[2];
    declare_image(p->c, p->image);
    if (p->image->bounding_box || p->image->odd_size)
        declare_black(p->c);
    p->pixels = take_pixels(p);
    const char *shape = apply(p, "Shape", image_name, NULL);
    for (int axis = 0; axis < 2; ++axis) {
        int64_t *index = lvk_onnx_allocate(p->c, 1, sizeof *index);
        if (index)
            *index = 1 + axis;
        const char *scalar = lvk_onnx_add_integers(p->c, next_name(p, "index"), 0, NULL, index);
        p->extent[axis] = to_float(p, select(p, shape, 0, scalar));
        p->last_axes[axis] = integers(p, 2, axis == 0 ? (const int64_t[]){1, -1} : (const int64_t[]){-1, 1});
    }
    const char *side = place_crop(p, place);
    const bool whole = p->image->side && p->image->side <= MOST_TIMES * p->size;
    return whole ? resample_picture(p, place, side) : resample_averages(p, place, side);
}

const char *lvk_onnx_image_add(lvk_onnx_construction *c, const lvk_onnx_image *image, uint32_t size) {
    picture p = {.c = c, .image = image, .size = size};
    switch (image->input) {
    case LVK_ONNX_CROP:
        return take_crops(c, size);
    case LVK_ONNX_IMAGE:
        return take_any_size(&p);
    case LVK_ONNX_IMAGE_OF_SIZE:
        declare_image(c, image);
        return take_one_size(&p);
    }
    return NULL;
}
