/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/config.h"

#include "base/error.h"
#include "server/config_keys.h"
#include "support/temp_folder.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct said {
    char     text[2048];
    unsigned count;
};

static void on_problem(void *arg, const char *text)
{
    struct said *s = arg;

    s->count++;
    strncat(s->text, text, sizeof s->text - strlen(s->text) - 1);
    strncat(s->text, "\n", sizeof s->text - strlen(s->text) - 1);
}

static const struct config *good(const char *text)
{
    const struct config *c     = NULL;
    struct said          said  = { 0 };
    int                  error = config_parse(test_guarded(slice_from(text)), "t.conf", on_problem, &said, &c);

    CHECK_SLICE("", slice_from(said.text));
    CHECK_INT(0, error);
    return c;
}

/* What is said about `text`, which must be refused. */
static void check_said(const char *want, const char *text)
{
    const struct config *c    = NULL;
    struct said          said = { 0 };

    CHECK_INT(-ERR_SYNTAX, config_parse(test_guarded(slice_from(text)), "t.conf", on_problem, &said, &c));
    CHECK_SLICE(want, slice_from(said.text));
    CHECK(c == NULL);
}

TEST(nothing_configured_is_a_useful_server)
{
    const struct config *c;
    char                 name[256];

    CHECK_INT(0, config_default(&c));
    CHECK(c->registrar && c->proxy && !c->redirect_server && c->authentication && c->record_route);
    CHECK_INT(1, c->domain_count);
    CHECK_INT(0, gethostname(name, sizeof name));
    CHECK(slice_eq_nocase(slice_from(name), c->domains[0]));
    CHECK_INT(8, c->listen_count);
    CHECK(c->listen_is_default);
    CHECK_INT(TRANSPORT_UDP, c->listens[0].transport);
    CHECK_INT(TRANSPORT_TLS, c->listens[2].transport);
    CHECK_INT(5061, c->listens[2].address.port);
    CHECK_INT(TRANSPORT_TCP, c->listens[5].transport);
    CHECK_INT(FAMILY_6, c->listens[5].address.family);
    CHECK_INT(5060, c->listens[5].address.port);
    CHECK_INT(TRANSPORT_WSS, c->listens[7].transport);
    CHECK_INT(5443, c->listens[7].address.port);
    for (unsigned i = 0; i < c->listen_count; i++) /* RFC 3261 18.2.1: where by UDP, there by TCP */
        if (c->listens[i].transport == TRANSPORT_UDP) {
            CHECK_INT(TRANSPORT_TCP, c->listens[i + 1].transport);
            CHECK(address_eq(&c->listens[i].address, &c->listens[i + 1].address));
        }
    CHECK(c->connection_idle >= 3 * 60000 + 32000); /* RFC 3261 18: Timer C and 64 T1 */
    CHECK_INT(60000, c->min_expires);
    CHECK_INT(3600000, c->default_expires);
    CHECK_INT(LOG_INFO, c->log_level);
    CHECK_INT(0, c->trace.len);
    CHECK(slice_eq(c->domains[0], c->realm));
    config_free(c);
}

TEST(every_kind_of_value_is_read)
{
    const struct config *c = good("domain = {Example.TEST, b.example}\n"
                                  "listen = {\"udp:127.0.0.1:5070\", 'tcp:[::1]:0', \"udp:192.0.2.1\"}\n"
                                  "registrar = off # a comment\n"
                                  "redirect_server = yes\n"
                                  "max_contacts = 3\n"
                                  "t1 = 250ms t2 = 2s\n"
                                  "default_expires = 30m\n"
                                  "log_level = debug\n"
                                  "realm = \"My \\\"realm\\\"\"\n"
                                  "advertise = sip.example.test:5062\n"
                                  "state = /tmp/x\n");

    CHECK_INT(2, c->domain_count);
    CHECK_SLICE("example.test", c->domains[0]);
    CHECK_SLICE("b.example", c->domains[1]);
    CHECK_INT(3, c->listen_count);
    CHECK_INT(5070, c->listens[0].address.port);
    CHECK(address_is_loopback(&c->listens[1].address));
    CHECK_INT(0, c->listens[1].address.port);
    CHECK_INT(5060, c->listens[2].address.port);
    CHECK(!c->listen_is_default);
    CHECK(!c->registrar && c->redirect_server);
    CHECK_INT(3, c->max_contacts);
    CHECK_INT(250, c->t1);
    CHECK_INT(2000, c->t2);
    CHECK_INT(1800000, c->default_expires);
    CHECK_INT(LOG_DEBUG, c->log_level);
    CHECK_SLICE("My \"realm\"", c->realm);
    CHECK_SLICE("sip.example.test:5062", c->advertise);
    CHECK_SLICE("/tmp/x", c->state);
    config_free(c);
}

