/* leukvk eval: how good a model is. */
#include "classify.h"
#include "metrics_report.h"
#include "novelty_report.h"
#include "options.h"
#include "ui/format.h"
#include "ui/memory.h"
#include "ui/output.h"
#include "verb.h"
#include "worst.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char documentation[] =
    "Evaluates a trained model on labelled images: on the test part of its run or, with --data alone, on another "
    "data set. With --from, evaluates predictions that were written before, of one file or of several files "
    "together; this needs neither a model nor images."
    "\v"
    "Examples:\n"
    "  leukvk eval --model runs/RUN\n"
    "  leukvk eval --model runs/RUN --part validation\n"
    "  leukvk eval --model model.safetensors --data DIR\n"
    "  leukvk eval --model runs/RUN --worst 20 --sheet worst.png\n"
    "  leukvk eval --from runs/RUN/predictions-test.csv --subjects\n"
    "  leukvk eval --from runs/cv/predictions.csv --sensitivity 0.95\n"
    "  leukvk eval --from predictions.csv --prevalence 0.02\n"
    "  leukvk eval --from predictions.csv --positive Early,Pre,Pro\n"
    "\n"
    "Where DIR is the data set that the model was trained on, only the test part is evaluated. Intervals are 95 % "
    "bootstrap intervals over subjects; there are none where the cells of a class are of one subject only. A file "
    "for --from is CSV with the columns path, p_<class> and label, and optionally subject and area; train, cv and "
    "eval --out write such files. Of three classes and more, the file has a column p_<class> for each class, and a "
    "cell is called the class with the highest probability; --threshold, --sensitivity and --prevalence then need "
    "--positive.\n";

enum {
    OPTION_JSON = 256,
    OPTION_FROM,
    OPTION_CURVES,
    OPTION_SUBJECTS,
    OPTION_THRESHOLD,
    OPTION_SENSITIVITY,
    OPTION_PREVALENCE,
    OPTION_REPLICATES,
    OPTION_POSITIVE,
    OPTION_WORST,
    OPTION_SHEET
};
static const struct argp_option options[] = {
    OPTION_HEADING("Evaluation:", GROUP_WORK),
    {"json", OPTION_JSON, NULL, 0, "Print JSON", GROUP_OUTPUT},
    {"curves", OPTION_CURVES, "FOLDER", 0,
     "Write ROC, precision-recall and reliability curves to FOLDER, as CSV files and as a picture (curves.svg)",
     GROUP_OUTPUT},
    {"from", OPTION_FROM, "FILE", 0, "Evaluate the predictions in FILE; may be given several times",
     GROUP_DATA},
    {"subjects", OPTION_SUBJECTS, NULL, 0, "Also print a line for each subject", GROUP_OUTPUT},
    {"positive", OPTION_POSITIVE, "CLASS", 0,
     "Take CLASS as the positive class; probabilities, labels and the threshold are converted (the positive class of the "
     "model). Of three classes and more, CLASS,CLASS joins several classes into the positive class and the others into "
     "the negative class",
     GROUP_WORK},
    {"threshold", OPTION_THRESHOLD, "P", 0,
     "Call a cell positive if its probability is above P (0.5, or the threshold that leukvk calibrate has chosen)",
     GROUP_WORK},
    {"sensitivity", OPTION_SENSITIVITY, "X", 0,
     "Take the highest threshold whose sensitivity is X or more; 0 to 1", GROUP_WORK},
    {"prevalence", OPTION_PREVALENCE, "X", 0,
     "Also print the predictive values where the fraction X of all cells is positive", GROUP_WORK},
    {"worst", OPTION_WORST, "N", 0,
     "Also list the N images to whose own class the model gives the least probability", GROUP_OUTPUT},
    {"sheet", OPTION_SHEET, "FILE.png", 0, "Draw the images of --worst (20 without it)", GROUP_OUTPUT},
    {"replicates", OPTION_REPLICATES, "N", 0, "Number of bootstrap replicates (2000)", GROUP_WORK},
    {0}};

