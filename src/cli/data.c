/* leukvk data: what a data set holds, and how it would be split. */
#include "data_facts.h"
#include "options.h"
#include "ui/format.h"
#include "ui/memory.h"
#include "ui/output.h"
#include "ui/progress.h"
#include "ui/table.h"
#include "verb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_SPLIT = 256,
    OPTION_SEED,
    OPTION_FRACTIONS,
    OPTION_STRICT,
    OPTION_JSON,
    OPTION_THREADS,
    OPTION_SUBJECTS,
    OPTION_SHEET,
    OPTION_PER_CLASS,
    OPTION_CROP,
    OPTION_POSITIVE,
    OPTION_REPORT
};

typedef struct arguments {
    const char *folder, *split, *sheet, *report;
    lvk_sheet_options sheet_options;
    lvk_split_options split_options;
    lvk_dataset_options read_options;
    bool json, subjects;
} arguments;

static const struct argp_option options[] = {
    OPTION_HEADING("Data:", GROUP_DATA),
    OPTION_HEADING("Split, contact sheet and page:", GROUP_WORK),
    OPTION_HEADING("Output:", GROUP_OUTPUT),
    {"split", OPTION_SPLIT, "FILE", 0,
     "Split the data set for a training, and write the split to FILE (JSON); -: to standard output",
     GROUP_WORK},
    {"sheet", OPTION_SHEET, "FILE.png", 0,
     "Draw a contact sheet of random cells of each class, of all subjects in turn; FILE.csv lists the cells",
     GROUP_WORK},
    {"report", OPTION_REPORT, "FILE.html", 0,
     "Write a web page of one file: counts, cells of each class, area and colour by class and subject, duplicates, outliers, "
     "what is not known, and the files that are left out",
     GROUP_WORK},
    {"per-class", OPTION_PER_CLASS, "N", 0,
     "Number of cells per class on the contact sheet (20) and on the page (12)", GROUP_WORK},
    {"crop", OPTION_CROP, "center:N|bbox|none", 0,
     "Crop of the cells on the contact sheet and on the page, as in training (center:300)", GROUP_WORK},
    {"seed", OPTION_SEED, "N", 0, "Random seed of the split, of the contact sheet and of the page (1)",
     GROUP_WORK},
    {"fractions", OPTION_FRACTIONS, "V,T", 0,
     "Fractions of the images for the validation part and the test part of the split (0.15,0.15)",
     GROUP_WORK},
    {"positive", OPTION_POSITIVE, "CLASS", 0,
     "Positive class (the class whose name says so: all, leukemia, blast, cancer, ...)", GROUP_DATA},
    {"strict", OPTION_STRICT, NULL, 0,
     "Stop at the first image that cannot be used; without --strict, such images are left out and listed",
     GROUP_DATA},
    {"subjects", OPTION_SUBJECTS, NULL, 0,
     "Also list all subjects, with part, fold and number of images of each class", GROUP_OUTPUT},
    {"json", OPTION_JSON, NULL, 0, "Print JSON", GROUP_OUTPUT},
    {"threads", OPTION_THREADS, "N", 0, "Number of threads that read images (one per processor)", GROUP_DATA},
    {0}};

static const char documentation[] =
    "Reads every image of a data set and reports its classes, parts, folds and subjects, the sizes of images and "
    "cells, colours, duplicate images, and files that cannot be used. DATA is a C-NMC 2019 tree as TCIA or Kaggle "
    "distribute it, any folder with one folder of images per class, or a table (.csv, .tsv, .txt) with a row for each image."
    "\v"
    "Examples:\n"
    "  leukvk data C-NMC_Leukemia\n"
    "  leukvk data C-NMC_Leukemia --split split.json --fractions 0.1,0.2\n"
    "  leukvk data C-NMC_Leukemia --subjects\n"
    "  leukvk data C-NMC_Leukemia --sheet cells.png --per-class 30\n"
    "  leukvk data C-NMC_Leukemia --report cells.html\n"
    "  leukvk data my-cells --strict --json\n"
    "  leukvk data my-cells --subject-pattern '/P([0-9]+)_'\n"
    "  leukvk data cells.csv \\\n"
    "      --columns path=File,label=Diagnosis,subject=Patient\n"
    "\n"
    "A split keeps all images of a subject on one side. It also keeps subjects together who share a picture, as "
    "it is, mirrored or rotated by 90 degrees (not by other angles).\n";

/* 0 is the library's way to say the default, a negative share its way to say no such part. */
static void parse_fractions(const struct argp_state *state, const char *text, lvk_split_options *split) {
    option_fractions(state, text, &split->validation, &split->test);
    if (split->validation == 0)
        split->validation = -1;
    if (split->test == 0)
        split->test = -1;
}

