/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/binding_identity.h"

#include "sip/instance.h"

bool binding_read_identity(struct binding_change *change, const struct binding_params *params, bool outbound)
{
    change->instance = params->instance;
    change->reg_id   = 0;
    if (!outbound || change->instance.len == 0 || !params->has_reg_id)
        return true; /* RFC 5626 6: without an instance it is ignored */
    return reg_id_of(change->contact.params, &change->reg_id);
}

bool binding_is_same_uri(const struct uri *a, const struct uri *b)
{
    struct uri copy = *a;

    if ((a->scheme == URI_SIP && b->scheme == URI_SIPS) || (a->scheme == URI_SIPS && b->scheme == URI_SIP))
        copy.scheme = b->scheme;
    return uri_eq(&copy, b);
}

/* Text first: a URI with more parameters than are compared equals none, itself included. */
static bool has_uri(const struct binding_now *b, const struct uri *uri)
{
    struct uri known;

    return slice_eq(b->contact, uri->text) || (uri_parse(b->contact, &known) && binding_is_same_uri(&known, uri));
}

bool binding_is_contact(const struct binding_now *b, const struct binding_change *change)
{
    if (b->reg_id != change->reg_id)
        return false;
    return b->reg_id != 0 ? instance_eq(b->instance, change->instance) : has_uri(b, &change->contact.uri);
}

bool binding_is_flow_of_contact(const struct binding_now *b, const struct binding_change *change)
{
    return b->reg_id != 0 && change->reg_id == 0 && has_uri(b, &change->contact.uri) &&
           (change->instance.len == 0 || instance_eq(b->instance, change->instance));
}

bool binding_is_same_contact(const struct binding_change *a, const struct binding_change *b)
{
    if (a->reg_id != b->reg_id)
        return false;
    return a->reg_id != 0 ? instance_eq(a->instance, b->instance)
                          : slice_eq(a->contact.uri.text, b->contact.uri.text) ||
                                binding_is_same_uri(&a->contact.uri, &b->contact.uri);
}
