/* SPDX-License-Identifier: BSD-2-Clause */
/* What a proxy has no part in goes through it byte for byte, requests and responses (RFC 3261 16.6, 16.7): the examples
 * of the RFCs, what phones sent, and a list of oddities.  They are compared by lines, with a reader that knows nothing
 * of src/sip. */
#include "sip/message.h"
#include "support/raw_message.h"
#include "support/test.h"
#include "support/two_phones.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LONG = 200000 }; /* after which no transaction is alive */

static struct two_phones b;
static unsigned          number;
static char              sent[TWO_PHONES_TEXT];

/* What a proxy writes anew, and what ends at it (16.6 items 3, 4, 6, 8; RFC 5393 5.3.3; RFC 3325 5, 6). */
static bool is_proxys(struct slice name)
{
    static const char *const names[] = {
        "via", "v", "route", "max-forwards", "max-breadth", "p-asserted-identity", "p-preferred-identity"
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_eq_nocase(name, slice_from(names[i])))
            return true;
    return false;
}

static bool next_kept(const struct raw_message *m, unsigned *at)
{
    while (*at < m->count && is_proxys(m->lines[*at].name))
        (*at)++;
    return *at < m->count;
}

/* All that is not the proxy's is the same, in the same order; a Content-Length that was missing is the last line. */
static const char *difference(const struct raw_message *before, const struct raw_message *after)
{
    unsigned i = 0, j = 0;

    for (; next_kept(before, &i); i++, j++) {
        if (!next_kept(after, &j))
            return "a line is missing";
        if (!slice_eq(before->lines[i].text, after->lines[j].text))
            return "a line differs";
    }
    if (next_kept(after, &j) &&
        (before->has_length || !slice_eq_nocase(after->lines[j++].name, SLICE("Content-Length"))))
        return "there is a line more";
    if (next_kept(after, &j))
        return "there is a line more";
    if (slice_eq((struct slice){ after->start.ptr, 8 }, SLICE("SIP/2.0 ")) && !slice_eq(before->start, after->start))
        return "the status line differs";
    return slice_eq(before->body, after->behind) ? NULL : "the body differs";
}

static void check_same(const char *what, const struct raw_message *before, struct slice heard)
{
    static struct raw_message after;
    const char               *problem;

    problem = raw_read(&after, heard) ? difference(before, &after) : "it cannot be read";
    if (problem == NULL)
        return;
    print_error("%s: %s\n--- before\n%.*s\n--- after\n%.*s\n", what, problem, SLICE_ARG(before->text),
                SLICE_ARG(heard));
    fail();
}

static struct slice line_of(const struct raw_message *m, const char *name, const char *compact)
{
    for (unsigned i = 0; i < m->count; i++)
        if (slice_eq_nocase(m->lines[i].name, slice_from(name)) ||
            slice_eq_nocase(m->lines[i].name, slice_from(compact)))
            return m->lines[i].text;
    return SLICE("");
}

static void put_via(struct buf *t, unsigned port)
{
    buf_printf(t, "Via: SIP/2.0/UDP 192.0.2.9:%u;branch=z9hG4bK%u\r\n", port, ++number);
}

/* With all that they have to have in common, of either's lines. */
static void answer(const struct raw_message *request, const char *status)
{
    struct buf t = BUF_ON(sent);

    buf_printf(&t, "SIP/2.0 %s\r\n", status);
    for (unsigned i = 0; i < request->count; i++)
        if (slice_eq_nocase(request->lines[i].name, SLICE("Via")) ||
            slice_eq_nocase(request->lines[i].name, SLICE("v")))
            raw_put_line(&t, request->lines[i].text);
    raw_put_line(&t, line_of(request, "From", "f"));
    raw_put_line(&t, line_of(request, "To", "t"));
    raw_put_line(&t, line_of(request, "Call-ID", "i"));
    raw_put_line(&t, line_of(request, "CSeq", "-"));
    buf_put(&t, SLICE("Content-Length: 0\r\n\r\n"));
    two_phones_say(&b, &b.callee, buf_slice(&t));
}

/* The same request for bob, without its Route. */
static struct slice for_bob(const struct raw_message *m)
{
    struct buf   t     = BUF_ON(sent);
    struct scan  start = scan_from(m->start);
    struct slice method;