/* Of a data set that is not split. */
static void refuse_split_options(const arguments *a, const struct argp_state *state) {
    if (a->split)
        return;
    option_refuse(state, (const char *const[]){"fractions", NULL}, "is for --split FILE");
    if (!a->sheet && !a->report)
        option_refuse(state, (const char *const[]){"seed", NULL},
                      "is for --split FILE and --sheet FILE.png, and for --report FILE.html");
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->read_options;
        return 0;
    case OPTION_SPLIT:
        a->split = output_path(text);
        a->read_options.utf8_names = true;
        return 0;
    case OPTION_SEED:
        a->split_options.seed = a->sheet_options.seed = option_count(state, "seed", text, 0, INT64_MAX);
        return 0;
    case OPTION_SHEET:
        a->sheet = option_png(state, "sheet", text);
        return 0;
    case OPTION_REPORT:
        a->report = output_path(text);
        return 0;
    case OPTION_PER_CLASS:
        a->sheet_options.cells = (uint32_t)option_count(state, "per-class", text, 1, 1000);
        return 0;
    case OPTION_CROP:
        option_crop(state, "crop", text);
        a->sheet_options.crop = text;
        return 0;
    case OPTION_FRACTIONS:
        parse_fractions(state, text, &a->split_options);
        return 0;
    case OPTION_POSITIVE:
        a->read_options.positive = text;
        return 0;
    case OPTION_STRICT:
        a->read_options.strict = true;
        return 0;
    case OPTION_SUBJECTS:
        a->subjects = true;
        return 0;
    case OPTION_JSON:
        a->json = true;
        return 0;
    case OPTION_THREADS:
        a->read_options.threads = a->sheet_options.threads =
            (unsigned)option_count(state, "threads", text, 0, 256);
        return 0;
    case ARGP_KEY_ARG:
        if (a->folder)
            argp_failure(state, EXIT_USAGE, 0, "one data set at a time, not also %s", text);
        a->folder = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_failure(state, EXIT_USAGE, 0, "which data set? leukvk data --help shows examples");
        return 0;
    case ARGP_KEY_END:
        if (!a->sheet && !a->report)
            option_refuse(state, (const char *const[]){"per-class", "crop", NULL},
                          "is for --sheet FILE.png and --report FILE.html");
        if (a->json)
            refuse_split_options(a, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* How many known people a part of the split has. */
static size_t count_subjects(const lvk_dataset *dataset, const uint32_t *indices, size_t count) {
    bool *seen = allocate(lvk_dataset_subject_count(dataset), sizeof *seen);
    size_t subjects = 0;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t subject = lvk_dataset_image(dataset, indices[i])->subject;
        subjects += lvk_dataset_subject(dataset, subject)->named && !seen[subject];
        seen[subject] = true;
    }
    free(seen);
    return subjects;
}

static void print_split(const lvk_dataset *dataset, const lvk_split *split, const char *path) {
    const size_t classes = lvk_dataset_class_count(dataset);
    char text[FORMAT_SIZE];
    table t = {0};
    table_column(&t, "split");
    table_number_column(&t, "images");
    for (size_t c = 0; c < classes && classes <= DATA_CLASS_COLUMNS; ++c)
        table_number_column(&t, lvk_dataset_class_name(dataset, c));
    table_number_column(&t, "subjects");
    for (int p = 0; p < LVK_SPLIT_PART_COUNT; ++p) {
        size_t images;
        const uint32_t *indices = lvk_split_images(split, (lvk_split_part)p, &images);
        table_cell(&t, "%s", lvk_split_part_name((lvk_split_part)p));
        table_cell(&t, "%s", format_count(text, images));
        for (size_t c = 0; c < classes && classes <= DATA_CLASS_COLUMNS; ++c) {
            size_t held = 0;
            for (size_t i = 0; i < images; ++i)
                held += lvk_dataset_image(dataset, indices[i])->label == (int32_t)c;
            table_cell(&t, "%s", format_count(text, held));
        }
        const size_t subjects = count_subjects(dataset, indices, images);
        table_cell(&t, "%s", images && !subjects ? "not known" : format_count(text, subjects));
    }
    puts("");
    table_print(&t, stdout);
    table_finish(&t);
    if (path)
        printf("\nWritten to %s\n", shown(path));
}

static int write_split(const lvk_dataset *dataset, const arguments *a) {
    lvk_split *split = NULL;
    int status = lvk_split_create(dataset, &a->split_options, &split);
    if (status == LVK_OK)
        status = lvk_split_write(split, a->split);
    if (status == LVK_OK && !a->json)
        print_split(dataset, split, a->split);
    lvk_split_destroy(&split);
    return status == LVK_OK ? EXIT_OK : report_failure(status);
}

/* The parts that the data set brings along, and in the log who is in several of them. */
static void print_parts(const lvk_dataset *dataset, const arguments *a) {
    lvk_split *split = NULL;
    if (a->split || !lvk_dataset_has_parts(dataset))
        return;
    const int status = lvk_split_create(dataset, &a->split_options, &split);
    if (status == LVK_ERROR_MEMORY)
        end_without_memory();
    if (status == LVK_OK)
        print_split(dataset, split, NULL);
    else
        printf("\nIt cannot be trained on: %s\n", shown(lvk_error_message()));
    lvk_split_destroy(&split);
}

/* The name of the list beside the sheet, NULL for a sheet that goes to standard output. */
static char *name_index(const char *sheet) {
    const size_t length = strlen(sheet);
    const bool named = length > 4 && strcmp(sheet + length - 4, ".png") == 0;
    char *index = named ? allocate_copy(sheet) : NULL;
    if (index)
        memcpy(index + length - 4, ".csv", 5);
    return index;
}

static int write_sheet(const lvk_dataset *dataset, const arguments *a) {
    char *index = name_index(a->sheet);
    const int status = lvk_sheet_write(dataset, &a->sheet_options, a->sheet, index);
    if (status == LVK_OK && !a->json)
        printf("\nSheet of cells chosen with seed %" PRIu64 ": %s%s%s\n", a->sheet_options.seed,
               shown(a->sheet), index ? ", listed in " : "", index ? shown(index) : "");
    free(index);
    return status == LVK_OK ? EXIT_OK : report_failure(status);
}

static int write_report(const lvk_dataset *dataset, const arguments *a) {
    progress bar;
    progress_begin(&bar, stderr, "Drawing", "pictures", 0, false);
    const lvk_data_page_options page = {.crop = a->sheet_options.crop,
                                        .cells = a->sheet_options.cells,
                                        .seed = a->sheet_options.seed,
                                        .threads = a->sheet_options.threads,
                                        .progress = progress_count,
                                        .progress_user = &bar};
    const int status = lvk_data_page_write(dataset, &page, a->report);
    progress_clear(&bar);
    if (status == LVK_OK && !a->json)
        printf("\nPage of the data set: %s\n", shown(a->report));
    return status == LVK_OK ? EXIT_OK : report_failure(status);
}

/* The sheet's list too, whose name was not typed. */
static void check_outputs(const arguments *a) {
    char *index = a->sheet ? name_index(a->sheet) : NULL;
    output_check("split", a->split, &a->folder, 1);
    output_check("sheet", a->sheet, &a->folder, 1);
    output_check("report", a->report, &a->folder, 1);
    if (index)
        output_check("sheet", index, &a->folder, 1);
    free(index);
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&data_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {options, parse_option, "DATA", documentation, children, NULL, NULL};
    arguments a = {.split_options = {.seed = 1}, .sheet_options = {.seed = 1}};
    parse_arguments(&parser, argc, argv, &a);
    check_outputs(&a);

    progress bar;
    progress_begin(&bar, stderr, "Reading", "images", 0, false);
    a.read_options.progress = progress_count;
    a.read_options.progress_user = &bar;
    lvk_dataset *dataset = NULL;
    const int status = lvk_dataset_create(a.folder, &a.read_options, &dataset);
    progress_clear(&bar);
    if (status != LVK_OK)
        return report_mistake(status);
    if (!lvk_dataset_has_parts(dataset)) /* otherwise the report says who is in them */
        refuse_split_options(&a, NULL);
    data_facts facts;
    const int collected = data_facts_collect(dataset, &facts);
    if (collected == LVK_OK && a.json) {
        data_json(&facts);
    } else if (collected == LVK_OK) {
        data_report(&facts, a.subjects);
        print_parts(dataset, &a);
    }
    data_facts_finish(&facts);
    int result = collected == LVK_OK ? EXIT_OK : report_failure(collected);
    if (result == EXIT_OK && a.split)
        result = write_split(dataset, &a);
    if (result == EXIT_OK && a.sheet)
        result = write_sheet(dataset, &a);
    if (result == EXIT_OK && a.report)
        result = write_report(dataset, &a);
    lvk_dataset_destroy(&dataset);
    return result;
}

extern const verb verb_data;
const verb verb_data = {"data", "show what a data set holds, and split it by subject", run};
