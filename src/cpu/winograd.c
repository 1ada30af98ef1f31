/* Convolutions of 3x3 at stride 1 by Winograd's F(2x2, 3x3), and their gradients: 16 products for 2x2 pixels of y in place of 36.
 *
 * x, w and sums of products are transformed (winograd_transforms.h); between are 16 products of matrices. Tiles are computed in
 * blocks whose transformed numbers stay in the caches. The gradient of x is a convolution of dy with the taps of w in reverse
 * order. That of w is dw = G^T [sum over tiles of (B^T d B) (A dy A^T)] G.
 * A. Lavin, S. Gray: Fast Algorithms for Convolutional Neural Networks, arXiv:1509.09308. */
#include "cpu/winograd.h"

#include "core/memory.h"
#include "cpu/gemm.h"
#include "cpu/winograd_transforms.h"

#include <string.h>

enum {
    BLOCK_BYTES = 2 << 20,   /* of transformed tiles, about the second caches of two processors */
    WEIGHTS_BYTES = 4 << 20, /* of transformed weights at a time, where a single block needs them */
    LEAST_TILES = 196,       /* of a block: w is fetched once for each */
    SPACING = 16,      /* floats between matrices and rows, so that they do not share a set of the caches */
    LEAST_APART = 48,  /* tiles of a thread: set_apart() */
    PAYING_TILES = 48, /* fewer do not pay for transforming w */
    PAYING_CHANNELS = 32
};

typedef struct winograd {
    const lvk_cpu_task *task;
    lvk_winograd_image x, y;
    size_t tiles, block;
    bool apart;   /* each thread computes blocks of its own; else all compute each together: set_apart() */
    size_t share; /* channels whose weights are in transformed form at a time: see set_share() */
    size_t u_position, u_count; /* floats of one position, and of all */
    bool flip;
    float *kept;      /* w transformed, NULL: in scratch memory */
    uint64_t version; /* of the w that `kept` was made of; 0: none yet */
} winograd;

/* A run: what the threads work on. */
typedef struct winograd_run {
    const winograd *w;
    lvk_cpu_isa isa;
    const float *from_x, *from_w, *from_y, *bias, *residual;
    float *to_y, *to_w;
    bool relu;
    float *u, *zeros;
    lvk_winograd_tiles v, m;
    size_t first, count; /* tiles of the block at hand */
    size_t from, to;     /* channels whose weights are at hand: winograd.share */
    unsigned parts;
} winograd_run;

/* ---- preparing ---- */

/* Floats that the transformed tiles of a block take. */
static size_t block_floats(const winograd *w) {
    return LVK_WINOGRAD_POSITIONS *
           (w->block * (w->x.channels + w->y.channels + 2 * SPACING) + (size_t)2 * SPACING);
}

/* Of the blocks that are computed at a time. */
static size_t blocks_floats(const winograd *w) {
    return block_floats(w) * (w->apart ? w->task->threads : 1);
}

static void set_block(winograd *w, size_t batch) {
    const size_t tile = sizeof(float) * LVK_WINOGRAD_POSITIONS * (w->x.channels + w->y.channels);
    const size_t wanted = BLOCK_BYTES / tile > LEAST_TILES ? BLOCK_BYTES / tile : LEAST_TILES;
    w->tiles = batch * w->y.tiles_h * w->y.tiles_w;
    const size_t blocks = (w->tiles + wanted - 1) / wanted;
    w->block = (w->tiles + blocks - 1) / blocks;
}

/* The transformed weights of many channels are larger than w and than the caches. Where all tiles are one block, only those of
 * some channels are there at a time: of y, or, for the gradient of w, of x. Others are used for more than one block. */
static void set_share(winograd *w, bool reads_weights) {
    const size_t channels = reads_weights ? w->y.channels : w->x.channels,
                 others = reads_weights ? w->x.channels : w->y.channels;
    const size_t wanted = WEIGHTS_BYTES / (sizeof(float) * LVK_WINOGRAD_POSITIONS * others),
                 whole = wanted / LVK_GEMM_PANEL * LVK_GEMM_PANEL;
    w->share = w->kept || w->block < w->tiles || whole >= channels ? channels
               : whole                                             ? whole
                                                                   : LVK_GEMM_PANEL;
    w->u_position = w->share * others + SPACING;
    w->u_count = LVK_WINOGRAD_POSITIONS * w->u_position;
}

