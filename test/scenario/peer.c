/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/peer.h"
#include "base/error.h"
#include "support/alloc.h"

#include <stdlib.h>

static struct peer *peer_of(struct actor *a)
{
    return CONTAINER_OF(a, struct peer, actor);
}

/* ---- its socket and streams: the journal hears for it ---- */

static void hear_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    (void)owner;
    (void)udp;
    (void)d;
}

static void hear_udp_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)udp;
    (void)remote;
    actor_event(owner, "icmp %s", error_name(error));
}

static void hear_open(void *owner, struct stream *s)
{
    (void)s;
    actor_event(owner, "connected");
}

static void hear_bytes(void *owner, struct stream *s, struct slice bytes)
{
    (void)owner;
    (void)s;
    (void)bytes;
}

static void hear_close(void *owner, struct stream *s, int error)
{
    struct peer *p = peer_of(owner);

    if (p->stream == s) {
        p->stream     = NULL;
        p->use_stream = false;
    }
    actor_event(owner, "disconnected%s%s", error == 0 ? "" : " ", error == 0 ? "" : error_name(error));
}

static const struct udp_events    udp_events    = { .on_datagram = hear_datagram, .on_error = hear_udp_error };
static const struct stream_events stream_events = { hear_open, hear_bytes, hear_close };

static const struct stream_events *accept_stream(void *owner, struct listener *l, struct stream *s, void **stream_owner)
{
    (void)l;
    peer_of(owner)->stream = s;
    *stream_owner          = owner;
    actor_event(owner, "accepted");
    return &stream_events;
}

static bool open_sockets(struct peer *p)
{
    struct world *w = p->actor.world;

    return world_udp_open(w, &p->address, &udp_events, &p->actor, &p->udp) == 0 &&
           world_listen(w, &p->address, accept_stream, &p->actor, &p->listener) == 0;
}

static bool say(struct peer *p, const struct address *to, struct slice text)
{
    struct world *w = p->actor.world;
    int           error;

    if (p->channel != NULL)
        error = channel_send(p->channel, &text, 1);
    else if (p->use_stream)
        error = world_stream_send(w, p->stream, &text, 1);
    else
        error = world_udp_send(w, p->udp, NULL, to, &text, 1);

    return error == 0 || scenario_fail(p->actor.scenario, "it cannot say that: %s", error_text(error));
}

/* An actor, or an address with or without port. */
static bool parse_target(struct peer *p, const char *word, struct address *out)
{
    struct scenario *s = p->actor.scenario;
    struct actor    *a = scenario_actor(s, word);

    if (a != NULL)
        *out = host_address(a->host, (enum family)p->address.family);
    else if (word == NULL || !address_parse(slice_from(word), out))
        return scenario_fail(s, "to whom?");
    if (out->port == 0)
        out->port = PEER_PORT;
    return true;
}

/* ---- verbs ---- */

/* sends TARGET, and the block as it is */
static bool peer_sends(struct peer *p, const struct statement *st)
{
    struct address to;
    struct slice   text;

    return parse_target(p, st->words.word[2], &to) && peer_build_raw(p, st, &text) && say(p, &to, text);
}

/* An INVITE is remembered: its ACK and its CANCEL are like it. */
static bool say_request(struct peer *p, const char *method, const struct address *to, struct slice text)
{
    if (strcmp(method, "INVITE") == 0) {
        memcpy(p->invite_memory, text.ptr, text.len);
        p->invite    = (struct slice){ p->invite_memory, text.len };
        p->invite_to = *to;
    }
    return say(p, to, text);
}

/* requests METHOD URI TARGET */
static bool peer_requests(struct peer *p, const struct statement *st)
{
    const char *const *word = st->words.word;
    struct address     to;
    struct slice       text;

    if (st->words.count != 5)
        return scenario_fail(p->actor.scenario, "requests METHOD URI TARGET");
    return parse_target(p, word[4], &to) && peer_build_request(p, st, word[2], word[3], &text) &&
           say_request(p, word[2], &to, text);
}

/* "sip:#@example.test" with a number in the place of #. */
static const char *numbered(const char *uri, unsigned number, char *memory, size_t size)
{
    const char *at = strchr(uri, '#');

    if (at == NULL)
        return uri;
    snprintf(memory, size, "%.*s%u%s", (int)(at - uri), uri, number, at + 1);
    return memory;
}

