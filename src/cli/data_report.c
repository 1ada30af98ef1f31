/* What `leukvk data` prints for people. */
#include "data_facts.h"

#include "ui/format.h"
#include "ui/memory.h"
#include "ui/output.h"
#include "ui/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LISTED = 20 };

static void finish_table(table *t) {
    table_print(t, stdout);
    table_finish(t);
}

static void subjects_cell(table *t, size_t images, size_t subjects) {
    char text[FORMAT_SIZE];
    table_cell(t, "%s", images && !subjects ? "not known" : format_count(text, subjects));
}

static void print_counts(const data_facts *facts) {
    const size_t classes = lvk_dataset_class_count(facts->dataset);
    char text[FORMAT_SIZE];
    table t = {0};
    table_column(&t, "part");
    table_number_column(&t, "images");
    for (size_t c = 0; c < classes && classes <= DATA_CLASS_COLUMNS; ++c)
        table_number_column(&t, lvk_dataset_class_name(facts->dataset, c));
    table_number_column(&t, "unlabelled");
    table_number_column(&t, "subjects");
    table_number_column(&t, "imbalance");
    for (size_t r = 0; r < facts->row_count; ++r) {
        const part_row *row = &facts->rows[r];
        if (row->fold < 0)
            table_cell(&t, "%s", data_part_name(row->part));
        else
            table_cell(&t, "  fold %d", row->fold);
        table_cell(&t, "%s", format_count(text, row->images));
        for (size_t c = 0; c < classes && classes <= DATA_CLASS_COLUMNS; ++c)
            table_cell(&t, "%s", format_count(text, row->by_class[c]));
        table_cell(&t, "%s", format_count(text, row->unlabelled));
        subjects_cell(&t, row->images, row->subjects);
        table_cell(&t, "%s", format_number(text, row->imbalance, 2));
    }
    finish_table(&t);
}

static void print_unlabelled(const data_facts *facts) {
    for (size_t r = 0; r < facts->row_count; ++r) {
        const part_row *row = &facts->rows[r];
        if (row->fold >= 0 || row->unlabelled == 0)
            continue;
        if (row->unlabelled == row->images)
            printf("The %s part has no labels: it can be predicted, not trained on or evaluated\n",
                   data_part_name(row->part));
        else
            printf("%zu images of the %s part have no label\n", row->unlabelled, data_part_name(row->part));
    }
}

static void print_unnamed(const data_facts *facts) {
    size_t unnamed = 0, images = 0;
    for (size_t r = 0; r < facts->row_count; ++r) {
        if (facts->rows[r].fold >= 0)
            continue;
        unnamed += facts->rows[r].unnamed;
        images += facts->rows[r].images;
    }
    char note[512];
    if (unnamed)
        printf("N%s\n", lvk_dataset_unnamed_note(unnamed, images, note, sizeof note) + 1);
}

static void print_classes(const lvk_dataset *dataset) {
    const int32_t positive = lvk_dataset_positive_class(dataset);
    const size_t classes = lvk_dataset_class_count(dataset);
    printf("\n%zu class%s:", classes, classes == 1 ? "" : "es");
    for (size_t c = 0; c < lvk_dataset_class_count(dataset); ++c) {
        fputs(c ? ", " : " ", stdout);
        fputs(shown(lvk_dataset_class_name(dataset, c)), stdout);
    }
    if (classes <= 2) {
        fputs("; positive: ", stdout);
        fputs(shown(lvk_dataset_class_name(dataset, (size_t)positive)), stdout);
    }
    if (classes <= 2 && !lvk_dataset_positive_is_told(dataset))
        fputs(" (the last by name; --positive CLASS chooses another)", stdout);
    fputs("\nImbalance: number of images of the largest class, divided by that of the smallest\n", stdout);
}

static void print_sizes(const lvk_size_summary *sizes) {
    char text[FORMAT_SIZE];
    if (sizes->distinct == 1) {
        printf("\nAll images are %u x %u pixels\n", sizes->listed[0].width, sizes->listed[0].height);
        return;
    }
    printf("\nImage sizes: %zu, widths %u to %u (median %u), heights %u to %u (median %u) pixels\n",
           sizes->distinct, sizes->width[0], sizes->width[2], sizes->width[1], sizes->height[0],
           sizes->height[2], sizes->height[1]);
    table t = {0};
    table_number_column(&t, "width");
    table_number_column(&t, "height");
    table_number_column(&t, "images");
    for (size_t i = 0; i < sizes->distinct && i < LVK_SIZES_LISTED; ++i) {
        table_cell(&t, "%u", sizes->listed[i].width);
        table_cell(&t, "%u", sizes->listed[i].height);
        table_cell(&t, "%s", format_count(text, sizes->listed[i].images));
    }
    finish_table(&t);
    if (sizes->distinct > LVK_SIZES_LISTED)
        printf("and %zu rarer sizes\n", sizes->distinct - LVK_SIZES_LISTED);
}

