/* SPDX-License-Identifier: BSD-2-Clause */
/* PEM files as operators have them, and as they should not have them. */
#include "net/tls_pem.h"

#include "base/error.h"
#include "support/temp_folder.h"
#include "support/test.h"
#include "support/tls_lab.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534 };

struct files {
    struct tls_lab     lab;
    struct temp_folder folder;
    char               path[128];
};

static void setup(struct files *f)
{
    tls_lab_init(&f->lab);
    tls_lab_add(&f->lab, "example.com");
    temp_folder_init(&f->folder);
    temp_folder_file(&f->folder, "file.pem", f->path);
}

static void teardown(struct files *f)
{
    temp_folder_fini(&f->folder);
    tls_lab_fini(&f->lab);
}

static void put(const struct files *f, mode_t mode, const char *one, const char *two)
{
    FILE *file = fopen(f->path, "w");

    assert_non_null(file);
    fprintf(file, "# a comment\n%s%s", one, two);
    CHECK_INT(0, fclose(file));
    CHECK_INT(0, chmod(f->path, mode));
}

static void check_key(const struct files *f, int error, const char *text)
{
    struct tls_pem_fault fault = { "" };
    EVP_PKEY            *key   = NULL;

    CHECK_INT(error, tls_pem_key(f->path, NULL, &key, &fault));
    CHECK_INT(error == 0, key != NULL);
    if (strstr(fault.text, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, fault.text);
    EVP_PKEY_free(key);
}

TEST(a_chain_is_read_whole_and_in_its_order)
{
    struct files         f;
    struct tls_pem_fault fault;
    STACK_OF(X509) * list;

    setup(&f);
    put(&f, 0644, f.lab.pairs[0].certificate, f.lab.ca.certificate);
    CHECK_INT(0, tls_pem_certificates(f.path, NULL, &list, &fault));
    CHECK_INT(2, sk_X509_num(list));
    CHECK_INT(X509_V_OK, X509_check_issued(sk_X509_value(list, 1), sk_X509_value(list, 0)));
    sk_X509_pop_free(list, X509_free);
    teardown(&f);
}

/* Certificate and key in one file, as some programs want it: then it is a file of keys. */
TEST(a_key_may_stand_in_one_file_with_its_certificate)
{
    struct files f;

    setup(&f);
    put(&f, 0600, f.lab.pairs[0].certificate, f.lab.pairs[0].key);
    check_key(&f, 0, "");
    teardown(&f);
}

TEST(a_key_that_others_may_read_or_change_is_refused)
{
    static const mode_t bad[] = { 0644, 0604, 0602, 0620, 0777 }, good[] = { 0600, 0400, 0640, 0440 };
    struct files        f;

    setup(&f);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put(&f, bad[i], f.lab.pairs[0].key, "");
        check_key(&f, -ERR_PERMISSION, "others may read or change it");
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        (void)chmod(f.path, 0600);
        put(&f, good[i], f.lab.pairs[0].key, "");
        check_key(&f, 0, "");
    }
    teardown(&f);
}

TEST(a_key_with_a_password_is_refused_and_nobody_is_asked)
{
    struct files f;
    BIO         *plain, *sealed = BIO_new(BIO_s_mem());
    EVP_PKEY    *key;
    char        *text;

    setup(&f);
    plain = BIO_new_mem_buf(f.lab.pairs[0].key, -1);
    key   = PEM_read_bio_PrivateKey(plain, NULL, NULL, NULL);
    CHECK_INT(1, PEM_write_bio_PKCS8PrivateKey(sealed, key, EVP_aes_256_cbc(), "secret", 6, NULL, NULL));
    BIO_write(sealed, "", 1);
    BIO_get_mem_data(sealed, &text);
    put(&f, 0600, text, "");
    check_key(&f, -ERR_UNSUPPORTED, "is protected by a password");
    EVP_PKEY_free(key);
    BIO_free(plain);
    BIO_free(sealed);
    teardown(&f);
}

TEST(files_that_are_none_are_refused)
{
    struct files f;

    setup(&f);
    check_key(&f, -ERR_NOT_FOUND, "there is no such file");
    put(&f, 0600, "", "");
    check_key(&f, -ERR_CORRUPT, "there is no private key in it");
    CHECK_INT(0, unlink(f.path));
    CHECK_INT(0, mkdir(f.path, 0700));
    check_key(&f, -ERR_IO, "is not a file");
    CHECK_INT(0, rmdir(f.path));
    CHECK_INT(0, mkfifo(f.path, 0600)); /* nobody writes to it: reading would wait for ever */
    check_key(&f, -ERR_IO, "is not a file");
    CHECK_INT(0, unlink(f.path));
    put(&f, 0600, "", "");
    CHECK_INT(0, truncate(f.path, 5 * 1024 * 1024));
    check_key(&f, -ERR_TOO_LARGE, "is larger than");
    teardown(&f);
}

TEST(a_file_that_may_not_be_read_names_the_user_who_tried)
{
    struct files f;
    uid_t        us = geteuid();

    setup(&f);
    put(&f, 0600, f.lab.pairs[0].key, "");
    CHECK_INT(0, chmod(f.path, 0));
    if (us == 0) /* whom no file's mode stops */
        CHECK_INT(0, seteuid(NOBODY));
    check_key(&f, -ERR_PERMISSION, "it is read as user");
    if (us == 0)
        CHECK_INT(0, seteuid(us));
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_read_whole_and_in_its_order),
        cmocka_unit_test(a_key_may_stand_in_one_file_with_its_certificate),
        cmocka_unit_test(a_key_that_others_may_read_or_change_is_refused),
        cmocka_unit_test(a_key_with_a_password_is_refused_and_nobody_is_asked),
        cmocka_unit_test(files_that_are_none_are_refused),
        cmocka_unit_test(a_file_that_may_not_be_read_names_the_user_who_tried),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
