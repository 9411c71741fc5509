/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the rows of close.c do, in their order. They run on the element's loop
 * and never wait: what may, state changes and serialized events inside of
 * webrtcbin, runs on a thread of the element's pool. The proof that something
 * has left is a probe in front of the network (on_exit_data). */

#include "close-private.h"

#include "channels.h"
#include "pads.h"
#include "ice-agent.h"
#include "peerconnection-private.h"
#include "rtcp-bye.h"
#include "sctp-packet.h"

#include <gst/sdp/sdp.h>
#include <stdlib.h>

#define GST_CAT_DEFAULT gst_peer_connection_debug

#define ABORT_REASON "close"

/**
 * gst_peer_close_run_aside:
 *
 * Runs @func (element, close) on a thread of the element's pool.
 */
GstPeerStepResult
gst_peer_close_run_aside (GstPeerClose *self, GstElementCallAsyncFunc func)
{
  gst_element_call_async (GST_ELEMENT (self->element), func,
      gst_peer_close_ref (self), (GDestroyNotify)gst_peer_close_unref);

  return GST_PEER_STEP_PENDING;
}

/* === resume: what is paused cannot send, so nor is it paused before the end:
 * a pipeline that gets its EOS from the source pads does that in mid-close. And
 * a peer whose DTLS handshake is done can only be told when ours is, too === */

static void
resume (GstElement *element, gpointer user_data)
{
  GstPeerClose *self = user_data;

  gst_element_set_state (self->child, GST_STATE_PLAYING);
  gst_peer_close_step_done (self, "resume");
}

/* Returns whether there may be more. Looked at first, or one that connects
 * meanwhile would be missed. */
static gboolean
add_lines (GstPeerClose *self)
{
  gboolean may_connect = gst_peer_close_may_connect (self);

  gst_peer_close_add_lines (self);

  return may_connect;
}

GstPeerStepResult
gst_peer_close_step_resume (gpointer close)
{
  GstPeerClose *self = close;

  self->awaits_dtls = add_lines (self);
  if (self->lines->len == 0 && !self->awaits_dtls)
    return GST_PEER_STEP_SKIPPED;
  gst_element_set_locked_state (self->child, TRUE);
  if (gst_peer_insides_state (self->child) == GST_STATE_PAUSED) {
    self->awaits_dtls = FALSE;
    return gst_peer_close_run_aside (self, resume);
  }

  return self->awaits_dtls ? GST_PEER_STEP_PENDING : GST_PEER_STEP_SKIPPED;
}

