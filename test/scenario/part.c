/* SPDX-License-Identifier: BSD-2-Clause */
/* part: what becomes of a command of the phone, in the statements up to the next one.
 *
 *     part   hold refused            refused, lost, late; of several: part hold lost late
 *     alice  commands '{"command":"hold"}'
 *     ...
 *
 * At its end that has happened, and not only been written down: the journal says so.  The command was given,
 * something was expected behind it, and of the messages that it makes the phone send
 *
 *     refused   the phone has heard a final response of 300 or more to one, or a BYE, a CANCEL, or a NOTIFY that says
 * the same lost      one, or what answers it, was lost on the way, or found nobody; or one came again since nobody
 * answered late      one was answered a second or more after the command, and after it was first sent
 */
#include "scenario/scenario.h"

#include <jansson.h>
#include <stdio.h>

enum { LATE = 1000, METHODS = 6, TIMES_UNANSWERED = 3 };

/* The requests by which a command is carried out, as they stand in the CSeq of what is sent; responses of the phone's
 * to such requests count as well: ring sends one to an INVITE. */
static const struct {
    const char *command, *methods[METHODS];
} made_of[] = {
    { "call", { "INVITE" } },
    { "pickup", { "INVITE", "SUBSCRIBE" } },
    { "ring", { "INVITE" } },
    { "progress", { "INVITE" } },
    { "answer", { "INVITE" } },
    { "reject", { "INVITE" } },
    { "hangup", { "BYE", "CANCEL", "INVITE" } },
    { "hold", { "INVITE", "UPDATE" } },
    { "resume", { "INVITE", "UPDATE" } },
    { "update", { "INVITE", "UPDATE" } },
    { "swap", { "INVITE", "UPDATE" } },
    { "stream", { "INVITE", "UPDATE" } },
    { "conference", { "INVITE", "UPDATE" } },
    { "transfer", { "REFER" } },
    { "follow", { "INVITE", "REFER", "NOTIFY" } },
    { "decline", { "REFER", "NOTIFY" } },
    { "digits", { "INFO" } },
    { "message", { "MESSAGE" } },
    { "subscribe", { "SUBSCRIBE" } },
    { "unsubscribe", { "SUBSCRIBE" } },
    { "when_free", { "SUBSCRIBE", "INVITE" } },
    { "publish", { "PUBLISH" } },
    { "unpublish", { "PUBLISH" } },
    { "account", { "REGISTER" } },
    { "register", { "REGISTER" } },
    { "unregister", { "REGISTER" } },
    { "mesh", { "INVITE", "REFER" } },
    { "join", { "INVITE" } },
    { "refer", { "REFER" } },
    { "watcher", { "SUBSCRIBE", "NOTIFY" } },
    { "quit", { "BYE", "REGISTER", "SUBSCRIBE", "PUBLISH", "INVITE" } },
};

enum { COMMANDS = sizeof made_of / sizeof *made_of };

static int find(const char *command)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(made_of[i].command, command) == 0)
            return i;
    return -1;
}

/* ---- the journal ---- */

static bool is_made(const struct part *p, struct slice message)
{
    for (int i = 0; i < METHODS && made_of[p->command].methods[i] != NULL; i++)
        if (slice_eq(wire_method(message), slice_from(made_of[p->command].methods[i])))
            return true;
    return false;
}

static bool has_same(struct slice a, struct slice b, const char *header)
{
    struct slice x, y;

    return wire_header(a, header, 0, &x) && wire_header(b, header, 0, &y) && slice_eq(x, y);
}

static bool is_of_call(struct slice a, struct slice b)
{
    return has_same(a, b, "Call-ID");
}

/* Entry `n` is one that the phone has sent for it, and the first such from entry `begin` on. */
static bool is_first_sent(const struct scenario *s, const struct part *p, size_t begin, size_t n)
{
    const struct entry *e = &s->journal.entries[n];

    if (!entry_is_message(e) || e->from != p->whose || !is_made(p, e->text))
        return false;
    for (size_t i = begin; i < n; i++) {
        const struct entry *before = &s->journal.entries[i];

        if (entry_is_message(before) && before->from == p->whose && is_of_call(before->text, e->text) &&
            has_same(before->text, e->text, "CSeq") && slice_eq(wire_what(before->text), wire_what(e->text)))
            return false;
    }
    return true;
}

/* Does `heard` answer what was `sent`?  A request is answered by its final response, or by what its subscription tells;
 * a response by whatever the other side does next in that call. */
static bool answers(struct slice heard, struct slice sent)
{
    if (!is_of_call(heard, sent))
        return false;
    if (wire_status(sent) != 0)
        return wire_status(heard) == 0;
    if (wire_status(heard) >= 200)
        return has_same(heard, sent, "CSeq");
    return wire_status(heard) == 0 && slice_eq(wire_method(heard), SLICE("NOTIFY"));
}

/* The phone has sent something for it in this call. */
static bool is_of_ours(const struct scenario *s, const struct part *p, struct slice message)
{
    for (size_t i = 0; i < s->journal.count; i++) {
        const struct entry *e = &s->journal.entries[i];

        if (entry_is_message(e) && e->from == p->whose && is_made(p, e->text) && is_of_call(e->text, message))
            return true;
    }
    return false;
}

