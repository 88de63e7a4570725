/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/via.h"
#include "support/test.h"

#include <stdlib.h>

static struct via scan(const char *text)
{
    struct scan s = scan_from(test_guarded(slice_from(text)));
    struct via  via;

    if (!via_scan(&s, &via) || !scan_at_end(&s)) {
        print_error("not a Via: %s\n", text);
        fail();
    }
    return via;
}

/* RFC 3261 20.42, RFC 3581 4; RFC 4475 3.1.1.1 for the spaces. */
TEST(via_reads_every_part)
{
    struct via via = scan("sip /\r\n 2.0 / UDP [2001:db8::9:1] : 5070 ; Branch = z9hG4bK87;rport=61\t;maddr=224.2.0.1"
                          ";ttl=16;received=192.0.2.1;extra=\"a;b\";flag");

    CHECK_SLICE("UDP", via.transport);
    CHECK_SLICE("[2001:db8::9:1]", via.host);
    CHECK_INT(5070, via.port);
    CHECK_SLICE("z9hG4bK87", via.branch);
    CHECK(via.rport);
    CHECK_INT(61, via.rport_value);
    CHECK_SLICE("192.0.2.1", via.received);
    CHECK_SLICE("224.2.0.1", via.maddr);
    CHECK_INT(16, via.ttl);
    via = scan("SIP/2.0/TCP h");
    CHECK_INT(0, via.port);
    CHECK(!via.rport);
    CHECK_SLICE("", via.branch);
    CHECK_SLICE("SIP/2.0/TCP h", via.text);
}

/* RFC 5118 4.5: with and without brackets. */
TEST(received_may_be_ipv6_in_either_form)
{
    struct via via = scan("SIP/2.0/UDP h;received=[2001:db8::9:255];branch=1");

    CHECK_SLICE("[2001:db8::9:255]", via.received);
    via = scan("SIP/2.0/UDP h;received=2001:db8::9:255;branch=1");
    CHECK_SLICE("2001:db8::9:255", via.received);
}

/* RFC 5923 7 */
TEST(alias_is_a_word_of_its_own)
{
    CHECK(scan("SIP/2.0/TLS a.example;branch=z9hG4bK1;alias").alias);
    CHECK(scan("SIP/2.0/TLS a.example;ALIAS;branch=z9hG4bK1").alias);
    CHECK(!scan("SIP/2.0/TLS a.example;branch=alias;x-alias").alias);
}

TEST(via_stops_before_the_next_value)
{
    struct scan s = scan_from(test_guarded(SLICE("SIP/2.0/TCP a.example ;x , SIP/2.0/UDP b.example")));
    struct via  via;

    CHECK(via_scan(&s, &via));
    CHECK_SLICE("a.example", via.host);
    CHECK_SLICE("SIP/2.0/TCP a.example ;x", via.text);
    CHECK_SLICE(" , SIP/2.0/UDP b.example", scan_rest(&s));
}

