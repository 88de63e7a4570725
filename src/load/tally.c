/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/tally.h"

const char *load_failure_name(enum load_failure failure)
{
    switch (failure) {
    case LOAD_FAILED_STATUS:
        return "status";
    case LOAD_FAILED_TIMEOUT:
        return "timeout";
    case LOAD_FAILED_TRANSPORT:
        return "transport";
    case LOAD_FAILED_UNEXPECTED:
        return "unexpected";
    case LOAD_FAILED_INTERRUPTED:
        return "interrupted";
    case LOAD_FAILURES:
        break;
    }
    return "";
}
