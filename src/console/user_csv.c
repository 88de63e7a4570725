/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/user_csv.h"

#include "base/scan.h"

#include <stdio.h>

struct problem {
    char  *text;
    size_t size;
};

static const struct {
    const char      *name;
    enum user_column column;
} known[] = {
    { "name", USER_COLUMN_NAME },
    { "username", USER_COLUMN_NAME },
    { "user", USER_COLUMN_NAME },
    { "domain", USER_COLUMN_DOMAIN },
    { "password", USER_COLUMN_PASSWORD },
    { "ha1", USER_COLUMN_MD5 },
    { "ha1_md5", USER_COLUMN_MD5 },
    { "ha1_sha256", USER_COLUMN_SHA256 },
    { "ha1_sha512_256", USER_COLUMN_SHA512_256 },
    { "realm", USER_COLUMN_REALM },
    { "alias", USER_COLUMN_ALIASES },
    { "aliases", USER_COLUMN_ALIASES },
};

static struct slice trim(struct slice text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static enum user_column column_of(struct slice name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_eq_nocase(trim(name), slice_from(known[i].name)))
            return known[i].column;
    return USER_COLUMNS;
}

static bool has_secrets(const struct user_table *t)
{
    return t->has[USER_COLUMN_PASSWORD] || t->has[USER_COLUMN_MD5] || t->has[USER_COLUMN_SHA256] ||
           t->has[USER_COLUMN_SHA512_256];
}

bool user_table_read(struct user_table *t, const struct slice *fields, size_t count, char *problem, size_t problem_size)
{
    t->count = count;
    for (size_t i = 0; i < count; i++) {
        enum user_column column = column_of(fields[i]);

        if (column != USER_COLUMNS && t->has[column]) {
            snprintf(problem, problem_size, "two columns mean the same, and one is '%.*s'", SLICE_ARG(trim(fields[i])));
            return false;
        }
        t->columns[i]  = column;
        t->has[column] = true;
    }
    if (t->has[USER_COLUMN_NAME] && (has_secrets(t) || t->has[USER_COLUMN_ALIASES]))
        return true;
    snprintf(problem, problem_size,
             "the first line names the columns: there must be 'name', 'username' or 'user', and at least one of "
             "password, ha1, ha1_sha256, ha1_sha512_256 and aliases; domain and realm may be there too");
    return false;
}

/* "alice@example.com" is a name and a domain; a column of its own comes first. */
static void take_name(const struct user_table *t, const struct slice *values, struct user_row *row)
{
    struct slice name = trim(values[USER_COLUMN_NAME]), domain = trim(values[USER_COLUMN_DOMAIN]);
    const char  *at = name.len > 0 ? memchr(name.ptr, '@', name.len) : NULL;

    row->name = at != NULL ? slice_between(name.ptr, at) : name;
    if (domain.len > 0)
        row->domain = domain;
    else
        row->domain = at != NULL ? slice_between(at + 1, name.ptr + name.len) : t->domain;
}

static bool check_name(const struct user_row *row, const struct problem *p)
{
    if (!user_name_is_good(row->name))
        snprintf(p->text, p->size, "a user's name has 1 to %d letters, digits or any of -_.!~*'+", USER_NAME_MAX);
    else if (!user_domain_is_good(row->domain))
        snprintf(p->text, p->size, "the domain is no host name");
    else
        return true;
    return false;
}

static bool check_realm(const struct user_table *t, const struct slice *values, const struct user_row *row,
                        const struct problem *p)
{
    struct slice realm = trim(values[USER_COLUMN_REALM]);

    if (realm.len == 0)
        realm = t->realm.len > 0 ? t->realm : row->domain;
    if (slice_eq(realm, t->our_realm))
        return true;
    snprintf(p->text, p->size,
             "its hash is taken for one of the realm '%.*s', but this server's is '%.*s', with which it proves "
             "nothing: a password is needed, or, if that is not so, the right realm (--realm, or a column 'realm')",
             SLICE_ARG(realm), SLICE_ARG(t->our_realm));
    return false;
}

static bool take_hashes(const struct user_table *t, const struct slice *values, struct user_row *row,
                        const struct problem *p)
{
    static const struct {
        enum user_column    column;
        enum hash_algorithm algorithm;
        const char         *name;
    } hashes[] = { { USER_COLUMN_MD5, HASH_MD5, "MD5" },
                   { USER_COLUMN_SHA256, HASH_SHA256, "SHA-256" },
                   { USER_COLUMN_SHA512_256, HASH_SHA512_256, "SHA-512/256" } };
    size_t len = 0;

    for (size_t i = 0; i < 3; i++) {
        struct slice ha1 = trim(values[hashes[i].column]);

        if (!user_ha1_is_good(ha1, hashes[i].algorithm)) {
            snprintf(p->text, p->size, "an HA1 of %s has %zu hex digits", hashes[i].name,
                     2 * hash_size(hashes[i].algorithm));
            return false;
        }
        row->ha1[hashes[i].algorithm] = ha1;
        len += ha1.len;
    }
    if (len > 0)
        return check_realm(t, values, row, p);
    snprintf(p->text, p->size, "there is neither a password nor a hash");
    return false;
}

static bool take_secret(const struct user_table *t, const struct slice *values, struct user_row *row,
                        const struct problem *p)
{
    row->password   = values[USER_COLUMN_PASSWORD];
    row->alias_only = !has_secrets(t);
    if (row->alias_only)
        return true;
    if (row->password.len == 0)
        return take_hashes(t, values, row, p);
    if (user_password_is_good(row->password))
        return true;
    snprintf(p->text, p->size, "a password has 1 to %d bytes and no control characters", USER_PASSWORD_MAX);
    return false;
}

static bool check_aliases(const struct user_row *row, const struct problem *p)
{
    struct slice rest = row->aliases, alias, domain, name;
    char         number[USER_NUMBER_MAX];

    while (user_row_next_alias(&rest, &alias))
        if (!user_alias_of_text(alias, row->domain, number, &domain, &name)) {
            snprintf(p->text, p->size, "an alias is NAME, NAME@DOMAIN or a telephone number, +4930123");
            return false;
        }
    return true;
}

bool user_row_read(const struct user_table *t, const struct slice *fields, size_t count, struct user_row *row,
                   char *problem, size_t problem_size)
{
    struct slice   values[USER_COLUMNS + 1] = { { NULL, 0 } };
    struct problem p                        = { problem, problem_size };

    *row = (struct user_row){ .alias_only = false };
    if (count != t->count) {
        snprintf(problem, problem_size, "%zu fields, where the first line has %zu", count, t->count);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        values[t->columns[i]] = fields[i];
    take_name(t, values, row);
    row->aliases = trim(values[USER_COLUMN_ALIASES]);
    return check_name(row, &p) && take_secret(t, values, row, &p) && check_aliases(row, &p);
}

bool user_row_next_alias(struct slice *aliases, struct slice *alias)
{
    struct scan s = scan_from(*aliases);

    while (scan_byte(&s, ' ') || scan_byte(&s, ',') || scan_byte(&s, '\t'))
        ;
    if (!scan_until(&s, " ,\t", alias))
        return false;
    *aliases = scan_rest(&s);
    return true;
}
