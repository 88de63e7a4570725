/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_verbs_account.c - the commands about accounts, about the commands, and the last one. */

#include "base/error.h"
#include "console/phone_desk_state.h"
#include "console/secret_file.h"
#include "sip/uri.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- which one ---- */

struct desk_account *desk_account_find(const struct phone_desk *d, object_id id)
{
    LIST_EACH (l, &d->accounts) {
        struct desk_account *a = CONTAINER_OF(l, struct desk_account, link);

        if (a->id == id)
            return a;
    }
    return NULL;
}

/* "work", "sip:alice@example.test" or "alice@example.test". */
static bool is_called(const struct desk_account *a, struct slice name)
{
    struct slice address = slice_from(a->address);

    if (slice_eq(slice_from(a->name), name) || slice_eq(address, name))
        return true;
    return address.len > 4 && slice_eq((struct slice){ address.ptr + 4, address.len - 4 }, name);
}

static struct desk_account *find_named(const struct phone_desk *d, struct slice name)
{
    LIST_EACH (l, &d->accounts) {
        struct desk_account *a = CONTAINER_OF(l, struct desk_account, link);

        if (is_called(a, name))
            return a;
    }
    return NULL;
}

int desk_account_of(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a,
                    struct desk_account **account)
{
    const struct phone_value *value = phone_order_value(o, "account");

    if (value->given) {
        *account = find_named(d, value->text);
        if (*account != NULL)
            return 0;
        return desk_refuse(a, -ERR_NOT_FOUND, "there is no account '%.100s'", value->text.ptr);
    }
    if (list_empty(&d->accounts))
        return desk_refuse(a, -ERR_NOT_FOUND, "there is no account");
    *account = CONTAINER_OF(d->accounts.next, struct desk_account, link);
    return 0;
}

void desk_account_names(const struct phone_desk *d, void (*fn)(void *arg, struct slice name), void *arg)
{
    LIST_EACH (l, &d->accounts) {
        fn(arg, slice_from(CONTAINER_OF(l, struct desk_account, link)->name));
    }
}

void phone_desk_registrations(const struct phone_desk *d, struct buf *b)
{
    LIST_EACH (l, &d->accounts) {
        const struct desk_account *a = CONTAINER_OF(l, struct desk_account, link);

        buf_printf(b, "%s%s%s", b->len == 0 ? "" : ", ", a->name, a->registered ? ": registered" : ": not registered");
    }
}

const struct desk_policy *desk_policy_of(const struct phone_desk *d, object_id account)
{
    const struct desk_account *a = desk_account_find(d, account);

    return a != NULL && a->has_policy ? &a->policy : &d->config.incoming;
}

/* ---- addresses ---- */

static bool has_scheme(struct slice text)
{
    struct scan s = scan_from(text);

    return scan_word(&s, SLICE("sip:")) || scan_word(&s, SLICE("sips:")) || scan_word(&s, SLICE("tel:"));
}

static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '@' || text.ptr[i] == ':' || text.ptr[i] == '.')
            return false;
    return true;
}

bool desk_address(const struct phone_desk *d, const struct desk_account *account, struct slice text, struct buf *out)
{
    struct slice known = phone_book_find(d->book, text);
    struct uri   own, parsed;

    if (known.len > 0)
        text = known;
    if (!has_scheme(text))
        buf_put(out, SLICE("sip:"));
    buf_put(out, text);
    if (!has_scheme(text) && is_plain(text) && uri_parse(slice_from(account->address), &own)) {
        buf_put_byte(out, '@');
        buf_put(out, own.host);
    }
    return buf_ok(out) && uri_parse(buf_slice(out), &parsed);
}

int desk_complain_address(struct phone_answer *a, struct slice text)
{
    return desk_refuse(a, -ERR_SYNTAX, "'%.100s' is not an address like sip:bob@example.test", text.ptr);
}

int desk_want_tls(struct phone_desk *d, struct slice uri, const char *file, struct phone_answer *a)
{
    struct uri parsed;

    if (d->config.want_tls == NULL || !uri_parse(uri, &parsed) ||
        (parsed.scheme != URI_SIPS && !transport_is_secure(uri_transport(&parsed))))
        return 0;
    return d->config.want_tls(d->config.arg, file, a->reason, sizeof a->reason);
}

