/* SPDX-License-Identifier: BSD-2-Clause */
/* call_bench - what one operation costs the server: a whole call, a refreshed
 * registration, the same with a password (both trips), a MESSAGE, an OPTIONS.
 *
 *     call_bench NAME COUNT          call, register, digest, message, options, or tcp-call
 *     call_bench NAME COUNT RATE     the same among those of the last 40 s, RATE a second
 *
 * The real server stands on the virtual network between a caller and a callee,
 * a hundred users are registered, and COUNT operations begin 5 ms apart; then
 * 70 s pass, so that every timer of theirs has fired.  All of it is counted
 * (meter.h) and divided by COUNT.  One seed, one clock: two runs are the same,
 * instruction by instruction, when the environment is (tools/bench).
 *
 * With a RATE as many have ended as wait for their timers, and as many of those fire as new
 * ones are begun.  How many transactions wait, what the server accounts for by each
 * operation that waits, and nanoseconds for one are told, too: what the caches miss is no instruction. */
#include "base/error.h"
#include "meter.h"
#include "sip/digest.h"
#include "sip/framer.h"
#include "support/server_bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEADY_S = 40, WAIT_S = 32 };
enum { USERS = 100, WARM_UP = 50, SPACING = 5, DRAIN = 70000, TEXT = 4096, CALLER_PORT = 7000, CALLEE_PORT = 7001 };

struct phone {
    struct world  *world;
    struct udp    *udp; /* one of the two */
    struct stream *stream;
};

struct stage {
    struct bench   b;
    struct meter   meter;
    struct phone   caller, callee;
    struct hasher *hasher; /* the phones', if the server wants passwords; else NULL */
    bool           by_stream;
    unsigned       begun, done;
};

static const char password[] = "secret";

/* What the world is told before the server starts in it. */
static struct meter *meter_to_install;

static void install(struct world *w)
{
    meter_install(meter_to_install, w);
}

static const char allow[]       = "User-Agent: bench/1.0 (virtual)\r\n"
                                  "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, MESSAGE, UPDATE, PRACK\r\n"
                                  "Supported: replaces, timer, path\r\n";
static const char description[] = "v=0\r\no=- 20518 0 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
                                  "m=audio 54609 RTP/AVP 0 8 9 96 101\r\na=rtpmap:0 PCMU/8000\r\n"
                                  "a=rtpmap:8 PCMA/8000\r\na=rtpmap:9 G722/8000\r\na=rtpmap:96 opus/48000/2\r\n"
                                  "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n";

/* ---- what both phones do ---- */

static void say(const struct phone *p, const struct buf *text)
{
    struct address to   = address_v4(192, 0, 2, 1, 5060);
    struct slice   part = buf_slice(text);

    if (!buf_ok(text) || (p->stream != NULL ? world_stream_send(p->world, p->stream, &part, 1)
                                            : world_udp_send(p->world, p->udp, NULL, &to, &part, 1)) != 0)
        abort();
}

