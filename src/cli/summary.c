/* leukvk summary: the layers of a model. */
#include "options.h"
#include "ui/format.h"
#include "ui/json_text.h"
#include "ui/output.h"
#include "ui/table.h"
#include "verb.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const char documentation[] =
    "Prints the layers of a model: what each layer does, the shape of its output for one image, its number of "
    "parameters and its FLOPs (a multiply-add counts 2). MODEL is an architecture, or a trained model: a run "
    "folder, a model.safetensors or a checkpoint. Of a file of joined models, the layers of all members are listed."
    "\v"
    "Examples:\n"
    "  leukvk summary cnn\n"
    "  leukvk summary resnet50 --json\n"
    "  leukvk summary runs/RUN\n";

enum { OPTION_JSON = 256 };
static const struct argp_option options[] = {
    OPTION_HEADING("Output:", GROUP_OUTPUT), {"json", OPTION_JSON, NULL, 0, "Print JSON", GROUP_OUTPUT}, {0}};

typedef struct arguments {
    const char *model;
    bool json;
} arguments;

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case OPTION_JSON:
        a->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (a->model)
            argp_failure(state, EXIT_USAGE, 0, "one model at a time, not also %s", text);
        a->model = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        a->model = lvk_train_defaults().model;
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

static void print_layers(const lvk_model_summary *summary) {
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
    table_print(&t, stdout);
    table_finish(&t);
}

static void print_json(const lvk_model_summary *summary) {
    printf("{\n  \"architecture\": ");
    print_json_text(summary->architecture);
    if (*summary->estimate) {
        printf(",\n  \"estimate\": ");
        print_json_text(summary->estimate);
    }
    if (summary->members > 1)
        printf(",\n  \"members\": %" PRIu32, summary->members);
    printf(",\n  \"image_size\": %" PRIu32 ",\n  \"parameters\": %" PRIu64
           ",\n  \"flops\": %.0f,\n  \"layers\": [\n",
           summary->image_size, summary->parameters, summary->flops);
    for (size_t i = 0; i < summary->layer_count; ++i) {
        const lvk_layer_summary *layer = &summary->layers[i];
        printf("    {\"name\": ");
        print_json_text(layer->name);
        printf(", \"kind\": ");
        print_json_text(layer->kind);
        printf(", \"output\": [");
        for (int d = 0; d < layer->rank; ++d)
            printf("%s%" PRIu32, d ? ", " : "", layer->shape[d]);
        printf("], \"parameters\": %" PRIu64 ", \"flops\": %.0f}%s\n", layer->parameters, layer->flops,
               i + 1 < summary->layer_count ? "," : "");
    }
    printf("  ]\n}\n");
}

static bool is_architecture(const char *name) {
    const char *known;
    for (size_t i = 0; (known = lvk_architecture_name(i)); ++i)
        if (strcmp(known, name) == 0)
            return true;
    return false;
}

static int run(int argc, char **argv) {
    static const struct argp parser = {options, parse_option, "[MODEL]", documentation, NULL, NULL, NULL};
    arguments a = {0};
    parse_arguments(&parser, argc, argv, &a);
    lvk_model_summary *summary;
    /* a name without a file behind it is a typo of an architecture's */
    const bool file = !is_architecture(a.model) && access(a.model, F_OK) == 0;
    const int status =
        file ? lvk_model_summary_read(a.model, &summary) : lvk_model_summary_create(a.model, &summary);
    if (status != LVK_OK)
        return file ? report_failure(status) : report_mistake(status);
    if (a.json) {
        print_json(summary);
    } else {
        if (summary->members > 1)
            printf("the mean of the probabilities of %" PRIu32 " models\n", summary->members);
        printf("%s: input %" PRIu32 "×%" PRIu32 "×3, output the probability of the positive class\n\n",
               summary->architecture, summary->image_size, summary->image_size);
        print_layers(summary);
        if (*summary->estimate)
            printf("\nestimated by a %s\n", shown(summary->estimate));
    }
    lvk_model_summary_destroy(&summary);
    return EXIT_OK;
}

extern const verb verb_summary;
const verb verb_summary = {"summary", "print the layers of a model", run};
