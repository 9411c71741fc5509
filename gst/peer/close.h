/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "peerconnection.h"

G_BEGIN_DECLS

typedef enum {
  GST_PEER_CLOSE_CLOSE,        /* the close signal */
  GST_PEER_CLOSE_EOS,          /* EOS, after draining */
  GST_PEER_CLOSE_STATE_CHANGE, /* PAUSED to READY without either */
  GST_PEER_CLOSE_ERROR,        /* an ERROR from inside */
  GST_PEER_CLOSE_REMOTE,       /* the peer has closed */
} GstPeerCloseReason;

/* The close of one life of an element: exists before it happens and can be
 * asked about afterwards. */
typedef struct _GstPeerClose GstPeerClose;

GstPeerClose *gst_peer_close_new (GstPeerConnection *element);
void gst_peer_close_unref (GstPeerClose *self);
void gst_peer_close_end (GstPeerClose *self);

/* The two entry points. From any thread; neither waits. */
void gst_peer_close (
    GstPeerConnection *element, GstPeerCloseReason reason, GstPromise *promise);
void gst_peer_close_after_drain (
    GstPeerConnection *element, guint32 seqnum, gboolean awaits_pads);

void gst_peer_close_post_eos (GstPeerConnection *element);
void gst_peer_close_before_pause (GstPeerConnection *element);
void gst_peer_close_after_pause (GstPeerConnection *element);
gboolean gst_peer_close_wait (GstPeerConnection *element);
GstStructure *gst_peer_close_dup_report (GstPeerConnection *element);
gboolean gst_peer_close_is_final (GstPeerConnection *element);

/* What the steps wait for. From any thread. */
void gst_peer_close_on_channels_drained (GstPeerConnection *element);
void gst_peer_close_on_dtls (GstPeerConnection *element);
void gst_peer_close_on_association_lost (GstPeerConnection *element);
void gst_peer_close_on_sink_eos (
    GstPeerConnection *element, GstPad *pad, guint32 seqnum);

G_END_DECLS
