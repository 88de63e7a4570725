/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_together.h"

#include "route/destination.h"
#include "route/redirect.h"
#include "route/third_party.h"
#include "server/config_policy_check.h"

static void put_both(struct buf *b, msec low, msec high)
{
    config_duration_write(b, low);
    buf_put(b, SLICE(" and "));
    config_duration_write(b, high);
}

/* Two keys that contradict each other: said at the line of either that is in the file. */
static void check_order(struct config_reader *r, const char *less, msec low, const char *more, msec high)
{
    unsigned   line = config_line_of(r, less);
    char       memory[64];
    struct buf b = BUF_ON(memory);

    if (low <= high)
        return;
    if (line == 0)
        line = config_line_of(r, more);
    put_both(&b, low, high);
    config_problem(r, line, "%s must not be greater than %s (they are %s)", less, more, buf_cstr(&b));
}

/* Said at the line of the key. */
static void check_metrics(struct config_reader *r, const struct config *c)
{
    struct address address;

    if (c->metrics.len == 0 || c->metrics_remote || !address_parse(c->metrics, &address) ||
        address_is_loopback(&address))
        return;
    config_problem(
        r, config_line_of(r, "metrics"),
        "metrics on %.*s could be read from other hosts: take a loopback address, or set metrics_remote = true",
        SLICE_ARG(c->metrics));
}

static void check_order_in(struct config_reader *r, const struct config_registrations *s, const char *less, msec low,
                           const char *more, msec high)
{
    char       memory[64];
    struct buf b = BUF_ON(memory);

    if (low <= high)
        return;
    put_both(&b, low, high);
    config_problem(r, s->line, "registrations \"%.*s\": %s must not be greater than %s (they are %s)",
                   SLICE_ARG(s->domain), less, more, buf_cstr(&b));
}

/* A section inherits, so what it says may contradict what is said outside. */
static void check_registrations(struct config_reader *r, const struct config *c, const struct config_registrations *s)
{
    bool ours = false;

    for (size_t i = 0; i < c->domain_count && !ours; i++)
        ours = destination_fit(s->domain, c->domains[i]) > 0;
    if (!ours)
        config_problem(r, s->line, "registrations \"%.*s\": this is none of our domains; add it to domain",
                       SLICE_ARG(s->domain));
    check_order_in(r, s, "min_expires", s->min_expires, "default_expires", s->default_expires);
    check_order_in(r, s, "default_expires", s->default_expires, "max_expires", s->max_expires);
}

/* A rule of third_party or act_for. */
static void check_party(struct config_reader *r, const struct config *c, const char *key, struct slice rule)
{
    struct third_party party;

    if (!third_party_parse(rule, &party))
        return; /* said already */
    if (!config_is_our_domain(c, party.who.domain))
        config_problem(r, config_line_of(r, key), "%s = \"%.*s\": %.*s is none of our domains", key, SLICE_ARG(rule),
                       SLICE_ARG(party.who.domain));
    else if (!slice_eq(party.whom.domain, SLICE("*")) && !config_is_our_domain(c, party.whom.domain))
        config_problem(r, config_line_of(r, key), "%s = \"%.*s\": %.*s is none of our domains", key, SLICE_ARG(rule),
                       SLICE_ARG(party.whom.domain));
}

static void check_parties(struct config_reader *r, const struct config *c, const char *key,
                          const struct config_list *rules, const char *verb)
{
    for (size_t i = 0; i < rules->count; i++)
        check_party(r, c, key, rules->texts[i]);
    if (rules->count > 0 && !c->authentication)
        config_problem(r, config_line_of(r, key),
                       "%s means nothing with authentication = false: anybody may %s anybody", key, verb);
}

