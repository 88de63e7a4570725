/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/extensions.h"

#define IN(method) (1u << METHOD_##method)

static const struct {
    struct slice tag;
    unsigned     announced, required; /* sets of 1 << enum method */
} extensions[] = {
#define EXTENSION(name, tag, announced, required) { SLICE_INIT(tag), announced, required },
#include "call/extensions.def"
#undef EXTENSION
};

struct slice extension_tag(enum extension e)
{
    return extensions[e].tag;
}

static void end_line(struct gather *g, size_t mark)
{
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

static void put_tags(unsigned set, const char *lead, struct gather *g)
{
    size_t mark = gather_mark(g);

    for (unsigned e = 0; e < EXTENSION_COUNT; e++) {
        if (!(set & 1u << e))
            continue;
        buf_put(&g->scratch, slice_from(lead));
        buf_put(&g->scratch, extensions[e].tag);
        lead = ", ";
    }
    if (*lead == ',')
        end_line(g, mark);
}

void extensions_put_supported(unsigned set, enum method method, struct gather *g)
{
    unsigned announced = 0;

    for (unsigned e = 0; e < EXTENSION_COUNT; e++)
        announced |= extensions[e].announced & 1u << method ? 1u << e : 0;
    put_tags(set & announced, "Supported: ", g);
}

void extensions_put_required(unsigned set, struct gather *g)
{
    put_tags(set, "Require: ", g);
}

unsigned extensions_named(unsigned set, const struct message *m, enum header_id header)
{
    unsigned named = 0;

    for (unsigned e = 0; e < EXTENSION_COUNT; e++)
        if ((set & 1u << e) && message_lists(m, header, extensions[e].tag))
            named |= 1u << e;
    return named;
}

static bool is_understood(unsigned set, enum method method, struct slice tag)
{
    for (unsigned e = 0; e < EXTENSION_COUNT; e++)
        if ((set & 1u << e) && (extensions[e].required & 1u << method) && slice_eq_nocase(extensions[e].tag, tag))
            return true;
    return false;
}

unsigned extensions_required(unsigned set, enum method method, const struct message *response)
{
    struct header_values v = message_values(response, HEADER_REQUIRE);
    struct slice         tag;

    while (values_next_token(&v, &tag))
        if (!is_understood(set, method, tag))
            return 0;
    return extensions_named(set, response, HEADER_REQUIRE);
}

bool extensions_are_missing(unsigned set, const struct message *request)
{
    struct header_values v = message_values(request, HEADER_REQUIRE);
    struct slice         tag;

    while (values_next_token(&v, &tag))
        if (!is_understood(set, request->method, tag))
            return true;
    return false;
}

void extensions_put_unsupported(unsigned set, const struct message *request, struct gather *g)
{
    struct header_values v    = message_values(request, HEADER_REQUIRE);
    size_t               mark = gather_mark(g);
    const char          *lead = "Unsupported: ";
    struct slice         tag;

    while (values_next_token(&v, &tag)) {
        if (is_understood(set, request->method, tag))
            continue;
        buf_put(&g->scratch, slice_from(lead));
        buf_put(&g->scratch, tag);
        lead = ", ";
    }
    if (*lead == ',')
        end_line(g, mark);
}
