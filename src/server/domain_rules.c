/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/domain_rules.h"

#include "route/destination.h"

#include <stdlib.h>

enum { SECOND = 1000 };

/* The section that fits best, or NULL. */
static const struct config_registrations *section_for(const struct config *c, struct slice domain)
{
    const struct config_registrations *found = NULL;
    size_t                             best  = 0;

    for (size_t i = 0; i < c->registrations_count; i++) {
        size_t fits = destination_fit(c->registrations[i].domain, domain);

        if (fits > best) {
            best  = fits;
            found = &c->registrations[i];
        }
    }
    return found;
}

static struct binding_limits limits_of(msec min, msec preset, msec max, uint32_t contacts)
{
    return (struct binding_limits){ (uint32_t)(min / SECOND), (uint32_t)(preset / SECOND), (uint32_t)(max / SECOND),
                                    contacts };
}

static struct domain_rules rules_of(const struct config *c, struct slice domain)
{
    const struct config_registrations *s = section_for(c, domain);

    if (s == NULL)
        return (struct domain_rules){ domain,
                                      limits_of(c->min_expires, c->default_expires, c->max_expires, c->max_contacts),
                                      c->service_route };
    return (struct domain_rules){ domain,
                                  limits_of(s->min_expires, s->default_expires, s->max_expires, s->max_contacts),
                                  s->service_route };
}

struct domain_rules *domain_rules_new(const struct config *c)
{
    struct domain_rules *rules = calloc(c->domain_count, sizeof *rules);

    for (size_t i = 0; rules != NULL && i < c->domain_count; i++)
        rules[i] = rules_of(c, c->domains[i]);
    return rules;
}

const struct domain_rules *domain_rules_find(const struct domain_rules *rules, size_t count, struct slice domain)
{
    for (size_t i = 0; i < count; i++)
        if (slice_eq(rules[i].domain, domain))
            return &rules[i];
    return &rules[0];
}
