/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_port.h - a phone on a port that is free for all its transports. */

#ifndef CMD_PHONE_PORT_H
#define CMD_PHONE_PORT_H

#include "call/phone.h"

/* As phone_new; where any port will do, others are tried while TCP finds that of UDP taken. */
int phone_port_open(struct world *w, const struct phone_config *config, struct phone **out);

#endif