static void check_registrar(struct config_reader *r, const struct config *c)
{
    check_order(r, "min_expires", c->min_expires, "default_expires", c->default_expires);
    check_order(r, "default_expires", c->default_expires, "max_expires", c->max_expires);
    for (size_t i = 0; i < c->registrations_count; i++)
        check_registrations(r, c, &c->registrations[i]);
    check_parties(r, c, "third_party", &c->third_party, "register");
    check_parties(r, c, "act_for", &c->act_for, "be");
}

/* Whose phones are ours register with us: an edge is for those of others. */
static void check_edge(struct config_reader *r, const struct config *c)
{
    for (size_t i = 0; i < c->edge.count; i++)
        for (size_t k = 0; k < c->domain_count; k++)
            if (destination_fit(c->edge.texts[i], c->domains[k]) > 0)
                config_problem(r, config_line_of(r, "edge"), "edge = \"%.*s\": %.*s is a domain of our own",
                               SLICE_ARG(c->edge.texts[i]), SLICE_ARG(c->domains[k]));
    if (c->edge.count > 0 && !c->proxy)
        config_problem(r, config_line_of(r, "edge"), "edge means nothing with proxy = false");
}

static void check_abuse(struct config_reader *r, const struct config *c)
{
    for (size_t i = 0; i < c->limit_count; i++)
        if (c->limits[i].rate.len == 0)
            config_problem(r, c->limits[i].line, "limit \"%.*s\": give a rate", SLICE_ARG(c->limits[i].name));
    for (size_t i = 0; i < c->limit_count; i++)
        if (slice_eq(c->limits[i].per, SLICE("user")) && slice_eq(c->limits[i].answer, SLICE("drop")))
            config_problem(r, c->limits[i].line, "limit \"%.*s\": who has proved to be a user is answered: 503 or 403",
                           SLICE_ARG(c->limits[i].name));
    check_order(r, "scanner_ban", c->scanner_ban, "scanner_ban_max", c->scanner_ban_max);
}

static bool is_redirect_status(uint32_t status)
{
    return status == 300 || status == 301 || status == 302 || status == 305 || status == 380;
}

/* RFC 3261 21.3: what each of them has to say. */
static void check_redirect(struct config_reader *r, const struct config_redirect *s)
{
    if (!is_redirect_status(s->status))
        config_problem(r, s->line, "redirect \"%.*s\": status must be 300, 301, 302, 305 or 380", SLICE_ARG(s->domain));
    if (s->to.count == 0 && s->status != 380)
        config_problem(r, s->line, "redirect \"%.*s\": give to", SLICE_ARG(s->domain));
    if (s->to.count > REDIRECT_CONTACTS)
        config_problem(r, s->line, "redirect \"%.*s\": more than %d in to", SLICE_ARG(s->domain), REDIRECT_CONTACTS);
    if (s->status == 305 && s->to.count > 1)
        config_problem(r, s->line, "redirect \"%.*s\": 305 names one proxy", SLICE_ARG(s->domain));
    if (s->body.len > 0 && s->status != 380)
        config_problem(r, s->line, "redirect \"%.*s\": body means nothing without status = 380", SLICE_ARG(s->domain));
    if (s->body.len == 0 && (s->body_type.len > 0 || (s->status == 380 && s->to.count == 0)))
        config_problem(r, s->line, "redirect \"%.*s\": give body", SLICE_ARG(s->domain));
}

static void check_redirects(struct config_reader *r, const struct config *c)
{
    for (size_t i = 0; i < c->redirect_count; i++)
        check_redirect(r, &c->redirects[i]);
    if (c->redirect_count > 0 && !c->redirect_server)
        config_problem(r, c->redirects[0].line, "redirect sections mean nothing without redirect_server = true");
}

void config_check_together(struct config_reader *r, const struct config *c)
{
    check_registrar(r, c);
    check_edge(r, c);
    config_check_policy(r, c);
    check_abuse(r, c);
    check_order(r, "t1", c->t1, "t2", c->t2);
    check_metrics(r, c);
    check_redirects(r, c);
}
