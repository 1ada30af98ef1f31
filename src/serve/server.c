#include "serve/server.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/options.h"
#include "serve/model_reply.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    USUAL_BODY = 64 << 20,
    USUAL_TIMEOUT = 30,
    USUAL_CONNECTIONS = 256,
    USUAL_PER_ADDRESS = 64,
    USUAL_QUEUE = 128,
    MOST_TIMEOUT = 3600,
    MOST_CONNECTIONS = 10000,
    MOST_SILENCE = 15,        /* seconds that a connection may be silent */
    CONNECTION_BYTES = 32768, /* of a request's headers, and of a piece of its body */
    MOST_TOKEN_FILE = 4096,
    LEAST_TOKEN = 16,
    MOST_STOP = 60 /* seconds that answers may take after the end was asked for */
};

/* ---- options ---- */

static lvk_status check_range(const char *name, uint64_t value, uint64_t most) {
    return value <= most ? LVK_OK
                         : lvk_fail(LVK_ERROR_ARGUMENT, "%s: at most %llu", name, (unsigned long long)most);
}

static lvk_status fill_options(const lvk_server_options *given, lvk_server_options *o) {
    LVK_TRY(LVK_OPTIONS_TAKE(lvk_server_options, o, given));
    LVK_TRY(check_range("body", o->max_body, LVK_SERVER_MOST_BODY));
    LVK_TRY(check_range("timeout", o->timeout, MOST_TIMEOUT));
    LVK_TRY(check_range("connections", o->connections, MOST_CONNECTIONS));
    LVK_TRY(check_range("queue", o->queue, MOST_CONNECTIONS));
    if (o->microns_per_pixel != 0 &&
        !(o->microns_per_pixel >= LVK_LEAST_MICRONS && o->microns_per_pixel <= LVK_MOST_MICRONS))
        return lvk_fail(LVK_ERROR_ARGUMENT, "microns per pixel: must be from %g to %g", LVK_LEAST_MICRONS,
                        LVK_MOST_MICRONS);
    o->max_body = o->max_body ? o->max_body : USUAL_BODY;
    o->timeout = o->timeout ? o->timeout : USUAL_TIMEOUT;
    o->connections = o->connections ? o->connections : USUAL_CONNECTIONS;
    o->queue = o->queue ? o->queue : USUAL_QUEUE;
    return LVK_OK;
}

static lvk_status read_token(const char *path, char **token) {
    void *data;
    size_t size;
    LVK_TRY(lvk_file_read(path, MOST_TOKEN_FILE, &data, &size));
    char *line = data; /* lvk_file_read puts a NUL behind it */
    line[strcspn(line, "\r\n")] = '\0';
    lvk_status status = LVK_OK;
    if (strlen(line) < LEAST_TOKEN)
        status = lvk_fail(LVK_ERROR_FORMAT, "%s: its first line is the token, of at least %d characters",
                          path, LEAST_TOKEN);
    for (const char *at = line; *at && status == LVK_OK; ++at)
        if (*at <= ' ' || *at > '~')
            status = lvk_fail(LVK_ERROR_FORMAT,
                              "%s: a token has letters, digits and signs of ASCII, without spaces", path);
    *token = status == LVK_OK ? line : NULL;
    if (status != LVK_OK)
        lvk_free(data);
    return status;
}

/* ---- start ---- */

static void count_timed_out(void *user) {
    lvk_counters_timed_out(&((lvk_server *)user)->counters);
}

static lvk_status start_daemon(lvk_server *s) {
    const lvk_server_options *o = &s->options;
    const unsigned silence = o->timeout < MOST_SILENCE ? o->timeout : MOST_SILENCE;
    const unsigned per_address = o->connections_per_address ? o->connections_per_address
                                 : s->listener.loopback     ? o->connections
                                                            : USUAL_PER_ADDRESS;
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, lvk_request_handle, s,
        MHD_OPTION_LISTEN_SOCKET, s->listener.socket, MHD_OPTION_CONNECTION_LIMIT, o->connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, per_address, MHD_OPTION_CONNECTION_TIMEOUT, silence,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_COMPLETED, lvk_request_complete, s, MHD_OPTION_NOTIFY_CONNECTION,
        lvk_request_connect, s, MHD_OPTION_URI_LOG_CALLBACK, lvk_request_begin, s, MHD_OPTION_END);
    return s->daemon ? LVK_OK : lvk_fail(LVK_ERROR_IO, "%s: the server cannot be started", s->listener.url);
}

