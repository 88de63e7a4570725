/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/internal.h"

#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench    b;
static struct message *m;
static struct passage  p;

static bool opens(const char *uri, const char *headers)
{
    char               text[1024];
    struct parse_fault fault;

    snprintf(text, sizeof text,
             "MESSAGE %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK7\r\nFrom: <sip:x@far.test>;tag=1\r\n"
             "To: <sip:bob@example.test>\r\nCall-ID: one\r\nCSeq: 1 MESSAGE\r\n%sContent-Length: 0\r\n\r\n",
             uri, headers);
    message_drop(m);
    m = message_parse(slice_from(text), &fault);
    CHECK(m != NULL);
    return passage_open(b.server, 0, m, &p);
}

static void end(void)
{
    message_drop(m);
    m = NULL;
    bench_close(&b);
}

/* RFC 3261 10.3 step 5: one key, however it is written. */
TEST(whose_the_request_uri_is)
{
    bench_open(&b, "domain = {example.test, second.test}\n");
    CHECK(opens("sip:b%6fb@EXAMPLE.test.;x=1", ""));
    CHECK_SLICE("sip:bob@example.test", p.aor);
    CHECK(opens("sip:bob@192.0.2.1:5060", "")); /* our address is the first domain */
    CHECK_SLICE("sip:bob@example.test", p.aor);
    CHECK(opens("sip:bob@second.test", ""));
    CHECK_SLICE("sip:bob@second.test", p.aor);
    CHECK(opens("sip:bob@far.test", ""));
    CHECK_INT(0, p.aor.len);
    CHECK(opens("tel:+4930", ""));
    CHECK_INT(0, p.aor.len);
    CHECK(opens("sip:example.test", "")); /* nobody */
    CHECK_INT(0, p.aor.len);
    end();
}

/* 16.4 */
TEST(our_own_route_is_taken_off)
{
    bench_open(&b, "");
    CHECK(opens("sip:bob@far.test", "Route: <sip:192.0.2.1;lr>, <sip:next.test;lr>\r\n"));
    CHECK(p.way.own_route && !p.of_our_dialog);
    CHECK_INT(1, p.way.last - p.way.first);
    CHECK(opens("sip:bob@far.test", "Route: <sip:example.test;lr>\r\n"));
    CHECK_INT(0, p.way.last - p.way.first);
    CHECK(opens("sip:bob@far.test", "Route: <sip:next.test;lr>\r\n"));
    CHECK(!p.way.own_route);
    end();
}

/* By whatever name we went when the call was set up: see scenario/reload_name. */
TEST(a_token_of_the_call_is_our_own_route_under_any_name)
{
    static const struct way_back none = { .flow.transport = TRANSPORT_NONE };
    struct token_key             key;
    char                         memory[DIALOG_TOKEN], text[512];
    struct buf                   token = BUF_ON(memory);

    bench_open(&b, "");
    key = shared_token_key(b.server->shared);
    dialog_token_write(&token, SLICE("one"), &none, &key);
    snprintf(text, sizeof text, "Route: <sip:%s@old.test:5099;lr>, <sip:next.test;lr>\r\n", buf_cstr(&token));
    CHECK(opens("sip:bob@far.test", text));
    CHECK(p.way.own_route && p.of_our_dialog);
    CHECK_INT(1, p.way.last - p.way.first);
    snprintf(text, sizeof text, "sip:%s@old.test:5099;lr", buf_cstr(&token)); /* a strict router was before us */
    CHECK(opens(text, "Route: <sip:bob@far.test>\r\n"));
    CHECK(p.of_our_dialog);
    CHECK_SLICE("far.test", p.way.uri.host);
    text[4] = text[4] == '0' ? '1' : '0';
    CHECK(opens(text, "Route: <sip:bob@far.test>\r\n"));
    CHECK(!p.way.own_route);
    end();
}

/* 16.4: by what this server is called, and where it listens. */
TEST(what_names_us_in_the_request_uri_is_undone)
{
    bench_open(&b, "");
    CHECK(opens("sip:192.0.2.1;lr", "Route: <sip:next.test;lr>, <sip:bob@far.test>\r\n"));
    CHECK_SLICE("sip:bob@far.test", p.way.uri.text);
    CHECK_INT(1, p.way.last - p.way.first);
    CHECK(opens("sip:bob@far.test:5060;maddr=192.0.2.1;transport=udp", ""));
    CHECK_SLICE("sip:bob@far.test", p.way.uri.text);
    CHECK(opens("sip:bob@far.test;maddr=192.0.2.2", ""));
    CHECK_SLICE("sip:bob@far.test;maddr=192.0.2.2", p.way.uri.text);
    end();
}

TEST(what_cannot_be_served_is_not_opened)
{
    bench_open(&b, "");
    CHECK(!opens("sips:bob@example.test", "")); /* by UDP: RFC 5630 5.3 */
    CHECK(!opens("sip:bob@example.test", "Route: nonsense\r\n"));
    end();
}

TEST(a_passage_can_be_led_elsewhere)
{
    bench_open(&b, "");
    CHECK(opens("sip:12@example.test", ""));
    passage_redirect(b.server, &p, SLICE("sip:carol@example.test"));
    CHECK_SLICE("sip:carol@example.test", p.aor);
    CHECK(p.aor_hash == location_hash(b.server->shared->location, p.aor));
    CHECK_SLICE("sip:carol@example.test", p.instead);
    passage_redirect(b.server, &p, SLICE("sip:carol@far.test"));
    CHECK_SLICE("", p.aor);
    passage_redirect(b.server, &p, SLICE("sip:carol@example.test"));
    CHECK_SLICE("sip:carol@example.test", p.aor);
    passage_redirect(b.server, &p, SLICE("no URI"));
    CHECK_SLICE("sip:carol@example.test", p.way.uri.text);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whose_the_request_uri_is),
        cmocka_unit_test(our_own_route_is_taken_off),
        cmocka_unit_test(a_token_of_the_call_is_our_own_route_under_any_name),
        cmocka_unit_test(what_names_us_in_the_request_uri_is_undone),
        cmocka_unit_test(what_cannot_be_served_is_not_opened),
        cmocka_unit_test(a_passage_can_be_led_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
