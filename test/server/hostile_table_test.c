/* SPDX-License-Identifier: BSD-2-Clause */
/* Each message of test/hostile gets the answer that is right, and nothing else comes of it: by UDP, by
 * TCP, and by TCP byte by byte.  Each case has a server of its own. */
#include "support/hostile_table.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

enum { ALICE = 7000, BOB = 7001, TEXT = 262144, KEPT = 64, ANSWERED = 100 /* ms */, MANY = 100 };

static struct bench b;

/* ---- somebody with a socket, who keeps what he hears ---- */

struct party {
    struct world  *world;
    struct udp    *udp;
    struct stream *stream;
    bool           by_stream, closed;
    struct buf     heard; /* all of it, one behind the other */
    struct slice   messages[KEPT];
    unsigned       count, taken;
    char           memory[TEXT];
};

static struct party alice, bob;

static bool is_heard(const struct party *p, struct slice text)
{
    for (unsigned i = 0; i < p->count; i++)
        if (slice_eq(p->messages[i], text))
            return true;
    return false;
}

static bool contains(struct slice text, struct slice part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (memcmp(text.ptr + i, part.ptr, part.len) == 0)
            return true;
    return false;
}

/* What is about an INVITE is repeated; that counts once. */
static void keep(struct party *p, struct slice text)
{
    if (contains(text, SLICE(" INVITE\r\n")) && is_heard(p, text))
        return;
    assert_true(p->count < KEPT);
    p->messages[p->count++] = text;
}

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct party *p     = owner;
    size_t        start = p->heard.len;

    (void)udp;
    buf_put(&p->heard, d->bytes);
    assert_true(buf_ok(&p->heard));
    keep(p, (struct slice){ p->heard.ptr + start, d->bytes.len });
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

static void on_open(void *owner, struct stream *s)
{
    (void)owner;
    (void)s;
}

static void on_bytes(void *owner, struct stream *s, struct slice bytes)
{
    struct party *p = owner;

    (void)s;
    buf_put(&p->heard, bytes);
    assert_true(buf_ok(&p->heard));
}

static void on_close(void *owner, struct stream *s, int error)
{
    struct party *p = owner;

    (void)s;
    (void)error;
    p->stream = NULL;
    p->closed = true;
}

static void party_open(struct party *p, uint16_t port, bool by_stream)
{
    static const struct udp_events    udp_events    = { .on_datagram = on_datagram, .on_error = on_error };
    static const struct stream_events stream_events = { on_open, on_bytes, on_close };
    struct address                    local = address_v4(192, 0, 2, 9, port), to = address_v4(192, 0, 2, 1, 5060);

    p->world     = b.at_phones;
    p->udp       = NULL;
    p->stream    = NULL;
    p->by_stream = by_stream;
    p->closed    = false;
    p->count = p->taken = 0;
    p->heard            = BUF_ON(p->memory);
    if (by_stream)
        assert_int_equal(0, world_connect(p->world, &to, &stream_events, p, &p->stream));
    else
        assert_int_equal(0, world_udp_open(p->world, &local, &udp_events, p, &p->udp));
}

static void party_close(struct party *p)
{
    if (p->udp != NULL)
        p->world->ops->udp_close(p->udp);
    if (p->stream != NULL)
        p->world->ops->stream_close(p->stream);
}

static void party_say(struct party *p, struct slice text)
{
    struct address to = address_v4(192, 0, 2, 1, 5060);

    if (p->udp != NULL)
        assert_int_equal(0, world_udp_send(p->world, p->udp, NULL, &to, &text, 1));
    else if (p->stream != NULL)
        assert_int_equal(0, world_stream_send(p->world, p->stream, &text, 1));
}

/* The bytes of a stream as messages; the server's have Content-Length, and an answer to a
 * keep-alive is no message. */
static void split(struct party *p)
{
    struct scan s = scan_from(buf_slice(&p->heard));

    p->count = 0;
    while (scan_lws(&s) && !scan_at_end(&s)) {
        const char *end    = memmem(s.at, (size_t)(s.end - s.at), "\r\n\r\n", 4);
        const char *length = memmem(s.at, (size_t)(s.end - s.at), "\r\nContent-Length: ", 18);

        if (end == NULL || length == NULL || length > end)
            fail_msg("no message: %s", s.at);
        end += 4 + atoi(length + 18);
        keep(p, slice_between(s.at, end));
        s.at = end;
    }
}

/* The next that is not 100; empty if there is none. */
static struct slice party_next(struct party *p)
{
    buf_cstr(&p->heard);
    if (p->by_stream)
        split(p);
    while (p->taken < p->count) {
        struct slice text = p->messages[p->taken++];

        if (strncmp(text.ptr, "SIP/2.0 100 ", 12) != 0)
            return text;
    }
    return SLICE("");
}

