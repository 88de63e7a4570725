/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config_show.h"

#include "server/config_keys.h"
#include "support/test.h"

#include <stdlib.h>

static const struct config *parse(struct slice text)
{
    const struct config *c = NULL;

    CHECK_INT(0, config_parse(text, "t.conf", NULL, NULL, &c));
    return c;
}

static char *shown(const struct config *c)
{
    char  *text = NULL;
    size_t size;
    FILE  *out = open_memstream(&text, &size);

    CHECK(out != NULL);
    config_show(c, out);
    fclose(out);
    return text;
}

static const char sample[] =
    "domain = {a.test, b.test}\n"
    "listen = 'tcp:[::1]:5070 advertise gate.test:5071'\n"
    "realm = 'it\\'s \"mine\" \\\\ ${HOME}'\n"
    "t1 = 250ms max_expires = 90m proxy = no redirect_server = yes log_level = error\n"
    "route \"other.test\" { to = \"sip:127.0.0.1:5080\" }\n"
    "route \"*\" { redirect = \"sip:127.0.0.1:5090\" }\n"
    "certificate \"other.test\" { chain = \"/etc/ahoy/other.pem\" key = \"/etc/ahoy/other.key\" }\n"
    "registrations \"a.test\" { max_contacts = 2 service_route = {\"sip:a.test;lr\", \"sip:b.test;lr\"} }\n"
    "route \"+49*\" { to = {\"trunk:One\", \"sip:gw.test weight=2 priority=3\"} fail_over = {408, 500} timeout = 3s }\n"
    "trunk One { address = {\"192.0.2.0/24\"} to = \"sip:one.test\" trusted = yes may_call = {\"+49*\"} }\n"
    "number out { match = \"00(\\\\d+)\" replace = \"+\\\\1\" from = {\"*@a.test\"} more = yes }\n"
    "number none { prefix = 0900 reject = 603 }\n"
    "third_party = {\"pbx@a.test *\"}\n"
    "redirect \"third.test\" { to = \"sip:192.0.2.7\" }\n";

TEST(what_is_shown_reads_back_as_the_same_configuration)
{
    const struct config *c      = parse(slice_from(sample));
    char                *first  = shown(c);
    const struct config *again  = parse(slice_from(first));
    char                *second = shown(again);

    CHECK_SLICE(first, slice_from(second));
    CHECK_SLICE("it's \"mine\" \\ ${HOME}", again->realm);
    CHECK(strstr(first, "\nt1 = 250ms\n") != NULL);
    CHECK(strstr(first, "\nregistrations 'a.test' {\n    min_expires = 1m\n    default_expires = 1h\n"
                        "    max_expires = 90m\n    max_contacts = 2\n"
                        "    service_route = {'sip:a.test;lr', 'sip:b.test;lr'}\n}\n") != NULL);
    CHECK(strstr(first, "\nnumber 'out' {\n    match = '00(\\\\d+)'\n    from = {'*@a.test'}\n    replace = '+\\\\1'\n"
                        "    more = true\n}\nnumber 'none' {\n    prefix = '0900'\n    reject = 603\n}\n") != NULL);
    CHECK(strstr(first, "\nmax_expires = 90m\n") != NULL);
    CHECK(strstr(first, "\nlisten = {'tcp:[::1]:5070 advertise gate.test:5071'}\n") != NULL);
    free(first);
    free(second);
    config_free(c);
    config_free(again);
}

TEST(json_holds_every_key)
{
    const struct config     *c    = parse(slice_from(sample));
    json_t                  *json = config_to_json(c);
    size_t                   count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++)
        if (keys[i].type != CONFIG_GROUP && keys[i].section == NULL)
            CHECK(json_object_get(json, keys[i].name) != NULL);
    CHECK_INT(5400000, json_integer_value(json_object_get(json, "max_expires")));
    CHECK_INT(3, json_array_size(json_object_get(json, "route")));
    CHECK_INT(2, json_integer_value(
                     json_object_get(json_array_get(json_object_get(json, "registrations"), 0), "max_contacts")));
    CHECK(json_is_false(json_object_get(json, "proxy")));
    json_decref(json);
    config_free(c);
}

TEST(the_manual_names_every_key)
{
    char                    *text = NULL;
    size_t                   size, count;
    FILE                    *out  = open_memstream(&text, &size);
    const struct config_key *keys = config_keys(&count);

    CHECK(out != NULL);
    config_write_manual(out);
    fclose(out);
    for (size_t i = 0; i < count; i++) {
        char head[64];

        snprintf(head, sizeof head,
                 keys[i].type == CONFIG_GROUP     ? ".SH %s\n"
                 : keys[i].type == CONFIG_SECTION ? ".B %s "
                                                  : ".BI \"%s = \" ",
                 keys[i].name);
        CHECK(strstr(text, head) != NULL);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_shown_reads_back_as_the_same_configuration),
        cmocka_unit_test(json_holds_every_key),
        cmocka_unit_test(the_manual_names_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
