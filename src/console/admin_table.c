/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/admin_private.h"

#include <inttypes.h>

#define PARAMS_END                                                                                                     \
    {                                                                                                                  \
        .name = NULL                                                                                                   \
    }

static const struct control_param params_password[] = {
    { "name", CONTROL_TEXT, true, 0, 0, "the part of the address before the @" },
    { "password", CONTROL_TEXT, true, 0, 0, "1 to 256 bytes without control characters; only hashes of it are kept" },
    { "domain", CONTROL_TEXT, false, 0, 0, "one of the server's; the first unless given" },
    PARAMS_END,
};

static const struct control_param params_name[] = {
    { "name", CONTROL_TEXT, true, 0, 0, "the part of the address before the @" },
    { "domain", CONTROL_TEXT, false, 0, 0,
      "the first of the server's unless given; it need not be configured any more" },
    PARAMS_END,
};

static const struct control_param params_user_list[] = {
    { "domain", CONTROL_TEXT, false, 0, 0, "only the users of this domain" },
    { "limit", CONTROL_INTEGER, false, 1, 1000, "so many users in one answer; 1000 unless given" },
    { "cursor", CONTROL_TEXT, false, 0, 0, "where the last answer ended" },
    PARAMS_END,
};

static const struct control_param params_user_import[] = {
    { "users", CONTROL_LIST, true, 0, 0,
      "up to 1000 of [name, domain, HA1 of MD5, of SHA-256, of SHA-512-256]; hashes are hex, at least one is not "
      "empty" },
    { "realm", CONTROL_TEXT, true, 0, 0, "what the hashes were made with: it must be the server's" },
    { "how", CONTROL_TEXT, true, 0, 0,
      "new: who is there is refused; replace: he gets these hashes and loses others; check: nothing is changed" },
    PARAMS_END,
};

static const struct control_param params_alias_add[] = {
    { "alias", CONTROL_TEXT, true, 0, 0, "NAME, NAME@DOMAIN, or a telephone number, +4930123" },
    { "user", CONTROL_TEXT, true, 0, 0, "the name of the user whom it stands for" },
    { "domain", CONTROL_TEXT, false, 0, 0, "his, and the alias's unless it says another; the first unless given" },
    PARAMS_END,
};

static const struct control_param params_alias_remove[] = {
    { "alias", CONTROL_TEXT, true, 0, 0, "NAME, NAME@DOMAIN, or a telephone number, +4930123" },
    { "domain", CONTROL_TEXT, false, 0, 0, "of a NAME; the first of the server's unless given" },
    PARAMS_END,
};

static const struct control_param params_alias_list[] = {
    { "user", CONTROL_TEXT, false, 0, 0, "only the aliases of this user" },
    { "domain", CONTROL_TEXT, false, 0, 0, "his; the first of the server's unless given" },
    { "limit", CONTROL_INTEGER, false, 1, 1000, "so many aliases in one answer; 1000 unless given" },
    { "cursor", CONTROL_TEXT, false, 0, 0, "where the last answer ended" },
    PARAMS_END,
};

static const struct control_param params_alias_import[] = {
    { "aliases", CONTROL_LIST, true, 0, 0, "up to 1000 of [alias, user, domain of the user]" },
    { "check", CONTROL_BOOLEAN, false, 0, 0, "nothing is changed, and whether there are such users is not looked at" },
    PARAMS_END,
};

static const struct control_param params_binding_add[] = {
    { "aor", CONTROL_TEXT, true, 0, 0, "the address, sip:alice@example.com; it need not be a user's" },
    { "contact", CONTROL_TEXT, true, 0, 0, "where it is reached, sip:192.0.2.7:5062" },
    { "expires", CONTROL_INTEGER, false, 1, 4294967294, "seconds; for ever unless given" },
    { "q", CONTROL_NUMBER, false, 0, 1, "preference; 1 unless given" },
    PARAMS_END,
};

static const struct control_param params_binding_remove[] = {
    { "aor", CONTROL_TEXT, true, 0, 0, "the address" },
    { "contact", CONTROL_TEXT, false, 0, 0, "the contact that goes; all of them unless given" },
    PARAMS_END,
};

