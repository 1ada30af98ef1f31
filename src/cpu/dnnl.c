#include "cpu/dnnl.h"

#include "core/memory.h"
#include "cpu/kernel.h"

#include <dnnl.h>
#include <stdio.h>

#if DNNL_VERSION_MAJOR >= 3 /* descriptors of memory are objects */
typedef dnnl_memory_desc_t owned_md;
typedef const_dnnl_memory_desc_t const_md;
#define MD(md) (md)
#else /* structs */
typedef dnnl_memory_desc_t owned_md;
typedef const dnnl_memory_desc_t *const_md;
#define MD(md) (&(md))
#endif

enum { MOST_ARGS = 8 };

/* One of x, w, y as the primitive wants it. */
typedef struct side {
    const_md wanted; /* of the primitive's descriptor */
    dnnl_memory_t memory;
    dnnl_memory_t plain;      /* where the layouts differ: the tensor as leukvk has it */
    dnnl_primitive_t reorder; /* from or to it */
    uint64_t bytes;           /* of `memory`, where it is not the tensor itself */
    uint64_t offset;          /* in the scratch memory, or kept */
} side;

struct lvk_dnnl {
    lvk_dnnl_pass pass;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_desc_t descriptor;
    dnnl_primitive_t primitive;
    side x, w, y;
    dnnl_memory_t bias, scratchpad;
    uint64_t scratch, scratchpad_offset; /* bytes in all, and where oneDNN's own begin */
    bool keeps_weights;
    void *kept, *kept_memory; /* w in the primitive's layout; aligned, as allocated */
    uint64_t version;         /* of the w that it was made of; 0: none yet */
};

static lvk_status status_of(dnnl_status_t status) {
    if (status == dnnl_success)
        return LVK_OK;
    if (status == dnnl_out_of_memory)
        return lvk_fail(LVK_ERROR_MEMORY, "oneDNN: out of memory");
    if (status == dnnl_unimplemented)
        return lvk_fail(LVK_ERROR_UNSUPPORTED, "oneDNN has no implementation for this shape");
    return lvk_fail(LVK_ERROR_ARGUMENT, "oneDNN: status %d", (int)status);
}
#define DNNL_TRY(call) LVK_TRY(status_of(call))

/* ---- descriptors of memory ---- */

typedef struct descriptors { /* of x, w, y in any layout or leukvk's, and of the bias */
    owned_md x, w, y, bias;
    owned_md plain_x, plain_w, plain_y;
} descriptors;

#if DNNL_VERSION_MAJOR >= 3
static dnnl_status_t md_init(owned_md *md, int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag) {
    return dnnl_memory_desc_create_with_tag(md, rank, dims, dnnl_f32, tag);
}

static void md_finish(owned_md *md) {
    if (*md)
        dnnl_memory_desc_destroy(*md);
}
#else
static dnnl_status_t md_init(owned_md *md, int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag) {
    return dnnl_memory_desc_init_by_tag(md, rank, dims, dnnl_f32, tag);
}

static void md_finish(owned_md *md) {
    (void)md;
}
#endif

static void descriptors_finish(descriptors *d) {
    md_finish(&d->x);
    md_finish(&d->w);
    md_finish(&d->y);
    md_finish(&d->bias);
    md_finish(&d->plain_x);
    md_finish(&d->plain_w);
    md_finish(&d->plain_y);
}

/* Dense layers take all as it is: another layout of w costs more than it saves. */
static lvk_status dense_descriptors(descriptors *d, const lvk_dnnl_shape *s) {
    const dnnl_dims_t x = {s->batch, s->in_c}, w = {s->out_c, s->in_c}, y = {s->batch, s->out_c};
    DNNL_TRY(md_init(&d->plain_x, 2, x, dnnl_nc));
    DNNL_TRY(md_init(&d->plain_w, 2, w, dnnl_io));
    DNNL_TRY(md_init(&d->plain_y, 2, y, dnnl_nc));
    DNNL_TRY(md_init(&d->x, 2, x, dnnl_nc));
    DNNL_TRY(md_init(&d->w, 2, w, dnnl_io));
    return status_of(md_init(&d->y, 2, y, dnnl_nc));
}

