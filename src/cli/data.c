/* leukvk data: what a data set holds, and how it would be split. */
#include "format.h"
#include "options.h"
#include "progress.h"
#include "table.h"
#include "verb.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_SPLIT = 256, OPTION_SEED, OPTION_FRACTIONS, OPTION_STRICT, OPTION_JSON, OPTION_THREADS };
enum { MOST_CLASS_COLUMNS = 8, MOST_LISTED = 20 };

typedef struct arguments {
    const char *folder, *split;
    lvk_split_options split_options;
    lvk_dataset_options read_options;
    bool json;
} arguments;

static const struct argp_option options[] = {
    {"split", OPTION_SPLIT, "FILE", 0, "Write a split of the data set to FILE (JSON)", 0},
    {"seed", OPTION_SEED, "N", 0, "Seed of the split (1)", 0},
    {"fractions", OPTION_FRACTIONS, "V,T", 0, "Shares of the validation and the test part (0.15,0.15)", 0},
    {"strict", OPTION_STRICT, NULL, 0, "Stop at the first image that cannot be used", 0},
    {"json", OPTION_JSON, NULL, 0, "Print JSON", 0},
    {"threads", OPTION_THREADS, "N", 0, "Threads that read images (as many as processors)", 0},
    {0}};

static const char documentation[] =
    "Reads every image of a data set and tells what is there: classes, parts, subjects, identical pictures, "
    "files that cannot be used. DIR is a C-NMC 2019 tree as TCIA or Kaggle give it, or any tree with a folder "
    "per class."
    "\v"
    "Examples:\n"
    "  leukvk data C-NMC_Leukemia\n"
    "  leukvk data C-NMC_Leukemia --split split.json --seed 7 --fractions 0.1,0.2\n"
    "  leukvk data my-cells --strict --json\n\n"
    "A split keeps every subject, and subjects who share identical pixels, on one side.";

