/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/local_name.h"

#include "base/error.h"
#include "net/sockaddr.h"

#include <ares.h>
#include <netdb.h>

static struct dns_answer answer_with(struct arena *arena, enum record_type type, const struct address *addresses,
                                     size_t count, uint32_t ttl)
{
    struct record *records = arena_alloc(arena, count * sizeof *records + 1);

    if (records == NULL)
        return dns_answer_none(DNS_NO_MEMORY, 0);
    for (size_t i = 0; i < count; i++)
        records[i] = (struct record){ .type = type, .ttl = ttl, .address = addresses[i] };
    return (struct dns_answer){
        .outcome = count > 0 ? DNS_ANSWERED : DNS_NO_RECORD, .ttl = ttl, .records = records, .count = count
    };
}

static bool answer_literal(const char *name, enum record_type type, struct arena *arena, struct dns_answer *out)
{
    struct address ip;
    bool           fits;

    if (!address_parse_ip(slice_from(name), &ip))
        return false;
    fits = type == (ip.family == FAMILY_4 ? RECORD_A : RECORD_AAAA);
    *out = answer_with(arena, type, &ip, fits ? 1 : 0, 0);
    return true;
}

/* The addresses of one family that /etc/hosts has for the name. */
static size_t read_hosts(ares_channel channel, const char *name, enum record_type type, struct address out[DNS_RECORDS])
{
    struct hostent *host;
    size_t          count = 0;

    if (ares_gethostbyname_file(channel, name, type == RECORD_A ? AF_INET : AF_INET6, &host) != ARES_SUCCESS)
        return 0;
    for (char **at = host->h_addr_list; *at != NULL && count < DNS_RECORDS; at++) {
        if (type == RECORD_A)
            out[count++] = address_from_in(*(struct in_addr *)(void *)*at, 0);
        else
            out[count++] = address_from_in6((struct in6_addr *)(void *)*at, 0, 0);
    }
    ares_free_hostent(host);
    return count;
}

/* "example" of "_sip._udp.example"; all of any other name. */
static const char *without_service(const char *name)
{
    for (unsigned i = 0; i < 2 && *name == '_' && strchr(name, '.') != NULL; i++)
        name = strchr(name, '.') + 1;
    return name;
}

static bool answer_hosts(ares_channel channel, const char *name, enum record_type type, struct arena *arena,
                         struct dns_answer *out)
{
    struct address four[DNS_RECORDS], six[DNS_RECORDS];
    size_t         four_count, six_count;

    if (type != RECORD_A && type != RECORD_AAAA)
        name = without_service(name);
    four_count = read_hosts(channel, name, RECORD_A, four);
    six_count  = read_hosts(channel, name, RECORD_AAAA, six);
    if (four_count + six_count == 0)
        return false;
    if (type == RECORD_A)
        *out = answer_with(arena, type, four, four_count, HOSTS_TTL);
    else
        *out = answer_with(arena, type, six, type == RECORD_AAAA ? six_count : 0, HOSTS_TTL);
    return true;
}

static bool is_in_domain(struct slice name, struct slice domain)
{
    const char *end = name.ptr + name.len;

    return name.len >= domain.len && slice_eq_nocase(slice_between(end - domain.len, end), domain) &&
           (name.len == domain.len || end[-(ptrdiff_t)domain.len - 1] == '.');
}

static bool answer_special(const char *name, enum record_type type, struct arena *arena, struct dns_answer *out)
{
    struct address ip = { .ip = { [15] = 1 }, .family = FAMILY_6 };

    if (is_in_domain(slice_from(name), SLICE("invalid"))) {
        *out = dns_answer_none(DNS_NO_NAME, 0);
        return true;
    }
    if (!is_in_domain(slice_from(name), SLICE("localhost")))
        return false;
    if (type == RECORD_A)
        ip = address_v4(127, 0, 0, 1, 0);
    *out = answer_with(arena, type, &ip, type == RECORD_A || type == RECORD_AAAA ? 1 : 0, 0);
    return true;
}

bool local_name_answer(ares_channel channel, const char *name, enum record_type type, struct arena *arena,
                       struct dns_answer *out)
{
    return answer_literal(name, type, arena, out) || answer_hosts(channel, name, type, arena, out) ||
           answer_special(name, type, arena, out);
}
