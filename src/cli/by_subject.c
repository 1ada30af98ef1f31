#include "by_subject.h"

#include "ui/format.h"
#include "ui/memory.h"
#include "ui/output.h"
#include "ui/quiet.h"
#include "ui/table.h"
#include "verb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char how_to_name[] =
    "a subject is known by a name such as UID_<subject>_..., a folder for each person, the column of a table "
    "(--data), or --subject-pattern";

void by_subject_check(const selection *images) {
    char text[2][FORMAT_SIZE];
    size_t unnamed = 0;
    for (size_t i = 0; i < images->count; ++i) {
        const uint32_t subject = lvk_dataset_image(images->dataset, images->indices[i])->subject;
        unnamed += !lvk_dataset_subject(images->dataset, subject)->named;
    }
    if (unnamed == images->count) {
        fprintf(stderr, "leukvk predict: --by-subject: no subject is known for any of the %s images; %s\n",
                format_count(text[0], images->count), how_to_name);
        exit(EXIT_FAILED);
    }
    if (unnamed)
        fprintf(stderr, "warning: no subject is known for %s of %s images, which are in no line; %s\n",
                format_count(text[0], unnamed), format_count(text[1], images->count), how_to_name);
}

/* ---- table ---- */

static const char *class_name(const lvk_prediction_options *how, int k) {
    return how->class_count ? how->class_names[k] : k ? how->positive_class : how->negative_class;
}

static void add_columns(table *t, const lvk_prediction_options *how, bool labelled) {
    table_column(t, "subject");
    table_number_column(t, "cells");
    table_column(t, "majority");
    table_named_column(t, "called ", how->class_count ? "so" : how->positive_class);
    table_number_column(t, "95 % interval");
    for (uint32_t k = how->class_count ? 0 : 1; k < (how->class_count ? how->class_count : 2); ++k)
        table_named_column(t, "mean p_", class_name(how, (int)k));
    if (labelled) {
        table_column(t, "label");
        table_number_column(t, "right");
    }
}

static void add_label(table *t, const lvk_subject_summary *s, const lvk_prediction_options *how) {
    table_cell(t, "%s",
               s->labelled == 0 ? ""
               : s->label < 0   ? (how->class_count ? "several" : "both")
                                : class_name(how, s->label));
    if (s->labelled)
        table_cell(t, "%.0f %%", 100.0 * s->right / s->labelled);
    else
        table_cell(t, "%s", "");
}

static void add_line(table *t, const lvk_subject_summary *s, const lvk_prediction_options *how,
                     bool labelled) {
    char text[FORMAT_SIZE];
    table_cell(t, "%s", s->name);
    table_cell(t, "%" PRIu32, s->cells);
    table_cell(t, "%s", s->majority < 0 ? "none" : class_name(how, s->majority));
    table_cell(t, "%.1f %%", 100 * s->share);
    table_cell(t, "%.1f to %.1f %%", 100 * s->share_low, 100 * s->share_high);
    for (uint32_t k = how->class_count ? 0 : 1; k < (how->class_count ? how->class_count : 2); ++k)
        table_cell(t, "%s", format_number(text, s->mean_p[k], 4));
    if (labelled)
        add_label(t, s, how);
}

static void add_notes(FILE *out, const lvk_prediction_options *how) {
    fprintf(
        out,
        "\nmajority: the class that most cells of the person are called, not a diagnosis; none: several have "
        "as many.\n");
    if (how->class_count)
        fprintf(out, "called so: share of the cells that are called this class.\n");
    fprintf(
        out,
        "95 %% interval of that share: Wilson's, as if the cells were drawn independently. It says how far so "
        "many cells fix the share; how the model errs on a person it has not seen is not in it.\n");
}

/* Prints into memory, so that a table can go where CSV and JSON go. */
static void make_table(const lvk_subject_summary *list, size_t subjects, const lvk_prediction_options *how,
                       char **text) {
    size_t size;
    bool labelled = false;
    table t = {0};
    FILE *out = open_memstream(text, &size);
    for (size_t i = 0; i < subjects; ++i)
        labelled = labelled || list[i].labelled;
    add_columns(&t, how, labelled);
    for (size_t i = 0; i < subjects; ++i)
        add_line(&t, &list[i], how, labelled);
    if (!out)
        end_without_memory();
    table_print(&t, out);
    if (!quiet_is_set())
        add_notes(out, how);
    table_finish(&t);
    if (ferror(out) || fclose(out) != 0)
        end_without_memory();
}

int by_subject_write(const lvk_prediction *rows, size_t count, const lvk_prediction_options *how,
                     const char *path) {
    lvk_subject_summary *list;
    size_t subjects, unnamed;
    char *text = NULL, *lines = NULL; /* of the program and of the library */
    int status = lvk_subject_summaries_make(rows, count, how, &list, &subjects, &unnamed);
    if (status == LVK_OK && how->format == LVK_PREDICTIONS_TABLE)
        make_table(list, subjects, how, &text);
    else if (status == LVK_OK)
        status = lvk_subject_summaries_text(list, subjects, how, &lines);
    if (status == LVK_OK)
        status = output_write(path, lines ? lines : text);
    if (status == LVK_OK && path && !quiet_is_set())
        fprintf(stderr, "%zu subjects in %s\n", subjects, shown(path));
    free(text);
    lvk_text_free(lines);
    lvk_subject_summaries_free(list);
    return status;
}
