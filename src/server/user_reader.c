/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/user_reader.h"

#include <stdlib.h>

struct user_reader {
    struct users        *users;
    struct world        *world;
    struct store_client *store;
};

struct user_reader *user_reader_new(struct users *users, struct world *world, struct store_client *store)
{
    struct user_reader *r = calloc(1, sizeof *r);

    if (r != NULL)
        *r = (struct user_reader){ users, world, store };
    return r;
}

void user_reader_free(struct user_reader *r)
{
    free(r);
}

enum user_state user_reader_ha1(struct user_reader *r, struct slice domain, struct slice name,
                                enum hash_algorithm algorithm, char memory[USER_HA1_MAX], struct slice *ha1)
{
    *ha1 = users_ha1(r->users, domain, name, algorithm, memory);
    return users_has(r->users, domain, name) ? USER_FOUND : USER_UNKNOWN;
}

/* The hash is over the realm, so each user has to be looked at. */
struct search {
    struct user_reader *reader;
    struct hasher      *hasher;
    enum hash_algorithm algorithm;
    struct slice        domain, userhash;
    char               *memory;
    struct slice       *name;
    enum user_state     state;
};

static void compare(const struct user *user, void *arg)
{
    struct search     *s       = arg;
    const struct slice parts[] = { user->name, SLICE(":"), users_realm(s->reader->users) };
    uint8_t            digest[HASH_MAX];
    char               memory[2 * HASH_MAX];
    struct buf         hex = BUF_ON(memory);

    if (!slice_eq_nocase(user->domain, s->domain))
        return;
    hasher_digest(s->hasher, s->algorithm, parts, 3, digest);
    buf_put_hex(&hex, digest, hash_size(s->algorithm));
    if (!slice_eq_nocase(buf_slice(&hex), s->userhash))
        return;
    memcpy(s->memory, user->name.ptr, user->name.len);
    *s->name = (struct slice){ s->memory, user->name.len };
    s->state = USER_FOUND;
}

enum user_state user_reader_by_hash(struct user_reader *r, struct slice domain, enum hash_algorithm algorithm,
                                    struct slice userhash, char memory[USER_NAME_MAX], struct slice *name)
{
    struct search s = { r, NULL, algorithm, domain, userhash, memory, name, USER_UNKNOWN };

    if (algorithm == HASH_MD5)
        return USER_UNKNOWN;
    s.hasher = hasher_new();
    if (s.hasher == NULL)
        return USER_FAILED;
    users_each(r->users, compare, &s);
    hasher_free(s.hasher);
    return s.state;
}