/* Activations of convolutions keep leukvk's layout; w is what the primitive likes best. */
static lvk_status convolution_descriptors(descriptors *d, const lvk_dnnl_shape *s) {
    const dnnl_dims_t x = {s->batch, s->in_c, s->in_h, s->in_w},
                      w = {s->out_c, s->in_c, s->kernel_h, s->kernel_w},
                      y = {s->batch, s->out_c, s->out_h, s->out_w};
    DNNL_TRY(md_init(&d->plain_x, 4, x, dnnl_nhwc));
    DNNL_TRY(md_init(&d->plain_w, 4, w, dnnl_hwio));
    DNNL_TRY(md_init(&d->plain_y, 4, y, dnnl_nhwc));
    DNNL_TRY(md_init(&d->x, 4, x, dnnl_nhwc));
    DNNL_TRY(md_init(&d->w, 4, w, dnnl_format_tag_any));
    return status_of(md_init(&d->y, 4, y, dnnl_nhwc));
}

static lvk_status descriptors_init(descriptors *d, const lvk_dnnl_shape *s) {
    const dnnl_dims_t bias = {s->out_c};
    *d = (descriptors){0};
    DNNL_TRY(md_init(&d->bias, 1, bias, dnnl_a));
    return s->dense ? dense_descriptors(d, s) : convolution_descriptors(d, s);
}

/* ---- the primitive's descriptor ---- */

/* A residual is what y holds before: another operand (dnnl_binary_add) takes half as long again, and oneDNN 2.6.3 adds it to the
 * wrong elements where it computes by products of matrices. */
static lvk_status attributes_of(const lvk_dnnl_shape *s, dnnl_primitive_attr_t *attributes) {
    dnnl_post_ops_t operations = NULL;
    DNNL_TRY(dnnl_primitive_attr_create(attributes));
    DNNL_TRY(dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user));
    DNNL_TRY(dnnl_post_ops_create(&operations));
    dnnl_status_t status = dnnl_success;
#if DNNL_VERSION_MAJOR >= 3
    if (s->residual)
        status = dnnl_post_ops_append_sum(operations, 1, 0, dnnl_data_type_undef);
    if (status == dnnl_success && s->relu)
        status = dnnl_post_ops_append_eltwise(operations, dnnl_eltwise_relu, 0, 0);
#else
    if (s->residual)
        status = dnnl_post_ops_append_sum(operations, 1);
    if (status == dnnl_success && s->relu)
        status = dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_relu, 0, 0);
#endif
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_post_ops(*attributes, operations);
    dnnl_post_ops_destroy(operations);
    return status_of(status);
}

#if DNNL_VERSION_MAJOR >= 3
static dnnl_status_t describe_dense(lvk_dnnl *p, const lvk_dnnl_shape *s, const descriptors *d,
                                    const_dnnl_primitive_attr_t attributes) {
    const_md bias = s->bias ? d->bias : NULL;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status;
    if (p->pass == LVK_DNNL_FORWARD)
        return dnnl_inner_product_forward_primitive_desc_create(
            &p->descriptor, p->engine, dnnl_forward_training, d->x, d->w, bias, d->y, attributes);
    status = dnnl_inner_product_forward_primitive_desc_create(&hint, p->engine, dnnl_forward_training, d->x,
                                                              d->w, NULL, d->y, NULL);
    if (status == dnnl_success && p->pass == LVK_DNNL_GRAD_INPUT)
        status = dnnl_inner_product_backward_data_primitive_desc_create(&p->descriptor, p->engine, d->x, d->w,
                                                                        d->y, hint, attributes);
    else if (status == dnnl_success)
        status = dnnl_inner_product_backward_weights_primitive_desc_create(
            &p->descriptor, p->engine, d->x, d->w, NULL, d->y, hint, attributes);
    if (hint)
        dnnl_primitive_desc_destroy(hint);
    return status;
}

