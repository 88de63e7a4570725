/* SPDX-License-Identifier: BSD-2-Clause */
/* ping.c - ahoy ping: is anybody there?  OPTIONS (RFC 3261 11) with times like
 * those of ping(8).  Whatever the status, who answers is alive. */

#include "base/error.h"
#include "base/json_line.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/shell.h"
#include "dialog/request.h"
#include "net/world_uv.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { OPT_JSON = OPTION_LONG_ONLY, OPT_TRACE, TOKEN = 16, SLOTS = 1024 };

static const struct option_entry entries[] = {
    { 'c', "count", "N", "stop after N requests (until Ctrl-C)" },
    { 'i', "interval", "MS", "from one request to the next, in milliseconds (1000)" },
    { 'W', "wait", "SECONDS", "how long to wait for the last answer (5)" },
    { 'q', "quiet", NULL, "only the summary" },
    { OPT_JSON, "json", NULL, "one JSON object a line for each answer and for the summary" },
    { OPT_TRACE, "trace", "FILE", "append each SIP message to FILE, see 'ahoy trace'" },
    OPTION_TABLE_END,
};

struct ping {
    struct world        *world;
    struct stack        *stack;
    struct trace_writer *trace;
    struct timer         timer;
    struct gather        gather;
    const char          *target;
    char                 from[256], call_id[TOKEN], tag[TOKEN];
    uint32_t             count, interval, wait;
    bool                 json, quiet, ending;
    double               sent_at[SLOTS]; /* ms, by number; only the last SLOTS are waited for */
    uint32_t             sent, answered, failed;
    double               least, most, sum, squares;
    int                  error; /* the last one, if nothing was answered */
};

static double clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static void put_line(struct buf *b)
{
    buf_put_byte(b, '\n');
    if (buf_ok(b))
        fwrite(b->ptr, 1, b->len, stdout);
    fflush(stdout);
}

static void print_answer(struct ping *p, uint32_t number, const struct message *response, double time)
{
    char             memory[1024], address[ADDRESS_TEXT];
    struct buf       b = BUF_ON(memory), from = BUF_ON(address);
    struct json_line j;

    if (p->quiet)
        return;
    address_write(&from, &response->flow.remote);
    if (!p->json) {
        printf("%u %.*s from %s: seq=%u time=%.3f ms\n", response->status, SLICE_ARG(status_reason(response->status)),
               buf_cstr(&from), number, time);
        fflush(stdout);
        return;
    }
    j = json_line_begin(&b);
    json_line_text(&j, "event", SLICE("answer"));
    json_line_number(&j, "seq", number);
    json_line_number(&j, "status", response->status);
    json_line_text(&j, "from", buf_slice(&from));
    json_line_real(&j, "time_ms", time);
    json_line_end(&j);
    put_line(&b);
}

static void on_failure(struct ping *p, uint32_t number, int error)
{
    char             memory[256];
    struct buf       b = BUF_ON(memory);
    struct json_line j;

    p->error = error;
    if (p->quiet)
        return;
    fprintf(stderr, "seq=%u: %s\n", number, error_text(error));
    if (!p->json)
        return;
    j = json_line_begin(&b);
    json_line_text(&j, "event", SLICE("failure"));
    json_line_number(&j, "seq", number);
    json_line_text(&j, "reason", slice_from(error_text(error)));
    json_line_end(&j);
    put_line(&b);
}

static void end_if_done(struct ping *p)
{
    if (p->ending || (p->count != 0 && p->answered + p->failed == p->count))
        world_uv_stop(p->world);
}

static void on_answer(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    struct ping *p    = u->self;
    double       time = clock_ms() - p->sent_at[u->index % SLOTS];

    (void)txn;
    if (event == CLIENT_RESPONSE && response->status < 200)
        return;
    if (event != CLIENT_RESPONSE) {
        on_failure(p, u->index, event == CLIENT_TIMEOUT ? -ERR_TIMEOUT : detail);
        p->failed++;
        end_if_done(p);
        return;
    }
    if (p->answered == 0 || time < p->least)
        p->least = time;
    if (time > p->most)
        p->most = time;
    p->answered++;
    p->sum += time;
    p->squares += time * time;
    print_answer(p, u->index, response, time);
    end_if_done(p);
}

