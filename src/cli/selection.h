/* The images that predict and eval work on. Functions return an lvk_status. */
#ifndef LEUKVK_CLI_SELECTION_H
#define LEUKVK_CLI_SELECTION_H

#include "leukvk/leukvk.h"

typedef struct selection {
    lvk_dataset *dataset;
    lvk_split *split;  /* of a run; NULL otherwise */
    bool known;        /* images of a model's run are among those that selection_leave_trained has seen */
    uint32_t *indices; /* of the images in the data set */
    size_t count;
    const char *part; /* of the split; NULL: all labelled images */
} selection;

/* All images in these files and folders. Of `reading`, the pattern of subjects and the scale count; where it says none, that of
 * the run `run` (a folder, or a file in one; NULL: no run's). */
int selection_of_files(selection *s, const char *run, const char *const *paths, size_t count,
                       const lvk_dataset_options *reading);

/* The images that the run `run` (a folder, or a file in one) has in `part`; `data` (NULL: as the run has it)
 * is where the data set lies. What `reading` does not say of columns and the pattern of subjects is as the
 * run has it. */
int selection_of_part(selection *s, const char *run, const char *part, const char *data,
                      const lvk_dataset_options *reading);

/* Fails where another run has other images in the part than the selection: what one holds out, the other may
 * have learned. */
int selection_check_part(const selection *s, const char *run, const char *part);

/* The images of another data set, or those of them with labels; `run` and `reading` as above. */
int selection_of_data(selection *s, const char *run, const char *data, const lvk_dataset_options *reading,
                      bool labelled_only);

/* All labelled images of the run's own data set; `data` as above. */
int selection_of_run(selection *s, const char *run, const char *data, const lvk_dataset_options *reading);

/* Of labelled images, leaves the test part where they are the data set that the run `run`, if it is one, was
 * trained on, and says so; warns where some of them have the names of images that it was trained on. With
 * `all` it leaves all and warns. */
int selection_leave_trained(selection *s, const char *run, bool all);

void selection_finish(selection *s);

#endif