static void put_body(struct buf *t, const char *type, const char *body)
{
    if (body[0] != '\0')
        buf_printf(t, "Content-Type: %s\r\n", type);
    buf_printf(t, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
}

/* Start line, Via and Max-Forwards of a request of the caller's. */
static void put_request(const struct phone *p, struct buf *t, const char *method, const char *uri, const char *call_id)
{
    buf_printf(t, "%s %s SIP/2.0\r\nVia: SIP/2.0/%s 192.0.2.9:%u;branch=z9hG4bK-%s-%s;rport\r\nMax-Forwards: 70\r\n",
               method, uri, p->stream != NULL ? "TCP" : "UDP", CALLER_PORT, method, call_id);
}

static const char *parameter_of(const struct phone *p)
{
    return p->stream != NULL ? ";transport=tcp" : "";
}

static unsigned user_of(unsigned number)
{
    return number * 2654435761u % USERS;
}

/* ---- the callee ---- */

/* All header lines of this name, as they are. */
static void put_lines(struct buf *t, const char *message, const char *name)
{
    for (const char *at = message; (at = strstr(at, name)) != NULL; at++)
        buf_put(t, slice_between(at + 2, strstr(at + 2, "\r\n") + 2));
}

/* On a stream it is the Contact of the registration: the dialog has no other way to it. */
static void put_contact(const struct phone *p, struct buf *t, const char *request)
{
    const char *uri = strchr(request, ' ') + 1;

    if (p->stream != NULL)
        buf_put(t, slice_between(uri, strchr(uri, ' ')));
    else
        buf_printf(t, "sip:callee@192.0.2.9:%u", CALLEE_PORT);
}

static void answer(const struct phone *p, const char *request, const char *status, const char *body)
{
    static const char *const copied[] = { "From", "Call-ID", "CSeq" };
    char                     text[TEXT], value[TEXT];
    struct buf               t = BUF_ON(text);

    buf_printf(&t, "SIP/2.0 %s\r\n", status);
    put_lines(&t, request, "\r\nVia: ");
    put_lines(&t, request, "\r\nRecord-Route: ");
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        if (header_of(request, copied[i], value, sizeof value)[0] != '\0')
            buf_printf(&t, "%s: %s\r\n", copied[i], value);
    header_of(request, "To", value, sizeof value);
    buf_printf(&t, "To: %s%s\r\nContact: <", value, strstr(value, ";tag=") == NULL ? ";tag=callee" : "");
    put_contact(p, &t, request);
    buf_printf(&t, ">\r\n%s", allow);
    put_body(&t, "application/sdp", body);
    say(p, &t);
}

static void hear_request(struct stage *s, const char *request)
{
    if (strncmp(request, "INVITE ", 7) == 0) {
        answer(&s->callee, request, "180 Ringing", "");
        answer(&s->callee, request, "200 OK", description);
    } else if (strncmp(request, "ACK ", 4) != 0)
        answer(&s->callee, request, "200 OK", "");
}

/* ---- the caller ---- */

/* Record-Route backwards. */
static void put_routes(struct buf *t, const char *response)
{
    const char *at = strstr(response, "\r\nRecord-Route: ");

    if (at == NULL)
        return;
    put_routes(t, at + 2);
    buf_put(t, slice_between(at + sizeof "\r\nRecord-" - 1, strstr(at + 2, "\r\n") + 2));
}

/* ACK and BYE: the 2xx in hand says where to and by which way. */
static void say_in_dialog(const struct phone *p, const char *response, const char *method, unsigned cseq)
{
    char       text[TEXT], value[TEXT], uri[TEXT];
    struct buf t = BUF_ON(text);

    header_of(response, "Contact", value, sizeof value);
    snprintf(uri, sizeof uri, "%.*s", (int)(strchr(value, '>') - value - 1), value + 1);
    put_request(p, &t, method, uri, header_of(response, "Call-ID", value, sizeof value));
    buf_printf(&t, "Call-ID: %s\r\nCSeq: %u %s\r\n", value, cseq, method);
    put_routes(&t, response);
    buf_printf(&t, "From: %s\r\n", header_of(response, "From", value, sizeof value));
    buf_printf(&t, "To: %s\r\n%s", header_of(response, "To", value, sizeof value), allow);
    put_body(&t, "", "");
    say(p, &t);
}

/* The Authorization for the MD5 that is offered, as most phones do it. */
static void put_proof(struct stage *s, struct buf *t, unsigned user, const char *response)
{
    const char        *offer = strstr(response, "\r\nWWW-Authenticate: ");
    char               ha1[DIGEST_HEX], hex[DIGEST_HEX], name[32];
    struct challenge   c;
    struct credentials given;

    for (;; offer = strstr(offer + 2, "\r\nWWW-Authenticate: ")) {
        struct scan scan =
            scan_from(slice_between(offer + sizeof "\r\nWWW-Authenticate:" - 1, strstr(offer + 2, "\r\n")));

        if (!challenge_scan(&scan, &c))
            abort();
        if (c.algorithm == HASH_MD5)
            break;
    }
    snprintf(name, sizeof name, "u%07u", user);
    given = (struct credentials){ .username  = slice_from(name),
                                  .realm     = c.realm,
                                  .nonce     = c.nonce,
                                  .known     = true,
                                  .uri       = SLICE("sip:example.test"),
                                  .cnonce    = SLICE("0a4f113b"),
                                  .qop       = SLICE("auth"),
                                  .nc_text   = SLICE("00000001"),
                                  .nc        = 1,
                                  .algorithm = HASH_MD5 };
    digest_ha1(s->hasher, HASH_MD5, given.username, c.realm, slice_from(password), ha1);
    digest_response(s->hasher, &given, slice_from(ha1), SLICE("REGISTER"), SLICE(""), hex);
    buf_put(t, SLICE("Authorization: "));
    credentials_write(t, &given, slice_from(hex));
    buf_put(t, SLICE("\r\n"));
}

/* The REGISTER with this number, again if `challenge` is not NULL. */
static void say_register(struct stage *s, unsigned number, const char *challenge)
{
    const struct phone *p = s->by_stream ? &s->callee : &s->caller; /* a stream that is registered by is the way back */
    char                text[TEXT], branch[64];
    struct buf          t    = BUF_ON(text);
    unsigned            user = number % USERS;

    snprintf(branch, sizeof branch, "%u%s", number, challenge != NULL ? "-proof" : "");
    put_request(p, &t, "REGISTER", "sip:example.test", branch);
    buf_printf(&t, "From: <sip:u%07u@example.test>;tag=%u\r\nTo: <sip:u%07u@example.test>\r\n", user, number, user);
    buf_printf(&t, "Call-ID: register-%u-a84b4c76e66710@192.0.2.9\r\nCSeq: %u REGISTER\r\n", user,
               2 * number + 1 + (challenge != NULL));
    if (challenge != NULL)
        put_proof(s, &t, user, challenge);
    buf_printf(&t, "Contact: <sip:u%07u@192.0.2.9:%u%s>;expires=3600\r\n%s", user, CALLEE_PORT, parameter_of(p), allow);
    put_body(&t, "", "");
    say(p, &t);
}

/* One REGISTER at a time, so the last one is meant. */
static bool is_challenge(const struct stage *s, const char *response)
{
    return s->hasher != NULL && strncmp(response, "SIP/2.0 401 ", 12) == 0;
}

static void hear_response(struct stage *s, const char *response)
{
    char cseq[64];

    if (strncmp(response, "SIP/2.0 1", 9) == 0)
        return;
    if (is_challenge(s, response)) {
        say_register(s, s->begun - 1, response);
        return;
    }
    if (strncmp(response, "SIP/2.0 200 ", 12) != 0) {
        fprintf(stderr, "call_bench: not a 200:\n%s", response);
        exit(1);
    }
    if (strstr(header_of(response, "CSeq", cseq, sizeof cseq), " INVITE") != NULL) {
        say_in_dialog(&s->caller, response, "ACK", 1);
        say_in_dialog(&s->caller, response, "BYE", 2);
    } else
        s->done++;
}

static void hear(struct stage *s, struct slice message)
{
    char text[TEXT];

    snprintf(text, sizeof text, "%.*s", SLICE_ARG(message));
    if (strncmp(text, "SIP/2.0 ", 8) == 0)
        hear_response(s, text);
    else
        hear_request(s, text);
}

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    (void)udp;
    hear(owner, d->bytes);
}

