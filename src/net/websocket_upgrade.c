/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/websocket_upgrade.h"

#include "base/scan.h"
#include "net/http_head.h"

#include <openssl/evp.h>
#include <stdlib.h>

enum { KEY = 24, ACCEPT = 28 }; /* characters of base64: 16 bytes, and SHA-1's 20 */

static const struct slice guid = SLICE_INIT("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");

/* RFC 6455 4.2.2 item 5.4.  False if the library of algorithms fails us. */
static bool make_accept(struct slice key, char accept[ACCEPT + 1])
{
    char          text[KEY + 36];
    unsigned char digest[20];
    size_t        len = sizeof digest;

    memcpy(text, key.ptr, KEY);
    memcpy(text + KEY, guid.ptr, guid.len);
    if (EVP_Q_digest(NULL, "SHA1", NULL, text, sizeof text, digest, &len) != 1)
        return false;
    EVP_EncodeBlock((unsigned char *)accept, digest, sizeof digest);
    return true;
}

/* Base64 of 16 bytes, in the one way to write it. */
static bool is_key(struct slice value)
{
    unsigned char bytes[18], again[KEY + 1];

    if (value.len != KEY || EVP_DecodeBlock(bytes, (const unsigned char *)value.ptr, KEY) != (int)sizeof bytes)
        return false;
    EVP_EncodeBlock(again, bytes, UPGRADE_NONCE);
    return memcmp(again, value.ptr, KEY) == 0;
}

struct refusal {
    unsigned    status;
    const char *why;
};

#define GOOD ((struct refusal){ 101, NULL })

static struct refusal refuse(unsigned status, const char *why)
{
    return (struct refusal){ status, why };
}

/* RFC 9110 7.2, RFC 6455 4.2.1: one Host; and a GET without a body, which would be
 * read as frames. */
static struct refusal check_http(const struct http_head *head)
{
    struct slice value;

    if (!slice_eq(head->method, SLICE("GET")))
        return refuse(405, "the method is not GET");
    if (http_find(head, SLICE("Host"), &value) != 1 || value.len == 0)
        return refuse(400, "there is not one Host");
    if (http_find(head, SLICE("Transfer-Encoding"), &value) != 0 ||
        (http_find(head, SLICE("Content-Length"), &value) != 0 && !slice_eq(value, SLICE("0"))))
        return refuse(400, "the request has a body");
    return GOOD;
}

/* RFC 6455 4.2.1 items 3 to 6, 4.4. */
static struct refusal check_websocket(const struct http_head *head)
{
    struct slice value;

    if (!http_list_has(head, SLICE("Upgrade"), SLICE("websocket"), true))
        return refuse(426, "Upgrade does not ask for websocket");
    if (!http_list_has(head, SLICE("Connection"), SLICE("Upgrade"), true))
        return refuse(400, "Connection does not name Upgrade");
    if (http_find(head, SLICE("Sec-WebSocket-Version"), &value) != 1)
        return refuse(400, "there is not one Sec-WebSocket-Version");
    if (!slice_eq(value, SLICE("13")))
        return refuse(426, "Sec-WebSocket-Version is not 13");
    if (http_find(head, SLICE("Sec-WebSocket-Key"), &value) != 1 || !is_key(value))
        return refuse(400, "there is not one Sec-WebSocket-Key of 16 bytes");
    return GOOD;
}

/* RFC 6455 10.2: only a browser says where a page comes from, and only pages in
 * browsers act without their user's knowledge: without Origin it is none. */
static bool is_origin_allowed(const struct http_head *head, const struct websocket_rules *rules)
{
    struct slice origin;
    unsigned     found = http_find(head, SLICE("Origin"), &origin);

    if (rules->origin_count == 0 || found == 0)
        return true;
    for (size_t i = 0; i < rules->origin_count && found == 1; i++)
        if (slice_eq_nocase(origin, rules->origins[i]))
            return true;
    return false;
}

static struct refusal judge(const struct http_head *head, const struct websocket_rules *rules)
{
    struct refusal r = check_http(head);

    if (r.status == 101)
        r = check_websocket(head);
    if (r.status != 101)
        return r;
    if (!is_origin_allowed(head, rules))
        return refuse(403, "Origin is not among websocket_origins");
    if (!http_list_has(head, SLICE("Sec-WebSocket-Protocol"), SLICE("sip"), false)) /* RFC 7118 4.1 */
        return refuse(400, "Sec-WebSocket-Protocol does not offer sip");
    return GOOD;
}

