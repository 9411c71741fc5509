/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reaches inside webrtcbin. Elements are found by the name of their factory,
 * pads by the name of their template; where the shape is another one than
 * expected, a warning says so and the step that wanted it is skipped.
 *
 * The shape is that of gst-plugins-bad 1.22, ext/webrtc/transportsendbin.c:
 *
 *   rtpbin ------ rtcp_sink --.
 *   rtpbin ------- rtp_sink ---- dtlssrtpenc -- nicesink (exit)
 *   sctpenc ----- data_sink --'
 */

#include "insides.h"

#include <stdio.h>

GST_DEBUG_CATEGORY_EXTERN (gst_peer_connection_debug);
#define GST_CAT_DEFAULT gst_peer_connection_debug

/* Exported by libgstwebrtc for webrtcbin, whose header is not installed
 * (gst-libs/gst/webrtc/webrtc-priv.h). */
void gst_webrtc_data_channel_on_error (
    GstWebRTCDataChannel *channel, GError *error);
void gst_webrtc_data_channel_on_close (GstWebRTCDataChannel *channel);

gboolean
gst_peer_insides_is (GstObject *element, const char *factory)
{
  GstElementFactory *own = GST_IS_ELEMENT (element)
                               ? gst_element_get_factory (GST_ELEMENT (element))
                               : NULL;

  return own != NULL && g_str_equal (GST_OBJECT_NAME (own), factory);
}

/**
 * gst_peer_insides_state:
 *
 * Returns: the state of @element, which another thread may be changing
 */
GstState
gst_peer_insides_state (GstElement *element)
{
  GstState state;

  GST_OBJECT_LOCK (element);
  state = GST_STATE (element);
  GST_OBJECT_UNLOCK (element);

  return state;
}

static gboolean
on_clock (GstClock *clock, GstClockTime time, GstClockID id, gpointer objects)
{
  g_ptr_array_set_size (objects, 0);

  return TRUE;
}

/**
 * gst_peer_insides_free_on_clock:
 * @objects: (transfer full)
 *
 * On the thread of the system clock, in @delay. At the end of a process there may
 * be no such thread any more, and the clock only drops what it was to call.
 */
void
gst_peer_insides_free_on_clock (GPtrArray *objects, GstClockTime delay)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockID id =
      gst_clock_new_single_shot_id (clock, gst_clock_get_time (clock) + delay);

  gst_clock_id_wait_async (
      id, on_clock, objects, (GDestroyNotify)g_ptr_array_unref);
  gst_clock_id_unref (id);
}

/**
 * gst_peer_insides_block_handlers:
 *
 * Nobody hears @signal of @instance any more. g_signal_handlers_block_matched()
 * would want to know whose handlers.
 */
void
gst_peer_insides_block_handlers (gpointer instance, const char *signal)
{
  guint id = g_signal_lookup (signal, G_OBJECT_TYPE (instance));
  gulong handler;

  while ((handler = g_signal_handler_find (instance,
              G_SIGNAL_MATCH_ID | G_SIGNAL_MATCH_UNBLOCKED, id, 0, NULL, NULL,
              NULL)) != 0)
    g_signal_handler_block (instance, handler);
}

GPtrArray *
gst_peer_insides_find_all (GstElement *bin, const char *factory)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (gst_object_unref);
  GstIterator *iter =
      gst_bin_iterate_all_by_element_factory_name (GST_BIN (bin), factory);
  g_auto (GValue) item = G_VALUE_INIT;
  gboolean more = TRUE;

  while (more) {
    switch (gst_iterator_next (iter, &item)) {
    case GST_ITERATOR_OK:
      g_ptr_array_add (found, g_value_dup_object (&item));
      g_value_reset (&item);
      break;
    case GST_ITERATOR_RESYNC:
      g_ptr_array_set_size (found, 0);
      gst_iterator_resync (iter);
      break;
    default:
      more = FALSE;
    }
  }
  gst_iterator_free (iter);

  return found;
}

static GstElement *
find_one (GstElement *bin, const char *factory)
{
  g_autoptr (GPtrArray) found = gst_peer_insides_find_all (bin, factory);

  return found->len > 0 ? gst_object_ref (g_ptr_array_index (found, 0)) : NULL;
}

/* === transports === */

static void
transport_free (gpointer data)
{
  GstPeerTransport *self = data;

  gst_clear_object (&self->encoder);
  gst_clear_object (&self->data_sink);
  gst_clear_object (&self->rtcp_sink);
  gst_clear_object (&self->exit);
  g_clear_object (&self->session);
  g_free (self);
}

/* The RTPSession whose RTCP leaves through @rtcp_sink, a pad of the encoder
 * behind a ghost pad that is linked to rtpbin's send_rtcp_src_%u. */
