/* leukvk explain: what a model looks at. */
#define _XOPEN_SOURCE 700
#include "classify.h"
#include "explain_report.h"
#include "novelty_report.h"
#include "options.h"
#include "path_words.h"
#include "suggest.h"
#include "ui/json_result.h"
#include "ui/memory.h"
#include "ui/output.h"
#include "ui/progress.h"
#include "ui/quiet.h"
#include "verb.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char documentation[] =
    "Draws heat maps: where in an image a trained model finds what speaks for a class, and how much of that lies where "
    "there is no cell. Name the model, a run folder or a model file, and images or folders with images; - takes "
    "their names from standard input, one per line. Or take a part of the run's data set with --part."
    "\v"
    "Examples:\n"
    "  leukvk explain runs/RUN cell.bmp --out cell.png\n"
    "  leukvk explain runs/RUN cells/ --out heat\n"
    "  leukvk explain runs/RUN --part test --out heat --class hem\n"
    "  leukvk explain runs/RUN cells/ --method occlusion --out heat\n"
    "  find cells -name '*.png' | leukvk explain runs/RUN - --out heat\n"
    "\n"
    "grad-cam (Selvaraju et al. 2017) weights the maps of the last convolution by the gradient of the class' logit. Its "
    "heat is that of the net: the logit of the cell's area and hue, which many models add, has no place in the image. "
    "occlusion moves a black patch over the image and shows by how much the probability of the class falls below it. It is of the "
    "whole model, and takes some hundred times as long. It cannot show black ground, on which black changes nothing.\n"
    "\n"
    "The table has for each image the share of the heat on the black ground, and the share outside the cell: the largest "
    "region that is not black, with its holes. 'even' is the share of the image that is outside the cell, which a map "
    "without any structure would have there. Where more than half of the heat, and at least nine tenths of that share, "
    "lies outside, a warning says so. Ground speaks for small cells in a model that has learned their size, which is true "
    "of many; heat in one corner speaks of a mark that the images of one class have.\n"
    "\n"
    "For research and teaching; not a medical device.\n";

enum {
    OPTION_MODEL = 256,
    OPTION_PART,
    OPTION_DATA,
    OPTION_OUT,
    OPTION_CLASS,
    OPTION_METHOD,
    OPTION_PATCH,
    OPTION_MEMBER,
    OPTION_JSON,
    OPTION_THREADS
};
static const struct argp_option options[] = {
    OPTION_HEADING("Data:", GROUP_DATA),
    OPTION_HEADING("Model:", GROUP_MODEL),
    OPTION_HEADING("Explanation:", GROUP_WORK),
    OPTION_HEADING("Output:", GROUP_OUTPUT),
    {"model", OPTION_MODEL, "PATH", 0, "The model, in place of the first argument", GROUP_MODEL},
    {"member", OPTION_MEMBER, "N", 0, "Of a joined file, explain only model N, from 1 (the mean of all)",
     GROUP_MODEL},
    {"part", OPTION_PART, "PART", 0,
     "Take this part of the data set of the model's run: train, validation, test or preliminary", GROUP_DATA},
    {"data", OPTION_DATA, "DATA", 0,
     "Where the data set of the run, a folder or a table, is now; without --part, take the images of DATA",
     GROUP_DATA},
    {"threads", OPTION_THREADS, "N", 0, "Number of threads that read images (one per processor)", GROUP_DATA},
    {"class", OPTION_CLASS, "NAME", 0, "Heat of this class (the class that each image is called)",
     GROUP_WORK},
    {"method", OPTION_METHOD, "grad-cam|occlusion", 0, "How heat is measured (grad-cam)", GROUP_WORK},
    {"patch", OPTION_PATCH, "F", 0, "Side of occlusion's patch in sides of the crop, 0.02 to 1 (0.125)",
     GROUP_WORK},
    {"out", OPTION_OUT, "DIR|FILE.png", 0,
     "Write a picture of each image, the mean map of each class and explain.csv to DIR, which is new or empty; after "
     "Ctrl-C the same command goes on in it; of one image, write its picture to FILE.png",
     GROUP_OUTPUT},
    {"json", OPTION_JSON, NULL, 0, "Print the table as JSON", GROUP_OUTPUT},
    {0}};

