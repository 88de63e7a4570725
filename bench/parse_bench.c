/* SPDX-License-Identifier: BSD-2-Clause */
/* parse_bench - what it costs to read a message, for four typical ones.
 *
 *     parse_bench            nanoseconds, the best of several rounds each
 *     parse_bench NAME N     N parses of one: callgrind collects only these */
#include "sip/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <valgrind/callgrind.h>

static const struct {
    const char  *name;
    struct slice text;
} messages[] = {
    { "options", SLICE_INIT("OPTIONS sip:example.test SIP/2.0\r\n"
                            "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds;rport\r\n"
                            "Max-Forwards: 70\r\n"
                            "From: <sip:monitor@example.test>;tag=49583\r\n"
                            "To: <sip:example.test>\r\n"
                            "Call-ID: 843817637684230@192.0.2.10\r\n"
                            "CSeq: 63104 OPTIONS\r\n"
                            "Content-Length: 0\r\n\r\n") },
    { "register",
      SLICE_INIT("REGISTER sip:example.test SIP/2.0\r\n"
                 "Via: SIP/2.0/UDP 192.0.2.11:5060;branch=z9hG4bKnashds7aa1;rport\r\n"
                 "Max-Forwards: 70\r\n"
                 "From: \"Alice\" <sip:alice@example.test>;tag=a73kszlfl\r\n"
                 "To: \"Alice\" <sip:alice@example.test>\r\n"
                 "Call-ID: 1j9FpLxk3uxtm8tn@192.0.2.11\r\n"
                 "CSeq: 1826 REGISTER\r\n"
                 "User-Agent: Ahoy/0.1\r\n"
                 "Supported: path, outbound\r\n"
                 "Contact: <sip:alice@192.0.2.11:5060;transport=udp>;expires=3600\r\n"
                 "Authorization: Digest username=\"alice\", realm=\"example.test\", "
                 "nonce=\"ea9c8e88df84f1cec4341ae6cbe5a359\", uri=\"sip:example.test\", qop=auth, nc=00000001, "
                 "cnonce=\"0a4f113b\", response=\"dfe56131d1958046689d83306477ecc1\", algorithm=MD5\r\n"
                 "Content-Length: 0\r\n\r\n") },
    { "invite",
      SLICE_INIT("INVITE sip:bob@example.test SIP/2.0\r\n"
                 "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-proxy-9d8s7f;rport\r\n"
                 "Via: SIP/2.0/UDP 192.0.2.11:5060;branch=z9hG4bKnashds8;received=192.0.2.11;rport=5060\r\n"
                 "Record-Route: <sip:192.0.2.1;lr>\r\n"
                 "Max-Forwards: 69\r\n"
                 "From: \"Alice\" <sip:alice@example.test>;tag=1928301774\r\n"
                 "To: \"Bob\" <sip:bob@example.test>\r\n"
                 "Call-ID: a84b4c76e66710@192.0.2.11\r\n"
                 "CSeq: 314159 INVITE\r\n"
                 "Contact: <sip:alice@192.0.2.11:5060>\r\n"
                 "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, UPDATE\r\n"
                 "Supported: replaces, timer, path\r\n"
                 "User-Agent: Ahoy/0.1\r\n"
                 "Content-Type: application/sdp\r\n"
                 "Content-Length: 151\r\n\r\n"
                 "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.11\r\ns=-\r\nc=IN IP4 192.0.2.11\r\nt=0 0\r\n"
                 "m=audio 49170 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n") },
    { "ok", SLICE_INIT("SIP/2.0 200 OK\r\n"
                       "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-proxy-9d8s7f;rport=5060;received=192.0.2.1\r\n"
                       "Via: SIP/2.0/UDP 192.0.2.11:5060;branch=z9hG4bKnashds8;received=192.0.2.11;rport=5060\r\n"
                       "Record-Route: <sip:192.0.2.1;lr>\r\n"
                       "From: \"Alice\" <sip:alice@example.test>;tag=1928301774\r\n"
                       "To: \"Bob\" <sip:bob@example.test>;tag=314159\r\n"
                       "Call-ID: a84b4c76e66710@192.0.2.11\r\n"
                       "CSeq: 314159 INVITE\r\n"
                       "Contact: <sip:bob@192.0.2.12:5060>\r\n"
                       "Content-Length: 0\r\n\r\n") },
};

enum { COUNT = sizeof messages / sizeof *messages, ROUNDS = 15, PARSES = 20000 };

static void parse(size_t index, unsigned times)
{
    struct parse_fault fault;

    for (unsigned i = 0; i < times; i++) {
        struct message *m = message_parse(messages[index].text, &fault);

        if (m == NULL) {
            fprintf(stderr, "%s: expected %s at %zu\n", messages[index].name, fault.expected, fault.offset);
            exit(1);
        }
        message_drop(m);
    }
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void measure(size_t index)
{
    double best = 1e18;

    parse(index, PARSES);
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns(), ns;

        parse(index, PARSES);
        ns   = (now_ns() - start) / PARSES;
        best = ns < best ? ns : best;
    }
    printf("%s %.1f\n", messages[index].name, best);
}

static void collect(size_t index, unsigned times)
{
    parse(index, 1); /* the dynamic linker's share */
    CALLGRIND_TOGGLE_COLLECT;
    parse(index, times);
    CALLGRIND_TOGGLE_COLLECT;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (argc < 3)
            measure(i);
        else if (strcmp(argv[1], messages[i].name) == 0)
            collect(i, (unsigned)strtoul(argv[2], NULL, 10));
    }
    return 0;
}
