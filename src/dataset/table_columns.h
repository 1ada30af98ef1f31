/* Which columns of a table of images hold what: found by their usual names, or as the caller says. */
#ifndef LVK_DATASET_TABLE_COLUMNS_H
#define LVK_DATASET_TABLE_COLUMNS_H

#include "core/csv.h"

typedef enum lvk_table_role {
    LVK_TABLE_PATH,
    LVK_TABLE_LABEL,
    LVK_TABLE_SUBJECT,
    LVK_TABLE_PART,
    LVK_TABLE_MICRONS, /* per pixel */
    LVK_TABLE_ROLES
} lvk_table_role;

/* "path", "label", "subject", "part", "microns_per_pixel". */
const char *lvk_table_role_name(lvk_table_role role);

/* Checks the form of what the caller says: "path=File,label=Dx", where a name may hold commas and an empty
 * one means that the table has no such column. LVK_ERROR_ARGUMENT; NULL and "" are fine. */
LVK_MUST_USE lvk_status lvk_table_columns_check(const char *chosen);

/* Finds the columns of the table whose header is in `csv`; -1: there is none. The caller's choice comes
 * first. In the names, case and all but letters and digits are ignored ("Patient ID" is patient_id).
 * LVK_ERROR_FORMAT: a column that the caller names is not there, or two columns have the same usual name. */
LVK_MUST_USE lvk_status lvk_table_columns_find(const lvk_csv *csv, const char *chosen,
                                               int columns[LVK_TABLE_ROLES]);

#endif
