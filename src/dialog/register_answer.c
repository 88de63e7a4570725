/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/register_answer.h"

#include "sip/instance.h"

static bool is_sip(const struct uri *uri)
{
    return uri->scheme == URI_SIP || uri->scheme == URI_SIPS;
}

/* RFC 5626 6: the registrar knows a flow by its instance and number, whatever its URI. */
static bool is_flow(const struct name_addr *contact, const struct registrant *who)
{
    uint32_t reg_id;

    return who->reg_id != 0 && reg_id_of(contact->params, &reg_id) && reg_id == who->reg_id &&
           instance_eq(instance_of(contact->params), who->instance);
}

static bool find_contact(const struct message *response, const struct registrant *who, struct name_addr *out)
{
    struct header_values values = message_values(response, HEADER_CONTACT);
    struct uri           ours;
    bool                 known = uri_parse(who->contact, &ours);

    while (values_next_name_addr(&values, out))
        if (is_flow(out, who) || (known && uri_eq(&out->uri, &ours)))
            return true;
    return false;
}

/* RFC 5627 4.2: a URI within quotes. */
static struct slice gruu_of(const struct name_addr *contact, struct slice name, struct arena *arena)
{
    struct slice value;
    struct uri   uri;

    if (!name_addr_param(contact, name, &value) || !uri_parse(value, &uri) || !is_sip(&uri) || uri.headers.len > 0)
        return (struct slice){ NULL, 0 };
    return arena_copy(arena, value);
}

static struct slice bracketed(const struct uri *uri, struct arena *arena)
{
    char *text = arena_alloc(arena, uri->text.len + 2);

    if (text == NULL)
        return (struct slice){ NULL, 0 };
    text[0] = '<';
    memcpy(text + 1, uri->text.ptr, uri->text.len);
    text[uri->text.len + 1] = '>';
    return (struct slice){ text, uri->text.len + 2 };
}

static void read_routes(struct register_answer *a, const struct message *response, struct arena *arena)
{
    struct header_values values = message_values(response, HEADER_SERVICE_ROUTE);
    struct name_addr     route;

    while (values_next_name_addr(&values, &route)) {
        if (!is_sip(&route.uri) || a->route_count == SERVICE_ROUTES_MAX) {
            a->route_count = 0;
            return;
        }
        a->routes[a->route_count] = bracketed(&route.uri, arena);
        a->route_count++;
    }
    if (values.broken || !arena_ok(arena))
        a->route_count = 0;
}

void register_answer_read(struct register_answer *a, const struct message *response, const struct registrant *who,
                          struct arena *arena)
{
    struct name_addr contact;

    *a = (struct register_answer){ 0 };
    if (!message_number(response, HEADER_EXPIRES, &a->expires))
        a->expires = who->asked;
    if (find_contact(response, who, &contact)) {
        a->expires = contact_expires(&contact, a->expires);
        if (who->instance.len > 0) {
            a->pub_gruu  = gruu_of(&contact, SLICE("pub-gruu"), arena);
            a->temp_gruu = gruu_of(&contact, SLICE("temp-gruu"), arena);
        }
    }
    a->outbound = who->reg_id != 0 && message_lists(response, HEADER_REQUIRE, SLICE("outbound"));
    if (!message_number(response, HEADER_FLOW_TIMER, &a->flow_timer) || a->flow_timer > FLOW_TIMER_MAX)
        a->flow_timer = 0;
    read_routes(a, response, arena);
}