int desk_target(struct phone_desk *d, const struct desk_account *account, struct slice text, struct buf *uri,
                struct phone_answer *a)
{
    if (!desk_address(d, account, text, uri))
        return desk_complain_address(a, text);
    return desk_want_tls(d, buf_slice(uri), NULL, a);
}

/* ---- a new one ---- */

int phone_desk_add_account(struct phone_desk *d, struct slice name, const struct account_config *config, object_id *id)
{
    struct slice         called = name.len > 0 ? name : config->aor;
    struct desk_account *a;
    int                  error;

    if (find_named(d, called) != NULL)
        return -ERR_EXISTS;
    if (called.len >= DESK_TEXT || config->aor.len >= DESK_TEXT)
        return -ERR_TOO_LARGE;
    a = calloc(1, sizeof *a);
    if (a == NULL)
        return -ERR_NO_MEMORY;
    error = phone_add_account(d->phone, config, &a->id);
    if (error != 0) {
        free(a);
        return error;
    }
    snprintf(a->name, sizeof a->name, "%.*s", SLICE_ARG(called));
    snprintf(a->address, sizeof a->address, "%.*s", SLICE_ARG(config->aor));
    list_append(&d->accounts, &a->link);
    *id = a->id;
    return 0;
}

void phone_desk_register_all(struct phone_desk *d)
{
    LIST_EACH (l, &d->accounts) {
        phone_register(d->phone, CONTAINER_OF(l, struct desk_account, link)->id);
    }
}

enum { KEEP_ALIVE = 29 }; /* seconds: NATs forget UDP after 30 (RFC 5626 4.4.2) */

static struct account_config config_of(const struct phone_order *o)
{
    return (struct account_config){
        .aor          = phone_order_value(o, "address")->text,
        .display      = phone_order_value(o, "display")->text,
        .auth_user    = phone_order_value(o, "user")->text,
        .password     = phone_order_value(o, "password")->text,
        .registrar    = phone_order_value(o, "registrar")->text,
        .proxy        = phone_order_value(o, "proxy")->text,
        .strict       = phone_order_value(o, "strict")->number != 0,
        .second_proxy = phone_order_value(o, "second_proxy")->text,
        .instance     = phone_order_value(o, "instance")->text,
        .keep_alive   = phone_order_value(o, "keep_alive")->given ? (uint32_t)phone_order_value(o, "keep_alive")->number
                                                                  : KEEP_ALIVE,
        .expires      = (uint32_t)phone_order_value(o, "expires")->number,
        .transfer     = (enum transfer_policy)phone_order_value(o, "transfer")->number,
        .watchers     = (enum call_watchers)phone_order_value(o, "watchers")->number,
        .presence     = (enum presence_viewers)phone_order_value(o, "presence")->number,
    };
}

static int from_file(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a,
                     struct account_config *config)
{
    const struct phone_value *name = phone_order_value(o, "name");

    if (!name->given)
        return desk_refuse(a, -ERR_SYNTAX, "'address' is missing, or the 'name' of an account of the accounts file");
    if (d->config.find_account == NULL || d->config.find_account(d->config.arg, name->text.ptr, config) != 0)
        return desk_refuse(a, -ERR_NOT_FOUND, "the accounts file has no account of this name");
    return 0;
}

/* Does one of its URIs speak of TLS? */
static int want_tls(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a,
                    const struct account_config *config)
{
    const struct slice uris[]  = { config->aor, config->registrar, config->proxy, config->second_proxy };
    const bool         by_file = !phone_order_value(o, "address")->given;
    const char        *file    = by_file ? phone_order_value(o, "name")->text.ptr : NULL;
    int                error   = 0;

    for (size_t i = 0; i < sizeof uris / sizeof *uris && error == 0; i++)
        error = desk_want_tls(d, uris[i], file, a);
    return error;
}

