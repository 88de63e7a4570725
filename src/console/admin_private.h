/* SPDX-License-Identifier: BSD-2-Clause */
/* admin_private.h - the functions behind the table of methods. */

#ifndef CONSOLE_ADMIN_PRIVATE_H
#define CONSOLE_ADMIN_PRIVATE_H

#include "console/admin.h"

/* admin.c */
control_fn admin_user_add, admin_user_passwd, admin_user_remove, admin_user_list;

/* admin_import.c */
control_fn admin_user_realm, admin_user_import;

/* admin_alias.c */
control_fn admin_alias_add, admin_alias_remove, admin_alias_list;

/* admin_alias_import.c */
control_fn admin_alias_import;

/* admin_binding.c */
control_fn admin_binding_add, admin_binding_remove, admin_binding_list;
/* Null for a binding that was added for ever. */
json_t *admin_expires_to_json(uint64_t seconds);

/* admin_watch.c */
control_fn admin_binding_watch;

/* admin_route.c */
control_fn admin_route_explain;

/* admin_ban.c */
control_fn admin_ban_add, admin_ban_remove, admin_ban_list;

/* admin_cert.c */
control_fn admin_cert_list, admin_cert_reload;

/* admin_reload.c */
control_fn admin_config_reload;

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
/* The domain given, or the first that is configured. */
struct slice admin_domain(const struct admin *a, const json_t *params);
/* A copy in lower case, as domains are in the store. */
struct slice admin_lower(struct slice text, char memory[USER_DOMAIN_MAX]);
/* A text in a row of a list; empty if it is none. */
struct slice admin_cell(const json_t *row, size_t column);
/* False: the call has failed, with a text that says what would be right. */
bool admin_check_names(const struct admin *a, struct control_call *call, struct slice name, struct slice domain);
/* A list cannot be read. */
void admin_fail_to_read(struct control_call *call, const char *what, int error);
/* "NAME@DOMAIN" in two; without '@' it has no domain. */
struct store_name admin_address(struct slice text);

#endif
