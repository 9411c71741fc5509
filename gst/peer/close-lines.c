/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The lines of a close: the connected transports, and what leaves through them.
 * A probe in front of the network sees it, and is the proof that it has left. */

#include "close-private.h"

#include "ice-agent.h"
#include "peerconnection-private.h"

/* The first bytes of packets. */
#define DTLS_ALERT 21
#define DTLS_APPLICATION_DATA 23

#define ANY_DATA (GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST)

static gboolean
all_alerts_seen (GstPeerClose *self)
{
  for (guint i = 0; i < self->lines->len; i++) {
    GstPeerLine *line = g_ptr_array_index (self->lines, i);

    if (!g_atomic_int_get (&line->alert_seen))
      return FALSE;
  }
  return TRUE;
}

/* A probe sees a packet before it is sent. Who gets the stream lock of its pad
 * afterwards finds it sent: the ICE agent may close. */
static void
await_sent (GstElement *element, gpointer user_data)
{
  GstPeerClose *self = user_data;

  for (guint i = 0; i < self->lines->len; i++) {
    GstPeerLine *line = g_ptr_array_index (self->lines, i);

    GST_PAD_STREAM_LOCK (line->transport->exit);
    GST_PAD_STREAM_UNLOCK (line->transport->exit);
  }
  gst_peer_close_repeat (self);
}

/**
 * gst_peer_close_alert_sent:
 *
 * Or there is nobody any more to send it to.
 */
void
gst_peer_close_alert_sent (GstPeerLine *line)
{
  g_atomic_int_set (&line->alert_seen, TRUE);
  if (all_alerts_seen (line->close))
    gst_peer_close_run_aside (line->close, await_sent);
}

static void
keep_alert (GstPeerLine *line, GstBuffer *buffer)
{
  /* Or it is the same again. */
  if (g_atomic_int_get (&line->alert_seen))
    return;
  line->alert = gst_buffer_ref (buffer);
  gst_peer_close_alert_sent (line);
}

/* What a packet is, from its first byte (RFC 7983). */
static GstPadProbeReturn
pass_packet (GstPeerLine *line, GstBuffer *buffer, guint8 first)
{
  if (g_atomic_int_get (&line->close->shut))
    return GST_PAD_PROBE_DROP;

  switch (first) {
  case DTLS_ALERT:
    keep_alert (line, buffer);
    break;
  case DTLS_APPLICATION_DATA:
    if (g_atomic_int_get (&line->abort_seen))
      gst_peer_close_step_done (line->close, "sctp-abort");
    break;
  default:
    /* No RTP or RTCP but the BYEs leaves once they are due. */
    if (first >= 128 && first <= 191 && g_atomic_int_get (&line->media_gate)) {
      if (g_thread_self () != g_atomic_pointer_get (&line->bye_thread))
        return GST_PAD_PROBE_DROP;
      g_atomic_int_inc (&line->byes_seen);
    }
  }

  return GST_PAD_PROBE_OK;
}

/* Returns the first packet of what passes, and its first byte. */
static GstBuffer *
look_at (GstPadProbeInfo *info, guint8 *first)
{
  GstBuffer *buffer =
      GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER_LIST
          ? gst_buffer_list_get (GST_PAD_PROBE_INFO_BUFFER_LIST (info), 0)
          : GST_PAD_PROBE_INFO_BUFFER (info);

  return buffer != NULL && gst_buffer_extract (buffer, 0, first, 1) == 1
             ? buffer
             : NULL;
}

/* On whichever thread pushes. */
static GstPadProbeReturn
on_exit_data (GstPad *pad, GstPadProbeInfo *info, gpointer line)
{
  guint8 first;
  GstBuffer *buffer = look_at (info, &first);

  return buffer != NULL ? pass_packet (line, buffer, first) : GST_PAD_PROBE_OK;
}

static gboolean
note_alert (GstBuffer **buffer, guint index, gpointer user_data)
{
  GstPeerInput *input = user_data;
  guint8 first;

  if (gst_buffer_extract (*buffer, 0, &first, 1) == 1 && first == DTLS_ALERT &&
      g_atomic_int_compare_and_exchange (&input->alert_seen, FALSE, TRUE))
    gst_peer_close_on_answer (input->close);

  return TRUE;
}

/* On nicesrc's thread, which from libnice 0.1.22 on has several at once. */
static GstPadProbeReturn
on_input_data (GstPad *pad, GstPadProbeInfo *info, gpointer input)
{
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    gst_buffer_list_foreach (
        GST_PAD_PROBE_INFO_BUFFER_LIST (info), note_alert, input);
  } else {
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

    note_alert (&buffer, 0, input);
  }

  return GST_PAD_PROBE_OK;
}

static void
line_free (gpointer data)
{
  GstPeerLine *line = data;

  gst_clear_buffer (&line->alert);
  g_free (line);
}