static lvk_status listen_and_check(lvk_server *s) {
    const lvk_server_options *o = &s->options;
    if (o->token_file)
        LVK_TRY(read_token(o->token_file, &s->token));
    LVK_TRY(lvk_listener_open(o, &s->listener));
    if (!s->listener.loopback && !s->token)
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "%s is reached by other machines: that needs a token, which requests must bring (--token FILE)",
            s->listener.url);
    return LVK_OK;
}

static lvk_status open_model(lvk_server *s, lvk_device *device, const char *model) {
    lvk_classifier_options classifier = s->options.classifier;
    classifier.keep_going = false;
    classifier.threads = 1; /* there is nothing to decode any more */
    LVK_TRY(lvk_batches_open(device, model, &classifier, &s->batches));
    s->classifier = lvk_batches_largest(&s->batches);
    s->device = device;
    LVK_TRY(lvk_model_reply_make(s, model, &s->model));
    return lvk_worker_begin(&s->worker, s);
}

/* Exactly one of `model` and `run` is given. */
static lvk_status start(lvk_device *device, const char *model, const char *run,
                        const lvk_server_options *options, lvk_server **server) {
    lvk_server_options filled;
    *server = NULL;
    LVK_TRY(fill_options(options, &filled));
    lvk_server *s = lvk_alloc(1, sizeof *s);
    if (!s)
        return LVK_ERROR_MEMORY;
    s->options = filled;
    s->listener.socket = -1;
    s->routes = model ? lvk_classify_routes : lvk_watch_routes;
    lvk_counters_begin(&s->counters);
    lvk_status status = lvk_connections_begin(&s->connections, filled.timeout, count_timed_out, s);
    if (status == LVK_OK)
        status = listen_and_check(s);
    if (status == LVK_OK && model)
        status = open_model(s, device, model);
    if (status == LVK_OK && run && !(s->run = lvk_strdup(run)))
        status = LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = start_daemon(s);
    s->options.token_file = s->options.address = NULL; /* the caller's */
    if (status != LVK_OK)
        lvk_server_stop(&s);
    *server = s;
    return status;
}

lvk_status lvk_server_start(lvk_device *device, const char *model, const lvk_server_options *options,
                            lvk_server **server) {
    return start(device, model, NULL, options, server);
}

lvk_status lvk_server_watch(const char *run, const lvk_server_options *options, lvk_server **server) {
    *server = NULL;
    if (!lvk_path_is_folder(run) && access(run, F_OK) == 0) /* what is not there yet may come */
        return lvk_fail(LVK_ERROR_IO, "%s: is no folder", run);
    return start(NULL, NULL, run, options, server);
}

const char *lvk_server_url(const lvk_server *server) {
    return server->listener.url;
}

const lvk_classifier_info *lvk_server_classifier_info(const lvk_server *server) {
    return server->classifier ? lvk_classifier_get_info(server->classifier) : NULL;
}

/* ---- stop ---- */

/* Waits until what has come whole is answered. */
static void wait_for_answers(lvk_server *s) {
    const double begin = lvk_clock_now();
    while (atomic_load(&s->answering) && lvk_clock_now() - begin < MOST_STOP)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

void lvk_server_stop(lvk_server **server) {
    lvk_server *s = *server;
    if (!s)
        return;
    if (s->daemon) {
        (void)MHD_quiesce_daemon(s->daemon); /* no more connections; the socket is ours again */
        atomic_store(&s->stopping, true);
        wait_for_answers(s);
    }
    lvk_worker_finish(&s->worker);
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    if (s->listener.socket >= 0)
        close(s->listener.socket);
    lvk_connections_finish(&s->connections);
    lvk_counters_finish(&s->counters);
    lvk_explainer_destroy(&s->explainer);
    lvk_batches_close(&s->batches);
    lvk_free(s->model);
    lvk_free(s->run);
    lvk_free(s->token);
    lvk_free(s);
    *server = NULL;
}
