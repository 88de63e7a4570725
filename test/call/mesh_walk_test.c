/* SPDX-License-Identifier: BSD-2-Clause */
/* Phones that call each other, make meshes, leave them and come back, in a network that loses and turns round what it
 * carries.  Whatever they do at the same time: no two have more than one call with each other, and once everybody has
 * said mesh again and all is quiet, each is in a call with everybody with whom he has somebody in common. */
#include "call/conference.h"
#include "support/test.h"
#include "support/world_fake.h"

enum { PHONES = 5, CALLS = 24, STEPS = 10, SEEDS = 12 };

struct held {
    object_id call;
    unsigned  with;
    bool      up;
};

struct member {
    struct world *world;
    struct phone *phone;
    object_id     account;
    struct held   calls[CALLS];
    size_t        count;
};

static struct network *network;
static struct member   all[PHONES];
static uint32_t        drawn;
static unsigned        pairs_met; /* in all walks */

static unsigned draw(unsigned below)
{
    drawn = drawn * 1664525 + 1013904223;
    return (drawn >> 16) % below;
}

/* "sip:p3@..." */
static unsigned number_of(struct slice uri)
{
    CHECK(uri.len > 6 && uri.ptr[4] == 'p');
    return (unsigned)(uri.ptr[5] - '0');
}

static struct held *find(struct member *m, object_id call)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->calls[i].call == call)
            return &m->calls[i];
    return NULL;
}

static void on_event(void *user, const struct phone_event *e)
{
    struct member *m = user;
    struct held   *h = e->call == 0 ? NULL : find(m, e->call);

    if (e->call == 0 || e->kind > PHONE_ENDED)
        return;
    if (h == NULL && e->kind != PHONE_ENDED) {
        CHECK(m->count < CALLS);
        h  = &m->calls[m->count++];
        *h = (struct held){ e->call, number_of(e->peer), false };
    }
    if (e->kind == PHONE_INCOMING)
        (void)call_answer(m->phone, e->call); /* who was brought here is answered already */
    if (e->kind == PHONE_ANSWERED)
        h->up = true;
    if (e->kind == PHONE_ENDED && h != NULL)
        *h = m->calls[--m->count];
}

static void begin(unsigned i)
{
    struct member        *m      = &all[i];
    char                  name[] = "p0", ip[] = "10.0.0.0", aor[] = "sip:p0@example.test";
    struct account_config account = { .transfer = TRANSFER_ALLOW };
    struct phone_config   config  = { .max_calls = CALLS / 2, .joins = true, .on_event = on_event, .user = m };
    struct host          *host;

    name[1] = ip[7] = aor[5] = (char)('0' + i);
    ip[7]++;
    host        = network_host(network, name);
    *m          = (struct member){ .world = world_fake_new(host) };
    account.aor = slice_from(aor);
    assert_true(host_add_address(host, ip));
    config.stack.max_server_txns = config.stack.max_client_txns = 128;
    config.stack.max_connections                                = 8;
    config.address                                              = host_address(host, FAMILY_4);
    config.address.port                                         = 5060;
    CHECK_INT(0, phone_new(m->world, &config, &m->phone));
    CHECK_INT(0, phone_add_account(m->phone, &account, &m->account));
}

static void run(msec time)
{
    network_run_until(network, network_now(network) + time);
}

/* ---- what they do ---- */

static bool is_idle(const struct member *m)
{
    return m->count == 0;
}

static bool has_called(const struct member *m, unsigned to)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->calls[i].with == to)
            return true;
    return false;
}

static void call_somebody(unsigned i)
{
    char                target[] = "sip:p0@10.0.0.0";
    struct call_options options  = { .account = all[i].account };
    object_id           call;
    unsigned            to = draw(PHONES);

    if (to == i || !is_idle(&all[to]) || has_called(&all[i], to))
        return;
    target[5]      = (char)('0' + to);
    target[14]     = (char)('1' + to);
    options.target = slice_from(target);
    CHECK_INT(0, call_place(all[i].phone, &options, &call));
    all[i].calls[all[i].count++] = (struct held){ call, to, false };
}

static void mesh(unsigned i)
{
    struct member *m     = &all[i];
    object_id      first = 0;

    for (size_t k = 0; k < m->count; k++) {
        if (!m->calls[k].up)
            continue;
        if (first == 0)
            first = m->calls[k].call;
        else
            (void)call_join(m->phone, m->calls[k].call, first); /* one may have ended this moment */
    }
    (void)call_mesh(m->phone, first);
}

static void leave(unsigned i)
{
    for (size_t k = 0; k < all[i].count; k++)
        (void)call_hang_up(all[i].phone, all[i].calls[k].call);
}

static void step(void)
{
    unsigned i = draw(PHONES), what = draw(8);

    if (what < 4)
        call_somebody(i);
    else if (what < 7)
        mesh(i);
    else
        leave(i);
    run(draw(3) == 0 ? draw(3000) : draw(60));
}

/* ---- what holds ---- */

static unsigned calls_between(unsigned a, unsigned b)
{
    unsigned count = 0;

    for (size_t i = 0; i < all[a].count; i++)
        count += all[a].calls[i].up && all[a].calls[i].with == b;
    return count;
}

static bool have_friend(unsigned a, unsigned b)
{
    for (unsigned c = 0; c < PHONES; c++)
        if (c != a && c != b && calls_between(a, c) > 0 && calls_between(b, c) > 0)
            return true;
    return false;
}

static void check_all(uint32_t seed)
{
    for (unsigned a = 0; a < PHONES; a++)
        for (unsigned b = 0; b < a; b++) {
            unsigned here = calls_between(a, b), there = calls_between(b, a);

            if (here != there || here > 1 || (here == 0 && have_friend(a, b)))
                fail_msg("seed %u: %u and %u of p%u and p%u", seed, here, there, a, b);
            pairs_met += here;
        }
}

static void walk(uint32_t seed)
{
    const struct path path = { .delay = 10, .jitter = 5, .loss = 20, .duplicate = 20, .reorder = 20 };

    drawn   = seed;
    network = network_new(seed);
    for (unsigned i = 0; i < PHONES; i++)
        begin(i);
    network_set_path(network, NULL, NULL, &path);
    for (unsigned i = 0; i < STEPS; i++)
        step();
    run(40000); /* what was lost has been given up */
    for (unsigned i = 0; i < PHONES; i++)
        mesh(i);
    run(40000);
    check_all(seed);
    for (unsigned i = 0; i < PHONES; i++)
        leave(i);
    run(70000);
    for (unsigned i = 0; i < PHONES; i++) {
        CHECK_INT(0, all[i].count);
        CHECK(phone_is_idle(all[i].phone));
        phone_free(all[i].phone);
        world_fake_free(all[i].world);
    }
    network_free(network);
}

TEST(whoever_has_a_member_in_common_has_one_call_with_each_other)
{
    for (uint32_t seed = 1; seed <= SEEDS; seed++)
        walk(seed);
    CHECK(pairs_met > SEEDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_has_a_member_in_common_has_one_call_with_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