static const char *reason_phrase(unsigned status)
{
    switch (status) {
    case 403:
        return "Forbidden";
    case 405:
        return "Method Not Allowed";
    case 426:
        return "Upgrade Required";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 505:
        return "HTTP Version Not Supported";
    }
    return "Bad Request";
}

/* RFC 9110 15.5.22: 426 says to what; it is all that a browser's window shows of us. */
void upgrade_refuse(unsigned status, const char *why, struct buf *out)
{
    static const char what[] = "SIP over WebSocket (RFC 7118) is spoken here: ";

    buf_printf(out, "HTTP/1.1 %u %s\r\n", status, reason_phrase(status));
    if (status == 405)
        buf_put(out, SLICE("Allow: GET\r\n"));
    if (status == 426)
        buf_put(out, SLICE("Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n"));
    else
        buf_put(out, SLICE("Connection: close\r\n"));
    buf_printf(out, "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s%s.\n", sizeof what - 1 + strlen(why) + 2,
               what, why);
}

static const char *parse_problem(unsigned status)
{
    switch (status) {
    case 431:
        return "there are too many header fields";
    case 505:
        return "the version is not HTTP/1.1";
    }
    return "it is no HTTP";
}

unsigned upgrade_answer(struct slice head, const struct websocket_rules *rules, struct buf *out, const char **why)
{
    struct http_head parsed;
    struct slice     key;
    char             accept[ACCEPT + 1];
    unsigned         status = http_parse_request(head, &parsed);
    struct refusal   r      = status == 0 ? judge(&parsed, rules) : refuse(status, parse_problem(status));

    http_find(&parsed, SLICE("Sec-WebSocket-Key"), &key);
    if (r.status == 101 && !make_accept(key, accept))
        r = refuse(500, "SHA-1 is not to be had");
    *why = r.why;
    if (r.status != 101)
        upgrade_refuse(r.status, r.why, out);
    else
        buf_printf(out,
                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
                   accept);
    return r.status;
}

static void make_key(const unsigned char *nonce, char key[KEY + 1])
{
    EVP_EncodeBlock((unsigned char *)key, nonce, UPGRADE_NONCE);
}

void upgrade_ask(struct slice host, bool secure, const unsigned char *nonce, struct buf *out)
{
    char key[KEY + 1];

    make_key(nonce, key);
    buf_printf(out,
               "GET / HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\nOrigin: %s://%.*s\r\n\r\n",
               SLICE_ARG(host), key, secure ? "https" : "http", SLICE_ARG(host));
}

/* RFC 6455 4.1, the client's six checks. */
static const char *judge_answer(const struct http_head *head, const unsigned char *nonce)
{
    char         key[KEY + 1], accept[ACCEPT + 1];
    struct slice value;

    if (head->status != 101)
        return "the server does not upgrade";
    if (http_find(head, SLICE("Upgrade"), &value) != 1 || !slice_eq_nocase(value, SLICE("websocket")))
        return "the server upgrades to something else";
    if (!http_list_has(head, SLICE("Connection"), SLICE("Upgrade"), true))
        return "Connection does not name Upgrade";
    make_key(nonce, key);
    if (!make_accept(slice_from(key), accept))
        return "SHA-1 is not to be had";
    if (http_find(head, SLICE("Sec-WebSocket-Accept"), &value) != 1 || !slice_eq(value, slice_from(accept)))
        return "Sec-WebSocket-Accept does not fit our key";
    if (http_find(head, SLICE("Sec-WebSocket-Extensions"), &value) != 0)
        return "the server chose an extension that was not offered";
    if (http_find(head, SLICE("Sec-WebSocket-Protocol"), &value) != 1 || !slice_eq(value, SLICE("sip")))
        return "the server did not choose the subprotocol sip";
    return NULL;
}

bool upgrade_check(struct slice head, const unsigned char *nonce, unsigned *status, const char **why)
{
    struct http_head parsed;

    *status = 0;
    *why    = "the answer is no HTTP/1.1";
    if (!http_parse_response(head, &parsed))
        return false;
    *status = parsed.status;
    *why    = judge_answer(&parsed, nonce);
    return *why == NULL;
}
