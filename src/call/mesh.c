/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/mesh.h"

#include "base/error.h"
#include "call/news.h"
#include "call/reference.h"
#include "call/referral.h"

enum {
    MESH_TRIES = 5, /* while a phone is busy with another reference, both call each other, or it hears us in disorder */
    MESH_AGAIN = 2000, /* ms between them */
};

/* ---- the mark ---- */

bool mesh_is_marked(const struct message *m)
{
    struct header_values values = message_values(m, HEADER_CONTACT);
    struct name_addr     contact;
    struct slice         value;

    return values_next_name_addr(&values, &contact) && name_addr_param(&contact, SLICE("mesh"), &value);
}

bool mesh_mark(struct call *c)
{
    static const char mark[] = ";mesh";
    size_t            len    = c->contact.len + sizeof mark - 1;
    char             *text;

    if (len > sizeof mark && memcmp(c->contact.ptr + c->contact.len - sizeof mark + 1, mark, sizeof mark - 1) == 0)
        return true;
    text = arena_alloc(&c->arena, len);
    if (text == NULL)
        return false;
    memcpy(text, c->contact.ptr, c->contact.len);
    memcpy(text + c->contact.len, mark, sizeof mark - 1);
    c->contact     = (struct slice){ text, len };
    c->mesh.marked = true;
    return true;
}

/* ---- pairs ---- */

static struct pair *pair_of(struct conference *f, const struct call_stream *a, const struct call_stream *b)
{
    int i = a->port.place, k = b->port.place;

    return i < k ? &f->pairs[i][k] : &f->pairs[k][i];
}

static void on_timer(struct timer *t, msec now);

static void look_again(struct conference *f, msec after)
{
    msec at = world_now(f->phone->world) + after;

    if (!timer_running(&f->mesh_timer) || at < f->mesh_timer.at)
        world_timer(f->phone->world, &f->mesh_timer, on_timer, at);
}

/* Those two shall reach each other; we mix until they do. */
static void want(struct conference *f, struct call_stream *a, struct call_stream *b)
{
    struct pair *pair = pair_of(f, a, b);

    if (pair->state == PAIR_MIXED)
        *pair = (struct pair){ .state = PAIR_WANTED };
    look_again(f, 0);
}

/* It is a mesh from now on, and whom we have let in ourselves is ours to introduce. */
static void become(struct conference *f, const struct call_stream *except)
{
    f->mesh = true;
    for (size_t i = 0; i < f->count; i++)
        if (f->members[i] != except && !f->members[i]->call->mesh.brought)
            f->members[i]->call->mesh.charge = true;
    for (size_t i = 0; i < f->count; i++)
        for (size_t k = 0; k < i; k++)
            if (f->members[i]->call->mesh.charge || f->members[k]->call->mesh.charge)
                want(f, f->members[i], f->members[k]);
}

/* One whom another member has brought: he has called the others, or will. */
static void meet_brought(struct conference *f, struct call_stream *s, struct call_stream *other)
{
    bool ours = other->call->mesh.charge && other->call->id != s->call->joins;

    pair_of(f, s, other)->state = ours ? PAIR_MIXED : PAIR_DIRECT;
    mixer_part(f->mixer, s->port.place, other->port.place, !ours);
    if (ours)
        want(f, s, other);
}

static struct call_stream *brought_by(const struct conference *f, const struct call_stream *s)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->members[i]->call->id == s->call->joins)
            return f->members[i];
    return NULL;
}

void mesh_meet(struct conference *f, struct call_stream *s)
{
    bool brought = s->call->mesh.brought;

    if (brought && !f->mesh && f->count > 1)
        become(f, brought_by(f, s));
    if (!f->mesh)
        return;
    s->call->mesh.charge = !brought;
    for (size_t i = 0; i < f->count; i++)
        if (f->members[i] != s && brought)
            meet_brought(f, s, f->members[i]);
        else if (f->members[i] != s)
            want(f, s, f->members[i]);
}

void mesh_forget(struct conference *f, int place)
{
    for (int i = 0; i < MIXER_PORTS; i++)
        f->pairs[i][place] = f->pairs[place][i] = (struct pair){ .state = PAIR_MIXED };
}

/* ---- whoever brings others together ---- */

/* Without memory it is not told. */
static void tell(struct call *c, const struct call *other, bool direct, unsigned status, struct slice reason)
{
    struct news *n = news_new(c->phone, PHONE_MESH, NULL);

    if (n == NULL)
        return;
    n->event.account  = c->account->id;
    n->event.call     = c->id;
    n->event.with     = other->id;
    n->event.outgoing = c->outgoing;
    n->event.direct   = direct;
    n->event.status   = status;
    n->event.reason   = arena_copy(&n->arena, reason);
    n->event.peer     = arena_copy(&n->arena, c->peer);
    n->event.call_id  = arena_copy(&n->arena, c->call_id);
    news_tell(c->phone, n);
}

