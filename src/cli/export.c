/* leukvk export: a trained model for other programs. */
#include "options.h"
#include "ui/format.h"
#include "ui/output.h"
#include "verb.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct arguments {
    const char *models[LVK_MOST_MEMBERS];
    size_t model_count;
    const char *format, *input, *out;
} arguments;

/* The format of leukvk itself, in which several models are joined. */
static const char own_format[] = "leukvk";

enum { OPTION_FORMAT = 256, OPTION_INPUT };
static const struct argp_option options[] = {
    OPTION_HEADING("Output:", GROUP_OUTPUT),
    {"format", OPTION_FORMAT, "keras|torchvision|onnx|leukvk", 0,
     "Format of the file; leukvk: several models joined into one", GROUP_OUTPUT},
    {"input", OPTION_INPUT, "crop|image|image:WxH", 0,
     "What an ONNX model takes: images that are already cropped and resized (crop); whole pictures of any size (image), or "
     "of W×H pixels only, for programs that cannot compute with sizes, such as OpenCV",
     GROUP_OUTPUT},
    {"out", 'o', "FILE", 0, "File to write, which is replaced if it exists; -: standard output",
     GROUP_OUTPUT},
    {0}};

static const char documentation[] =
    "Converts a trained model for other programs. Format onnx is the whole model, from pixels to probability, for "
    "ONNX Runtime, OpenCV and others. Formats keras and torchvision are a safetensors file of its tensors, with "
    "the names and layouts of these libraries. Format leukvk joins several models into "
    "one model file, which predict, eval, calibrate and summary take as any other: the mean of their probabilities. MODEL is a run "
    "folder, a model.safetensors or a checkpoint."
    "\v"
    "Examples:\n"
    "  leukvk export runs/RUN --format onnx --out cells.onnx\n"
    "  leukvk export runs/RUN --format onnx --input image --out cells.onnx\n"
    "  leukvk export runs/RUN --format torchvision --out cells.safetensors\n"
    "  leukvk export runs/A runs/B runs/C --format leukvk --out mean.safetensors\n"
    "\n"
    "The input 'image' of the ONNX model is [N, 3, size, size] floats: red, green and blue from 0 to 255, cropped "
    "and resized as the metadata of the file says; with --input image it is [N, height, width, 3] bytes, red, green "
    "and blue of whole pictures. Its output 'probability', [N, 1], is that of the positive "
    "class; of a model of three or more classes it is [N, classes]. For research and teaching; not a medical device.\n";

static bool joins(const arguments *a) {
    return a->format && strcmp(a->format, own_format) == 0;
}

