/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/phone_port.h"

#include "base/error.h"

enum { PORT_TRIES = 16 };

int phone_port_open(struct world *w, const struct phone_config *config, struct phone **out)
{
    int error = -ERR_IN_USE;

    for (int i = 0; i < PORT_TRIES && error == -ERR_IN_USE; i++) {
        error = phone_new(w, config, out);
        if (config->address.port != 0)
            break;
    }
    return error;
}