static int add(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a,
               const struct account_config *config)
{
    object_id                  id;
    const struct desk_account *added;
    int                        error = want_tls(d, o, a, config);

    if (error != 0)
        return error;
    error = phone_desk_add_account(d, phone_order_value(o, "name")->text, config, &id);
    if (error == -ERR_EXISTS)
        return desk_refuse(a, error, "there is an account of this name already");
    if (error == -ERR_SYNTAX)
        return desk_refuse(a, error, "'address', 'registrar' or a proxy is no SIP URI, or 'instance' no URN");
    if (error != 0)
        return desk_refuse(a, error, "%s", error_text(error));
    added = desk_account_find(d, id);
    json_line_text(a->line, "name", slice_from(added->name));
    json_line_text(a->line, "account", slice_from(added->address));
    if (phone_order_value(o, "register")->number != 0)
        phone_register(d->phone, id);
    return 0;
}

/* What is in the file, if one is given; false after a reason. */
static int read_secret(const struct phone_order *o, char password[SECRET_SIZE], struct account_config *config,
                       struct phone_answer *a)
{
    const struct phone_value *file  = phone_order_value(o, "password_file");
    int                       error = 0;

    if (file->given) {
        error            = secret_file_read(file->text.ptr, password, a->reason, sizeof a->reason);
        config->password = slice_from(password);
    }
    return error;
}

static int add_account(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    char                  password[SECRET_SIZE] = "";
    struct account_config config                = config_of(o);
    int                   error                 = 0;

    if (!phone_order_value(o, "address")->given)
        error = from_file(d, o, a, &config);
    if (error == 0)
        error = read_secret(o, password, &config, a);
    if (error == 0)
        error = add(d, o, a, &config);
    explicit_bzero(password, sizeof password);
    return error;
}

/* ---- another one, or none ---- */

/* By its name or address, in the place of the address or as name. */
static int account_meant(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a,
                         struct desk_account **account)
{
    const struct phone_value *address = phone_order_value(o, "address"), *name = phone_order_value(o, "name");
    const struct phone_value *which = address->given ? address : name;

    if (!which->given)
        return desk_refuse(a, -ERR_SYNTAX, "which account? Its 'name' or 'address' is missing");
    *account = find_named(d, which->text);
    if (*account == NULL)
        return desk_refuse(a, -ERR_NOT_FOUND, "there is no account '%.100s'", which->text.ptr);
    json_line_text(a->line, "name", slice_from((*account)->name));
    json_line_text(a->line, "account", slice_from((*account)->address));
    return 0;
}

static const struct {
    const char *name;
    unsigned    part; /* 0: not to be changed in use */
} parts[] = {
    { "user", ACCOUNT_PART_SECRET },
    { "password", ACCOUNT_PART_SECRET },
    { "password_file", ACCOUNT_PART_SECRET },
    { "transfer", ACCOUNT_PART_TRANSFER },
    { "watchers", ACCOUNT_PART_WATCHERS },
    { "presence", ACCOUNT_PART_PRESENCE },
    { "keep_alive", ACCOUNT_PART_KEEP_ALIVE },
    { "expires", ACCOUNT_PART_EXPIRES },
    { "display", 0 },
    { "registrar", 0 },
    { "proxy", 0 },
    { "second_proxy", 0 },
    { "strict", 0 },
    { "instance", 0 },
};

static int parts_given(const struct phone_order *o, struct phone_answer *a, unsigned *set)
{
    *set = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!phone_order_value(o, parts[i].name)->given)
            continue;
        if (parts[i].part == 0)
            return desk_refuse(a, -ERR_UNSUPPORTED, "'%s' cannot be changed in use: remove the account and add it anew",
                               parts[i].name);
        *set |= parts[i].part;
    }
    if (phone_order_value(o, "user")->given && !phone_order_value(o, "password")->given &&
        !phone_order_value(o, "password_file")->given)
        return desk_refuse(a, -ERR_SYNTAX, "a 'user' goes with its password");
    if ((*set & ACCOUNT_PART_EXPIRES) != 0 && phone_order_value(o, "expires")->number == 0)
        return desk_refuse(a, -ERR_SYNTAX, "'expires' is 1 or more");
    return *set != 0 ? 0 : desk_refuse(a, -ERR_SYNTAX, "what of it is to be changed?");
}