/* asks COUNT METHOD URI TARGET [every T]: so many new requests, to other users each if there is a # in the URI */
static bool peer_asks(struct peer *p, const struct statement *st)
{
    const char *const *word  = st->words.word;
    msec               every = 1;
    unsigned           count;
    char               memory[256];
    struct address     to;
    struct slice       text;

    if (st->words.count < 6 || !parse_count(word[2], &count) || !parse_target(p, word[5], &to))
        return scenario_fail(p->actor.scenario, "asks COUNT METHOD URI TARGET [every T]");
    if (st->words.count == 8 && (strcmp(word[6], "every") != 0 || !parse_duration(word[7], &every)))
        return scenario_fail(p->actor.scenario, "asks COUNT METHOD URI TARGET [every T]");
    for (unsigned i = 0; i < count; i++) {
        if (p->stream == NULL && p->use_stream) /* who is banned is not let go on */
            return true;
        if (!peer_build_request(p, st, word[3], numbered(word[4], 100 + i, memory, sizeof memory), &text) ||
            !say(p, &to, text))
            return false;
        scenario_wait(p->actor.scenario, every);
    }
    return true;
}

/* replays METHOD of ACTOR TARGET [to URI]: what that one has sent, as a thief would */
static bool peer_replays(struct peer *p, const struct statement *st)
{
    const char *const  *word  = st->words.word;
    size_t              count = st->words.count;
    struct actor       *from  = count > 4 ? scenario_actor(p->actor.scenario, word[4]) : NULL;
    const struct entry *e     = from == NULL ? NULL : peer_overheard(p, from->host, word[2]);
    struct address      to;
    struct slice        text;

    if (strcmp(word[3], "of") != 0 || (count != 6 && (count != 8 || strcmp(word[6], "to") != 0)))
        return scenario_fail(p->actor.scenario, "replays METHOD of ACTOR TARGET [to URI]");
    if (e == NULL)
        return scenario_fail(p->actor.scenario, "nothing like that was sent");
    return parse_target(p, word[5], &to) && peer_build_replay(p, st, e, count == 8 ? word[7] : NULL, &text) &&
           say_request(p, word[2], &to, text);
}

/* answers METHOD STATUS [REASON...] */
static bool peer_answers(struct peer *p, const struct statement *st)
{
    const char *const  *word    = st->words.word;
    const struct entry *request = st->words.count < 4 ? NULL : peer_heard_request(p, word[2]);
    char                memory[128];
    struct buf          reason = BUF_ON(memory);
    struct slice        text;

    if (request == NULL)
        return scenario_fail(p->actor.scenario, "answers METHOD STATUS [REASON]: it must have heard one");
    for (unsigned i = 4; i < st->words.count; i++)
        buf_printf(&reason, "%s%s", i == 4 ? "" : " ", word[i]);
    p->use_stream = request->is_stream && p->stream != NULL;
    return peer_build_response(p, st, request, word[3], reason.len == 0 ? "Because" : buf_cstr(&reason), &text) &&
           say(p, &request->from_address, text);
}

/* acks: the last final response to its INVITE */
static bool peer_acks(struct peer *p, const struct statement *st)
{
    const struct entry *final = peer_heard_response(p, "INVITE", 200);
    bool                ok2xx = final != NULL && wire_status(final->text) < 300;
    struct slice        text;

    return (ok2xx ? peer_build_in_dialog(p, st, "ACK", &text) : peer_build_like_invite(p, st, "ACK", &text)) &&
           say(p, &final->from_address, text);
}

static bool peer_cancels(struct peer *p, const struct statement *st)
{
    struct slice text;

    return peer_build_like_invite(p, st, "CANCEL", &text) && say(p, &p->invite_to, text);
}

/* continues METHOD: a request in its dialog, back to where it heard from */
static bool peer_continues(struct peer *p, const struct statement *st)
{
    bool                caller;
    const struct entry *made_by = peer_dialog_maker(p, &caller);
    struct slice        text;

    if (st->words.count != 3)
        return scenario_fail(p->actor.scenario, "continues METHOD");
    return peer_build_in_dialog(p, st, st->words.word[2], &text) &&
           say_request(p, st->words.word[2], &made_by->from_address, text);
}

/* "tls:proxy": the kind, and the word moved to what stands behind it. */
static enum channel_kind take_kind(const char **word)
{
    static const char *const kinds[] = { [CHANNEL_TLS] = "tls:", [CHANNEL_WS] = "ws:", [CHANNEL_WSS] = "wss:" };

    for (enum channel_kind kind = CHANNEL_TLS; *word != NULL && kind <= CHANNEL_WSS; kind++)
        if (strncmp(*word, kinds[kind], strlen(kinds[kind])) == 0) {
            *word += strlen(kinds[kind]);
            return kind;
        }
    return CHANNEL_TCP;
}

/* connects [tls:|ws:|wss:]TARGET [as DOMAIN]: what it says from now on goes over this stream */
static bool peer_connects(struct peer *p, const struct statement *st)
{
    const char       *word   = st->words.word[2];
    const char       *domain = st->words.count == 5 && strcmp(st->words.word[3], "as") == 0 ? st->words.word[4] : NULL;
    enum channel_kind kind   = take_kind(&word);
    struct address    to;
    int               error;

    if (!parse_target(p, word, &to))
        return false;
    if (kind != CHANNEL_TCP)
        return peer_connects_by(p, kind, &to, domain);
    error = world_connect(p->actor.world, &to, &stream_events, &p->actor, &p->stream);
    if (error != 0)
        return scenario_fail(p->actor.scenario, "it cannot: %s", error_text(error));
    p->use_stream = true;
    return true;
}

