/* Where the time of one step goes: a row for every operator that was run, and the phases around them.
 *
 * A profiled step computes the same bits as any other; it is a little slower, since operators that could
 * overlap on the device are run one after the other. */
#ifndef LEUKVK_PROFILE_H
#define LEUKVK_PROFILE_H

#include "leukvk/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_profile_row {
    const char *label;     /* the node and, if it was cut, its part of the batch: "conv2d_1 [0-15]" */
    const char *op;        /* name of the operator */
    const char *candidate; /* the kernel that was chosen for it; "" on the reference */
    double start;          /* seconds after the first operator began */
    double seconds;        /* on the device's clock where it has one */
    double flops;          /* arithmetic of the direct form; a multiply-add counts 2 */
    double bytes;          /* of the operands, each read or written once */
} lvk_profile_row;

/* What a step does, in order. */
typedef enum lvk_phase {
    LVK_PHASE_WAIT,     /* for images */
    LVK_PHASE_PREPARE,  /* labels, dropout keys */
    LVK_PHASE_UPLOAD,   /* to the device; for a card, handing over what goes with RUN */
    LVK_PHASE_RUN,      /* all operators: from handing them over to the end of the last one */
    LVK_PHASE_DOWNLOAD, /* loss and logits */
    LVK_PHASE_FINISH,   /* counting them */
    LVK_PHASE_COUNT
} lvk_phase;

typedef struct lvk_profile {
    char device[256];
    lvk_profile_row *rows; /* in the order in which they ran; views, which compute nothing, are left out */
    size_t row_count;
    double operators;               /* seconds of all rows */
    double phases[LVK_PHASE_COUNT]; /* seconds; each begins when the one before ends */
    double launching; /* RUN without the operators: submission, copies that go ahead, gaps, waking up */
    double step;      /* all phases */
} lvk_profile;

void lvk_profile_destroy(lvk_profile **profile);

/* Writes a trace that chrome://tracing and ui.perfetto.dev show: one line for the phases on the host, one for
 * the operators on the device. The device's clock is laid so that the last operator ends with its phase. */
LVK_MUST_USE lvk_status lvk_profile_write_trace(const lvk_profile *profile, const char *path);

#ifdef __cplusplus
}
#endif
#endif
