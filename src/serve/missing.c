/* In place of the server where leukvk is built without libmicrohttpd. */
#include "core/error.h"
#include "leukvk/serve.h"

static lvk_status fail(lvk_server **server) {
    *server = NULL;
    return lvk_fail(LVK_ERROR_UNSUPPORTED,
                    "this leukvk was built without libmicrohttpd, which the server needs (Debian: "
                    "libmicrohttpd-dev)");
}

lvk_status lvk_server_start(lvk_device *device, const char *model, const lvk_server_options *options,
                            lvk_server **server) {
    (void)device;
    (void)model;
    (void)options;
    return fail(server);
}

lvk_status lvk_server_watch(const char *run, const lvk_server_options *options, lvk_server **server) {
    (void)run;
    (void)options;
    return fail(server);
}

const char *lvk_server_url(const lvk_server *server) {
    (void)server;
    return "";
}

const lvk_classifier_info *lvk_server_classifier_info(const lvk_server *server) {
    (void)server;
    return NULL;
}

void lvk_server_stop(lvk_server **server) {
    *server = NULL;
}