static GObject *
find_session (GstElement *child, GstElement *send_bin)
{
  g_autoptr (GstElement) rtpbin = find_one (child, "rtpbin");
  g_autoptr (GstPad) ghost = gst_element_get_static_pad (send_bin, "rtcp_sink");
  g_autoptr (GstPad) source = ghost != NULL ? gst_pad_get_peer (ghost) : NULL;
  GObject *session = NULL;
  guint id;

  if (rtpbin != NULL && source != NULL &&
      sscanf (GST_PAD_NAME (source), "send_rtcp_src_%u", &id) == 1)
    g_signal_emit_by_name (rtpbin, "get-internal-session", id, &session);

  return session;
}

static GstPeerTransport *
transport_new (GstElement *child, GstElement *encoder)
{
  g_autoptr (GstObject) send_bin = gst_object_get_parent (GST_OBJECT (encoder));
  g_autoptr (GstElement) sink = NULL;
  GstPeerTransport *self = g_new0 (GstPeerTransport, 1);

  self->encoder = gst_object_ref (encoder);
  self->data_sink = gst_element_get_static_pad (encoder, "data_sink");
  self->rtcp_sink = gst_element_get_static_pad (encoder, "rtcp_sink_0");
  if (send_bin != NULL) {
    sink = find_one (GST_ELEMENT (send_bin), "nicesink");
    self->session = find_session (child, GST_ELEMENT (send_bin));
  }
  if (sink != NULL)
    self->exit = gst_element_get_static_pad (sink, "sink");

  return self;
}

/**
 * gst_peer_insides_transports:
 *
 * Returns: (transfer container) (element-type GstPeerTransport)
 */
GPtrArray *
gst_peer_insides_transports (GstElement *child)
{
  g_autoptr (GPtrArray) encoders =
      gst_peer_insides_find_all (child, "dtlssrtpenc");
  GPtrArray *transports = g_ptr_array_new_with_free_func (transport_free);

  for (guint i = 0; i < encoders->len; i++) {
    GstPeerTransport *transport =
        transport_new (child, g_ptr_array_index (encoders, i));

    if (transport->session == NULL)
      GST_WARNING_OBJECT (child, "a transport without a known RTP session");
    if (transport->data_sink != NULL && transport->rtcp_sink != NULL &&
        transport->exit != NULL) {
      g_ptr_array_add (transports, transport);
    } else {
      GST_WARNING_OBJECT (child, "a transport of unknown shape is left alone");
      transport_free (transport);
    }
  }

  return transports;
}

/**
 * gst_peer_insides_inputs:
 *
 * Returns: (transfer container) (element-type GstPad): where what comes from
 *   the network comes in
 */
GPtrArray *
gst_peer_insides_inputs (GstElement *child)
{
  GPtrArray *inputs = g_ptr_array_new_with_free_func (gst_object_unref);
  g_autoptr (GPtrArray) decoders =
      gst_peer_insides_find_all (child, "dtlssrtpdec");

  for (guint i = 0; i < decoders->len; i++) {
    g_autoptr (GstPad) sink =
        gst_element_get_static_pad (g_ptr_array_index (decoders, i), "sink");
    GstPad *source = sink != NULL ? gst_pad_get_peer (sink) : NULL;

    if (source != NULL)
      g_ptr_array_add (inputs, source);
  }

  return inputs;
}

static gboolean
has_state (GstPeerTransport *self, const char *nick)
{
  g_auto (GValue) state = G_VALUE_INIT;
  const GEnumValue *value;

  g_object_get_property (G_OBJECT (self->encoder), "connection-state", &state);
  value = g_enum_get_value (
      g_type_class_peek (G_VALUE_TYPE (&state)), g_value_get_enum (&state));

  return value != NULL && g_str_equal (value->value_nick, nick);
}

/**
 * gst_peer_transport_is_connected:
 *
 * Returns: whether the DTLS handshake is done and neither side has closed it
 */
gboolean
gst_peer_transport_is_connected (GstPeerTransport *self)
{
  return has_state (self, "connected");
}

/* It is, from the beginning of the handshake or before. */
gboolean
gst_peer_transport_is_connecting (GstPeerTransport *self)
{
  return has_state (self, "connecting");
}

static GstIterator *
iterate_nothing (GstPad *pad, GstObject *parent)
{
  return NULL;
}

static gboolean
lead_nowhere (GstElement *encoder, GstPad *sink, gpointer user_data)
{
  gst_pad_set_iterate_internal_links_function (sink, iterate_nothing);
  return TRUE;
}

/**
 * gst_peer_transport_send_close_notify:
 *
 * After the peer's own, the encoder hands the EOS that asks for it on, past
 * what it has queued (ext/dtls/gstdtlsenc.c, sink_event), and nothing follows
 * an EOS. That one leads nowhere.
 *
 * Returns: whether it was asked for, as somebody can read it
 */
