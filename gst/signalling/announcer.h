/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "loop.h"
#include "signaller.h"

G_BEGIN_DECLS

/**
 * GstPeerAnnouncer:
 * @signaller: (transfer none): whose signals they are, and whose field this is
 * @loop: (transfer none): where they are emitted
 * @session: its id
 * @is_muted: nothing is emitted any more; set on the loop
 *
 * Emits the signals of one session by a task of its own each, in their order.
 * So whoever is told may wait for other tasks of the loop, as in a stop.
 */
typedef struct {
  GstPeerSignaller *signaller;
  GstPeerLoop *loop;
  char *session;
  gboolean is_muted;
} GstPeerAnnouncer;

void gst_peer_announce_requested (
    GstPeerAnnouncer *self, const char *const *ice_servers);
void gst_peer_announce_description (
    GstPeerAnnouncer *self, GstWebRTCSDPType type, const GstSDPMessage *sdp);
void gst_peer_announce_failed (
    GstPeerAnnouncer *self, const GError *error, guint http_status);
void gst_peer_announce_released (GstPeerAnnouncer *self);

G_END_DECLS
