/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/phone_seat.h"

#include "base/error.h"
#include "cmd/account_instance.h"
#include "cmd/exit_code.h"
#include "cmd/phone_port.h"
#include "cmd/phone_tls.h"
#include "cmd/shell.h"
#include "dialog/session_timer.h"
#include "net/world_uv.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TXNS = 1024, CONNECTIONS = 64, NO_MEDIA_MS = 5000 };

static int complain(const char *what, int error)
{
    fprintf(stderr, "ahoy phone: %s: %s\n", what, error_text(error));
    return (int)exit_code_of_error(error);
}

/* ---- accounts ---- */

static int complain_unknown(const char *name)
{
    fprintf(stderr, "ahoy phone: there is no account '%s'; see 'ahoy account list'\n", name);
    return EXIT_NOT_FOUND;
}

static int load_accounts(struct phone_seat *s, const struct seat_options *o)
{
    int code = account_file_load(&s->accounts);

    for (size_t i = 0; code == EXIT_OK && i < o->account_count; i++)
        if (account_list_find(&s->accounts, o->accounts[i]) == NULL)
            code = complain_unknown(o->accounts[i]);
    return code;
}

/* Is this entry of the file wanted from the start? */
static bool is_wanted(struct phone_seat *s, const struct seat_options *o, const struct account_entry *e)
{
    for (size_t i = 0; i < o->account_count; i++)
        if (account_list_find(&s->accounts, o->accounts[i]) == e)
            return true;
    return o->account_count == 0 && !o->no_account;
}

static const struct account_entry *first_wanted(struct phone_seat *s, const struct seat_options *o)
{
    for (size_t i = 0; i < s->accounts.count; i++)
        if (is_wanted(s, o, &s->accounts.entries[i]))
            return &s->accounts.entries[i];
    return NULL;
}

/* Of an instance that another process has, we are another phone: without a name. */
static struct account_config config_of(struct phone_seat *s, const struct account_entry *e)
{
    struct account_config config = account_entry_config(e);
    size_t                i      = (size_t)(e - s->accounts.entries);

    if (s->instances[i] == 0) {
        int fd = instance_claim(e);

        s->instances[i] = fd < 0 ? 0 : fd;
    }
    if (s->instances[i] == 0)
        config.instance = config.second_proxy = SLICE("");
    return config;
}

static int find_account(void *arg, const char *name, struct account_config *out)
{
    struct phone_seat          *s = arg;
    const struct account_entry *e = account_list_find(&s->accounts, name);

    if (e == NULL)
        return -ERR_NOT_FOUND;
    *out = config_of(s, e);
    return 0;
}

static int add_account(struct phone_seat *s, const struct seat_options *o, const struct account_entry *e)
{
    struct account_config config = config_of(s, e);
    object_id             id;
    int                   error;

    if (o->proxy != NULL) {
        config.proxy        = slice_from(o->proxy);
        config.second_proxy = SLICE("");
        config.strict       = false; /* the account's is */
    }
    error = phone_desk_add_account(s->desk, slice_from(e->name), &config, &id);
    return error == 0 ? EXIT_OK : complain(e->address, error);
}

/* Without any account one still may call, and be called at this host's address. */
static int add_guest(struct phone_seat *s, const struct seat_options *o)
{
    char                  text[ADDRESS_TEXT], aor[ACCOUNT_TEXT];
    struct buf            b      = BUF_ON(text);
    struct address        at     = phone_address(s->phone);
    struct account_config config = { .proxy = slice_from(o->proxy == NULL ? "" : o->proxy) };
    object_id             id;
    int                   error;

    address_write(&b, &at);
    snprintf(aor, sizeof aor, "sip:%s@%s", login_name(), buf_cstr(&b));
    config.aor = slice_from(aor);
    error      = phone_desk_add_account(s->desk, SLICE("guest"), &config, &id);
    return error == 0 ? EXIT_OK : complain(aor, error);
}

static int add_accounts(struct phone_seat *s, const struct seat_options *o)
{
    int code = EXIT_OK;

    for (size_t i = 0; code == EXIT_OK && i < s->accounts.count; i++)
        if (is_wanted(s, o, &s->accounts.entries[i]))
            code = add_account(s, o, &s->accounts.entries[i]);
    if (code != EXIT_OK)
        return code;
    if (first_wanted(s, o) == NULL)
        return add_guest(s, o);
    if (!o->no_register)
        phone_desk_register_all(s->desk);
    return EXIT_OK;
}

/* ---- the phone ---- */