static const struct control_param params_binding_list[] = {
    { "aor", CONTROL_TEXT, false, 0, 0, "only of this address" },
    { "domain", CONTROL_TEXT, false, 0, 0, "only of this domain" },
    { "limit", CONTROL_INTEGER, false, 1, 10000, "about so many addresses in one answer; 100 unless given" },
    { "cursor", CONTROL_TEXT, false, 0, 0, "where the last answer ended" },
    PARAMS_END,
};

static const struct control_param params_binding_watch[] = {
    { "since", CONTROL_INTEGER, false, 0, INT64_MAX,
      "the next of the last answer; nothing but the newest number unless given" },
    { "aor", CONTROL_TEXT, false, 0, 0, "only of this address" },
    { "refreshed", CONTROL_BOOLEAN, false, 0, 0,
      "refreshes too, from now on, as long as this is asked again within 30 s; refreshes are not told unless somebody "
      "asks" },
    PARAMS_END,
};

static const struct control_param params_route_explain[] = {
    { "uri", CONTROL_TEXT, true, 0, 0, "the Request-URI" },
    { "method", CONTROL_TEXT, false, 0, 0, "INVITE unless given" },
    { "from", CONTROL_TEXT, false, 0, 0, "the URI of the caller; anonymous unless given" },
    { "source", CONTROL_TEXT, false, 0, 0,
      "the address that it comes from, with or without a port; 203.0.113.1, which is nobody's, unless given" },
    { "transport", CONTROL_TEXT, false, 0, 0, "udp, tcp, tls, ws or wss; udp unless given, tls for sips" },
    { "trunk", CONTROL_TEXT, false, 0, 0, "the name of the trunk that it comes from, whatever the source is" },
    { "headers", CONTROL_LIST, false, 0, 0, "further lines, each \"Name: value\"" },
    { "authenticated", CONTROL_BOOLEAN, false, 0, 0,
      "the caller has proved to be who from says, if that is one of our users; true unless given" },
    PARAMS_END,
};

static const struct control_param params_ban_add[] = {
    { "network", CONTROL_TEXT, true, 0, 0, "an address or a network: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32" },
    { "for", CONTROL_INTEGER, false, 1, 315360000, "seconds; for ever unless given" },
    { "reason", CONTROL_TEXT, false, 0, 0, "for those who look at the list; at most 256 bytes of it are kept" },
    PARAMS_END,
};

static const struct control_param params_ban_remove[] = {
    { "network", CONTROL_TEXT, true, 0, 0, "as it is in the list" },
    PARAMS_END,
};

static const struct control_param params_ban_list[] = {
    { "limit", CONTROL_INTEGER, false, 1, 1000, "so many bans in one answer; 1000 unless given" },
    { "cursor", CONTROL_TEXT, false, 0, 0, "where the last answer ended" },
    PARAMS_END,
};

static const struct control_param params_reload[] = {
    { "file", CONTROL_TEXT, false, 0, 0,
      "the file, which the server's user must be able to read; what the server was started with unless given" },
    { "dry_run", CONTROL_BOOLEAN, false, 0, 0, "only look at it and say what would change" },
    { "undo", CONTROL_BOOLEAN, false, 0, 0,
      "back to the configuration before the last reload; once more: forth again" },
    PARAMS_END,
};

static const struct control_param params_level[] = {
    { "level", CONTROL_TEXT, false, 0, 0, "debug, info, notice, warning or error" },
    { "part", CONTROL_TEXT, false, 0, 0, "only this part of the program; all unless given" },
    PARAMS_END,
};

#define CERTIFICATE                                                                                                    \
    "{\"domain\": \"\" for those without a name, \"file\": null if it is in memory only, \"subject\", \"issuer\", "    \
    "\"names\": [text, ...], \"algorithm\", \"serial\", \"not_before\", \"not_after\", \"not_after_seconds\": since "  \
    "1970, "                                                                                                           \
    "\"days_left\", \"state\": not_yet, good, ends_soon or ended, \"fingerprint_sha256\", \"self_signed\", \"ca\"}"

