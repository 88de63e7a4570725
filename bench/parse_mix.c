/* SPDX-License-Identifier: BSD-2-Clause */
#include "parse_mix.h"

#define SDP                                                                                                            \
    "v=0\r\n"                                                                                                          \
    "o=alice 2890844526 2890844526 IN IP4 192.0.2.11\r\n"                                                              \
    "s=-\r\n"                                                                                                          \
    "c=IN IP4 192.0.2.11\r\n"                                                                                          \
    "t=0 0\r\n"                                                                                                        \
    "m=audio 49170 RTP/AVP 0 8 9 101\r\n"                                                                              \
    "a=rtpmap:0 PCMU/8000\r\n"                                                                                         \
    "a=rtpmap:8 PCMA/8000\r\n"                                                                                         \
    "a=rtpmap:9 G722/8000\r\n"                                                                                         \
    "a=rtpmap:101 telephone-event/8000\r\n"                                                                            \
    "a=fmtp:101 0-15\r\n"                                                                                              \
    "a=ptime:20\r\n"                                                                                                   \
    "a=sendrecv\r\n"

const struct slice parse_mix[PARSE_MIX] = {
    SLICE_INIT("INVITE sip:bob@example.test SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-524287-1---7c2f8a31be4a9d02;rport\r\n"
               "Via: SIP/2.0/UDP"
               " 192.0.2.11:5060;received=192.0.2.11;rport=5060;branch=z9hG4bKPj3mTqfXvQnM8rW1zC\r\n"
               "Record-Route: <sip:192.0.2.1;lr;ftag=1928301774>\r\n"
               "Max-Forwards: 69\r\n"
               "From: \"Alice Liddell\" <sip:alice@example.test>;tag=1928301774\r\n"
               "To: \"Bob\" <sip:bob@example.test>\r\n"
               "Call-ID: a84b4c76e66710-7fd2c3b1@192.0.2.11\r\n"
               "CSeq: 314159 INVITE\r\n"
               "Contact: <sip:alice@192.0.2.11:5060;transport=udp>\r\n"
               "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, UPDATE, PRACK\r\n"
               "Supported: replaces, timer, 100rel, path\r\n"
               "P-Asserted-Identity: \"Alice Liddell\" <sip:alice@example.test>\r\n"
               "Session-Expires: 1800\r\n"
               "Min-SE: 90\r\n"
               "User-Agent: Desk Phone 4.2.1 (build 1187)\r\n"
               "Content-Type: application/sdp\r\n"
               "Content-Length: 262\r\n"
               "\r\n" SDP),
    SLICE_INIT("SIP/2.0 200 OK\r\n"
               "Via: SIP/2.0/UDP"
               " 192.0.2.1:5060;branch=z9hG4bK-524287-1---7c2f8a31be4a9d02;rport=5060;received=192.0.2.1\r\n"
               "Via: SIP/2.0/UDP"
               " 192.0.2.11:5060;received=192.0.2.11;rport=5060;branch=z9hG4bKPj3mTqfXvQnM8rW1zC\r\n"
               "Record-Route: <sip:192.0.2.1;lr;ftag=1928301774>\r\n"
               "From: \"Alice Liddell\" <sip:alice@example.test>;tag=1928301774\r\n"
               "To: \"Bob\" <sip:bob@example.test>;tag=8321234356\r\n"
               "Call-ID: a84b4c76e66710-7fd2c3b1@192.0.2.11\r\n"
               "CSeq: 314159 INVITE\r\n"
               "Contact: <sip:bob@192.0.2.12:5060;transport=udp>\r\n"
               "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, UPDATE, PRACK\r\n"
               "Supported: replaces, timer\r\n"
               "Server: Soft Phone 1.18.0\r\n"
               "Content-Type: application/sdp\r\n"
               "Content-Length: 262\r\n"
               "\r\n" SDP),
    SLICE_INIT("REGISTER sip:example.test SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 192.0.2.11:5060;rport;branch=z9hG4bKPj8sYp1dRk0LqVtB2e\r\n"
               "Max-Forwards: 70\r\n"
               "From: \"Alice Liddell\" <sip:alice@example.test>;tag=a73kszlfl\r\n"
               "To: \"Alice Liddell\" <sip:alice@example.test>\r\n"
               "Call-ID: 1j9FpLxk3uxtm8tn@192.0.2.11\r\n"
               "CSeq: 1826 REGISTER\r\n"
               "User-Agent: Desk Phone 4.2.1 (build 1187)\r\n"
               "Supported: path, outbound, gruu\r\n"
               "Contact: <sip:alice@192.0.2.11:5060;transport=udp>;+sip.instance=\"<urn:uuid:00000000-0000-1"
               "000-8000-000a95a0e128>\";reg-id=1;expires=3600\r\n"
               "Authorization: Digest username=\"alice\", realm=\"example.test\","
               " nonce=\"ea9c8e88df84f1cec4341ae6cbe5a359\", uri=\"sip:example.test\", qop=auth,"
               " nc=00000001, cnonce=\"0a4f113b\", response=\"dfe56131d1958046689d83306477ecc1\","
               " algorithm=MD5\r\n"
               "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, UPDATE, PRACK\r\n"
               "Content-Length: 0\r\n"
               "\r\n"),
    SLICE_INIT("SIP/2.0 200 OK\r\n"
               "Via: SIP/2.0/UDP"
               " 192.0.2.11:5060;rport=5060;received=192.0.2.11;branch=z9hG4bKPj8sYp1dRk0LqVtB2e\r\n"
               "From: \"Alice Liddell\" <sip:alice@example.test>;tag=a73kszlfl\r\n"
               "To: \"Alice Liddell\" <sip:alice@example.test>;tag=37GkEhwl6\r\n"
               "Call-ID: 1j9FpLxk3uxtm8tn@192.0.2.11\r\n"
               "CSeq: 1826 REGISTER\r\n"
               "Contact: <sip:alice@192.0.2.11:5060;transport=udp>;+sip.instance=\"<urn:uuid:00000000-0000-1"
               "000-8000-000a95a0e128>\";reg-id=1;expires=3600\r\n"
               "Contact: <sip:alice@192.0.2.19:41782;transport=tcp>;q=0.5;expires=1207;pub-gruu=\"sip:a@b.test;gr\"\r\n"
               "Path: <sip:edge1.example.test;lr;ob>\r\n"
               "Service-Route: <sip:registrar.example.test;lr>\r\n"
               "Supported: path, outbound, gruu\r\n"
               "Date: Thu, 26 Nov 2026 12:00:00 GMT\r\n"
               "Server: Ahoy\r\n"
               "Content-Length: 0\r\n"
               "\r\n"),
};
