/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/resolve_print.h"

#include "base/json_line.h"
#include "probe/output.h"

#include <stdio.h>

enum { LINE = 16 * 1024 };

static void put_line(struct buf *b)
{
    buf_put_byte(b, '\n');
    if (buf_ok(b))
        fwrite(b->ptr, 1, b->len, stdout);
    fflush(stdout);
}

/* ---- the URI ---- */

void resolve_print_uri(const struct resolve_print *p, struct slice uri, bool by_enum)
{
    char             memory[LINE];
    struct buf       b = BUF_ON(memory);
    struct json_line j;

    if (!p->json) {
        buf_put(&b, by_enum ? SLICE("the number is ") : SLICE(""));
        output_put_safe(&b, uri, "");
        put_line(&b);
        return;
    }
    j = json_line_begin(&b);
    json_line_text(&j, "event", SLICE("uri"));
    json_line_text(&j, "uri", uri);
    json_line_bool(&j, "enum", by_enum);
    json_line_end(&j);
    put_line(&b);
}

/* ---- records ---- */

static void write_record(struct buf *b, const struct record *r)
{
    buf_printf(b, "    %u s  ", r->ttl);
    switch (r->type) {
    case RECORD_A:
    case RECORD_AAAA:
        address_write_ip(b, &r->address);
        return;
    case RECORD_SRV:
        buf_printf(b, "priority %u, weight %u, port %u, ", r->priority, r->weight, r->port);
        break;
    case RECORD_NAPTR:
        buf_printf(b, "order %u, preference %u, \"", r->priority, r->weight);
        output_put_safe(b, r->flags, "");
        buf_put(b, SLICE("\" \""));
        output_put_safe(b, r->service, "");
        buf_put(b, SLICE("\" \""));
        output_put_safe(b, r->regexp, "");
        buf_put(b, SLICE("\" "));
        break;
    }
    output_put_safe(b, r->target, "");
}

static void write_record_json(struct buf *b, struct slice name, const struct record *r)
{
    struct json_line j = json_line_begin(b);
    char             text[ADDRESS_TEXT];
    struct buf       ip = BUF_ON(text);

    json_line_text(&j, "event", SLICE("record"));
    json_line_text(&j, "name", name);
    json_line_text(&j, "type", slice_from(record_type_text(r->type)));
    json_line_number(&j, "ttl", r->ttl);
    switch (r->type) {
    case RECORD_A:
    case RECORD_AAAA:
        address_write_ip(&ip, &r->address);
        json_line_text(&j, "address", buf_slice(&ip));
        break;
    case RECORD_SRV:
        json_line_number(&j, "priority", r->priority);
        json_line_number(&j, "weight", r->weight);
        json_line_number(&j, "port", r->port);
        json_line_text(&j, "target", r->target);
        break;
    case RECORD_NAPTR:
        json_line_number(&j, "order", r->priority);
        json_line_number(&j, "preference", r->weight);
        json_line_text(&j, "flags", r->flags);
        json_line_text(&j, "service", r->service);
        json_line_text(&j, "regexp", r->regexp);
        json_line_text(&j, "target", r->target);
        break;
    }
    json_line_end(&j);
}

/* ---- answers ---- */

static const char *source_text(enum dns_source source)
{
    switch (source) {
    case DNS_LOCAL:
        return "local";
    case DNS_CACHE:
        return "cache";
    case DNS_SERVER:
        return "server";
    }
    return "";
}

static void write_answer(struct buf *b, const struct dns_report *r)
{
    buf_printf(b, "%s ", record_type_text(r->type));
    output_put_safe(b, r->name, "");
    buf_printf(b, ": %s", dns_outcome_text(r->answer->outcome));
    if (r->answer->count > 1)
        buf_printf(b, ", %zu records", r->answer->count);
    if (r->source == DNS_SERVER)
        buf_printf(b, ", in %llu ms", (unsigned long long)r->took);
    else
        buf_put(b, r->source == DNS_CACHE ? SLICE(", from the cache") : SLICE(", without a name server"));
    if (r->timeouts > 0)
        buf_printf(b, " after %u tries without an answer", r->timeouts);
    if (r->answer->ttl > 0)
        buf_printf(b, ", kept %u s", r->answer->ttl);
}

