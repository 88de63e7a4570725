/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/shell.h"

#include "base/error.h"
#include "cmd/account_instance.h"
#include "cmd/exit_code.h"
#include "cmd/phone_port.h"
#include "cmd/phone_tls.h"
#include "cmd/report.h"
#include "dialog/session_timer.h"
#include "net/world_uv.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POLL_MS = 20, TXNS = 1024, CONNECTIONS = 64, NO_MEDIA_MS = 5000 };

static int complain(const char *what, int error)
{
    fprintf(stderr, "ahoy: %s: %s\n", what, error_text(error));
    return (int)exit_code_of_error(error);
}

/* ---- which of our addresses ---- */

static void from_sockaddr(const struct sockaddr *sa, struct address *out)
{
    *out = (struct address){ .family = FAMILY_NONE };
    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)sa;

        memcpy(out->ip, &in->sin_addr, 4);
        out->family = FAMILY_4;
    } else if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)sa;

        memcpy(out->ip, &in->sin6_addr, 16);
        out->scope  = in->sin6_scope_id;
        out->family = FAMILY_6;
    }
}

static bool look_up(const char *host, struct address *out)
{
    struct addrinfo  hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_ADDRCONFIG };
    struct addrinfo *list  = NULL;

    if (getaddrinfo(host, NULL, &hints, &list) != 0)
        return false;
    from_sockaddr(list->ai_addr, out);
    freeaddrinfo(list);
    return out->family != FAMILY_NONE;
}

/* A domain may have SRV records only: then the way out of this host has to do. */
int shell_local_address(struct world *w, struct slice text, struct address *out)
{
    struct address somewhere = address_v4(192, 0, 2, 1, 5060), remote;
    struct uri     uri;
    char           host[256];

    if (!uri_parse(text, &uri) || uri.host.len == 0 || uri.host.len >= sizeof host)
        return -ERR_SYNTAX;
    snprintf(host, sizeof host, "%.*s", SLICE_ARG(uri.host));
    if (!address_parse_ip(uri.host, &remote) && !look_up(host, &remote))
        remote = somewhere;
    remote.port = 5060;
    if (world_source(w, &remote, out) == 0)
        return 0;
    (void)address_parse_ip(remote.family == FAMILY_6 ? SLICE("::1") : SLICE("127.0.0.1"), out);
    return 0;
}

/* ---- the account ---- */

const char *login_name(void)
{
    const char *name = getenv("USER");

    for (const char *c = name; c != NULL && *c != '\0'; c++)
        if (!is_alnum_byte(*c) && *c != '-' && *c != '_' && *c != '.')
            return "ahoy";
    return name == NULL || *name == '\0' ? "ahoy" : name;
}

/* What was said on the command line counts more than what the account says. */
static bool override(char to[ACCOUNT_TEXT], const char *text)
{
    if (text == NULL || snprintf(to, ACCOUNT_TEXT, "%s", text) < ACCOUNT_TEXT)
        return true;
    fprintf(stderr, "ahoy: '%.40s...' is too long\n", text);
    return false;
}

static bool override_all(struct account_entry *e, const struct shell_options *o)
{
    e->tls_no_verify = e->tls_no_verify || o->tls_no_verify;
    if (o->proxy != NULL) {
        e->second_proxy[0] = '\0';
        e->strict          = false; /* the account's is */
    }
    return override(e->proxy, o->proxy) && override(e->tls_trust, o->tls_trust) &&
           override(e->tls_certificate, o->tls_certificate) && override(e->tls_key, o->tls_key);
}

static int choose_account(struct shell *s, const struct shell_options *o)
{
    struct account_entry *found;
    int                   code = EXIT_OK;

    if (!o->guest_only)
        code = account_file_load(&s->accounts);
    if (code != EXIT_OK)
        return code;
    found = account_list_find(&s->accounts, o->account);
    if (found == NULL && o->account != NULL) {
        fprintf(stderr, "ahoy: there is no account '%s'; see 'ahoy account list'\n", o->account);
        return EXIT_NOT_FOUND;
    }
    s->is_guest = found == NULL;
    if (found != NULL)
        s->entry = *found;
    return override_all(&s->entry, o) ? EXIT_OK : EXIT_USAGE;
}

