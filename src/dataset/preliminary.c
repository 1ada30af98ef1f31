/* The preliminary part's images are named 1.bmp, 2.bmp, ...: what they are stands in a table. */
#include "dataset/scan.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/log.h"
#include "dataset/labels.h"
#include "dataset/names.h"

#include <string.h>

static size_t count_preliminary(const lvk_scan *scan) {
    size_t count = 0;
    for (size_t i = 0; i < scan->count; ++i)
        count += scan->entries[i].part == LVK_PART_PRELIMINARY;
    return count;
}

/* A copy of the tree nested in itself brings its own copy of the table. */
static lvk_status check_same(const char *first, const char *other) {
    void *data[2] = {NULL, NULL};
    size_t size[2];
    lvk_status status = lvk_file_read(first, LVK_CSV_MOST_BYTES, &data[0], &size[0]);
    if (status == LVK_OK)
        status = lvk_file_read(other, LVK_CSV_MOST_BYTES, &data[1], &size[1]);
    if (status == LVK_OK && (size[0] != size[1] || memcmp(data[0], data[1], size[0]) != 0))
        status = lvk_fail(LVK_ERROR_FORMAT, "%s: a second label table that differs from %s", other, first);
    lvk_free(data[0]);
    lvk_free(data[1]);
    return status;
}

/* The label of an image that still has its original name (some copies of the set do), from that name. */
static bool label_by_name(lvk_scan_entry *entry) {
    char subject[LVK_SUBJECT_SIZE];
    int label;
    if (!lvk_name_parse(lvk_path_name(entry->path), subject, &label) || label < 0)
        return false;
    entry->label = label;
    return true;
}

static lvk_status join(lvk_scan *scan, const char *table, const lvk_labels *labels, bool *used) {
    for (size_t i = 0; i < scan->count; ++i) {
        lvk_scan_entry *entry = &scan->entries[i];
        if (entry->part != LVK_PART_PRELIMINARY)
            continue;
        const char *name = lvk_path_name(entry->path);
        const lvk_label_row *row = lvk_labels_find(labels, name);
        if (!row)
            row = lvk_labels_find_patient(labels, name);
        if (!row)
            return lvk_fail(LVK_ERROR_FORMAT, "%s: no row for image %s", table, entry->path);
        used[row - labels->rows] = true;
        entry->label = row->is_all ? 0 : 1;
        if (!(entry->subject = lvk_arena_strdup(&scan->arena, row->subject)))
            return LVK_ERROR_MEMORY;
    }
    const lvk_label_row *unknown = NULL;
    for (size_t r = 0; r < labels->count; ++r)
        if (!used[r] && (!unknown || labels->rows[r].line < unknown->line))
            unknown = &labels->rows[r];
    if (unknown)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: line %u: no image %.80s in the preliminary folder", table,
                        unknown->line, unknown->name);
    return LVK_OK;
}

static lvk_status join_table(lvk_scan *scan, const char *table) {
    lvk_labels labels;
    LVK_TRY(lvk_labels_read(table, &labels));
    bool *used = lvk_alloc(labels.count, sizeof *used);
    const lvk_status status = used ? join(scan, table, &labels, used) : LVK_ERROR_MEMORY;
    lvk_free(used);
    lvk_labels_finish(&labels);
    return status;
}

lvk_status lvk_scan_join_labels(lvk_scan *scan, const char *folder, const char *const *tables,
                                size_t table_count) {
    const size_t images = count_preliminary(scan);
    if (images == 0)
        return LVK_OK;
    if (table_count == 0) {
        size_t unlabelled = 0;
        for (size_t i = 0; i < scan->count; ++i)
            if (scan->entries[i].part == LVK_PART_PRELIMINARY && !label_by_name(&scan->entries[i]))
                ++unlabelled;
        if (unlabelled)
            lvk_log(LVK_LOG_WARNING,
                    "%s: no label table found: %zu images of the preliminary part stay unlabelled", folder,
                    unlabelled);
        return LVK_OK;
    }
    char *first = lvk_path_join(folder, tables[0]);
    lvk_status status = first ? LVK_OK : LVK_ERROR_MEMORY;
    for (size_t i = 1; i < table_count && status == LVK_OK; ++i) {
        char *other = lvk_path_join(folder, tables[i]);
        status = other ? check_same(first, other) : LVK_ERROR_MEMORY;
        lvk_free(other);
    }
    if (status == LVK_OK)
        status = join_table(scan, first);
    if (status == LVK_OK && !(scan->label_table = lvk_arena_strdup(&scan->arena, first)))
        status = LVK_ERROR_MEMORY;
    lvk_free(first);
    return status;
}