gboolean
gst_peer_transport_send_close_notify (GstPeerTransport *self)
{
  g_autoptr (GPtrArray) inner =
      GST_IS_BIN (self->encoder)
          ? gst_peer_insides_find_all (self->encoder, "dtlsenc")
          : g_ptr_array_new ();

  if (!gst_peer_transport_is_connected (self) && !has_state (self, "closed"))
    return FALSE;

  for (guint i = 0; i < inner->len; i++)
    gst_element_foreach_sink_pad (
        g_ptr_array_index (inner, i), lead_nowhere, NULL);
  gst_pad_send_event (self->data_sink, gst_event_new_eos ());

  return TRUE;
}

/* The streams of a session, each with its numbers. GValueArray is deprecated,
 * but RTPSession has nothing else. */
G_GNUC_BEGIN_IGNORE_DEPRECATIONS
static GValueArray *
get_sources (const GstStructure *stats)
{
  const GValue *sources = gst_structure_get_value (stats, "source-stats");

  return sources != NULL && G_VALUE_HOLDS (sources, g_value_array_get_type ())
             ? g_value_get_boxed (sources)
             : NULL;
}
G_GNUC_END_IGNORE_DEPRECATIONS

/**
 * gst_peer_transport_sent_ssrcs:
 *
 * Returns: (transfer full) (element-type guint32): the RTP streams that were
 *   sent, retransmissions and repair included
 */
GArray *
gst_peer_transport_sent_ssrcs (GstPeerTransport *self)
{
  GArray *ssrcs = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GstStructure) stats = NULL;
  GValueArray *sources;

  if (self->session == NULL)
    return ssrcs;

  g_object_get (self->session, "stats", &stats, NULL);
  sources = get_sources (stats);
  for (guint i = 0; sources != NULL && i < sources->n_values; i++) {
    const GstStructure *source = g_value_get_boxed (sources->values + i);
    gboolean internal = FALSE;
    guint64 sent = 0;
    guint ssrc;

    if (gst_structure_get (source, "ssrc", G_TYPE_UINT, &ssrc, "internal",
            G_TYPE_BOOLEAN, &internal, "packets-sent", G_TYPE_UINT64, &sent,
            NULL) &&
        internal && sent > 0)
      g_array_append_val (ssrcs, ssrc);
  }

  return ssrcs;
}

/**
 * gst_peer_transport_end_reports:
 *
 * No sender report of this stream any more.
 */
void
gst_peer_transport_end_reports (GstPeerTransport *self, guint32 ssrc)
{
  g_autoptr (GObject) source = NULL;

  g_signal_emit_by_name (self->session, "get-source-by-ssrc", ssrc, &source);
  if (source != NULL)
    g_object_set (source, "disable-rtcp", TRUE, NULL);
}

char *
gst_peer_transport_cname (GstPeerTransport *self)
{
  g_autoptr (GstStructure) sdes = NULL;

  if (self->session != NULL)
    g_object_get (self->session, "sdes", &sdes, NULL);

  return sdes != NULL ? g_strdup (gst_structure_get_string (sdes, "cname"))
                      : NULL;
}

/* === SCTP === */

GstElement *
gst_peer_insides_sctp_encoder (GstElement *child)
{
  return find_one (child, "sctpenc");
}

/**
 * gst_peer_insides_sctp_exit:
 *
 * Returns: (transfer full) (nullable): the pad that SCTP packets come out of,
 *   %NULL for an association of unknown shape
 */
GstPad *
gst_peer_insides_sctp_exit (GstElement *child)
{
  g_autoptr (GstElement) encoder = gst_peer_insides_sctp_encoder (child);
  g_autoptr (GstElement) decoder = find_one (child, "sctpdec");
  GstPad *exit = encoder != NULL && decoder != NULL
                     ? gst_element_get_static_pad (encoder, "src")
                     : NULL;

  if (exit == NULL)
    GST_WARNING_OBJECT (child, "an association of unknown shape is left alone");

  return exit;
}

/**
 * gst_peer_insides_abort_sctp:
 *
 * The decoder closes the association's socket on its way to READY, while the
 * encoder still carries what that sends (ext/sctp/gstsctpdec.c,
 * sctpdec_cleanup); the encoder's own way to READY unplugs itself first. The
 * handlers of pad-removed would answer with a stream reset and with events on
 * the local channels. When nothing comes in any more: a packet that opens
 * a stream makes a pad, adds it, and starts its task last, when the decoder may
 * have removed it again.
 */