/* ---- a case ---- */

struct play {
    const char                *file;
    const struct hostile_case *c;
    struct hostile_names       names;
    struct slice               last; /* the message that "with" is about */
    bool                       may_close, failed;
};

static unsigned faults; /* of the file, all of which are told */

static void wrong(struct play *play, const char *what, const char *wanted, struct slice got)
{
    if (!play->failed)
        print_error("%s:%u %s by %s: %s %s: %.*s\n", play->file, play->c->line, play->c->name, play->names.transport,
                    what, wanted, got.len < 600 ? (int)got.len : 600, got.ptr);
    faults += !play->failed;
    play->failed = true;
}

/* The header lines that an answer of bob's has from the request `text`. */
static unsigned lines_of_answer(struct slice text, char *memory, size_t size, const char **lines, unsigned most)
{
    static const enum header_id kept[] = { HEADER_VIA,     HEADER_FROM, HEADER_TO,
                                           HEADER_CALL_ID, HEADER_CSEQ, HEADER_RECORD_ROUTE };
    struct buf                  all    = buf_on(memory, size);
    struct parse_fault          fault;
    struct message             *m     = message_parse(text, &fault);
    unsigned                    count = 0;

    assert_non_null(m);
    for (unsigned i = 0; i < m->header_count; i++)
        for (size_t k = 0; k < sizeof kept / sizeof *kept; k++)
            if (m->headers[i].id == kept[k] && count + 1 < most) {
                lines[count++] = all.ptr + all.len;
                buf_printf(&all, "%.*s: %.*s%s", SLICE_ARG(header_name(kept[k])), SLICE_ARG(m->headers[i].value),
                           kept[k] == HEADER_TO && m->to_tag.len == 0 ? ";tag=b" : "");
                buf_put_byte(&all, '\0');
            }
    message_drop(m);
    assert_true(buf_ok(&all));
    lines[count] = NULL;
    return count;
}

static struct slice last_request(const struct party *p)
{
    for (unsigned i = p->count; i-- > 0;)
        if (strncmp(p->messages[i].ptr, "SIP/2.0 ", 8) != 0)
            return p->messages[i];
    fail_msg("bob has nothing to answer");
    return SLICE("");
}

static void send_step(struct play *play, const struct hostile_step *step)
{
    static char memory[TEXT], answer_lines[16384];
    char        cseq[256];
    const char *lines[MANY] = { "Via: SIP/2.0/$T $me;branch=z9hG4bK$id",
                                "Max-Forwards: 70",
                                "From: <sip:alice@else.test>;tag=a",
                                "To: <sip:bob@example.test>",
                                "Call-ID: $id",
                                cseq,
                                NULL };
    struct buf  text        = BUF_ON(memory);

    snprintf(cseq, sizeof cseq, "CSeq: 1 %.*s", (int)strcspn(step->lines[0], " "), step->lines[0]);
    if (step->bob && strncmp(step->lines[0], "SIP/", 4) == 0)
        lines_of_answer(last_request(&bob), answer_lines, sizeof answer_lines, lines, MANY);
    hostile_compose(&text, step, lines, &play->names);
    assert_true(buf_ok(&text));
    party_say(step->bob ? &bob : &alice, buf_slice(&text));
    bench_live(&b, ANSWERED);
}

static void check_gets(struct play *play, const struct hostile_step *step)
{
    char start[32];

    play->last = party_next(step->bob ? &bob : &alice);
    if (strcmp(step->text, "nothing") == 0) {
        if (play->last.len > 0)
            wrong(play, "wanted", step->text, play->last);
        return;
    }
    snprintf(start, sizeof start, "%s%s ", *step->text <= '9' ? "SIP/2.0 " : "", step->text);
    if (play->last.len < strlen(start) || memcmp(play->last.ptr, start, strlen(start)) != 0)
        wrong(play, "wanted", step->text, play->last);
}

static void check_with(struct play *play, const struct hostile_step *step)
{
    char       memory[1024];
    struct buf part = BUF_ON(memory);

    hostile_put(&part, step->text, &play->names);
    if (contains(play->last, buf_slice(&part)) != (step->kind == HOSTILE_WITH))
        wrong(play, step->kind == HOSTILE_WITH ? "wanted with" : "wanted without", step->text, play->last);
}

static void do_step(struct play *play, const struct hostile_step *step)
{
    switch (step->kind) {
    case HOSTILE_SEND:
        send_step(play, step);
        break;
    case HOSTILE_GETS:
        check_gets(play, step);
        break;
    case HOSTILE_WITH:
    case HOSTILE_WITHOUT:
        check_with(play, step);
        break;
    case HOSTILE_CLOSED:
        play->may_close = true;
        if (!alice.closed)
            wrong(play, "wanted", "the end of the connection", SLICE("it is open"));
        break;
    }
}