static void write_answer_json(struct buf *b, const struct dns_report *r)
{
    struct json_line j = json_line_begin(b);

    json_line_text(&j, "event", SLICE("answer"));
    json_line_text(&j, "name", r->name);
    json_line_text(&j, "type", slice_from(record_type_text(r->type)));
    json_line_text(&j, "outcome", slice_from(dns_outcome_text(r->answer->outcome)));
    json_line_text(&j, "source", slice_from(source_text(r->source)));
    json_line_number(&j, "records", (int64_t)r->answer->count);
    json_line_number(&j, "ttl", r->answer->ttl);
    json_line_number(&j, "timeouts", r->timeouts);
    json_line_number(&j, "took_ms", (int64_t)r->took);
    json_line_end(&j);
}

void resolve_print_answer(const struct resolve_print *p, const struct dns_report *report)
{
    char       memory[LINE];
    struct buf b = BUF_ON(memory);

    if (p->json)
        write_answer_json(&b, report);
    else
        write_answer(&b, report);
    put_line(&b);
    for (size_t i = 0; i < report->answer->count; i++) {
        b = BUF_ON(memory);
        if (p->json)
            write_record_json(&b, report->name, &report->answer->records[i]);
        else
            write_record(&b, &report->answer->records[i]);
        put_line(&b);
    }
}

/* ---- targets ---- */

static bool is_secure(enum transport transport)
{
    return transport == TRANSPORT_TLS || transport == TRANSPORT_WSS;
}

static void write_target(struct buf *b, const struct locate *l, unsigned index)
{
    const struct target *t   = &l->targets.list[index];
    struct locate_why    why = locate_why(l, index);

    buf_printf(b, "%3u. ", index + 1);
    buf_put(b, transport_param(t->transport));
    buf_put_byte(b, ' ');
    address_write(b, &t->address);
    buf_put(b, SLICE("  of "));
    output_put_safe(b, why.server, "");
    if (why.priority != 0 || why.weight != 0)
        buf_printf(b, ", priority %u, weight %u", why.priority, why.weight);
    if (is_secure(t->transport)) {
        buf_put(b, SLICE(", with a certificate for "));
        output_put_safe(b, locate_domain(l), "");
    }
}

static void write_target_json(struct buf *b, const struct locate *l, unsigned index)
{
    const struct target *t   = &l->targets.list[index];
    struct locate_why    why = locate_why(l, index);
    struct json_line     j   = json_line_begin(b);
    char                 text[ADDRESS_TEXT];
    struct buf           ip = BUF_ON(text);

    address_write_ip(&ip, &t->address);
    json_line_text(&j, "event", SLICE("target"));
    json_line_number(&j, "place", index + 1);
    json_line_text(&j, "transport", transport_param(t->transport));
    json_line_text(&j, "address", buf_slice(&ip));
    json_line_number(&j, "port", t->address.port);
    json_line_text(&j, "server", why.server);
    json_line_number(&j, "priority", why.priority);
    json_line_number(&j, "weight", why.weight);
    if (is_secure(t->transport))
        json_line_text(&j, "certificate", locate_domain(l));
    else
        json_line_null(&j, "certificate");
    json_line_end(&j);
}

void resolve_print_targets(const struct resolve_print *p, const struct locate *l)
{
    char       memory[LINE];
    struct buf b;

    if (!p->json)
        printf("targets, in this order:\n");
    for (unsigned i = 0; i < l->targets.count; i++) {
        b = BUF_ON(memory);
        if (p->json)
            write_target_json(&b, l, i);
        else
            write_target(&b, l, i);
        put_line(&b);
    }
}

/* ---- the end ---- */

void resolve_print_end(const struct resolve_print *p, const char *reason)
{
    char             memory[256];
    struct buf       b = BUF_ON(memory);
    struct json_line j;

    if (reason != NULL)
        fprintf(stderr, "ahoy resolve: %s\n", reason);
    if (!p->json)
        return;
    j = json_line_begin(&b);
    json_line_text(&j, "event", SLICE("end"));
    json_line_bool(&j, "found", reason == NULL);
    if (reason != NULL)
        json_line_text(&j, "reason", slice_from(reason));
    json_line_end(&j);
    put_line(&b);
}