/* Where parsing must stop, and whether a response could still be sent. */
TEST(via_rejects_and_says_where)
{
    static const struct {
        const char *text;
        int         offset;
        const char *good; /* NULL: no sent-by */
    } bad[] = {
        { "", 0, NULL },
        { "SIP/2.0", 7, NULL },
        { "HTTP/1.1/UDP h", 0, NULL },
        { "SIP/2.0/UDP ", 12, NULL },
        { "SIP/2.0/UDP h:65536", 14, NULL },
        { "SIP/2.0/UDP h:", 14, NULL },
        { "SIP/2.0/UDP [::1", 12, NULL },
        { "SIP/2.0/UDP h;=1", 14, "SIP/2.0/UDP h" },
        { "SIP/2.0/UDP 192.0.2.15;;,;,,", 23, "SIP/2.0/UDP 192.0.2.15" }, /* RFC 4475 3.1.2.1 */
        { "SIP/2.0/UDP h;branch=1;rport=x", 29, "SIP/2.0/UDP h;branch=1" },
        { "SIP/2.0/UDP h;rport=1x", 20, "SIP/2.0/UDP h" },
        { "SIP/2.0/UDP h;rport=65536", 20, "SIP/2.0/UDP h" },
        { "SIP/2.0/UDP h;ttl=256", 18, "SIP/2.0/UDP h" },
        { "SIP/2.0/UDP h;branch=a;x;branch=b", 32, "SIP/2.0/UDP h;branch=a;x" },
        { "SIP/2.0/UDP h;x;ttl", 16, "SIP/2.0/UDP h;x" }, /* not where "" happens to be */
        { "SIP/2.0/UDP h;branch=", 21, "SIP/2.0/UDP h" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct slice text = test_guarded(slice_from(bad[i].text));
        struct scan  s    = scan_from(text);
        struct via   via;

        if (via_scan(&s, &via) || s.at - text.ptr != bad[i].offset) {
            print_error("%s: stopped at %td\n", bad[i].text, s.at - text.ptr);
            fail();
        }
        CHECK_INT(bad[i].good != NULL, via.host.len > 0);
        if (bad[i].good != NULL)
            CHECK_SLICE(bad[i].good, via.text);
    }
}

/* RFC 3261 18.2.1, RFC 3581 4 */
TEST(received_and_rport_are_written_as_the_source_asks)
{
    static const struct {
        const char *via, *want;
    } table[] = {
        { "SIP/2.0/UDP 192.0.2.1;branch=b", "SIP/2.0/UDP 192.0.2.1;branch=b" },
        { "SIP/2.0/UDP 192.0.2.1:5070", "SIP/2.0/UDP 192.0.2.1:5070" },
        { "SIP/2.0/UDP 10.0.0.1;branch=b", "SIP/2.0/UDP 10.0.0.1;branch=b;received=192.0.2.1" },
        { "SIP/2.0/UDP host.test : 5060;x", "SIP/2.0/UDP host.test : 5060;x;received=192.0.2.1" },
        { "SIP/2.0/UDP 192.0.2.1;rport;branch=b", "SIP/2.0/UDP 192.0.2.1;branch=b;rport=4321;received=192.0.2.1" },
        { "SIP/2.0/UDP 10.0.0.1;branch=b;RPORT=9;y=\"1;2\"",
          "SIP/2.0/UDP 10.0.0.1;branch=b;y=\"1;2\";rport=4321;received=192.0.2.1" },
        { "SIP/2.0/UDP 192.0.2.1;received=6.6.6.6;branch=b", "SIP/2.0/UDP 192.0.2.1;branch=b" },
        { "SIP/2.0/UDP 192.0.2.1;branch=b;Received=6.6.6.6", "SIP/2.0/UDP 192.0.2.1;branch=b" },
        { "SIP/2.0/UDP 192.0.2.1;rport;rport;x;rport", "SIP/2.0/UDP 192.0.2.1;x;rport=4321;received=192.0.2.1" },
        { "SIP/2.0/UDP 192.0.2.1;rports;r;receivedd=1;branch=rport",
          "SIP/2.0/UDP 192.0.2.1;rports;r;receivedd=1;branch=rport" },
        { "SIP/2.0/UDP 192.0.2.1 ; rport ;branch = b",
          "SIP/2.0/UDP 192.0.2.1;branch = b;rport=4321;received=192.0.2.1" },
        { "SIP/2.0/UDP 192.0.2.1:5070;branch=b;rport",
          "SIP/2.0/UDP 192.0.2.1:5070;branch=b;rport=4321;received=192.0.2.1" },
        { "SIP/2.0/UDP 192.0.2.1:5070;branch=b;rport=9;x",
          "SIP/2.0/UDP 192.0.2.1:5070;branch=b;x;rport=4321;received=192.0.2.1" },
        { "SIP/2.0/UDP 192.0.2.1:5070;rport;branch=b;rport",
          "SIP/2.0/UDP 192.0.2.1:5070;branch=b;rport=4321;received=192.0.2.1" },
        { "SIP/2.0/UDP 192.0.2.1:5;y;received=6.6.6.6;branch=b;rport",
          "SIP/2.0/UDP 192.0.2.1:5;y;branch=b;rport=4321;received=192.0.2.1" },
        { "SIP/2.0/UDP 192.0.2.1;xbranch=a;rport;branch=b",
          "SIP/2.0/UDP 192.0.2.1;xbranch=a;branch=b;rport=4321;received=192.0.2.1" },
        { "SIP/2.0/UDP [::ffff:192.0.2.1]", "SIP/2.0/UDP [::ffff:192.0.2.1]" },
        /* A bare CR makes a message malformed, and its Via is in the answer. */
        { "SIP/2.0/UDP 192.0.2.1;branch=b\r;rport\r;x",
          "SIP/2.0/UDP 192.0.2.1;branch=b;x;rport=4321;received=192.0.2.1" },
    };
    struct address remote = address_v4(192, 0, 2, 1, 4321);

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct via via = scan(table[i].via);
        char       memory[256];
        struct buf b = BUF_ON(memory);

        via_write_received(&b, &via, &remote);
        CHECK_SLICE(table[i].want, buf_slice(&b));
    }
}

/* RFC 5118 4.5: IPv6 in received has no brackets. */
TEST(received_of_an_ipv6_source_has_no_brackets)
{
    struct via     via = scan("SIP/2.0/UDP h;branch=b");
    struct address remote;
    char           memory[256];
    struct buf     b = BUF_ON(memory);

    CHECK(address_parse(SLICE("[2001:db8::1]:5060"), &remote));
    via_write_received(&b, &via, &remote);
    CHECK_SLICE("SIP/2.0/UDP h;branch=b;received=2001:db8::1", buf_slice(&b));
}

