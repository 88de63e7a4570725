/* SPDX-License-Identifier: BSD-2-Clause */
/* phone.c - ahoy phone: a phone for a person at a terminal, or for a script. */

#include "base/duration.h"
#include "base/scan.h"
#include "cmd/exit_code.h"
#include "cmd/option.h"
#include "cmd/phone_pipe.h"
#include "cmd/phone_screen.h"
#include "cmd/phone_seat.h"
#include "cmd/shell.h"

#include <string.h>
#include <unistd.h>

enum {
    OPT_NO_ACCOUNT = SHELL_OPTION_OWN,
    OPT_NO_REGISTER,
    OPT_LISTEN,
    OPT_TRANSPORT,
    OPT_RTP_PORTS,
    OPT_MAX_CALLS,
    OPT_STATS,
    OPT_INCOMING,
};

static const struct option_entry entries[] = {
    { 'a', "account", "NAME", "with this account; may be given again for more (all of the accounts file)" },
    { OPT_NO_ACCOUNT, "no-account", NULL, "with none of the accounts file; the command account can add some" },
    { OPT_NO_REGISTER, "no-register", NULL, "do not register until the command register" },
    { OPT_LISTEN, "listen", "ADDRESS[:PORT]",
      "listen there only (all addresses, any free port); :PORT for the port alone" },
    { OPT_TRANSPORT, "transport", "LIST",
      "listen for these: udp,tcp,tls (udp,tcp); tls on the next port, if not alone" },
    { OPT_RTP_PORTS, "rtp-ports", "FIRST-LAST",
      "ports for sound, an even and an odd one for each stream (16384-32767)" },
    { OPT_MAX_CALLS, "max-calls", "N", "calls at once; one more is told: busy (16)" },
    { OPT_INCOMING, "incoming", "WHAT",
      "with calls that come in: ring, tell (without ringing), answer, answer:2s, reject, reject:603 (ring)" },
    { OPT_STATS, "stats", "DURATION", "tell statistics of calls that are up so often (1s); 0: never" },
    SOUND_OPTIONS(SHELL_PLAY, SHELL_RECORD, SHELL_RECORD_BOTH, SHELL_DEVICE, SHELL_NULL_AUDIO),
    SHELL_RELIABLE_OPTION,
    SHELL_OPTIONS,
    OPTION_TABLE_END,
};

/* ---- options ---- */

static int wrong(struct options *o, const char *form)
{
    return o->exit_code = options_complain(o->command, "'%s' is not %s", o->value, form);
}

static void read_listen(struct options *o, struct address *out)
{
    struct scan s = scan_from(slice_from(o->value));
    uint32_t    port;

    if (scan_byte(&s, ':') && scan_number(&s, UINT16_MAX, &port) && scan_at_end(&s))
        *out = address_v4(0, 0, 0, 0, (uint16_t)port);
    else if (!address_parse(slice_from(o->value), out))
        wrong(o, "an address and port such as 192.0.2.1:5060, [::1]:5060 or :5060");
}

static void read_transports(struct options *o, struct seat_options *out)
{
    struct scan  s = scan_from(slice_from(o->value));
    struct slice word;

    out->udp = out->tcp = out->tls = false;
    while (scan_until(&s, ",", &word)) {
        if (slice_eq_nocase(word, SLICE("udp")))
            out->udp = true;
        else if (slice_eq_nocase(word, SLICE("tcp")))
            out->tcp = true;
        else if (slice_eq_nocase(word, SLICE("tls")))
            out->tls = true;
        else
            break;
        if (!scan_byte(&s, ','))
            break;
    }
    if (!scan_at_end(&s) || !(out->udp || out->tcp || out->tls))
        wrong(o, "a list of udp, tcp and tls");
}

/* Sound takes an even port, its reports the odd one behind it (RFC 3550 11). */
static void read_rtp_ports(struct options *o, struct seat_options *out)
{
    struct scan s = scan_from(slice_from(o->value));
    uint32_t    first, last;

    if (!scan_number(&s, UINT16_MAX, &first) || !scan_byte(&s, '-') || !scan_number(&s, UINT16_MAX, &last) ||
        !scan_at_end(&s) || first == 0 || first > last) {
        wrong(o, "a range of ports such as 20000-20100, the lower one first");
    } else if ((first + 1) / 2 * 2 + 1 > last) {
        wrong(o, "a range with an even port and the odd one behind it, such as 20000-20001");
    } else {
        out->rtp_first = (uint16_t)first;
        out->rtp_last  = (uint16_t)last;
    }
}

/* "answer:2s", "reject:603" */
static void read_incoming(struct options *o, struct desk_policy *out)
{
    struct scan s = scan_from(slice_from(o->value));
    uint32_t    status;
    bool        good = true;

    *out = (struct desk_policy){ .status = 486 };
    if (scan_exact(&s, SLICE("answer"))) {
        out->mode = INCOMING_ANSWER;
        good      = !scan_byte(&s, ':') || duration_scan(&s, &out->after);
    } else if (scan_exact(&s, SLICE("reject"))) {
        out->mode = INCOMING_REJECT;
        if (scan_byte(&s, ':')) {
            good        = scan_number(&s, PHONE_STATUS_LAST, &status) && status >= PHONE_STATUS_FIRST;
            out->status = status;
        }
    } else {
        out->mode = scan_exact(&s, SLICE("tell")) ? INCOMING_TELL : INCOMING_RING;
        good      = out->mode == INCOMING_TELL || scan_exact(&s, SLICE("ring"));
    }
    if (!good || !scan_at_end(&s))
        wrong(o, "ring, tell, answer, answer:DURATION, reject or reject:STATUS");
}