/* Threads that compute blocks of their own share nothing but x and the weights in transformed form: where processors have no cache
 * in common, what one has written costs the other more than it computes from it. Each then fetches all weights, which few tiles
 * are not worth. */
static void set_apart(winograd *w, bool reads_weights) {
    const size_t threads = w->task->threads;
    w->apart = threads > 1 && reads_weights && w->share == w->y.channels && w->tiles >= threads * LEAST_APART;
    if (!w->apart)
        return;
    const size_t blocks =
        lvk_divide_up(w->tiles, w->block) * 2; /* since half of the caches are each thread's */
    w->block = lvk_divide_up(w->tiles, lvk_divide_up(blocks, threads) * threads);
}

/* Of the convolution that is computed: for the gradient of x it is that of dy. */
static void set_images(winograd *w, const lvk_dnnl_shape *s) {
    const size_t tiles_h = ((size_t)s->out_h + 1) / 2, tiles_w = ((size_t)s->out_w + 1) / 2;
    w->x = (lvk_winograd_image){s->in_h,
                                s->in_w,
                                s->in_c,
                                tiles_h,
                                tiles_w,
                                (int32_t)s->pad_top,
                                (int32_t)s->pad_left}; /* may be negative: mirrored() */
    w->y = (lvk_winograd_image){s->out_h, s->out_w, s->out_c, tiles_h, tiles_w, 0, 0};
}

static lvk_dnnl_shape mirrored(const lvk_dnnl_shape *s) {
    lvk_dnnl_shape m = *s;
    m.in_h = s->out_h, m.in_w = s->out_w, m.in_c = s->out_c;
    m.out_h = s->in_h, m.out_w = s->in_w, m.out_c = s->in_c;
    m.pad_top = 2 - s->pad_top;
    m.pad_left = 2 - s->pad_left;
    return m;
}

static size_t most_channels(const winograd *w) {
    return w->x.channels > w->y.channels ? w->x.channels : w->y.channels;
}

