/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/dns_answer.h"

#include "base/error.h"
#include "net/sockaddr.h"

#include <arpa/nameser.h>
#include <resolv.h>

/* One message being read. */
struct answer_reader {
    ns_msg           message;
    struct arena    *arena;
    enum record_type type;
    char             owner[NS_MAXDNAME]; /* the name, or what its CNAMEs lead to */
    uint32_t         ttl;                /* the least of all that was used       */
    struct record   *records;
    size_t           count;
};

static uint32_t ttl_of(const ns_rr *rr)
{
    uint32_t ttl = ns_rr_ttl(*rr);

    return ttl > INT32_MAX ? 0 : ttl; /* RFC 2181 8: the top bit means zero */
}

static void lower_ttl(struct answer_reader *r, uint32_t ttl)
{
    if (ttl < r->ttl)
        r->ttl = ttl;
}

static bool is_owner(const struct answer_reader *r, ns_rr *rr)
{
    return ns_rr_class(*rr) == ns_c_in && slice_eq_nocase(slice_from(ns_rr_name(*rr)), slice_from(r->owner));
}

/* The question as it was put, alone (RFC 1035 4.1.2): what else an answer belongs to
 * is not ours. */
static bool is_asked(struct answer_reader *r)
{
    ns_rr rr;

    return ns_msg_count(r->message, ns_s_qd) == 1 && ns_parserr(&r->message, ns_s_qd, 0, &rr) == 0 &&
           ns_rr_type(rr) == (ns_type)r->type && is_owner(r, &rr);
}

/* A name within rdata, uncompressed; false if it is broken.  `*end` is set to
 * the byte behind it. */
static bool read_name(const struct answer_reader *r, const uint8_t *at, const uint8_t **end, char out[NS_MAXDNAME])
{
    int used = ns_name_uncompress(ns_msg_base(r->message), ns_msg_end(r->message), at, out, NS_MAXDNAME);

    if (used < 0)
        return false;
    *end = at + used;
    return true;
}

static bool keep_name(const struct answer_reader *r, const uint8_t *at, const uint8_t *end, struct slice *out)
{
    char           name[NS_MAXDNAME];
    const uint8_t *behind;

    if (!read_name(r, at, &behind, name) || behind > end)
        return false;
    *out = arena_copy(r->arena, slice_from(name));
    return true;
}

/* A character-string: one byte of length, then the text (RFC 1035 3.3). */
static bool keep_text(const struct answer_reader *r, const uint8_t **at, const uint8_t *end, struct slice *out)
{
    size_t len;

    if (*at == end)
        return false;
    len = **at;
    if ((size_t)(end - *at) < len + 1)
        return false;
    *out = arena_copy(r->arena, (struct slice){ (const char *)*at + 1, len });
    *at += len + 1;
    return true;
}

static bool read_srv(const struct answer_reader *r, const uint8_t *at, const uint8_t *end, struct record *out)
{
    if (end - at < 7)
        return false;
    out->priority = (uint16_t)ns_get16(at);
    out->weight   = (uint16_t)ns_get16(at + 2);
    out->port     = (uint16_t)ns_get16(at + 4);
    return keep_name(r, at + 6, end, &out->target);
}

static bool read_naptr(const struct answer_reader *r, const uint8_t *at, const uint8_t *end, struct record *out)
{
    if (end - at < 4)
        return false;
    out->priority = (uint16_t)ns_get16(at);
    out->weight   = (uint16_t)ns_get16(at + 2);
    at += 4;
    return keep_text(r, &at, end, &out->flags) && keep_text(r, &at, end, &out->service) &&
           keep_text(r, &at, end, &out->regexp) && keep_name(r, at, end, &out->target);
}

