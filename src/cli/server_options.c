#include "server_options.h"

#include "ui/quiet.h"

#include <signal.h>
#include <stdio.h>

enum { OPTION_PORT = 3072, OPTION_ADDRESS, OPTION_TOKEN, OPTION_CONNECTIONS, OPTION_TIMEOUT };

static const struct argp_option options[] = {
    OPTION_HEADING("Server:", GROUP_WORK),
    {"port", OPTION_PORT, "N", 0, "Port to listen at; 0: one that is free (8080)", GROUP_WORK},
    {"address", OPTION_ADDRESS, "IP", 0,
     "Address to listen at; one that other machines reach needs --token (127.0.0.1)", GROUP_WORK},
    {"token", OPTION_TOKEN, "FILE", 0,
     "Answer only requests with the header 'Authorization: Bearer TOKEN'; TOKEN is the first line of FILE",
     GROUP_WORK},
    {"connections", OPTION_CONNECTIONS, "N", 0, "Most connections at one time (256)", GROUP_WORK},
    {"timeout", OPTION_TIMEOUT, "SECONDS", 0, "Time in which a request must have come whole (30)",
     GROUP_WORK},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state) {
    lvk_server_options *o = state->input;
    switch (key) {
    case OPTION_PORT:
        o->port = (uint16_t)option_count(state, "port", text, 0, 65535);
        return 0;
    case OPTION_ADDRESS:
        o->address = text;
        return 0;
    case OPTION_TOKEN:
        o->token_file = text;
        return 0;
    case OPTION_CONNECTIONS:
        o->connections = (unsigned)option_count(state, "connections", text, 1, 10000);
        return 0;
    case OPTION_TIMEOUT:
        o->timeout = (unsigned)option_count(state, "timeout", text, 1, 3600);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp server_argp = {options, parse_option, NULL, NULL, NULL, NULL, NULL};

static void set_of_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

void server_hold_signals(void) {
    sigset_t held;
    set_of_signals(&held);
    sigprocmask(SIG_BLOCK, &held, NULL);
    signal(SIGPIPE, SIG_IGN);
}

void server_wait(lvk_server **server) {
    sigset_t held;
    int which;
    set_of_signals(&held);
    while (sigwait(&held, &which) != 0)
        ;
    if (!quiet_is_set())
        fprintf(stderr, "stopping: requests that have come are answered\n");
    lvk_server_stop(server);
}