TEST(parts_of_the_log_have_levels_of_their_own)
{
    const struct config *c = good("log_level = notice\nlog_levels = {'transport=debug', \"proxy=error\"}\n"
                                  "log_levels += {'proxy=info'}\nlog_file = /tmp/ahoy.log\n");
    struct log_levels    levels;

    config_log_levels(c, &levels);
    CHECK_INT(LOG_DEBUG, log_levels_get(&levels, LOG_PART_TRANSPORT));
    CHECK_INT(LOG_INFO, log_levels_get(&levels, LOG_PART_PROXY));
    CHECK_INT(LOG_NOTICE, log_levels_get(&levels, LOG_PART_REGISTRAR));
    CHECK_SLICE("/tmp/ahoy.log", c->log_file);
    config_free(c);
}

TEST(what_looks_like_a_comment_inside_quotes_is_none)
{
    const struct config *c = good("realm = \"a \\\" # b\"\n"
                                  "advertise = 'h' # \" '\n"
                                  "state = '/* it\\'s // */' // '\n"
                                  "trace = /tmp//x\n");

    CHECK_SLICE("a \" # b", c->realm);
    CHECK_SLICE("h", c->advertise);
    CHECK_SLICE("/* it's // */", c->state);
    CHECK_SLICE("/tmp//x", c->trace);
    config_free(c);
}

TEST(a_variable_of_the_environment_is_put_in_its_place)
{
    const struct config *c;

    setenv("AHOY_TEST_NAME", "x # y", 1);
    c = good("realm = \"${AHOY_TEST_NAME} ${AHOY_TEST_NONE:-# \\\" none}\"\ntrace = ${AHOY_TEST_NAME}\n");
    CHECK_SLICE("x # y # \\\" none", c->realm);
    CHECK_SLICE("x # y", c->trace);
    config_free(c);
}

TEST(one_value_needs_no_braces_and_a_list_may_be_extended)
{
    const struct config *c = good("domain = a.test\nlisten = \"udp:127.0.0.1:1\"\nlisten += \"tcp:127.0.0.1:2\"\n");

    CHECK_INT(1, c->domain_count);
    CHECK_INT(2, c->listen_count);
    CHECK_INT(2, c->listens[1].address.port);
    config_free(c);
}

TEST(routes_and_redirects_are_read_in_their_order)
{
    const struct config *c = good("route \"Other.test\" { to = \"sip:127.0.0.1:5080;transport=tcp\" }\n"
                                  "route \"third.test\" { redirect = \"sip:127.0.0.1:5090\" }\n"
                                  "route \"*.fourth.test\" { to = \"sip:edge.test\" }\n"
                                  "route \"*\" { to = \"sip:edge.test\" }\n"
                                  "redirect_server = true\n"
                                  "redirect \"other.test\" { to = \"sip:192.0.2.7\" }\n");

    CHECK_INT(4, c->route_count);
    CHECK_SLICE("other.test", c->routes[0].domain);
    CHECK_INT(1, c->routes[0].to.count);
    CHECK_SLICE("sip:127.0.0.1:5080;transport=tcp", c->routes[0].to.texts[0]);
    CHECK_INT(0, c->routes[0].redirect.len);
    CHECK_SLICE("sip:127.0.0.1:5090", c->routes[1].redirect);
    CHECK_SLICE("*.fourth.test", c->routes[2].domain);
    CHECK_SLICE("*", c->routes[3].domain);
    CHECK_INT(1, c->redirect_count);
    CHECK_SLICE("sip:192.0.2.7", c->redirects[0].to.texts[0]);
    CHECK_INT(302, c->redirects[0].status);
    config_free(c);
}

