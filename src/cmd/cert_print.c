/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/cert_print.h"

#include "cmd/json_out.h"

#include <string.h>

static json_int_t days_of(const json_t *certificate)
{
    return json_integer_value(json_object_get(certificate, "days_left"));
}

static bool has_state(const json_t *certificate, const char *state)
{
    return strcmp(json_text_of(certificate, "state"), state) == 0;
}

/* ---- for people ---- */

static void print_line(const char *name, const char *value, FILE *out)
{
    if (value[0] != '\0')
        fprintf(out, "  %-12s%s\n", name, value);
}

static void print_names(const json_t *names, FILE *out)
{
    const json_t *name;
    size_t        i;

    json_array_foreach(names, i, name) fprintf(out, "  %-12s%s\n", i == 0 ? "names" : "", json_string_value(name));
}

static const char *plural(json_int_t days)
{
    return days == 1 ? "" : "s";
}

static void print_dates(const json_t *c, FILE *out)
{
    json_int_t days = days_of(c);

    fprintf(out, "  %-12s%s to %s, ", "good from", json_text_of(c, "not_before"), json_text_of(c, "not_after"));
    if (has_state(c, "ended"))
        fprintf(out, "IT HAS ENDED\n");
    else if (has_state(c, "not_yet"))
        fprintf(out, "NOT YET\n");
    else
        fprintf(out, "%" JSON_INTEGER_FORMAT " day%s left%s\n", days, plural(days),
                has_state(c, "ends_soon") ? ": IT ENDS SOON" : "");
}

static const char *signer(const json_t *c)
{
    if (json_is_true(json_object_get(c, "self_signed")))
        return json_is_true(json_object_get(c, "ca")) ? "itself, as a CA" : "itself: nobody vouches for it";
    return json_text_of(c, "issuer");
}

/* What people call it: the server's domain, else whom it is for, else where it is. */
static const char *title(const json_t *c)
{
    static const char *const keys[] = { "domain", "subject", "file" };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (json_text_of(c, keys[i])[0] != '\0')
            return json_text_of(c, keys[i]);
    return "certificate";
}

/* Of one that a host has shown us. */
static void print_connection(const json_t *c, FILE *out)
{
    char verdict[512];

    if (json_object_get(c, "accepted") == NULL)
        return;
    print_line("address", json_text_of(c, "address"), out);
    snprintf(verdict, sizeof verdict, "%s, %s", json_text_of(c, "protocol"), json_text_of(c, "cipher"));
    print_line("TLS", verdict, out);
    if (json_is_true(json_object_get(c, "accepted")))
        snprintf(verdict, sizeof verdict, "yes, as %s (RFC 5922)", json_text_of(c, "domain"));
    else
        snprintf(verdict, sizeof verdict, "NO: %s", json_text_of(c, "refused"));
    print_line("accepted", verdict, out);
}

void cert_print(const json_t *certificate, bool gap, FILE *out)
{
    fprintf(out, "%s%s\n", gap ? "\n" : "", title(certificate));
    print_connection(certificate, out);
    print_line("file", json_text_of(certificate, "file"), out);
    print_line("subject", json_text_of(certificate, "subject"), out);
    print_names(json_object_get(certificate, "names"), out);
    print_line("signed by", signer(certificate), out);
    print_line("key", json_text_of(certificate, "algorithm"), out);
    print_dates(certificate, out);
    print_line("SHA-256", json_text_of(certificate, "fingerprint_sha256"), out);
}

/* ---- for monitors ---- */

static bool is_refused(const json_t *c)
{
    return json_is_false(json_object_get(c, "accepted"));
}

static int severity(const json_t *c)
{
    if (is_refused(c))
        return 2;
    if (has_state(c, "good"))
        return 0;
    return has_state(c, "ends_soon") ? 1 : 2;
}

static const json_t *worst_of(const json_t *all)
{
    const json_t *worst = NULL, *one;
    size_t        i;

    json_array_foreach(all, i, one)
    {
        if (worst == NULL || severity(one) > severity(worst) ||
            (severity(one) == severity(worst) && days_of(one) < days_of(worst)))
            worst = one;
    }
    return worst;
}

int cert_print_check(const json_t *certificates, FILE *out)
{
    static const char *const words[] = { "OK", "WARNING", "CRITICAL" };
    const json_t            *worst   = worst_of(certificates);
    size_t                   count   = json_array_size(certificates);

    if (worst == NULL) {
        fprintf(out, "CRITICAL: there is no certificate\n");
        return 2;
    }
    fprintf(out, "%s: %zu certificate%s; %s ", words[severity(worst)], count, count == 1 ? "" : "s", title(worst));
    if (is_refused(worst))
        fprintf(out, "is not accepted: %s\n", json_text_of(worst, "refused"));
    else if (has_state(worst, "not_yet"))
        fprintf(out, "is good from %s on\n", json_text_of(worst, "not_before"));
    else if (has_state(worst, "ended"))
        fprintf(out, "has ended on %s\n", json_text_of(worst, "not_after"));
    else
        fprintf(out, "ends in %" JSON_INTEGER_FORMAT " day%s, on %s\n", days_of(worst), plural(days_of(worst)),
                json_text_of(worst, "not_after"));
    return severity(worst);
}
