/* A data set from a table (core/csv.h) with a row for each image. */
#ifndef LVK_DATASET_TABLE_H
#define LVK_DATASET_TABLE_H

#include "dataset/scan.h"

/* Whether the name ends as that of a table does: .csv, .tsv or .txt, in any case. */
bool lvk_name_is_table(const char *name);

/* Scans the images of a table. scan->folder is the table's folder, which paths are relative to, and
 * scan->digest the digest of the table. `columns` as in lvk_dataset_options. LVK_ERROR_FORMAT, with the file
 * and the line: a column or a file is missing, a value cannot be, the same image or nearly the same label is
 * there twice. */
LVK_MUST_USE lvk_status lvk_scan_table(const char *path, const char *columns, bool allow_classless,
                                       lvk_scan *scan);

#endif
