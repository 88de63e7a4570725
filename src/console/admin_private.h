/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_private.h - the functions behind the table of methods. */

#ifndef CONSOLE_ADMIN_PRIVATE_H
#define CONSOLE_ADMIN_PRIVATE_H

#include "console/admin.h"

/* admin.c */
control_fn admin_user_add, admin_user_passwd, admin_user_remove, admin_user_list;

/* admin_binding.c */
control_fn admin_binding_add, admin_binding_remove, admin_binding_list;

/* admin_watch.c */
control_fn admin_binding_watch;

/* admin_cert.c */
control_fn admin_cert_list, admin_cert_reload;

/* admin_server.c */
control_fn admin_server_status, admin_server_counters, admin_server_metrics, admin_server_reset, admin_server_methods;
control_fn admin_server_stop, admin_log_level;

/* A change on its way to the disk: what its call is answered with when it is there. */
struct admin_change;

/* Takes `result`.  NULL, and the call has failed, without memory. */
struct admin_change *admin_change_new(const struct admin *a, struct control_call *call, json_t *result);
/* For users_add and the like: the change is written, or was not. */
void admin_change_done(void *change, int error);
/* It was not begun: gives back the call, which is to fail. */
struct control_call *admin_change_drop(struct admin_change *c);

/* Empty if it is not given. */
struct slice admin_text(const json_t *params, const char *key);

#endif