/* Who is asked first tells from where we speak. */
static struct slice first_hop(const struct shell *s, const struct shell_options *o)
{
    if (s->entry.proxy[0] != '\0')
        return slice_from(s->entry.proxy);
    if (s->entry.registrar[0] != '\0')
        return slice_from(s->entry.registrar);
    if (!s->is_guest)
        return slice_from(s->entry.address);
    return o->target != NULL ? slice_from(o->target) : SLICE("sip:192.0.2.1");
}

static void make_guest(struct shell *s)
{
    char           text[ADDRESS_TEXT];
    struct buf     b  = BUF_ON(text);
    struct address at = phone_address(s->phone);

    address_write(&b, &at);
    snprintf(s->entry.name, sizeof s->entry.name, "guest");
    snprintf(s->entry.address, sizeof s->entry.address, "sip:%s@%s", login_name(), buf_cstr(&b));
    s->entry.expires = 3600;
}

/* ---- events ---- */

static void follow_call(struct shell *s, const struct phone_event *e)
{
    if (e->kind == PHONE_INCOMING && s->call_count < SHELL_CALLS)
        s->calls[s->call_count++] = e->call;
    if (e->kind != PHONE_ENDED)
        return;
    for (size_t i = 0; i < s->call_count; i++)
        if (s->calls[i] == e->call)
            s->calls[i--] = s->calls[--s->call_count];
}

static void on_phone_event(void *user, const struct phone_event *e)
{
    struct shell *s = user;

    progress_hide(&s->progress);
    report_print(e, s->json, world_wall(s->world));
    progress_note(&s->progress, e);
    if (e->kind == PHONE_REGISTERED)
        s->registered = true;
    if (e->kind == PHONE_UNREGISTERED)
        s->registered = false;
    follow_call(s, e);
    if (e->kind == PHONE_REFERRED && e->asking) /* nobody is there to be asked */
        call_refuse_refer(s->phone, e->call);
    if (s->finishing && e->kind == PHONE_INCOMING && e->replaces != 0)
        call_hang_up(s->phone, e->call);
    else if (s->finishing && e->kind == PHONE_INCOMING)
        call_reject(s->phone, e->call, 480);
    else if (s->on_event != NULL)
        s->on_event(s, e);
    if (ferror(stdout)) /* nobody hears of it: there is nothing to go on for */
        shell_finish(s, EXIT_ERROR);
}

/* ---- the end ---- */

static void on_poll(struct timer *t, msec now)
{
    struct shell *s = CONTAINER_OF(t, struct shell, timer);

    if (s->registered && !s->unregistering) { /* only now: CANCEL and BYE go out first */
        s->unregistering = true;
        phone_unregister(s->phone, s->account);
    }
    if (phone_is_idle(s->phone) || s->given_up) {
        world_uv_stop(s->world);
        return;
    }
    if (now >= s->give_up_at) { /* what that tells comes before the next look */
        s->given_up = true;
        phone_stop_waiting(s->phone);
    }
    world_timer(s->world, t, on_poll, now + POLL_MS);
}

void shell_finish(struct shell *s, int exit_code)
{
    if (s->finishing)
        return;
    progress_set(&s->progress, PROGRESS_NOTHING, NULL);
    s->finishing  = true;
    s->exit_code  = exit_code;
    s->give_up_at = world_now(s->world) + SHELL_PATIENCE;
    if (s->on_finish != NULL)
        s->on_finish(s);
    for (size_t i = 0; i < s->call_count; i++)
        call_hang_up(s->phone, s->calls[i]);
    world_timer(s->world, &s->timer, on_poll, world_now(s->world) + 1);
}

static void on_signal(void *arg)
{
    struct shell *s = arg;

    if (s->interrupts++ > 0) {
        fprintf(stderr, "Not waiting for answers\n");
        s->exit_code = EXIT_INTERRUPTED;
        world_uv_stop(s->world);
        return;
    }
    shell_finish(s, EXIT_INTERRUPTED);
}

/* ---- open, run, close ---- */