static dnnl_status_t describe_convolution(lvk_dnnl *p, const lvk_dnnl_shape *s, const descriptors *d,
                                          const_dnnl_primitive_attr_t attributes) {
    const dnnl_dims_t strides = {s->stride_h, s->stride_w}, dilates = {0, 0},
                      before = {s->pad_top, s->pad_left}, after = {s->pad_bottom, s->pad_right};
    const_md bias = s->bias ? d->bias : NULL;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status;
    if (p->pass == LVK_DNNL_FORWARD)
        return dnnl_convolution_forward_primitive_desc_create(
            &p->descriptor, p->engine, dnnl_forward_training, dnnl_convolution_direct, d->x, d->w, bias, d->y,
            strides, dilates, before, after, attributes);
    status = dnnl_convolution_forward_primitive_desc_create(&hint, p->engine, dnnl_forward_training,
                                                            dnnl_convolution_direct, d->x, d->w, NULL, d->y,
                                                            strides, dilates, before, after, NULL);
    if (status == dnnl_success && p->pass == LVK_DNNL_GRAD_INPUT)
        status = dnnl_convolution_backward_data_primitive_desc_create(
            &p->descriptor, p->engine, dnnl_convolution_direct, d->x, d->w, d->y, strides, dilates, before,
            after, hint, attributes);
    else if (status == dnnl_success)
        status = dnnl_convolution_backward_weights_primitive_desc_create(
            &p->descriptor, p->engine, dnnl_convolution_direct, d->x, d->w, NULL, d->y, strides, dilates,
            before, after, hint, attributes);
    if (hint)
        dnnl_primitive_desc_destroy(hint);
    return status;
}

static const_md query(const_dnnl_primitive_desc_t descriptor, dnnl_query_t what) {
    return dnnl_primitive_desc_query_md(descriptor, what, 0);
}
#else
static dnnl_status_t describe_dense(lvk_dnnl *p, const lvk_dnnl_shape *s, const descriptors *d,
                                    const_dnnl_primitive_attr_t attributes) {
    dnnl_inner_product_desc_t operation;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status = dnnl_inner_product_forward_desc_init(&operation, dnnl_forward_training, &d->x,
                                                                &d->w, s->bias ? &d->bias : NULL, &d->y);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&hint, &operation,
                                            p->pass == LVK_DNNL_FORWARD ? attributes : NULL, p->engine, NULL);
    if (status != dnnl_success || p->pass == LVK_DNNL_FORWARD) {
        p->descriptor = hint;
        return status;
    }
    status = p->pass == LVK_DNNL_GRAD_INPUT
                 ? dnnl_inner_product_backward_data_desc_init(&operation, &d->x, &d->w, &d->y)
                 : dnnl_inner_product_backward_weights_desc_init(&operation, &d->x, &d->w, NULL, &d->y);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&p->descriptor, &operation, attributes, p->engine, hint);
    dnnl_primitive_desc_destroy(hint);
    return status;
}

static dnnl_status_t describe_convolution(lvk_dnnl *p, const lvk_dnnl_shape *s, const descriptors *d,
                                          const_dnnl_primitive_attr_t attributes) {
    const dnnl_dims_t strides = {s->stride_h, s->stride_w}, before = {s->pad_top, s->pad_left},
                      after = {s->pad_bottom, s->pad_right};
    dnnl_convolution_desc_t operation;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status =
        dnnl_convolution_forward_desc_init(&operation, dnnl_forward_training, dnnl_convolution_direct, &d->x,
                                           &d->w, s->bias ? &d->bias : NULL, &d->y, strides, before, after);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&hint, &operation,
                                            p->pass == LVK_DNNL_FORWARD ? attributes : NULL, p->engine, NULL);
    if (status != dnnl_success || p->pass == LVK_DNNL_FORWARD) {
        p->descriptor = hint;
        return status;
    }
    status = p->pass == LVK_DNNL_GRAD_INPUT
                 ? dnnl_convolution_backward_data_desc_init(&operation, dnnl_convolution_direct, &d->x, &d->w,
                                                            &d->y, strides, before, after)
                 : dnnl_convolution_backward_weights_desc_init(&operation, dnnl_convolution_direct, &d->x,
                                                               &d->w, NULL, &d->y, strides, before, after);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&p->descriptor, &operation, attributes, p->engine, hint);
    dnnl_primitive_desc_destroy(hint);
    return status;
}

