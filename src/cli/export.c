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
    const char *model, *format, *input, *out;
} arguments;

enum { OPTION_FORMAT = 256, OPTION_INPUT };
static const struct argp_option options[] = {
    OPTION_HEADING("Output:", GROUP_OUTPUT),
    {"format", OPTION_FORMAT, "keras|torchvision|onnx", 0, "Format of the file", GROUP_OUTPUT},
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
    "the names and layouts of these libraries. MODEL is a run folder, a model.safetensors or a checkpoint."
    "\v"
    "Examples:\n"
    "  leukvk export runs/RUN --format onnx --out cells.onnx\n"
    "  leukvk export runs/RUN --format onnx --input image --out cells.onnx\n"
    "  leukvk export runs/RUN --format torchvision --out cells.safetensors\n"
    "\n"
    "The input 'image' of the ONNX model is [N, 3, size, size] floats: red, green and blue from 0 to 255, cropped "
    "and resized as the metadata of the file says; with --input image it is [N, height, width, 3] bytes, red, green "
    "and blue of whole pictures. Its output 'probability', [N, 1], is that of the positive "
    "class; of a model of three or more classes it is [N, classes]. For research and teaching; not a medical device.\n";

static bool is_format(const char *text) {
    const char *name;
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
            argp_failure(state, EXIT_USAGE, 0, "--format %s: must be keras, torchvision or onnx", text);
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
        if (a->model)
            argp_failure(state, EXIT_USAGE, 0, "one model at a time, not also %s", text);
        a->model = text;
        return 0;
    case ARGP_KEY_END:
        if (!a->model)
            argp_failure(state, EXIT_USAGE, 0, "which model? leukvk export --help shows examples");
        if (!a->format || !a->out)
            argp_failure(state, EXIT_USAGE, 0, "%s is missing; leukvk export --help shows examples",
                         a->format ? "--out" : "--format");
        if (a->input && strcmp(a->format, "onnx") != 0)
            argp_failure(state, EXIT_USAGE, 0, "--input is for --format onnx");
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
    printf("architecture   %s", shown(about->architecture));
    if (*about->head)
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

static int run(int argc, char **argv) {
    static const struct argp parser = {options, parse_option, "MODEL", documentation, NULL, NULL, NULL};
    arguments a = {0};
    parse_arguments(&parser, argc, argv, &a);
    output_check("out", a.out, &a.model, 1);
    lvk_export *model;
    int status = lvk_export_open(a.model, &model);
    if (status == LVK_OK && a.input)
        status = lvk_export_set_input(model, a.input);
    if (status == LVK_OK)
        status = lvk_export_write(model, a.format, a.out);
    if (status == LVK_OK)
        print_about(lvk_export_about(model), &a);
    const int exit_status = status == LVK_OK ? EXIT_OK : report_failure(status);
    lvk_export_close(&model);
    return exit_status;
}

extern const verb verb_export;
const verb verb_export = {"export", "convert a trained model for other programs", run};
