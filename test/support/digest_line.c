/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/digest_line.h"

#include "support/test.h"

#include <stdio.h>

#define CNONCE "abc"

static const char *or_else(const char *text, const char *preset)
{
    return text != NULL ? text : preset;
}

/* Empty names point to what they will hold. */
static struct credentials credentials_of(const struct proof *p, char nc[16])
{
    struct credentials c = { .username  = slice_from(or_else(p->user, "bob")),
                             .realm     = slice_from(or_else(p->realm, "example.test")),
                             .nonce     = slice_from(p->nonce),
                             .uri       = slice_from(or_else(p->uri, "sip:example.test")),
                             .algorithm = p->algorithm,
                             .known     = true,
                             .sess      = p->sess,
                             .userhash  = p->userhash };

    if (p->nc > 0 || p->sess)
        c.cnonce = SLICE(CNONCE);
    if (p->nc > 0) {
        snprintf(nc, 16, "%08x", p->nc);
        c.qop     = slice_from(or_else(p->qop, "auth"));
        c.nc      = p->nc;
        c.nc_text = slice_from(nc);
    }
    return c;
}

const char *proof_line(const struct proof *p, char line[PROOF_LINE])
{
    struct hasher     *h = hasher_new();
    char               nc[16], ha1[DIGEST_HEX], hex[DIGEST_HEX], name[DIGEST_HEX];
    struct credentials c = credentials_of(p, nc);
    struct buf         b = buf_on(line, PROOF_LINE);

    assert_non_null(h);
    digest_ha1(h, c.algorithm, c.username, c.realm, slice_from(or_else(p->password, "secret")), ha1);
    assert_true(digest_response(h, &c, slice_from(ha1), slice_from(or_else(p->method, "REGISTER")),
                                slice_from(or_else(p->body, "")), hex));
    digest_userhash(h, c.algorithm, c.username, c.realm, name);
    if (p->userhash)
        c.username = slice_from(name);
    buf_put(&b, slice_from(or_else(p->header, "Authorization")));
    buf_put(&b, SLICE(": "));
    credentials_write(&b, &c, slice_from(hex));
    buf_put(&b, SLICE("\r\n"));
    hasher_free(h);
    assert_true(buf_ok(&b));
    return buf_cstr(&b);
}

void proof_of_server(const struct proof *p, const char *body, char hex[DIGEST_HEX])
{
    struct hasher     *h = hasher_new();
    char               nc[16], ha1[DIGEST_HEX];
    struct credentials c = credentials_of(p, nc);

    assert_non_null(h);
    digest_ha1(h, c.algorithm, c.username, c.realm, slice_from(or_else(p->password, "secret")), ha1);
    assert_true(digest_rspauth(h, &c, slice_from(ha1), slice_from(body), hex));
    hasher_free(h);
}

const char *quoted_value(const char *text, const char *name, char *value, size_t size)
{
    size_t len = strlen(name);

    value[0] = '\0';
    for (const char *at = strstr(text, name); at != NULL; at = strstr(at + 1, name)) {
        if (at[len] != '=' || at[len + 1] != '"' || (at > text && at[-1] != ' '))
            continue;
        at += len + 2;
        snprintf(value, size, "%.*s", (int)strcspn(at, "\""), at);
        break;
    }
    return value;
}
