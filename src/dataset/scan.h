/* The scan of a folder: which files are images of the data set, and what folders and names say about each
 * image. No file is decoded. */
#ifndef LVK_DATASET_SCAN_H
#define LVK_DATASET_SCAN_H

#include "core/digest.h"
#include "core/memory.h"
#include "leukvk/dataset.h"

enum { LVK_SCAN_CLASSES = 1000 };

/* What is wrong with an image of C-NMC's training part of which no subject is known. */
#define LVK_NO_SUBJECT "the name holds no subject (UID_<subject>_...)"

typedef struct lvk_scan_entry {
    const char *path;    /* relative to the folder */
    const char *subject; /* canonical id; NULL: neither name nor folder tells the subject */
    const char *problem; /* NULL, or why the image cannot be used */
    int32_t label, fold; /* as in lvk_image_info */
    /* Where in `path` the folders begin that may be classes: behind that of a part; and where the class
     * folder's name begins. Only in trees that are not C-NMC's */
    uint32_t from, class_at;
    lvk_data_part part;
    lvk_given_part given;
    bool outside;             /* in none of the folders that are parts */
    double microns_per_pixel; /* 0: not known */
} lvk_scan_entry;

typedef struct lvk_scan {
    lvk_scan_entry *entries; /* in byte order of their paths */
    size_t count;
    const char **classes; /* in byte order */
    size_t class_count;
    int32_t positive;   /* class index, -1: no classes */
    bool positive_told; /* the names or the caller tell the positive class; false: it is the last one */
    bool is_cnmc;
    const char *folder;           /* that paths are relative to; NULL: the one that was scanned */
    char digest[LVK_DIGEST_TEXT]; /* of a table; "": there is none */
    size_t ignored;               /* images outside every class folder */
    const char *ignored_example;
    size_t unreadable;              /* folders that this user may not read */
    const char *unreadable_example; /* "path: reason" of the first */
    const char *label_table; /* path of the table with the labels of the preliminary part; NULL: none */
    lvk_arena arena;         /* holds all texts of the scan */
} lvk_scan;

/* Scan a folder as lvk_dataset_create (`allow_classless` as there) and files as lvk_dataset_create_from_files
 * does. On failure *scan is empty. */
LVK_MUST_USE lvk_status lvk_scan_folder(const char *folder, bool allow_classless, lvk_scan *scan);
LVK_MUST_USE lvk_status lvk_scan_files(const char *const *paths, size_t count, lvk_scan *scan);
/* Whether the folders in `path` give an image a part of a C-NMC tree. */
bool lvk_scan_is_cnmc_path(const char *path);
/* Keeps the first `count` entries, at least one, and gives back the memory of the others. */
LVK_MUST_USE lvk_status lvk_scan_shrink(lvk_scan *scan, size_t count);
void lvk_scan_finish(lvk_scan *scan);

/* What the names of files say: their subject where none is known yet, and with `check_class` whether they
 * contradict their class. */
LVK_MUST_USE lvk_status lvk_scan_read_names(lvk_scan *scan, bool check_class);

/* Counts an image that lies in no class; the caller takes it out. */
void lvk_scan_ignore(lvk_scan *scan, const lvk_scan_entry *entry);

/* Finds the positive class by the names of the classes. */
void lvk_scan_name_positive(lvk_scan *scan);

/* Gives the images of the preliminary part their labels and subjects (preliminary.c). `tables` are the paths
 * of all label tables that were found, which must have the same bytes. */
LVK_MUST_USE lvk_status lvk_scan_join_labels(lvk_scan *scan, const char *folder, const char *const *tables,
                                             size_t table_count);

#endif
