/* What `leukvk data --json` prints. */
#include "data_facts.h"

#include "ui/json_text.h"
#include "ui/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_number(double value) {
    if (isfinite(value))
        printf("%.9g", value);
    else
        fputs("null", stdout);
}

static void print_numbers(const double values[3]) {
    for (int i = 0; i < 3; ++i) {
        fputs(i ? ", " : "[", stdout);
        print_number(values[i]);
    }
    putchar(']');
}

static void print_parts(const data_facts *facts) {
    fputs(" \"parts\": [", stdout);
    for (size_t r = 0; r < facts->row_count; ++r) {
        const part_row *row = &facts->rows[r];
        printf("%s\n  {\"part\": \"%s\", ", r ? "," : "", data_part_name(row->part));
        if (row->fold >= 0)
            printf("\"fold\": %d, ", row->fold);
        printf(
            "\"images\": %zu, \"unlabelled\": %zu, \"subjects\": %zu, \"images_without_subject\": %zu, \"imbalance\": ",
            row->images, row->unlabelled, row->subjects, row->unnamed);
        print_number(row->imbalance);
        fputs(", \"classes\": {", stdout);
        for (size_t c = 0; c < lvk_dataset_class_count(facts->dataset); ++c) {
            fputs(c ? ", " : "", stdout);
            print_json_text(lvk_dataset_class_name(facts->dataset, c));
            printf(": %zu", row->by_class[c]);
        }
        fputs("}}", stdout);
    }
    fputs("],\n", stdout);
}

/* Of a data set with parts of its own only. */
static void print_given(const lvk_dataset *dataset) {
    size_t counts[LVK_GIVEN_COUNT] = {0};
    if (!lvk_dataset_has_parts(dataset))
        return;
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i)
        ++counts[lvk_dataset_image(dataset, i)->given];
    printf(" \"own_parts\": {\"train\": %zu, \"validation\": %zu, \"test\": %zu},\n", counts[LVK_GIVEN_TRAIN],
           counts[LVK_GIVEN_VALIDATION], counts[LVK_GIVEN_TEST]);
}

static void print_cells(const data_facts *facts) {
    fputs(" \"cells\": [", stdout);
    for (size_t r = 0; r < facts->cell_count; ++r) {
        const cell_row *row = &facts->cells[r];
        printf("%s\n  {\"part\": \"%s\", \"class\": ", r ? "," : "", data_part_name(row->part));
        if (row->label < 0)
            fputs("null", stdout);
        else
            print_json_text(lvk_dataset_class_name(facts->dataset, (size_t)row->label));
        printf(", \"images\": %zu, \"subjects\": %zu, \"area_quartiles\": ", row->cells.images,
               row->cells.subjects);
        print_numbers(row->cells.area_quartiles);
        fputs(", \"colour_mean\": ", stdout);
        print_numbers(row->cells.colour_mean);
        fputs(", \"colour_deviation\": ", stdout);
        print_numbers(row->cells.colour_deviation);
        putchar('}');
    }
    fputs("],\n \"size_auc\": {", stdout);
    for (int p = 0; p < LVK_PART_COUNT; ++p) {
        printf("%s\"%s\": ", p ? ", " : "", data_part_name((lvk_data_part)p));
        print_number(facts->size_auc[p]);
    }
    fputs("},\n", stdout);
}

static void print_sizes(const lvk_size_summary *sizes) {
    printf(" \"sizes\": {\"distinct\": %zu, \"width\": [%u, %u, %u], \"height\": [%u, %u, %u], \"listed\": [",
           sizes->distinct, sizes->width[0], sizes->width[1], sizes->width[2], sizes->height[0],
           sizes->height[1], sizes->height[2]);
    for (size_t i = 0; i < sizes->distinct && i < LVK_SIZES_LISTED; ++i)
        printf("%s{\"width\": %u, \"height\": %u, \"images\": %zu}", i ? ", " : "", sizes->listed[i].width,
               sizes->listed[i].height, sizes->listed[i].images);
    fputs("]},\n", stdout);
}

/* The classes that a subject has images of. `counts` is zero before and after. */
static void print_subject_classes(const lvk_dataset *dataset, const uint32_t *images, size_t count,
                                  size_t *counts) {
    bool begun = false;
    for (size_t i = 0; i < count; ++i)
        if (lvk_dataset_image(dataset, images[i])->label >= 0)
            ++counts[lvk_dataset_image(dataset, images[i])->label];
    fputs(", \"classes\": {", stdout);
    for (size_t i = 0; i < count; ++i) {
        const int32_t label = lvk_dataset_image(dataset, images[i])->label;
        if (label < 0 || counts[label] == 0)
            continue;
        fputs(begun ? ", " : "", stdout);
        print_json_text(lvk_dataset_class_name(dataset, (size_t)label));
        printf(": %zu", counts[label]);
        counts[label] = 0;
        begun = true;
    }
    putchar('}');
}

