/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/exit_code.h"

#include "base/error.h"

static const struct exit_code_entry table[] = {
#define EXIT_CODE(name, number, meaning) { #name, (number), (meaning) },
#include "cmd/exit_codes.def"
#undef EXIT_CODE
};

const struct exit_code_entry *exit_code_table(size_t *count)
{
    *count = sizeof table / sizeof *table;
    return table;
}

enum exit_code exit_code_of_status(unsigned status, bool rang)
{
    switch (status) {
    case 401:
    case 403:
    case 407:
        return EXIT_NOT_AUTHORISED;
    case 404:
    case 410:
    case 484:
    case 485:
    case 604:
        return EXIT_NOT_FOUND;
    case 408:
        return rang ? EXIT_NO_ANSWER : EXIT_TIMED_OUT;
    case 480:
    case 487:
        return EXIT_NO_ANSWER;
    case 486:
    case 600:
        return EXIT_BUSY;
    case 488:
    case 606:
        return EXIT_NO_MEDIA;
    case 603:
        return EXIT_DECLINED;
    }
    if (status >= 200 && status < 300)
        return EXIT_OK;
    return status >= 500 && status < 600 ? EXIT_SERVER_FAILURE : EXIT_REFUSED;
}

enum exit_code exit_code_of_error(int error)
{
    switch ((enum error)(error < 0 ? -error : error)) {
    case ERR_NONE:
        return EXIT_OK;
    case ERR_NOT_FOUND:
        return EXIT_NOT_FOUND;
    case ERR_EXISTS:
        return EXIT_EXISTS;
    case ERR_IN_USE:
    case ERR_LOCKED:
        return EXIT_LOCKED;
    case ERR_NAME:
    case ERR_NO_ADDRESS:
    case ERR_UNREACHABLE:
    case ERR_REFUSED:
    case ERR_RESET:
        return EXIT_UNREACHABLE;
    case ERR_TIMEOUT:
        return EXIT_TIMED_OUT;
    case ERR_DISK_FULL:
        return EXIT_DISK_FULL;
    case ERR_NO_MEMORY:
    case ERR_LIMIT:
    case ERR_TOO_LARGE:
    case ERR_SYNTAX:
    case ERR_PERMISSION:
    case ERR_IO:
    case ERR_CORRUPT:
    case ERR_UNSUPPORTED:
    case ERR_CLOSED:
    case ERR_COUNT:
        break;
    }
    return EXIT_ERROR;
}

enum exit_code exit_code_of_silence(int error)
{
    if (error == -ERR_PERMISSION || error == -ERR_SYNTAX || error == -ERR_CLOSED || error == -ERR_IO)
        return EXIT_UNREACHABLE;
    return exit_code_of_error(error);
}