static void print_scales(const lvk_dataset *dataset) {
    size_t known = 0;
    double least = 0, most = 0;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        const double scale = lvk_dataset_image(dataset, i)->microns_per_pixel;
        if (scale > 0) {
            least = known && least < scale ? least : scale;
            most = known && most > scale ? most : scale;
            ++known;
        }
    }
    if (known)
        printf("Scale of %zu of %zu images: %.4g to %.4g microns per pixel\n", known,
               lvk_dataset_image_count(dataset), least, most);
}

static void colour_cell(table *t, double mean, double deviation) {
    if (isnan(mean))
        table_cell(t, "n/a");
    else
        table_cell(t, "%.3f ± %.3f", mean, deviation);
}

static void print_cells(const data_facts *facts) {
    char text[FORMAT_SIZE];
    static const char *const titles[] = {"cells", "subjects", "area Q1", "median",
                                         "Q3",    "red",      "green",   "blue"};
    table t = {0};
    table_column(&t, "part");
    table_column(&t, "class");
    for (size_t i = 0; i < sizeof titles / sizeof *titles; ++i)
        table_number_column(&t, titles[i]);
    for (size_t r = 0; r < facts->cell_count; ++r) {
        const cell_row *row = &facts->cells[r];
        table_cell(&t, "%s", data_part_name(row->part));
        table_cell(&t, "%s", data_class_name(facts->dataset, row->label));
        table_cell(&t, "%s", format_count(text, row->cells.images));
        subjects_cell(&t, row->cells.images, row->cells.subjects);
        for (int q = 0; q < 3; ++q)
            table_cell(&t, "%s", format_count(text, (uint64_t)llround(row->cells.area_quartiles[q])));
        for (int c = 0; c < 3; ++c)
            colour_cell(&t, row->cells.colour_mean[c], row->cells.colour_deviation[c]);
    }
    puts(
        "\nCells (pixels that are not black): area; mean ± standard deviation of red, green and blue, 0 to 1");
    finish_table(&t);
}

/* How far one gets without a network. */
static void print_size_auc(const data_facts *facts) {
    bool begun = false;
    for (int p = 0; p < LVK_PART_COUNT; ++p) {
        if (isnan(facts->size_auc[p]))
            continue;
        printf("%s %s %.3f", begun ? "," : "AUC of the cell's area alone:", data_part_name((lvk_data_part)p),
               facts->size_auc[p]);
        begun = true;
    }
    if (begun)
        puts("");
}

/* Subjects as "A = B = C". */
static void print_group(const lvk_dataset *dataset, const size_t *subjects, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        fputs(i ? " = " : "  ", stdout);
        fputs(shown(lvk_dataset_subject(dataset, subjects[i])->name), stdout);
    }
    fputs("\n", stdout);
}

/* Puts the subjects of each group behind each other: those of group g are members[starts[g]] to
 * members[starts[g + 1] - 1]. `starts` is zero, and has two entries more than there are groups. */
static void sort_by_group(const lvk_dataset *dataset, size_t *members, size_t *starts) {
    const size_t subjects = lvk_dataset_subject_count(dataset), groups = lvk_dataset_group_count(dataset);
    for (size_t s = 0; s < subjects; ++s)
        ++starts[lvk_dataset_subject(dataset, s)->group + 2];
    for (size_t g = 0; g < groups; ++g)
        starts[g + 2] += starts[g + 1];
    for (size_t s = 0; s < subjects; ++s)
        members[starts[lvk_dataset_subject(dataset, s)->group + 1]++] = s;
}

/* Groups of several subjects. */
static void print_groups(const lvk_dataset *dataset) {
    const size_t groups = lvk_dataset_group_count(dataset);
    size_t *starts = allocate(groups + 2, sizeof *starts);
    size_t *members = allocate(lvk_dataset_subject_count(dataset), sizeof *members);
    bool titled = false;
    sort_by_group(dataset, members, starts);
    for (size_t g = 0; g < groups; ++g) {
        const size_t count = starts[g + 1] - starts[g];
        if (count < 2)
            continue;
        if (!titled)
            puts("Subjects who share pictures; a split keeps them together:");
        titled = true;
        print_group(dataset, members + starts[g], count);
    }
    free(starts);
    free(members);
}

static void print_copies(const lvk_dataset *dataset, size_t index, bool classes) {
    size_t copies;
    const uint32_t *images = lvk_dataset_duplicate(dataset, index, &copies);
    const lvk_image_info *first = lvk_dataset_image(dataset, images[0]);
    for (size_t i = 0; i < copies; ++i) {
        const lvk_image_info *copy = lvk_dataset_image(dataset, images[i]);
        const bool same = memcmp(copy->hash, first->hash, sizeof copy->hash) == 0;
        fputs(i == 0 ? "  " : same ? " = " : " ~ ", stdout);
        fputs(shown(copy->path), stdout);
        if (classes && copy->label >= 0) {
            fputs(" (", stdout);
            fputs(shown(lvk_dataset_class_name(dataset, (size_t)copy->label)), stdout);
            fputs(")", stdout);
        }
    }
    fputs("\n", stdout);
}

