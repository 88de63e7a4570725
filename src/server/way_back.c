/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/way_back.h"

/* The host of a Contact; FAMILY_NONE if it is a name. */
static struct address host_of(const struct uri *contact)
{
    struct address host;

    if (!address_parse_ip(contact->host, &host))
        host.family = FAMILY_NONE;
    return host;
}

static bool is_own(const struct message *request, const struct uri *contact, const struct address *host)
{
    const struct address *source = &request->flow.remote;

    return host->family == FAMILY_NONE || address_eq_ip(host, source) ||
           slice_eq_nocase(contact->host, request->via.host) ||
           (address_is_private(host) && !address_is_private(source));
}

struct flow way_back_flow(const struct message *request, const struct uri *contact)
{
    const struct address host = host_of(contact);

    return is_own(request, contact, &host) ? request->flow : (struct flow){ .transport = TRANSPORT_NONE };
}

static bool is_needed(const struct flow *flow, const struct address *host)
{
    return flow->transport != TRANSPORT_NONE && (transport_is_reliable(flow->transport) ||
                                                 (host->family != FAMILY_NONE && !address_eq_ip(host, &flow->remote)));
}

bool way_back_is_needed(const struct flow *flow, const struct uri *contact)
{
    const struct address host = host_of(contact);

    return is_needed(flow, &host);
}

/* By ;ob it asks for its flow (RFC 5626 5.3.2); a GRUU says nothing of the way (RFC 5627). */
static bool is_flows(const struct uri *contact)
{
    struct slice value;

    return contact->params.len > 0 &&
           (uri_param(contact, SLICE("ob"), &value) || uri_param(contact, SLICE("gr"), &value));
}

bool way_back_of_sender(const struct message *request, struct flow *flow, struct uri *contact)
{
    struct header_values contacts = message_values(request, HEADER_CONTACT);
    struct name_addr     value;
    struct address       host;

    if (!message_is_direct(request) || !values_next_name_addr(&contacts, &value))
        return false;
    *contact = value.uri;
    *flow    = request->flow;
    host     = host_of(contact);
    return is_flows(contact) || (is_own(request, contact, &host) && is_needed(flow, &host));
}
