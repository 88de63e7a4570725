/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/cert_json.h"

static json_t *names_to_json(const struct cert_facts *f)
{
    json_t *names = json_array();

    for (size_t i = 0; i < f->name_count; i++)
        json_array_append_new(names, json_stringn(f->names[i].ptr, f->names[i].len));
    return names;
}

json_t *cert_facts_to_json(const struct cert_facts *f, uint64_t now)
{
    char        from[CERT_TIME_TEXT], to[CERT_TIME_TEXT];
    const char *state = cert_age_name(cert_age(f->not_before, f->not_after, now));

    cert_time_write(f->not_before, from);
    cert_time_write(f->not_after, to);
    return json_pack("{s:s%,s:s%,s:o,s:s%,s:s%,s:s,s:s,s:I,s:I,s:s,s:s,s:b,s:b}", "subject", f->subject.ptr,
                     f->subject.len, "issuer", f->issuer.ptr, f->issuer.len, "names", names_to_json(f), "algorithm",
                     f->algorithm.ptr, f->algorithm.len, "serial", f->serial.ptr, f->serial.len, "not_before", from,
                     "not_after", to, "not_after_seconds", (json_int_t)f->not_after, "days_left",
                     (json_int_t)cert_days_left(f->not_after, now), "state", state, "fingerprint_sha256",
                     f->fingerprint, "self_signed", f->self_signed, "ca", f->is_ca);
}