static void read_stats(struct options *o, struct seat_options *out)
{
    if (!duration_parse(slice_from(o->value), DURATION_MAX, &out->stats_every))
        wrong(o, "a time such as " DURATION_FORM);
}

static void read_own(struct options *o, int letter, struct seat_options *out)
{
    if (letter == OPT_NO_ACCOUNT)
        out->no_account = true;
    else if (letter == OPT_NO_REGISTER)
        out->no_register = true;
    else if (letter == OPT_LISTEN)
        read_listen(o, &out->listen);
    else if (letter == OPT_TRANSPORT)
        read_transports(o, out);
    else if (letter == OPT_RTP_PORTS)
        read_rtp_ports(o, out);
    else if (letter == OPT_MAX_CALLS)
        options_count(o, 10000, &out->max_calls);
    else if (letter == OPT_INCOMING)
        read_incoming(o, &out->incoming);
    else if (letter == OPT_STATS)
        read_stats(o, out);
    else if (out->account_count < ACCOUNT_COUNT_MAX) /* 'a' */
        out->accounts[out->account_count++] = o->value;
}

static int read_options(struct options *o, struct seat_options *out, struct sound *sound, bool *json)
{
    struct shell_options shared = { 0 };

    for (int letter; o->exit_code < 0 && (letter = options_next(o)) != OPTIONS_END;)
        if (letter == 'a' || !shell_option(&shared, sound, letter, o->value))
            read_own(o, letter, out);
    out->proxy           = shared.proxy;
    out->trace           = shared.trace;
    out->reliable        = shared.reliable;
    out->tls_trust       = shared.tls_trust;
    out->tls_certificate = shared.tls_certificate;
    out->tls_key         = shared.tls_key;
    out->tls_no_verify   = shared.tls_no_verify;
    *json                = shared.json;
    return o->exit_code;
}

/* ---- run ---- */

static int run_pipe(struct phone_seat *s, const struct seat_options *o, bool json)
{
    static struct phone_pipe pipe;
    int                      code = phone_pipe_open(&pipe, s, json);

    if (code == EXIT_OK)
        code = phone_seat_open(s, o);
    if (code == EXIT_OK)
        code = phone_pipe_start(&pipe);
    if (code == EXIT_OK)
        code = phone_seat_run(s);
    return phone_pipe_close(&pipe, code);
}

static int run_screen(struct phone_seat *s, const struct seat_options *o)
{
    static struct phone_screen screen; /* outlives its editor, which goes with the world */
    int                        code = phone_screen_open(&screen, s);

    if (code == EXIT_OK)
        code = phone_seat_open(s, o);
    if (code == EXIT_OK)
        code = phone_screen_start(&screen);
    if (code == EXIT_OK)
        code = phone_seat_run(s);
    phone_screen_close(&screen);
    return code;
}

static int run(const struct command *command, int argc, char **argv)
{
    static struct phone_seat seat; /* large: the accounts */
    struct seat_options      wanted = {
             .udp = true, .tcp = true, .max_calls = 16, .stats_every = 1000, .incoming = { .mode = INCOMING_RING }
    };
    struct options o = options_of(command, argc, argv);
    bool           json;
    int            code = read_options(&o, &wanted, &seat.sound, &json);

    if (code >= 0)
        return code;
    if (o.index != argc)
        return options_complain(command, "no argument is wanted; commands are typed, or come as JSON");
    code = sound_check(&seat.sound);
    if (code == EXIT_OK)
        code = phone_seat_open_world(&seat);
    if (code != EXIT_OK)
        return code;
    if (!json && line_editor_is_possible())
        code = run_screen(&seat, &wanted);
    else
        code = run_pipe(&seat, &wanted, json);
    phone_seat_close(&seat);
    phone_seat_close_world(&seat);
    return code;
}

extern const struct command command_phone;
const struct command        command_phone = {
           .name     = "phone",
           .summary  = "a phone for a person at a terminal, or for a script",
           .synopsis = "[OPTION...]",
           .details = "Registers its accounts and takes commands until the command quit or the end of its input: one a line, "
                             "as typed, or with --json as JSON objects.  Then all that happens is told as JSON objects on stdout, "
                             "each command is answered with a result or an error, and what may come is described by a schema: "
                             "'ahoy help phone-commands', 'ahoy help phone-events'.",
           .options  = entries,
           .examples = "ahoy phone\n"
                              "ahoy phone --json --null-audio --incoming answer:2s\n"
                              "echo 'call sip:echo@192.0.2.1' | ahoy phone --no-account --null-audio\n",
           .run      = run,
};
