/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/way_back.h"

#include "support/test.h"

#include <stdio.h>

static struct message *request(enum transport transport, const char *vias, const char *contact)
{
    struct parse_fault fault = { 0 };
    char               text[1024];
    struct message    *m;

    snprintf(text, sizeof text,
             "INVITE sip:a@b SIP/2.0\r\n%sFrom: <sip:x@y>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
             "Max-Forwards: 70\r\nContact: %s\r\nContent-Length: 0\r\n\r\n",
             vias, contact);
    m = message_parse(slice_from(text), &fault);
    CHECK(m != NULL);
    m->flow = (struct flow){ .transport = transport, .remote = address_v4(203, 0, 113, 9, 40000) };
    return m;
}

#define VIA(host) "Via: SIP/2.0/UDP " host ";branch=z9hG4bK1\r\n"

/* RFC 3581 4, RFC 5626 5.3, RFC 7118 5.4. */
TEST(only_the_flow_leads_back_to_a_stream_and_through_a_translator)
{
    static const struct {
        enum transport transport;
        const char    *vias, *contact;
        bool           needed;
    } cases[] = {
        { TRANSPORT_UDP, VIA("203.0.113.9"), "<sip:x@203.0.113.9:5070>", false },
        { TRANSPORT_UDP, VIA("10.0.0.7"), "<sip:x@10.0.0.7>", true },
        { TRANSPORT_UDP, VIA("10.0.0.7"), "<sip:x@192.168.1.1>", true },               /* private, seen from outside */
        { TRANSPORT_UDP, VIA("198.51.100.7"), "<sip:x@198.51.100.7>", true },          /* as its Via says            */
        { TRANSPORT_UDP, VIA("203.0.113.9"), "<sip:x@198.51.100.7>", false },          /* somebody else              */
        { TRANSPORT_UDP, VIA("203.0.113.9"), "<sip:x@phone.test>", false },            /* found by its name          */
        { TRANSPORT_UDP, VIA("10.0.0.7") VIA("10.0.0.8"), "<sip:x@10.0.0.8>", false }, /* a proxy's flow     */
        { TRANSPORT_TCP, VIA("203.0.113.9"), "<sip:x@203.0.113.9:5070>", true },
        { TRANSPORT_TCP, VIA("203.0.113.9"), "<sip:x@198.51.100.7>", false },
        { TRANSPORT_WSS, VIA("h.invalid"), "<sip:x@h.invalid;transport=ws>", true },
        { TRANSPORT_TCP, VIA("203.0.113.9"), "*", false },
        { TRANSPORT_UDP, VIA("203.0.113.9"), "<sip:x@phone.test;ob>", true }, /* RFC 5626 5.3.2: it asks for that */
        { TRANSPORT_UDP, VIA("203.0.113.9"), "<sip:x@198.51.100.7;ob>", true },
        { TRANSPORT_UDP, VIA("203.0.113.9"), "<sip:x@phone.test;gr=urn:x:1>", true }, /* RFC 5627 */
        { TRANSPORT_UDP, VIA("203.0.113.9"), "<sip:tgruu.x@phone.test;gr>", true },
        { TRANSPORT_UDP, VIA("10.0.0.7") VIA("10.0.0.8"), "<sip:x@phone.test;gr=1>", false },
        { TRANSPORT_UDP, VIA("10.0.0.7") VIA("10.0.0.8"), "<sip:x@10.0.0.8;ob>", false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct message *m = request(cases[i].transport, cases[i].vias, cases[i].contact);
        struct flow     flow;
        struct uri      contact;

        if (way_back_of_sender(m, &flow, &contact) != cases[i].needed)
            fail_msg("case %zu", i);
        if (cases[i].needed)
            CHECK(address_eq(&flow.remote, &m->flow.remote));
        message_drop(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_flow_leads_back_to_a_stream_and_through_a_translator),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
