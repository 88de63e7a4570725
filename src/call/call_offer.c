/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/state.h"

enum { CODECS_MAX = 8, OFFER_ARENA = 256 * 1024, WORD_MAX = 24, WORDS_MAX = 4 };

/* ---- kinds of streams ---- */

static const struct stream_kind *const kinds[] = { &call_sound };

const struct stream_kind *call_kind_named(struct slice name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (slice_eq(kinds[i]->name, name))
            return kinds[i];
    return NULL;
}

static bool has_codec(const struct stream_kind *kind, const struct sdp_media *m)
{
    struct sdp_codec  codecs[CODECS_MAX];
    size_t            count = kind->codecs(codecs, CODECS_MAX);
    struct sdp_format format;
    uint8_t           pt;

    for (size_t i = 0; i < m->format_count; i++) {
        if (!sdp_payload_type(m->formats[i], &pt) || !sdp_media_format(m, pt, &format))
            continue;
        for (size_t k = 0; k < count; k++)
            if (!codecs[k].auxiliary && sdp_format_eq(&codecs[k].format, &format))
                return true;
    }
    return false;
}

/* ---- where it is heard ---- */

struct offer_ends call_ends_of_message(const struct phone *p, const struct message *request)
{
    struct offer_ends    e      = { .phone = p, .local = request->flow.local };
    struct header_values values = message_values(request, HEADER_CONTACT);
    struct name_addr     contact;

    if (values_next_name_addr(&values, &contact))
        (void)address_parse_ip(contact.uri.host, &e.peer);
    return e;
}

struct offer_ends call_ends(const struct call *c)
{
    struct offer_ends    e = { .phone = c->phone, .local = c->local };
    const struct dialog *d = c->up != NULL ? c->up->dialog : NULL;
    struct uri           target;

    if (d != NULL && uri_parse(d->target, &target))
        (void)address_parse_ip(target.host, &e.peer);
    return e;
}

bool call_is_heard_anyway(const struct offer_ends *e)
{
    return e->phone->config.latch && (e->peer.family == FAMILY_NONE || e->peer.family == e->local.family);
}

struct address call_place_for(const struct offer_ends *e, const struct sdp_media *m)
{
    struct address remote, place;

    if (sdp_media_has_family(m, (enum family)e->local.family))
        return e->local;
    if (e->phone->config.any_address && sdp_media_rtp_address(m, &remote) &&
        world_source(e->phone->world, &remote, &place) == 0) {
        place.port = e->local.port;
        return place;
    }
    return call_is_heard_anyway(e) ? e->local : (struct address){ .family = FAMILY_NONE };
}

/* ---- what stands in the way ---- */

/* In the order in which they are looked at: of several lines the one that came furthest is
 * told of.  The numbers are warn-codes (RFC 3261 20.43). */
enum offer_fault {
    OFFER_UNREADABLE,
    OFFER_KIND,
    OFFER_PROTOCOL,
    OFFER_NETWORK,
    OFFER_ADDRESS,
    OFFER_MULTICAST,
    OFFER_FAMILY,
    OFFER_CODECS,
    OFFER_FITS,
};

static const unsigned warn_codes[] = {
    [OFFER_UNREADABLE] = 399, [OFFER_KIND] = 304,    [OFFER_PROTOCOL] = 302,
    [OFFER_NETWORK] = 300,    [OFFER_ADDRESS] = 301, [OFFER_MULTICAST] = 330,
    [OFFER_FAMILY] = 301,     [OFFER_CODECS] = 305,  [OFFER_FITS] = 0,
};

static enum offer_fault judge(const struct offer_ends *e, const struct sdp_media *m)
{
    const struct stream_kind *kind = call_kind_named(m->kind);

    if (kind == NULL)
        return OFFER_KIND;
    if (!slice_eq_nocase(m->protocol, kind->protocol))
        return OFFER_PROTOCOL;
    if (m->connection == NULL || !slice_eq_nocase(m->connection->net_type, SLICE("IN")))
        return OFFER_NETWORK;
    if (!sdp_connection_is_internet(m->connection))
        return OFFER_ADDRESS;
    if (sdp_connection_is_multicast(m->connection))
        return OFFER_MULTICAST;
    if (call_place_for(e, m).family == FAMILY_NONE)
        return OFFER_FAMILY;
    return has_codec(kind, m) ? OFFER_FITS : OFFER_CODECS;
}

/* Of each line of a description, and the one that came furthest. */
struct offer_faults {
    enum offer_fault best, of[SDP_MEDIA_MAX];
};

const struct stream_kind *call_kind_for(const struct offer_ends *e, const struct sdp_media *m)
{
    return m->port != 0 && judge(e, m) == OFFER_FITS ? call_kind_named(m->kind) : NULL;
}

/* ---- in words ---- */

/* A word of the peer's: only what cannot be mistaken for anything else. */
static void put_word(struct buf *b, struct slice word)
{
    for (size_t i = 0; i < word.len && i < WORD_MAX; i++)
        buf_put_byte(b, is_token_byte(word.ptr[i]) || word.ptr[i] == '/' ? word.ptr[i] : '?');
}

struct list {
    struct buf  *b;
    struct slice words[WORDS_MAX]; /* already there: each once */
    unsigned     count;
};

