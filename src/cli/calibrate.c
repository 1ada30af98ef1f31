/* leukvk calibrate: temperature and threshold of a trained model. */
#include "metrics_report.h"
#include "options.h"
#include "ui/format.h"
#include "ui/json_text.h"
#include "ui/output.h"
#include "verb.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

static const char documentation[] =
    "Chooses a temperature and, for two classes or for classes joined into two, a threshold for a trained "
    "model. The logits are divided by the temperature, so that a probability of 0.8 means that about 80 % of such "
    "cells are of the class. A cell is called positive if its probability is above the threshold. Both are stored in the model's file, where predict, eval and export find "
    "them. They are chosen on predictions of the model as it was trained, for images that it has not learned "
    "from: those of its validation part, or of a cross-validation. Images of its test part are left out. MODEL is "
    "a run folder or its model.safetensors."
    "\v"
    "Examples:\n"
    "  leukvk calibrate runs/RUN --temperature \\\n"
    "      --from runs/RUN/predictions-validation.csv\n"
    "  leukvk calibrate runs/RUN --temperature --sensitivity 0.95 \\\n"
    "      --from runs/cv/predictions.csv\n"
    "  leukvk calibrate runs/RUN --positive Early,Pre,Pro --sensitivity 0.95 \\\n"
    "      --from runs/RUN/predictions-validation.csv\n"
    "  leukvk calibrate runs/RUN --remove\n"
    "  leukvk eval --model runs/RUN\n"
    "\n"
    "The temperature is the one with the least log loss (Guo et al., ICML 2017); above 1, the model was "
    "overconfident. With two classes it changes neither the order of the images nor the AUC; with three classes and "
    "more it does not change the class of an image. With --positive, predict and eval treat the joined classes as the "
    "positive class and the others as the negative one; eval --positive joins others. The same files give the same bytes.\n";

enum {
    OPTION_FROM = 256,
    OPTION_TEMPERATURE,
    OPTION_SENSITIVITY,
    OPTION_POSITIVE,
    OPTION_REMOVE,
    OPTION_JSON
};
static const struct argp_option options[] = {
    OPTION_HEADING("Data:", GROUP_DATA),
    OPTION_HEADING("Calibration:", GROUP_WORK),
    OPTION_HEADING("Output:", GROUP_OUTPUT),
    {"from", OPTION_FROM, "FILE", 0, "Predictions to choose on; may be given several times", GROUP_DATA},
    {"temperature", OPTION_TEMPERATURE, NULL, 0, "Choose a temperature", GROUP_WORK},
    {"sensitivity", OPTION_SENSITIVITY, "X", 0,
     "Choose the highest threshold whose sensitivity is X or more, for the probabilities with the temperature",
     GROUP_WORK},
    {"positive", OPTION_POSITIVE, "CLASS,CLASS", 0,
     "Of three classes and more: join these classes into the positive one, for whose probability the threshold of "
     "--sensitivity is; both are stored",
     GROUP_WORK},
    {"remove", OPTION_REMOVE, NULL, 0, "Remove temperature, threshold and joined classes from the model",
     GROUP_WORK},
    {"json", OPTION_JSON, NULL, 0, "Print JSON", GROUP_OUTPUT},
    {0}};

enum { MOST_FILES = 64 };

typedef struct arguments {
    const char *model;
    const char *from[MOST_FILES];
    size_t from_count;
    lvk_calibrate_options chosen;
    bool remove, json;
} arguments;

