/* Tables of images, C-NMC's table of labels, and CSV files as such. The first byte says which.
 * Covers: src/core/csv.c src/dataset/{labels,table,table_columns,names,class_names,parts}.c */
#include "support.h"

#include "core/csv.h"
#include "dataset/labels.h"
#include "dataset/table.h"

#include <string.h>

void fuzz_begin(void) { /* the files that rows may name */
    static const char *const names[] = {"a.png", "b.bmp", "UID_H3_1_1_hem.bmp", "1.bmp"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        fuzz_file(names[i], "", 0);
}

static void read_rows(const char *path) {
    lvk_csv csv;
    if (!fuzz_ok(lvk_csv_open(path, &csv)))
        return;
    char *names = NULL;
    bool more = true;
    if (fuzz_ok(lvk_csv_list_columns(&csv, &names)))
        lvk_free(names);
    while (fuzz_ok(lvk_csv_next(&csv, &more)) && more)
        for (int i = 0; i < csv.count; ++i) {
            double value = 0;
            (void)lvk_csv_number(&csv, csv.fields[i], &value);
            REQUIRE(strlen(lvk_csv_trim(csv.fields[i])) < LVK_CSV_MOST_BYTES);
        }
    lvk_csv_close(&csv);
}

static void read_labels(const char *path) {
    lvk_labels labels;
    if (!fuzz_ok(lvk_labels_read(path, &labels)))
        return;
    for (size_t i = 0; i < labels.count; ++i) {
        const lvk_label_row *found = lvk_labels_find(&labels, labels.rows[i].name);
        REQUIRE(found == &labels.rows[i]);
        REQUIRE(strlen(found->subject) < LVK_SUBJECT_SIZE);
        REQUIRE(lvk_labels_find_patient(&labels, found->patient));
    }
    lvk_labels_finish(&labels);
}

static void scan_table(const char *path, const char *columns, bool classless) {
    lvk_scan scan;
    if (!fuzz_ok(lvk_scan_table(path, columns, classless, &scan)))
        return;
    for (size_t i = 0; i < scan.count; ++i)
        REQUIRE(scan.entries[i].label < (int32_t)scan.class_count);
    lvk_scan_finish(&scan);
}

void fuzz_one(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    const uint32_t which = fuzz_below(&input, 5);
    char *columns = NULL;
    if (which == 4) { /* the first line says which columns hold what */
        const fuzz_input line = fuzz_line(&input);
        columns = fuzz_string(line.at, line.left);
    }
    const char *path = fuzz_file("table.csv", input.at, input.left);
    if (which == 0)
        read_rows(path);
    else if (which == 1)
        read_labels(path);
    else
        scan_table(path, columns, which == 2);
    lvk_free(columns);
}
