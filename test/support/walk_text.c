/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/walk_text.h"

#include <string.h>

unsigned choose(struct choices *c)
{
    return c->at < c->size ? c->data[c->at++] : 0;
}

/* ---- texts that were heard ---- */

static struct slice line_of(struct slice *rest)
{
    const char  *end  = memmem(rest->ptr, rest->len, "\r\n", 2);
    struct slice line = slice_between(rest->ptr, end == NULL ? rest->ptr + rest->len : end);

    *rest = end == NULL ? (struct slice){ line.ptr + line.len, 0 } : slice_between(end + 2, rest->ptr + rest->len);
    return line;
}

/* The value if it is a line of that name, else empty. */
static struct slice value_of(struct slice line, const char *name)
{
    size_t len = strlen(name);

    if (line.len < len + 2 || memcmp(line.ptr, name, len) != 0 || line.ptr[len] != ':')
        return SLICE("");
    return (struct slice){ line.ptr + len + 2, line.len - len - 2 };
}

struct slice walk_value(struct slice text, const char *name)
{
    struct slice value = SLICE("");

    while (text.len > 0 && value.len == 0)
        value = value_of(line_of(&text), name);
    return value;
}

static void put_lines(struct buf *b, struct slice text, const char *name, const char *as)
{
    while (text.len > 0) {
        struct slice value = value_of(line_of(&text), name);

        if (value.len > 0)
            buf_printf(b, "%s: %.*s\r\n", as, SLICE_ARG(value));
    }
}

/* The last first: Record-Route as a caller's Route. */
static void put_lines_backwards(struct buf *b, struct slice text, const char *name, const char *as)
{
    struct slice values[16];
    unsigned     count = 0;

    while (text.len > 0 && count < 16) {
        struct slice value = value_of(line_of(&text), name);

        if (value.len > 0)
            values[count++] = value;
    }
    while (count-- > 0)
        buf_printf(b, "%s: %.*s\r\n", as, SLICE_ARG(values[count]));
}

/* What stands between < and >. */
static struct slice uri_of(struct slice value)
{
    const char *start = memchr(value.ptr, '<', value.len), *end = memchr(value.ptr, '>', value.len);

    return start != NULL && end != NULL && start < end ? slice_between(start + 1, end) : SLICE("");
}

static unsigned number_of(struct slice cseq)
{
    unsigned number = 0;

    for (size_t i = 0; i < cseq.len && number < 1000000 && cseq.ptr[i] >= '0' && cseq.ptr[i] <= '9'; i++)
        number = number * 10 + (unsigned)(cseq.ptr[i] - '0');
    return number;
}

/* ---- a request ---- */

static const char *const methods[] = { "INVITE",   "INVITE",   "INVITE",   "INVITE",   "INVITE", "MESSAGE",
                                       "MESSAGE",  "REGISTER", "REGISTER", "REGISTER", "BYE",    "OPTIONS",
                                       "REGISTER", "FOO",      "CANCEL",   "ACK" };

static const char *const uris[] = { "sip:bob@example.test",
                                    "sip:bob@example.test",
                                    "sip:alice@example.test",
                                    "sip:bob@example.test",
                                    "sip:carol@b.test",
                                    "sip:alice@example.test",
                                    "sip:bob@example.test",
                                    "sip:carol@b.test",
                                    "sip:bob@example.test",
                                    "sip:alice@example.test",
                                    "sip:bob@example.test",
                                    "sip:carol@b.test",
                                    "sip:bob@example.test",
                                    "sip:alice@example.test",
                                    "sip:carol@b.test",
                                    "sip:bob@192.0.2.1",
                                    "sip:x@far.test",
                                    "sip:example.test",
                                    "sip:192.0.2.2:5060;lr",
                                    "sip:loop@b.test",
                                    "sip:dora@c.test",
                                    "tel:+15551234",
                                    "sip:bob@example.test;maddr=192.0.2.66",
                                    "sip:bob@example.test:5060;maddr=192.0.2.1;transport=tcp",
                                    "sips:bob@example.test",
                                    "sip:x@away.test",
                                    "mailto:bob@example.test",
                                    "sip:bob@example.test;gr=urn:uuid:1" };