static void
input_free (gpointer data)
{
  GstPeerInput *input = data;

  gst_object_unref (input->pad);
  g_free (input);
}

static void
release_input (gpointer input)
{
  gst_peer_close_unref (((GstPeerInput *)input)->close);
}

static void
release_line (gpointer line)
{
  gst_peer_close_unref (((GstPeerLine *)line)->close);
}

static void
add_line (GstPeerClose *self, GstPeerTransport *transport)
{
  GstPeerLine *line = g_new0 (GstPeerLine, 1);

  line->close = gst_peer_close_ref (self);
  line->transport = transport;
  g_ptr_array_add (self->lines, line);
  line->probe = gst_pad_add_probe (
      transport->exit, ANY_DATA, on_exit_data, line, release_line);
}

static void
add_inputs (GstPeerClose *self)
{
  g_autoptr (GPtrArray) pads = gst_peer_insides_inputs (self->child);

  for (guint i = 0; i < pads->len; i++) {
    GstPeerInput *input = g_new0 (GstPeerInput, 1);

    input->close = gst_peer_close_ref (self);
    input->pad = gst_object_ref (g_ptr_array_index (pads, i));
    g_ptr_array_add (self->inputs, input);
    input->probe = gst_pad_add_probe (
        input->pad, ANY_DATA, on_input_data, input, release_input);
  }
}

static gboolean
has_line (GstPeerClose *self, GstPeerTransport *transport)
{
  for (guint i = 0; i < self->lines->len; i++) {
    if (((GstPeerLine *)g_ptr_array_index (self->lines, i))->transport ==
        transport)
      return TRUE;
  }

  return FALSE;
}

/**
 * gst_peer_close_add_lines:
 *
 * Those that have connected since. On the loop, before the steps that use them.
 */
void
gst_peer_close_add_lines (GstPeerClose *self)
{
  for (guint i = 0; i < self->transports->len; i++) {
    GstPeerTransport *transport = g_ptr_array_index (self->transports, i);

    if (gst_peer_transport_is_connected (transport) &&
        !has_line (self, transport))
      add_line (self, transport);
  }
  if (self->lines->len > 0 && self->inputs->len == 0)
    add_inputs (self);
}

/**
 * gst_peer_close_may_connect:
 *
 * Returns: whether there is a peer with whom a DTLS handshake goes on
 */
gboolean
gst_peer_close_may_connect (GstPeerClose *self)
{
  if (!gst_peer_ice_has_pair (self->element->agent, self->transports->len))
    return FALSE;

  for (guint i = 0; i < self->transports->len; i++) {
    if (gst_peer_transport_is_connecting (
            g_ptr_array_index (self->transports, i)))
      return TRUE;
  }

  return FALSE;
}

/**
 * gst_peer_close_open_lines:
 *
 * Finds the transports over which a peer can be told anything: when it has
 * closed all of them, that it was heard.
 */
void
gst_peer_close_open_lines (GstPeerClose *self)
{
  self->transports = self->child != NULL
                         ? gst_peer_insides_transports (self->child)
                         : g_ptr_array_new ();
  self->lines = g_ptr_array_new_with_free_func (line_free);
  self->inputs = g_ptr_array_new_with_free_func (input_free);

  gst_peer_close_add_lines (self);
  self->answers_only =
      self->lines->len == 0 && self->reason == GST_PEER_CLOSE_REMOTE;
  for (guint i = 0; self->answers_only && i < self->transports->len; i++)
    add_line (self, g_ptr_array_index (self->transports, i));
  if (self->answers_only && self->lines->len > 0)
    add_inputs (self);
}

/**
 * gst_peer_close_shut_lines:
 *
 * From here on nothing leaves. By a flag, as a probe that is added or removed
 * while a packet passes has GStreamer ask all probes about that packet again.
 */
void
gst_peer_close_shut_lines (GstPeerClose *self)
{
  g_atomic_int_set (&self->shut, TRUE);
}

/**
 * gst_peer_close_remove_lines:
 *
 * At the end of a life. The probes, the pads and the close hold one another.
 */
void
gst_peer_close_remove_lines (GstPeerClose *self)
{
  for (guint i = 0; self->lines != NULL && i < self->lines->len; i++) {
    GstPeerLine *line = g_ptr_array_index (self->lines, i);

    gst_pad_remove_probe (line->transport->exit, line->probe);
  }
  for (guint i = 0; self->inputs != NULL && i < self->inputs->len; i++) {
    GstPeerInput *input = g_ptr_array_index (self->inputs, i);

    gst_pad_remove_probe (input->pad, input->probe);
  }
  if (self->abort_pad != NULL)
    gst_pad_remove_probe (self->abort_pad, self->abort_probe);
  gst_clear_object (&self->abort_pad);
}
