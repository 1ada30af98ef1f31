/* leukvk serve: a model over HTTP. */
#include "options.h"
#include "server_options.h"
#include "ui/output.h"
#include "ui/quiet.h"
#include "verb.h"

#include <stdio.h>

static const char documentation[] =
    "Serves a trained model on this machine: a page on which images are dropped and classified, and JSON for programs. "
    "MODEL is a run folder, a model.safetensors or a checkpoint. The address of the page is printed; Ctrl-C ends the "
    "server, which first answers what has come."
    "\v"
    "Examples:\n"
    "  leukvk serve runs/RUN\n"
    "  leukvk serve runs/RUN --port 9000 --device cpu\n"
    "  leukvk serve runs/RUN --address 0.0.0.0 --token token.txt\n"
    "\n"
    "Programs:\n"
    "  curl --data-binary @cell.png -H 'Content-Type: image/png' \\\n"
    "      http://127.0.0.1:8080/v1/predict\n"
    "  curl -F image=@1.bmp -F image=@2.bmp http://127.0.0.1:8080/v1/predict\n"
    "  curl http://127.0.0.1:8080/v1/model\n"
    "\n"
    "Requests that arrive together share a batch. Batches of different sizes may add in another order, so that the last "
    "digits of a probability may depend on how many images have come together. With --batch 32 they are those of "
    "leukvk predict on the same device; a batch then costs the same time however few images are in it.\n"
    "\n"
    "For research and teaching; not a medical device.\n";

enum { OPTION_MAX_BODY = 256, OPTION_QUEUE, OPTION_BATCH, OPTION_TTA, OPTION_THREADS, OPTION_MICRONS };

static const struct argp_option options[] = {
    {"max-body", OPTION_MAX_BODY, "MIB", 0, "Most MiB of a request (64)", GROUP_WORK},
    {"queue", OPTION_QUEUE, "N", 0, "Most requests that wait or are computed at one time (128)", GROUP_WORK},
    OPTION_HEADING("Model:", GROUP_MODEL),
    {"batch", OPTION_BATCH, "N", 0,
     "Always compute batches of N images, as leukvk predict does, to the same bits (of 1, 2, 4, 8, 16 or 32 images, by how many "
     "have come together)",
     GROUP_MODEL},
    {"tta", OPTION_TTA, "N", 0, "Average over N of the eight orientations of each image (1)", GROUP_MODEL},
    {"threads", OPTION_THREADS, "N", 0, "Number of threads that decode images (one per processor, at most 8)",
     GROUP_MODEL},
    {"microns-per-pixel", OPTION_MICRONS, "X", 0,
     "Scale of images whose request does not tell it by ?microns_per_pixel=X", GROUP_MODEL},
    {0}};

typedef struct arguments {
    lvk_device_options device;
    lvk_server_options server;
    const char *model;
} arguments;

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    lvk_classifier_options *c = &a->server.classifier;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->server;
        state->child_inputs[1] = &a->device;
        state->child_inputs[2] = &a->device;
        return 0;
    case OPTION_MAX_BODY:
        a->server.max_body = (size_t)option_count(state, "max-body", text, 1, 1024) << 20;
        return 0;
    case OPTION_QUEUE:
        a->server.queue = (unsigned)option_count(state, "queue", text, 1, 10000);
        return 0;
    case OPTION_BATCH:
        c->batch = (uint32_t)option_count(state, "batch", text, 1, 1024);
        return 0;
    case OPTION_TTA:
        c->views = (uint32_t)option_count(state, "tta", text, 1, 8);
        return 0;
    case OPTION_THREADS:
        c->threads = (unsigned)option_count(state, "threads", text, 0, 256);
        return 0;
    case OPTION_MICRONS:
        a->server.microns_per_pixel = option_number(state, "microns-per-pixel", text);
        return 0;
    case ARGP_KEY_ARG:
        if (a->model)
            argp_failure(state, EXIT_USAGE, 0, "one model at a time, not also %s", text);
        a->model = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_failure(state, EXIT_USAGE, 0, "which model? leukvk serve runs/RUN");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void tell(const lvk_server *server) {
    const lvk_classifier_info *info = lvk_server_classifier_info(server);
    if (!quiet_is_set())
        fprintf(stderr, "%s is served; Ctrl-C ends the server\n", shown(info->path));
    printf("%s\n", lvk_server_url(server));
    fflush(stdout); /* whoever started the program reads the address from a pipe */
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {
        {&server_argp, 0, NULL, 0}, {&device_argp, 0, NULL, 0}, {&tuner_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {options, parse_option, "MODEL", documentation, children, NULL, NULL};
    arguments a = {.server = {.port = 8080, .inherited = true}};
    lvk_device *device = NULL;
    lvk_server *server = NULL;
    parse_arguments(&parser, argc, argv, &a);
    server_hold_signals();
    int status = option_device_open(&a.device, &device);
    if (status == LVK_OK)
        option_device_tell(&a.device, device);
    if (status == LVK_OK)
        status = lvk_server_start(device, a.model, &a.server, &server);
    const int exit_status = status == LVK_OK ? EXIT_OK : report_mistake(status);
    if (status == LVK_OK) {
        tell(server);
        server_wait(&server);
    }
    lvk_device_close(&device);
    return exit_status;
}

extern const verb verb_serve;
const verb verb_serve = {"serve", "classify images in the browser, and over HTTP", run};