TEST(a_domain_inherits_what_its_registrations_do_not_say)
{
    const struct config *c =
        good("domain = {a.test, b.test, c.b.test}\n"
             "max_contacts = 3 service_route = {\"sip:one.test;lr\", \"sip:two.test;lr\"}\n"
             "registrations \"A.test\" { max_expires = 30m default_expires = 10m }\n"
             "registrations \"*.b.test\" { max_contacts = 1 service_route = {\"sips:b.test;lr\"} }\n"
             "min_expires = 90s\n");
    const struct config_registrations *a = &c->registrations[0], *b = &c->registrations[1];

    CHECK_INT(2, c->registrations_count);
    CHECK_SLICE("a.test", a->domain);
    CHECK_INT(3, a->line);
    CHECK_INT(90000, a->min_expires);
    CHECK_INT(600000, a->default_expires);
    CHECK_INT(1800000, a->max_expires);
    CHECK_INT(3, a->max_contacts);
    CHECK_INT(2, a->service_route.count);
    CHECK_SLICE("sip:two.test;lr", a->service_route.texts[1]);
    CHECK_INT(1, b->max_contacts);
    CHECK_INT(7200000, b->max_expires);
    CHECK_INT(1, b->service_route.count);
    CHECK_SLICE("sips:b.test;lr", b->service_route.texts[0]);
    config_free(c);
}

TEST(our_domains_are_compared_without_case)
{
    const struct config *c = good("domain = {a.test, b.test}");

    CHECK(config_is_our_domain(c, SLICE("B.TEST")));
    CHECK(!config_is_our_domain(c, SLICE("c.test")));
    config_free(c);
}

TEST(an_unknown_key_is_answered_with_the_nearest_known_one)
{
    check_said("t.conf:2: unknown key 'relm'; did you mean 'realm'?\n", "\nrelm = x\n");
    check_said("t.conf:1: unknown key 'qqqqqq'; see ahoy.conf(5)\n", "qqqqqq = 1");
    check_said("t.conf:1: unknown key 'rout'; did you mean 'route'?\n", "rout \"a.test\" { to = \"sip:a\" }");
    check_said("t.conf:2: unknown key 'redirct' in section route; did you mean 'redirect'?\n"
               "t.conf:3: route \"a.test\": give either to or redirect\n",
               "route \"a.test\" {\nredirct = \"sip:a\"\n}");
}

TEST(a_key_that_has_gone_is_answered_with_what_to_write)
{
    check_said(
        "t.conf:2: the key 'digest_sha256' has gone; write digest_algorithms = {\"MD5\"} where it was false, nothing "
        "where it was true\n",
        "domain = a.test\ndigest_sha256 = false");
}

TEST(digest_algorithms_and_qops_are_lists_of_what_is_known)
{
    const struct config *c = good("");

    CHECK_INT(2, c->digest_algorithms.count);
    CHECK_SLICE("SHA-256", c->digest_algorithms.texts[0]);
    CHECK_SLICE("MD5", c->digest_algorithms.texts[1]);
    CHECK_INT(1, c->digest_qop.count);
    CHECK_SLICE("auth", c->digest_qop.texts[0]);
    config_free(c);
    c = good("digest_algorithms = {sha-512-256}\ndigest_qop = {auth-int, auth}");
    CHECK_INT(1, c->digest_algorithms.count);
    CHECK_INT(2, c->digest_qop.count);
    config_free(c);
    check_said("t.conf:1: digest_algorithms = \"MD5-sess\": must be MD5, SHA-256 or SHA-512-256\n",
               "digest_algorithms = {MD5-sess}");
    check_said("t.conf:1: digest_qop = \"none\": must be auth or auth-int\n", "digest_qop = {none}");
}

TEST(a_value_out_of_range_is_answered_with_the_range)
{
    check_said("t.conf:1: max_contacts = \"0\": must be 1 to 64 contacts\n", "max_contacts = 0");
    check_said("t.conf:1: max_contacts = \"99999999999999999999999\": must be 1 to 64 contacts\n",
               "max_contacts = 99999999999999999999999");
    check_said("t.conf:1: min_expires = \"2h\": must be 1s to 1h, with a unit: ms, s, m, h or d\n", "min_expires = 2h");
    check_said("t.conf:1: t1 = \"500\": must be 10ms to 10s, with a unit: ms, s, m, h or d\n", "t1 = 500");
    check_said("t.conf:1: proxy = \"maybe\": must be true or false\n", "proxy = maybe");
    check_said(
        "t.conf:2: log_levels = \"nose=debug\": must be a part of the server and a level such as transport=debug; "
        "the parts: transport, transaction, stack, server, registrar, proxy, store, net, control, process, call, "
        "media, log\n",
        "\nlog_levels = {\"proxy=info\", \"nose=debug\"}");
    check_said("t.conf:1: log_level = \"loud\": must be debug, info, notice, warning or error\n", "log_level = loud");
}