/* Whole messages come (PIECES_WHOLE), perhaps several, and pongs. */
static void on_bytes(void *owner, struct stream *stream, struct slice bytes)
{
    struct framer      f;
    struct slice       message;
    struct parse_fault fault;

    (void)stream;
    framer_init(&f, TEXT, TEXT);
    while (framer_next(&f, &bytes, &message, &fault) == FRAMER_MESSAGE)
        hear(owner, message);
    framer_fini(&f);
}

/* A request outside of dialogs, from the caller to a registered user. */
static void ask(struct stage *s, const char *method, const char *type, const char *body)
{
    char       text[TEXT], uri[64], call_id[64];
    struct buf t    = BUF_ON(text);
    unsigned   user = user_of(s->begun);

    snprintf(uri, sizeof uri, "sip:u%07u@example.test", user);
    snprintf(call_id, sizeof call_id, "%u-3848276298220188511@192.0.2.9", s->begun);
    put_request(&s->caller, &t, method, uri, call_id);
    buf_printf(&t, "From: \"Caller\" <sip:u%07u@example.test>;tag=%u\r\nTo: <%s>\r\n", user ^ 1, s->begun, uri);
    buf_printf(&t, "Call-ID: %s\r\nCSeq: 1 %s\r\nContact: <sip:caller@192.0.2.9:%u%s>\r\n%s", call_id, method,
               CALLER_PORT, parameter_of(&s->caller), allow);
    put_body(&t, type, body);
    say(&s->caller, &t);
}

