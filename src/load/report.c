/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/report.h"

#include "base/json_line.h"
#include "sip/message.h"

/* Seconds in which was counted. */
static double seconds(const struct load_report *r)
{
    const struct tally *t  = r->tally;
    uint64_t            to = t->counting_to != 0 ? t->counting_to : r->now;

    return t->counting_from == 0 || to <= t->counting_from ? 0 : (double)(to - t->counting_from) / 1e6;
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static double own_busy(const struct load_report *r)
{
    return ratio(r->own_user + r->own_system, seconds(r));
}

unsigned load_report_doubts(const struct load_report *r)
{
    const struct tally *t     = r->tally;
    unsigned            doubt = 0;

    if (own_busy(r) > 0.9)
        doubt |= LOAD_SATURATED;
    if (t->late * 100 > t->started)
        doubt |= LOAD_WAS_LATE;
    if (t->not_started > 0)
        doubt |= LOAD_WAS_FULL;
    return doubt;
}

/* What an operation of this scenario is called. */
static const char *operation(const struct load_plan *p)
{
    return p->scenario == LOAD_OF_INVITE ? "calls" : p->scenario == LOAD_OF_REGISTER ? "registrations" : "requests";
}

/* ---- for people ---- */

static void put_time(struct buf *b, uint64_t us)
{
    if (us < 10000)
        buf_printf(b, " %.2f ms", (double)us / 1000);
    else if (us < 1000000)
        buf_printf(b, " %.0f ms", (double)us / 1000);
    else
        buf_printf(b, " %.2f s", (double)us / 1e6);
}

static void put_times(struct buf *b, const char *name, const struct histogram *h)
{
    static const struct {
        const char *name;
        double      percent;
    } shown[] = { { "p50", 50 }, { "p90", 90 }, { "p99", 99 }, { "p99.9", 99.9 }, { "max", 100 } };

    if (h->count == 0)
        return;
    buf_printf(b, "%-13s", name);
    for (unsigned i = 0; i < sizeof shown / sizeof *shown; i++) {
        buf_printf(b, "%s%s", i > 0 ? ", " : "", shown[i].name);
        put_time(b, histogram_percentile(h, shown[i].percent));
    }
    buf_put_byte(b, '\n');
}

static void put_errors(struct buf *b, const struct tally *t)
{
    for (unsigned i = 0; i < LOAD_FAILURES; i++)
        if (t->failures[i] > 0 && i != LOAD_FAILED_STATUS)
            buf_printf(b, "failed       %llu: %s\n", (unsigned long long)t->failures[i],
                       load_failure_name((enum load_failure)i));
    for (unsigned i = 0; i <= STATUS_MAX; i++)
        if (t->status[i] > 0)
            buf_printf(b, "failed       %llu: %u %.*s\n", (unsigned long long)t->status[i], i,
                       SLICE_ARG(status_reason(i)));
    if (t->retry_after > 0)
        buf_printf(b, "             %llu of these with Retry-After\n", (unsigned long long)t->retry_after);
}

static void put_count(struct buf *b, uint64_t number, const char *what)
{
    if (number > 0)
        buf_printf(b, "             %llu %s\n", (unsigned long long)number, what);
}

static void put_incidents(struct buf *b, const struct tally *t)
{
    put_count(b, t->retransmitted, "retransmitted");
    put_count(b, t->repeated, "came again or too late");
    put_count(b, t->challenges, "challenges answered");
    put_count(b, t->malformed, "could not be read");
    put_count(b, t->unacknowledged, "answered calls without an ACK");
    put_count(b, t->full, "calls for which our callees had no room");
    put_count(b, t->connections_lost, "connections lost");
    put_count(b, t->icmp, "times told by ICMP that nobody is there");
}

static void put_media(struct buf *b, const struct tally *t)
{
    if (t->media_sent == 0)
        return;
    buf_printf(b, "media        %llu packets sent, %llu received, %llu lost\n", (unsigned long long)t->media_sent,
               (unsigned long long)t->media_received, (unsigned long long)t->media_lost);
    put_times(b, "jitter", &t->jitter);
}

static void put_doubts(struct buf *b, const struct load_report *r)
{
    unsigned doubt = load_report_doubts(r);

    if (doubt & LOAD_SATURATED)
        buf_put(b, SLICE("warning      the generator itself was busy all the time: the rate is its own limit, the "
                         "times are its own too\n"));
    if (doubt & LOAD_WAS_LATE)
        buf_printf(b, "warning      %llu began more than %d ms after their time\n", (unsigned long long)r->tally->late,
                   LOAD_LATE / 1000);
    if (doubt & LOAD_WAS_FULL)
        buf_printf(b, "warning      %llu that were due never began: --window bounds what is under way\n",
                   (unsigned long long)r->tally->not_started);
}

void load_report_text(const struct load_report *r, struct buf *out)
{
    const struct tally *t    = r->tally;
    double              time = seconds(r), done = (double)t->finished;

    if (r->plan->callers) {
        buf_printf(out, "done         %llu %s in %.2f s, %.1f a second\n", (unsigned long long)t->finished,
                   operation(r->plan), time, ratio(done, time));
        buf_printf(out, "began        %llu: %llu well, %llu failed\n", (unsigned long long)t->started,
                   (unsigned long long)t->ok, (unsigned long long)t->failed);
    }
    put_errors(out, t);
    put_incidents(out, t);
    if (r->plan->callees)
        buf_printf(out, "callees      %llu registered, %llu calls answered\n", (unsigned long long)t->registered,
                   (unsigned long long)t->answered);
    put_times(out, r->plan->scenario == LOAD_OF_INVITE ? "set-up time" : "latency", &t->latency);
    put_times(out, "to ringing", &t->ringing);
    put_times(out, "hang-up", &t->hang_up);
    put_media(out, t);
    buf_printf(out, "generator    %.0f %% of one core", 100 * own_busy(r));
    if (done > 0)
        buf_printf(out, ", %.1f us an operation (user %.1f, system %.1f)", 1e6 * (r->own_user + r->own_system) / done,
                   1e6 * r->own_user / done, 1e6 * r->own_system / done);
    buf_put_byte(out, '\n');
    if (r->has_server)
        buf_printf(out, "server       %.0f %% of one core, %.1f us an operation (user %.1f, system %.1f)\n",
                   100 * ratio(r->server.total, time), 1e6 * ratio(r->server.total, done),
                   1e6 * ratio(r->server.user, done), 1e6 * ratio(r->server.system, done));
    put_doubts(out, r);
}

/* ---- for scripts ---- */

static void json_times(struct json_line *j, const char *key, const struct histogram *h)
{
    struct json_line in;

    if (h->count == 0) {
        json_line_null(j, key);
        return;
    }
    in = json_line_inner(j, key);
    json_line_number(&in, "count", (int64_t)h->count);
    json_line_number(&in, "min", (int64_t)h->least);
    json_line_real(&in, "mean", histogram_mean(h));
    json_line_number(&in, "p50", (int64_t)histogram_percentile(h, 50));
    json_line_number(&in, "p90", (int64_t)histogram_percentile(h, 90));
    json_line_number(&in, "p99", (int64_t)histogram_percentile(h, 99));
    json_line_number(&in, "p99_9", (int64_t)histogram_percentile(h, 99.9));
    json_line_number(&in, "max", (int64_t)h->most);
    json_line_end(&in);
}

static void json_errors(struct json_line *j, const struct tally *t)
{
    struct json_line in = json_line_inner(j, "errors"), codes;

    for (unsigned i = 0; i < LOAD_FAILURES; i++)
        if (i != LOAD_FAILED_STATUS)
            json_line_number(&in, load_failure_name((enum load_failure)i), (int64_t)t->failures[i]);
    codes = json_line_inner(&in, "status");
    for (unsigned i = 0; i <= STATUS_MAX; i++)
        if (t->status[i] > 0) {
            char       memory[8];
            struct buf code = BUF_ON(memory);

            buf_put_number(&code, i);
            json_line_number(&codes, buf_cstr(&code), (int64_t)t->status[i]);
        }
    json_line_end(&codes);
    json_line_number(&in, "retry_after", (int64_t)t->retry_after);
    json_line_end(&in);
}

static void json_incidents(struct json_line *j, const struct tally *t)
{
    json_line_number(j, "messages_sent", (int64_t)t->messages_sent);
    json_line_number(j, "messages_received", (int64_t)t->messages_received);
    json_line_number(j, "retransmitted", (int64_t)t->retransmitted);
    json_line_number(j, "repeated", (int64_t)t->repeated);
    json_line_number(j, "challenges", (int64_t)t->challenges);
    json_line_number(j, "malformed", (int64_t)t->malformed);
    json_line_number(j, "connections_lost", (int64_t)t->connections_lost);
    json_line_number(j, "icmp", (int64_t)t->icmp);
}

static void json_callees(struct json_line *j, const struct tally *t)
{
    struct json_line in = json_line_inner(j, "callees");

    json_line_number(&in, "registered", (int64_t)t->registered);
    json_line_number(&in, "not_registered", (int64_t)t->not_registered);
    json_line_number(&in, "unregistered", (int64_t)t->unregistered);
    json_line_number(&in, "answered", (int64_t)t->answered);
    json_line_number(&in, "unacknowledged", (int64_t)t->unacknowledged);
    json_line_number(&in, "full", (int64_t)t->full);
    json_line_end(&in);
}

static void json_media(struct json_line *j, const struct load_report *r)
{
    const struct tally *t = r->tally;
    struct json_line    in;

    if (!r->plan->media) {
        json_line_null(j, "media");
        return;
    }
    in = json_line_inner(j, "media");
    json_line_number(&in, "sent", (int64_t)t->media_sent);
    json_line_number(&in, "received", (int64_t)t->media_received);
    json_line_number(&in, "lost", (int64_t)t->media_lost);
    json_times(&in, "jitter_us", &t->jitter);
    json_line_end(&in);
}

static void json_cpu(struct json_line *j, const char *key, const struct process_cpu *cpu, double time, double done)
{
    struct json_line in = json_line_inner(j, key);

    json_line_real(&in, "busy", ratio(cpu->total, time));
    json_line_real(&in, "us_per_operation", 1e6 * ratio(cpu->total, done));
    json_line_real(&in, "user_us_per_operation", 1e6 * ratio(cpu->user, done));
    json_line_real(&in, "system_us_per_operation", 1e6 * ratio(cpu->system, done));
    json_line_end(&in);
}

static void json_generator(struct json_line *j, const struct load_report *r)
{
    struct process_cpu own = { r->own_user, r->own_system, r->own_user + r->own_system };

    json_cpu(j, "generator", &own, seconds(r), (double)r->tally->finished);
    if (r->has_server)
        json_cpu(j, "server", &r->server, seconds(r), (double)r->tally->finished);
    else
        json_line_null(j, "server");
}

void load_report_json(const struct load_report *r, struct buf *out)
{
    const struct tally *t     = r->tally;
    struct json_line    j     = json_line_begin(out);
    unsigned            doubt = load_report_doubts(r);

    json_line_text(&j, "event", SLICE("summary"));
    json_line_text(&j, "scenario", slice_from(load_scenario_name(r->plan->scenario)));
    json_line_text(&j, "target", slice_from(r->plan->domain));
    json_line_text(&j, "transport", transport_param(r->plan->transport));
    json_line_text(&j, "loop", r->plan->pace.rate > 0 ? SLICE("open") : SLICE("closed"));
    json_line_real(&j, "seconds", seconds(r));
    json_line_number(&j, "operations", (int64_t)t->finished);
    json_line_real(&j, "rate", ratio((double)t->finished, seconds(r)));
    json_line_number(&j, "started", (int64_t)t->started);
    json_line_number(&j, "ok", (int64_t)t->ok);
    json_line_number(&j, "failed", (int64_t)t->failed);
    json_line_number(&j, "late", (int64_t)t->late);
    json_line_number(&j, "not_started", (int64_t)t->not_started);
    json_errors(&j, t);
    json_incidents(&j, t);
    json_callees(&j, t);
    json_times(&j, "latency_us", &t->latency);
    json_times(&j, "ringing_us", &t->ringing);
    json_times(&j, "hang_up_us", &t->hang_up);
    json_media(&j, r);
    json_generator(&j, r);
    json_line_bool(&j, "saturated", (doubt & LOAD_SATURATED) != 0);
    json_line_bool(&j, "interrupted", r->interrupted);
    json_line_end(&j);
}

/* ---- while it runs ---- */

void load_progress_text(const struct load_report *r, double rate, double busy, struct buf *out)
{
    const struct tally *t = r->tally;

    buf_printf(out, "%-8s %.0f/s, %llu ok, %llu failed, %u under way, p50", r->phase, rate,
               (unsigned long long)t->all_ok, (unsigned long long)t->all_failed, r->in_progress);
    put_time(out, histogram_percentile(&t->recent, 50));
    buf_put(out, SLICE(", p99"));
    put_time(out, histogram_percentile(&t->recent, 99));
    buf_printf(out, ", own CPU %.0f %%", 100 * busy);
}

void load_progress_json(const struct load_report *r, double rate, double busy, struct buf *out)
{
    const struct tally *t = r->tally;
    struct json_line    j = json_line_begin(out);

    json_line_text(&j, "event", SLICE("progress"));
    json_line_text(&j, "phase", slice_from(r->phase));
    json_line_real(&j, "rate", rate);
    json_line_number(&j, "ok", (int64_t)t->all_ok);
    json_line_number(&j, "failed", (int64_t)t->all_failed);
    json_line_number(&j, "in_progress", r->in_progress);
    json_line_number(&j, "registered", (int64_t)t->registered);
    json_line_number(&j, "p50_us", (int64_t)histogram_percentile(&t->recent, 50));
    json_line_number(&j, "p99_us", (int64_t)histogram_percentile(&t->recent, 99));
    json_line_real(&j, "busy", busy);
    json_line_end(&j);
}