static const char *const froms[] = { "sip:alice@example.test", "sip:bob@b.test",      "sip:eve@far.test",
                                     "sip:alice@example.test", "sip:dora@c.test",     "sip:bob@192.0.2.1",
                                     "sip:eve@far.test",       "sip:carol@b.test;x=y" };

static const char *const tos[] = { "<sip:bob@example.test>",        "<sip:carol@b.test>",
                                   "<sip:alice@example.test>",      "<sip:loop@b.test>",
                                   "<sip:bob@example.test>;tag=t1", "<sip:dora@c.test>" };

static const char *const contacts[] = { "<sip:bob@192.0.2.9:6001>",
                                        "<sip:carol@192.0.2.9:6002>;q=0.5",
                                        "<sip:alice@192.0.2.9:6000>",
                                        "<sip:bob@192.0.2.9:6001>, <sip:carol@192.0.2.9:6002>;q=0.5",
                                        "<sip:carol@b.test>",
                                        "<sip:bob@example.test>, <sip:loop@b.test>",
                                        "<sip:loop@192.0.2.2>",
                                        "<sip:x@192.0.2.66>",
                                        "<sip:bob@192.0.2.9:6001;transport=tcp>;expires=60",
                                        "*\r\nExpires: 0",
                                        "<sip:bob@192.0.2.9:6001>;+sip.instance=\"<urn:uuid:1>\";reg-id=1",
                                        "<sips:bob@192.0.2.9:6001>",
                                        "<tel:+15551234>" };

static const char *const routes[] = { "",
                                      "",
                                      "",
                                      "",
                                      "",
                                      "Route: <sip:192.0.2.1;lr>\r\n",
                                      "Route: <sip:192.0.2.1;lr>, <sip:192.0.2.2;lr>\r\n",
                                      "Route: <sip:192.0.2.66;lr>\r\n",
                                      "Route: <sip:192.0.2.1>\r\n",
                                      "Route: <sip:far.test;lr>, <sip:192.0.2.1;lr>\r\n",
                                      "Route: <sip:192.0.2.2;lr>, <sip:192.0.2.1;lr>, <sip:192.0.2.2;lr>\r\n",
                                      "Route: <sip:0123456789abcdef@192.0.2.1;lr>\r\n" };

static const char *const hops[] = {
    "Max-Forwards: 70\r\n", "Max-Forwards: 70\r\n", "Max-Forwards: 70\r\n", "Max-Forwards: 70\r\n",
    "Max-Forwards: 70\r\n", "Max-Forwards: 70\r\n", "Max-Forwards: 70\r\n", "",
    "Max-Forwards: 0\r\n",  "Max-Forwards: 1\r\n",  "Max-Forwards: 5\r\n",  "Max-Forwards: 255\r\n",
    "Max-Forwards: 256\r\n"
};

static const char *const lines[] = { "",
                                     "",
                                     "",
                                     "",
                                     "Max-Breadth: 1\r\n",
                                     "Max-Breadth: 0\r\n",
                                     "Require: magic\r\n",
                                     "Proxy-Require: magic\r\n",
                                     "Record-Route: <sip:192.0.2.66;lr>\r\n",
                                     "Via: SIP/2.0/UDP 192.0.2.66;branch=z9hG4bKbelow\r\n",
                                     "Request-Disposition: sequential, no-recurse\r\n",
                                     "Reject-Contact: *;audio\r\n",
                                     "Accept-Contact: *;+sip.instance=\"<urn:uuid:1>\"\r\n",
                                     "Supported: outbound, path, gruu\r\n",
                                     "Timestamp: 1\r\n",
                                     "P-Asserted-Identity: <sip:ceo@example.test>\r\n",
                                     "Proxy-Authorization: Digest username=\"dora\", realm=\"c.test\", nonce=\"0\","
                                     " uri=\"sip:c.test\", response=\"0\"\r\n",
                                     "Subject: \xff\r\n folded\r\n" };

static void put_route(struct buf *b, struct choices *c, struct slice token)
{
    unsigned kind = choose(c) % 16;

    if (kind == 0 && token.len > 0)
        buf_printf(b, "Route: <sip:%.*s@192.0.2.1;lr>\r\n", SLICE_ARG(token));
    else if (kind < 4)
        buf_printf(b, "%s", CHOOSE(routes, c));
}