#define ERRORS_CHANGE "LIMIT: too many changes wait for the disk; DISK_FULL, IO, NO_MEMORY"

static const struct control_method methods[] = {
    { "user.add", admin_user_add, params_password, "Let somebody register here. Answered after the commit",
      "{\"name\", \"domain\"}",
      "EXISTS: there is such a user; NOT_FOUND: no domain of ours; SYNTAX: no good name or password; " ERRORS_CHANGE,
      true },
    { "user.passwd", admin_user_passwd, params_password, "Give a user another password. Answered after the commit",
      "{\"name\", \"domain\"}", "NOT_FOUND: no such user or domain; SYNTAX: no good name or password; " ERRORS_CHANGE,
      true },
    { "user.remove", admin_user_remove, params_name, "Let somebody register no longer. Answered after the commit",
      "{\"name\", \"domain\"}", "NOT_FOUND: no such user; " ERRORS_CHANGE, true },
    { "user.list", admin_user_list, params_user_list,
      "All users, by domain and name. Who is there from the first page to the last is given once",
      "{\"users\": [{\"name\", \"domain\", \"hashes\": [MD5, SHA-256 or SHA-512-256, ...]}, ...], "
      "\"cursor\": text for the next page, or null at the end}",
      "SYNTAX: no cursor; the users cannot be read: IO, CORRUPT, NO_MEMORY", false },
    { "user.realm", admin_user_realm, NULL,
      "What hashes of users are made with: an HA1 is the hash of name:realm:password (RFC 7616 3.4.2)", "{\"realm\"}",
      NULL, false },
    { "user.import", admin_user_import, params_user_import,
      "Many users at once, by their hashes. Answered after the commit; of a name that comes twice the last counts",
      "{\"outcomes\": [added, changed, unchanged (he has these hashes), or refused (somebody has that name, perhaps as "
      "an alias), for each user, ...]}",
      "SYNTAX: another realm, or a name or hash that is not good; NOT_FOUND: no such domain; LIMIT: more than 1000, or "
      "too many changes wait; nothing was changed then; DISK_FULL, IO, NO_MEMORY",
      true },
    { "alias.add", admin_alias_add, params_alias_add, "Give a user one more name or number. Answered after the commit",
      "{\"alias\", \"domain\": empty for a number, \"user\", \"user_domain\"}",
      "EXISTS: a user or an alias has that name; NOT_FOUND: no such user or domain; SYNTAX: no alias; LIMIT: he has "
      "100, "
      "or too many changes wait for the disk; DISK_FULL, IO, NO_MEMORY",
      true },
    { "alias.remove", admin_alias_remove, params_alias_remove, "Take an alias away. Answered after the commit",
      "{\"alias\", \"domain\", ...}", "NOT_FOUND: no such alias; SYNTAX: no alias; " ERRORS_CHANGE, true },
    { "alias.list", admin_alias_list, params_alias_list,
      "All aliases, by domain and name of their users. What is there from the first page to the last is given once",
      "{\"aliases\": [as of alias.add, ...], \"cursor\": text for the next page, or null at the end}",
      "SYNTAX: no cursor; they cannot be read: IO, CORRUPT, NO_MEMORY", false },
    { "alias.import", admin_alias_import, params_alias_import, "Many aliases at once. Answered after the commits",
      "{\"outcomes\": [added, unchanged (it is his), refused (somebody has that name), missing (no such user) or limit "
      "(he has 100, or the queue of changes is full), for each alias, ...]}",
      "SYNTAX: a name that is not good; NOT_FOUND: no such domain; LIMIT: more than 1000; nothing was changed then; "
      "DISK_FULL, IO, NO_MEMORY: some may have been added",
      true },
    { "binding.add", admin_binding_add, params_binding_add,
      "Give an address a contact, as if a phone had registered it; it replaces one with an equal URI. "
      "Answered after the commit",
      "{\"aor\", \"contact\", \"expires\": seconds, or null for ever}",
      "SYNTAX: no URI; NOT_FOUND: no domain of ours; LIMIT: max_contacts or max_bindings are there, or too many "
      "changes wait for the disk; DISK_FULL, IO, NO_MEMORY",
      true },
    { "binding.remove", admin_binding_remove, params_binding_remove,
      "Take a contact, or all, from an address. Answered after the commit", "{\"aor\"}",
      "SYNTAX: no URI; NOT_FOUND: no such contact; " ERRORS_CHANGE, true },
    { "binding.list", admin_binding_list, params_binding_list,
      "Contacts that users are reached at, in no order. What is there from the first page to the last is given once",
      "{\"bindings\": [{\"aor\", \"contact\", \"expires\": seconds left, or null for ever, \"q\", \"user_agent\", "
      "\"call_id\", \"source\": address or null, \"instance\": of +sip.instance, \"reg_id\": 0 without, "
      "\"outbound\": reached by its flow alone, \"path\": of RFC 3327}, ...], "
      "\"cursor\": text for the next page, or null at the end}",
      "NOT_FOUND: no address of ours; SYNTAX: no cursor", false },
    { "binding.watch", admin_binding_watch, params_binding_watch,
      "Changes of bindings since a number, in the order of the changes of each address; the last 4096 are kept. Ask "
      "again "
      "with next as since",
      "{\"events\": [{\"number\", \"time\", \"event\": registered, refreshed, expired, unregistered or rejected (by an "
      "administrator), \"aor\", \"contact\", \"expires\": seconds left, or null for ever, \"instance\", \"reg_id\"}, "
      "...], \"next\": number, \"missed\": how many there were that are not kept any more}",
      "NOT_FOUND: no address of ours", false },
    { "ban.list", admin_ban_list, params_ban_list, "Who is not listened to, in the order of addresses",
      "{\"bans\": [{\"network\", \"expires\": seconds left, or null for ever, \"since\": seconds since 1970, "
      "\"what\": everything or datagrams, \"strikes\": bans by behaviour, one after the other; 0: somebody has decided "
      "it, \"reason\", \"hits\": messages and connections kept away}, ...], \"cursor\": text for the next page, or "
      "null at the end}",
      "SYNTAX: no cursor", false },
    { "ban.add", admin_ban_add, params_ban_add,
      "Listen no more to an address or a network, at once: datagrams are dropped, connections closed",
      "{\"network\": as it is in the list, \"for\": as given}",
      "SYNTAX: no network; EXISTS: it is in key allow; LIMIT: 65536 bans, or too many changes wait for the disk; "
      "DISK_FULL, IO, NO_MEMORY: it is in force, but perhaps not after a restart",
      true },
    { "ban.remove", admin_ban_remove, params_ban_remove, "Listen to them again", "{\"network\"}",
      "SYNTAX: no network; NOT_FOUND: it is not banned; " ERRORS_CHANGE, true },
    { "cert.list", admin_cert_list, NULL, "The certificates that the server speaks TLS with",
      "{\"certificates\": [" CERTIFICATE ", ...]}", NULL, false },
    { "cert.reload", admin_cert_reload, NULL,
      "Read the certificates and keys again; new connections get the new ones. All or nothing",
      "{\"certificates\": [as in cert.list, with \"change\": same, changed, new or gone, ...]}",
      "NOT_FOUND, PERMISSION, CORRUPT, UNSUPPORTED, TIMEOUT (it has ended): of a file, which the message names; the "
      "old "
      "certificates stay in use",
      true },
    { "config.reload", admin_config_reload, params_reload,
      "Read the configuration again and let all workers take it, or none. Answered when all have",
      "{\"taken\", \"dry_run\", \"file\", \"number\": of configurations since the start, \"changes\": "
      "[{\"what\": key or section, \"before\": text, or null if there is no such section, \"after\", "
      "\"needs_restart\"}, ...], \"problems\": [text, ...]: nothing was changed, \"error\": its name, or null}",
      NULL, true },
    { "server.status", admin_server_status, NULL, "How the server is: who it is, what it counts, how full it is",
      "{\"version\", \"pid\", \"workers\", \"uptime_msec\", \"realm\", \"domains\", \"users\", \"restarts\", "
      "\"listening\", \"configuration\": {\"number\": since the start, \"taken_at\": ms since 1970, \"file\", "
      "\"can_undo\"}, "
      "\"bindings\", \"metrics\": address or null, \"store\": {\"queued\", \"limit\", \"high\", "
      "\"oldest_msec\", \"error\", ...}, \"memory\": {\"level\": normal, high or critical, \"total\": {\"bytes\", "
      "\"limit\", \"high\", \"percent\", \"refused\"}, \"accounts\": {NAME: {\"bytes\", \"high\", \"percent\"}, "
      "...}}, and all of server.counters}",
      NULL, false },
    { "server.counters", admin_server_counters, NULL,
      "What is counted and measured (docs/counters.md), the sum over all workers",
      "{\"counters\": {NAME: count, ...}, \"rates\": {NAME: {\"1s\", \"10s\", \"all\"}, ...}, \"gauges\": {NAME: "
      "{\"value\", \"high\", \"limit\", \"full\"}, ...}}: rates are per second over the last second, the last ten and "
      "since the start; limit is null if there is none; full is how near, in thousandths, the fullest worker came to "
      "its own limit",
      NULL, false },
    { "server.metrics", admin_server_metrics, NULL, "The same for Prometheus, text format 0.0.4", "{\"text\"}", NULL,
      false },
    { "server.reset", admin_server_reset, NULL, "High-water marks begin anew from the present values; counters go on",
      "{}", NULL, true },
    { "server.methods", admin_server_methods, NULL, "The methods, as this document has them",
      "{\"methods\": [{\"name\", \"summary\", \"params\": [{\"name\", \"type\", \"required\", \"help\"}, ...], "
      "\"result\", \"errors\"}, ...]}",
      NULL, false },
    { "server.stop", admin_server_stop, NULL, "End the server, as SIGTERM does; it is answered before it ends", "{}",
      NULL, true },
    { "route.explain", admin_route_explain, params_route_explain,
      "Where a request would go, and why, by the code that serves real ones; nothing is sent, asked of the DNS or "
      "changed",
      "{\"method\", \"uri\", \"from\", \"outcome\": forward, answer or register, \"targets\": [{\"group\": from 1, one "
      "after the other, \"uri\": the Request-URI of its copy, \"route\": what is put on top of its Route, \"way\": the "
      "address, or what the DNS would be asked, \"capabilities\": the parameters of its Contact, \"q\", \"why\", "
      "\"rule\"}, ...], \"steps\": [{\"text\", \"rule\"}, "
      "...], "
      "\"steps_left_out\": count, \"route\": whom the section of the configuration is for that it goes by, if any; and "
      "for an answer \"status\", \"phrase\", \"contacts\": [URI, ...], \"why\", "
      "\"rule\"}",
      "SYNTAX: there can be no such request; the users cannot be read: IO, CORRUPT, NO_MEMORY", false },
    { "log.level", admin_log_level, params_level,
      "Change from which level on lines are logged, until the server ends; without parameters tell it",
      "{\"levels\": {PART: level, ...}}", "NOT_FOUND: no such part; SYNTAX: no such level", true },
};

const struct control_method *admin_methods(size_t *count)
{
    *count = sizeof methods / sizeof *methods;
    return methods;
}

static void write_param(FILE *out, const struct control_param *p)
{
    fprintf(out, "| `%s` | %s | %s", p->name, control_type_name(p->type), p->help);
    if (p->type == CONTROL_INTEGER || p->type == CONTROL_NUMBER)
        fprintf(out, "; %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT, p->minimum, p->maximum);
    fprintf(out, "%s |\n", p->required ? " (required)" : "");
}

void admin_write_methods(FILE *out)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const struct control_method *m = &methods[i];

        fprintf(out, "### %s\n\n%s.\n\n", m->name, m->summary);
        if (m->params != NULL)
            fputs("| parameter | type | what it is |\n|---|---|---|\n", out);
        for (const struct control_param *p = m->params; p != NULL && p->name != NULL; p++)
            write_param(out, p);
        fprintf(out, "%sResult: `%s`\n\n", m->params != NULL ? "\n" : "", m->result);
        if (m->errors != NULL)
            fprintf(out, "Errors: %s.\n\n", m->errors);
    }
}