static bool read_record(const struct answer_reader *r, const ns_rr *rr, struct record *out)
{
    const uint8_t *at = ns_rr_rdata(*rr), *end = at + ns_rr_rdlen(*rr);

    *out = (struct record){ .type = r->type, .ttl = ttl_of(rr) };
    switch (r->type) {
    case RECORD_A: {
        struct in_addr ip;

        if (end - at != sizeof ip)
            return false;
        memcpy(&ip, at, sizeof ip);
        out->address = address_from_in(ip, 0);
        return true;
    }
    case RECORD_AAAA: {
        struct in6_addr ip;

        if (end - at != sizeof ip)
            return false;
        memcpy(&ip, at, sizeof ip);
        out->address = address_from_in6(&ip, 0, 0);
        return true;
    }
    case RECORD_SRV:
        return read_srv(r, at, end, out);
    case RECORD_NAPTR:
        return read_naptr(r, at, end, out);
    }
    return false;
}

/* One step along the aliases: true if `owner` has a CNAME in the answer.  One that is
 * broken leads nowhere. */
static bool follow_alias(struct answer_reader *r)
{
    int count = ns_msg_count(r->message, ns_s_an);

    for (int i = 0; i < count; i++) {
        char           name[NS_MAXDNAME];
        const uint8_t *end;
        ns_rr          rr;

        if (ns_parserr(&r->message, ns_s_an, i, &rr) != 0)
            return false;
        if (ns_rr_type(rr) != ns_t_cname || !is_owner(r, &rr) || !read_name(r, ns_rr_rdata(rr), &end, name) ||
            end != ns_rr_rdata(rr) + ns_rr_rdlen(rr))
            continue;
        lower_ttl(r, ttl_of(&rr));
        memcpy(r->owner, name, sizeof name);
        return true;
    }
    return false;
}

static void read_records(struct answer_reader *r)
{
    int count = ns_msg_count(r->message, ns_s_an);

    for (int i = 0; i < count && r->count < DNS_RECORDS; i++) {
        ns_rr rr;

        if (ns_parserr(&r->message, ns_s_an, i, &rr) != 0)
            return;
        if (ns_rr_type(rr) != (ns_type)r->type || !is_owner(r, &rr))
            continue;
        if (!read_record(r, &rr, &r->records[r->count]))
            continue;
        lower_ttl(r, r->records[r->count].ttl);
        r->count++;
    }
}

/* RFC 2308 5: how long "there is none" holds is the lesser of the SOA's TTL and
 * its MINIMUM, the last four bytes; without SOA it is not to be kept. */
static uint32_t negative_ttl(struct answer_reader *r)
{
    int count = ns_msg_count(r->message, ns_s_ns);

    for (int i = 0; i < count; i++) {
        uint32_t minimum, ttl;
        ns_rr    rr;

        if (ns_parserr(&r->message, ns_s_ns, i, &rr) != 0)
            return 0;
        if (ns_rr_type(rr) != ns_t_soa || ns_rr_rdlen(rr) < 22)
            continue;
        minimum = (uint32_t)ns_get32(ns_rr_rdata(rr) + ns_rr_rdlen(rr) - 4);
        ttl     = ttl_of(&rr);
        if (minimum < ttl)
            ttl = minimum;
        return ttl < DNS_NEGATIVE ? ttl : DNS_NEGATIVE;
    }
    return 0;
}

static bool start(struct answer_reader *r, struct slice message, struct slice name)
{
    if (message.len > NS_MAXMSG || name.len == 0 || name.len >= sizeof r->owner ||
        memchr(name.ptr, '\0', name.len) != NULL)
        return false;
    if (name.ptr[name.len - 1] == '.')
        name.len--;
    memcpy(r->owner, name.ptr, name.len);
    return ns_initparse((const uint8_t *)message.ptr, (int)message.len, &r->message) == 0 &&
           ns_msg_getflag(r->message, ns_f_qr) != 0 && ns_msg_getflag(r->message, ns_f_opcode) == ns_o_query;
}

/* Along the aliases, then the records. */
static enum dns_outcome read_answer(struct answer_reader *r)
{
    unsigned aliases = 0;