/* The address that reaches who is asked first, or else anybody far away, by the family to listen to. */
static int find_address(struct phone_seat *s, const struct seat_options *o, struct address *out)
{
    const struct account_entry *e       = first_wanted(s, o);
    const char                 *hop     = o->proxy;
    const char                 *anybody = o->listen.family == FAMILY_6 ? "sip:[2001:db8::1]" : "sip:192.0.2.1";
    int                         error;

    if (hop == NULL && e != NULL)
        hop = e->proxy[0] != '\0' ? e->proxy : e->registrar[0] != '\0' ? e->registrar : e->address;
    error     = shell_local_address(s->world, slice_from(hop == NULL ? anybody : hop), out);
    out->port = o->listen.port;
    if (error != 0) {
        fprintf(stderr, "ahoy phone: '%s' is not a SIP URI\n", hop);
        return EXIT_USAGE;
    }
    if (o->listen.family != FAMILY_NONE && !address_is_any(&o->listen))
        *out = o->listen;
    return EXIT_OK;
}

/* What is said on the command line counts for all accounts, and before what the file says of this one (or NULL). */
static void trust_of(const struct account_entry *e, const struct seat_options *o, struct account_entry *trust)
{
    *trust = e != NULL ? *e : (struct account_entry){ 0 };
    if (o->tls_trust != NULL)
        snprintf(trust->tls_trust, sizeof trust->tls_trust, "%s", o->tls_trust);
    if (o->tls_certificate != NULL)
        snprintf(trust->tls_certificate, sizeof trust->tls_certificate, "%s", o->tls_certificate);
    if (o->tls_key != NULL)
        snprintf(trust->tls_key, sizeof trust->tls_key, "%s", o->tls_key);
    trust->tls_no_verify = trust->tls_no_verify || o->tls_no_verify;
}

/* The first that speaks TLS says whom to trust. */
static int open_tls(struct phone_seat *s, const struct seat_options *o)
{
    static struct account_entry trust; /* several KB */
    const struct account_entry *found = NULL;

    for (size_t i = 0; i < s->accounts.count && found == NULL; i++)
        if (is_wanted(s, o, &s->accounts.entries[i]) && phone_tls_is_wanted(&s->accounts.entries[i], o->proxy))
            found = &s->accounts.entries[i];
    if (found == NULL && !o->tls && o->tls_trust == NULL && !o->tls_no_verify && o->tls_certificate == NULL)
        return EXIT_OK;
    trust_of(found, o, &trust);
    return phone_tls_open(&trust, world_wall(s->world) / 1000, &s->tls);
}

/* For the desk: TLS is not loaded before somebody wants it; who does so later is the account of that name in the file,
 * or nobody of it. */
static int want_tls(void *arg, const char *account, char *reason, size_t size)
{
    static struct account_entry trust; /* several KB */
    struct phone_seat          *s = arg;
    int                         error;

    if (s->tls != NULL)
        return 0;
    trust_of(account == NULL ? NULL : account_list_find(&s->accounts, account), s->options, &trust);
    if (phone_tls_load(&trust, world_wall(s->world) / 1000, &s->tls, reason, size) != EXIT_OK)
        return -ERR_UNSUPPORTED;
    error = stack_use_tls(phone_stack(s->phone), s->tls);
    if (error == 0)
        return 0;
    snprintf(reason, size, "TLS: %s", error_text(error));
    tls_shared_free(s->tls);
    s->tls = NULL;
    return error;
}

static int open_phone(struct phone_seat *s, const struct seat_options *o)
{
    struct phone_config config = {
        .stack            = { .max_server_txns = TXNS,
                              .udp_limit       = STACK_UDP_LIMIT,
                              .max_client_txns = TXNS,
                              .max_connections = CONNECTIONS,
                              .tls             = s->tls,
                              .trace           = trace_hook(s->trace) },
        .no_udp           = !o->udp,
        .tcp              = o->tcp,
        .tls              = o->tls,
        .any_address      = o->listen.family == FAMILY_NONE || address_is_any(&o->listen),
        .user_agent       = SLICE("ahoy/" AHOY_VERSION),
        .accept_any       = first_wanted(s, o) == NULL,
        .max_calls        = o->max_calls,
        .session_expires  = SESSION_TIMER_DEFAULT,
        .media_port_first = o->rtp_first,
        .media_port_last  = o->rtp_last,
        .latch            = true, /* peers behind a NAT say in SDP what nobody can reach */
        .no_media_after   = NO_MEDIA_MS,
    };
    int code = find_address(s, o, &config.address);
    int error;

    if (code != EXIT_OK)
        return code;
    if (!reliable_parse(o->reliable, &config.reliable))
        return EXIT_USAGE;
    phone_desk_hook(s->desk, &config);
    error = phone_port_open(s->world, &config, &s->phone);
    if (error == 0)
        return EXIT_OK;
    fprintf(stderr, "ahoy phone: cannot listen on port %u: %s\n", (unsigned)config.address.port, error_text(error));
    return (int)exit_code_of_error(error);
}