    scan_token(&start, &method);
    buf_printf(&t, "%.*s sip:bob@example.test SIP/2.0\r\n", SLICE_ARG(method));
    put_via(&t, TWO_PHONES_CALLER);
    for (unsigned i = 0; i < m->count; i++)
        if (!slice_eq_nocase(m->lines[i].name, SLICE("Route")))
            raw_put_line(&t, m->lines[i].text);
    buf_put(&t, SLICE("\r\n"));
    buf_put(&t, m->behind);
    return buf_slice(&t);
}

/* Is there a reason not to forward it that has nothing to do with what is tested? */
static bool is_to_go_on(const struct message *m)
{
    return m->method != METHOD_REGISTER && m->method != METHOD_ACK && m->method != METHOD_CANCEL &&
           m->max_forwards != 0 && message_header(m, HEADER_PROXY_REQUIRE) == NULL;
}

static bool forward_request(const char *what, const struct raw_message *raw)
{
    struct parse_fault        fault;
    struct slice              text = for_bob(raw);
    struct message           *m    = message_parse(text, &fault);
    bool                      goes = m != NULL && m->is_request && is_to_go_on(m);
    static struct raw_message heard;
    char                      hops[64];

    if (goes) {
        two_phones_listen(&b);
        two_phones_say(&b, &b.caller, text);
        check_same(what, raw, b.callee.heard);
        snprintf(hops, sizeof hops, "Max-Forwards: %d\r\n", m->max_forwards < 0 ? 70 : m->max_forwards - 1);
        CHECK(raw_read(&heard, b.callee.heard));
        CHECK_SLICE(hops, line_of(&heard, "Max-Forwards", "-"));
        answer(&heard, "486 Busy");
        two_phones_live(&b, LONG);
    }
    message_drop(m);
    return goes;
}

/* A request for bob that could have this answer. */
static void ask_for(const struct raw_message *m, struct slice method)
{
    struct buf t = BUF_ON(sent);

    buf_printf(&t, "%.*s sip:bob@example.test SIP/2.0\r\n", SLICE_ARG(method));
    put_via(&t, TWO_PHONES_CALLER);
    raw_put_line(&t, line_of(m, "From", "f"));
    raw_put_line(&t, line_of(m, "To", "t"));
    raw_put_line(&t, line_of(m, "Call-ID", "i"));
    raw_put_line(&t, line_of(m, "CSeq", "-"));
    buf_put(&t, SLICE("Content-Length: 0\r\n\r\n"));
    two_phones_listen(&b);
    two_phones_say(&b, &b.caller, buf_slice(&t));
}

/* The same response, by the way that the request has come. */
static struct slice for_caller(const struct raw_message *m, const struct raw_message *request)
{
    struct buf t = BUF_ON(sent);

    raw_put_line(&t, m->start);
    for (unsigned i = 0; i < request->count; i++)
        if (slice_eq_nocase(request->lines[i].name, SLICE("Via")))
            raw_put_line(&t, request->lines[i].text);
    for (unsigned i = 0; i < m->count; i++)
        if (!slice_eq_nocase(m->lines[i].name, SLICE("Via")) && !slice_eq_nocase(m->lines[i].name, SLICE("v")))
            raw_put_line(&t, m->lines[i].text);
    buf_put(&t, SLICE("\r\n"));
    buf_put(&t, m->behind);
    return buf_slice(&t);
}

/* Is it one that a proxy sends on as it is (16.7 items 5, 6; RFC 4320)? */
static bool is_passed_up(const struct message *m)
{
    if (m->cseq.method == METHOD_REGISTER || m->cseq.method == METHOD_ACK || m->cseq.method == METHOD_CANCEL)
        return false;
    if (m->status == 100 || m->status == 503 || (m->status >= 300 && m->status < 400))
        return false;
    return m->cseq.method == METHOD_INVITE || (m->status >= 200 && m->status != 408);
}

static bool forward_response(const char *what, const struct raw_message *raw)
{
    struct parse_fault        fault;
    struct message           *m    = message_parse(raw->text, &fault);
    bool                      goes = m != NULL && !m->is_request && is_passed_up(m);
    static struct raw_message heard;

    if (goes) {
        ask_for(raw, m->cseq.method_text);
        CHECK(raw_read(&heard, b.callee.heard));
        two_phones_say(&b, &b.callee, for_caller(raw, &heard));
        check_same(what, raw, b.caller.heard);
        if (m->status < 200)
            answer(&heard, "486 Busy");
        two_phones_live(&b, LONG);
    }
    message_drop(m);
    return goes;
}