static void settle(struct conference *f, struct call_stream *a, struct call_stream *b, bool direct, unsigned status,
                   struct slice reason)
{
    pair_of(f, a, b)->state = direct ? PAIR_DIRECT : PAIR_MIXED;
    mixer_part(f->mixer, a->port.place, b->port.place, direct);
    tell(a->call, b->call, direct, status, reason);
}

static bool knows_how(const struct call *c)
{
    return c->up != NULL && c->up->joins && call_peer_allows(c->up, METHOD_REFER);
}

/* The one who came later calls the other. */
static void introduce(struct conference *f, struct call_stream *later, struct call_stream *other)
{
    struct pair *pair = pair_of(f, later, other);
    int          error;

    if (!knows_how(later->call) || !knows_how(other->call)) {
        settle(f, later, other, false, 420, SLICE("one of the phones knows no Join (RFC 3911)"));
        return;
    }
    pair->state = PAIR_ASKED;
    pair->tries++;
    error = mesh_mark(later->call) ? refer_introduce(later->call, other->call) : -ERR_NO_MEMORY;
    if (error == 0)
        return;
    if (error == -ERR_LOCKED) { /* one after the other */
        pair->tries--;
        pair->state = PAIR_WANTED;
        look_again(f, MESH_AGAIN);
    } else {
        settle(f, later, other, false, 0, slice_from(error_text(error)));
    }
}

static void on_timer(struct timer *t, msec now)
{
    struct conference *f = CONTAINER_OF(t, struct conference, mesh_timer);

    (void)now;
    for (size_t i = 0; i < f->count; i++)
        for (size_t k = 0; k < i; k++)
            if (pair_of(f, f->members[i], f->members[k])->state == PAIR_WANTED)
                introduce(f, f->members[i], f->members[k]);
}

/* Its phone is busy with another reference (RFC 3261 21.4.27), or was called by whom it calls: 491. Something that we
 * said in that call later has overtaken the REFER: 500 (12.2.2). */
static bool try_again(struct pair *pair, unsigned status)
{
    if ((status != 491 && status != 500) || pair->tries >= MESH_TRIES)
        return false;
    pair->state = PAIR_WANTED;
    return true;
}

void mesh_on_introduced(struct call *c, object_id id, unsigned status, struct slice reason)
{
    struct call_stream *s = conference_stream(c), *other = conference_stream(phone_find_call(c->phone, id));
    struct conference  *f = s == NULL ? NULL : s->port.conference;
    struct pair        *pair;

    if (f == NULL)
        return;
    look_again(f, 0); /* the next one whom this one is to call */
    if (other == NULL || other->port.conference != f)
        return;
    pair = pair_of(f, s, other);
    if (pair->state != PAIR_ASKED)
        return;
    if (try_again(pair, status))
        world_timer(f->phone->world, &f->mesh_timer, on_timer, world_now(f->phone->world) + MESH_AGAIN);
    else
        settle(f, s, other, status >= 200 && status < 300, status, reason);
}

int call_mesh(struct phone *p, object_id id)
{
    struct call        *c = phone_find_call(p, id);
    struct call_stream *s = conference_stream(c);

    if (c == NULL || c->told_ended)
        return -ERR_NOT_FOUND;
    if (s == NULL)
        return -ERR_UNSUPPORTED;
    for (size_t i = 0; i < s->port.conference->count; i++)
        s->port.conference->members[i]->call->mesh.agreed = true;
    become(s->port.conference, NULL);
    return 0;
}

/* ---- who is there already ---- */

static bool is_uri(struct slice text, const struct uri *uri)
{
    struct uri other;

    return uri_parse(text, &other) && uri_eq(&other, uri);
}

/* Both are in one conference, or this one is about to come in. */
static bool is_fellow(struct call *k, struct call *c)
{
    const struct call_stream *a = conference_stream(k), *b = conference_stream(c);

    return k != c && !k->told_ended && !k->blamed && k->account == c->account &&
           ((k->mesh.brought && a == NULL) || (a != NULL && b != NULL && a->port.conference == b->port.conference));
}

/* That phone itself, as far as its address tells; or whom it was to be. */
static bool leads_to(const struct call *c, const struct uri *uri)
{
    return (c->up != NULL && is_uri(c->up->dialog->target, uri)) ||
           (c->outgoing && c->targets.count > 0 && is_uri(c->targets.list[0], uri));
}

static struct call *find_named(struct call *c, struct slice target)
{
    struct uri uri;

    if (!uri_parse(target, &uri))
        return NULL;
    LIST_EACH (l, &c->phone->calls) {
        struct call *k = CONTAINER_OF(l, struct call, link);

        if (is_fellow(k, c) && (leads_to(k, &uri) || is_uri(k->peer, &uri)))
            return k;
    }
    return NULL;
}