TEST(origins_are_what_browsers_send)
{
    const struct config *c = good("websocket_origins = {'https://phone.example.com', \"http://localhost:8080\", null}\n"
                                  "websocket_ping = 0s\n");

    CHECK_INT(3, c->websocket_origins.count);
    CHECK_SLICE("https://phone.example.com", c->websocket_origins.texts[0]);
    CHECK_SLICE("http://localhost:8080", c->websocket_origins.texts[1]);
    CHECK_SLICE("null", c->websocket_origins.texts[2]);
    CHECK_INT(0, c->websocket_ping);
    config_free(c);
    check_said("t.conf:1: websocket_origins = \"phone.example.com\": must be an origin such as "
               "https://phone.example.com, or null\n",
               "websocket_origins = {\"phone.example.com\"}");
    check_said("t.conf:1: websocket_origins = \"https://phone.example.com/\": must be an origin such as "
               "https://phone.example.com, or null\n",
               "websocket_origins = {\"https://phone.example.com/\"}");
}

TEST(a_malformed_value_is_answered_with_an_example)
{
    check_said("t.conf:1: listen = \"0.0.0.0:5060\": must be udp, tcp, tls, ws or wss, a numeric address and a port: "
               "udp:192.0.2.1:5060, tls:[2001:db8::1]:5061 advertise sip.example.com\n",
               "listen = \"0.0.0.0:5060\"");
    check_said("t.conf:1: domain = \"a b\": must be a domain name such as example.com, or an address\n",
               "domain = \"a b\"");
    check_said("t.conf:1: redirect = \"tel:1\": must be a sip or sips URI such as sip:192.0.2.1:5060;transport=tcp\n",
               "route \"a.test\" { redirect = \"tel:1\" }");
    check_said("t.conf:1: to = \"tel:1\": must be a sip or sips URI or trunk:NAME, and perhaps weight=1 to 1000, "
               "priority=1 to "
               "1000\n",
               "route \"a.test\" { to = \"tel:1\" }");
    check_said("t.conf:2: match = \"(a\": must be a regular expression of PCRE2 (at character 3: missing closing "
               "parenthesis)\n",
               "number one {\nmatch = \"(a\" reject = 404 }");
    check_said("t.conf:1: advertise = \"h:99999\": must be a host with or without port: sip.example.com, "
               "192.0.2.1:5062\n",
               "advertise = \"h:99999\"");
}

TEST(all_mistakes_are_reported_with_their_lines)
{
    check_said("t.conf:3: max_contacts = \"x\": must be 1 to 64 contacts\n"
               "t.conf:5: unknown key 'relm'; did you mean 'realm'?\n"
               "t.conf:7: domain = \"?\": must be a domain name such as example.com, or an address\n"
               "t.conf:9: t4 = \"x\": must be 10ms to 1m, with a unit: ms, s, m, h or d\n",
               "# one\n"
               "/* two\n */ max_contacts = x\n"
               "// four\n"
               "relm = \"# not a comment\"\n"
               "domain = {a.test, # here too\n"
               "          \"?\",\n"
               "          c.test}\n"
               "t4 = x\n");
}

TEST(a_section_must_be_whole)
{
    check_said("t.conf:1: certificate \"a.test\": give chain and key\n", "certificate \"a.test\" { chain = x }");
    check_said("t.conf:1: tls_clients = \"maybe\": must be none, optional or required\n", "tls_clients = maybe");
    check_said("t.conf:1: tls_min_version = \"1.1\": must be 1.2 or 1.3\n", "tls_min_version = 1.1");
    check_said("t.conf:1: route \"a.test\": give either to or redirect\n", "route \"a.test\" {}");
    check_said("t.conf:1: route \"a.test\": give either to or redirect\n",
               "route \"a.test\" { to = \"sip:a\" redirect = \"sip:b\" }");
    check_said(
        "t.conf:1: route \"a b\": the title must be a domain, \"*.\" before one, \"*\", or what numbers begin with: "
        "\"+49*\"\n",
        "route \"a b\" { to = \"sip:a\" }");
    check_said("t.conf:1: redirect \"a b\": the title must be a domain name such as example.com, or an address, \"*.\" "
               "before one, or "
               "\"*\"\n",
               "redirect_server = yes redirect \"a b\" { to = \"sip:a\" }");
    check_said("t.conf:1: trunk \"a b\": the title must be one word\n", "trunk \"a b\" { to = \"sip:a\" }");
    check_said("t.conf:1: number \"one\": give either match or prefix\n", "number one { reject = 404 }");
    check_said("t.conf:1: number \"one\": give reject, replace, or strip and prepend\n",
               "number one { prefix = 0 reject = 404 strip = 1 }");
    check_said("t.conf:2: found duplicate title 'a'\n", "route a { to = \"sip:a\" }\nroute a { to = \"sip:b\" }");
}

