/* Drawn cells in the shape of a C-NMC tree: to try the program where the real images are not at hand. They
 * are not medical images and a model trained on them knows nothing about blood. */
#ifndef LEUKVK_SYNTH_H
#define LEUKVK_SYNTH_H

#include "leukvk/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum lvk_synth_format { LVK_SYNTH_BMP, LVK_SYNTH_PNG } lvk_synth_format;

/* Zero means the default. */
typedef struct lvk_synth_options {
    uint32_t images;   /* in all, half of them of each class; 600. From 2 a subject to 1,000,000 */
    uint32_t subjects; /* even, half of them of each class; 24. From 8 to 2,000 */
    uint32_t size;     /* width and height in pixels; 450. From 64 to 1024 */
    uint64_t seed;
    lvk_synth_format format; /* 24-bit BMP as in the original set (450 pixels: 608,454 bytes), or PNG */
    unsigned threads;        /* 0: as many as processors */
    lvk_data_progress progress;
    void *progress_user;
} lvk_synth_options;

/* Writes below `folder`, which must be empty, not exist yet, or be left by the same work that was stopped:
 *   C-NMC_training_data/fold_{0,1,2}/{all,hem}/UID_<subject>_<image>_<cell>_<all|hem>.bmp
 *   C-NMC_test_prelim_phase_data/<n>.bmp and C-NMC_test_prelim_phase_data_labels.csv (a sixth of the
 *   subjects)
 * Every subject has a stain, a light and a grain of its own; the classes differ, with overlap, in
 * size, outline and chromatin. As in the original, subject H3 is spelt h3 in file names, and one picture is
 * there under two subjects. The same options give the same bytes. On failure some files may have been
 * written. `options` may be NULL. LVK_ERROR_ARGUMENT, _IO, _MEMORY, _CANCELLED. */
LVK_MUST_USE lvk_status lvk_synth_write(const char *folder, const lvk_synth_options *options);

#ifdef __cplusplus
}
#endif
#endif
