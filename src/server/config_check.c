/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_check.h"

#include "base/prefix.h"
#include "route/destination.h"
#include "route/number_rule.h"
#include "route/redirect.h"
#include "route/route_table.h"
#include "route/third_party.h"
#include "server/rate.h"
#include "sip/digest.h"
#include "sip/message.h"
#include "sip/uri.h"

static bool is_host(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice host;

    return scan_host(&s, &host) && scan_at_end(&s) && host.len <= 253;
}

static bool is_host_port(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice host;
    uint32_t     port = 1;

    return scan_host(&s, &host) && host.len <= 253 && (!scan_byte(&s, ':') || scan_number(&s, UINT16_MAX, &port)) &&
           port > 0 && scan_at_end(&s);
}

static bool parse_demand(struct slice word, struct config_listen *out)
{
    if (out->clients != TLS_CLIENTS_NONE || (out->transport != TRANSPORT_TLS && out->transport != TRANSPORT_WSS))
        return false;
    if (slice_eq_nocase(word, SLICE("required")))
        out->clients = TLS_CLIENTS_REQUIRED;
    else if (slice_eq_nocase(word, SLICE("optional")))
        out->clients = TLS_CLIENTS_OPTIONAL;
    return out->clients != TLS_CLIENTS_NONE;
}

/* What stands behind the address: " advertise HOST[:PORT]", " clients required", both or
 * nothing. */
static bool parse_listen_options(struct scan *s, struct config_listen *out)
{
    struct slice name, value;

    while (!scan_at_end(s)) {
        if (!scan_lws(s) || !scan_token(s, &name) || !scan_lws(s) || !scan_until(s, " \t", &value))
            return false;
        if (slice_eq_nocase(name, SLICE("advertise")) && out->advertise.len == 0 && is_host_port(value))
            out->advertise = value;
        else if (!slice_eq_nocase(name, SLICE("clients")) || !parse_demand(value, out))
            return false;
    }
    return true;
}

/* "udp:0.0.0.0:5060 advertise 203.0.113.7"; a port may be left out, 0 means any free one. */
static bool parse_listen(struct slice text, struct config_listen *out)
{
    struct scan  s = scan_from(text);
    struct slice name, address;

    *out = (struct config_listen){ 0 };
    if (!scan_token(&s, &name) || !scan_byte(&s, ':') || !scan_until(&s, " \t", &address))
        return false;
    out->transport = transport_parse(name);
    if (out->transport == TRANSPORT_NONE || !parse_listen_options(&s, out))
        return false;
    if (address_parse_ip(address, &out->address)) {
        out->address.port = transport_default_port(out->transport);
        return true;
    }
    return address_parse(address, &out->address);
}

void config_listen_write(struct buf *b, const struct config_listen *l)
{
    buf_put(b, transport_param(l->transport));
    buf_put_byte(b, ':');
    address_write(b, &l->address);
    if (l->advertise.len > 0) {
        buf_put(b, SLICE(" advertise "));
        buf_put(b, l->advertise);
    }
    if (l->clients != TLS_CLIENTS_NONE)
        buf_put(b, l->clients == TLS_CLIENTS_REQUIRED ? SLICE(" clients required") : SLICE(" clients optional"));
}

static bool is_sip_uri(struct slice text)
{
    struct uri uri;

    return uri_parse(text, &uri) && (uri.scheme == URI_SIP || uri.scheme == URI_SIPS) && uri.host.len > 0;
}

/* What a Route may name: it is a loose router, and it says so (RFC 3608 6.3). */
static bool is_route(struct slice text)
{
    struct uri   uri;
    struct slice value;

    return is_sip_uri(text) && uri_parse(text, &uri) && uri_param(&uri, SLICE("lr"), &value);
}

static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return false;
    return text.len <= 1024;
}

static bool is_log_level_of_part(struct slice text)
{
    enum log_part  part;
    enum log_level level;

    return log_level_of_part_parse(text, &part, &level);
}

static void put_log_parts(struct buf *b)
{
    for (unsigned i = 0; i < LOG_PARTS; i++) {
        buf_put(b, i == 0 ? SLICE("") : SLICE(", "));
        buf_put(b, slice_from(log_part_name((enum log_part)i)));
    }
}