    r->records = arena_alloc(r->arena, DNS_RECORDS * sizeof *r->records);
    if (r->records == NULL)
        return DNS_NO_MEMORY;
    while (follow_alias(r))
        if (++aliases > DNS_ALIASES)
            return DNS_CIRCLE;
    read_records(r);
    if (!arena_ok(r->arena))
        return DNS_BROKEN;
    if (r->count > 0)
        return DNS_ANSWERED;
    lower_ttl(r, negative_ttl(r));
    return ns_msg_getflag(r->message, ns_f_rcode) == ns_r_nxdomain ? DNS_NO_NAME : DNS_NO_RECORD;
}

static enum dns_outcome read_message(struct answer_reader *r)
{
    int code = ns_msg_getflag(r->message, ns_f_rcode);

    if (code != ns_r_noerror && code != ns_r_nxdomain)
        return DNS_FAILED;
    if (!is_asked(r) || ns_msg_getflag(r->message, ns_f_tc)) /* RFC 2181 9: half an answer is none */
        return DNS_BROKEN;
    return read_answer(r);
}

const char *dns_outcome_text(enum dns_outcome outcome)
{
    switch (outcome) {
    case DNS_ANSWERED:
        return "answered";
    case DNS_NO_RECORD:
        return "no such record";
    case DNS_NO_NAME:
        return "no such name";
    case DNS_SILENT:
        return "no name server answered in time";
    case DNS_FAILED:
        return "the name servers fail, refuse, or cannot be reached";
    case DNS_BROKEN:
        return "the answer makes no sense";
    case DNS_CIRCLE:
        return "aliases in a circle, or too many";
    case DNS_NO_MEMORY:
        return "out of memory";
    }
    return "";
}

static int error_of(enum dns_outcome outcome)
{
    if (outcome == DNS_ANSWERED || outcome == DNS_NO_RECORD)
        return 0;
    return outcome == DNS_NO_NAME ? -ERR_NAME : -ERR_TIMEOUT;
}

struct dns_answer dns_answer_none(enum dns_outcome outcome, uint32_t ttl)
{
    return (struct dns_answer){ .outcome = outcome, .error = error_of(outcome), .ttl = ttl };
}

void dns_answer_parse(struct slice message, struct slice name, enum record_type type, struct arena *arena,
                      struct dns_answer *out)
{
    struct answer_reader r       = { .arena = arena, .type = type, .ttl = DNS_TTL_MAX };
    enum dns_outcome     outcome = start(&r, message, name) ? read_message(&r) : DNS_BROKEN;

    *out = dns_answer_none(outcome, error_of(outcome) == -ERR_TIMEOUT ? DNS_FAILURE : r.ttl);
    if (outcome == DNS_ANSWERED) {
        out->records = r.records;
        out->count   = r.count;
    }
}

/* ---- copies: the records, then their texts ---- */

enum { TEXTS = 4 };

static void texts_of(struct record *r, struct slice *out[TEXTS])
{
    out[0] = &r->target;
    out[1] = &r->flags;
    out[2] = &r->service;
    out[3] = &r->regexp;
}

size_t dns_answer_size(const struct dns_answer *a)
{
    size_t size = a->count * sizeof *a->records;

    for (size_t i = 0; i < a->count; i++)
        size +=
            a->records[i].target.len + a->records[i].flags.len + a->records[i].service.len + a->records[i].regexp.len;
    return size;
}

struct dns_answer dns_answer_copy(const struct dns_answer *a, void *memory)
{
    struct dns_answer copy    = *a;
    struct record    *records = memory;
    char             *at      = (char *)(records + a->count);

    copy.records = a->count > 0 ? records : NULL;
    for (size_t i = 0; i < a->count; i++) {
        struct slice *texts[TEXTS];

        records[i] = a->records[i];
        texts_of(&records[i], texts);
        for (size_t k = 0; k < TEXTS; k++) {
            if (texts[k]->len > 0)
                memcpy(at, texts[k]->ptr, texts[k]->len);
            texts[k]->ptr = at;
            at += texts[k]->len;
        }
    }
    return copy;
}
