/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/replaces.h"

#include "sip/params.h"

/* What can be written again as it stands: neither blanks nor controls, and nothing of `others`. */
static bool is_plain(struct slice text, const char *others)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f || strchr(others, text.ptr[i]) != NULL)
            return false;
    return text.len > 0;
}

/* Once, and with a value. */
static bool take_tag(struct slice *tag, struct slice value)
{
    if (tag->len > 0 || !is_plain(value, ";,\"<>\\"))
        return false;
    *tag = value;
    return true;
}

static bool parse(struct slice text, struct slice own, struct slice other, struct replaces *out)
{
    struct scan  s = scan_from(text);
    struct slice params, name, value;

    *out = (struct replaces){ .early_only = false };
    if (!(scan_lws(&s) && scan_until(&s, "; \t\r\n,", &out->call_id) && is_plain(out->call_id, ";,") &&
          params_scan(&s, &params) && scan_lws(&s) && scan_at_end(&s)))
        return false;
    s = scan_from(params);
    while (params_next(&s, &name, &value)) {
        if (slice_eq_nocase(name, own) && !take_tag(&out->to_tag, value))
            return false;
        if (slice_eq_nocase(name, other) && !take_tag(&out->from_tag, value))
            return false;
        out->early_only = out->early_only || slice_eq_nocase(name, SLICE("early-only"));
    }
    return out->to_tag.len > 0 && out->from_tag.len > 0;
}

bool replaces_parse(struct slice value, struct replaces *out)
{
    return parse(value, SLICE("to-tag"), SLICE("from-tag"), out);
}

bool replaces_parse_target(struct slice value, struct replaces *out)
{
    return parse(value, SLICE("local-tag"), SLICE("remote-tag"), out);
}

static void write_tag(struct buf *b, struct slice lead, struct slice tag)
{
    buf_put(b, lead);
    buf_put(b, tag.len > 0 ? tag : SLICE("0"));
}

void replaces_write(struct buf *b, const struct replaces *r)
{
    buf_put(b, r->call_id);
    write_tag(b, SLICE(";to-tag="), r->to_tag);
    write_tag(b, SLICE(";from-tag="), r->from_tag);
    if (r->early_only)
        buf_put(b, SLICE(";early-only"));
}

void replaces_write_target(struct buf *b, const struct replaces *r)
{
    buf_put(b, r->call_id);
    write_tag(b, SLICE(";local-tag="), r->to_tag);
    write_tag(b, SLICE(";remote-tag="), r->from_tag);
}

static bool tag_is(struct slice named, struct slice tag)
{
    return slice_eq(named, tag) || (tag.len == 0 && slice_eq(named, SLICE("0")));
}

bool replaces_names(const struct replaces *r, struct slice call_id, struct slice local_tag, struct slice remote_tag)
{
    return slice_eq(r->call_id, call_id) && tag_is(r->to_tag, local_tag) && tag_is(r->from_tag, remote_tag);
}