static bool forward(const char *what, struct slice text)
{
    static struct raw_message raw;

    if (!raw_read(&raw, text))
        return false;
    return slice_eq((struct slice){ raw.start.ptr, raw.start.len < 8 ? 0 : 8 }, SLICE("SIP/2.0 "))
               ? forward_response(what, &raw)
               : forward_request(what, &raw);
}

static unsigned forward_folder(const char *folder)
{
    DIR           *dir = opendir(folder);
    struct dirent *entry;
    unsigned       count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        const char  *dot = strrchr(entry->d_name, '.');
        char         path[1024], *memory;
        struct slice text;

        if (dot == NULL || strcmp(dot, ".sip") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        CHECK(test_read_file(path, &text, &memory));
        count += forward(entry->d_name, text);
        free(memory);
    }
    closedir(dir);
    return count;
}

/* RFC 3261 16.6 items 1, 3, 9; 16.7 item 7. */
TEST(the_messages_of_the_rfcs_go_through_unchanged)
{
    unsigned count = forward_folder(AHOY_SHARED "/messages/rfc");

    CHECK(count >= 250);
}

TEST(what_real_phones_sent_goes_through_unchanged)
{
    unsigned count = forward_folder(AHOY_SHARED "/messages/wire");

    CHECK(count >= 35);
}

#define HEAD(method)                                                                                                   \
    method " sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a.test;branch=z9hG4bK7\r\nFrom: <sip:a@a.test>;tag=1\r\n"               \
           "To: <sip:b@b.test>\r\nCall-ID: one\r\nCSeq: 1 " method "\r\n"
#define REPLY(status, method)                                                                                          \
    "SIP/2.0 " status "\r\nVia: SIP/2.0/UDP a.test;branch=z9hG4bK7\r\nFrom: <sip:a@a.test>;tag=1\r\n"                  \
    "To: <sip:b@b.test>;tag=2\r\nCall-ID: one\r\nCSeq: 1 " method "\r\n"