/* Part and fold are those of the subject's first image. */
static void print_subjects(const lvk_dataset *dataset) {
    size_t *counts = allocate(lvk_dataset_class_count(dataset), sizeof *counts);
    subject_images subjects;
    data_subjects_collect(dataset, &subjects);
    fputs(" \"subjects\": [", stdout);
    for (size_t s = 0; s < lvk_dataset_subject_count(dataset); ++s) {
        const lvk_subject_info *subject = lvk_dataset_subject(dataset, s);
        const uint32_t *images = subjects.images + subjects.starts[s];
        const lvk_image_info *first = lvk_dataset_image(dataset, images[0]);
        fputs(s ? ",\n  {\"subject\": " : "\n  {\"subject\": ", stdout);
        print_json_text(subject->name);
        printf(", \"named\": %s, \"images\": %u, \"group\": %u, \"part\": \"%s\"",
               subject->named ? "true" : "false", subject->images, subject->group,
               data_part_name(first->part));
        if (first->fold >= 0)
            printf(", \"fold\": %d", first->fold);
        print_subject_classes(dataset, images, subject->images, counts);
        putchar('}');
    }
    fputs("],\n", stdout);
    data_subjects_finish(&subjects);
    free(counts);
}

static void print_copy(const lvk_image_info *first, const lvk_image_info *copy) {
    const bool turned = memcmp(copy->hash, first->hash, sizeof copy->hash) != 0;
    fputs("{\"path\": ", stdout);
    print_json_text(copy->path);
    printf(", \"turned\": %s}", turned ? "true" : "false");
}

/* The sets of images that are one picture; `contradicting`: those with more than one class. */
static void print_same(const lvk_dataset *dataset, bool contradicting) {
    bool begun = false;
    for (size_t d = 0; d < lvk_dataset_duplicate_count(dataset); ++d) {
        size_t copies;
        const uint32_t *images = lvk_dataset_duplicate(dataset, d, &copies);
        if (contradicting && !lvk_dataset_contradicts(dataset, d))
            continue;
        fputs(begun ? ",\n  [" : "\n  [", stdout);
        begun = true;
        for (size_t i = 0; i < copies; ++i) {
            fputs(i ? ", " : "", stdout);
            print_copy(lvk_dataset_image(dataset, images[0]), lvk_dataset_image(dataset, images[i]));
        }
        putchar(']');
    }
}

static void print_lists(const lvk_dataset *dataset) {
    fputs(" \"same_picture\": [", stdout);
    print_same(dataset, false);
    fputs("],\n \"contradictions\": [", stdout);
    print_same(dataset, true);
    fputs("],\n \"skipped\": [", stdout);
    for (size_t i = 0; i < lvk_dataset_skipped_count(dataset); ++i) {
        const lvk_skipped_info skipped = lvk_dataset_skipped(dataset, i);
        fputs(i ? ",\n  {\"path\": " : "\n  {\"path\": ", stdout);
        print_json_text(skipped.path);
        fputs(", \"reason\": ", stdout);
        print_json_text(skipped.reason);
        putchar('}');
    }
    printf("],\n \"ignored\": %zu}\n", lvk_dataset_ignored_count(dataset));
}

void data_json(const data_facts *facts) {
    const lvk_dataset *dataset = facts->dataset;
    fputs("{\"folder\": ", stdout);
    print_json_text(lvk_dataset_source(dataset));
    printf(",\n \"cnmc\": %s,\n \"fingerprint\": \"%s\",\n \"images\": %zu,\n \"positive\": ",
           lvk_dataset_is_cnmc(dataset) ? "true" : "false", lvk_dataset_fingerprint(dataset),
           lvk_dataset_image_count(dataset));
    if (lvk_dataset_class_count(dataset) > 2)
        fputs("null", stdout);
    else
        print_json_text(lvk_dataset_class_name(dataset, (size_t)lvk_dataset_positive_class(dataset)));
    fputs(",\n", stdout);
    print_parts(facts);
    print_given(dataset);
    print_sizes(&facts->sizes);
    print_cells(facts);
    print_subjects(dataset);
    print_lists(dataset);
}