/* RFC 3261 21.3 */
TEST(a_redirection_says_what_its_status_wants)
{
    check_said("t.conf:2: redirect \"a.test\": give to\n", "redirect_server = true\nredirect a.test { }");
    check_said("t.conf:2: redirect \"a.test\": status must be 300, 301, 302, 305 or 380\n",
               "redirect_server = true\nredirect a.test { to = \"sip:b\" status = 303 }");
    check_said("t.conf:2: redirect \"a.test\": 305 names one proxy\n",
               "redirect_server = true\nredirect a.test { to = {\"sip:b\", \"sip:c\"} status = 305 }");
    check_said("t.conf:2: redirect \"a.test\": body means nothing without status = 380\n",
               "redirect_server = true\nredirect a.test { to = \"sip:b\" body = x }");
    check_said("t.conf:2: redirect \"a.test\": give body\n",
               "redirect_server = true\nredirect a.test { status = 380 }");
    check_said("t.conf:2: redirect \"a.test\": give body\n",
               "redirect_server = true\nredirect a.test { to = \"sip:b\" body_type = \"a/b\" }");
    check_said("t.conf:1: redirect sections mean nothing without redirect_server = true\n",
               "redirect a.test { to = \"sip:b\" }");
    check_said("t.conf:1: to = \"<sip:b\": must be a URI such as sip:carol@example.net, or with a preference: "
               "<sip:carol@example.net>;q=0.5\n",
               "redirect a.test { to = \"<sip:b\" }");
    check_said("t.conf:1: body_type = \"text\": must be a media type such as application/xml\n",
               "redirect a.test { to = \"sip:b\" body_type = text }");
}

TEST(a_redirection_may_be_for_a_user)
{
    const struct config *c = good("redirect_server = true\n"
                                  "redirect \"Carol@A.Test\" { status = 301 to = {\"<sip:b>;q=0.5\", \"tel:+1\"} }\n"
                                  "redirect \"sos@a.test\" { status = 380 body = \"Ring the bell.\" }\n");

    CHECK_SLICE("Carol@a.test", c->redirects[0].domain);
    CHECK_INT(301, c->redirects[0].status);
    CHECK_INT(2, c->redirects[0].to.count);
    CHECK_SLICE("Ring the bell.", c->redirects[1].body);
    config_free(c);
    check_said("t.conf:1: redirect \"@a.test\": the title must be a domain name such as example.com, or an address, "
               "\"*.\" before one, or \"*\"\n",
               "redirect \"@a.test\" { to = \"sip:b\" }");
}

TEST(a_key_that_is_set_twice_is_a_mistake)
{
    check_said("t.conf:3: proxy has been set before, in line 1\n", "proxy = true\n\nproxy = false\n");
    config_free(good("domain = a.test\ndomain += b.test\nroute a { to = \"sip:a\" }\nroute b { to = \"sip:b\" }\n"));
}

TEST(broken_syntax_is_refused_with_a_line)
{
    check_said("t.conf:2: string without closing quote\n", "proxy = true\nrealm = \"never ends\n\n");
    check_said("t.conf:1: comment without end\n", "/* never ends\n\n");
    check_said("t.conf:1: braces nested too deep\n", "a{a{a{a{a{a{a{a{a{}}}}}}}}}");
    check_said("t.conf:1: missing equal sign after option 'proxy'\n", "proxy true");
    check_said("t.conf:1: unexpected closing brace\n", "}");
    check_said("t.conf:2: brace that is never closed\n", "\nroute \"a.test\" { to = \"sip:a\"\n");
}

TEST(a_nul_byte_is_refused)
{
    const struct config *c    = NULL;
    struct said          said = { 0 };

    CHECK_INT(-ERR_SYNTAX, config_parse(SLICE("proxy = true\n\0"), "t.conf", on_problem, &said, &c));
    CHECK_SLICE("t.conf:2: NUL byte: this is not a text file\n", slice_from(said.text));
}