static const_md query(const_dnnl_primitive_desc_t descriptor, dnnl_query_t what) {
    return dnnl_primitive_desc_query_md(descriptor, what, 0);
}
#endif

static lvk_status describe(lvk_dnnl *p, const lvk_dnnl_shape *s, const descriptors *d) {
    dnnl_primitive_attr_t attributes = NULL;
    lvk_status status = attributes_of(s, &attributes);
    if (status == LVK_OK)
        status = status_of((s->dense ? describe_dense : describe_convolution)(p, s, d, attributes));
    if (attributes)
        dnnl_primitive_attr_destroy(attributes);
    LVK_TRY(status);
    return status_of(dnnl_primitive_create(&p->primitive, p->descriptor));
}

/* ---- memory ---- */

static uint64_t reserve(uint64_t *scratch, uint64_t bytes) {
    const uint64_t offset = *scratch;
    *scratch += lvk_cpu_align(bytes);
    return offset;
}

static lvk_status create_memory(const lvk_dnnl *p, const_md md, dnnl_memory_t *memory) {
    return status_of(dnnl_memory_create(memory, md, p->engine, DNNL_MEMORY_NONE));
}

static lvk_status create_reorder(const lvk_dnnl *p, const_md from, const_md to, dnnl_primitive_t *reorder) {
    dnnl_primitive_desc_t descriptor = NULL;
    dnnl_primitive_attr_t attributes = NULL;
    DNNL_TRY(dnnl_primitive_attr_create(&attributes));
    dnnl_status_t status = dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_library);
    if (status == dnnl_success)
        status = dnnl_reorder_primitive_desc_create(&descriptor, from, p->engine, to, p->engine, attributes);
    dnnl_primitive_attr_destroy(attributes);
    if (status == dnnl_success)
        status = dnnl_primitive_create(reorder, descriptor);
    if (descriptor)
        dnnl_primitive_desc_destroy(descriptor);
    return status_of(status);
}

/* `written`: the pass writes this tensor. */
static lvk_status side_init(lvk_dnnl *p, side *s, const_md wanted, const owned_md *plain, bool written,
                            bool kept) {
    s->wanted = wanted;
    LVK_TRY(create_memory(p, wanted, &s->memory));
    if (dnnl_memory_desc_equal(wanted, MD(*plain)))
        return LVK_OK;
    LVK_TRY(create_memory(p, MD(*plain), &s->plain));
    LVK_TRY(written ? create_reorder(p, wanted, MD(*plain), &s->reorder)
                    : create_reorder(p, MD(*plain), wanted, &s->reorder));
    s->bytes = dnnl_memory_desc_get_size(wanted);
    if (!kept)
        s->offset = reserve(&p->scratch, s->bytes);
    return LVK_OK;
}

static void side_finish(side *s) {
    if (s->memory)
        dnnl_memory_destroy(s->memory);
    if (s->plain)
        dnnl_memory_destroy(s->plain);
    if (s->reorder)
        dnnl_primitive_destroy(s->reorder);
}

static lvk_status keep_weights(lvk_dnnl *p) {
    p->kept_memory = lvk_alloc(p->w.bytes + LVK_HOST_ALIGNMENT, 1);
    if (!p->kept_memory)
        return LVK_ERROR_MEMORY;
    p->kept = (char *)p->kept_memory +
              (LVK_HOST_ALIGNMENT - (uintptr_t)p->kept_memory % LVK_HOST_ALIGNMENT) % LVK_HOST_ALIGNMENT;
    return status_of(dnnl_memory_set_data_handle(p->w.memory, p->kept));
}