static lvk_status keep_weights(winograd *w) {
    w->kept = lvk_alloc(LVK_WINOGRAD_POSITIONS * (w->x.channels * w->y.channels + SPACING), sizeof(float));
    return w->kept ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status create(const lvk_cpu_task *task, const lvk_dnnl_shape *shape, bool flip, bool reads_weights,
                         void **state, uint64_t *scratch) {
    winograd *w = *state = lvk_alloc(1, sizeof *w);
    if (!w)
        return LVK_ERROR_MEMORY;
    w->task = task;
    w->flip = flip;
    set_images(w, shape);
    set_block(w, shape->batch);
    if (reads_weights && task->keeps_parameters)
        LVK_TRY(keep_weights(w));
    set_share(w, reads_weights);
    set_apart(w, reads_weights);
    *scratch = sizeof(float) * (blocks_floats(w) + most_channels(w) + (w->kept ? 0 : w->u_count)) +
               LVK_HOST_ALIGNMENT;
    return LVK_OK;
}

static void destroy(void *state) {
    winograd *w = state;
    lvk_free(w->kept);
    lvk_free(w);
}

/* ---- running ---- */

static winograd_run run_of(const winograd *w, const lvk_cpu_args *args, bool panels) {
    winograd_run r = {
        .w = w, .isa = lvk_cpu_isa_at_hand(), .zeros = args->scratch, .parts = w->task->threads};
    r.v.data = r.zeros + most_channels(w);
    r.v.tile = w->x.channels + SPACING;
    r.v.position = w->block * r.v.tile + SPACING;
    r.m.data = r.v.data + LVK_WINOGRAD_POSITIONS * r.v.position;
    r.m.panels = panels;
    r.m.tile = w->y.channels + (panels ? 0 : SPACING);
    r.m.position = w->block * r.m.tile + SPACING;
    r.u = w->kept ? w->kept : r.v.data + blocks_floats(w);
    memset(r.zeros, 0, most_channels(w) * sizeof *r.zeros);
    return r;
}

/* What part `part` of a transform computes: the items from `begin` to `end` of `count`. The positions of its half are then also
 * multiplied by its thread, mostly: threads that lie far apart, say in processors that share no cache, wait less for each other. */
static lvk_winograd_half share_of(const winograd_run *r, size_t count, unsigned part, size_t *begin,
                                  size_t *end) {
    if (r->parts % 2) {
        lvk_cpu_range(count, part, r->parts, begin, end);
        return LVK_WINOGRAD_BOTH;
    }
    const unsigned half = r->parts / 2;
    lvk_cpu_range(count, part % half, half, begin, end);
    return part < half ? LVK_WINOGRAD_FIRST : LVK_WINOGRAD_SECOND;
}

static void weights_part(void *user, unsigned part) {
    const winograd_run *r = user;
    const winograd *w = r->w;
    size_t begin, end;
    const lvk_winograd_half half = share_of(r, w->x.channels / LVK_WINOGRAD_LANES, part, &begin, &end);
    const lvk_winograd_kernel kernel = {.w = r->from_w,
                                        .in = w->x.channels,
                                        .out = w->y.channels,
                                        .flip = w->flip,
                                        .from = r->from,
                                        .to = r->to};
    lvk_winograd_weights(&kernel, begin * LVK_WINOGRAD_LANES, end * LVK_WINOGRAD_LANES, half, r->u,
                         w->u_position);
}

/* The channels from `from` on, of `channels`; false after the last. */
static bool take_share(winograd_run *r, size_t from, size_t channels) {
    r->from = from;
    r->to = from + r->w->share < channels ? from + r->w->share : channels;
    return from < channels;
}

static void input_part(void *user, unsigned part) {
    const winograd_run *r = user;
    size_t begin, end;
    const lvk_winograd_half half = share_of(r, r->count, part, &begin, &end);
    lvk_winograd_input(&r->w->x, r->from_x, r->zeros, r->first, begin, end, half, &r->v);
}

static void product_job(void *user, size_t position, unsigned worker) {
    (void)worker;
    const winograd_run *r = user;
    const winograd *w = r->w;
    const lvk_gemm gemm = {.rows = r->count,
                           .columns = r->to - r->from,
                           .steps = w->x.channels,
                           .a = r->v.data + position * r->v.position,
                           .a_row = r->v.tile,
                           .a_step = 1,
                           .b = r->u + position * w->u_position,
                           .c = r->m.data + position * r->m.position + r->from,
                           .c_row = r->m.tile};
    lvk_cpu_gemm(r->isa, &gemm);
}

static void output_part(void *user, unsigned part) {
    const winograd_run *r = user;
    size_t begin, end;
    lvk_cpu_range(r->count, part, r->parts, &begin, &end);
    lvk_winograd_output(&r->w->y, &r->m, r->first, begin, end, r->bias, r->residual, r->relu, r->to_y);
}

static void take_block(winograd_run *r, size_t first) {
    r->first = first;
    r->count = r->w->tiles - first < r->w->block ? r->w->tiles - first : r->w->block;
}

/* A block on one thread. */
static void block_job(void *user, size_t block, unsigned worker) {
    winograd_run r = *(const winograd_run *)user;
    take_block(&r, block * r.w->block);
    r.parts = 1;
    r.v.data += worker * block_floats(r.w);
    r.m.data += worker * block_floats(r.w);
    input_part(&r, 0);
    for (size_t position = 0; position < LVK_WINOGRAD_POSITIONS; ++position)
        product_job(&r, position, worker);
    output_part(&r, 0);
}

/* Threads compute each block together. */
static void convolve_together(const winograd *w, winograd_run *r, bool transforms) {
    const unsigned threads = w->task->threads;
    for (size_t first = 0; first < w->tiles; first += w->block) {
        take_block(r, first);
        lvk_cpu_parallel(threads, r->parts, input_part, r);
        for (size_t k = 0; take_share(r, k, w->y.channels); k = r->to) {
            if (transforms && first == 0)
                lvk_cpu_parallel(threads, r->parts, weights_part, r);
            lvk_cpu_jobs(threads, LVK_WINOGRAD_POSITIONS, product_job, r);
        }
        lvk_cpu_parallel(threads, r->parts, output_part, r);
    }
}

/* The convolution of r->from_x with r->from_w. */
static void convolve(winograd *w, winograd_run *r, uint64_t version) {
    const bool transforms = !w->kept || version == 0 || w->version != version;
    w->version = version;
    if (!w->apart) {
        convolve_together(w, r, transforms);
        return;
    }
    take_share(r, 0, w->y.channels);
    if (transforms)
        lvk_cpu_parallel(w->task->threads, r->parts, weights_part, r);
    lvk_cpu_jobs(w->task->threads, lvk_divide_up(w->tiles, w->block), block_job, r);
}

/* ---- what can and should be computed so ---- */

static const char *shape_unsupported(const lvk_dnnl_shape *s) {
    if (s->kernel_h != 3 || s->kernel_w != 3 || s->stride_h != 1 || s->stride_w != 1)
        return "is for kernels of 3x3 at stride 1";
    if (s->in_c % LVK_WINOGRAD_LANES || s->out_c % LVK_WINOGRAD_LANES)
        return "channels are not a multiple of 16";
    return lvk_cpu_isa_unsupported();
}

/* `tiles_of`: the image that is cut into tiles. */
static const char *shape_unsuited(const lvk_dnnl_shape *s, uint32_t height, uint32_t width) {
    const uint64_t tiles = (uint64_t)s->batch * lvk_divide_up(height, 2) * lvk_divide_up(width, 2);
    return s->in_c < PAYING_CHANNELS || s->out_c < PAYING_CHANNELS ? "pays from 32 channels on"
           : tiles < PAYING_TILES                                  ? "the images are too few and small"
                                                                   : NULL;
}

/* ---- forward ---- */

static lvk_dnnl_shape forward_shape(const lvk_call *call) {
    return lvk_cpu_conv2d_shape(&call->inputs[0], &call->inputs[1], call->attributes);
}

const char *lvk_cpu_winograd_unsupported(const lvk_call *call, const lvk_caps *caps) {
    (void)caps;
    const lvk_dnnl_shape shape = forward_shape(call);
    return shape_unsupported(&shape);
}

const char *lvk_cpu_winograd_unsuited(const lvk_call *call, const lvk_caps *caps) {
    (void)caps;
    const lvk_dnnl_shape shape = forward_shape(call);
    return shape_unsuited(&shape, shape.out_h, shape.out_w);
}

lvk_status lvk_cpu_winograd_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    const lvk_dnnl_shape shape = forward_shape(task->call);
    return create(task, &shape, false, true, state, scratch);
}

