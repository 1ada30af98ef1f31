/* Drawn cells in the folders of a C-NMC tree, or of a tree with more classes, to try the program without real
 * images. Drawn cells are not medical images, and a model that was trained on them knows nothing about
 * blood. */
#ifndef LEUKVK_SYNTH_H
#define LEUKVK_SYNTH_H

#include "leukvk/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LVK_SYNTH_MOST_CLASSES = 6 };

typedef enum lvk_synth_format { LVK_SYNTH_BMP, LVK_SYNTH_PNG } lvk_synth_format;

/* Zero means the default. */
typedef struct lvk_synth_options {
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    uint32_t classes;   /* 2 to LVK_SYNTH_MOST_CLASSES; 2 */
    uint32_t
        images; /* in all, as many in each class, give or take one; 600; two for each subject to 1,000,000 */
    uint32_t
        subjects; /* a multiple of `classes`, as many in each; 24, or the next multiple; 4 a class to 2,000 */
    uint32_t size; /* width and height in pixels; 450; 64 to 1024 */
    uint64_t seed;
    lvk_synth_format format;    /* 24-bit BMP as in the original set (450 pixels: 608,454 bytes), or PNG */
    unsigned threads;           /* 0: as many as processors. The files do not depend on the number */
    lvk_data_progress progress; /* may be NULL */
    void *progress_user;
} lvk_synth_options;

/* Fails with LVK_ERROR_ARGUMENT unless the options make sense, which lvk_synth_write checks first. `options`
 * may be NULL. */
LVK_API LVK_MUST_USE lvk_status lvk_synth_check(const lvk_synth_options *options);

/* Writes these files below `folder`, which must not exist yet, be empty, or hold what a call with the same
 * options had written when it was stopped:
 *   C-NMC_training_data/fold_{0,1,2}/{all,hem}/UID_<subject>_<image>_<cell>_<all|hem>.bmp
 *   C-NMC_test_prelim_phase_data/<n>.bmp and C-NMC_test_prelim_phase_data_labels.csv (a sixth of the
 *   subjects)
 * or, with more than two classes (the first ones of Benign, Early, Pre, Pro, Burkitt, Reactive):
 *   <class>/P<subject>/<image>.bmp
 * Every subject has its own stain, direction of light and grain. The classes differ in size, outline and
 * chromatin, with overlap. As in the original, subject H3 is spelt h3 in file names, and in all trees two
 * subjects share one picture. The same options give the same bytes. `options` may be NULL.
 * LVK_ERROR_ARGUMENT, _IO, _MEMORY, _CANCELLED; on failure some files may have been written. */
LVK_API LVK_MUST_USE lvk_status lvk_synth_write(const char *folder, const lvk_synth_options *options);

#ifdef __cplusplus
}
#endif
#endif
