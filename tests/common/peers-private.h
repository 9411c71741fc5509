/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What peers.c, which drives the two sides, and peers-log.c, which watches
 * them, know of each other. */

#pragma once

#include "peers.h"

G_BEGIN_DECLS

void peers_unref (Peers *self);

/* Begins the log and listens to the element and the bus. */
void peer_log_init (Peer *peer);
/* Stops listening. */
void peer_log_end (Peer *peer);
void peer_log_clear (Peer *peer);

void peer_watch_channel (Peer *peer, GstWebRTCDataChannel *channel);
void peer_watch_sender (Peer *peer, GstPad *sink);

G_END_DECLS