void lvk_cpu_winograd_destroy(void *state) {
    destroy(state);
}

lvk_status lvk_cpu_winograd_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    winograd *w = state;
    winograd_run r = run_of(w, args, false);
    r.from_x = args->inputs[0];
    r.from_w = args->inputs[1];
    r.bias = task->call->input_count > 2 ? args->inputs[2] : NULL;
    r.residual = task->call->op == LVK_OP_conv2d_add_relu ? args->inputs[3] : NULL;
    r.relu = task->call->op != LVK_OP_conv2d;
    r.to_y = args->outputs[0];
    convolve(w, &r, args->version);
    return LVK_OK;
}

/* ---- with respect to the input ---- */

static lvk_dnnl_shape grad_input_shape(const lvk_call *call) {
    const lvk_conv2d_grad_input_attributes *a = call->attributes;
    return lvk_cpu_conv2d_shape(&call->outputs[0], &call->inputs[1], &a->conv);
}

const char *lvk_cpu_winograd_grad_input_unsupported(const lvk_call *call, const lvk_caps *caps) {
    (void)caps;
    const lvk_dnnl_shape shape = grad_input_shape(call);
    return shape_unsupported(&shape);
}

const char *lvk_cpu_winograd_grad_input_unsuited(const lvk_call *call, const lvk_caps *caps) {
    (void)caps;
    const lvk_dnnl_shape shape = grad_input_shape(call);
    return shape_unsuited(&shape, shape.in_h, shape.in_w);
}

