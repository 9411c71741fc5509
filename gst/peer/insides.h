/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstdataqueue.h>
#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

/* The only place that knows what webrtcbin is made of. Nothing here takes
 * webrtcbin's own locks. */

/* One ICE/DTLS transport: on a bundled connection there is one. */
typedef struct {
  GstElement *encoder; /* dtlssrtpenc */
  GstPad *data_sink;   /* DTLS application data, and its end */
  GstPad *rtcp_sink;   /* RTCP to be encrypted */
  GstPad *exit;        /* what is handed to the network passes here */
  GObject *session;    /* (nullable): the RTPSession */
} GstPeerTransport;

GPtrArray *gst_peer_insides_transports (GstElement *child);
gboolean gst_peer_transport_is_connecting (GstPeerTransport *self);
gboolean gst_peer_transport_is_connected (GstPeerTransport *self);
gboolean gst_peer_transport_send_close_notify (GstPeerTransport *self);
GArray *gst_peer_transport_sent_ssrcs (GstPeerTransport *self);
void gst_peer_transport_end_reports (GstPeerTransport *self, guint32 ssrc);
char *gst_peer_transport_cname (GstPeerTransport *self);

GstElement *gst_peer_insides_sctp_encoder (GstElement *child);
GstPad *gst_peer_insides_sctp_exit (GstElement *child);
GPtrArray *gst_peer_insides_inputs (GstElement *child);
void gst_peer_insides_number_association (GstElement *part, guint *number);
GObject *gst_peer_insides_get_association (GstElement *decoder);
void gst_peer_insides_keep_association (GstElement *encoder);
void gst_peer_insides_abort_sctp (GstElement *child);
void gst_peer_insides_end_messages (GstElement *child);
GstDataQueue *gst_peer_insides_dup_sctp_queue (GstPad *src);

gboolean gst_peer_insides_pad_ssrc (GstPad *src, guint32 *ssrc);
void gst_peer_insides_discard (GstPad *pad);
void gst_peer_insides_keep_dtls (GstElement *child, GstElement *added);
void gst_peer_insides_mend_flow (GstElement *element);
void gst_peer_insides_mend_jitterbuffer (GstElement *jitterbuffer);
void gst_peer_insides_flush_jitterbuffers (GstElement *child);
void gst_peer_insides_stop_readers (GstElement *child);
gboolean gst_peer_insides_drain_pad (GstPad *src);

gboolean gst_peer_insides_channel_path (GstElement *child,
    GstWebRTCDataChannel *channel, GstElement **source, GstPad **sink);
void gst_peer_insides_close_channel (GstWebRTCDataChannel *channel);
void gst_peer_insides_fail_channel (
    GstWebRTCDataChannel *channel, const GError *error);

GPtrArray *gst_peer_insides_find_all (GstElement *bin, const char *factory);
gboolean gst_peer_insides_is (GstObject *element, const char *factory);
GstState gst_peer_insides_state (GstElement *element);
void gst_peer_insides_block_handlers (gpointer instance, const char *signal);
void gst_peer_insides_free_on_clock (GPtrArray *objects, GstClockTime delay);

G_END_DECLS