static void check(const arguments *a, struct argp_state *state) {
    const bool choose = a->chosen.temperature || a->chosen.sensitivity != 0;
    if (!a->model)
        argp_failure(state, EXIT_USAGE, 0, "which model? leukvk calibrate --help shows examples");
    if (a->remove && (choose || a->from_count || a->chosen.positive))
        argp_failure(state, EXIT_USAGE, 0, "--remove takes no other options");
    if (a->chosen.positive && a->chosen.sensitivity == 0)
        argp_failure(state, EXIT_USAGE, 0,
                     "--positive joins classes for a threshold: --sensitivity X is missing");
    if (!a->remove && !choose)
        argp_failure(state, EXIT_USAGE, 0, "what is to be chosen? --temperature, --sensitivity X or both");
    if (!a->remove && !a->from_count)
        argp_failure(state, EXIT_USAGE, 0,
                     "on which predictions? --from runs/RUN/predictions-validation.csv");
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case OPTION_FROM:
        if (a->from_count == MOST_FILES)
            argp_failure(state, EXIT_USAGE, 0, "--from: at most %d files", MOST_FILES);
        a->from[a->from_count++] = text;
        return 0;
    case OPTION_TEMPERATURE:
        a->chosen.temperature = true;
        return 0;
    case OPTION_SENSITIVITY:
        a->chosen.sensitivity = option_number(state, "sensitivity", text);
        if (!(a->chosen.sensitivity > 0 && a->chosen.sensitivity <= 1))
            argp_failure(state, EXIT_USAGE, 0, "--sensitivity %s: must be above 0 and at most 1", text);
        return 0;
    case OPTION_POSITIVE:
        a->chosen.positive = text;
        return 0;
    case OPTION_JSON:
        a->json = true;
        return 0;
    case OPTION_REMOVE:
        a->remove = true;
        return 0;
    case ARGP_KEY_ARG:
        if (a->model)
            argp_failure(state, EXIT_USAGE, 0, "one model at a time, not also %s", text);
        a->model = text;
        return 0;
    case ARGP_KEY_END:
        check(a, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_change(const char *name, double before, double after) {
    char text[2][FORMAT_SIZE];
    printf("%-12s %s, was %s\n", name, format_number(text[0], after, 4), format_number(text[1], before, 4));
}

static void print_result(const arguments *a, const lvk_calibrate_result *r) {
    char text[3][FORMAT_SIZE], people[METRICS_PEOPLE_SIZE];
    printf("images       %s%s", format_count(text[0], r->after.count),
           metrics_people(people, r->after.count, r->subjects, r->unnamed));
    if (r->left_out)
        printf("; left out: %s of the test part of its run", format_count(text[2], r->left_out));
    printf("\n");
    if (!r->split_known)
        printf(
            "             whether the model was trained or tested on them is not known: no split.json is beside it\n");
    if (a->chosen.temperature) {
        printf("temperature  %s\n", format_number(text[0], r->temperature, 4));
        print_change("log loss", r->before.loss, r->after.loss);
        print_change("ECE", r->before.ece, r->after.ece);
    }
    if (a->chosen.sensitivity != 0) {
        printf("threshold    %s of the positive class, %s\n", format_number(text[0], r->threshold, 4),
               shown(r->positive_class));
        print_change("sensitivity", r->before.recall, r->after.recall);
        print_change("specificity", r->before.specificity, r->after.specificity);
    }
    printf("written      %s\n", shown(r->file));
    if (*r->refit)
        printf("             %s\n", shown(r->refit));
}

static void print_scores(const char *name, const lvk_metrics *metrics) {
    printf("  \"%s\": {\"loss\": ", name);
    print_json_number(metrics->loss);
    printf(", \"ece\": ");
    print_json_number(metrics->ece);
    printf(", \"sensitivity\": ");
    print_json_number(metrics->recall);
    printf(", \"specificity\": ");
    print_json_number(metrics->specificity);
    printf("}");
}

static void print_json_refit(const lvk_calibrate_result *r) {
    printf("\"refit\": ");
    if (*r->refit)
        print_json_text(r->refit);
    else
        printf("null");
}

static void print_json(const lvk_calibrate_result *r) {
    printf("{\n  \"file\": ");
    print_json_text(r->file);
    printf(",\n  ");
    print_json_refit(r);
    printf(",\n  \"positive_class\": ");
    if (*r->positive_class)
        print_json_text(r->positive_class);
    else
        printf("null");
    printf(",\n  \"temperature\": ");
    print_json_number(r->temperature);
    printf(",\n  \"threshold\": ");
    print_json_number(r->threshold);
    printf(",\n  \"images\": %" PRIu64 ",\n  \"subjects\": %" PRIu32
           ",\n  \"images_without_subject\": %" PRIu32 ",\n  \"left_out\": %" PRIu64 ",\n",
           r->after.count, r->subjects, r->unnamed, r->left_out);
    print_scores("before", &r->before);
    printf(",\n");
    print_scores("after", &r->after);
    printf("\n}\n");
}

static int calibrate(const arguments *a) {
    static lvk_calibrate_result result;
    const int status = lvk_calibrate(a->model, a->from, a->from_count, &a->chosen, &result);
    if (status == LVK_OK && a->json)
        print_json(&result);
    else if (status == LVK_OK)
        print_result(a, &result);
    return status;
}

static int remove_calibration(const arguments *a) {
    static lvk_calibrate_result result;
    const int status = lvk_calibrate_remove(a->model, &result);
    if (status == LVK_OK && a->json) {
        printf("{\"file\": ");
        print_json_text(result.file);
        printf(", ");
        print_json_refit(&result);
        printf(", \"temperature\": 1, \"threshold\": %g}\n", LVK_THRESHOLD);
    } else if (status == LVK_OK) {
        printf("%s: as it was trained\n", shown(result.file));
        if (*result.refit)
            printf("%s: as it was trained\n", shown(result.refit));
    }
    return status;
}

static int run(int argc, char **argv) {
    static const struct argp parser = {options, parse_option, "MODEL", documentation, NULL, NULL, NULL};
    arguments a = {0};
    parse_arguments(&parser, argc, argv, &a);
    const int status = a.remove ? remove_calibration(&a) : calibrate(&a);
    return status == LVK_OK ? EXIT_OK : report_failure(status);
}

extern const verb verb_calibrate;
const verb verb_calibrate = {"calibrate", "choose the temperature and the threshold of a trained model", run};