static gboolean
check_dtls (gpointer user_data)
{
  GstPeerClose *self = user_data;

  if (!self->awaits_dtls)
    return G_SOURCE_REMOVE;
  self->awaits_dtls = add_lines (self);
  if (!self->awaits_dtls)
    gst_peer_close_step_done (self, "resume");

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_close_on_handshake_over:
 *
 * From any thread.
 */
void
gst_peer_close_on_handshake_over (GstPeerClose *self)
{
  gst_peer_loop_call (self->element->loop, check_dtls,
      gst_peer_close_ref (self), (GDestroyNotify)gst_peer_close_unref);
}

/* === drain: EOS only. RTP is at the network when EOS has come down all sink
 * pads; then come the channels === */

GstPeerStepResult
gst_peer_close_step_drain (gpointer close)
{
  GstPeerClose *self = close;

  self->awaits_dtls = FALSE;
  if (self->reason != GST_PEER_CLOSE_EOS || self->lines->len == 0 ||
      gst_peer_states_is_closed (self->element))
    return GST_PEER_STEP_SKIPPED;

  if (g_atomic_int_get (&self->awaits_pads) &&
      gst_peer_pads_await_eos (self->element))
    return GST_PEER_STEP_PENDING;
  g_atomic_int_set (&self->awaits_pads, FALSE);

  return gst_peer_channels_drain (self->element) ? GST_PEER_STEP_PENDING
                                                 : GST_PEER_STEP_SKIPPED;
}

static gboolean
drain_channels (gpointer user_data)
{
  GstPeerClose *self = user_data;

  /* It may have been just another EOS. */
  if (gst_peer_pads_await_eos (self->element))
    return G_SOURCE_REMOVE;
  if (g_atomic_int_compare_and_exchange (&self->awaits_pads, TRUE, FALSE) &&
      !gst_peer_channels_drain (self->element))
    gst_peer_close_step_done (self, "drain");

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_close_on_pads_drained:
 *
 * From any thread.
 */
void
gst_peer_close_on_pads_drained (GstPeerClose *self)
{
  gst_peer_loop_call (self->element->loop, drain_channels,
      gst_peer_close_ref (self), (GDestroyNotify)gst_peer_close_unref);
}

/* === 1-3, 10, 11: [[IsClosed]], the states === */

static gboolean
mark (gpointer user_data)
{
  GstPeerClose *self = user_data;

  gst_peer_close_mark (self);
  gst_peer_close_step_done (self, "closed");
  gst_peer_promises_abort (&self->element->promises);

  return G_SOURCE_REMOVE;
}

/* A task of its own, as it calls out to the application: from there, a change
 * to NULL may wait for the steps that follow. */
GstPeerStepResult
gst_peer_close_step_closed (gpointer close)
{
  GstPeerClose *self = close;

  gst_peer_loop_call (self->element->loop, mark, gst_peer_close_ref (self),
      (GDestroyNotify)gst_peer_close_unref);

  return GST_PEER_STEP_PENDING;
}

/* === 4: stop sending, RTCP BYE for each stream that was sent === */

/* When rtpsession has not had anything to report yet, or is just about to: its
 * own events may come between these. */
static void
begin_rtcp (GstPad *sink)
{
  g_autoptr (GstEvent) begun =
      gst_pad_get_sticky_event (sink, GST_EVENT_SEGMENT, 0);
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("application/x-rtcp");
  g_autofree char *stream_id = NULL;
  GstSegment segment;

  if (begun != NULL)
    return;

  stream_id = g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_send_event (sink, gst_event_new_stream_start (stream_id));
  gst_pad_send_event (sink, gst_event_new_caps (caps));
  gst_pad_send_event (sink, gst_event_new_segment (&segment));
}

static void
send_bye (GstPeerTransport *transport, guint32 ssrc, const char *cname)
{
  begin_rtcp (transport->rtcp_sink);
  gst_pad_chain (transport->rtcp_sink, gst_peer_rtcp_bye_new (ssrc, cname));
}

/* Returns whether all have left. */
static gboolean
send_byes (GstPeerLine *line)
{
  g_autoptr (GArray) ssrcs = gst_peer_transport_sent_ssrcs (line->transport);
  g_autofree char *cname = gst_peer_transport_cname (line->transport);

  g_atomic_pointer_set (&line->bye_thread, g_thread_self ());
  for (guint i = 0; i < ssrcs->len; i++)
    send_bye (line->transport, g_array_index (ssrcs, guint32, i), cname);
  g_atomic_pointer_set (&line->bye_thread, NULL);

  return (guint)g_atomic_int_get (&line->byes_seen) >= ssrcs->len;
}

static void
send_all_byes (GstElement *element, gpointer user_data)
{
  GstPeerClose *self = user_data;
  gboolean sent = TRUE;

  for (guint i = 0; i < self->lines->len; i++)
    sent &= send_byes (g_ptr_array_index (self->lines, i));
  if (sent)
    gst_peer_close_step_done (self, "rtp-bye");
}

GstPeerStepResult
gst_peer_close_step_bye (gpointer close)
{
  GstPeerClose *self = close;
  guint n_streams = 0;

  if (self->answers_only)
    return GST_PEER_STEP_SKIPPED;

  for (guint i = 0; i < self->lines->len; i++) {
    GstPeerLine *line = g_ptr_array_index (self->lines, i);
    g_autoptr (GArray) ssrcs = NULL;

    g_atomic_int_set (&line->media_gate, TRUE);
    ssrcs = gst_peer_transport_sent_ssrcs (line->transport);
    n_streams += ssrcs->len;
  }

  return n_streams > 0 ? gst_peer_close_run_aside (self, send_all_byes)
                       : GST_PEER_STEP_SKIPPED;
}

/* One sender of several, at the EOS of its pad. */

/* The streams of one m-line: its own, its retransmissions, its repair. */
static GHashTable *
mline_ssrcs (GstElement *child, guint mline)
{
  g_autoptr (GstWebRTCSessionDescription) local = NULL;
  GHashTable *ssrcs = g_hash_table_new (NULL, NULL);
  const GstSDPMedia *media;

  g_object_get (child, "local-description", &local, NULL);
  if (local == NULL || mline >= gst_sdp_message_medias_len (local->sdp))
    return ssrcs;

  media = gst_sdp_message_get_media (local->sdp, mline);
  for (guint i = 0; i < gst_sdp_media_attributes_len (media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);

    if (g_str_equal (attribute->key, "ssrc") && attribute->value != NULL)
      g_hash_table_add (
          ssrcs, GUINT_TO_POINTER (strtoul (attribute->value, NULL, 10)));
  }

  return ssrcs;
}

static GHashTable *
pad_ssrcs (GstElement *child, GstPad *pad)
{
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  guint mline = G_MAXUINT, ssrc;
  GHashTable *ssrcs;

  g_object_get (pad, "transceiver", &transceiver, NULL);
  if (transceiver != NULL)
    g_object_get (transceiver, "mlineindex", &mline, NULL);
  ssrcs = mline_ssrcs (child, mline);
  if (caps != NULL &&
      gst_structure_get_uint (gst_caps_get_structure (caps, 0), "ssrc", &ssrc))
    g_hash_table_add (ssrcs, GUINT_TO_POINTER (ssrc));

  return ssrcs;
}

static void
stop_sending (GstPad *pad)
{
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  GstWebRTCRTPTransceiverDirection direction;

  g_object_get (pad, "transceiver", &transceiver, NULL);
  if (transceiver == NULL)
    return;

  g_object_get (transceiver, "direction", &direction, NULL);
  g_object_set (transceiver, "direction",
      direction == GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDRECV ||
              direction == GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY
          ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY
          : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_INACTIVE,
      NULL);
}

static void
end_sender (GstElement *element, gpointer pad)
{
  g_autoptr (GstPad) inner = gst_peer_pads_get_inner (pad);
  g_autoptr (GstElement) child =
      inner != NULL ? gst_pad_get_parent_element (inner) : NULL;
  g_autoptr (GHashTable) ssrcs = NULL;
  g_autoptr (GPtrArray) transports = NULL;

  if (child == NULL)
    return;

  stop_sending (pad);
  ssrcs = pad_ssrcs (child, pad);
  transports = gst_peer_insides_transports (child);
  for (guint i = 0; i < transports->len; i++) {
    GstPeerTransport *transport = g_ptr_array_index (transports, i);
    g_autoptr (GArray) sent = gst_peer_transport_sent_ssrcs (transport);
    g_autofree char *cname = gst_peer_transport_cname (transport);

    if (!gst_peer_transport_is_connected (transport))
      continue;
    for (guint j = 0; j < sent->len; j++) {
      guint32 ssrc = g_array_index (sent, guint32, j);

      if (!g_hash_table_contains (ssrcs, GUINT_TO_POINTER (ssrc)))
        continue;
      gst_peer_transport_end_reports (transport, ssrc);
      send_bye (transport, ssrc, cname);
    }
  }
}

/**
 * gst_peer_close_end_sender:
 * @pad: a sink pad that has had its EOS
 *
 * Its streams get their BYE, its transceiver sends no more.
 */
void
gst_peer_close_end_sender (GstPeerConnection *element, GstPad *pad)
{
  gst_element_call_async (GST_ELEMENT (element), end_sender,
      gst_object_ref (pad), gst_object_unref);
}

/* === 4: stop receiving, tracks end, transceivers are stopped === */

static void
stop_transceivers (GstElement *element, gpointer user_data)
{
  GstPeerClose *self = user_data;
  g_autoptr (GArray) transceivers = NULL;

  g_signal_emit_by_name (self->child, "get-transceivers", &transceivers);
  for (guint i = 0; transceivers != NULL && i < transceivers->len; i++)
    g_object_set (g_array_index (transceivers, GObject *, i), "direction",
        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_INACTIVE, NULL);
}

GstPeerStepResult
gst_peer_close_step_receivers (gpointer close)
{
  GstPeerClose *self = close;

  /* Downstream of an element that is being stopped is stopping too. */
  if (self->reason == GST_PEER_CLOSE_STATE_CHANGE)
    return GST_PEER_STEP_SKIPPED;

  gst_peer_close_run_aside (self, stop_transceivers);
  return gst_peer_pads_end (
             self->element, self->reason == GST_PEER_CLOSE_EOS ||
                                self->reason == GST_PEER_CLOSE_REMOTE ||
                                self->element->presence == GST_PEER_LOST)
             ? GST_PEER_STEP_DONE
             : GST_PEER_STEP_SKIPPED;
}

/* === Nothing that comes in is looked at any more. What is closed behind a DTLS
 * decoder, and the decoder itself once it is, would answer with
 * GST_FLOW_FLUSHING or GST_FLOW_EOS: nicesrc stops at that, which also reads for
 * the ICE agent. Waits for what is being looked at, though not for an
 * application that keeps it === */

/* Here and now, or on nicesrc's thread. */
static GstPadProbeReturn
on_input_idle (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerClose *self = user_data;

  if (g_atomic_int_dec_and_test (&self->n_busy_inputs))
    gst_peer_close_step_done (self, "input");

  return GST_PAD_PROBE_REMOVE;
}

GstPeerStepResult
gst_peer_close_step_input (gpointer close)
{
  GstPeerClose *self = close;

  if (self->inputs->len == 0)
    return GST_PEER_STEP_SKIPPED;

  g_atomic_int_set (&self->n_busy_inputs, self->inputs->len);
  for (guint i = 0; i < self->inputs->len; i++) {
    GstPeerInput *input = g_ptr_array_index (self->inputs, i);

    gst_peer_insides_discard (input->pad);
    gst_pad_add_probe (input->pad, GST_PAD_PROBE_TYPE_IDLE, on_input_idle,
        gst_peer_close_ref (self), (GDestroyNotify)gst_peer_close_unref);
  }

  return GST_PEER_STEP_PENDING;
}

/* === 5: every data channel's readyState is closed === */

GstPeerStepResult
gst_peer_close_step_channels (gpointer close)
{
  GstPeerClose *self = close;

  gst_peer_channels_mute (self->element);
  return gst_peer_channels_close (self->element) ? GST_PEER_STEP_DONE
                                                 : GST_PEER_STEP_SKIPPED;
}

/* === 6: SCTP ABORT === */

/* usrsctp gives no reason; the packet that it made is given one. On the
 * encoder's thread. */
static GstPadProbeReturn
on_sctp_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstPeerClose *self = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  g_autoptr (GBytes) abort = NULL;
  GstMapInfo map;

  if (gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    abort = gst_peer_sctp_packet_new_abort (map.data, map.size, ABORT_REASON);
    gst_buffer_unmap (buffer, &map);
  }
  if (abort == NULL)
    return GST_PAD_PROBE_OK;

  gst_buffer_unref (buffer);
  GST_PAD_PROBE_INFO_DATA (info) = gst_buffer_new_wrapped_bytes (abort);
  for (guint i = 0; i < self->lines->len; i++) {
    GstPeerLine *line = g_ptr_array_index (self->lines, i);

    g_atomic_int_set (&line->abort_seen, TRUE);
  }

  return GST_PAD_PROBE_OK;
}

static void
abort_association (GstElement *element, gpointer user_data)
{
  GstPeerClose *self = user_data;

  gst_peer_insides_abort_sctp (self->child);
}

GstPeerStepResult
gst_peer_close_step_abort (gpointer close)
{
  GstPeerClose *self = close;
  g_autoptr (GstPad) pad = NULL;

  if (self->lines->len == 0 || self->answers_only ||
      !g_atomic_int_get (&self->element->sctp_established))
    return GST_PEER_STEP_SKIPPED;

  pad = gst_peer_insides_sctp_exit (self->child);
  if (pad == NULL)
    return GST_PEER_STEP_SKIPPED;

  self->abort_pad = gst_object_ref (pad);
  self->abort_probe =
      gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_sctp_packet,
          gst_peer_close_ref (self), (GDestroyNotify)gst_peer_close_unref);
  /* Not while one of its packets is being looked at. */
  return g_atomic_int_get (&self->n_busy_inputs) > 0
             ? GST_PEER_STEP_PENDING
             : gst_peer_close_run_aside (self, abort_association);
}