TEST(a_mistake_leaves_nothing_behind_for_the_next_reading)
{
    check_said("t.conf:1: string without closing quote\n", "realm = '");
    config_free(good("proxy = false"));
}

TEST(a_file_is_read_and_a_missing_one_is_explained)
{
    struct temp_folder   folder;
    char                 path[128];
    const struct config *c    = NULL;
    struct said          said = { 0 };
    FILE                *file;

    temp_folder_init(&folder);
    CHECK_INT(-ERR_NOT_FOUND, config_load(temp_folder_file(&folder, "none", path), on_problem, &said, &c));
    CHECK(strstr(said.text, "none: cannot be opened: No such file") != NULL);
    said = (struct said){ 0 };
    CHECK_INT(-ERR_IO, config_load(folder.path, on_problem, &said, &c));
    CHECK_INT(1, said.count);
    file = fopen(temp_folder_file(&folder, "ahoy.conf", path), "w");
    CHECK(file != NULL);
    fputs("domain = a.test\n", file);
    fclose(file);
    CHECK_INT(0, config_load(path, on_problem, &said, &c));
    CHECK_SLICE("a.test", c->domains[0]);
    config_free(c);
    temp_folder_fini(&folder);
}

TEST(the_defaults_of_the_table_are_within_its_ranges)
{
    size_t                   count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++) {
        char       memory[512];
        struct buf text = BUF_ON(memory), line = BUF_ON(memory);

        if (keys[i].type == CONFIG_GROUP || keys[i].type == CONFIG_SECTION || keys[i].type == CONFIG_LIST ||
            keys[i].section != NULL)
            continue;
        buf_printf(&line, "%s = '", keys[i].name);
        text = buf_on(memory + line.len, sizeof memory - line.len);
        config_default_write(&text, &keys[i]);
        buf_put(&text, SLICE("'"));
        config_free(good(buf_cstr(&text) - line.len));
    }
}

TEST(an_edge_is_for_the_domains_of_others)
{
    config_free(good("domain = a.test edge = {b.test, \"*.c.test\"}"));
    check_said("t.conf:2: edge = \"*.a.test\": x.a.test is a domain of our own\n",
               "domain = x.a.test\nedge = {\"*.a.test\"}");
    check_said("t.conf:2: edge means nothing with proxy = false\n", "domain = a.test proxy = no\nedge = {b.test}");
    check_said("t.conf:1: edge = \"*\": must be a domain such as example.com, or all under one: *.example.com\n",
               "edge = {\"*\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_configured_is_a_useful_server),
        cmocka_unit_test(every_kind_of_value_is_read),
        cmocka_unit_test(parts_of_the_log_have_levels_of_their_own),
        cmocka_unit_test(what_looks_like_a_comment_inside_quotes_is_none),
        cmocka_unit_test(a_variable_of_the_environment_is_put_in_its_place),
        cmocka_unit_test(one_value_needs_no_braces_and_a_list_may_be_extended),
        cmocka_unit_test(routes_and_redirects_are_read_in_their_order),
        cmocka_unit_test(a_domain_inherits_what_its_registrations_do_not_say),
        cmocka_unit_test(our_domains_are_compared_without_case),
        cmocka_unit_test(an_unknown_key_is_answered_with_the_nearest_known_one),
        cmocka_unit_test(a_key_that_has_gone_is_answered_with_what_to_write),
        cmocka_unit_test(digest_algorithms_and_qops_are_lists_of_what_is_known),
        cmocka_unit_test(a_value_out_of_range_is_answered_with_the_range),
        cmocka_unit_test(origins_are_what_browsers_send),
        cmocka_unit_test(a_malformed_value_is_answered_with_an_example),
        cmocka_unit_test(all_mistakes_are_reported_with_their_lines),
        cmocka_unit_test(a_section_must_be_whole),
        cmocka_unit_test(a_redirection_says_what_its_status_wants),
        cmocka_unit_test(a_redirection_may_be_for_a_user),
        cmocka_unit_test(a_key_that_is_set_twice_is_a_mistake),
        cmocka_unit_test(broken_syntax_is_refused_with_a_line),
        cmocka_unit_test(a_nul_byte_is_refused),
        cmocka_unit_test(a_mistake_leaves_nothing_behind_for_the_next_reading),
        cmocka_unit_test(a_file_is_read_and_a_missing_one_is_explained),
        cmocka_unit_test(the_defaults_of_the_table_are_within_its_ranges),
        cmocka_unit_test(an_edge_is_for_the_domains_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
