/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_floor - what a TLS connection costs when OpenSSL does it and nothing else.
 *
 *     tls_floor PORT CHAIN.PEM KEY.PEM
 *
 * One thread, one epoll, sockets given to OpenSSL as they are: accept, handshake, one message of
 * SIP read and answered, close.  TLS 1.3, the groups and the number of tickets that the server
 * has; tickets are OpenSSL's own.  What the server takes above this is ours (bench/streams.py). */
#include "wire.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS = 64, TEXT = 4096 };

struct peer {
    SSL *ssl;
    int  fd;
    bool shaken;
};

static const char answer[] = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";

static _Noreturn void tls_die(const char *what)
{
    fprintf(stderr, "tls_floor: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static SSL_CTX *make_context(const char *chain, const char *key)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (ctx == NULL || SSL_CTX_use_certificate_chain_file(ctx, chain) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        tls_die("certificate");
    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384");
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"floor", 5);
    SSL_CTX_set_num_tickets(ctx, 1);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    return ctx;
}

static void accept_all(int epoll, int listener, SSL_CTX *ctx)
{
    int fd;

    while ((fd = wire_accept(listener)) >= 0) {
        struct peer *p = calloc(1, sizeof *p);

        if (p == NULL)
            wire_die("calloc");
        p->fd  = fd;
        p->ssl = SSL_new(ctx);
        if (p->ssl == NULL || SSL_set_fd(p->ssl, fd) != 1)
            tls_die("SSL_new");
        SSL_set_accept_state(p->ssl);
        wire_watch(epoll, fd, p);
    }
}

/* False: it is over. */
static bool serve(struct peer *p)
{
    char text[TEXT];
    int  got;

    if (!p->shaken) {
        got = SSL_do_handshake(p->ssl);
        if (got != 1)
            return SSL_get_error(p->ssl, got) == SSL_ERROR_WANT_READ;
        p->shaken = true;
    }
    while ((got = SSL_read(p->ssl, text, sizeof text)) > 0)
        if (SSL_write(p->ssl, answer, sizeof answer - 1) <= 0)
            return false;
    if (SSL_get_error(p->ssl, got) == SSL_ERROR_WANT_READ)
        return true;
    (void)SSL_shutdown(p->ssl);
    return false;
}

static void end(struct peer *p)
{
    SSL_free(p->ssl);
    ERR_clear_error();
    close(p->fd);
    free(p);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    int                epoll = epoll_create1(EPOLL_CLOEXEC), listener;
    SSL_CTX           *ctx;

    if (argc != 4) {
        fprintf(stderr, "usage: tls_floor PORT CHAIN.PEM KEY.PEM\n");
        return 2;
    }
    ctx      = make_context(argv[2], argv[3]);
    listener = wire_listen((uint16_t)strtoul(argv[1], NULL, 10));
    wire_watch(epoll, listener, ctx);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);

        for (int i = 0; i < count; i++)
            if (events[i].data.ptr == ctx)
                accept_all(epoll, listener, ctx);
            else if (!serve(events[i].data.ptr))
                end(events[i].data.ptr);
    }
}