/* With a port, which may be 0: any free one. */
static bool is_address_port(struct slice text)
{
    struct address address;
    const char    *first = memchr(text.ptr, ':', text.len), *last = memrchr(text.ptr, ':', text.len);
    const char    *bracket  = memrchr(text.ptr, ']', text.len);
    bool           has_port = bracket != NULL ? last > bracket : first != NULL && first == last;

    return has_port && address_parse(text, &address);
}

static bool is_one_of(struct slice text, const char *a, const char *b, const char *c)
{
    return slice_eq(text, slice_from(a)) || slice_eq(text, slice_from(b)) || slice_eq(text, slice_from(c));
}

/* As browsers write it (RFC 6454 6.2), or what they write for a page without one. */
static bool is_origin(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice scheme;

    return slice_eq(text, SLICE("null")) ||
           (scan_token(&s, &scheme) && scan_exact(&s, SLICE("://")) && is_host_port(scan_rest(&s)));
}

static bool is_domain_pattern(struct slice text)
{
    return is_host(text.len > 2 && text.ptr[0] == '*' && text.ptr[1] == '.'
                       ? slice_between(text.ptr + 2, text.ptr + text.len)
                       : text);
}

static bool is_status(struct slice text)
{
    struct scan s      = scan_from(text);
    uint32_t    status = 0;

    return slice_eq(text, SLICE("none")) || (scan_number(&s, 699, &status) && scan_at_end(&s) && status >= 300);
}

static bool is_dialled(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\0' || strchr("0123456789+*#", text.ptr[i]) == NULL)
            return false;
    return text.len > 0 && text.len <= 32;
}

/* Says where it is wrong. */
static bool is_pattern(struct slice text, struct buf *why)
{
    char            memory[192];
    struct buf      wrong = BUF_ON(memory);
    struct pattern *p     = pattern_new(text, &wrong);

    buf_put(why, SLICE("a regular expression of PCRE2"));
    if (p == NULL) {
        buf_put(why, SLICE(" ("));
        buf_put(why, slice_from(buf_cstr(&wrong)));
        buf_put(why, SLICE(")"));
    }
    pattern_free(p);
    return p != NULL;
}

static bool is_media_type(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice type, subtype, params;

    return scan_token(&s, &type) && scan_byte(&s, '/') && scan_token(&s, &subtype) && params_scan(&s, &params) &&
           scan_at_end(&s);
}