TEST(oddities_go_through_unchanged)
{
    static const char *const oddities[] = {
        HEAD("FROBNICATE") "Content-Length: 0\r\n\r\n",
        HEAD("x.y!%*_+`'~") "Content-Length: 0\r\n\r\n",
        HEAD("MESSAGE") "!%'*+-._`~09az: x\r\nZ:\r\nZ: \r\nz:y\r\nZ\t :z\r\nContent-Length:0\r\n\r\n",
        HEAD("MESSAGE") "Subject: one\r\n two\r\n\tthree \r\n  \r\nZ: \r\n folded\r\nContent-Length: 0\r\n\r\n",
        HEAD("INVITE") "s:short\r\nm:<sip:a@192.0.2.7>\r\nc:text/plain\r\nk:100rel,\r\n timer\r\ne: "
                       "gzip\r\nl:4\r\n\r\nbody",
        HEAD("INVITE") "Content-Length: 0\r\nX-After: length\r\nContact: <sip:a@192.0.2.7>\r\nContact: *\r\n\r\n",
        HEAD("MESSAGE") "Z: one\r\nY: two\r\nZ: one\r\nY:two\r\nZ: three\r\nContent-Length: 0\r\n\r\n",
        HEAD("MESSAGE") "Subject: \xd0\x9f\xd1\x80\xd0\xb8\xe2\x82\xac \xf0\x9f\x93\x9e\r\nContent-Length: "
                        "3\r\n\r\n\xe2\x82\xac",
        HEAD("MESSAGE") "Subject: \xff\xfe\x80 is no UTF-8\r\nContent-Length: 2\r\n\r\n\xff\xfe",
        HEAD("MESSAGE") "X-Quotes: \"a \\\" , ; < >\", b \r\nX-Trailing: blanks \t  \r\nContent-Length: 0\r\n\r\n",
        HEAD("MESSAGE") "Date: yesterday\r\nExpires: never\r\nTimestamp: 54.21 0.3\r\nUser-Agent :(x)\r\n\r\n",
        HEAD("MESSAGE") "Require: something, else\r\nSupported: \r\nUnsupported: x\r\nAllow: , ,\r\n\r\n",
        HEAD("MESSAGE") "Record-Route: <sip:p1.test;lr>\r\nRecord-Route: <sip:p2.test;lr>,\r\n <sip:p3.test>\r\n\r\n",
        HEAD("MESSAGE") "Proxy-Authorization: Digest realm=\"other.test\", nonce=\"x\"\r\n"
                        "Authorization: Digest realm=\"other.test\", nonce = \"y\"\r\nContent-Length: 0\r\n\r\n",
        HEAD("MESSAGE") "Content-Type: multipart/mixed;boundary=\"--x\"\r\nMIME-Version:1.0\r\nContent-Length: "
                        "64\r\n\r\n"
                        "----x\r\nContent-Type: text/plain\r\n\r\nVia: not one\r\n\r\n----x--\r\n\r\n\r\n\r\n\r\n",
        HEAD("MESSAGE") "Privacy: header;session\r\nContent-Length: 0\r\n\r\n",
        HEAD("SUBSCRIBE") "u: y\r\no :z;id=1\r\nContent-Length: 0\r\n\r\n",
        HEAD("MESSAGE") "Content-Length: 0004\r\n\r\n\r\n\r\n",
        HEAD("MESSAGE") "Max-Forwards: 7\r\nContent-Length: 5\r\n\r\nhello and what is behind it",
        REPLY("200 ", "MESSAGE") "Z:\r\nz :y\r\nZ: z \r\nServer: \xe2\x82\xac\r\nContent-Length: 0\r\n\r\n",
        REPLY("299 Odd  phrase \xe2\x82\xac",
              "FROBNICATE") "Record-Route: <sip:p1.test;lr>\r\nContent-Length: 0\r\n\r\n",
        REPLY("180 R", "INVITE") "Contact:<sip:b@192.0.2.8>\r\nRequire:100rel\r\nRSeq:1\r\nl:4\r\n\r\nbodyand more",
        "SIP/2.0 180 R\r\nVia: SIP/2.0/UDP a.test;branch=z9hG4bK7\r\nFrom: <sip:a@a.test>;tag=1\r\n"
        "To: <sip:b@b.test>\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n", /* no tag: none is added */
        REPLY("401 x",
              "MESSAGE") "WWW-Authenticate:Digest realm=\"x\",\r\n nonce=\"y\"\r\nWarning: 399 a \"b\"\r\n\r\n",
        REPLY("486 x",
              "INVITE") "Subject: one\r\n two\r\nRetry-After:3 (x);y\r\nTimestamp:1\r\nContent-Length: 0\r\n\r\n",
    };

    for (size_t i = 0; i < sizeof oddities / sizeof *oddities; i++)
        if (!forward(oddities[i], slice_from(oddities[i]))) {
            print_error("not forwarded:\n%s\n", oddities[i]);
            fail();
        }
}

static void forward_with_body(const char *head, struct slice body)
{
    static char text[TWO_PHONES_TEXT];
    struct buf  t = BUF_ON(text);

    buf_printf(&t, "%sContent-Length: %zu\r\n\r\n", head, body.len);
    buf_put(&t, body);
    CHECK(buf_ok(&t));
    CHECK(forward(head, buf_slice(&t)));
}

/* Nearly all that a datagram holds, of all bytes there are. */
TEST(bodies_of_any_bytes_and_of_nearly_64_kilobytes_go_through_unchanged)
{
    static char body[65000];

    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (char)(i * 7 + i / 256);
    forward_with_body(HEAD("MESSAGE"), (struct slice){ body, sizeof body });
    forward_with_body(REPLY("200 OK", "MESSAGE"), (struct slice){ body, sizeof body });
    forward_with_body(HEAD("MESSAGE"), (struct slice){ "\0\0\r\n\0", 5 });
}

static int open_all(void **state)
{
    (void)state;
    two_phones_open(&b, "");
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    two_phones_close(&b);
    return 0;
}

int main(void)
{
    const struct CMUnitTest own[] = {
        cmocka_unit_test(oddities_go_through_unchanged),
        cmocka_unit_test(bodies_of_any_bytes_and_of_nearly_64_kilobytes_go_through_unchanged),
    };
    const struct CMUnitTest others[] = {
        cmocka_unit_test(the_messages_of_the_rfcs_go_through_unchanged),
        cmocka_unit_test(what_real_phones_sent_goes_through_unchanged),
    };
    int failed = cmocka_run_group_tests(own, open_all, close_all);

    if (failed != 0)
        return failed;
    if (access(AHOY_SHARED "/messages", R_OK) != 0)
        return TEST_SKIPPED;
    return cmocka_run_group_tests(others, open_all, close_all);
}
