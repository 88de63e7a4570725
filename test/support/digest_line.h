/* SPDX-License-Identifier: BSD-2-Clause */
/* digest_line.h - lines that prove who sent a request, right and wrong ones. */

#ifndef TEST_SUPPORT_DIGEST_LINE_H
#define TEST_SUPPORT_DIGEST_LINE_H

#include "sip/digest.h"

/* Members left out have a default. */
struct proof {
    const char         *header;   /* "Authorization" */
    const char         *user;     /* "bob" */
    const char         *password; /* "secret" */
    const char         *realm;    /* "example.test" */
    const char         *nonce;
    const char         *method; /* "REGISTER" */
    const char         *uri;    /* "sip:example.test" */
    const char         *body;   /* "" */
    const char         *qop;    /* "auth" */
    enum hash_algorithm algorithm;
    bool                sess, userhash;
    unsigned            nc; /* 0: without qop */
};

enum { PROOF_LINE = 1024 };

/* The line, ended by CRLF. */
const char *proof_line(const struct proof *p, char line[PROOF_LINE]);
/* The proof that the server gives back for it in an answer with this body. */
void proof_of_server(const struct proof *p, const char *body, char hex[DIGEST_HEX]);

/* What stands between quotes behind `name=` in `text`, copied; "" if nothing does. */
const char *quoted_value(const char *text, const char *name, char *value, size_t size);

#endif
