/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/admin.h"
#include "support/test.h"
#include "support/tls_lab.h"

#include <stdio.h>

static struct tls_lab lab;
static struct admin   admin;
static json_t        *outcome;
static int            reload_error;

static void finish(struct control_call *call, json_t *value)
{
    (void)call;
    outcome = value;
}

/* The lab's certificates but these go. */
static void keep_first(size_t count)
{
    for (size_t i = count; i < lab.setup.certificate_count; i++)
        cert_pair_free(&lab.pairs[i]);
    lab.setup.certificate_count = count;
}

/* Other certificates for the same setup, but for what a test has changed. */
static int on_reload(void *arg, char *problem, size_t problem_size)
{
    (void)arg;
    if (reload_error != 0)
        snprintf(problem, problem_size, "/etc/a.pem: no such file");
    else
        tls_shared_set(lab.shared, tls_lab_keys(&lab, &lab.setup));
    return reload_error;
}

static int setup(void **state)
{
    (void)state;
    tls_lab_init(&lab);
    tls_lab_add(&lab, "a.example");
    tls_lab_add(&lab, "b.example");
    tls_lab_load(&lab);
    admin        = (struct admin){ .world = lab.world, .tls = lab.shared, .reload = on_reload };
    reload_error = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(outcome);
    outcome = NULL;
    tls_lab_fini(&lab);
    return 0;
}

/* The certificates that came back; NULL and `*message` if it failed. */
static json_t *call(const char *method, int want, const char **message)
{
    struct control_call          c = { finish };
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);
    json_t                      *result  = NULL;

    json_decref(outcome);
    outcome = NULL;
    control_dispatch(methods, count, &admin, &c, method, NULL);
    assert_non_null(outcome);
    CHECK_INT(want, control_outcome_read(outcome, &result, message));
    return want == 0 ? json_object_get(result, "certificates") : NULL;
}

static void check_field(const json_t *list, size_t i, const char *key, const char *want)
{
    CHECK_SLICE(want, slice_from(json_string_value(json_object_get(json_array_get(list, i), key))));
}

TEST(the_list_has_every_certificate_in_use_and_its_domain)
{
    const char *message;
    json_t     *list = call("cert.list", 0, &message);

    CHECK_INT(2, json_array_size(list));
    check_field(list, 0, "domain", "a.example");
    check_field(list, 1, "domain", "b.example");
    check_field(list, 1, "subject", "CN=b.example");
    check_field(list, 1, "state", "ends_soon"); /* the lab's last ten days */
    CHECK(json_is_null(json_object_get(json_array_get(list, 0), "file")));
}

TEST(without_a_server_there_is_nothing_to_list_or_reload)
{
    const char *message;

    admin.tls = NULL;
    call("cert.list", -ERR_UNSUPPORTED, &message);
    call("cert.reload", -ERR_UNSUPPORTED, &message);
}

TEST(a_reload_tells_what_is_the_same_changed_new_and_gone)
{
    const char *message;
    json_t     *list;

    list = call("cert.reload", 0, &message);
    check_field(list, 0, "change", "same");
    check_field(list, 1, "change", "same");

    keep_first(1); /* b.example is gone, c.example comes */
    tls_lab_add(&lab, "c.example");
    list = call("cert.reload", 0, &message);
    CHECK_INT(3, json_array_size(list));
    check_field(list, 0, "change", "same");
    check_field(list, 1, "domain", "c.example");
    check_field(list, 1, "change", "new");
    check_field(list, 2, "domain", "b.example");
    check_field(list, 2, "change", "gone");

    keep_first(0); /* another one for a.example */
    tls_lab_add(&lab, "a.example");
    list = call("cert.reload", 0, &message);
    check_field(list, 0, "change", "changed");
    check_field(list, 1, "change", "gone");
}

TEST(a_reload_that_fails_says_why_and_that_the_old_ones_stay)
{
    const char *message = NULL;

    reload_error = -ERR_NOT_FOUND;
    call("cert.reload", -ERR_NOT_FOUND, &message);
    assert_string_equal("/etc/a.pem: no such file; the old certificates stay in use", message);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(the_list_has_every_certificate_in_use_and_its_domain),
        IN_LAB(without_a_server_there_is_nothing_to_list_or_reload),
        IN_LAB(a_reload_tells_what_is_the_same_changed_new_and_gone),
        IN_LAB(a_reload_that_fails_says_why_and_that_the_old_ones_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