static void put_end(struct buf *b, struct choices *c)
{
    static const unsigned sizes[] = { 0, 0, 0, 0, 0, 20, 1500, 0 };
    unsigned              size    = CHOOSE(sizes, c);

    buf_printf(b, "Content-Length: %u\r\n\r\n", size);
    for (unsigned i = 0; i < size; i++)
        buf_put_byte(b, 'b');
}

static void put_via(struct buf *b, struct choices *c, const struct walk_place *place)
{
    static const char *const params[] = { "", "", ";rport", ";received=192.0.2.66", ";maddr=192.0.2.66", ";alias" };

    buf_printf(b, "Via: SIP/2.0/%s 192.0.2.9:%u;branch=z9hG4bKw%u%s\r\n", place->transport, place->port, place->number,
               CHOOSE(params, c));
}

void walk_put_request(struct buf *b, struct choices *c, const struct walk_place *place)
{
    const char  *method  = CHOOSE(methods, c);
    bool         to_them = choose(c) % 8 == 0 && place->contact.len > 0;
    struct slice uri     = slice_from(CHOOSE(uris, c));

    if (strcmp(method, "REGISTER") == 0)
        uri = choose(c) % 4 == 0 ? SLICE("sip:b.test") : SLICE("sip:example.test");
    else if (to_them)
        uri = place->contact;
    buf_printf(b, "%s %.*s SIP/2.0\r\n", method, SLICE_ARG(uri));
    put_via(b, c, place);
    buf_printf(b, "From: <%s>;tag=f%u\r\n", CHOOSE(froms, c), choose(c) % 3);
    buf_printf(b, "To: %s\r\nCall-ID: c%u\r\nCSeq: %u %s\r\n", CHOOSE(tos, c), choose(c) % 6, 1 + place->number / 8,
               method);
    buf_printf(b, "Contact: %s\r\n%s%s", CHOOSE(contacts, c), CHOOSE(hops, c), CHOOSE(lines, c));
    put_route(b, c, place->token);
    put_end(b, c);
}

/* ---- what belongs to another message ---- */

void walk_put_answer(struct buf *b, struct choices *c, struct slice request)
{
    static const char *const statuses[] = { "200 OK",     "200 OK",   "180 Ringing", "486 Busy",      "302 Moved",
                                            "183 Early",  "200 OK",   "401 Who",     "407 Who",       "503 Full",
                                            "100 Trying", "603 No",   "487 Ended",   "305 Use Proxy", "408 Late",
                                            "404 None",   "699 \xff", "199 Lost",    "300 Many" };
    static const char *const tags[]     = { "t1", "t1", "t1", "t2", "t3", "t2" };
    struct slice             to         = walk_value(request, "To");

    buf_printf(b, "SIP/2.0 %s\r\n", CHOOSE(statuses, c));
    put_lines(b, request, "Via", "Via");
    put_lines(b, request, "From", "From");
    if (to.len > 4 && memmem(to.ptr, to.len, ";tag=", 5) != NULL)
        buf_printf(b, "To: %.*s\r\n", SLICE_ARG(to));
    else
        buf_printf(b, "To: %.*s;tag=%s\r\n", SLICE_ARG(to), CHOOSE(tags, c));
    put_lines(b, request, "Call-ID", "Call-ID");
    put_lines(b, request, "CSeq", "CSeq");
    put_lines(b, request, "Record-Route", "Record-Route");
    buf_printf(b, "Contact: %s\r\n", CHOOSE(contacts, c));
    put_end(b, c);
}

static struct slice request_uri(struct slice request)
{
    struct slice line  = line_of(&request);
    const char  *start = memchr(line.ptr, ' ', line.len), *end;

    if (start == NULL)
        return SLICE("sip:bob@example.test");
    end = memchr(start + 1, ' ', (size_t)(line.ptr + line.len - start - 1));
    return end == NULL ? SLICE("sip:bob@example.test") : slice_between(start + 1, end);
}

void walk_put_cancel(struct buf *b, struct choices *c, struct slice request)
{
    buf_printf(b, "CANCEL %.*s SIP/2.0\r\nVia: %.*s\r\n", SLICE_ARG(request_uri(request)),
               SLICE_ARG(walk_value(request, "Via")));
    put_lines(b, request, "From", "From");
    put_lines(b, request, "To", "To");
    put_lines(b, request, "Call-ID", "Call-ID");
    put_lines(b, request, "Route", "Route");
    buf_printf(b, "CSeq: %u CANCEL\r\n%s", number_of(walk_value(request, "CSeq")), CHOOSE(hops, c));
    put_end(b, c);
}