static void send_one(struct ping *p)
{
    struct client_user   user = { .fn = on_answer, .self = p, .index = ++p->sent };
    char                 to[1024];
    struct buf           b    = BUF_ON(to);
    struct outgoing      out  = { .rest = &p->gather, .method = METHOD_OPTIONS };
    struct request_head  head = { .method   = METHOD_OPTIONS,
                                  .target   = slice_from(p->target),
                                  .from     = slice_from(p->from),
                                  .from_tag = { p->tag, TOKEN },
                                  .call_id  = { p->call_id, TOKEN },
                                  .cseq     = p->sent };
    struct request_start start;

    buf_printf(&b, "<%s>", p->target);
    head.to = buf_slice(&b);
    if (!buf_ok(&b) || request_begin(&p->gather, &head, &start) != 0) {
        on_failure(p, p->sent, -ERR_SYNTAX);
        return;
    }
    gather_header(&p->gather, HEADER_CONTACT, head.from);
    gather_header(&p->gather, HEADER_ACCEPT, SLICE("application/sdp"));
    gather_header(&p->gather, HEADER_USER_AGENT, SLICE("ahoy/" AHOY_VERSION));
    gather_body(&p->gather, SLICE(""), SLICE(""));
    out.start_line                 = start.start_line;
    out.destination                = &start.destination;
    p->sent_at[user.index % SLOTS] = clock_ms();
    if (stack_request(p->stack, &out, &user) == 0)
        on_failure(p, p->sent, -ERR_LIMIT);
}

static void on_timer(struct timer *t, msec now)
{
    struct ping *p = CONTAINER_OF(t, struct ping, timer);

    if (p->count != 0 && p->sent == p->count) { /* the last answer did not come */
        world_uv_stop(p->world);
        return;
    }
    send_one(p);
    world_timer(p->world, t, on_timer,
                now + (p->count != 0 && p->sent == p->count ? (msec)p->wait * 1000 : p->interval));
}

static void on_signal(void *arg)
{
    struct ping *p = arg;

    p->ending = true;
    end_if_done(p);
}

/* Somebody may ask us in turn; and late ACKs are of no interest. */
static void on_request(void *user, object_id txn, struct message *request)
{
    struct ping *p = user;

    stack_reply(p->stack, txn, request->method == METHOD_OPTIONS ? 200 : 405, SLICE(""));
}

static void on_ack(void *user, struct message *ack)
{
    (void)user;
    (void)ack;
}

static void on_cancel(void *user, object_id invite, object_id txn, struct message *cancel)
{
    struct ping *p = user;

    (void)cancel;
    if (invite == 0)
        stack_reply(p->stack, txn, 481, SLICE(""));
}

static void on_stray(void *user, struct message *response)
{
    (void)user;
    (void)response;
}

static void on_end(void *user, object_id txn, int error)
{
    (void)user;
    (void)txn;
    (void)error;
}

static const struct stack_events stack_events = { on_request, on_ack, on_cancel, on_stray, on_end };

static int summarise(const struct ping *p)
{
    double           average = p->answered > 0 ? p->sum / p->answered : 0;
    double           spread  = p->answered > 0 ? p->squares / p->answered - average * average : 0;
    double           loss    = p->sent > 0 ? 100.0 * (p->sent - p->answered) / p->sent : 0;
    double           mdev    = spread > 0 ? sqrt(spread) : 0;
    char             memory[1024];
    struct buf       b = BUF_ON(memory);
    struct json_line j;

    if (p->json) {
        j = json_line_begin(&b);
        json_line_text(&j, "event", SLICE("summary"));
        json_line_text(&j, "target", slice_from(p->target));
        json_line_number(&j, "sent", p->sent);
        json_line_number(&j, "answered", p->answered);
        json_line_real(&j, "loss_percent", loss);
        json_line_real(&j, "min_ms", p->least);
        json_line_real(&j, "avg_ms", average);
        json_line_real(&j, "max_ms", p->most);
        json_line_real(&j, "mdev_ms", mdev);
        json_line_end(&j);
        put_line(&b);
    } else {
        printf("--- %s ---\n%u sent, %u answered, %.0f%% lost\n", p->target, p->sent, p->answered, loss);
        if (p->answered > 0)
            printf("min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n", p->least, average, p->most, mdev);
    }
    if (p->answered > 0)
        return EXIT_OK;
    return p->error == 0 || p->error == -ERR_TIMEOUT ? EXIT_TIMED_OUT : (int)exit_code_of_error(p->error);
}