static bool peer_disconnects(struct peer *p, const struct statement *st)
{
    (void)st;
    if (p->channel != NULL)
        return peer_disconnects_channel(p), true;
    if (p->stream == NULL)
        return scenario_fail(p->actor.scenario, "it has no stream");
    p->actor.world->ops->stream_close(p->stream);
    p->stream     = NULL;
    p->use_stream = false;
    return true;
}

/* floods COUNT [tls:|ws:|wss:]TARGET */
static bool peer_begins_flood(struct peer *p, const struct statement *st)
{
    const char       *word = st->words.count == 4 ? st->words.word[3] : NULL;
    enum channel_kind kind = take_kind(&word);
    unsigned          count;
    struct address    to;

    if (!parse_count(st->words.word[2], &count) || !parse_target(p, word, &to))
        return scenario_fail(p->actor.scenario, "floods COUNT [tls:|ws:|wss:]TARGET");
    return peer_floods(p, count, kind, &to);
}

/* holds COUNT: so many connections of its floods are open */
static bool peer_holds(struct peer *p, const struct statement *st)
{
    unsigned wanted, count = peer_flood_count(p);

    if (!parse_count(st->words.word[2], &wanted))
        return scenario_fail(p->actor.scenario, "holds COUNT");
    return count == wanted || scenario_fail(p->actor.scenario, "it holds %u connections", count);
}

static bool peer_ends_flood(struct peer *p, const struct statement *st)
{
    (void)st;
    peer_relents(p);
    return true;
}

/* babbles COUNT TARGET [every T] */
static bool peer_babbles(struct peer *p, const struct statement *st)
{
    const char *const *word  = st->words.word;
    msec               every = 1;
    unsigned           count;
    struct address     to;

    if (!parse_count(word[2], &count) || !parse_target(p, word[3], &to))
        return scenario_fail(p->actor.scenario, "babbles COUNT TARGET [every T]");
    if (st->words.count == 6 && (strcmp(word[4], "every") != 0 || !parse_duration(word[5], &every)))
        return scenario_fail(p->actor.scenario, "babbles COUNT TARGET [every T]");
    for (; count > 0; count--) {
        /* On a stream too much nonsense is answered by a close; then all was said. */
        if (p->stream == NULL && p->use_stream)
            return true;
        if (!say(p, &to, peer_build_garbage(p)))
            return false;
        scenario_wait(p->actor.scenario, every);
    }
    return true;
}

static const struct {
    const char *word;
    bool (*run)(struct peer *p, const struct statement *st);
} peer_verbs[] = {
    { "sends", peer_sends },         { "requests", peer_requests },   { "asks", peer_asks },
    { "answers", peer_answers },     { "acks", peer_acks },           { "cancels", peer_cancels },
    { "continues", peer_continues }, { "connects", peer_connects },   { "disconnects", peer_disconnects },
    { "babbles", peer_babbles },     { "floods", peer_begins_flood }, { "holds", peer_holds },
    { "relents", peer_ends_flood },  { "replays", peer_replays },
};

static bool peer_act(struct actor *a, const struct statement *st)
{
    for (size_t i = 0; i < sizeof peer_verbs / sizeof *peer_verbs; i++)
        if (strcmp(peer_verbs[i].word, st->words.word[1]) == 0)
            return peer_verbs[i].run(peer_of(a), st);
    return scenario_fail(a->scenario, "a peer cannot \"%s\"", st->words.word[1]);
}

/* Its sockets are no concern of the end's checks: they go with the world. */
static void peer_stop(struct actor *a)
{
    peer_relents(peer_of(a));
    peer_channel_fini(peer_of(a));
    actor_end_world(a, false);
}

static void peer_free(struct actor *a)
{
    free(peer_of(a));
}

static const struct actor_kind peer_kind = { "peer", peer_act, NULL, NULL, peer_stop, peer_free };

/* peer NAME ADDRESS */
bool verb_peer(struct scenario *s, const struct statement *st)
{
    struct peer *p = alloc_new(sizeof *p);

    if (st->words.count != 3 || !address_parse_ip(slice_from(st->words.word[2]), &p->address)) {
        free(p);
        return scenario_fail(s, "peer NAME ADDRESS");
    }
    p->address.port = PEER_PORT;
    list_init(&p->flood);
    if (!actor_init(&p->actor, s, &peer_kind, st->words.word[1], st->words.word + 2, 1)) {
        free(p);
        return false;
    }
    return open_sockets(p) || scenario_fail(s, "its port is taken");
}
