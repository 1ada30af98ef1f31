#include "serve/listen.h"

#include "core/error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_INHERITED = 3, BACKLOG = 128, MOST_HOST = 64 };

typedef union any_address {
    struct sockaddr plain;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage any;
} any_address;

/* The socket of systemd's socket activation: sd_listen_fds(3); -1: there is none. */
static int find_inherited(void) {
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    if (!pid || !count || strtol(pid, NULL, 10) != (long)getpid() || strtol(count, NULL, 10) < 1)
        return -1;
    (void)fcntl(FIRST_INHERITED, F_SETFD, FD_CLOEXEC);
    return FIRST_INHERITED;
}

static socklen_t parse(const char *text, uint16_t port, any_address *address) {
    memset(address, 0, sizeof *address);
    if (!text || strcmp(text, "localhost") == 0)
        text = "127.0.0.1";
    if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(port);
        return sizeof address->v4;
    }
    if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(port);
        return sizeof address->v6;
    }
    return 0;
}

static bool is_loopback(const any_address *address) {
    return address->plain.sa_family == AF_INET ? ntohl(address->v4.sin_addr.s_addr) >> 24 == 127
                                               : IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

static lvk_status fail_errno(const char *what) {
    return lvk_fail(LVK_ERROR_IO, "%s: %s", what, strerror(errno));
}

/* Learns the address and the port of the socket, of which the system may have chosen the port. */
static lvk_status describe(lvk_listener *listener) {
    any_address address;
    char host[INET6_ADDRSTRLEN];
    socklen_t size = sizeof address;
    if (getsockname(listener->socket, &address.plain, &size) != 0)
        return fail_errno("the listening socket");
    const int family = address.plain.sa_family;
    if (family != AF_INET && family != AF_INET6)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "the listening socket is neither of IPv4 nor of IPv6: ListenStream= must be an "
                        "address and a port");
    const void *own =
        family == AF_INET ? (const void *)&address.v4.sin_addr : (const void *)&address.v6.sin6_addr;
    const unsigned port = ntohs(family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
    if (!inet_ntop(family, own, host, sizeof host))
        return fail_errno("the listening socket");
    listener->loopback = is_loopback(&address);
    snprintf(listener->url, sizeof listener->url, family == AF_INET ? "http://%s:%u/" : "http://[%s]:%u/",
             host, port);
    return LVK_OK;
}

static lvk_status open_new(const lvk_server_options *o, lvk_listener *listener) {
    any_address address;
    char name[LVK_URL_SIZE];
    const int yes = 1;
    const socklen_t size = parse(o->address, o->port, &address);
    if (!size)
        return lvk_fail(LVK_ERROR_ARGUMENT, "address '%s': is no IPv4 or IPv6 address", o->address);
    snprintf(name, sizeof name, "address %s, port %u", o->address ? o->address : "127.0.0.1",
             (unsigned)o->port);
    listener->socket = socket(address.plain.sa_family, SOCK_STREAM, 0);
    if (listener->socket < 0)
        return fail_errno(name);
    (void)fcntl(listener->socket, F_SETFD, FD_CLOEXEC);
    (void)setsockopt(listener->socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener->socket, &address.plain, size) != 0 || listen(listener->socket, BACKLOG) != 0) {
        const lvk_status status = fail_errno(name);
        close(listener->socket);
        listener->socket = -1;
        return status;
    }
    return LVK_OK;
}

lvk_status lvk_listener_open(const lvk_server_options *options, lvk_listener *listener) {
    *listener = (lvk_listener){.socket = options->inherited ? find_inherited() : -1};
    listener->inherited = listener->socket >= 0;
    if (!listener->inherited)
        LVK_TRY(open_new(options, listener));
    const lvk_status status = describe(listener);
    if (status == LVK_OK)
        return LVK_OK;
    close(listener->socket);
    listener->socket = -1;
    return status;
}

bool lvk_host_is_loopback(const char *host) {
    char name[MOST_HOST];
    const char *end = *host == '[' ? strchr(host, ']') : strchr(host, ':');
    const size_t length = end ? (size_t)(end - host) + (*host == '[') : strlen(host);
    any_address address;
    if (length == 0 || length >= sizeof name)
        return false;
    memcpy(name, host, length);
    name[length] = '\0';
    if (strcasecmp(name, "localhost") == 0)
        return true;
    if (*name == '[') {
        name[length - 1] = '\0';
        return parse(name + 1, 0, &address) && address.plain.sa_family == AF_INET6 && is_loopback(&address);
    }
    return parse(name, 0, &address) && address.plain.sa_family == AF_INET && is_loopback(&address);
}