/* 0 is the library's way to say the default, a negative share its way to say no such part. */
static void parse_fractions(const struct argp_state *state, const char *text, lvk_split_options *split) {
    option_fractions(state, text, &split->validation, &split->test);
    if (split->validation == 0)
        split->validation = -1;
    if (split->test == 0)
        split->test = -1;
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case OPTION_SPLIT:
        a->split = text;
        return 0;
    case OPTION_SEED:
        a->split_options.seed = option_count(state, "seed", text, 0, INT64_MAX);
        return 0;
    case OPTION_FRACTIONS:
        parse_fractions(state, text, &a->split_options);
        return 0;
    case OPTION_STRICT:
        a->read_options.strict = true;
        return 0;
    case OPTION_JSON:
        a->json = true;
        return 0;
    case OPTION_THREADS:
        a->read_options.threads = (unsigned)option_count(state, "threads", text, 0, 256);
        return 0;
    case ARGP_KEY_ARG:
        if (a->folder)
            argp_failure(state, EXIT_USAGE, 0, "one folder at a time, not also %s", text);
        a->folder = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_failure(state, EXIT_USAGE, 0, "which folder? leukvk data --help shows examples");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* One line of the table: a part of the data set, or one of its folds. */
typedef struct part_row {
    const char *name;
    lvk_data_part part;
    int32_t fold; /* -1: all */
    size_t images, unlabelled, subjects;
    size_t *by_class;
} part_row;

static bool in_row(const part_row *row, const lvk_image_info *image) {
    return image->part == row->part && (row->fold < 0 || image->fold == row->fold);
}

/* Counts the images and subjects of a row; false when memory is out. */
static bool count_row(const lvk_dataset *dataset, part_row *row) {
    row->by_class = calloc(lvk_dataset_class_count(dataset) + 1, sizeof *row->by_class);
    bool *seen = calloc(lvk_dataset_subject_count(dataset) + 1, sizeof *seen);
    for (size_t i = 0; row->by_class && seen && i < lvk_dataset_image_count(dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, i);
        if (!in_row(row, image))
            continue;
        ++row->images;
        if (image->label < 0)
            ++row->unlabelled;
        else
            ++row->by_class[image->label];
        row->subjects += !seen[image->subject];
        seen[image->subject] = true;
    }
    const bool ok = row->by_class && seen;
    free(seen);
    return ok;
}

enum { MOST_ROWS = 1 + 10 + 2 };

/* The rows that hold images. Returns their count, -1 when memory is out. */
static int count_rows(const lvk_dataset *dataset, part_row rows[MOST_ROWS]) {
    static const char *const folds[10] = {"  fold 0", "  fold 1", "  fold 2", "  fold 3", "  fold 4",
                                          "  fold 5", "  fold 6", "  fold 7", "  fold 8", "  fold 9"};
    int count = 0;
    for (int i = 0; i < MOST_ROWS; ++i) {
        part_row row = {.name = "training", .part = LVK_PART_TRAINING, .fold = -1};
        if (i >= 1 && i <= 10)
            row = (part_row){.name = folds[i - 1], .part = LVK_PART_TRAINING, .fold = i - 1};
        else if (i > 10)
            row = (part_row){.name = i == 11 ? "preliminary" : "final",
                             .part = i == 11 ? LVK_PART_PRELIMINARY : LVK_PART_FINAL,
                             .fold = -1};
        if (!count_row(dataset, &row)) {
            free(row.by_class);
            while (count)
                free(rows[--count].by_class);
            return -1;
        }
        if (row.images)
            rows[count++] = row;
        else
            free(row.by_class);
    }
    return count;
}

static bool print_counts(const lvk_dataset *dataset, const part_row *rows, int count) {
    const size_t classes = lvk_dataset_class_count(dataset);
    char text[FORMAT_SIZE];
    table t = {0};
    table_column(&t, "part");
    table_number_column(&t, "images");
    for (size_t c = 0; c < classes && classes <= MOST_CLASS_COLUMNS; ++c)
        table_number_column(&t, lvk_dataset_class_name(dataset, c));
    table_number_column(&t, "unlabelled");
    table_number_column(&t, "subjects");
    for (int r = 0; r < count; ++r) {
        table_cell(&t, "%s", rows[r].name);
        table_cell(&t, "%s", format_count(text, rows[r].images));
        for (size_t c = 0; c < classes && classes <= MOST_CLASS_COLUMNS; ++c)
            table_cell(&t, "%s", format_count(text, rows[r].by_class[c]));
        table_cell(&t, "%s", format_count(text, rows[r].unlabelled));
        table_cell(&t, "%s", format_count(text, rows[r].subjects));
    }
    const bool ok = table_print(&t, stdout);
    table_finish(&t);
    return ok;
}

static void print_text(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    if (copy) {
        strcpy(copy, text);
        lvk_text_make_printable(copy);
        fputs(copy, stdout);
    }
    free(copy);
}

static size_t count_named(const lvk_dataset *dataset) {
    size_t named = 0;
    for (size_t s = 0; s < lvk_dataset_subject_count(dataset); ++s)
        named += lvk_dataset_subject(dataset, s)->named;
    return named;
}

static void print_classes(const lvk_dataset *dataset) {
    const int32_t positive = lvk_dataset_positive_class(dataset);
    printf("\n%zu classes:", lvk_dataset_class_count(dataset));
    for (size_t c = 0; c < lvk_dataset_class_count(dataset); ++c) {
        fputs(c ? ", " : " ", stdout);
        print_text(lvk_dataset_class_name(dataset, c));
    }
    fputs("; positive: ", stdout);
    print_text(lvk_dataset_class_name(dataset, (size_t)positive));
    fputs("\n", stdout);
    const size_t named = count_named(dataset), nameless = lvk_dataset_subject_count(dataset) - named;
    if (nameless)
        printf("%zu images name no subject (UID_<subject>_...): each counts as a subject of its own\n",
               nameless);
}

/* The subjects of one group as "A = B = C". */
static void print_group(const lvk_dataset *dataset, size_t first) {
    fputs("  ", stdout);
    for (size_t s = first; s < lvk_dataset_subject_count(dataset); ++s) {
        if (lvk_dataset_subject(dataset, s)->group != lvk_dataset_subject(dataset, first)->group)
            continue;
        fputs(s == first ? "" : " = ", stdout);
        print_text(lvk_dataset_subject(dataset, s)->name);
    }
    fputs("\n", stdout);
}

/* Groups of several subjects; false when memory is out. */
static bool print_groups(const lvk_dataset *dataset) {
    const size_t subjects = lvk_dataset_subject_count(dataset);
    size_t *members = calloc(lvk_dataset_group_count(dataset), sizeof *members);
    bool titled = false;
    if (!members)
        return false;
    for (size_t s = 0; s < subjects; ++s)
        ++members[lvk_dataset_subject(dataset, s)->group];
    for (size_t s = 0; s < subjects; ++s) {
        size_t *count = &members[lvk_dataset_subject(dataset, s)->group];
        if (*count < 2)
            continue;
        if (!titled)
            puts("Subjects that share identical pictures, kept together in a split:");
        titled = true;
        print_group(dataset, s);
        *count = 0; /* printed */
    }
    free(members);
    return true;
}

static void print_duplicates(const lvk_dataset *dataset) {
    const size_t count = lvk_dataset_duplicate_count(dataset);
    if (count)
        printf("Pictures that are there more than once: %zu\n", count);
    for (size_t d = 0; d < count && d < MOST_LISTED; ++d) {
        size_t copies;
        const uint32_t *images = lvk_dataset_duplicate(dataset, d, &copies);
        fputs("  ", stdout);
        for (size_t i = 0; i < copies; ++i) {
            fputs(i ? " = " : "", stdout);
            print_text(lvk_dataset_image(dataset, images[i])->path);
        }
        fputs("\n", stdout);
    }
    if (count > MOST_LISTED)
        printf("  and %zu more (--json lists all)\n", count - MOST_LISTED);
}

static void print_skipped(const lvk_dataset *dataset) {
    const size_t count = lvk_dataset_skipped_count(dataset);
    if (count)
        printf("Files that are left out: %zu\n", count);
    for (size_t i = 0; i < count; ++i) {
        const lvk_skipped_info skipped = lvk_dataset_skipped(dataset, i);
        fputs("  ", stdout);
        print_text(skipped.path);
        fputs(": ", stdout);
        print_text(skipped.reason);
        fputs("\n", stdout);
    }
}

static bool print_report(const lvk_dataset *dataset, const part_row *rows, int count) {
    if (!print_counts(dataset, rows, count))
        return false;
    print_classes(dataset);
    if (!print_groups(dataset))
        return false;
    print_duplicates(dataset);
    print_skipped(dataset);
    return true;
}

static void print_json_text(const char *text) {
    putchar('"');
    for (const unsigned char *at = (const unsigned char *)text; *at; ++at) {
        if (*at == '"' || *at == '\\')
            printf("\\%c", *at);
        else if (*at < 0x20 || *at == 0x7F)
            printf("\\u%04x", *at);
        else
            putchar(*at);
    }
    putchar('"');
}

static void print_json_parts(const lvk_dataset *dataset, const part_row *rows, int count) {
    fputs(" \"parts\": [", stdout);
    for (int r = 0; r < count; ++r) {
        printf("%s\n  {\"part\": \"%s\", ", r ? "," : "",
               rows[r].part == LVK_PART_TRAINING      ? "training"
               : rows[r].part == LVK_PART_PRELIMINARY ? "preliminary"
                                                      : "final");
        if (rows[r].fold >= 0)
            printf("\"fold\": %d, ", rows[r].fold);
        printf("\"images\": %zu, \"unlabelled\": %zu, \"subjects\": %zu, \"classes\": {", rows[r].images,
               rows[r].unlabelled, rows[r].subjects);
        for (size_t c = 0; c < lvk_dataset_class_count(dataset); ++c) {
            fputs(c ? ", " : "", stdout);
            print_json_text(lvk_dataset_class_name(dataset, c));
            printf(": %zu", rows[r].by_class[c]);
        }
        fputs("}}", stdout);
    }
    fputs("],\n", stdout);
}

static void print_json_lists(const lvk_dataset *dataset) {
    fputs(" \"subjects\": [", stdout);
    for (size_t s = 0; s < lvk_dataset_subject_count(dataset); ++s) {
        const lvk_subject_info *subject = lvk_dataset_subject(dataset, s);
        fputs(s ? ",\n  {\"subject\": " : "\n  {\"subject\": ", stdout);
        print_json_text(subject->name);
        printf(", \"named\": %s, \"images\": %u, \"group\": %u}", subject->named ? "true" : "false",
               subject->images, subject->group);
    }
    fputs("],\n \"identical\": [", stdout);
    for (size_t d = 0; d < lvk_dataset_duplicate_count(dataset); ++d) {
        size_t copies;
        const uint32_t *images = lvk_dataset_duplicate(dataset, d, &copies);
        fputs(d ? ",\n  [" : "\n  [", stdout);
        for (size_t i = 0; i < copies; ++i) {
            fputs(i ? ", " : "", stdout);
            print_json_text(lvk_dataset_image(dataset, images[i])->path);
        }
        putchar(']');
    }
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

static void print_json(const lvk_dataset *dataset, const part_row *rows, int count) {
    fputs("{\"folder\": ", stdout);
    print_json_text(lvk_dataset_folder(dataset));
    printf(",\n \"cnmc\": %s,\n \"fingerprint\": \"%s\",\n \"images\": %zu,\n \"positive\": ",
           lvk_dataset_is_cnmc(dataset) ? "true" : "false", lvk_dataset_fingerprint(dataset),
           lvk_dataset_image_count(dataset));
    print_json_text(lvk_dataset_class_name(dataset, (size_t)lvk_dataset_positive_class(dataset)));
    fputs(",\n", stdout);
    print_json_parts(dataset, rows, count);
    print_json_lists(dataset);
}

/* How many people a part of the split has; 0 when memory is out. */
static size_t count_subjects(const lvk_dataset *dataset, const uint32_t *indices, size_t count) {
    bool *seen = calloc(lvk_dataset_subject_count(dataset), sizeof *seen);
    size_t subjects = 0;
    for (size_t i = 0; seen && i < count; ++i) {
        const uint32_t subject = lvk_dataset_image(dataset, indices[i])->subject;
        subjects += !seen[subject];
        seen[subject] = true;
    }
    free(seen);
    return subjects;
}

static bool print_split(const lvk_dataset *dataset, const lvk_split *split, const char *path) {
    const size_t classes = lvk_dataset_class_count(dataset);
    char text[FORMAT_SIZE];
    table t = {0};
    table_column(&t, "split");
    table_number_column(&t, "images");
    for (size_t c = 0; c < classes && classes <= MOST_CLASS_COLUMNS; ++c)
        table_number_column(&t, lvk_dataset_class_name(dataset, c));
    table_number_column(&t, "subjects");
    for (int p = 0; p < LVK_SPLIT_PART_COUNT; ++p) {
        size_t images;
        const uint32_t *indices = lvk_split_images(split, (lvk_split_part)p, &images);
        table_cell(&t, "%s", lvk_split_part_name((lvk_split_part)p));
        table_cell(&t, "%s", format_count(text, images));
        for (size_t c = 0; c < classes && classes <= MOST_CLASS_COLUMNS; ++c) {
            size_t held = 0;
            for (size_t i = 0; i < images; ++i)
                held += lvk_dataset_image(dataset, indices[i])->label == (int32_t)c;
            table_cell(&t, "%s", format_count(text, held));
        }
        table_cell(&t, "%s", format_count(text, count_subjects(dataset, indices, images)));
    }
    puts("");
    const bool ok = table_print(&t, stdout);
    table_finish(&t);
    if (ok)
        printf("\nWritten to %s\n", path);
    return ok;
}

static int write_split(const lvk_dataset *dataset, const arguments *a) {
    lvk_split *split = NULL;
    int status = lvk_split_create(dataset, &a->split_options, &split);
    if (status == LVK_OK)
        status = lvk_split_write(split, a->split);
    int result = status == LVK_OK ? EXIT_OK : report_failure(status);
    if (result == EXIT_OK && !a->json && !print_split(dataset, split, a->split))
        result = EXIT_FAILED;
    lvk_split_destroy(&split);
    return result;
}

static bool show_progress(void *user, size_t done, size_t total) {
    progress *p = user;
    p->total = total;
    progress_update(p, &(progress_values){done, NAN, NAN});
    return true;
}

static int run(int argc, char **argv) {
    static const struct argp parser = {options, parse_option, "DIR", documentation, NULL, NULL, NULL};
    arguments a = {.split_options = {.seed = 1}};
    parse_arguments(&parser, argc, argv, &a);

    progress bar;
    progress_begin(&bar, stderr, "Reading", "images", 0, false);
    a.read_options.progress = show_progress;
    a.read_options.progress_user = &bar;
    lvk_dataset *dataset = NULL;
    const int status = lvk_dataset_create(a.folder, &a.read_options, &dataset);
    progress_clear(&bar);
    if (status != LVK_OK)
        return report_failure(status);
    part_row rows[MOST_ROWS];
    const int count = count_rows(dataset, rows);
    bool ok = count >= 0;
    if (ok && a.json)
        print_json(dataset, rows, count);
    else if (ok)
        ok = print_report(dataset, rows, count);
    for (int r = 0; r < count; ++r)
        free(rows[r].by_class);
    int result = EXIT_OK;
    if (!ok) {
        fputs("leukvk: out of memory\n", stderr);
        result = EXIT_FAILED;
    } else if (a.split) {
        result = write_split(dataset, &a);
    }
    lvk_dataset_destroy(&dataset);
    return result;
}

extern const verb verb_data;
const verb verb_data = {"data", "show what a data set holds; split it by subject", run};