typedef struct arguments {
    classify_arguments common;
    lvk_explain_options how;
    const char *class_name, *out;
    bool json;
    path_words words;
} arguments;

/* All that is explained. */
typedef struct explanation_run {
    const arguments *arguments;
    classify_session session;
    selection images;
    lvk_explainer *explainer;
    lvk_prediction *rows;
    uint32_t *called;
    lvk_heat *heats;
    int class_index;
} explanation_run;

/* The first argument is the model, unless --model names it. */
static void take_words(arguments *a, char **words, size_t count) {
    if (a->common.model_count == 0 && count) {
        a->common.models[a->common.model_count++] = words[0];
        ++words;
        --count;
    }
    path_words_take(&a->words, words, count);
}

static void check_words(const arguments *a, const struct argp_state *state) {
    if (a->common.model_count == 0)
        argp_failure(state, EXIT_USAGE, 0, "which model? leukvk explain runs/RUN cell.png");
    if (a->common.part || a->common.data ? a->words.count > 0 : a->words.count == 0)
        argp_failure(state, EXIT_USAGE, 0, "name images or folders, or give --part or --data, but not both");
    if (a->how.method != LVK_EXPLAIN_OCCLUSION && suggest_was_given("patch"))
        argp_failure(state, EXIT_USAGE, 0, "--patch: is for --method occlusion");
}

static void take_patch(arguments *a, const char *text, const struct argp_state *state) {
    a->how.patch = option_number(state, "patch", text);
    if (!(a->how.patch >= LVK_EXPLAIN_LEAST_PATCH && a->how.patch <= 1))
        argp_failure(state, EXIT_USAGE, 0, "--patch %s: must be from %g to 1", text, LVK_EXPLAIN_LEAST_PATCH);
}