/* RFC 3261 18.2.2, RFC 3581 4, RFC 3263 5 */
TEST(response_goes_where_the_via_says)
{
    static const struct {
        const char *via, *address; /* NULL: a name */
        const char *host;
        int         port;
    } table[] = {
        { "SIP/2.0/UDP 192.0.2.1", "192.0.2.1:5060", NULL, 0 },
        { "SIP/2.0/TLS 192.0.2.1", "192.0.2.1:5061", NULL, 0 },
        { "SIP/2.0/UDP 192.0.2.1:5070", "192.0.2.1:5070", NULL, 0 },
        { "SIP/2.0/UDP host.test:5070;received=192.0.2.9", "192.0.2.9:5070", NULL, 0 },
        { "SIP/2.0/UDP host.test:5070;received=192.0.2.9;rport=1234", "192.0.2.9:1234", NULL, 0 },
        { "SIP/2.0/UDP host.test;received=2001:db8::1;rport=1234", "[2001:db8::1]:1234", NULL, 0 },
        { "SIP/2.0/UDP host.test;received=[2001:db8::1]", "[2001:db8::1]:5060", NULL, 0 },
        { "SIP/2.0/UDP h:5070;maddr=224.2.0.1;received=192.0.2.9", "224.2.0.1:5070", NULL, 0 },
        { "SIP/2.0/UDP host.test", NULL, "host.test", 0 },
        { "SIP/2.0/UDP host.test:5070", NULL, "host.test", 5070 },
        { "SIP/2.0/UDP host.test;maddr=other.test", NULL, "other.test", 0 },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct via     via = scan(table[i].via);
        struct address out;
        struct slice   host;
        uint16_t       port;
        char           memory[ADDRESS_TEXT];
        struct buf     b = BUF_ON(memory);

        if (table[i].address == NULL) {
            CHECK(!via_response_address(&via, &out, &host, &port));
            CHECK_SLICE(table[i].host, host);
            CHECK_INT(table[i].port, port);
            continue;
        }
        CHECK(via_response_address(&via, &out, &host, &port));
        address_write(&b, &out);
        CHECK_SLICE(table[i].address, buf_slice(&b));
    }
}

static const char usual[] = "UDP host.test:5060;branch=z9hG4bK1;rport;received=1.2.3.4;rport=17;x=\"1\"";

/* A Via as nearly everyone writes it is read straight through where it is padded, with what is no part of it; with
 * blanks around it by the whole grammar. */
static void check_both_ways(const char *rest, size_t len)
{
    char        one[sizeof usual + 32], all[sizeof usual + 16];
    struct via  a, b;
    struct scan s, t;
    bool        found;

    memcpy(one, "SIP/2.0/", 8);
    memcpy(one + 8, rest, len);
    memcpy(all, "SIP /2.0/", 9);
    memcpy(all + 9, rest, len);
    memcpy(one + 8 + len, len % 2 == 0 ? "nch=xxxxxxxxxxxx" : ";rport=1;branch=", 16);
    s = scan_from(test_guarded((struct slice){ one, len + 24 }));
    s.end -= 16;
    t     = scan_from((struct slice){ all, len + 9 });
    found = via_scan(&s, &a);
    CHECK_INT(via_scan(&t, &b), found);
    CHECK_INT(t.end - t.at, s.end - s.at);
    assert_true(slice_eq(b.host, a.host) && slice_eq(b.branch, a.branch) && slice_eq(b.transport, a.transport));
    CHECK_INT(b.port, a.port);
    CHECK_INT(b.rport, a.rport);
    CHECK_INT(b.rport_value, a.rport_value);
    assert_true(slice_eq(b.received, a.received));
    if (found)
        CHECK_INT(b.text.len - 1, a.text.len);
}

TEST(usual_form_is_read_to_the_same_result)
{
    static const char bytes[] = ";:=, \t\"/[]0UDPr\x80";

    srand(1);
    for (int round = 0; round < 20000; round++) {
        char   text[sizeof usual];
        size_t len = round % 2 == 0 ? sizeof usual - 7 : (size_t)rand() % sizeof usual;

        memcpy(text, usual, sizeof usual);
        for (int i = rand() % 4; i > 0; i--)
            text[(size_t)rand() % (sizeof usual - 1)] = bytes[(size_t)rand() % (sizeof bytes - 1)];
        check_both_ways(text, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(via_reads_every_part),
        cmocka_unit_test(received_may_be_ipv6_in_either_form),
        cmocka_unit_test(alias_is_a_word_of_its_own),
        cmocka_unit_test(via_stops_before_the_next_value),
        cmocka_unit_test(via_rejects_and_says_where),
        cmocka_unit_test(received_and_rport_are_written_as_the_source_asks),
        cmocka_unit_test(received_of_an_ipv6_source_has_no_brackets),
        cmocka_unit_test(response_goes_where_the_via_says),
        cmocka_unit_test(usual_form_is_read_to_the_same_result),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
