#include "data_facts.h"
#include "ui/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *data_part_name(lvk_data_part part) {
    static const char *const names[LVK_PART_COUNT] = {"training", "preliminary", "final"};
    return names[part];
}

const char *data_class_name(const lvk_dataset *dataset, int32_t label) {
    return label < 0 ? "unlabelled" : lvk_dataset_class_name(dataset, (size_t)label);
}

static double imbalance(const size_t *by_class, size_t classes) {
    size_t least = SIZE_MAX, most = 0;
    for (size_t c = 0; c < classes; ++c) {
        least = by_class[c] < least ? by_class[c] : least;
        most = by_class[c] > most ? by_class[c] : most;
    }
    return classes < 2 || least == 0 ? NAN : (double)most / (double)least;
}

/* Counts the images and subjects of a row. */
static void count_row(const lvk_dataset *dataset, part_row *row) {
    const size_t classes = lvk_dataset_class_count(dataset);
    row->by_class = allocate(classes, sizeof *row->by_class);
    bool *seen = allocate(lvk_dataset_subject_count(dataset), sizeof *seen);
    for (size_t i = 0; i < lvk_dataset_image_count(dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, i);
        if (image->part != row->part || (row->fold >= 0 && image->fold != row->fold))
            continue;
        ++row->images;
        if (image->label < 0)
            ++row->unlabelled;
        else
            ++row->by_class[image->label];
        const bool named = lvk_dataset_subject(dataset, image->subject)->named;
        row->unnamed += !named;
        row->subjects += named && !seen[image->subject];
        seen[image->subject] = true;
    }
    row->imbalance = imbalance(row->by_class, classes);
    free(seen);
}

static void count_rows(data_facts *facts) {
    for (int i = 0; i < DATA_MOST_ROWS; ++i) {
        part_row *row = &facts->rows[facts->row_count];
        *row = (part_row){.part = LVK_PART_TRAINING, .fold = i - 1};
        if (i > 10)
            *row = (part_row){.part = i == 11 ? LVK_PART_PRELIMINARY : LVK_PART_FINAL, .fold = -1};
        count_row(facts->dataset, row);
        if (row->images)
            ++facts->row_count;
        else
            free(row->by_class);
    }
}

static int count_cells(data_facts *facts) {
    const size_t classes = lvk_dataset_class_count(facts->dataset);
    facts->cells = allocate(LVK_PART_COUNT * (classes + 1), sizeof *facts->cells);
    for (int p = 0; p < LVK_PART_COUNT; ++p) {
        for (size_t c = 0; c <= classes; ++c) {
            cell_row *row = &facts->cells[facts->cell_count];
            row->part = (lvk_data_part)p;
            row->label = c < classes ? (int32_t)c : -1;
            const int status = lvk_explore_cells(facts->dataset, row->part, row->label, &row->cells);
            if (status != LVK_OK)
                return status;
            facts->cell_count += row->cells.images > 0;
        }
    }
    return LVK_OK;
}

static int measure_size_auc(data_facts *facts) {
    const lvk_dataset *dataset = facts->dataset;
    const size_t count = lvk_dataset_image_count(dataset);
    const int32_t positive = lvk_dataset_positive_class(dataset);
    double *areas = allocate(count, sizeof *areas);
    uint8_t *targets = allocate(count, 1);
    int status = LVK_OK;
    for (int p = 0; p < LVK_PART_COUNT && status == LVK_OK; ++p) {
        size_t labelled = 0;
        for (size_t i = 0; i < count; ++i) {
            const lvk_image_info *image = lvk_dataset_image(dataset, i);
            if (image->part != (lvk_data_part)p || image->label < 0)
                continue;
            areas[labelled] = lvk_dataset_area(dataset, i, lvk_dataset_microns_per_pixel(dataset));
            targets[labelled++] = image->label == positive;
        }
        if (lvk_dataset_class_count(dataset) > 2)
            facts->size_auc[p] = NAN;
        else
            status = lvk_auc(areas, targets, labelled, &facts->size_auc[p]);
    }
    free(targets);
    free(areas);
    return status;
}

int data_facts_collect(const lvk_dataset *dataset, data_facts *facts) {
    *facts = (data_facts){.dataset = dataset};
    count_rows(facts);
    int status = count_cells(facts);
    if (status == LVK_OK)
        status = lvk_explore_sizes(dataset, &facts->sizes);
    if (status == LVK_OK)
        status = measure_size_auc(facts);
    return status;
}

void data_facts_finish(data_facts *facts) {
    for (size_t r = 0; r < facts->row_count; ++r)
        free(facts->rows[r].by_class);
    free(facts->cells);
    *facts = (data_facts){0};
}

void data_subjects_collect(const lvk_dataset *dataset, subject_images *subjects) {
    const size_t count = lvk_dataset_image_count(dataset), people = lvk_dataset_subject_count(dataset);
    subjects->images = allocate(count, sizeof *subjects->images);
    subjects->starts = allocate(people + 2, sizeof *subjects->starts);
    /* starts[s + 1] is where the next image of s goes, and ends as the start of s + 1 */
    for (size_t s = 0; s + 1 < people; ++s)
        subjects->starts[s + 2] = subjects->starts[s + 1] + lvk_dataset_subject(dataset, s)->images;
    for (size_t i = 0; i < count; ++i)
        subjects->images[subjects->starts[lvk_dataset_image(dataset, i)->subject + 1]++] = (uint32_t)i;
}

void data_subjects_finish(subject_images *subjects) {
    free(subjects->images);
    free(subjects->starts);
    *subjects = (subject_images){0};
}
