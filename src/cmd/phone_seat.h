/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_seat.h - `ahoy phone` less whoever sits in front of it: the world, the phone with its
 * accounts, the desk, signals, and an orderly end.
 *
 * What the front gives: where lines and events go.  What it does: phone_desk_command and
 * the like on seat->desk, and phone_desk_quit when the user has gone. */

#ifndef CMD_PHONE_SEAT_H
#define CMD_PHONE_SEAT_H

#include "cmd/account_file.h"
#include "cmd/phone_files.h"
#include "cmd/phone_log.h"
#include "cmd/sound.h"
#include "console/phone_desk.h"
#include "stack/trace.h"

struct seat_options {
    const char        *accounts[ACCOUNT_COUNT_MAX]; /* names; none: all of the file */
    size_t             account_count;
    bool               no_account, no_register;
    const char        *proxy, *trace;
    const char        *reliable; /* as reliable_parse reads it, or NULL */
    const char        *tls_trust, *tls_certificate, *tls_key;
    bool               tls_no_verify;
    struct address     listen; /* family NONE: the address that reaches the first account's server; port 0: any */
    bool               udp, tcp, tls;
    uint16_t           rtp_first, rtp_last; /* 0: the media's own */
    uint32_t           max_calls;
    msec               stats_every;
    struct desk_policy incoming;
};

struct phone_seat {
    struct world              *world;
    struct phone              *phone;
    struct phone_desk         *desk;
    struct tls_shared         *tls;
    struct trace_writer       *trace;
    struct phone_log           log;
    struct account_list        accounts; /* of the file */
    const struct seat_options *options;
    int                        instances[ACCOUNT_COUNT_MAX]; /* descriptors that hold theirs, or 0 */
    struct sound               sound;
    struct phone_files         files;
    unsigned                   interrupts;
    int                        exit_code;
    /* What the front has set. */
    void (*line)(void *front, struct slice line);
    void (*event)(void *front, const struct phone_event *e); /* or NULL */
    void *front;
};

/* The world first: a front needs it for its descriptors.  Exit codes, after a complaint. */
int  phone_seat_open_world(struct phone_seat *s);
int  phone_seat_open(struct phone_seat *s, const struct seat_options *o); /* borrows the options to the end */
int  phone_seat_run(struct phone_seat *s);
void phone_seat_close(struct phone_seat *s);
/* After the front has let go of the world. */
void phone_seat_close_world(struct phone_seat *s);

#endif