static bool is_refusal(struct slice response)
{
    return response.len > 8 && response.ptr[8] >= '3';
}

static void put_caller(struct buf *b, struct slice response, const char *method, unsigned cseq)
{
    put_lines(b, response, "From", "From");
    put_lines(b, response, "To", "To");
    put_lines(b, response, "Call-ID", "Call-ID");
    buf_printf(b, "CSeq: %u %s\r\n", cseq, method);
}

void walk_put_ack(struct buf *b, struct choices *c, struct slice response, const struct walk_place *place)
{
    struct slice uri = uri_of(walk_value(response, "Contact"));

    if (uri.len == 0)
        uri = SLICE("sip:bob@example.test");
    buf_printf(b, "ACK %.*s SIP/2.0\r\n", SLICE_ARG(uri));
    if (is_refusal(response))
        buf_printf(b, "Via: %.*s\r\n", SLICE_ARG(walk_value(response, "Via")));
    else
        put_via(b, c, place);
    put_caller(b, response, "ACK", number_of(walk_value(response, "CSeq")));
    if (!is_refusal(response))
        put_lines_backwards(b, response, "Record-Route", "Route");
    buf_printf(b, "%s", CHOOSE(hops, c));
    put_end(b, c);
}

void walk_put_later(struct buf *b, struct choices *c, struct slice heard, const struct walk_place *place)
{
    static const char *const later[]  = { "BYE", "INVITE", "UPDATE", "BYE", "INFO", "ACK" };
    const char              *method   = CHOOSE(later, c);
    bool                     response = heard.len > 7 && memcmp(heard.ptr, "SIP/2.0", 7) == 0;
    struct slice             uri      = uri_of(walk_value(heard, "Contact"));

    if (uri.len == 0)
        uri = SLICE("sip:x@192.0.2.66");
    buf_printf(b, "%s %.*s SIP/2.0\r\n", method, SLICE_ARG(uri));
    put_via(b, c, place);
    if (response) {
        put_caller(b, heard, method, number_of(walk_value(heard, "CSeq")) + 1);
        put_lines_backwards(b, heard, "Record-Route", "Route");
    } else {
        put_lines(b, heard, "To", "From");
        put_lines(b, heard, "From", "To");
        put_lines(b, heard, "Call-ID", "Call-ID");
        buf_printf(b, "CSeq: %u %s\r\n", 1 + choose(c), method);
        put_lines(b, heard, "Record-Route", "Route");
    }
    buf_printf(b, "Contact: %s\r\n%s", CHOOSE(contacts, c), CHOOSE(hops, c));
    put_end(b, c);
}

/* ---- damage ---- */

static void insert(struct buf *b, size_t at, const char *word)
{
    size_t size = strlen(word);

    if (b->len + size >= b->cap)
        return;
    memmove(b->ptr + at + size, b->ptr + at, b->len - at);
    memcpy(b->ptr + at, word, size);
    b->len += size;
}

void walk_damage(struct buf *b, struct choices *c)
{
    static const char *const words[] = { "\r\n",       "\r\n\r\n", ";",  ",", "<",     ">",       "\"",   "\\",
                                         "@",          "%00",      "*",  " ", "sips:", "maddr=",  "tag=", "branch=",
                                         "4294967296", "-1",       "lr", "0", "\xff",  "SIP/2.0", ":",    "z9hG4bK" };

    for (unsigned i = 1 + choose(c) % 3; i > 0 && b->len > 0; i--) {
        size_t at = (choose(c) << 8 | choose(c)) % b->len, len = 1 + choose(c) % 12;

        len = len < b->len - at ? len : b->len - at;
        switch (choose(c) % 4) {
        case 0:
            b->ptr[at] = (char)choose(c);
            break;
        case 1:
            memmove(b->ptr + at, b->ptr + at + len, b->len - at - len);
            b->len -= len;
            break;
        case 2:
            insert(b, at, CHOOSE(words, c));
            break;
        case 3:
            if (choose(c) % 4 == 0)
                b->len = at;
            break;
        }
    }
}