static bool is_format(const char *text) {
    const char *name;
    if (strcmp(text, own_format) == 0)
        return true;
    for (size_t i = 0; (name = lvk_export_format_name(i)) != NULL; ++i)
        if (strcmp(name, text) == 0)
            return true;
    return false;
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case OPTION_FORMAT:
        if (!is_format(text))
            argp_failure(state, EXIT_USAGE, 0, "--format %s: must be keras, torchvision, onnx or leukvk",
                         text);
        a->format = text;
        return 0;
    case OPTION_INPUT:
        if (lvk_export_set_input(NULL, text) != LVK_OK)
            argp_failure(state, EXIT_USAGE, 0, "%s", lvk_error_message());
        a->input = text;
        return 0;
    case 'o':
        a->out = output_path(text);
        return 0;
    case ARGP_KEY_ARG:
        if (a->model_count == LVK_MOST_MEMBERS)
            argp_failure(state, EXIT_USAGE, 0, "at most %d models", LVK_MOST_MEMBERS);
        a->models[a->model_count++] = text;
        return 0;
    case ARGP_KEY_END:
        if (!a->model_count)
            argp_failure(state, EXIT_USAGE, 0, "which model? leukvk export --help shows examples");
        if (!a->format || !a->out)
            argp_failure(state, EXIT_USAGE, 0, "%s is missing; leukvk export --help shows examples",
                         a->format ? "--out" : "--format");
        if (a->input && strcmp(a->format, "onnx") != 0)
            argp_failure(state, EXIT_USAGE, 0, "--input is for --format onnx");
        if (!joins(a) && a->model_count > 1)
            argp_failure(state, EXIT_USAGE, 0,
                         "one model at a time, not also %s; --format leukvk joins models", a->models[1]);
        if (joins(a) && a->model_count < 2)
            argp_failure(state, EXIT_USAGE, 0, "--format leukvk joins models: name two or more");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_calibration(const lvk_export_info *about, const arguments *a) {
    const bool inside = strcmp(a->format, "onnx") == 0;
    if (about->temperature != 1)
        printf("temperature    %.4g: %s\n", about->temperature,
               inside ? "is applied to the probabilities"
                      : "not in the tensors; divide the logit by it (metadata \"temperature\")");
    if (about->positive_sum)
        printf(
            "threshold      %.4g: for the sum of the probabilities of the metadata's \"positive_classes\"\n",
            about->threshold);
    else if (about->threshold != LVK_THRESHOLD)
        printf("threshold      %.4g: the class is positive above it (metadata \"threshold\")\n",
               about->threshold);
}

static void print_about(const lvk_export_info *about, const arguments *a) {
    char tensors[FORMAT_SIZE], numbers[FORMAT_SIZE];
    printf("read           %s\n", shown(about->path));
    if (about->members > 1)
        printf("architecture   %u joined models, of which the file gives the mean", about->members);
    else
        printf("architecture   %s", shown(about->architecture));
    if (about->members == 1 && *about->head)
        printf(", head %s, backbone of the variant %s", shown(about->head), shown(about->topology));
    printf("\ntensors        %s, %s numbers\n", format_count(tensors, about->tensors),
           format_count(numbers, about->numbers));
    printf("images         %scrop %s, then %u×%u pixels\n",
           a->input && strcmp(a->input, "crop") != 0 ? "whole; the file does: " : "", shown(about->crop),
           about->image_size, about->image_size);
    if (about->class_count == 0)
        printf("positive class %s\n", shown(about->positive_class));
    for (uint32_t k = 0; k < about->class_count; ++k)
        printf("%s%s%s", k ? ", " : "classes        ", shown(about->class_names[k]),
               k + 1 == about->class_count ? "\n" : "");
    print_calibration(about, a);
    if (strcmp(a->format, "torchvision") == 0 && strncmp(about->topology, "keras", 5) == 0)
        printf(
            "note           Keras' variant of the network: convolutions have biases, epsilon is %s, and in blocks of three "
            "convolutions the first has the stride; torchvision's own networks differ\n",
            strcmp(about->topology, "keras") == 0 ? "1e-3" : "1.001e-5");
    printf("written        %s\n", shown(a->out));
}

static int export_one(const arguments *a) {
    lvk_export *model;
    int status = lvk_export_open(a->models[0], &model);
    if (status == LVK_OK && a->input)
        status = lvk_export_set_input(model, a->input);
    if (status == LVK_OK)
        status = lvk_export_write(model, a->format, a->out);
    if (status == LVK_OK)
        print_about(lvk_export_about(model), a);
    lvk_export_close(&model);
    return status;
}

static int export_joined(const arguments *a) {
    char text[2][FORMAT_SIZE];
    lvk_join_result result;
    const int status = lvk_models_join(a->models, a->model_count, a->out, &result);
    if (status != LVK_OK)
        return status;
    for (size_t m = 0; m < a->model_count; ++m)
        printf("member %-7zu %s\n", m + 1, shown(a->models[m]));
    printf("tensors        %s, %s numbers\n", format_count(text[0], result.tensors),
           format_count(text[1], result.numbers));
    if (!result.same_threshold)
        printf("threshold      %g, since the models have different ones; leukvk calibrate chooses one\n",
               result.threshold);
    printf("written        %s\n", shown(a->out));
    return LVK_OK;
}

static int run(int argc, char **argv) {
    static const struct argp parser = {options, parse_option, "MODEL...", documentation, NULL, NULL, NULL};
    arguments a = {0};
    parse_arguments(&parser, argc, argv, &a);
    output_check("out", a.out, a.models, a.model_count);
    const int status = joins(&a) ? export_joined(&a) : export_one(&a);
    return status == LVK_OK ? EXIT_OK : report_failure(status);
}

extern const verb verb_export;
const verb verb_export = {"export", "convert a trained model for other programs", run};
