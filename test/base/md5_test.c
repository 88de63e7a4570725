/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"
#include "base/md5.h"
#include "support/test.h"

#include <openssl/evp.h>

enum { LONGEST = 400 };

static struct slice md5_hex(struct slice text)
{
    static char hex[2 * MD5_SIZE];
    struct buf  b = BUF_ON(hex);
    char        memory[LONGEST + MD5_PAD];
    uint8_t     out[MD5_SIZE];

    memcpy(memory, text.ptr, text.len);
    md5(memory, text.len, out);
    buf_put_hex(&b, out, sizeof out);
    return buf_slice(&b);
}

/* RFC 1321 A.5 */
TEST(the_test_suite_of_rfc_1321_comes_out)
{
    CHECK_SLICE("d41d8cd98f00b204e9800998ecf8427e", md5_hex(SLICE("")));
    CHECK_SLICE("0cc175b9c0f1b6a831c399e269772661", md5_hex(SLICE("a")));
    CHECK_SLICE("900150983cd24fb0d6963f7d28e17f72", md5_hex(SLICE("abc")));
    CHECK_SLICE("f96b697d7cb7938d525a2f31aaf161d0", md5_hex(SLICE("message digest")));
    CHECK_SLICE("c3fcd3d76192e4007dfb496cca67e13b", md5_hex(SLICE("abcdefghijklmnopqrstuvwxyz")));
    CHECK_SLICE("d174ab98d277d9f5a5611c2c9f419d9f",
                md5_hex(SLICE("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")));
    CHECK_SLICE("57edf4a22be3c955ac49da2e2107b67a",
                md5_hex(SLICE("12345678901234567890123456789012345678901234567890123456789012345678901234567890")));
}

/* Every place in a block where a text may end, with nothing read or written beside its padding. */
TEST(it_is_openssls_for_texts_of_any_length)
{
    char text[LONGEST + MD5_PAD];

    for (size_t len = 0; len <= LONGEST; len++) {
        uint8_t      wanted[MD5_SIZE], out[MD5_SIZE];
        struct slice guarded;

        for (size_t i = 0; i < len; i++)
            text[i] = (char)(i * 151 + len);
        assert_int_equal(EVP_Digest(text, len, wanted, NULL, EVP_md5(), NULL), 1);
        guarded = test_guarded((struct slice){ text, len + MD5_PAD });
        md5((char *)guarded.ptr, len, out);
        CHECK(memcmp(wanted, out, MD5_SIZE) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_test_suite_of_rfc_1321_comes_out),
        cmocka_unit_test(it_is_openssls_for_texts_of_any_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