void
gst_peer_insides_abort_sctp (GstElement *child)
{
  g_autoptr (GstElement) encoder = gst_peer_insides_sctp_encoder (child);
  g_autoptr (GstElement) decoder = find_one (child, "sctpdec");

  if (encoder == NULL || decoder == NULL)
    return;

  gst_peer_insides_block_handlers (decoder, "pad-removed");
  gst_element_set_locked_state (decoder, TRUE);
  gst_peer_insides_end_messages (child);
  gst_element_set_state (decoder, GST_STATE_READY);
  gst_element_set_locked_state (decoder, FALSE);
  /* The others may have gone there meanwhile. */
  if (GST_STATE_TARGET (child) == GST_STATE_NULL)
    gst_element_set_state (decoder, GST_STATE_NULL);
}

/* === received streams === */

/* From a src pad of webrtcbin through ghost pads to the element's own. */
static GstPad *
resolve (GstPad *pad)
{
  GstPad *target;

  gst_object_ref (pad);
  while (GST_IS_GHOST_PAD (pad)) {
    target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));
    gst_object_unref (pad);
    if (target == NULL)
      return NULL;
    pad = target;
  }

  return pad;
}

/**
 * gst_peer_insides_pad_ssrc:
 * @src: a src pad of webrtcbin
 */
gboolean
gst_peer_insides_pad_ssrc (GstPad *src, guint32 *ssrc)
{
  g_autoptr (GstPad) target =
      GST_IS_GHOST_PAD (src) ? gst_ghost_pad_get_target (GST_GHOST_PAD (src))
                             : NULL;

  return target != NULL &&
         sscanf (GST_PAD_NAME (target), "recv_rtp_src_%*u_%u_", ssrc) == 1;
}

static GstPadProbeReturn
drop_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

/**
 * gst_peer_insides_discard:
 *
 * What comes through @pad goes no further, and upstream hears nothing of that.
 */
void
gst_peer_insides_discard (GstPad *pad)
{
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, drop_buffer,
      NULL, NULL);
}

/**
 * gst_peer_insides_drain_pad:
 * @src: a src pad of webrtcbin
 *
 * Ends the stream in front of its jitterbuffer, so that what is in there comes
 * out before the EOS. Takes the stream lock of the jitterbuffer's sink pad.
 */
gboolean
gst_peer_insides_drain_pad (GstPad *src)
{
  g_autoptr (GstPad) pad = resolve (src);

  for (guint hops = 0; pad != NULL && hops < 8; hops++) {
    g_autoptr (GstObject) element = gst_pad_get_parent (pad);
    g_autoptr (GstPad) sink = NULL;
    g_autoptr (GstPad) peer = NULL;

    if (!GST_IS_ELEMENT (element))
      break;
    sink = gst_element_get_static_pad (GST_ELEMENT (element), "sink");
    if (sink == NULL)
      break;

    if (gst_peer_insides_is (element, "rtpjitterbuffer"))
      return gst_pad_send_event (sink, gst_event_new_eos ());
    peer = gst_pad_get_peer (sink);
    gst_object_unref (pad);
    pad = peer != NULL ? resolve (peer) : NULL;
  }

  return FALSE;
}

/* === data channels === */

/**
 * gst_peer_insides_channel_path:
 * @source: (out) (transfer full): the appsrc that messages are queued in
 * @sink: (out) (transfer full): the pad of the encoder that they end at
 *
 * Returns: %FALSE when @channel has no such path
 */
gboolean
gst_peer_insides_channel_path (GstElement *child, GstWebRTCDataChannel *channel,
    GstElement **source, GstPad **sink)
{
  g_autoptr (GstElement) encoder = gst_peer_insides_sctp_encoder (child);
  g_autoptr (GstPad) end = NULL;
  g_autoptr (GstPad) peer = NULL;
  g_autoptr (GstPad) begin = NULL;
  g_autofree char *name = NULL;
  gint id;

  g_object_get (channel, "id", &id, NULL);
  name = g_strdup_printf ("sink_%d", id);
  end = encoder != NULL ? gst_element_get_static_pad (encoder, name) : NULL;
  peer = end != NULL ? gst_pad_get_peer (end) : NULL;
  begin = peer != NULL ? resolve (peer) : NULL;
  if (begin == NULL)
    return FALSE;

  *source = gst_pad_get_parent_element (begin);
  *sink = g_steal_pointer (&end);

  return *source != NULL;
}

void
gst_peer_insides_close_channel (GstWebRTCDataChannel *channel)
{
  gst_webrtc_data_channel_on_close (channel);
}

void
gst_peer_insides_fail_channel (
    GstWebRTCDataChannel *channel, const GError *error)
{
  g_autoptr (GError) copy = g_error_copy (error);

  gst_webrtc_data_channel_on_error (channel, copy);
}
