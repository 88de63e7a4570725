/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/batch.h"

#include <stdlib.h>

void change_texts(struct store_change *c, struct slice *texts[CHANGE_TEXTS])
{
    struct slice *all[CHANGE_TEXTS] = { &c->binding.aor,
                                        &c->binding.contact,
                                        &c->binding.params,
                                        &c->binding.call_id,
                                        &c->binding.user_agent,
                                        &c->binding.path,
                                        &c->binding.flow,
                                        &c->user.domain,
                                        &c->user.name,
                                        &c->user.ha1_md5,
                                        &c->user.ha1_sha256,
                                        &c->user.ha1_sha512_256,
                                        &c->alias.domain,
                                        &c->alias.name,
                                        &c->alias.user_domain,
                                        &c->alias.user_name,
                                        &c->name,
                                        &c->value,
                                        &c->ban.network,
                                        &c->ban.reason };

    memcpy(texts, all, sizeof all);
}

static size_t size_of_texts(const struct store_change *changes, size_t count)
{
    struct slice *texts[CHANGE_TEXTS];
    size_t        size = 0;

    for (size_t i = 0; i < count; i++) {
        struct store_change change = changes[i];

        change_texts(&change, texts);
        for (int t = 0; t < CHANGE_TEXTS; t++)
            size += texts[t]->len;
    }
    return size;
}

struct batch *batch_new(const struct store_change *changes, size_t count)
{
    size_t        texts_at = sizeof(struct batch) + count * sizeof *changes;
    size_t        size     = texts_at + size_of_texts(changes, count);
    struct batch *b        = malloc(size);
    struct slice *texts[CHANGE_TEXTS];
    char         *at;

    if (b == NULL)
        return NULL;
    *b = (struct batch){ .count = count, .size = size };
    memcpy(b->changes, changes, count * sizeof *changes);
    at = (char *)&b->changes[count];
    for (size_t i = 0; i < count; i++) {
        change_texts(&b->changes[i], texts);
        for (int t = 0; t < CHANGE_TEXTS; t++) {
            if (texts[t]->len > 0)
                memcpy(at, texts[t]->ptr, texts[t]->len);
            texts[t]->ptr = at;
            at += texts[t]->len;
        }
    }
    return b;
}
