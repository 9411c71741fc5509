/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A coturn of the test's own: on ports found free, with a
 * certificate made for the occasion and one static user. It dies with the
 * thread that started it, whatever becomes of the test.
 *
 * Its verbose log comes through a pipe and is flushed line by line, so a line
 * is an event, and is kept with the time at which it was read. These matter:
 *
 *   session N: new, ..., lifetime=600            an allocation is made
 *   session N: refreshed, ..., lifetime=0        and released by the client
 *   session N: closed (2nd stage), ... reason: allocation timeout
 *   session N: delete: ...                       its relayed port is closed
 *
 * The first two end in "cipher=..., method=..." if the client speaks TLS. A
 * release is what frees quota and user; the port of a released allocation
 * coturn closes by a timer of one second (refresh_relay_connection() turns
 * lifetime 0 into 1), or at once when the client closes its TCP connection.
 */

#pragma once

#include <gst/check/gstcheck.h>

G_BEGIN_DECLS

#define TURN_NEW "*session *: new, *"
#define TURN_RELEASED "*session *: refreshed, *lifetime=0*"
#define TURN_DELETED "*session *: delete: *<user>*"
#define TURN_PEER_USAGE "*session *: peer usage: *<user>*"

typedef struct _TurnServer TurnServer;

/* Returns once it listens: on the loopback, or at an address of its own. */
TurnServer *turn_server_new (void);
TurnServer *turn_server_new_at (const char *address);
/* Kills it and removes its files. */
void turn_server_free (TurnServer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TurnServer, turn_server_free)

/* For the property turn-server: "udp", "tcp", "tls", or "any" for a URI that
 * names no transport. */
char *turn_server_get_uri (TurnServer *self, const char *transport);
guint turn_server_get_port (TurnServer *self, const char *transport);
/* Has this process trust its certificate, and no other. */
void turn_server_trust (TurnServer *self);

/* Awaits the @n-th line that matches the glob @pattern; returns its time on
 * the monotonic clock in microseconds, and the line itself in @line, if given.
 * Fails the test, with the whole log, after twenty seconds. */
gint64 turn_server_await (
    TurnServer *self, const char *pattern, guint n, char **line);

/* How many lines match so far. */
guint turn_server_count (TurnServer *self, const char *pattern);

/* Awaits, for each session with a line that matches @of, one that matches
 * @pattern. Returns when the last session had its first one, and the number of
 * sessions in @n. A retransmitted request makes a second line, which does not count. */
gint64 turn_server_await_each (
    TurnServer *self, const char *of, const char *pattern, guint *n);
void turn_server_dump (TurnServer *self);

/* SIGSTOP, and SIGCONT; each returns when the process has changed. */
void turn_server_freeze (TurnServer *self);
void turn_server_thaw (TurnServer *self);

G_END_DECLS
