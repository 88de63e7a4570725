/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs about the network: `net` and `name`. */
#include "base/error.h"
#include "scenario/scenario.h"
#include "support/alloc.h"

#include <stdlib.h>

enum { SLOW_ROOM = 4 << 20 }; /* bytes that wait for a slow host: net/sockaddr.c */

/* What a fault looks for; outlives the statement that asked for it. */
struct fault_pattern {
    struct link    link; /* in scenario->patterns */
    struct words   words;
    struct pattern pattern;
};

void scenario_free_patterns(struct scenario *s)
{
    struct link *l;

    while ((l = list_shift(&s->patterns)) != NULL)
        free(CONTAINER_OF(l, struct fault_pattern, link));
}

/* "any" is NULL; false (failed) for somebody unknown. */
static bool parse_host(struct scenario *s, const char *name, struct host **out)
{
    struct actor *a = scenario_actor(s, name);

    *out = a == NULL ? NULL : a->host;
    return a != NULL || (name != NULL && strcmp(name, "any") == 0) ||
           scenario_fail(s, "%s is nobody", name == NULL ? "(nothing)" : name);
}

/* ---- paths ---- */

/* "2%" or "0.5%" in thousandths. */
static bool parse_share(const char *text, unsigned *out)
{
    char  *end;
    double value = text == NULL ? -1 : strtod(text, &end);

    if (value < 0 || value > 100 || strcmp(end, "%") != 0)
        return false;
    *out = (unsigned)(value * 10 + 0.5);
    return true;
}

/* One property and its value; returns how many words it took, 0 if it is none. */
static unsigned parse_property(const char *const *word, struct path *p)
{
    const struct {
        const char *name;
        unsigned   *share;
    } shares[] = { { "loss", &p->loss }, { "duplicate", &p->duplicate }, { "reorder", &p->reorder } };

    if (strcmp(word[0], "cut") == 0)
        return p->cut = true, 1;
    if (strcmp(word[0], "delay") == 0)
        return parse_duration(word[1], &p->delay) ? 2 : 0;
    if (strcmp(word[0], "jitter") == 0)
        return parse_duration(word[1], &p->jitter) ? 2 : 0;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        if (strcmp(word[0], shares[i].name) == 0)
            return parse_share(word[1], shares[i].share) ? 2 : 0;
    return 0;
}

static bool parse_path(struct scenario *s, const char *const *word, struct path *p)
{
    *p = s->path_default;
    if (word[0] != NULL && strcmp(word[0], "heal") == 0 && word[1] == NULL)
        return true;
    if (word[0] == NULL)
        return false;
    while (word[0] != NULL) {
        unsigned used = parse_property(word, p);

        if (used == 0)
            return scenario_fail(s, "%s is no property of a path, or has no such value", word[0]);
        word += used;
    }
    return true;
}

static bool net_path(struct scenario *s, const char *const *word)
{
    bool         both = strcmp(word[1], "--") == 0;
    struct host *from, *to;
    struct path  path;

    if (!parse_host(s, word[0], &from) || !parse_host(s, word[2], &to) || !parse_path(s, word + 3, &path))
        return false;
    network_set_path(s->net, from, to, &path);
    if (both)
        network_set_path(s->net, to, from, &path);
    return true;
}

/* ---- faults ---- */

/* [number N] [times N] [by DURATION] */
static bool parse_fault_options(struct scenario *s, const char *const *word, struct fault *f)
{
    for (; word[0] != NULL; word += 2) {
        if (strcmp(word[0], "number") == 0 && parse_count(word[1], &f->first) && f->first > 0)
            continue;
        if (strcmp(word[0], "times") == 0 && parse_count(word[1], &f->count) && f->count > 0)
            continue;
        if (strcmp(word[0], "by") == 0 && parse_duration(word[1], &f->delay))
            continue;
        return scenario_fail(s, "a fault ends in [number N] [times N] [by DURATION], not %s", word[0]);
    }
    return true;
}

static bool packet_matches(const void *arg, const struct packet *p)
{
    const struct fault_pattern *f = arg;

    return wire_is_sip(p->bytes) && pattern_matches(&f->pattern, p->bytes, NULL);
}

/* net lose FROM -> TO PATTERN [number N] [times N] */
static bool net_fault(struct scenario *s, const struct statement *st, enum fault_action action)
{
    struct fault_pattern *f     = alloc_new(sizeof *f);
    const char *const    *word  = st->words.word + 2;
    struct fault          fault = { .matches = packet_matches, .arg = f, .first = 1, .count = 1, .action = action };
    struct host          *from, *to;
    unsigned              used;

    list_append(&s->patterns, &f->link);
    if (st->words.count < 6 || strcmp(word[1], "->") != 0)
        return scenario_fail(s, "net lose|double|hold|refuse FROM -> TO PATTERN ...");
    if (!parse_host(s, word[0], &from) || !parse_host(s, word[2], &to))
        return false;
    /* The statement lives as long as the script, and so do its words. */
    used       = pattern_parse(&f->pattern, word + 3);
    fault.from = from;
    fault.to   = to;
    if (used == 0)
        return scenario_fail(s, "%s is no pattern", word[3]);
    if (!parse_fault_options(s, word + 3 + used, &fault))
        return false;
    network_add_fault(s->net, &fault);
    return true;
}

