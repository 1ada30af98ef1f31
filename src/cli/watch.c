/* leukvk watch: the learning curves of a run as they grow. */
#include "options.h"
#include "server_options.h"
#include "ui/quiet.h"
#include "verb.h"

#include <stdio.h>

static const char documentation[] =
    "Shows the learning curves of a run in the browser, as they grow. RUN is a run folder, also one that a training will "
    "make, or the folder of a cross-validation or a search, whose runs are shown side by side. The address of the page "
    "is printed; Ctrl-C ends it. leukvk train --live shows a training's own curves."
    "\v"
    "Examples:\n"
    "  leukvk watch runs/RUN\n"
    "  leukvk watch runs/cv --port 0\n";

typedef struct arguments {
    lvk_server_options server;
    const char *run;
} arguments;

static error_t parse_option(int key, char *text, struct argp_state *state) {
    arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->server;
        return 0;
    case ARGP_KEY_ARG:
        if (a->run)
            argp_failure(state, EXIT_USAGE, 0, "one run at a time, not also %s", text);
        a->run = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_failure(state, EXIT_USAGE, 0, "which run? leukvk watch runs/RUN");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run(int argc, char **argv) {
    static const struct argp_child children[] = {{&server_argp, 0, NULL, 0}, {0}};
    static const struct argp parser = {NULL, parse_option, "RUN", documentation, children, NULL, NULL};
    arguments a = {.server = {.port = 8080, .inherited = true}};
    lvk_server *server = NULL;
    parse_arguments(&parser, argc, argv, &a);
    server_hold_signals();
    const int status = lvk_server_watch(a.run, &a.server, &server);
    if (status != LVK_OK)
        return report_mistake(status);
    if (!quiet_is_set())
        fprintf(stderr, "the curves are shown; Ctrl-C ends that\n");
    printf("%s\n", lvk_server_url(server));
    fflush(stdout);
    server_wait(&server);
    return EXIT_OK;
}

extern const verb verb_watch;
const verb verb_watch = {"watch", "show the learning curves of a run as they grow", run};