static lvk_status create_memories(lvk_dnnl *p, const lvk_dnnl_shape *s, const descriptors *d) {
    const dnnl_query_t x = p->pass == LVK_DNNL_GRAD_INPUT ? dnnl_query_diff_src_md : dnnl_query_src_md,
                       w = p->pass == LVK_DNNL_GRAD_WEIGHT ? dnnl_query_diff_weights_md
                                                           : dnnl_query_weights_md,
                       y = p->pass == LVK_DNNL_FORWARD ? dnnl_query_dst_md : dnnl_query_diff_dst_md;
    p->keeps_weights = s->keeps_weights && p->pass != LVK_DNNL_GRAD_WEIGHT;
    LVK_TRY(side_init(p, &p->x, query(p->descriptor, x), &d->plain_x, p->pass == LVK_DNNL_GRAD_INPUT, false));
    LVK_TRY(side_init(p, &p->w, query(p->descriptor, w), &d->plain_w, p->pass == LVK_DNNL_GRAD_WEIGHT,
                      p->keeps_weights));
    LVK_TRY(side_init(p, &p->y, query(p->descriptor, y), &d->plain_y, p->pass == LVK_DNNL_FORWARD, false));
    if (s->bias)
        LVK_TRY(create_memory(p, MD(d->bias), &p->bias));
    const_md scratchpad = query(p->descriptor, dnnl_query_scratchpad_md);
    LVK_TRY(create_memory(p, scratchpad, &p->scratchpad));
    p->scratchpad_offset = reserve(&p->scratch, dnnl_memory_desc_get_size(scratchpad));
    p->keeps_weights = p->keeps_weights && p->w.reorder;
    return p->keeps_weights ? keep_weights(p) : LVK_OK;
}

lvk_status lvk_dnnl_create(lvk_dnnl_pass pass, const lvk_dnnl_shape *shape, lvk_dnnl **dnnl) {
    descriptors d;
    lvk_dnnl *p = *dnnl = lvk_alloc(1, sizeof *p);
    if (!p)
        return LVK_ERROR_MEMORY;
    p->pass = pass;
    lvk_status status = status_of(dnnl_engine_create(&p->engine, dnnl_cpu, 0));
    if (status == LVK_OK)
        status = status_of(dnnl_stream_create(&p->stream, p->engine, dnnl_stream_default_flags));
    if (status == LVK_OK) {
        status = descriptors_init(&d, shape);
        if (status == LVK_OK)
            status = describe(p, shape, &d);
        if (status == LVK_OK)
            status = create_memories(p, shape, &d);
        descriptors_finish(&d);
    }
    if (status != LVK_OK)
        lvk_dnnl_destroy(dnnl);
    return status;
}

void lvk_dnnl_destroy(lvk_dnnl **dnnl) {
    lvk_dnnl *p = *dnnl;
    if (!p)
        return;
    side_finish(&p->x);
    side_finish(&p->w);
    side_finish(&p->y);
    dnnl_memory_t others[] = {p->bias, p->scratchpad};
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i)
        if (others[i])
            dnnl_memory_destroy(others[i]);
    if (p->primitive)
        dnnl_primitive_destroy(p->primitive);
    if (p->descriptor)
        dnnl_primitive_desc_destroy(p->descriptor);
    if (p->stream)
        dnnl_stream_destroy(p->stream);
    if (p->engine)
        dnnl_engine_destroy(p->engine);
    lvk_free(p->kept_memory);
    lvk_free(p);
    *dnnl = NULL;
}

uint64_t lvk_dnnl_scratch(const lvk_dnnl *dnnl) {
    return dnnl->scratch;
}

/* ---- running ---- */

static lvk_status set(dnnl_memory_t memory, const void *data) {
    return status_of(
        dnnl_memory_set_data_handle(memory, (void *)data)); /* oneDNN does not write what a pass reads */
}

static lvk_status execute(const lvk_dnnl *p, dnnl_primitive_t primitive, const dnnl_exec_arg_t *args,
                          int count) {
    return status_of(dnnl_primitive_execute(primitive, p->stream, count, args));
}

