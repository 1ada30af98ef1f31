/* Which files of a tree are images of the data set, and what their place and name say about them. Nothing is
 * decoded. */
#ifndef LVK_DATASET_SCAN_H
#define LVK_DATASET_SCAN_H

#include "core/memory.h"
#include "leukvk/dataset.h"

typedef struct lvk_scan_entry {
    const char *path;    /* relative to the folder */
    const char *subject; /* canonical id; NULL: neither name nor folder say whose cell it is */
    const char *problem; /* NULL, or why the image cannot be used */
    int32_t label, fold; /* as in lvk_image_info */
    uint32_t class_at;   /* where the class folder's name begins in `path`; of trees that are not C-NMC's */
    lvk_data_part part;
} lvk_scan_entry;

typedef struct lvk_scan {
    lvk_scan_entry *entries; /* in byte order of their paths */
    size_t count;
    const char **classes; /* in byte order */
    size_t class_count;
    int32_t positive; /* class index, -1: no classes */
    bool
        positive_told; /* by the classes' names or by the caller; false: it is the last for lack of a reason */
    bool is_cnmc;
    size_t ignored; /* images outside every class folder */
    const char *ignored_example;
    const char *label_table; /* path of the table that the preliminary part's labels are from, NULL: none */
    lvk_arena arena;         /* holds all the text */
} lvk_scan;

/* See lvk_dataset_create (`allow_classless` too) and lvk_dataset_create_from_files. On failure *scan is
 * empty.
 */
LVK_MUST_USE lvk_status lvk_scan_folder(const char *folder, bool allow_classless, lvk_scan *scan);
LVK_MUST_USE lvk_status lvk_scan_files(const char *const *paths, size_t count, lvk_scan *scan);
/* True when the folders in `path` give an image a place in a C-NMC tree. */
bool lvk_scan_is_cnmc_path(const char *path);
void lvk_scan_finish(lvk_scan *scan);

/* Gives the images of the preliminary part their labels and subjects (src/data/preliminary.c). `tables` are
 * the paths of the label tables that were found: all must hold the same bytes. */
LVK_MUST_USE lvk_status lvk_scan_join_labels(lvk_scan *scan, const char *folder, const char *const *tables,
                                             size_t table_count);

#endif
