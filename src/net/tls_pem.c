/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_pem.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 4 * 1024 * 1024 };

static int fail(struct tls_pem_fault *f, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int fail(struct tls_pem_fault *f, int error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
    ERR_clear_error();
    return error;
}

/* ---- files ---- */

/* Who could not read it: a server that has dropped root's rights reads as its own user. */
static int fail_errno(struct tls_pem_fault *f, int cause)
{
    const struct passwd *user;

    if (cause == ENOENT || cause == ENOTDIR)
        return fail(f, -ERR_NOT_FOUND, "there is no such file");
    if (cause != EACCES)
        return fail(f, -ERR_IO, "cannot be read: %s", strerror(cause));
    user = getpwuid(geteuid());
    return fail(f, -ERR_PERMISSION,
                "cannot be read: permission denied; it is read as user %s, the user that the server serves as, so "
                "that it can be read again when it changes",
                user != NULL ? user->pw_name : "of that number");
}

static int check_file(const struct stat *s, bool is_key, struct tls_pem_fault *f)
{
    if (!S_ISREG(s->st_mode))
        return fail(f, -ERR_IO, "is not a file");
    if (s->st_size > FILE_MAX)
        return fail(f, -ERR_TOO_LARGE, "is larger than %d bytes", FILE_MAX);
    if (is_key && (s->st_mode & (S_IROTH | S_IWOTH | S_IXOTH | S_IWGRP)) != 0)
        return fail(f, -ERR_PERMISSION, "others may read or change it (mode %03o): chmod 600 it, or 640 for a group",
                    (unsigned)(s->st_mode & 0777));
    return 0;
}

static int read_all(int fd, char *text, size_t size, size_t *len, struct tls_pem_fault *f)
{
    for (*len = 0; *len < size;) {
        ssize_t n = read(fd, text + *len, size - *len);

        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(f, errno);
        *len += (size_t)n;
    }
    return 0;
}

static int read_open(int fd, bool is_key, char **text, size_t *len, struct tls_pem_fault *f)
{
    struct stat s;
    int         error = fstat(fd, &s) == 0 ? check_file(&s, is_key, f) : fail_errno(f, errno);

    if (error != 0)
        return error;
    *text = malloc((size_t)s.st_size + 1);
    if (*text == NULL)
        return fail(f, -ERR_NO_MEMORY, "%s", error_text(ERR_NO_MEMORY));
    error = read_all(fd, *text, (size_t)s.st_size, len, f);
    if (error != 0) {
        OPENSSL_cleanse(*text, (size_t)s.st_size);
        free(*text);
        *text = NULL;
    }
    return error;
}

/* `*text` is to be freed if 0 is returned. */
static int read_file(const char *file, bool is_key, char **text, size_t *len, struct tls_pem_fault *f)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error;

    *text = NULL;
    if (fd < 0)
        return fail_errno(f, errno);
    error = read_open(fd, is_key, text, len, f);
    close(fd);
    return error;
}

/* ---- what is in them ---- */

static bool at_end_of_pem(void)
{
    unsigned long e = ERR_peek_last_error();

    return ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
}

/* OpenSSL looks at them when it is first asked, and keeps what it found in the certificate: let it be now, while one
 * thread has it.  Whether they are good is asked when it matters. */
static void read_extensions(X509 *x)
{
    ERR_set_mark();
    (void)X509_get_extension_flags(x);
    ERR_pop_to_mark();
}

static int parse_certificates(BIO *bio, STACK_OF(X509) * list, struct tls_pem_fault *f)
{
    for (X509 *x; (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL;) {
        if (sk_X509_push(list, x) <= 0) {
            X509_free(x);
            return fail(f, -ERR_NO_MEMORY, "%s", error_text(ERR_NO_MEMORY));
        }
        read_extensions(x);
    }
    if (!at_end_of_pem())
        return fail(f, -ERR_CORRUPT, "certificate number %d in it is damaged: %s", sk_X509_num(list) + 1,
                    tls_pem_queue_text());
    if (sk_X509_num(list) == 0)
        return fail(f, -ERR_CORRUPT, "there is no certificate in it (PEM: -----BEGIN CERTIFICATE-----)");
    return 0;
}

static int certificates_of(const char *text, size_t len, STACK_OF(X509) * *out, struct tls_pem_fault *f)
{
    BIO *bio             = BIO_new_mem_buf(text, (int)len);
    STACK_OF(X509) *list = sk_X509_new_null();
    int error            = bio != NULL && list != NULL ? parse_certificates(bio, list, f)
                                                       : fail(f, -ERR_NO_MEMORY, "%s", error_text(ERR_NO_MEMORY));

    BIO_free(bio);
    if (error != 0)
        sk_X509_pop_free(list, X509_free);
    else
        *out = list;
    ERR_clear_error();
    return error;
}

/* Nobody is there to be asked. */
static int no_password(char *buf, int size, int writing, void *asked)
{
    (void)buf;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

static int key_of(const char *text, size_t len, EVP_PKEY **out, struct tls_pem_fault *f)
{
    BIO *bio   = BIO_new_mem_buf(text, (int)len);
    bool asked = false;

    *out = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_password, &asked) : NULL;
    BIO_free(bio);
    if (*out != NULL) {
        ERR_clear_error();
        return 0;
    }
    if (bio == NULL)
        return fail(f, -ERR_NO_MEMORY, "%s", error_text(ERR_NO_MEMORY));
    if (asked)
        return fail(f, -ERR_UNSUPPORTED,
                    "is protected by a password, which a server that starts alone does not know: openssl pkey -in "
                    "FILE -out FILE");
    return fail(f, -ERR_CORRUPT, "there is no private key in it (PEM: -----BEGIN PRIVATE KEY-----)");
}

int tls_pem_certificates(const char *file, const char *text, STACK_OF(X509) * *out, struct tls_pem_fault *fault)
{
    char  *read = NULL;
    size_t len;
    int    error;

    *out = NULL;
    if (file == NULL)
        return certificates_of(text, strlen(text), out, fault);
    error = read_file(file, false, &read, &len, fault);
    if (error == 0)
        error = certificates_of(read, len, out, fault);
    free(read);
    return error;
}

int tls_pem_key(const char *file, const char *text, EVP_PKEY **out, struct tls_pem_fault *fault)
{
    char  *read = NULL;
    size_t len;
    int    error;

    *out = NULL;
    if (file == NULL)
        return key_of(text, strlen(text), out, fault);
    error = read_file(file, true, &read, &len, fault);
    if (error != 0)
        return error;
    error = key_of(read, len, out, fault);
    OPENSSL_cleanse(read, len);
    free(read);
    return error;
}

/* ---- words ---- */

void tls_pem_date(const ASN1_TIME *time, char out[TLS_PEM_DATE])
{
    struct tm tm;

    if (ASN1_TIME_to_tm(time, &tm) != 1)
        snprintf(out, TLS_PEM_DATE, "an unreadable date");
    else
        snprintf(out, TLS_PEM_DATE, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

const char *tls_pem_queue_text(void)
{
    unsigned long e    = ERR_get_error();
    const char   *text = ERR_reason_error_string(e);

    ERR_clear_error();
    return text != NULL ? text : "no reason known";
}
