/* SPDX-License-Identifier: BSD-2-Clause */
/* stream_load - calls over TCP through a proxy: caller and callee in one thread.
 *
 *     stream_load PORT CALLEE-PORT CONNECTIONS WINDOW WARM-UP CALLS [register]
 *
 * CONNECTIONS go to the server on 127.0.0.1:PORT and call u0 ... u99 in turn, WINDOW calls at a
 * time; the callee waits on CALLEE-PORT, where all users are registered first if told so.  A call is
 * INVITE, 180, 200, ACK, BYE, 200.  After WARM-UP calls it says "warm" and waits for a line,
 * then makes CALLS more and says in JSON how that went.  Times are from INVITE to 180, in
 * microseconds.  It spins: nobody pays for waking it.  Whatever is not as it should be ends it. */
#include "base/buf.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { USERS = 100, SLOTS = 1024, CONNECTIONS = 2048, CALLEE = CONNECTIONS, EVENTS = 64, TEXT = 4096, PATIENCE = 20 };

static const char common[] = "User-Agent: bench/1.0 (stream)\r\n"
                             "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, MESSAGE, UPDATE, PRACK\r\n"
                             "Supported: replaces, timer, path\r\n";
static const char description[] =
    "Content-Type: application/sdp\r\nContent-Length: 271\r\n\r\n"
    "v=0\r\no=- 20518 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 54609 RTP/AVP 0 8 9 96 101\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:9 G722/8000\r\na=rtpmap:96 opus/48000/2\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";
static const char nothing[] = "Content-Length: 0\r\n\r\n";

struct slot {
    unsigned number; /* of the call, 0: none */
    unsigned user;
    uint64_t began; /* ns */
};

struct load {
    int          epoll, listener;
    uint16_t     port, callee_port;
    unsigned     connections, window;
    struct wire *callers[CONNECTIONS];
    struct slot  slots[SLOTS];
    unsigned     begun, done, until;
    uint64_t     heard; /* ns, the last that came */
    uint64_t    *times; /* from INVITE to 180, ns, of each call since the warm-up */
    unsigned     timed, time_cap;
    unsigned     tags;
};

static uint64_t clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

_Noreturn static void wrong(const char *what, struct slice text)
{
    fprintf(stderr, "stream_load: %s\n%.*s", what, SLICE_ARG(text));
    exit(1);
}

static void say(struct wire *w, struct buf *text)
{
    if (!buf_ok(text))
        wrong("a message that is too long", buf_slice(text));
    wire_put(w, buf_slice(text));
    wire_flush(w);
}

/* The line of a header field with its CRLF, from `*at` on, which moves behind it. */
static bool next_header(struct slice message, struct slice name, const char **at, struct slice *line)
{
    const char *end = message.ptr + message.len;

    while (*at < end && **at != '\r') {
        const char *stop = (const char *)memchr(*at, '\n', (size_t)(end - *at)) + 1;

        *line = slice_between(*at, stop);
        *at   = stop;
        if (line->len > name.len && line->ptr[name.len] == ':' && memcmp(line->ptr, name.ptr, name.len) == 0)
            return true;
    }
    return false;
}

static struct slice header(struct slice message, struct slice name)
{
    const char  *at = message.ptr;
    struct slice line;

    if (!next_header(message, name, &at, &line))
        wrong("a header is missing", message);
    return line;
}

/* ---- the caller ---- */

static void put_head(struct load *l, struct buf *t, const char *method, struct slice uri, unsigned slot)
{
    buf_put(t, slice_from(method));
    buf_put(t, SLICE(" "));
    buf_put(t, uri);
    buf_put(t, SLICE(" SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:7;branch=z9hG4bK-"));
    buf_put_number(t, slot);
    buf_put(t, SLICE("-"));
    buf_put_number(t, l->slots[slot].number);
    buf_put(t, SLICE("-"));
    buf_put(t, slice_from(method));
    buf_put(t, SLICE(";rport\r\nMax-Forwards: 70\r\n"));
}

static struct wire *caller_of(struct load *l, unsigned slot)
{
    return l->callers[l->slots[slot].number % l->connections];
}

static void invite(struct load *l, unsigned slot)
{
    struct slot *s = &l->slots[slot];
    char         text[TEXT], uri[64];
    struct buf   t = BUF_ON(text);

    s->number = ++l->begun;
    s->user   = s->number * 2654435761u % USERS;
    snprintf(uri, sizeof uri, "sip:u%u@127.0.0.1", s->user);
    put_head(l, &t, "INVITE", slice_from(uri), slot);
    buf_printf(&t, "From: \"Caller\" <sip:u%u@127.0.0.1>;tag=%u\r\nTo: <%s>\r\n", s->user ^ 1, s->number, uri);
    buf_printf(&t, "Call-ID: %u-%u-3848276298220188511@127.0.0.1\r\nCSeq: 1 INVITE\r\n", s->number, (unsigned)getpid());
    buf_printf(&t, "Contact: <sip:u%u@127.0.0.1:7;transport=tcp>\r\n", s->user ^ 1);
    buf_put(&t, slice_from(common));
    buf_put(&t, slice_from(description));
    s->began = clock_ns();
    say(caller_of(l, slot), &t);
}

