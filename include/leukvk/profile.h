/* A profile of one step: the times of all operators and of the phases of the step.
 *
 * A profiled step computes the same bits as any other. It is a little slower, since operators that could
 * overlap on the device run one after the other. */
#ifndef LEUKVK_PROFILE_H
#define LEUKVK_PROFILE_H

#include "leukvk/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lvk_profile_row {
    const char *label;     /* the node and, if it is sliced, its rows of the batch: "conv2d_1 [0-15]" */
    const char *op;        /* the name of the operator */
    const char *candidate; /* the kernel that was chosen for it; "" on the reference */
    double start;          /* seconds from the beginning of the first operator */
    double seconds;        /* on the device's clock, if it has one */
    double flops;          /* floating-point operations of the direct form; a multiply-add counts 2 */
    double bytes;          /* memory traffic if each operand is read or written once */
} lvk_profile_row;

/* The phases of a step, in order. */
typedef enum lvk_phase {
    LVK_PHASE_WAIT,    /* waiting for images */
    LVK_PHASE_PREPARE, /* making labels and keys of dropout */
    LVK_PHASE_UPLOAD,  /* writing inputs; for a graphics card, only recording copies, which are part of RUN */
    LVK_PHASE_RUN,     /* all operators, from their submission to the end of the last */
    LVK_PHASE_DOWNLOAD, /* reading loss and logits */
    LVK_PHASE_FINISH,   /* adding them to the epoch's loss and accuracy */
    LVK_PHASE_COUNT
} lvk_phase;

typedef struct lvk_profile {
    char device[256];
    lvk_profile_row *rows; /* in the order in which operators ran; without views, which compute nothing */
    size_t row_count;
    double operators;               /* the sum of the seconds of all rows */
    double phases[LVK_PHASE_COUNT]; /* seconds; each phase begins when the one before ends */
    double launching; /* seconds of RUN without operators: submission, copies before them, gaps, waking up */
    double step;      /* seconds of all phases */
} lvk_profile;

LVK_API void lvk_profile_destroy(lvk_profile **profile);

/* Writes a trace that chrome://tracing and ui.perfetto.dev show: one line for the phases on the host, one for
 * the operators on the device. The device's times are shifted so that the last operator ends when the phase
 * RUN ends. */
LVK_API LVK_MUST_USE lvk_status lvk_profile_write_trace(const lvk_profile *profile, const char *path);

#ifdef __cplusplus
}
#endif
#endif
