/* leukvk summary: the layers of a model. */
#include "options.h"
#include "ui/format.h"
#include "ui/table.h"
#include "verb.h"

#include <inttypes.h>
#include <string.h>

static const char documentation[] =
    "Prints the layers of a model: what each does, the shape of its output for one image, its "
    "parameters, and its arithmetic (a multiply-add counts 2)."
    "\v"
    "Examples:\n"
    "  leukvk summary cnn\n"
    "  leukvk summary resnet50\n";

static error_t parse_option(int key, char *text, struct argp_state *state) {
    const char **model = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (*model)
            argp_failure(state, EXIT_USAGE, 0, "one model at a time, not also %s", text);
        *model = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        *model = lvk_train_defaults().model;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void shape_text(const lvk_layer_summary *layer, char *text, size_t size) {
    size_t length = 0;
    for (int i = 0; i < layer->rank && length < size; ++i)
        length +=
            (size_t)snprintf(text + length, size - length, i ? "×%" PRIu32 : "%" PRIu32, layer->shape[i]);
}

static bool print_layers(const lvk_model_summary *summary) {
    char parameters[FORMAT_SIZE], flops[FORMAT_SIZE], shape[64];
    table t = {0};
    table_column(&t, "layer");
    table_column(&t, "what");
    table_column(&t, "output");
    table_number_column(&t, "parameters");
    table_number_column(&t, "arithmetic");
    for (size_t i = 0; i < summary->layer_count; ++i) {
        const lvk_layer_summary *layer = &summary->layers[i];
        shape_text(layer, shape, sizeof shape);
        table_cell(&t, "%s", layer->name);
        table_cell(&t, "%s", layer->kind);
        table_cell(&t, "%s", shape);
        table_cell(&t, "%s", format_count(parameters, layer->parameters));
        table_cell(&t, "%s", layer->flops > 0 ? format_scaled(flops, layer->flops, "FLOP") : "");
    }
    table_rule(&t);
    table_cell(&t, "total");
    table_cell(&t, "%s", "");
    table_cell(&t, "%s", "");
    table_cell(&t, "%s", format_count(parameters, summary->parameters));
    table_cell(&t, "%s", format_scaled(flops, summary->flops, "FLOP"));
    const bool printed = table_print(&t, stdout);
    table_finish(&t);
    return printed;
}

static int run(int argc, char **argv) {
    static const struct argp parser = {NULL, parse_option, "[MODEL]", documentation, NULL, NULL, NULL};
    const char *model = NULL;
    parse_arguments(&parser, argc, argv, &model);
    lvk_model_summary *summary;
    const int status = lvk_model_summary_create(model, &summary);
    if (status != LVK_OK)
        return report_mistake(status);
    printf("%s: input %" PRIu32 "×%" PRIu32 "×3, output the probability of the positive class\n\n",
           summary->architecture, summary->image_size, summary->image_size);
    const bool printed = print_layers(summary);
    lvk_model_summary_destroy(&summary);
    return printed ? EXIT_OK : EXIT_FAILED;
}

extern const verb verb_summary;
const verb verb_summary = {"summary", "print the layers of a model", run};
