/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/run.h"

enum {
    IN_ALL  = RUN_URI | RUN_BARE | RUN_NAME | RUN_VALUE | RUN_TEXT | RUN_QUOTED | RUN_PART,
    IN_WORD = IN_ALL | RUN_HOST,
};

const uint8_t run_class[256] = {
    [' ']           = RUN_QUOTED,
    ['!']           = IN_ALL,
    ['"']           = RUN_TEXT,
    ['#' ... '$']   = IN_ALL,
    ['%']           = IN_ALL & ~RUN_PART,
    ['&' ... '+']   = IN_ALL,
    [',']           = RUN_URI | RUN_TEXT | RUN_QUOTED | RUN_PART,
    ['-' ... '.']   = IN_WORD,
    ['/']           = IN_ALL,
    ['0' ... '9']   = IN_WORD,
    [':']           = IN_ALL,
    [';']           = RUN_URI | RUN_TEXT | RUN_QUOTED | RUN_PART,
    ['<']           = RUN_TEXT | RUN_QUOTED,
    ['=']           = RUN_URI | RUN_BARE | RUN_VALUE | RUN_TEXT | RUN_QUOTED | RUN_PART,
    ['>']           = RUN_TEXT | RUN_QUOTED,
    ['?']           = RUN_URI | RUN_NAME | RUN_VALUE | RUN_TEXT | RUN_QUOTED,
    ['@']           = IN_ALL & ~RUN_PART,
    ['A' ... 'Z']   = IN_WORD,
    ['[']           = IN_ALL,
    ['\\']          = IN_ALL & ~RUN_QUOTED,
    [']' ... '^']   = IN_ALL,
    ['_']           = IN_WORD,
    ['`']           = IN_ALL,
    ['a' ... 'z']   = IN_WORD,
    ['{' ... '~']   = IN_ALL,
    [0x7f]          = RUN_TEXT,
    [0x80 ... 0xff] = IN_ALL,
};
