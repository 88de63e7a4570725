/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_load - TLS connections to 127.0.0.1, one after the other in so many places.
 *
 *     tls_load PORT PLACES WARM-UP COUNT full|resumed
 *
 * Each connects, shakes hands, asks OPTIONS, reads the answer and closes.  After WARM-UP of them
 * it says "warm" and waits for a line, then makes COUNT more and says in JSON how that went.
 * "resumed" offers what a connection of the warm-up was given, each but once, so that be as long;
 * whether all was taken up is looked at, as is that a full handshake was one.  It does not
 * look at certificates: what it costs is not the question.  It spins. */
#include "wire.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { PLACES = 256, EVENTS = 64, SESSIONS = 8192, TEXT = 8192, PATIENCE = 20 };

struct place {
    SSL *ssl;
    int  fd;
    bool asked;
};

struct load {
    SSL_CTX     *ctx;
    int          epoll;
    uint16_t     port;
    bool         resumes, checks;
    struct place places[PLACES];
    unsigned     begun, done, until, reused;
    SSL_SESSION *sessions[SESSIONS];
    unsigned     session_count;
    uint64_t     heard; /* ns */
};

static uint64_t clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static _Noreturn void wrong(const char *what)
{
    fprintf(stderr, "tls_load: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

/* Returns 1 if it has taken the session. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
    struct load *l = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    if (!l->resumes || l->session_count == SESSIONS)
        return 0;
    l->sessions[l->session_count++] = session;
    return 1;
}

static void ask(struct load *l, struct place *p)
{
    char text[TEXT];
    int  len =
        snprintf(text, sizeof text,
                 "OPTIONS sip:a.test SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:7;branch=z9hG4bKi%u\r\nMax-Forwards: 70\r\n"
                 "From: <sip:x@a.test>;tag=1\r\nTo: <sip:a.test>\r\nCall-ID: %u-%u\r\nCSeq: 1 OPTIONS\r\n"
                 "Content-Length: 0\r\n\r\n",
                 l->begun, l->begun, (unsigned)getpid());

    if (SSL_write(p->ssl, text, len) != len)
        wrong("SSL_write");
    p->asked = true;
}

static void shake_hands(struct load *l, struct place *p)
{
    int result = SSL_do_handshake(p->ssl);

    if (result == 1)
        ask(l, p);
    else if (SSL_get_error(p->ssl, result) != SSL_ERROR_WANT_READ)
        wrong("handshake");
}

static void begin(struct load *l, struct place *p)
{
    SSL_SESSION *session;

    if (l->begun == l->until)
        return;
    l->begun++;
    session = l->checks && l->session_count > 0 ? l->sessions[--l->session_count] : NULL;
    *p      = (struct place){ .ssl = SSL_new(l->ctx), .fd = wire_connect(l->port) };
    if (p->ssl == NULL || SSL_set_fd(p->ssl, p->fd) != 1)
        wrong("SSL_new");
    if (session != NULL && SSL_set_session(p->ssl, session) != 1)
        wrong("SSL_set_session");
    SSL_SESSION_free(session);
    SSL_set_connect_state(p->ssl);
    shake_hands(l, p);
    wire_watch(l->epoll, p->fd, p);
}

static void finish(struct load *l, struct place *p)
{
    bool reused = SSL_session_reused(p->ssl) == 1;

    if (l->checks && reused != l->resumes)
        wrong(reused ? "a session that was taken up" : "a session that was not taken up");
    l->reused += reused;
    l->done++;
    (void)SSL_shutdown(p->ssl);
    SSL_free(p->ssl);
    close(p->fd);
    begin(l, p);
}

static void on_readable(struct load *l, struct place *p)
{
    char text[TEXT];
    int  got;

    l->heard = clock_ns();
    if (!p->asked)
        shake_hands(l, p);
    if (!p->asked)
        return;
    got = SSL_read(p->ssl, text, sizeof text);
    if (got > 0 && memcmp(text, "SIP/2.0 200", 11) == 0)
        finish(l, p);
    else if (got > 0 || SSL_get_error(p->ssl, got) != SSL_ERROR_WANT_READ)
        wrong("no answer");
}

static void run(struct load *l, unsigned places, unsigned count)
{
    struct epoll_event events[EVENTS];

    l->until = l->begun + count;
    l->done  = 0;
    l->heard = clock_ns();
    for (unsigned i = 0; i < places; i++)
        begin(l, &l->places[i]);
    while (l->done < count) {
        int ready = epoll_wait(l->epoll, events, EVENTS, 0);

        for (int i = 0; i < ready; i++)
            on_readable(l, events[i].data.ptr);
        if (ready == 0 && clock_ns() - l->heard > PATIENCE * 1000000000ull)
            wrong("nothing comes any more");
    }
}

static void measure(struct load *l, unsigned places, unsigned count)
{
    char     line[8];
    uint64_t began;

    puts("warm");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL)
        exit(1);
    l->checks = true;
    l->reused = 0;
    began     = clock_ns();
    run(l, places, count);
    printf("{\"operations\": %u, \"seconds\": %.3f, \"resumed\": %u}\n", count, (double)(clock_ns() - began) / 1e9,
           l->reused);
}

int main(int argc, char **argv)
{
    static struct load l;
    unsigned           places = argc == 6 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

    if (places == 0 || places > PLACES) {
        fprintf(stderr, "usage: tls_load PORT PLACES WARM-UP COUNT full|resumed\n");
        return 2;
    }
    l.port    = (uint16_t)strtoul(argv[1], NULL, 10);
    l.resumes = strcmp(argv[5], "resumed") == 0;
    l.epoll   = epoll_create1(EPOLL_CLOEXEC);
    l.ctx     = SSL_CTX_new(TLS_client_method());
    if (l.ctx == NULL)
        wrong("SSL_CTX_new");
    SSL_CTX_set_app_data(l.ctx, &l);
    SSL_CTX_set_session_cache_mode(l.ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(l.ctx, on_session);
    run(&l, places, (unsigned)strtoul(argv[3], NULL, 10));
    measure(&l, places, (unsigned)strtoul(argv[4], NULL, 10));
    return 0;
}