static void register_bob(void)
{
    static const char text[] =
        "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:7001;branch=z9hG4bKbob\r\n"
        "From: <sip:bob@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\nCall-ID: bob\r\nCSeq: 1 REGISTER\r\n"
        "Contact: <sip:bob@192.0.2.9:7001>\r\nContent-Length: 0\r\n\r\n";

    party_say(&bob, SLICE(text));
    bench_live(&b, ANSWERED);
    assert_true(strncmp(party_next(&bob).ptr, "SIP/2.0 200 ", 12) == 0);
}

static void run_case(const char *file, const struct hostile_case *c, bool by_stream, enum pieces pieces)
{
    char        id[128], me[32] = "192.0.2.9:7000";
    struct play play = { .file  = file,
                         .c     = c,
                         .names = { me, "192.0.2.1:5060", "192.0.2.1", "5060", "192.0.2.9:7001",
                                    by_stream ? "TCP" : "UDP", id } };

    snprintf(id, sizeof id, "%.40s.%s", c->name, play.names.transport);
    bench_renew(&b);
    network_set_pieces(b.network, pieces);
    party_open(&alice, ALICE, by_stream);
    party_open(&bob, BOB, false);
    bench_live(&b, ANSWERED);
    if (!b.config->authentication)
        register_bob();
    for (unsigned i = 0; i < c->count && !play.failed; i++)
        do_step(&play, &c->steps[i]);
    check_gets(&play, &(struct hostile_step){ .text = "nothing" });
    check_gets(&play, &(struct hostile_step){ .text = "nothing", .bob = true });
    if (alice.closed && !play.may_close)
        wrong(&play, "wanted", "the connection to stay", SLICE("it is closed"));
    party_close(&alice);
    party_close(&bob);
    bench_live(&b, ANSWERED);
}

static void run_file(const char *name)
{
    static struct hostile_file f;
    char                       path[512], more[1024];
    struct buf                 config = BUF_ON(more);

    snprintf(path, sizeof path, "%s/test/hostile/%s", AHOY_SOURCE, name);
    hostile_read(&f, path);
    faults = 0;
    for (unsigned i = 0; i < f.config_count; i++)
        buf_printf(&config, "%s\n", f.config[i]);
    bench_open(&b, buf_cstr(&config));
    for (unsigned i = 0; i < f.count; i++) {
        if (f.cases[i].udp)
            run_case(name, &f.cases[i], false, PIECES_WHOLE);
        if (f.cases[i].tcp) {
            run_case(name, &f.cases[i], true, PIECES_WHOLE);
            run_case(name, &f.cases[i], true, PIECES_BYTES);
        }
    }
    hostile_free(&f);
    bench_renew(&b);
    bench_close(&b);
    CHECK_INT(0, faults);
}

TEST(a_first_line_gets_the_right_answer)
{
    run_file("start_line.txt");
}

TEST(a_via_gets_the_right_answer)
{
    run_file("via.txt");
}

TEST(who_it_is_from_and_to_gets_the_right_answer)
{
    run_file("identity.txt");
}

TEST(a_number_gets_the_right_answer)
{
    run_file("numbers.txt");
}

TEST(a_uri_gets_the_right_answer)
{
    run_file("uris.txt");
}

TEST(a_route_gets_the_right_answer)
{
    run_file("routes.txt");
}

TEST(what_belongs_to_no_dialog_gets_the_right_answer)
{
    run_file("dialogs.txt");
}

TEST(a_response_gets_what_it_deserves)
{
    run_file("responses.txt");
}

TEST(a_body_or_a_header_gets_the_right_answer)
{
    run_file("bodies.txt");
}

TEST(an_extension_gets_the_right_answer)
{
    run_file("extensions.txt");
}

TEST(credentials_get_the_right_answer)
{
    run_file("digest.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_line_gets_the_right_answer),
        cmocka_unit_test(a_via_gets_the_right_answer),
        cmocka_unit_test(who_it_is_from_and_to_gets_the_right_answer),
        cmocka_unit_test(a_number_gets_the_right_answer),
        cmocka_unit_test(a_uri_gets_the_right_answer),
        cmocka_unit_test(a_route_gets_the_right_answer),
        cmocka_unit_test(what_belongs_to_no_dialog_gets_the_right_answer),
        cmocka_unit_test(a_response_gets_what_it_deserves),
        cmocka_unit_test(a_body_or_a_header_gets_the_right_answer),
        cmocka_unit_test(an_extension_gets_the_right_answer),
        cmocka_unit_test(credentials_get_the_right_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