static bool net_pieces(struct scenario *s, const char *how)
{
    static const char *const names[] = {
        [PIECES_RANDOM] = "random", [PIECES_WHOLE] = "whole", [PIECES_BYTES] = "bytes"
    };

    for (unsigned i = 0; i < 3; i++)
        if (how != NULL && strcmp(how, names[i]) == 0)
            return network_set_pieces(s->net, (enum pieces)i), true;
    return scenario_fail(s, "net pieces random|whole|bytes");
}

static bool net_everywhere(struct scenario *s, const char *const *word)
{
    struct path path;

    if (!parse_path(s, word, &path))
        return false;
    s->path_default = path;
    network_set_path(s->net, NULL, NULL, &path);
    return true;
}

/* net A moves ADDRESS: the host has this one in the place of the one it had. */
static bool net_move(struct scenario *s, struct host *h, const char *ip)
{
    struct address old = host_address(h, FAMILY_4);
    char           memory[ADDRESS_TEXT];
    struct buf     text = BUF_ON(memory);

    address_write_ip(&text, &old);
    host_drop_address(h, buf_cstr(&text));
    return host_add_address(h, ip) || scenario_fail(s, "%s is no address, or somebody's", ip);
}

bool verb_net(struct scenario *s, const struct statement *st)
{
    static const char *const actions[] = {
        [FAULT_DROP] = "lose", [FAULT_DUPLICATE] = "double", [FAULT_DELAY] = "hold", [FAULT_REFUSE] = "refuse"
    };
    const char *const *word = st->words.word + 1;
    struct actor      *a;
    msec               per_send;

    if (word[0] == NULL)
        return scenario_fail(s, "net what?");
    for (unsigned i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(word[0], actions[i]) == 0)
            return net_fault(s, st, (enum fault_action)i);
    if (strcmp(word[0], "pieces") == 0)
        return net_pieces(s, word[1]);
    if (word[1] != NULL && (strcmp(word[1], "->") == 0 || strcmp(word[1], "--") == 0))
        return net_path(s, word);
    a = scenario_actor(s, word[0]);
    if (a != NULL && word[1] != NULL && (strcmp(word[1], "down") == 0 || strcmp(word[1], "up") == 0))
        return host_set_down(a->host, strcmp(word[1], "down") == 0), true;
    if (a != NULL && word[1] != NULL && strcmp(word[1], "slow") == 0 && parse_duration(word[2], &per_send))
        return host_set_slow(a->host, per_send, SLOW_ROOM), true;
    if (a != NULL && word[1] != NULL && word[2] != NULL && strcmp(word[1], "moves") == 0)
        return net_move(s, a->host, word[2]);
    return net_everywhere(s, word);
}

/* ---- names ---- */

static bool parse_numbers(const char *const *word, uint16_t *out, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned number;

        if (!parse_count(word[i], &number) || number > UINT16_MAX)
            return false;
        out[i] = (uint16_t)number;
    }
    return true;
}

/* name N srv [PRIORITY WEIGHT] PORT TARGET */
static bool name_srv(struct scenario *s, const struct words *words)
{
    const char *const *word      = words->word;
    bool               brief     = words->count == 5;
    uint16_t           number[3] = { 0, 0, 0 };

    if ((!brief && words->count != 7) || !parse_numbers(word + 3, brief ? number + 2 : number, brief ? 1 : 3))
        return scenario_fail(s, "name N srv [PRIORITY WEIGHT] PORT TARGET");
    network_add_srv(s->net, word[1], number[0], number[1], number[2], word[words->count - 1]);
    return true;
}

/* name N naptr ORDER PREFERENCE FLAGS SERVICE REGEXP REPLACEMENT */
static bool name_naptr(struct scenario *s, const struct words *words)
{
    const char *const *word = words->word;
    uint16_t           number[2];

    if (words->count != 9 || !parse_numbers(word + 3, number, 2))
        return scenario_fail(s, "name N naptr ORDER PREFERENCE FLAGS SERVICE REGEXP REPLACEMENT");
    network_add_naptr(s->net, word[1], number[0], number[1],
                      &(struct naptr_texts){ word[5], word[6], word[7], word[8] });
    return true;
}

bool verb_name(struct scenario *s, const struct statement *st)
{
    const char *const *word  = st->words.word;
    unsigned           count = st->words.count;
    struct address     ip;
    msec               late;

    if (count == 4 && strcmp(word[2], "ip") == 0 && address_parse_ip(slice_from(word[3]), &ip))
        return network_add_ip(s->net, word[1], word[3]), true;
    if (count == 4 && strcmp(word[2], "late") == 0 && parse_duration(word[3], &late))
        return network_set_name_late(s->net, word[1], late), true;
    if (count == 3 && strcmp(word[2], "silent") == 0)
        return network_set_name_error(s->net, word[1], -ERR_TIMEOUT), true;
    if (count == 3 && strcmp(word[2], "heal") == 0)
        return network_set_name_error(s->net, word[1], 0), true;
    if (count > 3 && strcmp(word[2], "srv") == 0)
        return name_srv(s, &st->words);
    if (count > 3 && strcmp(word[2], "naptr") == 0)
        return name_naptr(s, &st->words);
    return scenario_fail(s, "name N ip ADDRESS | srv ... | naptr ... | silent | late DURATION | heal");
}