static void take_method(arguments *a, const char *text, const struct argp_state *state) {
    if (strcmp(text, "grad-cam") != 0 && strcmp(text, "occlusion") != 0)
        argp_failure(state, EXIT_USAGE, 0, "--method %s: must be grad-cam or occlusion", text);
    a->how.method = *text == 'o' ? LVK_EXPLAIN_OCCLUSION : LVK_EXPLAIN_GRAD_CAM;
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->common.device;
        state->child_inputs[1] = &a->common.device;
        state->child_inputs[2] = &a->common.reading;
        return 0;
    case OPTION_MODEL:
        if (a->common.model_count)
            argp_failure(state, EXIT_USAGE, 0,
                         "--model: one model; leukvk export --format leukvk joins several");
        a->common.models[a->common.model_count++] = text;
        return 0;
    case OPTION_MEMBER:
        a->how.member = (uint32_t)option_count(state, "member", text, 1, LVK_MOST_MEMBERS);
        return 0;
    case OPTION_PART:
        a->common.part = text;
        return 0;
    case OPTION_DATA:
        a->common.data = text;
        return 0;
    case OPTION_THREADS:
        a->common.classifier.threads = (unsigned)option_count(state, "threads", text, 0, 256);
        return 0;
    case OPTION_OUT:
        a->out = text;
        return 0;
    case OPTION_CLASS:
        a->class_name = text;
        return 0;
    case OPTION_METHOD:
        take_method(a, text, state);
        return 0;
    case OPTION_PATCH:
        take_patch(a, text, state);
        return 0;
    case OPTION_JSON:
        a->json = true;
        return 0;
    case ARGP_KEY_ARGS:
        take_words(a, state->argv + state->next, (size_t)(state->argc - state->next));
        return 0;
    case ARGP_KEY_END:
        check_words(a, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool is_picture(const char *out) {
    const size_t length = out ? strlen(out) : 0;
    return length > 4 && strcmp(out + length - 4, ".png") == 0;
}

/* ---- the work ---- */

static bool show_progress(void *user, size_t done, size_t total) {
    progress *bar = user;
    bar->total = total;
    progress_update(bar, &(progress_values){done, NAN, NAN});
    return true;
}

/* Drops the images for which `p` is not a number: they could not be read any more, and have been named. */
static void drop_unreadable(explanation_run *r, bool by_heat) {
    size_t kept = 0;
    for (size_t i = 0; i < r->images.count; ++i) {
        if (isnan(by_heat ? r->heats[i].p : r->rows[i].p))
            continue;
        r->rows[kept] = r->rows[i];
        r->images.indices[kept] = r->images.indices[i];
        if (by_heat) {
            r->called[kept] = r->called[i];
            r->heats[kept] = r->heats[i];
        }
        ++kept;
    }
    r->images.count = kept;
}

static int select_images(explanation_run *r) {
    const arguments *a = r->arguments;
    const classify_arguments *common = &a->common;
    return common->part ? classify_select(common, &r->images)
           : common->data
               ? selection_of_data(&r->images, common->models[0], common->data, &common->reading, false)
               : selection_of_files(&r->images, NULL, a->words.paths, a->words.count, &common->reading);
}

/* A picture is of one image. */
static void check_out(const explanation_run *r) {
    const arguments *a = r->arguments;
    if (!is_picture(a->out) || r->images.count == 1)
        return;
    fprintf(stderr, "leukvk explain: --out %s: is a picture of one image; of %zu, name a folder\n",
            shown(a->out), r->images.count);
    exit(EXIT_USAGE);
}

static int write_picture(explanation_run *r) {
    lvk_explanation x = {0};
    const int class = r->class_index == LVK_EXPLAIN_CALLED ? (int)r->called[0] : r->class_index;
    int status = lvk_explain_image(r->explainer, r->images.dataset, r->images.indices[0], class, &x);
    r->heats[0] = x.heat;
    if (status == LVK_OK)
        status = lvk_explanation_write(r->explainer, &x, r->arguments->out);
    lvk_explanation_finish(&x);
    return status;
}

static int explain_images(explanation_run *r) {
    progress bar;
    progress_begin(&bar, stderr, "Explaining", "images", r->images.count, false);
    const lvk_explain_job job = {.dataset = r->images.dataset,
                                 .images = r->images.indices,
                                 .rows = r->rows,
                                 .called = r->called,
                                 .count = r->images.count,
                                 .class_index = r->class_index,
                                 .folder = r->arguments->out,
                                 .progress = show_progress,
                                 .user = &bar};
    const int status = lvk_explain_images(r->explainer, &job, r->heats);
    progress_clear(&bar);
    return status;
}

/* A name that the model does not have is a mistake of the command line. */
static int create_explainer(explanation_run *r) {
    const arguments *a = r->arguments;
    uint32_t class = 0;
    int status = lvk_explainer_create(r->session.classifier, &a->how, &r->explainer);
    r->class_index = LVK_EXPLAIN_CALLED;
    if (status == LVK_OK && a->class_name) {
        status = lvk_explainer_find_class(r->explainer, a->class_name, &class);
        r->class_index = (int)class;
    }
    if (status == LVK_ERROR_ARGUMENT)
        exit(report_mistake(status));
    return status;
}

static int explain(explanation_run *r, bool *all) {
    const arguments *a = r->arguments;
    int status = classify_open(&r->session, &a->common);
    if (status == LVK_OK)
        status = create_explainer(r);
    if (status == LVK_OK)
        status = select_images(r);
    if (status != LVK_OK)
        return status;
    check_out(r);
    status = classify_run(&r->session, &r->images, "Predicting", &r->rows);
    const size_t selected = r->images.count;
    if (status != LVK_OK)
        return status;
    drop_unreadable(r, false);
    (void)novelty_report(&r->session, r->rows, r->images.count, false);
    r->called = allocate(r->images.count, sizeof *r->called);
    r->heats = allocate(r->images.count, sizeof *r->heats);
    for (size_t i = 0; i < r->images.count; ++i)
        r->called[i] = lvk_prediction_called(&r->rows[i], r->session.class_count, r->session.threshold);
    status = is_picture(a->out) && r->images.count ? write_picture(r) : explain_images(r);
    if (status == LVK_OK)
        drop_unreadable(r, true);
    *all = r->images.count == selected && lvk_dataset_skipped_count(r->images.dataset) == 0 &&
           lvk_dataset_unreadable_count(r->images.dataset) == 0;
    return status;
}

static int print_all(const explanation_run *r) {
    const arguments *a = r->arguments;
    const explain_results results = {.explainer = r->explainer,
                                     .model = lvk_classifier_get_info(r->session.classifier)->path,
                                     .method = a->how.method,
                                     .rows = r->rows,
                                     .called = r->called,
                                     .heats = r->heats,
                                     .count = r->images.count};
    if (a->json) {
        json_result_end();
        explain_print_json(&results);
    } else {
        explain_print(&results);
    }
    explain_warn(&results);
    if (a->out && !quiet_is_set())
        fprintf(stderr, is_picture(a->out) ? "picture: %s\n" : "pictures and explain.csv in %s\n",
                shown(a->out));
    return LVK_OK;
}

/* Whether the folder `inner`, which may not be there yet, lies in the folder `outer`, or is it. */
static bool lies_in(const char *inner, const char *outer) {
    char parent[4096];
    snprintf(parent, sizeof parent, "%s", inner);
    size_t length = strlen(parent);
    while (length > 1 && parent[length - 1] == '/')
        parent[--length] = '\0';
    char *slash = strrchr(parent, '/');
    char *whole = realpath(parent, NULL), *within = realpath(outer, NULL);
    if (!whole) { /* of a new folder, the one that it will be in */
        if (slash)
            slash[slash == parent] = '\0';
        whole = realpath(slash ? parent : ".", NULL);
    }
    const size_t most = within ? strlen(within) : 0;
    const bool lies = whole && within && strncmp(whole, within, most) == 0 &&
                      (whole[most] == '\0' || whole[most] == '/' || most == 1);
    free(whole);
    free(within);
    return lies;
}

/* Pictures in a data set would be read as its images. */
static void check_outside(const arguments *a, const char *input) {
    if (!input || !lies_in(a->out, input))
        return;
    fprintf(stderr, "leukvk explain: --out %s: lies in %s, and its pictures would count as images of that\n",
            shown(a->out), shown(input));
    exit(EXIT_USAGE);
}

/* Before any work is done. */
static void check_folder(const arguments *a) {
    if (a->out && (strcmp(a->out, "-") == 0 || !*a->out)) {
        fprintf(stderr, "leukvk explain: --out %s: name a folder, or a file that ends in .png\n", a->out);
        exit(EXIT_USAGE);
    }
    output_check("out", is_picture(a->out) ? a->out : NULL, a->common.models, (size_t)a->common.model_count);
    output_check("out", is_picture(a->out) ? a->out : NULL, a->words.paths, a->words.count);
    if (!a->out || is_picture(a->out))
        return;
    check_outside(a, a->common.data);
    for (size_t i = 0; i < a->words.count; ++i)
        check_outside(a, a->words.paths[i]);
    if (lvk_explain_folder_check(a->out) == LVK_OK)
        return;
    fprintf(stderr, "leukvk explain: --out %s\n", shown(lvk_error_message()));
    exit(EXIT_USAGE);
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {
        {&device_argp, 0, NULL, 0}, {&tuner_argp, 0, NULL, 0}, {&data_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {
        options, parse_option, "[MODEL] [IMAGE OR FOLDER]...", documentation, children, NULL, NULL};
    arguments a = {.common = {.keep_classes = true, .classifier = {.keep_going = true}}};
    parse_arguments(&parser, argc, argv, &a);
    check_folder(&a);
    if (a.json)
        json_result_begin();
    explanation_run r = {.arguments = &a};
    bool all = false;
    int status = explain(&r, &all);
    if (status == LVK_OK)
        status = print_all(&r);
    const int exit_status = status != LVK_OK ? report_failure(status) : all ? EXIT_OK : EXIT_FAILED;
    free(r.rows);
    free(r.called);
    free(r.heats);
    path_words_finish(&a.words);
    lvk_explainer_destroy(&r.explainer);
    selection_finish(&r.images);
    classify_close(&r.session);
    return exit_status;
}

extern const verb verb_explain;
const verb verb_explain = {"explain", "show what a trained model looks at", run};
