/* What the verbs that serve have in common. */
#ifndef LEUKVK_CLI_SERVER_OPTIONS_H
#define LEUKVK_CLI_SERVER_OPTIONS_H

#include "options.h"

/* --port, --address and the like as an argp child; its input is an lvk_server_options. */
extern const struct argp server_argp;

/* Keeps SIGINT and SIGTERM back, for server_wait. To be called before any thread is started. */
void server_hold_signals(void);

/* Waits for one of them, and stops the server: what has come is answered. */
void server_wait(lvk_server **server);

#endif