static int change_account(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    char                  password[SECRET_SIZE] = "";
    struct account_config config                = config_of(o);
    struct desk_account  *account;
    unsigned              set;
    int                   error = account_meant(d, o, a, &account);

    if (error == 0)
        error = parts_given(o, a, &set);
    if (error == 0)
        error = read_secret(o, password, &config, a);
    if (error == 0)
        error = phone_change_account(d->phone, account->id, set, &config);
    explicit_bzero(password, sizeof password);
    return error;
}

static int remove_account(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct desk_account *account;
    int                  error = account_meant(d, o, a, &account);

    if (error == 0)
        error = phone_remove_account(d->phone, account->id);
    if (error != 0)
        return error;
    list_unlink(&account->link);
    free(account);
    return 0;
}

int verb_account(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    static int (*const ways[])(struct phone_desk *, const struct phone_order *,
                               struct phone_answer *) = { add_account, change_account, remove_account, verb_accounts };

    return ways[phone_order_value(o, "do")->number](d, o, a);
}

/* ---- what there is ---- */

static const char *const modes[] = { "tell", "ring", "answer", "reject" };

int verb_accounts(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct json_line list = json_line_list(a->line, "accounts");

    (void)o;
    LIST_EACH (l, &d->accounts) {
        const struct desk_account *account = CONTAINER_OF(l, struct desk_account, link);
        struct json_line           j       = json_line_item(&list);

        json_line_text(&j, "name", slice_from(account->name));
        json_line_text(&j, "account", slice_from(account->address));
        json_line_bool(&j, "registered", account->registered);
        json_line_text(&j, "incoming", slice_from(modes[desk_policy_of(d, account->id)->mode]));
        json_line_end(&j);
    }
    json_line_list_end(&list);
    return 0;
}

static int with_account(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a,
                        void (*fn)(struct phone *p, object_id account))
{
    struct desk_account *account;
    int                  error = desk_account_of(d, o, a, &account);

    if (error != 0)
        return error;
    fn(d->phone, account->id);
    json_line_text(a->line, "name", slice_from(account->name));
    json_line_text(a->line, "account", slice_from(account->address));
    return 0;
}

int verb_register(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    return with_account(d, o, a, phone_register);
}

int verb_unregister(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    return with_account(d, o, a, phone_unregister);
}

int verb_incoming(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    const struct phone_value *status = phone_order_value(o, "status");
    struct desk_policy        policy = { .mode   = (enum desk_incoming)phone_order_value(o, "do")->number,
                                         .after  = phone_order_value(o, "after")->number,
                                         .status = status->given ? (unsigned)status->number : 486 };
    struct desk_account      *account;
    int                       error;

    if (!phone_order_value(o, "account")->given) {
        d->config.incoming = policy;
        LIST_EACH (l, &d->accounts) {
            CONTAINER_OF(l, struct desk_account, link)->has_policy = false;
        }
        return 0;
    }
    error = desk_account_of(d, o, a, &account);
    if (error != 0)
        return error;
    account->policy     = policy;
    account->has_policy = true;
    json_line_text(a->line, "name", slice_from(account->name));
    return 0;
}

/* ---- help, and the end ---- */

static void put_command(struct json_line *list, const struct phone_command *c)
{
    char             form[DESK_TEXT * 2];
    struct buf       b = BUF_ON(form);
    struct json_line j = json_line_item(list);

    phone_command_form(c, &b);
    json_line_text(&j, "command", slice_from(c->name));
    json_line_text(&j, "form", buf_slice(&b));
    json_line_text(&j, "summary", slice_from(c->summary));
    json_line_text(&j, "example", slice_from(c->example));
    json_line_end(&j);
}

int verb_help(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    const struct phone_value   *about = phone_order_value(o, "about");
    const struct phone_command *one   = about->given ? phone_command_find(about->text) : NULL;
    size_t                      count;
    const struct phone_command *all  = phone_commands(&count);
    struct json_line            list = json_line_list(a->line, "commands");

    (void)d;
    if (about->given && one == NULL)
        return desk_refuse(a, -ERR_NOT_FOUND, "there is no such command");
    for (size_t i = 0; i < count; i++)
        if (one == NULL || one == &all[i])
            put_command(&list, &all[i]);
    json_line_list_end(&list);
    return 0;
}

int verb_quit(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    (void)o;
    (void)a;
    phone_desk_quit(d);
    return 0;
}