/* That a subscription has served its purpose is no refusal (RFC 3515 2.4.7). */
static bool tells_refusal(struct slice notify)
{
    struct slice body = wire_body(notify), state, reason;

    if (body.len > 9 && memcmp(body.ptr, "SIP/2.0 ", 8) == 0)
        return body.ptr[8] >= '3';
    if (!wire_header(notify, "Subscription-State", 0, &state) || memmem(state.ptr, state.len, "terminated", 10) == NULL)
        return false;
    return !wire_param(state, "reason", &reason) || !slice_eq(reason, SLICE("noresource"));
}

static bool says_refusal(struct slice message)
{
    struct slice method = wire_method(message);

    if (wire_status(message) != 0)
        return wire_status(message) >= 300;
    if (slice_eq(method, SLICE("NOTIFY")))
        return tells_refusal(message);
    return slice_eq(method, SLICE("BYE")) || slice_eq(method, SLICE("CANCEL"));
}

static bool was_refused(const struct scenario *s, const struct part *p)
{
    for (size_t i = p->given; i < s->journal.count; i++) {
        const struct entry *e = &s->journal.entries[i];

        if (e->kind == ENTRY_HEARD && e->to == p->whose && says_refusal(e->text) && is_of_ours(s, p, e->text) &&
            (wire_status(e->text) == 0 || is_made(p, e->text)))
            return true;
    }
    return false;
}

static unsigned times_sent(const struct scenario *s, const struct part *p, const struct entry *first)
{
    unsigned count = 0;

    for (size_t i = p->given; i < s->journal.count; i++) {
        const struct entry *e = &s->journal.entries[i];

        if (!entry_is_message(e) || !is_of_call(e->text, first->text))
            continue;
        if (e->from == p->whose && has_same(e->text, first->text, "CSeq") &&
            slice_eq(wire_what(e->text), wire_what(first->text)))
            count++;
        else if (e->kind == ENTRY_HEARD && e->to == p->whose && answers(e->text, first->text))
            return 0;
    }
    return count;
}

static bool was_lost(const struct scenario *s, const struct part *p)
{
    for (size_t i = p->given; i < s->journal.count; i++) {
        const struct entry *e = &s->journal.entries[i];

        if ((e->kind == ENTRY_LOST || e->kind == ENTRY_REFUSED) && (e->from == p->whose || e->to == p->whose) &&
            is_of_ours(s, p, e->text))
            return true;
        if (is_first_sent(s, p, p->given, i) && times_sent(s, p, e) >= TIMES_UNANSWERED)
            return true;
    }
    return false;
}

static bool is_late(const struct scenario *s, const struct part *p, size_t sent)
{
    const struct entry *first = &s->journal.entries[sent];
    msec                since = first->at > p->given_at ? first->at : p->given_at;

    for (size_t i = sent + 1; i < s->journal.count; i++) {
        const struct entry *e = &s->journal.entries[i];

        if (e->kind == ENTRY_HEARD && e->to == p->whose && answers(e->text, first->text))
            return i >= p->given && e->at - since >= LATE; /* the first that answers counts */
    }
    return false;
}

/* What was sent before the command counts, too, if it was not answered: hangup ends a call that nobody has answered. */
static bool was_late(const struct scenario *s, const struct part *p)
{
    for (size_t i = 0; i < s->journal.count; i++)
        if (is_first_sent(s, p, 0, i) && is_late(s, p, i))
            return true;
    return false;
}

/* ---- the statement ---- */

static const struct {
    const char *name;
    bool (*proved)(const struct scenario *s, const struct part *p);
    const char *else_what;
} ways[PART_WAYS] = {
    { "refused", was_refused, "nobody has refused it" },
    { "lost", was_lost, "nothing of it was lost" },
    { "late", was_late, "nothing of it was answered late" },
};

static bool check(struct scenario *s, const struct part *p)
{
    const char *command = made_of[p->command].command;

    if (p->whose == NULL)
        return scenario_fail(s, "this part is about '%s', which is not given", command);
    if (!p->expected)
        return scenario_fail(s, "this part expects nothing behind '%s'", command);
    for (int i = 0; i < PART_WAYS; i++)
        if (p->way[i] && !ways[i].proved(s, p))
            return scenario_fail(s, "'%s' is to be %s here, but %s", command, ways[i].name, ways[i].else_what);
    return true;
}

bool scenario_end_part(struct scenario *s)
{
    struct part part = s->part;

    s->part = (struct part){ .line = 0 };
    if (part.line == 0 || s->troubled)
        return true;
    s->line = part.line;
    return check(s, &part);
}

static bool set_way(struct part *p, const char *word)
{
    for (int i = 0; i < PART_WAYS; i++)
        if (strcmp(ways[i].name, word) == 0)
            return p->way[i] = true;
    return false;
}

bool verb_part(struct scenario *s, const struct statement *st)
{
    struct part part = { .line = st->line };
    bool        good = st->words.count >= 3;

    if (!scenario_end_part(s))
        return false;
    part.command = good ? find(st->words.word[1]) : -1;
    for (unsigned i = 2; i < st->words.count; i++)
        good = set_way(&part, st->words.word[i]) && good;
    if (!good || part.command < 0)
        return scenario_fail(s, "part COMMAND refused|lost|late..., COMMAND one that asks a peer");
    s->line = st->line;
    s->part = part;
    return true;
}

void scenario_commanded(struct actor *a, const json_t *command)
{
    struct part *p    = &a->scenario->part;
    const char  *name = json_string_value(json_object_get(command, "command"));

    if (p->line == 0 || p->whose != NULL || name == NULL || find(name) != p->command)
        return;
    p->whose    = a->host;
    p->given    = a->scenario->journal.count;
    p->given_at = network_now(a->scenario->net);
}
