/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/way_back.h"

static bool is_own(const struct message *request, const struct uri *contact)
{
    const struct address *source = &request->flow.remote;
    struct address        host;

    return !address_parse_ip(contact->host, &host) || address_eq_ip(&host, source) ||
           slice_eq_nocase(contact->host, request->via.host) ||
           (address_is_private(&host) && !address_is_private(source));
}

struct flow way_back_flow(const struct message *request, const struct uri *contact)
{
    return is_own(request, contact) ? request->flow : (struct flow){ .transport = TRANSPORT_NONE };
}

bool way_back_is_needed(const struct flow *flow, const struct uri *contact)
{
    struct address host;

    if (flow->transport == TRANSPORT_NONE)
        return false;
    if (transport_is_reliable(flow->transport))
        return true;
    return address_parse_ip(contact->host, &host) && !address_eq_ip(&host, &flow->remote);
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

    if (!message_is_direct(request) || !values_next_name_addr(&contacts, &value))
        return false;
    *contact = value.uri;
    *flow    = way_back_flow(request, contact);
    if (is_flows(contact)) {
        *flow = request->flow;
        return true;
    }
    return way_back_is_needed(flow, contact);
}