static int open_stack(struct ping *p)
{
    struct stack_config config = { .max_server_txns = 64,
                                   .max_client_txns = 4096,
                                   .max_connections = 8,
                                   .udp_limit       = STACK_UDP_LIMIT,
                                   .user_agent      = true,
                                   .trace           = trace_hook(p->trace) };
    struct buf          token = buf_on(p->call_id, TOKEN), tag = buf_on(p->tag, TOKEN), from = BUF_ON(p->from);
    struct address      local;
    unsigned            index;
    int                 error = shell_local_address(p->world, slice_from(p->target), &local);

    p->stack = stack_new(p->world, &config, &stack_events, p);
    if (error == 0 && p->stack == NULL)
        error = -ERR_NO_MEMORY;
    if (error == 0)
        error = stack_listen(p->stack, TRANSPORT_UDP, &local, SLICE(""), &index);
    if (error != 0)
        return error;
    local = stack_listener_address(p->stack, index);
    stack_write_call_id(p->stack, &token, TOKEN);
    random_token(&p->world->random, &tag, TOKEN);
    buf_put(&from, SLICE("<sip:ping@"));
    address_write(&from, &local);
    buf_put_byte(&from, '>');
    return buf_cstr(&from) != NULL && buf_ok(&from) ? 0 : -ERR_TOO_LARGE;
}

static int ping(struct ping *p, const char *trace)
{
    int error = 0, code;

    p->world = world_uv_new(NULL);
    if (p->world == NULL)
        error = -ERR_NO_MEMORY;
    if (error == 0 && trace != NULL)
        error = trace_open(p->world, trace, SLICE("ping"), &p->trace);
    if (error == 0)
        error = open_stack(p);
    if (error == 0 &&
        (world_uv_signal(p->world, SIGINT, on_signal, p) != 0 || world_uv_signal(p->world, SIGTERM, on_signal, p) != 0))
        error = -ERR_LIMIT;
    if (error == 0) {
        world_timer(p->world, &p->timer, on_timer, world_now(p->world));
        world_uv_run(p->world);
        world_timer_stop(p->world, &p->timer);
        code = summarise(p);
    } else {
        fprintf(stderr, "ahoy ping: %s\n", error_text(error));
        code = (int)exit_code_of_error(error);
    }
    if (p->stack != NULL)
        stack_free(p->stack);
    trace_close(p->trace);
    if (p->world != NULL)
        world_uv_free(p->world);
    return code;
}

static int run(const struct command *command, int argc, char **argv)
{
    static struct ping p;
    struct options     o     = options_of(command, argc, argv);
    const char        *trace = NULL;
    struct uri         uri;
    char               target[600];

    p.interval = 1000;
    p.wait     = 5;
    for (int letter; o.exit_code < 0 && (letter = options_next(&o)) != OPTIONS_END;) {
        if (letter == 'c')
            options_number(&o, 1000000, &p.count);
        else if (letter == 'i')
            options_number(&o, 3600000, &p.interval);
        else if (letter == 'W')
            options_number(&o, 3600, &p.wait);
        else if (letter == 'q')
            p.quiet = true;
        else if (letter == OPT_JSON)
            p.json = true;
        else if (letter == OPT_TRACE)
            trace = o.value;
    }
    if (o.exit_code >= 0)
        return o.exit_code;
    if (argc - o.index != 1)
        return options_complain(command, "whom?");
    snprintf(target, sizeof target, "%s%s", scheme_for(argv[o.index]), argv[o.index]);
    if (!uri_parse(slice_from(target), &uri) || (uri.scheme != URI_SIP && uri.scheme != URI_SIPS))
        return options_complain(command, "'%s' is not a URI like sip:example.test", argv[o.index]);
    if (p.interval < 1)
        return options_complain(command, "--interval must be 1 ms or more");
    p.target = target;
    return ping(&p, trace);
}

extern const struct command command_ping;
const struct command        command_ping = {
           .name     = "ping",
           .summary  = "is a server or phone alive? OPTIONS with times",
           .synopsis = "[OPTION...] URI",
           .details  = "Any response, whatever its status, counts as alive.",
           .options  = entries,
           .examples = "ahoy ping sip:example.test\n"
                              "ahoy ping -c 3 -i 200 'sip:192.0.2.1;transport=tcp'\n",
           .run      = run,
};
