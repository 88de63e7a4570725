/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/ping_run.h"

#include "base/error.h"
#include "base/json_line.h"
#include "cmd/exit_code.h"
#include "cmd/phone_tls.h"
#include "cmd/shell.h"
#include "dialog/request.h"
#include "net/world_uv.h"
#include "probe/outcome.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

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
    if (p->ending || ferror(stdout) || (p->count != 0 && p->summary.answered + p->failed == p->count))
        world_uv_stop(p->world);
}

static void on_answer(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    struct ping *p    = u->self;
    double       time = clock_ms() - p->sent_at[u->index % PING_SLOTS];

    (void)txn;
    if (event == CLIENT_RESPONSE && response->status < 200)
        return;
    if (event != CLIENT_RESPONSE) {
        on_failure(p, u->index, event == CLIENT_TIMEOUT ? -ERR_TIMEOUT : detail);
        p->failed++;
        end_if_done(p);
        return;
    }
    ping_summary_answer(&p->summary, response->status, time);
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
                                  .from_tag = { p->tag, PING_TOKEN },
                                  .call_id  = { p->call_id, PING_TOKEN },
                                  .cseq     = p->sent };
    struct request_start start;

    buf_printf(&b, "<%s>", p->target);
    head.to = buf_slice(&b);
    if (!buf_ok(&b) || request_begin(&p->gather, &head, &start) != 0) {
        on_failure(p, p->sent, -ERR_SYNTAX);
        p->failed++;
        return;
    }
    gather_header(&p->gather, HEADER_CONTACT, head.from);
    gather_header(&p->gather, HEADER_ACCEPT, SLICE("application/sdp"));
    gather_header(&p->gather, HEADER_USER_AGENT, SLICE("ahoy/" AHOY_VERSION));
    gather_body(&p->gather, SLICE(""), SLICE(""));
    out.start_line                      = start.start_line;
    out.destination                     = &start.destination;
    p->sent_at[user.index % PING_SLOTS] = clock_ms();
    if (stack_request(p->stack, &out, &user) == 0) {
        on_failure(p, p->sent, -ERR_LIMIT);
        p->failed++;
    }
}

static void on_timer(struct timer *t, msec now)
{
    struct ping *p = CONTAINER_OF(t, struct ping, timer);

    if (p->count != 0 && p->sent == p->count) { /* the last answer did not come */
        world_uv_stop(p->world);
        return;
    }
    send_one(p);
    world_timer(p->world, t, on_timer, now + (p->count != 0 && p->sent == p->count ? p->wait : p->interval));
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

static int exit_code_of(const struct ping *p, enum ping_grade grade)
{
    if (p->output == ping_output_nagios)
        return (int)grade;
    if (p->conditions.count > 0)
        return grade == PING_CRITICAL ? EXIT_EXPECTATION : EXIT_OK;
    if (p->summary.answered > 0)
        return EXIT_OK;
    return p->error == 0 ? EXIT_TIMED_OUT : (int)exit_code_of_silence(p->error);
}

static int summarise(struct ping *p)
{
    char            memory[4096], text[2048];
    struct buf      b = BUF_ON(memory), unmet = BUF_ON(text);
    enum ping_grade grade;
    ping_output_fn *output = p->output;

    p->summary.sent = p->sent;
    grade           = ping_judge(&p->summary, &p->conditions, &unmet);
    if (output == NULL)
        output = p->json ? ping_output_json : ping_output_text;
    output(&b, &p->summary, grade, buf_slice(&unmet));
    if (buf_ok(&b))
        fwrite(b.ptr, 1, b.len, stdout);
    fflush(stdout);
    if (ferror(stdout) && p->output == ping_output_nagios)
        return OUTCOME_UNKNOWN; /* a monitor that has got no line knows nothing */
    return exit_code_of(p, grade);
}

static int open_stack(struct ping *p)
{
    struct stack_config config = { .max_server_txns = 64,
                                   .max_client_txns = 4096,
                                   .max_connections = 8,
                                   .udp_limit       = STACK_UDP_LIMIT,
                                   .user_agent      = true,
                                   .tls             = p->tls,
                                   .trace           = trace_hook(p->trace) };
    struct buf     token = buf_on(p->call_id, PING_TOKEN), tag = buf_on(p->tag, PING_TOKEN), from = BUF_ON(p->from);
    struct address local;
    unsigned       index;
    int            error = shell_local_address(p->world, slice_from(p->target), &local);

    p->stack = stack_new(p->world, &config, &stack_events, p);
    if (error == 0 && p->stack == NULL)
        error = -ERR_NO_MEMORY;
    if (error == 0)
        error = stack_listen(p->stack, TRANSPORT_UDP, &local, SLICE(""), &index);
    if (error != 0)
        return error;
    local = stack_listener_address(p->stack, index);
    stack_write_call_id(p->stack, &token, PING_TOKEN);
    random_token(&p->world->random, &tag, PING_TOKEN);
    buf_put(&from, SLICE("<sip:ping@"));
    address_write(&from, &local);
    buf_put_byte(&from, '>');
    return buf_cstr(&from) != NULL && buf_ok(&from) ? 0 : -ERR_TOO_LARGE;
}

/* Who names some is told what is wrong with them. */
static bool names_certificates(const struct account_entry *e)
{
    return e->tls_no_verify || e->tls_trust[0] != '\0' || e->tls_certificate[0] != '\0' || e->tls_key[0] != '\0';
}

/* Returns an exit code, after a complaint. */
static int start(struct ping *p, const char *trace)
{
    int error = 0, code;

    p->world = world_uv_new(NULL);
    if (p->world == NULL)
        error = -ERR_NO_MEMORY;
    if (error == 0 && trace != NULL)
        error = trace_open(p->world, trace, SLICE("ping"), &p->trace);
    if (error == 0 && (phone_tls_is_wanted(&p->tls_options, p->target) || names_certificates(&p->tls_options))) {
        code = phone_tls_open(&p->tls_options, world_wall(p->world) / 1000, &p->tls);
        if (code != EXIT_OK)
            return code;
    }
    if (error == 0)
        error = open_stack(p);
    if (error == 0 &&
        (world_uv_signal(p->world, SIGINT, on_signal, p) != 0 || world_uv_signal(p->world, SIGTERM, on_signal, p) != 0))
        error = -ERR_LIMIT;
    if (error == 0)
        return EXIT_OK;
    fprintf(stderr, "ahoy ping: %s\n", error_text(error));
    return (int)exit_code_of_error(error);
}

int ping_run(struct ping *p, const char *trace)
{
    int code = start(p, trace);

    if (code == EXIT_OK) {
        world_timer(p->world, &p->timer, on_timer, world_now(p->world));
        world_uv_run(p->world);
        world_timer_stop(p->world, &p->timer);
        code = summarise(p);
    } else if (p->output == ping_output_nagios) {
        printf("SIP UNKNOWN - nothing was sent, see standard error\n");
        code = OUTCOME_UNKNOWN;
    }
    if (p->stack != NULL)
        stack_free(p->stack);
    tls_shared_free(p->tls);
    trace_close(p->trace);
    if (p->world != NULL)
        world_uv_free(p->world);
    return code;
}