static void list_word(struct list *l, struct slice word)
{
    for (unsigned i = 0; i < l->count && i < WORDS_MAX; i++)
        if (slice_eq_nocase(l->words[i], word))
            return;
    if (l->count == WORDS_MAX)
        buf_put(l->b, SLICE(" and more"));
    if (l->count++ >= WORDS_MAX)
        return;
    l->words[l->count - 1] = word;
    if (l->count > 1)
        buf_put(l->b, SLICE(", "));
    put_word(l->b, word);
}

static void put_kinds(struct buf *b, const struct sdp *sdp)
{
    struct list l = { .b = b };

    buf_put(b, SLICE("no audio is offered, only "));
    for (size_t i = 0; i < sdp->media_count; i++)
        if (sdp->media[i].port != 0)
            list_word(&l, sdp->media[i].kind);
}

static void put_our_codecs(struct buf *b)
{
    struct sdp_codec codecs[CODECS_MAX];
    size_t           count = call_sound.codecs(codecs, CODECS_MAX);
    struct list      l     = { .b = b };

    for (size_t i = 0; i < count; i++)
        if (!codecs[i].auxiliary)
            list_word(&l, codecs[i].format.name);
}

static void list_formats(struct list *l, const struct sdp_media *m)
{
    struct sdp_format format;
    uint8_t           pt;

    for (size_t i = 0; i < m->format_count && l->count <= WORDS_MAX; i++)
        if (sdp_payload_type(m->formats[i], &pt))
            list_word(l, sdp_media_format(m, pt, &format) ? format.name : m->formats[i]);
}

/* Those of the lines of which nothing else is wrong. */
static void put_codecs(struct buf *b, const struct sdp *sdp, const struct offer_faults *faults)
{
    struct list l = { .b = b };

    buf_put(b, SLICE("none of the codecs offered is known here ("));
    for (size_t i = 0; i < sdp->media_count; i++)
        if (faults->of[i] == OFFER_CODECS)
            list_formats(&l, &sdp->media[i]);
    buf_put(b, SLICE("); one of these would be: "));
    put_our_codecs(b);
}

/* The first line of a kind that we have: there is one. */
static const struct sdp_media *first_by(const struct sdp *sdp)
{
    size_t i = 0;

    while (sdp->media[i].port == 0 || call_kind_named(sdp->media[i].kind) == NULL)
        i++;
    return &sdp->media[i];
}

static void put_family(struct buf *b, const struct sdp *sdp, const struct offer_faults *faults)
{
    size_t i = 0;

    while (faults->of[i] != OFFER_FAMILY)
        i++;
    buf_printf(b, "the address offered is of %s, and there is none of that here",
               sdp->media[i].connection->address.family == FAMILY_6 ? "IP6" : "IP4");
}

static void explain(struct buf *b, const struct sdp *sdp, const struct offer_faults *faults)
{
    switch (faults->best) {
    case OFFER_KIND:
        put_kinds(b, sdp);
        return;
    case OFFER_PROTOCOL:
        buf_put(b, SLICE("audio is offered by "));
        put_word(b, first_by(sdp)->protocol);
        buf_put(b, SLICE(", and can be had by "));
        buf_put(b, call_sound.protocol);
        return;
    case OFFER_NETWORK:
        buf_put(b, SLICE("no address in the Internet is offered"));
        return;
    case OFFER_MULTICAST:
        buf_put(b, SLICE("multicast is not available"));
        return;
    case OFFER_ADDRESS:
        buf_put(b, SLICE("the address offered is neither IP4 nor IP6"));
        return;
    case OFFER_FAMILY:
        put_family(b, sdp, faults);
        return;
    case OFFER_CODECS:
        put_codecs(b, sdp, faults);
        return;
    case OFFER_UNREADABLE:
    case OFFER_FITS:
        return;
    }
}

/* No stream at all is no obstacle: they are added later (RFC 3264 5). */
static void judge_all(const struct offer_ends *e, const struct sdp *sdp, struct offer_faults *out)
{
    bool none = true;

    *out = (struct offer_faults){ .best = OFFER_UNREADABLE };
    for (size_t i = 0; i < sdp->media_count; i++) {
        if (sdp->media[i].port == 0)
            continue;
        out->of[i] = judge(e, &sdp->media[i]);
        out->best  = out->of[i] > out->best ? out->of[i] : out->best;
        none       = false;
    }
    if (none)
        out->best = OFFER_FITS;
}

unsigned call_offer_fault(const struct offer_ends *e, struct slice text, struct buf *why)
{
    struct arena        arena;
    struct sdp          sdp;
    struct sdp_fault    at;
    struct offer_faults faults = { .best = OFFER_UNREADABLE };

    arena_init(&arena, NULL, 0, OFFER_ARENA);
    if (sdp_parse(text, &arena, &sdp, &at)) {
        judge_all(e, &sdp, &faults);
        explain(why, &sdp, &faults);
    } else if (at.expected != NULL) {
        buf_printf(why, "the description cannot be read: expected %s at byte %zu", at.expected, at.offset);
    } else {
        buf_put(why, SLICE("the description is too large"));
    }
    arena_fini(&arena);
    return warn_codes[faults.best];
}

bool call_can_talk(const struct offer_ends *e, struct slice text)
{
    char       memory[WARNING_MAX];
    struct buf why = BUF_ON(memory);

    return call_offer_fault(e, text, &why) == 0;
}