static int start_phone(struct shell *s, const struct shell_options *o)
{
    struct phone_config config = {
        .stack           = { .max_server_txns = TXNS,
                             .udp_limit       = STACK_UDP_LIMIT,
                             .max_client_txns = TXNS,
                             .max_connections = CONNECTIONS,
                             .tls             = s->tls,
                             .trace           = trace_hook(s->trace) },
        .tcp             = true,
        .any_address     = o->any_address || !s->is_guest, /* this host's address may change */
        .user_agent      = SLICE("ahoy/" AHOY_VERSION),
        .accept_any      = s->is_guest,
        .max_calls       = o->max_calls,
        .session_expires = SESSION_TIMER_DEFAULT,
        .latch           = true, /* peers behind a NAT say in SDP what nobody can reach */
        .no_media_after  = NO_MEDIA_MS,
        .media           = sound_media(&s->sound),
        .on_event        = on_phone_event,
        .user            = s,
    };
    struct account_config account;
    int                   error = shell_local_address(s->world, first_hop(s, o), &config.address);

    if (error != 0) {
        fprintf(stderr, "ahoy: '%.*s' is not a SIP URI\n", SLICE_ARG(first_hop(s, o)));
        return EXIT_USAGE;
    }
    config.address.port = o->port;
    if (!reliable_parse(o->reliable, &config.reliable))
        return EXIT_USAGE;
    error = phone_port_open(s->world, &config, &s->phone);
    if (error != 0) {
        fprintf(stderr, "ahoy: cannot listen on port %u: %s\n", (unsigned)o->port, error_text(error));
        return (int)exit_code_of_error(error);
    }
    if (s->is_guest)
        make_guest(s);
    s->instance = instance_claim(&s->entry);
    if (s->instance < 0) /* none, or another process is that phone already */
        s->entry.instance[0] = s->entry.second_proxy[0] = '\0';
    account = account_entry_config(&s->entry);
    if (account.transfer == TRANSFER_ALLOW) /* these commands look after the call that they have, and no other */
        account.transfer = TRANSFER_ASK;
    error = phone_add_account(s->phone, &account, &s->account);
    return error == 0 ? EXIT_OK : complain(s->entry.address, error);
}

/* Who names certificates is told what is wrong with them, and may be sent elsewhere by TLS. */
static bool wants_tls(const struct shell_options *o)
{
    return o->tls_no_verify || o->tls_trust != NULL || o->tls_certificate != NULL || o->tls_key != NULL;
}

int shell_open(struct shell *s, const struct shell_options *o)
{
    char  node[ACCOUNT_TEXT];
    char *end;
    int   code = choose_account(s, o);
    int   error;

    s->instance = -1;
    if (code != EXIT_OK)
        return code;
    s->json = o->json;
    phone_log_init(&s->log);
    s->world = world_uv_new_with(&s->log.log, &(struct world_uv_options){ .exact = true });
    if (s->world == NULL)
        return complain("starting", -ERR_NO_MEMORY);
    snprintf(node, sizeof node, "%s", s->is_guest ? o->node : s->entry.address);
    end  = strchr(node, '@');
    code = EXIT_OK;
    if (end != NULL)
        *end = '\0';
    if (o->trace != NULL) {
        error = trace_open(s->world, o->trace, slice_from(strchr(node, ':') != NULL ? strchr(node, ':') + 1 : node),
                           &s->trace);
        if (error != 0)
            code = complain(o->trace, error);
    }
    if (code == EXIT_OK && (phone_tls_is_wanted(&s->entry, o->target) || wants_tls(o)))
        code = phone_tls_open(&s->entry, world_wall(s->world) / 1000, &s->tls);
    if (code == EXIT_OK && progress_is_possible(s->json)) {
        s->sound.meter = true;
        progress_open(&s->progress, s->world, &s->phone, &s->sound);
    }
    if (code == EXIT_OK)
        code = start_phone(s, o);
    if (code == EXIT_OK &&
        (world_uv_signal(s->world, SIGINT, on_signal, s) != 0 || world_uv_signal(s->world, SIGTERM, on_signal, s) != 0))
        code = complain("signals", -ERR_LIMIT);
    if (code != EXIT_OK)
        shell_close(s);
    return code;
}

int shell_run(struct shell *s)
{
    world_uv_run(s->world);
    return s->exit_code;
}

void shell_close(struct shell *s)
{
    int error;

    if (s->world == NULL)
        return;
    world_timer_stop(s->world, &s->timer);
    progress_close(&s->progress);
    phone_free(s->phone);
    tls_shared_free(s->tls);
    s->tls = NULL;
    error  = trace_close(s->trace);
    if (error != 0)
        complain("the trace is not complete", error);
    world_uv_free(s->world);
    s->world = NULL;
    if (s->instance >= 0)
        close(s->instance);
    s->instance = -1;
    explicit_bzero(&s->accounts, sizeof s->accounts);
    explicit_bzero(&s->entry, sizeof s->entry);
}
