/* SPDX-License-Identifier: BSD-2-Clause */
/* page_probe.h - what the kernel says of a piece of memory. */

#ifndef TEST_SUPPORT_PAGE_PROBE_H
#define TEST_SUPPORT_PAGE_PROBE_H

#include <stdbool.h>

/* Whether there is memory for us. */
bool page_is_mapped(const void *at);
/* Whether it was asked for as huge pages. */
bool page_wants_huge(const void *at);
/* Whether this kernel has huge pages to ask for. */
bool page_huge_known(void);

#endif