/* === 7: one close_notify per DTLS transport === */

static void
send_close_notify (GstElement *element, gpointer user_data)
{
  GstPeerClose *self = user_data;

  for (guint i = 0; i < self->lines->len; i++) {
    GstPeerLine *line = g_ptr_array_index (self->lines, i);

    if (!gst_peer_transport_send_close_notify (line->transport))
      gst_peer_close_alert_sent (line);
  }
}

GstPeerStepResult
gst_peer_close_step_close_notify (gpointer close)
{
  GstPeerClose *self = close;

  return self->lines->len > 0
             ? gst_peer_close_run_aside (self, send_close_notify)
             : GST_PEER_STEP_SKIPPED;
}

/* === 8, 9: the ICE agent ends, TURN allocations are released === */

/* The TURN servers have answered, or were given up by libnice. Which may be
 * after the element's end, or never: so it leads to the element weakly. */
static void
on_ice_closed (GObject *agent, GAsyncResult *result, gpointer user_data)
{
  GWeakRef *weak_ref = user_data;
  g_autoptr (GstPeerConnection) element = g_weak_ref_get (weak_ref);

  if (element != NULL)
    gst_peer_close_on_ice_closed (element);
  g_weak_ref_clear (weak_ref);
  g_free (weak_ref);
}