/* The duplicates that contradict each other by their classes, or the others. */
static void print_duplicates(const lvk_dataset *dataset, bool contradicting, const char *title) {
    size_t count = 0;
    for (size_t d = 0; d < lvk_dataset_duplicate_count(dataset); ++d)
        count += lvk_dataset_contradicts(dataset, d) == contradicting;
    if (count)
        printf("%s (~: turned or mirrored): %zu\n", title, count);
    size_t listed = 0;
    for (size_t d = 0; d < lvk_dataset_duplicate_count(dataset) && listed < MOST_LISTED; ++d) {
        if (lvk_dataset_contradicts(dataset, d) != contradicting)
            continue;
        print_copies(dataset, d, contradicting);
        ++listed;
    }
    if (count > MOST_LISTED)
        printf("  and %zu more (--json lists all)\n", count - MOST_LISTED);
}

static void print_skipped(const lvk_dataset *dataset) {
    const size_t count = lvk_dataset_skipped_count(dataset);
    if (count)
        printf("Files left out: %zu\n", count);
    for (size_t i = 0; i < count; ++i) {
        const lvk_skipped_info skipped = lvk_dataset_skipped(dataset, i);
        fputs("  ", stdout);
        fputs(shown(skipped.path), stdout);
        fputs(": ", stdout);
        fputs(shown(skipped.reason), stdout);
        fputs("\n", stdout);
    }
}

/* "training", or "training, preliminary" for a subject who is in several parts. */
static void part_cell(table *t, const lvk_dataset *dataset, const uint32_t *images, size_t count) {
    bool in[LVK_PART_COUNT] = {false};
    char text[64] = "";
    for (size_t i = 0; i < count; ++i)
        in[lvk_dataset_image(dataset, images[i])->part] = true;
    for (int p = 0; p < LVK_PART_COUNT; ++p)
        if (in[p])
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? ", " : "",
                     data_part_name((lvk_data_part)p));
    table_cell(t, "%s", text);
}

static void fold_cell(table *t, const lvk_dataset *dataset, const uint32_t *images, size_t count) {
    bool in[10] = {false};
    char text[32] = "";
    for (size_t i = 0; i < count; ++i)
        if (lvk_dataset_image(dataset, images[i])->fold >= 0)
            in[lvk_dataset_image(dataset, images[i])->fold] = true;
    for (int f = 0; f < 10; ++f)
        if (in[f])
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", *text ? "," : "", f);
    table_cell(t, "%s", text);
}

static void subject_cells(table *t, const lvk_dataset *dataset, const uint32_t *images, size_t count,
                          size_t classes) {
    size_t by_class[DATA_CLASS_COLUMNS] = {0}, unlabelled = 0;
    char text[FORMAT_SIZE];
    part_cell(t, dataset, images, count);
    fold_cell(t, dataset, images, count);
    table_cell(t, "%s", format_count(text, count));
    for (size_t i = 0; i < count; ++i) {
        const int32_t label = lvk_dataset_image(dataset, images[i])->label;
        unlabelled += label < 0;
        if (label >= 0 && (size_t)label < classes)
            ++by_class[label];
    }
    for (size_t c = 0; c < classes; ++c)
        table_cell(t, "%s", format_count(text, by_class[c]));
    table_cell(t, "%s", format_count(text, unlabelled));
}

static void print_subjects(const lvk_dataset *dataset) {
    const size_t all_classes = lvk_dataset_class_count(dataset);
    const size_t classes = all_classes <= DATA_CLASS_COLUMNS ? all_classes : 0;
    subject_images subjects;
    data_subjects_collect(dataset, &subjects);
    table t = {0};
    table_column(&t, "subject");
    table_column(&t, "part");
    table_column(&t, "fold");
    table_number_column(&t, "images");
    for (size_t c = 0; c < classes; ++c)
        table_number_column(&t, lvk_dataset_class_name(dataset, c));
    table_number_column(&t, "unlabelled");
    for (size_t s = 0; s < lvk_dataset_subject_count(dataset); ++s) {
        table_cell(&t, "%s", lvk_dataset_subject(dataset, s)->name);
        subject_cells(&t, dataset, subjects.images + subjects.starts[s],
                      subjects.starts[s + 1] - subjects.starts[s], classes);
    }
    data_subjects_finish(&subjects);
    puts("");
    finish_table(&t);
}

void data_report(const data_facts *facts, bool subjects) {
    print_counts(facts);
    print_classes(facts->dataset);
    print_unnamed(facts);
    print_unlabelled(facts);
    print_sizes(&facts->sizes);
    print_scales(facts->dataset);
    print_cells(facts);
    print_size_auc(facts);
    if (subjects)
        print_subjects(facts->dataset);
    print_groups(facts->dataset);
    print_duplicates(facts->dataset, true,
                     "Contradictions, the same picture in two classes: a label is wrong");
    print_duplicates(facts->dataset, false, "Pictures that are there more than once");
    print_skipped(facts->dataset);
}