static lvk_status reorder(const lvk_dnnl *p, const side *s, dnnl_memory_t from, dnnl_memory_t to) {
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    return execute(p, s->reorder, args, 2);
}

/* Points the side at its tensor; one that is read is brought into the primitive's layout. */
static lvk_status prepare(lvk_dnnl *p, side *s, const void *data, bool written, void *scratch) {
    if (!s->reorder)
        return set(s->memory, data);
    LVK_TRY(set(s->plain, data));
    LVK_TRY(set(s->memory, (char *)scratch + s->offset));
    return written ? LVK_OK : reorder(p, s, s->plain, s->memory);
}

static lvk_status prepare_weights(lvk_dnnl *p, const lvk_dnnl_operands *o) {
    if (!p->keeps_weights)
        return prepare(p, &p->w, o->from_w, false, o->scratch);
    if (p->version == o->version && o->version != 0)
        return LVK_OK;
    LVK_TRY(set(p->w.plain, o->from_w));
    LVK_TRY(reorder(p, &p->w, p->w.plain, p->w.memory));
    p->version = o->version;
    return LVK_OK;
}

static lvk_status finish(const lvk_dnnl *p, const side *s) {
    return s->reorder ? reorder(p, s, s->memory, s->plain) : LVK_OK;
}

lvk_status lvk_dnnl_run(lvk_dnnl *p, const lvk_dnnl_operands *o) {
    const bool forward = p->pass == LVK_DNNL_FORWARD, input = p->pass == LVK_DNNL_GRAD_INPUT,
               weight = p->pass == LVK_DNNL_GRAD_WEIGHT;
    LVK_TRY(prepare(p, &p->x, input ? o->to_x : o->from_x, input, o->scratch));
    LVK_TRY(weight ? prepare(p, &p->w, o->to_w, true, o->scratch) : prepare_weights(p, o));
    LVK_TRY(prepare(p, &p->y, forward ? o->to_y : o->from_y, forward, o->scratch));
    LVK_TRY(set(p->scratchpad, o->scratch ? (char *)o->scratch + p->scratchpad_offset : NULL));
    dnnl_exec_arg_t args[MOST_ARGS] = {
        {input ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, p->x.memory},
        {weight ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, p->w.memory},
        {forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, p->y.memory},
        {DNNL_ARG_SCRATCHPAD, p->scratchpad},
    };
    int count = 4;
    if (p->bias) {
        LVK_TRY(set(p->bias, o->bias));
        args[count++] = (dnnl_exec_arg_t){DNNL_ARG_BIAS, p->bias};
    }
    LVK_TRY(execute(p, p->primitive, args, count));
    LVK_TRY(status_of(dnnl_stream_wait(p->stream)));
    return forward ? finish(p, &p->y) : input ? finish(p, &p->x) : finish(p, &p->w);
}

/* ---- what it is ---- */

static bool has(unsigned isa, dnnl_cpu_isa_t wanted) { /* sets of bits, each with those of what it extends */
    return (isa & (unsigned)wanted) == (unsigned)wanted;
}

void lvk_dnnl_describe(char *text, size_t size) {
    const dnnl_version_t *version = dnnl_version();
    const unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
    snprintf(text, size, "oneDNN %d.%d.%d, %s", version->major, version->minor, version->patch,
             has(isa, dnnl_cpu_isa_avx512_core) ? "AVX-512"
             : has(isa, dnnl_cpu_isa_avx2)      ? "AVX2"
             : has(isa, dnnl_cpu_isa_avx)       ? "AVX"
                                                : "SSE4.1");
}

bool lvk_dnnl_has_avx2(void) {
    return has((unsigned)dnnl_get_effective_cpu_isa(), dnnl_cpu_isa_avx2);
}

bool lvk_dnnl_has_avx512(void) {
    return has((unsigned)dnnl_get_effective_cpu_isa(), dnnl_cpu_isa_avx512_core);
}