bool config_check_text(enum config_check check, struct slice text, struct config_value *out, struct buf *why)
{
    bool                    good = is_printable(text);
    struct third_party      party;
    struct redirect_contact contact;
    enum hash_algorithm     algorithm;
    struct prefix           network;
    struct table_target     target;
    struct slice            trunk;
    struct rate             rate;

    switch (check) {
    case VALUE_TEXT:
        buf_put(why, SLICE("a text without control characters, at most 1024 bytes"));
        break;
    case VALUE_PATH:
        buf_put(why, SLICE("a path, at most 1024 bytes"));
        break;
    case VALUE_NAME:
        buf_put(why, SLICE("a domain name such as example.com, or an address"));
        good = is_host(text);
        break;
    case VALUE_NAME_OR_NONE:
        buf_put(why, SLICE("a domain name such as example.com, or nothing"));
        good = text.len == 0 || is_host(text);
        break;
    case VALUE_LISTEN:
        buf_put(why, SLICE("udp, tcp, tls, ws or wss, a numeric address and a port: udp:192.0.2.1:5060, "
                           "tls:[2001:db8::1]:5061 advertise sip.example.com"));
        good = parse_listen(text, &out->listen);
        break;
    case VALUE_HOST_PORT:
        buf_put(why, SLICE("a host with or without port: sip.example.com, 192.0.2.1:5062"));
        good = text.len == 0 || is_host_port(text);
        break;
    case VALUE_SIP_URI:
        buf_put(why, SLICE("a sip or sips URI such as sip:192.0.2.1:5060;transport=tcp"));
        good = is_sip_uri(text) && is_printable(text);
        break;
    case VALUE_ADDRESS:
        buf_put(why, SLICE("a numeric address and a port: 127.0.0.1:9464, [::1]:9464"));
        good = text.len == 0 || is_address_port(text);
        break;
    case VALUE_TLS_CLIENTS:
        buf_put(why, SLICE("none, optional or required"));
        good = is_one_of(text, "none", "optional", "required");
        break;
    case VALUE_TLS_VERSION:
        buf_put(why, SLICE("1.2 or 1.3"));
        good = is_one_of(text, "1.2", "1.3", "1.3");
        break;
    case VALUE_ORIGIN:
        buf_put(why, SLICE("an origin such as https://phone.example.com, or null"));
        good = is_origin(text);
        break;
    case VALUE_ROUTE:
        buf_put(why, SLICE("a sip or sips URI with ;lr such as sip:proxy.example.com;lr"));
        good = is_route(text) && is_printable(text);
        break;
    case VALUE_THIRD_PARTY:
        buf_put(why, SLICE("a user, a blank, and whom that one may register: boss@example.com, *@example.com or *"));
        good = third_party_parse(text, &party) && is_printable(text);
        break;
    case VALUE_DOMAINS:
        buf_put(why, SLICE("a domain such as example.com, or all under one: *.example.com"));
        good = is_domain_pattern(text);
        break;
    case VALUE_NETWORK:
        buf_put(
            why,
            SLICE("an address, or the first one of a network and its bits: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32"));
        good = prefix_parse(text, &network);
        break;
    case VALUE_DESTINATION:
        buf_put(why, SLICE("a domain, *.domain, a number +4930123, what numbers begin with +49*, or *"));
        good = destination_is_pattern(text);
        break;
    case VALUE_TARGET:
        buf_put(why, SLICE("a sip or sips URI or trunk:NAME, and perhaps weight=1 to 1000, priority=1 to 1000"));
        good = table_target_parse(text, &target, &trunk) && good;
        break;
    case VALUE_FAIL_OVER:
        buf_put(why, SLICE("a status from 300 to 699, or none"));
        good = is_status(text);
        break;
    case VALUE_PATTERN:
        good = is_pattern(text, why) && good;
        break;
    case VALUE_DIGITS:
        buf_put(why, SLICE("at most 32 digits, +, * and #"));
        good = is_dialled(text);
        break;
    case VALUE_CALLER:
        buf_put(why, SLICE("a user, all users of a domain, or a trunk: alice@example.com, *@example.com, trunk:NAME"));
        good = number_caller_is_good(text) && good;
        break;
    case VALUE_REPLACEMENT:
        buf_put(why, SLICE("a number, a name or a URI, at most 128 bytes"));
        good = good && text.len > 0 && text.len <= 128;
        break;
    case VALUE_CONTACT:
        buf_put(why, SLICE("a URI such as sip:carol@example.net, or with a preference: <sip:carol@example.net>;q=0.5"));
        good = redirect_contact_parse(text, &contact) && is_printable(text);
        break;
    case VALUE_MEDIA_TYPE:
        buf_put(why, SLICE("a media type such as application/xml"));
        good = is_media_type(text) && is_printable(text);
        break;
    case VALUE_DIGEST:
        buf_put(why, SLICE("MD5, SHA-256 or SHA-512-256"));
        good = hash_algorithm_parse(text, &algorithm);
        break;
    case VALUE_QOP:
        buf_put(why, SLICE("auth or auth-int"));
        good = is_one_of(text, "auth", "auth-int", "auth-int");
        break;
    case VALUE_LOG_LEVEL:
        buf_put(why, SLICE("a part of the server and a level such as transport=debug; the parts: "));
        put_log_parts(why);
        good = is_log_level_of_part(text);
        break;
    case VALUE_METHOD:
        buf_put(why, SLICE("a method such as INVITE, or other: all that this server does not know"));
        good = method_parse(text) != METHOD_OTHER || slice_eq(text, SLICE("other"));
        break;
    case VALUE_PER:
        buf_put(why, SLICE("source, user or trunk"));
        good = is_one_of(text, "source", "user", "trunk");
        break;
    case VALUE_RATE:
        buf_put(why, SLICE("a number, at most 1000000, and s, m or h, the time that it is for: 10/s, 300/m"));
        good = rate_parse(text, &rate);
        break;
    case VALUE_LIMIT_ANSWER:
        buf_put(why, SLICE("503, 403 or drop"));
        good = is_one_of(text, "503", "403", "drop");
        break;
    }
    out->text = text;
    return good;
}
