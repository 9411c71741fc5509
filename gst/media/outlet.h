/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codecs.h"
#include "peersrc.h"

G_BEGIN_DECLS

/* One medium that a peer sends: a source pad, and behind it whatever brings the
 * RTP into the form that is taken downstream. */
typedef struct _GstPeerOutlet GstPeerOutlet;

/* The peer has ended it. On a streaming thread. */
typedef void (*GstPeerOutletEnded) (gpointer user_data);

GstPeerOutlet *gst_peer_outlet_new (GstPeerSrc *src, const char *media,
    guint latency, GstPeerOutletEnded ended, gpointer user_data);
void gst_peer_outlet_free (GstPeerOutlet *self);

const char *gst_peer_outlet_get_media (GstPeerOutlet *self);
GstCaps *gst_peer_outlet_query_downstream (GstPeerOutlet *self);
void gst_peer_outlet_connect (
    GstPeerOutlet *self, GstBin *bin, GstPad *rtp, const GstPeerCodec *codec);
void gst_peer_outlet_disconnect (GstPeerOutlet *self);
void gst_peer_outlet_wait (GstPeerOutlet *self, gint64 until);
void gst_peer_outlet_end_unused (GstPeerOutlet *self);
void gst_peer_outlet_end (GstPeerOutlet *self);
gboolean gst_peer_outlet_has_ended (GstPeerOutlet *self);
gint64 gst_peer_outlet_get_last (GstPeerOutlet *self);

G_END_DECLS
