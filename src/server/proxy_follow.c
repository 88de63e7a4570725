/* SPDX-License-Identifier: BSD-2-Clause */
/* The Contacts of a redirect that is ours to follow (RFC 3261 16.7 item 4). */
#include "server/proxy_context.h"

/* A Contact that we may send to: one of the scheme that was asked for, since from sip to
 * sips and back is for the caller to decide (RFC 5630 5.3). */
static bool next_contact(struct header_values *values, enum uri_scheme scheme, struct name_addr *contact)
{
    while (values_next_name_addr(values, contact))
        if (contact->uri.scheme == scheme)
            return true;
    return false;
}

/* A q that cannot be read is none. */
static unsigned q_of(const struct name_addr *contact)
{
    unsigned q;

    return contact_q(contact, &q) ? q : Q_MOST;
}

static void add_contacts(const struct message *response, enum uri_scheme scheme, struct target_set *set)
{
    struct header_values values = message_values(response, HEADER_CONTACT);
    struct name_addr     contact;

    while (next_contact(&values, scheme, &contact))
        if (!target_set_has(set, &contact.uri))
            (void)target_set_add(set, &(struct route_target){ .uri    = contact.uri.text,
                                                              .params = contact.params,
                                                              .q      = q_of(&contact),
                                                              .why    = REASON("redirected", "RFC 3261 16.7 item 4") });
}

bool proxy_follow(struct context *c, const struct passage *p, unsigned branch)
{
    enum uri_scheme     scheme = p->way.uri.scheme == URI_SIPS ? URI_SIPS : URI_SIP;
    struct route_target memory[LIMIT_TARGETS];
    struct target_set   set;

    target_set_init(&set, memory, LIMIT_TARGETS);
    add_contacts(c->branches[branch].response, scheme, &set);
    target_set_sort(&set);
    proxy_order(c->server, p, &set);
    return proxy_groups_insert(c, p, &set);
}
