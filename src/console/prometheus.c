/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/prometheus.h"

#include "net/cert_read.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* "memory_bytes" with "_high": "memory_high_bytes". */
static void put_name(struct buf *b, const struct counter_entry *e, const char *suffix)
{
    size_t len  = strlen(e->name);
    size_t unit = e->unit[0] == '\0' ? 0 : strlen(e->unit) + 1;

    buf_printf(b, "ahoy_%.*s%s%s", (int)(len - unit), e->name, suffix, e->name + len - unit);
}

/* `what` is put before the help. */
static void put_head(struct buf *b, const struct counter_entry *e, const char *suffix, const char *type,
                     const char *what)
{
    buf_put(b, SLICE("# HELP "));
    put_name(b, e, suffix);
    if (what[0] != '\0')
        buf_printf(b, " %s: %s.\n", what, e->help);
    else
        buf_printf(b, " %c%s.\n", toupper((unsigned char)e->help[0]), e->help + 1);
    buf_put(b, SLICE("# TYPE "));
    put_name(b, e, suffix);
    buf_printf(b, " %s\n", type);
    put_name(b, e, suffix);
}

static void put_counter(struct buf *b, const struct counter_entry *e, uint64_t value)
{
    char       name[128];
    struct buf text = BUF_ON(name);

    put_name(&text, e, "");
    buf_printf(b, "# HELP %s_total %c%s.\n", buf_cstr(&text), toupper((unsigned char)e->help[0]), e->help + 1);
    buf_printf(b, "# TYPE %s_total counter\n", buf_cstr(&text));
    buf_printf(b, "%s_total %" PRIu64 "\n", buf_cstr(&text), value);
}

static void put_gauge(struct buf *b, const struct counter_entry *e, const struct gauge_sum *g)
{
    put_head(b, e, "", "gauge", "");
    buf_printf(b, " %" PRIu64 "\n", g->value);
    put_head(b, e, "_high", "gauge", "High-water mark");
    buf_printf(b, " %" PRIu64 "\n", g->high);
    if (g->limit == 0)
        return;
    put_head(b, e, "_limit", "gauge", "Limit");
    buf_printf(b, " %" PRIu64 "\n", g->limit);
}

static void put_accounts(struct buf *b, const struct budget *memory, const char *name, const char *help, bool high)
{
    buf_printf(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
    for (unsigned i = 0; i < budget_count(memory); i++) {
        struct budget_figures f = budget_figures(memory, i);

        buf_printf(b, "%s{account=\"%s\"} %" PRIu64 "\n", name, f.name, high ? f.high_water : f.bytes);
    }
}

/* As exporters do: the time of the end, from which a rule makes days. */
static void put_certificates(struct buf *b, struct tls_shared *tls)
{
    struct tls_keys *keys = tls_shared_keys(tls);

    if (tls_keys_count(keys) > 0) /* a family has a sample */
        buf_put(
            b, SLICE("# HELP ahoy_certificate_not_after_timestamp_seconds When a certificate in use ends, since 1970.\n"
                     "# TYPE ahoy_certificate_not_after_timestamp_seconds gauge\n"));
    for (size_t i = 0; i < tls_keys_count(keys); i++) {
        struct tls_keys_entry e = tls_keys_entry(keys, i);
        struct cert_facts     f;

        if (cert_facts_init(&f, e.certificate) == 0)
            buf_printf(b, "ahoy_certificate_not_after_timestamp_seconds{domain=\"%.*s\"} %" PRIu64 "\n",
                       SLICE_ARG(e.domain), f.not_after);
        cert_facts_fini(&f);
    }
    tls_keys_drop(keys);
}

void prometheus_write(struct buf *b, const struct counters_sum *sum, const struct prometheus_facts *facts)
{
    buf_printf(b,
               "# HELP ahoy_build_info The version that runs.\n"
               "# TYPE ahoy_build_info gauge\n"
               "ahoy_build_info{version=\"%s\"} 1\n",
               facts->version);
    buf_printf(b,
               "# HELP ahoy_start_time_seconds When the server began, since 1970.\n"
               "# TYPE ahoy_start_time_seconds gauge\n"
               "ahoy_start_time_seconds %" PRIu64 ".%03u\n",
               facts->started_at / 1000, (unsigned)(facts->started_at % 1000));
    buf_printf(b,
               "# HELP ahoy_workers Threads that serve.\n"
               "# TYPE ahoy_workers gauge\n"
               "ahoy_workers %u\n",
               facts->workers);
    for (size_t i = 0; i < COUNTERS; i++)
        put_counter(b, &counter_table[i], sum->counters[i]);
    for (size_t i = 0; i < GAUGES; i++)
        put_gauge(b, &gauge_table[i], &sum->gauges[i]);
    if (facts->tls != NULL)
        put_certificates(b, facts->tls);
    if (facts->memory == NULL)
        return;
    put_accounts(b, facts->memory, "ahoy_memory_account_bytes", "Memory accounted for, by what it is for.", false);
    put_accounts(b, facts->memory, "ahoy_memory_account_high_bytes",
                 "High-water mark: memory accounted for, by what it is for.", true);
}