static struct call *find_caller(struct call *joined, const struct message *invite)
{
    struct header_values values = message_values(invite, HEADER_CONTACT);
    struct name_addr     contact;

    if (!values_next_name_addr(&values, &contact))
        return NULL;
    LIST_EACH (l, &joined->phone->calls) {
        struct call *k = CONTAINER_OF(l, struct call, link);

        if (is_fellow(k, joined) && (leads_to(k, &contact.uri) || (k->outgoing && leads_to(k, &invite->from.uri))))
            return k;
    }
    return NULL;
}

/* ---- who is brought to somebody ---- */

static bool is_agreed(struct call *c)
{
    const struct call_stream *s = conference_stream(c);

    if (c->mesh.agreed || s == NULL)
        return c->mesh.agreed;
    for (size_t i = 0; i < s->port.conference->count; i++)
        if (s->port.conference->members[i]->call->mesh.agreed)
            return true;
    return false;
}

static bool is_letter(char c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

/* A telephone number may cost money: about these the user is asked always.  One is whatever begins as one, however it
 * is escaped: a gateway may drop what stands behind, pauses, letters, parameters (RFC 3966). */
static bool is_number(struct slice target)
{
    char         memory[256];
    struct buf   user = BUF_ON(memory);
    struct uri   uri;
    struct slice value;

    if (!uri_parse(target, &uri) || uri_param(&uri, SLICE("user"), &value))
        return true;
    uri_write_unescaped(&user, uri.user);
    for (size_t i = 0; buf_ok(&user) && i < user.len && !is_letter(memory[i]); i++)
        if (strchr("0123456789+*#", memory[i]) != NULL)
            return true;
    return !buf_ok(&user);
}

bool mesh_may_call(struct call *c, struct slice target)
{
    return is_agreed(c) && (!is_number(target) || find_named(c, target) != NULL);
}

bool mesh_may_go_on(const struct call *c, struct slice target)
{
    return !c->mesh.brought || !is_number(target);
}

struct call *mesh_agree(struct call *c, struct slice target)
{
    c->mesh.agreed = true;
    (void)mesh_mark(c); /* without memory the next REFER says it */
    return find_named(c, target);
}

/* Who is on hold, or hears nothing of the user, is so for those as well whom he brings in. */
void mesh_bring(struct call *placed, struct call *c)
{
    placed->joins        = c->id;
    placed->mesh.brought = true;
    placed->mesh.agreed  = true;
    placed->muted        = c->muted;
    if (c->hold)
        (void)call_hold(placed->phone, placed->id, true);
}

bool mesh_is_met(struct call *c, const struct message *response)
{
    if (!c->mesh.brought || mesh_is_marked(response))
        return true;
    call_blame(c, CALL_REFUSED, SIDE_LOCAL, 488, SLICE("its phone would mix"));
    return false;
}

/* ---- to whom somebody is brought ---- */

static bool is_mesh(const struct call *joined, const struct message *invite)
{
    return session_is_up(&joined->session) && mesh_is_marked(invite);
}

/* Both call each other: the call with the lower Call-ID stays, as both can see. */
static bool yields(const struct call *ours, const struct message *invite)
{
    struct slice a = ours->call_id, b = invite->call_id;
    int          order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

    return ours->outgoing && !session_is_up(&ours->session) && (order > 0 || (order == 0 && a.len > b.len));
}

unsigned mesh_receive(struct call *joined, const struct message *invite, struct call **there)
{
    struct call *same;

    if (!is_mesh(joined, invite))
        return 0;
    same = find_caller(joined, invite);
    if (same == NULL)
        return conference_is_full(joined) ? 486 : 0;
    if (!yields(same, invite))
        return 491;
    *there = same;
    return 0;
}

/* Whoever wanted ours hears of this one instead. */
static void take_over(struct call *c, struct call *there)
{
    struct call *from = phone_find_call(c->phone, there->referred_from);

    referral_moved(from, there->id, c->id);
    c->referred_from = there->referred_from;
    call_blame(there, CALL_ELSEWHERE, SIDE_LOCAL, 0, SLICE("they have called us meanwhile"));
    call_hang_up(there->phone, there->id);
}

void mesh_note(struct call *c, struct call *joined, struct call *there)
{
    if (!is_mesh(joined, c->invite))
        return;
    c->mesh.brought = true;
    (void)mesh_mark(c); /* without memory whoever calls hangs up, since it is not told so */
    if (there != NULL)
        take_over(c, there);
}

/* Who could have read the name of that call elsewhere (RFC 4235) is no member for that. */
void mesh_let_in(struct call *c, const struct call *joined)
{
    if (!c->mesh.brought || c->account->watchers == WATCHERS_DETAILS)
        return;
    c->hold = c->describe_hold = joined->hold;
    c->muted                   = joined->muted;
    (void)call_answer(c->phone, c->id); /* if that fails the call ends, and says so */
}