static gboolean
close_agent (gpointer task)
{
  gst_peer_ice_close (g_object_ref (task));

  return G_SOURCE_REMOVE;
}

/* On a thread of the element's pool: a reader may be in an application's handler
 * that waits for the close. */
static void
stop_readers (GstElement *element, gpointer task)
{
  gst_peer_insides_stop_readers (g_task_get_task_data (task));
  /* The task may never end, as a TURN server may never answer. */
  g_task_set_task_data (task, NULL, NULL);
  gst_peer_loop_call (
      GST_PEER_CONNECTION (element)->loop, close_agent, task, g_object_unref);
}

GstPeerStepResult
gst_peer_close_step_ice (gpointer close)
{
  GstPeerClose *self = close;
  GWeakRef *weak_ref;
  GTask *task;

  if (self->child == NULL ||
      gst_peer_insides_state (self->child) == GST_STATE_NULL)
    return GST_PEER_STEP_SKIPPED;

  weak_ref = g_new0 (GWeakRef, 1);
  g_weak_ref_init (weak_ref, self->element);
  task = gst_peer_ice_close_new (self->element->agent, on_ice_closed, weak_ref);
  if (gst_peer_ice_detach (self->element->agent, self->transports->len)) {
    g_task_set_task_data (task, gst_object_ref (self->child), gst_object_unref);
    gst_element_call_async (
        GST_ELEMENT (self->element), stop_readers, task, NULL);
  } else {
    gst_peer_ice_close (task);
  }

  return GST_PEER_STEP_PENDING;
}