static void begin(struct load *l, unsigned slot)
{
    if (l->begun < l->until)
        invite(l, slot);
    else
        l->slots[slot].number = 0;
}

/* Record-Route backwards. */
static void put_routes(struct buf *t, struct slice response)
{
    struct slice lines[8];
    const char  *at    = response.ptr;
    unsigned     count = 0;

    while (count < 8 && next_header(response, SLICE("Record-Route"), &at, &lines[count]))
        count++;
    for (; count > 0; count--)
        buf_put(t, slice_between(lines[count - 1].ptr + 7, lines[count - 1].ptr + lines[count - 1].len));
}

static void say_in_dialog(struct load *l, unsigned slot, struct slice response, const char *method)
{
    struct slice contact = header(response, SLICE("Contact"));
    const char  *from = memchr(contact.ptr, '<', contact.len), *to = memchr(contact.ptr, '>', contact.len);
    char         text[TEXT];
    struct buf   t = BUF_ON(text);

    if (from == NULL || to == NULL)
        wrong("no URI in Contact", response);
    put_head(l, &t, method, slice_between(from + 1, to), slot);
    put_routes(&t, response);
    buf_put(&t, header(response, SLICE("From")));
    buf_put(&t, header(response, SLICE("To")));
    buf_put(&t, header(response, SLICE("Call-ID")));
    buf_put(&t, method[0] == 'A' ? SLICE("CSeq: 1 ACK\r\n") : SLICE("CSeq: 2 BYE\r\n"));
    buf_put(&t, slice_from(common));
    buf_put(&t, slice_from(nothing));
    say(caller_of(l, slot), &t);
}

static void note_time(struct load *l, const struct slot *s)
{
    if (l->timed < l->time_cap)
        l->times[l->timed++] = clock_ns() - s->began;
}

/* What the branch of the first Via says. */
static char slot_of(struct load *l, struct slice response, unsigned *slot)
{
    const char *at = memmem(response.ptr, response.len, "z9hG4bK-", 8);
    char       *end;

    if (at == NULL)
        wrong("no branch of ours", response);
    *slot = (unsigned)strtoul(at + 8, &end, 10);
    if (*slot >= l->window || strtoul(end + 1, &end, 10) != l->slots[*slot].number)
        wrong("an answer to something else", response);
    return end[1];
}

static void on_response(struct load *l, struct slice response)
{
    unsigned slot;
    char     method;

    if (response.len < 12 || memcmp(response.ptr, "SIP/2.0 ", 8) != 0)
        wrong("no response", response);
    if (memcmp(response.ptr + 8, "100", 3) == 0)
        return;
    method = slot_of(l, response, &slot);
    if (response.ptr[8] == '1')
        note_time(l, &l->slots[slot]);
    else if (response.ptr[8] != '2')
        wrong("refused", response);
    else if (method == 'I') {
        say_in_dialog(l, slot, response, "ACK");
        say_in_dialog(l, slot, response, "BYE");
    } else {
        l->done++;
        if (method == 'B')
            begin(l, slot);
    }
}

/* ---- the callee ---- */

/* Who is registered, as the INVITE says; the floor leaves the user's URI as it is. */
static void put_contact(const struct load *l, struct buf *t, struct slice request)
{
    const char *user = (const char *)memchr(request.ptr, ' ', request.len) + 1;

    buf_put(t, slice_between(user, memchr(user, '@', (size_t)(request.ptr + request.len - user))));
    buf_put(t, SLICE("@127.0.0.1:"));
    buf_put_number(t, l->callee_port);
    buf_put(t, SLICE(";transport=tcp"));
}

static void answer(struct load *l, struct wire *w, struct slice request, const char *status, const char *body)
{
    static const char *const copied[] = { "Via", "Record-Route", "From", "Call-ID", "CSeq" };
    struct slice             line, to = header(request, SLICE("To"));
    char                     text[TEXT];
    struct buf               t = BUF_ON(text);

    buf_put(&t, slice_from(status));
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        for (const char *at = request.ptr; next_header(request, slice_from(copied[i]), &at, &line);)
            buf_put(&t, line);
    buf_put(&t, (struct slice){ to.ptr, to.len - 2 });
    if (memmem(to.ptr, to.len, ";tag=", 5) == NULL)
        buf_put(&t, SLICE(";tag=callee"));
    buf_put(&t, SLICE("\r\nContact: <"));
    put_contact(l, &t, request);
    buf_put(&t, SLICE(">\r\n"));
    buf_put(&t, slice_from(common));
    buf_put(&t, slice_from(body));
    if (!buf_ok(&t))
        wrong("an answer that is too long", request);
    wire_put(w, buf_slice(&t));
}