/* ---- the end ---- */

static void on_ended(void *arg)
{
    struct phone_seat *s = arg;

    world_uv_stop(s->world);
}

static void on_line(void *arg, struct slice line)
{
    struct phone_seat *s = arg;

    s->line(s->front, line);
}

static void on_event(void *arg, const struct phone_event *e)
{
    struct phone_seat *s = arg;

    if (s->event != NULL)
        s->event(s->front, e);
}

static void on_signal(void *arg)
{
    struct phone_seat *s = arg;

    s->exit_code = EXIT_INTERRUPTED;
    if (s->interrupts++ > 0)
        world_uv_stop(s->world); /* not waiting for answers */
    else
        phone_desk_quit(s->desk);
}

/* ---- open, run, close ---- */

static void tell_what_is_not_kept(const struct phone_files *f)
{
    const bool contacts = f->contacts[0] == '\0', calls = f->calls[0] == '\0';

    if (contacts || calls)
        fprintf(stderr, "ahoy phone: HOME is not set: %s%s%s not kept\n", contacts ? "contacts" : "",
                contacts && calls ? " and " : "", calls ? "past calls are" : " are");
}

int phone_seat_open_world(struct phone_seat *s)
{
    phone_log_init(&s->log);
    phone_files_find(&s->files);
    tell_what_is_not_kept(&s->files);
    s->world = world_uv_new_with(&s->log.log, &(struct world_uv_options){ .exact = true });
    return s->world != NULL ? EXIT_OK : complain("starting", -ERR_NO_MEMORY);
}

static const char *if_there(const char *path)
{
    return path[0] == '\0' ? NULL : path;
}

static int open_desk(struct phone_seat *s, const struct seat_options *o)
{
    struct phone_desk_config config = { .line         = on_line,
                                        .event        = on_event,
                                        .ended        = on_ended,
                                        .find_account = find_account,
                                        .want_tls     = want_tls,
                                        .arg          = s,
                                        .contacts     = if_there(s->files.contacts),
                                        .calls        = if_there(s->files.calls),
                                        .media        = sound_media(&s->sound),
                                        .stats_every  = o->stats_every,
                                        .incoming     = o->incoming };

    s->desk = phone_desk_new(s->world, &config);
    return s->desk != NULL ? EXIT_OK : complain("starting", -ERR_NO_MEMORY);
}

static bool catch_signals(struct phone_seat *s)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (world_uv_signal(s->world, numbers[i], on_signal, s) != 0)
            return false;
    return true;
}

int phone_seat_open(struct phone_seat *s, const struct seat_options *o)
{
    int code  = load_accounts(s, o);
    int error = 0;

    s->options = o;
    if (code == EXIT_OK && o->trace != NULL)
        error = trace_open(s->world, o->trace, SLICE("phone"), &s->trace);
    if (error != 0)
        code = complain(o->trace, error);
    if (code == EXIT_OK)
        code = open_tls(s, o);
    if (code == EXIT_OK)
        code = open_desk(s, o);
    if (code == EXIT_OK)
        code = open_phone(s, o);
    if (code != EXIT_OK)
        return code;
    phone_desk_begin(s->desk, s->phone);
    if (!catch_signals(s))
        return complain("signals", -ERR_LIMIT);
    return add_accounts(s, o);
}

int phone_seat_run(struct phone_seat *s)
{
    world_uv_run(s->world);
    return s->exit_code;
}

void phone_seat_close(struct phone_seat *s)
{
    int error;

    phone_free(s->phone);
    phone_desk_free(s->desk);
    tls_shared_free(s->tls);
    error = trace_close(s->trace);
    if (error != 0)
        complain("the trace is not complete", error);
    explicit_bzero(&s->accounts, sizeof s->accounts);
    for (size_t i = 0; i < ACCOUNT_COUNT_MAX; i++)
        if (s->instances[i] > 0)
            close(s->instances[i]);
}

void phone_seat_close_world(struct phone_seat *s)
{
    world_uv_turn(s->world, 0); /* handles of the front that were let go */
    world_uv_free(s->world);
}