lvk_status lvk_cpu_winograd_grad_input_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    const lvk_dnnl_shape shape = grad_input_shape(task->call), dy_to_dx = mirrored(&shape);
    return create(task, &dy_to_dx, true, true, state, scratch);
}

lvk_status lvk_cpu_winograd_grad_input_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    (void)task;
    winograd *w = state;
    winograd_run r = run_of(w, args, false);
    r.from_x = args->inputs[0];
    r.from_w = args->inputs[1];
    r.to_y = args->outputs[0];
    convolve(w, &r, args->version);
    return LVK_OK;
}

/* ---- with respect to the weights ---- */

static lvk_dnnl_shape grad_weight_shape(const lvk_call *call) {
    const lvk_conv2d_grad_weight_attributes *a = call->attributes;
    return lvk_cpu_conv2d_shape(&call->inputs[0], &call->outputs[0], &a->conv);
}

const char *lvk_cpu_winograd_grad_weight_unsupported(const lvk_call *call, const lvk_caps *caps) {
    (void)caps;
    const lvk_dnnl_shape shape = grad_weight_shape(call);
    return shape_unsupported(&shape);
}

const char *lvk_cpu_winograd_grad_weight_unsuited(const lvk_call *call, const lvk_caps *caps) {
    (void)caps;
    const lvk_dnnl_shape shape = grad_weight_shape(call);
    return shape_unsuited(&shape, shape.out_h, shape.out_w);
}

lvk_status lvk_cpu_winograd_grad_weight_create(const lvk_cpu_task *task, void **state, uint64_t *scratch) {
    const lvk_dnnl_shape shape = grad_weight_shape(task->call);
    return create(task, &shape, false, false, state, scratch);
}

static void output_grad_part(void *user, unsigned part) {
    const winograd_run *r = user;
    size_t begin, end;
    const lvk_winograd_half half = share_of(r, r->count, part, &begin, &end);
    lvk_winograd_output_grad(&r->w->y, r->from_y, r->zeros, r->first, begin, end, half, &r->m);
    lvk_winograd_input(&r->w->x, r->from_x, r->zeros, r->first, begin, end, half, &r->v);
}

static void sum_job(void *user, size_t position, unsigned worker) {
    (void)worker;
    const winograd_run *r = user;
    const winograd *w = r->w;
    const lvk_gemm gemm = {.rows = r->to - r->from,
                           .columns = w->y.channels,
                           .steps = r->count,
                           .a = r->v.data + position * r->v.position + r->from,
                           .a_row = 1,
                           .a_step = r->v.tile,
                           .b = r->m.data + position * r->m.position,
                           .c = r->u + position * w->u_position,
                           .c_row = w->y.channels,
                           .add = r->first > 0};
    lvk_cpu_gemm(r->isa, &gemm);
}

static void weights_grad_part(void *user, unsigned part) {
    const winograd_run *r = user;
    const winograd *w = r->w;
    size_t begin, end;
    lvk_cpu_range(r->to - r->from, part, r->parts, &begin, &end);
    lvk_winograd_weights_grad(r->u, w->u_position, w->x.channels, w->y.channels, begin, end,
                              r->to_w + r->from * w->y.channels);
}

lvk_status lvk_cpu_winograd_grad_weight_run(const lvk_cpu_task *task, void *state, const lvk_cpu_args *args) {
    const winograd *w = state;
    winograd_run r = run_of(w, args, true);
    r.from_x = args->inputs[0];
    r.from_y = args->inputs[1];
    r.to_w = args->outputs[0];
    for (size_t first = 0; first < w->tiles; first += w->block) {
        take_block(&r, first);
        r.m.tiles = r.count;
        lvk_cpu_parallel(task->threads, r.parts, output_grad_part, &r);
        for (size_t c = 0; take_share(&r, c, w->x.channels); c = r.to) {
            lvk_cpu_jobs(task->threads, LVK_WINOGRAD_POSITIONS, sum_job, &r);
            if (r.first + r.count == w->tiles)
                lvk_cpu_parallel(task->threads, r.parts, weights_grad_part, &r);
        }
    }
    return LVK_OK;
}