static void on_request(struct load *l, struct wire *w, struct slice request)
{
    if (*request.ptr == 'I') {
        answer(l, w, request, "SIP/2.0 180 Ringing\r\n", nothing);
        answer(l, w, request, "SIP/2.0 200 OK\r\n", description);
    } else if (*request.ptr != 'A')
        answer(l, w, request, "SIP/2.0 200 OK\r\n", nothing);
}

/* ---- the loop ---- */

static void accept_all(struct load *l)
{
    int fd;

    while ((fd = wire_accept(l->listener)) >= 0)
        wire_watch(l->epoll, fd, wire_new(fd, CALLEE));
}

static void on_readable(struct load *l, struct wire *w)
{
    struct slice message;

    if (!wire_read(w))
        wrong("a connection was closed", SLICE(""));
    l->heard = clock_ns();
    while (wire_next(w, &message))
        if (w->number == CALLEE && memcmp(message.ptr, "SIP/2.0 ", 8) != 0)
            on_request(l, w, message);
        else
            on_response(l, message);
    wire_flush(w);
}

static void turn(struct load *l)
{
    struct epoll_event events[EVENTS];
    int                count = epoll_wait(l->epoll, events, EVENTS, 0);

    for (int i = 0; i < count; i++)
        if (events[i].data.ptr == l)
            accept_all(l);
        else
            on_readable(l, events[i].data.ptr);
    if (count == 0 && clock_ns() - l->heard > PATIENCE * 1000000000ull)
        wrong("nothing comes any more", SLICE(""));
}

static void run(struct load *l, unsigned window, unsigned calls)
{
    l->until = l->begun + calls;
    l->done  = 0;
    l->heard = clock_ns();
    for (unsigned i = 0; i < window; i++)
        begin(l, i);
    while (l->done < calls)
        turn(l);
}

/* By a connection of the callee's: some servers take that for the way to it, others make one. */
static void register_users(struct load *l)
{
    struct wire *w = wire_new(wire_connect(l->port), CALLEE);

    wire_watch(l->epoll, w->fd, w);
    for (unsigned user = 0; user < USERS; user++) {
        char       text[TEXT];
        struct buf t = BUF_ON(text);

        put_head(l, &t, "REGISTER", SLICE("sip:127.0.0.1"), 0);
        buf_printf(&t, "From: <sip:u%u@127.0.0.1>;tag=r\r\nTo: <sip:u%u@127.0.0.1>\r\nCall-ID: r%u-%u@127.0.0.1\r\n",
                   user, user, user, (unsigned)getpid());
        buf_printf(&t, "CSeq: %u REGISTER\r\nContact: <sip:u%u@127.0.0.1:%u;transport=tcp>;expires=3600\r\n",
                   (unsigned)time(NULL), user, l->callee_port);
        buf_put(&t, slice_from(nothing));
        say(w, &t);
        while (l->done <= user)
            turn(l);
    }
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void measure(struct load *l, unsigned calls)
{
    char     line[8];
    uint64_t began, took;

    puts("warm");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL)
        exit(1);
    l->times    = calloc(calls, sizeof *l->times);
    l->time_cap = l->times != NULL ? calls : 0;
    began       = clock_ns();
    run(l, l->window, calls);
    took = clock_ns() - began;
    qsort(l->times, l->timed, sizeof *l->times, by_size);
    if (l->timed == 0)
        wrong("nobody has rung", SLICE(""));
    printf("{\"operations\": %u, \"seconds\": %.3f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", calls, (double)took / 1e9,
           (double)l->times[l->timed / 2] / 1e3, (double)l->times[l->timed * 99ull / 100] / 1e3);
}

static void open_all(struct load *l)
{
    l->epoll    = epoll_create1(EPOLL_CLOEXEC);
    l->listener = wire_listen(l->callee_port);
    wire_watch(l->epoll, l->listener, l);
    for (unsigned i = 0; i < l->connections; i++) {
        l->callers[i] = wire_new(wire_connect(l->port), i);
        wire_watch(l->epoll, l->callers[i]->fd, l->callers[i]);
    }
}

int main(int argc, char **argv)
{
    static struct load l;
    unsigned           number[7] = { 0 };

    for (int i = 1; i < argc && i < 7; i++)
        number[i] = (unsigned)strtoul(argv[i], NULL, 10);
    if (argc < 7 || number[3] == 0 || number[3] > CONNECTIONS || number[4] == 0 || number[4] > SLOTS) {
        fprintf(stderr, "usage: stream_load PORT CALLEE-PORT CONNECTIONS WINDOW WARM-UP CALLS [register]\n");
        return 2;
    }
    l.port        = (uint16_t)number[1];
    l.callee_port = (uint16_t)number[2];
    l.connections = number[3];
    l.window      = number[4];
    open_all(&l);
    l.heard = clock_ns();
    if (argc > 7)
        register_users(&l);
    run(&l, 1, 1); /* has the server connect to the callee */
    run(&l, l.window, number[5]);
    measure(&l, number[6]);
    return 0;
}
