/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "endpoint.h"
#include "log-budget.h"
#include "role.h"

G_BEGIN_DECLS

struct _GstPeerEndpoint {
  GstBin *element; /* which this is a part of */
  const GstPeerEndpointClass *klass;
  GstPeerSettings settings;
  GstPeerLoop *loop;
  GstPeerSessions *sessions;
  GstPeerRole role; /* of this life; NONE with a signaller of the user's */

  /* Guarded by the object lock of the element. */
  GstWebRTCPeerConnectionState connection_state;
  GstWebRTCSignalingState signaling_state;
  gboolean started; /* somebody signals */
  gboolean closing;
  gboolean closed;
  gboolean told; /* everybody has been, of that */
  GstPeerEnd reason;
  gint64 close_time;   /* when it has begun */
  GPtrArray *promises; /* element-type GstPromise; to be answered */
  GstStructure *report;

  /* Used on the loop. */
  GPtrArray *reports; /* element-type GstStructure; of sessions */
  GSource *deadline;
  GSource *drain;
  gboolean failed;           /* there was an ERROR message */
  gboolean lost;             /* the peer is, and on-peer-lost is eos */
  GstPeerLogBudget failures; /* of sessions that others have opened */
  gboolean had_sessions;
};

/* endpoint-properties.c */
void gst_peer_endpoint_update_states (GstPeerEndpoint *self);
GstPeerEndpoint *gst_peer_endpoint_of (gpointer element);
void gst_peer_endpoint_attach (GstPeerEndpoint *self);

/* endpoint-stats.c */
GstStructure *gst_peer_endpoint_dup_stats (GstPeerEndpoint *self);

/* endpoint-close.c */
void gst_peer_endpoint_add_report (
    GstPeerEndpoint *self, GstPeerSession *session, const GstStructure *report);
void gst_peer_endpoint_check_closed (GstPeerEndpoint *self);
void gst_peer_endpoint_close_session (
    GstPeerEndpoint *self, const char *id, GstPromise *promise);
void gst_peer_endpoint_reset (GstPeerEndpoint *self);
gboolean gst_peer_endpoint_wait (GstPeerEndpoint *self);
void gst_peer_endpoint_let_go (GstPeerEndpoint *self);

G_END_DECLS