static void begin_call(struct stage *s)
{
    ask(s, "INVITE", "application/sdp", description);
}

static void begin_message(struct stage *s)
{
    ask(s, "MESSAGE", "text/plain", "hello from the bench, how are you?");
}

/* To the server itself. */
static void begin_options(struct stage *s)
{
    char       text[TEXT], call_id[64];
    struct buf t = BUF_ON(text);

    snprintf(call_id, sizeof call_id, "%u-options@192.0.2.9", s->begun);
    put_request(&s->caller, &t, "OPTIONS", "sip:example.test", call_id);
    buf_printf(&t, "From: <sip:monitor@example.test>;tag=%u\r\nTo: <sip:example.test>\r\n", s->begun);
    buf_printf(&t, "Call-ID: %s\r\nCSeq: 1 OPTIONS\r\nAccept: application/sdp\r\n", call_id);
    put_body(&t, "", "");
    say(&s->caller, &t);
}

/* The first USERS of them register, the others refresh. */
static void begin_register(struct stage *s)
{
    say_register(s, s->begun, NULL);
}

/* ---- the play ---- */

typedef void begin_fn(struct stage *s);

static const struct {
    const char *name;
    begin_fn   *begin;
} operations[] = {
    { "call", begin_call },       { "register", begin_register }, { "digest", begin_register },
    { "message", begin_message }, { "options", begin_options },   { "tcp-call", begin_call },
};

static void live(struct stage *s, msec span)
{
    struct network *n     = s->b.network;
    msec            until = network_now(n) + span;

    for (msec next = network_next(n); next <= until; next = network_next(n)) {
        meter_timers(&s->meter, next);
        network_turn(n, until);
    }
    network_run_until(n, until);
}

static void play(struct stage *s, begin_fn *begin, unsigned count)
{
    s->done = 0;
    for (unsigned i = 0; i < count; i++) {
        begin(s);
        s->begun++;
        live(s, SPACING);
    }
    live(s, DRAIN);
    if (s->done != count) {
        fprintf(stderr, "call_bench: %u of %u operations were completed\n", s->done, count);
        exit(1);
    }
}

/* COUNT of them, `rate` a second of the virtual clock, whose steps are a millisecond. */
static void play_at(struct stage *s, begin_fn *begin, unsigned count, unsigned rate)
{
    unsigned at_once = rate > 1000 ? rate / 1000 : 1;
    msec     spacing = rate > 1000 ? 1 : 1000 / rate;

    for (unsigned i = 1; i <= count; i++) {
        begin(s);
        s->begun++;
        if (i % at_once == 0)
            live(s, spacing);
    }
}

static void measure_steady(struct stage *s, begin_fn *begin, unsigned count, unsigned rate)
{
    int64_t  before = atomic_load(&s->b.memory.total.bytes), held;
    unsigned most   = s->begun + STEADY_S * rate + count;
    size_t   waiting;

    s->done        = s->begun;
    s->meter.timed = true;
    play_at(s, begin, STEADY_S * rate, rate);
    waiting = stack_alive(server_stack(s->b.server));
    held    = atomic_load(&s->b.memory.total.bytes) - before;
    meter_start(&s->meter);
    play_at(s, begin, count, rate);
    meter_stop(&s->meter);
    live(s, DRAIN);
    if (s->done != most) {
        fprintf(stderr, "call_bench: %u of %u operations were completed\n", s->done, most);
        exit(1);
    }
    printf("waiting %zu\nheld %lld\nns %llu\n", waiting, (long long)held / (WAIT_S * (long long)rate),
           s->meter.ns / count);
}

