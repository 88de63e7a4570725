/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"

static const struct {
    const char *name, *text;
} errors[ERR_COUNT] = {
    [ERR_NONE] = { "NONE", "no error" },
#define ERROR(name, text) [ERR_##name] = { #name, text },
#include "base/errors.def"
#undef ERROR
};

/* A positive code, or ERR_COUNT for what is none of ours. */
static int code_of(int error)
{
    if (error <= -ERR_COUNT || error >= ERR_COUNT)
        return ERR_COUNT;
    return error < 0 ? -error : error;
}

const char *error_text(int error)
{
    int code = code_of(error);

    return code == ERR_COUNT ? "unknown error" : errors[code].text;
}

const char *error_name(int error)
{
    int code = code_of(error);

    return code == ERR_COUNT ? "UNKNOWN" : errors[code].name;
}