/* Options that need two classes, for messages. */
#define NEEDS_TWO                                                                                            \
    "the predictions are of %u classes; --positive CLASS,CLASS joins some of them into the positive one"

enum { MOST_FILES = 64, WORST_DEFAULT = 20 };

typedef struct arguments {
    classify_arguments common;
    const char *from[MOST_FILES];
    size_t from_count;
    const char *curves;   /* a folder */
    const char *positive; /* NULL: as the predictions have it */
    worst_options worst;
    bool json, subjects;
    double threshold, sensitivity, prevalence; /* NaN: not given */
    lvk_bootstrap_options bootstrap;
} arguments;

static double option_share(struct argp_state *state, const char *option, const char *text) {
    const double share = option_number(state, option, text);
    if (!(share >= 0 && share <= 1))
        argp_failure(state, EXIT_USAGE, 0, "--%s %s: must be from 0 to 1", option, text);
    return share;
}

static void check(const arguments *a, struct argp_state *state) {
    static const char *const of_images[] = {
        "model", "part", "data",    "out",    "columns",    "subject-pattern", "microns-per-pixel",
        "batch", "tta",  "threads", "device", "validation", "tuner",           NULL};
    if (a->from_count)
        option_refuse(state, of_images, "has no effect with --from, which needs neither a model nor images");
    if (!isnan(a->threshold) && !isnan(a->sensitivity))
        argp_failure(state, EXIT_USAGE, 0, "give --threshold or --sensitivity, but not both");
    if (a->worst.sheet && a->from_count)
        argp_failure(state, EXIT_USAGE, 0, "--sheet draws images, which --from has not");
    if (a->json && a->worst.count)
        argp_failure(state, EXIT_USAGE, 0, "--%s is for people: leave --json out",
                     a->worst.sheet ? "sheet" : "worst");
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->common;
        return 0;
    case OPTION_JSON:
        a->json = true;
        return 0;
    case OPTION_FROM:
        if (a->from_count == MOST_FILES)
            argp_failure(state, EXIT_USAGE, 0, "--from: at most %d files", MOST_FILES);
        a->from[a->from_count++] = text;
        a->common.model_optional = true;
        return 0;
    case OPTION_POSITIVE:
        a->positive = text;
        a->common.keep_classes = true;
        return 0;
    case OPTION_CURVES:
        a->curves = text;
        return 0;
    case OPTION_SUBJECTS:
        a->subjects = true;
        return 0;
    case OPTION_THRESHOLD:
        a->threshold = option_share(state, "threshold", text);
        return 0;
    case OPTION_SENSITIVITY:
        a->sensitivity = option_share(state, "sensitivity", text);
        return 0;
    case OPTION_PREVALENCE:
        a->prevalence = option_share(state, "prevalence", text);
        return 0;
    case OPTION_REPLICATES:
        a->bootstrap.replicates = (uint32_t)option_count(state, "replicates", text, 1, 1000000);
        return 0;
    case OPTION_WORST:
        a->worst.count = (uint32_t)option_count(state, "worst", text, 1, 1000);
        return 0;
    case OPTION_SHEET:
        a->worst.sheet = option_png(state, "sheet", text);
        return 0;
    case ARGP_KEY_END:
        if (a->worst.sheet && !a->worst.count)
            a->worst.count = WORST_DEFAULT;
        check(a, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The rows that are evaluated, and what they are of. */
typedef struct evaluated {
    const lvk_prediction *rows;
    size_t count;
    const char *name, *positive, *negative; /* the classes, where there are two */
    double threshold;
    uint32_t class_count; /* above 2: these */
    const char *const *classes;
    const selection *images;                /* that the rows are of; NULL: of a file */
    const char *crop;                       /* of the model */
    char joined[2][LVK_MOST_CLASSES * 256]; /* names of classes that are joined, negative and positive */
    const bool
        *calibrated; /* the classes that calibration has joined, for which `threshold` is; NULL: none */
} evaluated;

static void print_prevalence(const arguments *a, const lvk_evaluation_report *report, const evaluated *e) {
    double positive, negative;
    char text[2][FORMAT_SIZE];
    if (isnan(a->prevalence))
        return;
    lvk_predictive_values(&report->metrics, a->prevalence, &positive, &negative);
    printf("\nWhere %.3g %% of the cells are '%s', a cell called '%s' is one with probability %s, "
           "and a cell called '%s' is one with probability %s.\n",
           100 * a->prevalence, shown(e->positive), shown(e->positive), format_number(text[0], positive, 4),
           shown(e->negative), format_number(text[1], negative, 4));
}

static int print_class_subjects(const evaluated *e) {
    lvk_subject_class_score *scores;
    size_t count;
    const int status = lvk_predictions_by_subject_classes(e->rows, e->count, e->class_count, &scores, &count);
    if (status == LVK_OK) {
        printf("\n");
        metrics_print_class_subjects(scores, count, e->classes, e->class_count);
    }
    lvk_subject_class_scores_free(scores);
    return status;
}

static int print_subjects(const evaluated *e, const metrics_subject *subject) {
    if (e->class_count > 2)
        return print_class_subjects(e);
    lvk_subject_score *scores;
    size_t count;
    const int status = lvk_predictions_by_subject(e->rows, e->count, e->threshold, &scores, &count);
    if (status == LVK_OK) {
        printf("\n");
        metrics_print_subjects(scores, count, subject);
    }
    lvk_subject_scores_free(scores);
    return status;
}

static int print_json(const arguments *a, const evaluated *e, const lvk_evaluation_report *report) {
    char *text;
    const lvk_evaluation_details details = {.rows = a->subjects ? e->rows : NULL,
                                            .count = e->count,
                                            .positive_class = e->positive,
                                            .negative_class = e->negative,
                                            .prevalence = a->prevalence};
    const int status = lvk_evaluation_report_text(report, &details, &text);
    if (status == LVK_OK)
        fputs(text, stdout);
    lvk_text_free(text);
    return status;
}

/* The threshold that was asked for, in place of the models'. */
static int choose_threshold(const arguments *a, evaluated *e) {
    if (!isnan(a->threshold))
        e->threshold = a->threshold;
    return isnan(a->sensitivity)
               ? LVK_OK
               : lvk_predictions_threshold(e->rows, e->count, a->sensitivity, &e->threshold);
}

static int make_report(const arguments *a, const evaluated *e, lvk_evaluation_report *report) {
    return e->class_count > 2
               ? lvk_predictions_evaluate_classes(e->rows, e->count, e->classes, e->class_count,
                                                  &a->bootstrap, report)
               : lvk_predictions_evaluate(e->rows, e->count, e->threshold, &a->bootstrap, report);
}

static int write_curves(const arguments *a, const evaluated *e) {
    return e->class_count > 2
               ? lvk_predictions_class_curves(e->rows, e->count, e->classes, e->class_count, a->curves)
               : lvk_predictions_curves(e->rows, e->count, a->curves);
}

static int show_worst(const arguments *a, const evaluated *e) {
    const char *const two[] = {e->negative, e->positive};
    worst_options wanted = a->worst;
    wanted.crop = e->crop;
    return worst_show(&wanted, e->rows, e->count, e->class_count > 2 ? e->classes : two, e->class_count,
                      e->threshold, e->images);
}

static int evaluate(const arguments *a, const evaluated *e) {
    static lvk_evaluation_report report;
    int status = make_report(a, e, &report);
    if (status != LVK_OK)
        return status;
    if (report.metrics.count == 0) {
        fprintf(stderr, "leukvk: %s: no row has a label\n", shown(e->name));
        exit(EXIT_FAILED);
    }
    if (a->curves && (status = write_curves(a, e)) != LVK_OK)
        return status;
    if (a->json)
        return print_json(a, e, &report);
    char title[256], count[FORMAT_SIZE], people[METRICS_PEOPLE_SIZE];
    snprintf(title, sizeof title, "%s: %s images%s", shown(e->name),
             format_count(count, report.metrics.count),
             metrics_people(people, report.metrics.count, report.subjects, report.unnamed));
    const metrics_subject subject = {title, e->positive, e->negative};
    metrics_print(&report, &subject);
    print_prevalence(a, &report, e);
    if (a->subjects && (status = print_subjects(e, &subject)) != LVK_OK)
        return status;
    return a->worst.count ? show_worst(a, e) : LVK_OK;
}

/* The threshold that calibration has chosen for the same classes, or for all others; else LVK_THRESHOLD. */
static double threshold_of(const evaluated *e, const bool *chosen) {
    uint32_t same = 0;
    for (uint32_t k = 0; k < e->class_count && e->calibrated; ++k)
        same += chosen[k] == e->calibrated[k];
    return e->calibrated && same == e->class_count ? e->threshold
           : e->calibrated && same == 0            ? 1 - e->threshold
                                                   : LVK_THRESHOLD;
}

/* The classes that were asked for become the positive one. Fails as a wrong option does. */
static void join(const arguments *a, evaluated *e, lvk_prediction *rows) {
    bool chosen[LVK_MOST_CLASSES];
    if (!a->positive && (!isnan(a->threshold) || !isnan(a->sensitivity) || !isnan(a->prevalence))) {
        fprintf(stderr, "leukvk: --%s: " NEEDS_TWO "\n",
                !isnan(a->threshold)     ? "threshold"
                : !isnan(a->sensitivity) ? "sensitivity"
                                         : "prevalence",
                e->class_count);
        exit(EXIT_USAGE);
    }
    if (!a->positive)
        return;
    if (lvk_classes_choose(a->positive, e->classes, e->class_count, chosen) != LVK_OK) {
        fprintf(stderr, "leukvk: --positive %s\n", lvk_error_message());
        exit(EXIT_USAGE);
    }
    for (int which = 0; which < 2; ++which)
        lvk_classes_join_names(e->classes, e->class_count, chosen, which, e->joined[which],
                               sizeof e->joined[which]);
    lvk_predictions_join(rows, e->count, e->class_count, chosen, rows);
    e->negative = e->joined[0];
    e->positive = e->joined[1];
    e->threshold = threshold_of(e, chosen);
    e->class_count = 2;
}

/* The class that was asked for becomes the positive one. Fails as a wrong option does. */
static void turn(const arguments *a, evaluated *e, lvk_prediction *rows) {
    const char *positive = e->positive;
    if (e->class_count > 2) {
        join(a, e, rows);
        return;
    }
    if (!a->positive || strcmp(a->positive, positive) == 0)
        return;
    if (strcmp(a->positive, e->negative) != 0) {
        fprintf(stderr, "leukvk: --positive %s: the classes are %s and %s\n", shown(a->positive),
                shown(e->negative), shown(positive));
        exit(EXIT_USAGE);
    }
    for (size_t i = 0; i < e->count; ++i) {
        rows[i].p = lvk_prediction_round(1 - rows[i].p);
        if (rows[i].label >= 0)
            rows[i].label = 1 - rows[i].label;
    }
    e->positive = e->negative;
    e->negative = positive;
    e->threshold = 1 - e->threshold;
}

static int evaluate_files(const arguments *a) {
    lvk_prediction_set *set;
    int status = lvk_prediction_set_read(a->from, a->from_count, &set);
    if (status != LVK_OK)
        return status;
    evaluated e = {.name = a->from_count == 1 ? a->from[0] : "all files",
                   .positive = lvk_prediction_set_positive_class(set),
                   .negative = lvk_prediction_set_negative_class(set),
                   .threshold = LVK_THRESHOLD};
    e.rows = lvk_prediction_set_rows(set, &e.count);
    e.classes = lvk_prediction_set_classes(set, &e.class_count);
    lvk_prediction *rows = allocate(e.count, sizeof *rows);
    memcpy(rows, e.rows, e.count * sizeof *rows);
    e.rows = rows;
    turn(a, &e, rows);
    status = choose_threshold(a, &e);
    if (status == LVK_OK)
        status = evaluate(a, &e);
    free(rows);
    lvk_prediction_set_destroy(&set);
    return status;
}

static int evaluate_session(const arguments *a, classify_session *session, const selection *images) {
    lvk_prediction *rows;
    char crop[64]; /* of the first model, which classify_run closes */
    snprintf(crop, sizeof crop, "%s", lvk_classifier_get_info(session->classifier)->crop);
    int status = classify_run(session, images, "Evaluating", &rows);
    if (status == LVK_OK && session->knowing)
        (void)novelty_report(session, rows, images->count, false);
    evaluated e = {.rows = rows,
                   .count = images->count,
                   .name = images->part    ? images->part
                           : a->common.all ? "all"
                                           : a->common.data,
                   .positive = session->positive,
                   .negative = session->negative,
                   .threshold = session->threshold,
                   .class_count = session->class_count,
                   .classes = session->class_names,
                   .calibrated = session->has_joined ? session->joined : NULL,
                   .images = images,
                   .crop = crop};
    if (status == LVK_OK) {
        turn(a, &e, rows);
        status = choose_threshold(a, &e);
    }
    const lvk_prediction_options written = {.format = LVK_PREDICTIONS_CSV,
                                            .threshold = e.threshold,
                                            .labelled = true,
                                            .positive_class = e.positive,
                                            .negative_class = e.negative,
                                            .class_count = e.class_count > 2 ? e.class_count : 0,
                                            .class_names = e.classes};
    if (status == LVK_OK && a->common.out)
        status = classify_write(rows, images->count, &written, a->common.out);
    if (status == LVK_OK)
        status = evaluate(a, &e);
    free(rows);
    return status;
}

static int evaluate_model(const arguments *a) {
    classify_session session;
    selection images = {0};
    int status = classify_open(&session, &a->common);
    if (status == LVK_OK)
        status = classify_select(&a->common, &images);
    if (status == LVK_OK && !images.split && !images.known)
        status = classify_take_refit(&session);
    if (status == LVK_OK)
        status = evaluate_session(a, &session, &images);
    selection_finish(&images);
    classify_close(&session);
    return status;
}

/* The files that are made in the folder for the curves, against the predictions that are read. */
static void check_curves(const arguments *a) {
    static const char *const names[] = {"roc.csv", "precision-recall.csv", "reliability.csv", "curves.svg"};
    for (size_t i = 0; a->curves && i < sizeof names / sizeof *names; ++i) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", a->curves, names[i]);
        output_check("curves", path, a->from, a->from_count);
    }
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&classify_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {options, parse_option, NULL, documentation, children, NULL, NULL};
    arguments a = {.threshold = (double)NAN,
                   .sensitivity = (double)NAN,
                   .prevalence = (double)NAN,
                   .bootstrap = {.seed = LVK_BOOTSTRAP_SEED}};
    parse_arguments(&parser, argc, argv, &a);
    output_check("out", a.common.out, a.common.models, (size_t)a.common.model_count);
    output_check("out", a.common.out, &a.common.data, 1);
    output_check("sheet", a.worst.sheet, &a.common.data, 1);
    check_curves(&a);
    if (!a.common.part && !a.common.data)
        a.common.part = "test";
    a.common.evaluated = true;
    a.common.all = a.common.part && strcmp(a.common.part, "all") == 0;
    const int status = a.from_count ? evaluate_files(&a) : evaluate_model(&a);
    return status == LVK_OK ? EXIT_OK : report_failure(status);
}

extern const verb verb_eval;
const verb verb_eval = {"eval", "evaluate a trained model on images with labels", run};
