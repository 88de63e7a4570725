/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.h - what the machine, or the container, gives this process. */

#ifndef PROCESS_MACHINE_H
#define PROCESS_MACHINE_H

#include <stdint.h>

/* Bytes of memory that this process may use: those of the machine, or fewer if its control
 * group has a limit.  Never 0.  `group` is the folder of the control group, NULL: where the
 * kernel shows it. */
uint64_t machine_memory(const char *group);

#endif