static void on_lost(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    fprintf(stderr, "call_bench: a datagram came back: %s\n", error_text(error));
    exit(1);
}

static void on_open(void *owner, struct stream *stream)
{
    (void)owner;
    (void)stream;
}

static void on_close(void *owner, struct stream *stream, int error)
{
    (void)owner;
    (void)stream;
    fprintf(stderr, "call_bench: a stream was closed: %s\n", error_text(error));
    exit(1);
}

static void open_phone(struct stage *s, struct phone *p, uint16_t port)
{
    static const struct udp_events    datagrams = { .on_datagram = on_datagram, .on_error = on_lost };
    static const struct stream_events streams   = { on_open, on_bytes, on_close };
    struct address                    local = address_v4(192, 0, 2, 9, port), server = address_v4(192, 0, 2, 1, 5060);

    p->world = s->b.at_phones;
    if ((s->by_stream ? world_connect(p->world, &server, &streams, s, &p->stream)
                      : world_udp_open(p->world, &local, &datagrams, s, &p->udp)) != 0)
        abort();
    if (p->stream != NULL) { /* who says nothing for long is hung up on */
        struct slice ping = SLICE("\r\n\r\n");

        if (world_stream_send(p->world, p->stream, &ping, 1) != 0)
            abort();
    }
}

static void close_phone(struct phone *p)
{
    if (p->stream != NULL)
        p->world->ops->stream_close(p->stream);
}

/* With a rate one source has all of it: its limits are for others. */
static const char *configuration(const struct stage *s, unsigned rate)
{
    if (s->hasher != NULL)
        return "authentication = yes\nlisten = {\"udp:192.0.2.1:5060\"}\nsource_rate = 0\nmax_peer_transactions = "
               "4000000\n";
    if (s->by_stream)
        return "listen = {\"tcp:192.0.2.1:5060\"}\n";
    return rate > 0 ? "listen = {\"udp:192.0.2.1:5060\"}\nsource_rate = 0\nmax_peer_transactions = 4000000\n"
                    : "listen = {\"udp:192.0.2.1:5060\"}\n";
}

static void add_users(struct stage *s)
{
    char name[32];

    for (unsigned i = 0; s->hasher != NULL && i < USERS; i++) {
        snprintf(name, sizeof name, "u%07u", i);
        bench_add_user(&s->b, name, password);
    }
}

static void measure(struct stage *s, begin_fn *begin, unsigned count, unsigned rate)
{
    meter_to_install = &s->meter;
    bench_open_with(&s->b, configuration(s, rate), install);
    network_set_pieces(s->b.network, PIECES_WHOLE);
    add_users(s);
    open_phone(s, &s->caller, CALLER_PORT);
    open_phone(s, &s->callee, CALLEE_PORT);
    play(s, begin_register, USERS);
    play(s, begin, WARM_UP);
    if (rate > 0)
        measure_steady(s, begin, count, rate);
    else {
        meter_start(&s->meter);
        play(s, begin, count);
        meter_stop(&s->meter);
    }
    close_phone(&s->caller);
    close_phone(&s->callee);
    bench_close(&s->b);
    printf("allocations %llu\nbytes %llu\n", s->meter.allocations / count, s->meter.bytes / count);
}

int main(int argc, char **argv)
{
    unsigned      count = argc >= 3 && argc <= 4 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    unsigned      rate  = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    struct stage *s     = calloc(1, sizeof *s);

    for (size_t i = 0; count > 0 && s != NULL && i < sizeof operations / sizeof *operations; i++)
        if (strcmp(argv[1], operations[i].name) == 0) {
            s->by_stream = strncmp(argv[1], "tcp-", 4) == 0;
            s->hasher    = strcmp(argv[1], "digest") == 0 ? hasher_new() : NULL;
            measure(s, operations[i].begin, count, rate);
            hasher_free(s->hasher);
            free(s);
            return 0;
        }
    fprintf(stderr, "usage: call_bench call|register|digest|message|options|tcp-call COUNT [RATE]\n");
    return 2;
}
