/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/prefix_map.h"

#include "base/random.h"
#include "support/test.h"

#include <stdlib.h>

enum { MANY = 300 };

static struct prefix prefix(const char *text)
{
    struct prefix p;

    CHECK(prefix_parse(slice_from(text), &p));
    return p;
}

static int compare(const void *a, const void *b)
{
    return prefix_compare(a, b);
}

/* Sorts them. */
static struct prefix_map *map_of(struct prefix *p, size_t count)
{
    struct prefix_map *m;

    qsort(p, count, sizeof *p, compare);
    m = prefix_map_new(p, count);
    CHECK(m != NULL);
    return m;
}

/* The one that was found, "" for none. */
static struct slice found(const struct prefix_map *m, const struct prefix *all, const char *address)
{
    static char    memory[PREFIX_TEXT];
    struct buf     b = BUF_ON(memory);
    struct address a;
    int            index;

    CHECK(address_parse_ip(slice_from(address), &a));
    index = prefix_map_find(m, &a);
    if (index != PREFIX_NONE)
        prefix_write(&b, &all[index]);
    return buf_slice(&b);
}

TEST(the_smallest_network_around_an_address_is_found)
{
    struct prefix      all[] = { prefix("10.0.0.0/8"),    prefix("10.1.0.0/16"),      prefix("10.1.0.7"),
                                 prefix("10.0.0.0/24"),   prefix("192.0.2.128/25"),   prefix("::1"),
                                 prefix("2001:db8::/32"), prefix("2001:db8:0:1::/64") };
    struct prefix_map *m     = map_of(all, sizeof all / sizeof *all);

    CHECK_SLICE("", found(m, all, "9.255.255.255"));
    CHECK_SLICE("10.0.0.0/24", found(m, all, "10.0.0.0"));
    CHECK_SLICE("10.0.0.0/8", found(m, all, "10.0.1.0"));
    CHECK_SLICE("10.1.0.0/16", found(m, all, "10.1.0.6"));
    CHECK_SLICE("10.1.0.7", found(m, all, "10.1.0.7"));
    CHECK_SLICE("10.1.0.0/16", found(m, all, "10.1.0.8"));
    CHECK_SLICE("10.0.0.0/8", found(m, all, "10.255.255.255"));
    CHECK_SLICE("", found(m, all, "11.0.0.0"));
    CHECK_SLICE("", found(m, all, "192.0.2.127"));
    CHECK_SLICE("192.0.2.128/25", found(m, all, "192.0.2.128"));
    CHECK_SLICE("::1", found(m, all, "::1"));
    CHECK_SLICE("", found(m, all, "::2"));
    CHECK_SLICE("2001:db8::/32", found(m, all, "2001:db8::1"));
    CHECK_SLICE("2001:db8:0:1::/64", found(m, all, "2001:db8:0:1:ffff::"));
    CHECK_SLICE("2001:db8::/32", found(m, all, "2001:db8:0:2::"));
    prefix_map_free(m);
}

TEST(everything_can_be_one_network_and_the_families_stay_apart)
{
    struct prefix      six = prefix("::/0"), both[] = { prefix("0.0.0.0/0"), prefix("::/0"), prefix("255.255.255.255"),
                                                        prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") };
    struct prefix_map *m = map_of(&six, 1);

    CHECK_SLICE("", found(m, &six, "192.0.2.1"));
    CHECK_SLICE("::/0", found(m, &six, "::ffff:1:0:1"));
    prefix_map_free(m);
    m = map_of(both, 4);
    CHECK_SLICE("0.0.0.0/0", found(m, both, "255.255.255.254"));
    CHECK_SLICE("255.255.255.255", found(m, both, "255.255.255.255"));
    CHECK_SLICE("::/0", found(m, both, "::"));
    CHECK_SLICE("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", found(m, both, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    prefix_map_free(m);
}

TEST(in_an_empty_map_nothing_is_found)
{
    struct prefix_map *m = prefix_map_new(NULL, 0);

    CHECK_SLICE("", found(m, NULL, "192.0.2.1"));
    CHECK_SLICE("", found(m, NULL, "::1"));
    prefix_map_free(m);
}

static struct address draw_address(const struct random *r)
{
    struct address a = { .family = random_below(r, 2) == 0 ? FAMILY_4 : FAMILY_6 };

    for (unsigned i = 0; i < (a.family == FAMILY_4 ? 4 : 16); i++) /* few values: they shall nest */
        a.ip[i] = random_below(r, 3) == 0 ? 0xff : (uint8_t)random_below(r, 2);
    return a;
}

static size_t draw_prefixes(const struct random *r, struct prefix *all)
{
    size_t count = 0;

    for (unsigned i = 0; i < MANY; i++) {
        struct address a = draw_address(r);

        all[count++] = prefix_of(&a, random_below(r, a.family == FAMILY_4 ? 33 : 129));
        for (size_t k = 0; k + 1 < count; k++)
            if (prefix_compare(&all[k], &all[count - 1]) == 0) {
                count--;
                break;
            }
    }
    return count;
}

static int smallest(const struct prefix *all, size_t count, const struct address *a)
{
    int best = PREFIX_NONE;

    for (size_t i = 0; i < count; i++)
        if (prefix_has(&all[i], a) && (best == PREFIX_NONE || all[i].bits > all[best].bits))
            best = (int)i;
    return best;
}

TEST(whatever_the_networks_it_is_the_one_that_looking_at_all_of_them_finds)
{
    struct prefix        all[MANY];
    struct random_seeded seeded;
    struct random        r = { random_seeded_fill, &seeded };

    for (uint64_t seed = 0; seed < 20; seed++) {
        size_t             count;
        struct prefix_map *m;

        random_seed(&seeded, seed);
        count = draw_prefixes(&r, all);
        m     = map_of(all, count);
        for (unsigned i = 0; i < 1000; i++) {
            struct address a = draw_address(&r);

            CHECK_INT(smallest(all, count, &a), prefix_map_find(m, &a));
        }
        prefix_map_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_network_around_an_address_is_found),
        cmocka_unit_test(everything_can_be_one_network_and_the_families_stay_apart),
        cmocka_unit_test(in_an_empty_map_nothing_is_found),
        cmocka_unit_test(whatever_the_networks_it_is_the_one_that_looking_at_all_of_them_finds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
