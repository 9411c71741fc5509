/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-peerconnection
 * @title: peerconnection
 * @short_description: RTCPeerConnection as a pipeline element
 *
 * A drop-in for webrtcbin that ends as exactly as it begins. It has the pads,
 * properties, action signals and signals of the installed webrtcbin, with the
 * same arguments, threads and moments; what is documented there holds here.
 *
 * An end of any kind, EOS, the #GstPeerConnection::close signal or a state
 * change, runs the close sequence of the W3C text: RTCP BYE for each stream,
 * data channels closed, SCTP ABORT, DTLS close_notify, TURN allocations
 * released. The remote peer learns of it in one round trip.
 *
 * ## Two ways to end
 *
 * * #GstPeerConnection::close is abrupt: what is queued is dropped.
 * * EOS delivers what came before it, within #GstPeerConnection:close-timeout,
 *   and closes then. EOS counts when all linked sink pads have had it, or when
 *   it is sent to the element or its pipeline. EOS on one of several sink pads
 *   ends that sender only.
 *
 * A change from PAUSED to READY without either closes abruptly too, and waits
 * for it, at most for #GstPeerConnection:close-timeout.
 *
 * The states read `closed` from then on, until the element leaves NULL again:
 * then it is a new peer connection, with the settings and the sink pads of the
 * one before.
 *
 * ## Messages
 *
 * At the end of a close the element posts an ELEMENT message with the
 * #GstPeerConnection:close-report, then, unless it is being stopped, an EOS
 * message. When the peer closes, its data channels get `on-error` and
 * `on-close`, the source pads EOS, and the reason in the report is `remote`.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -e videotestsrc is-live=true ! vp8enc deadline=1 ! rtpvp8pay ! peerconnection
 * ]| The remote has to be connected by an application; pipelines/two-peers.c
 * is a small one.
 */

#include "peerconnection-private.h"

#include "child.h"
#include "ice-hold.h"
#include "insides.h"
#include "last-reference.h"
#include "pads.h"
#include "remote.h"
#include "stream-start.h"
#include "surface.h"

GST_DEBUG_CATEGORY (gst_peer_connection_debug);
#define GST_CAT_DEFAULT gst_peer_connection_debug

#define DEFAULT_CLOSE_TIMEOUT 2000
#define DEFAULT_CLOSE_ON_EOS TRUE

enum {
  PROP_0,
  PROP_CLOSE_TIMEOUT,
  PROP_CLOSE_ON_EOS,
  PROP_CLOSE_REPORT,
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink_%u",
    GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS ("application/x-rtp"));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src_%u",
    GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS ("application/x-rtp"));

static void gst_peer_connection_child_proxy_init (
    GstChildProxyInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstPeerConnection, gst_peer_connection,
    GST_TYPE_BIN,
    G_IMPLEMENT_INTERFACE (
        GST_TYPE_CHILD_PROXY, gst_peer_connection_child_proxy_init))

/* What may come to it on this thread is class_init, where no plugin can be
 * loaded: who loads ours for the first time, as gst-plugin-scanner does, or a
 * program without that, holds GStreamer's lock. */
static GPrivate registering;

static gboolean
register_element (GstPlugin *plugin)
{
  gboolean done;

  g_private_set (&registering, plugin);
  done = gst_element_register (
      plugin, "peerconnection", GST_RANK_PRIMARY, GST_TYPE_PEER_CONNECTION);
  g_private_set (&registering, NULL);

  return done;
}

GST_ELEMENT_REGISTER_DEFINE_CUSTOM (peerconnection, register_element)

/* === properties === */

static void
gst_peer_connection_set_property (
    GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  GstPeerConnection *self = GST_PEER_CONNECTION (object);

  switch (prop_id) {
  case PROP_CLOSE_TIMEOUT:
    g_atomic_int_set (&self->close_timeout, g_value_get_uint (value));
    break;
  case PROP_CLOSE_ON_EOS:
    g_atomic_int_set (&self->close_on_eos, g_value_get_boolean (value));
    break;
  default:
    if (prop_id >= GST_PEER_SURFACE_FIRST_PROPERTY)
      gst_peer_surface_set_property (self, value, pspec);
    else
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
}

static void
gst_peer_connection_get_property (
    GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  GstPeerConnection *self = GST_PEER_CONNECTION (object);

  switch (prop_id) {
  case PROP_CLOSE_TIMEOUT:
    g_value_set_uint (value, g_atomic_int_get (&self->close_timeout));
    break;
  case PROP_CLOSE_ON_EOS:
    g_value_set_boolean (value, g_atomic_int_get (&self->close_on_eos));
    break;
  case PROP_CLOSE_REPORT:
    g_value_take_boxed (value, gst_peer_close_dup_report (self));
    break;
  default:
    if (prop_id >= GST_PEER_SURFACE_FIRST_PROPERTY)
      gst_peer_surface_get_property (self, value, pspec);
    else
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
}

/* === pads === */

static GstPad *
gst_peer_connection_request_new_pad (GstElement *element, GstPadTemplate *templ,
    const char *name, const GstCaps *caps)
{
  GstPeerConnection *self = GST_PEER_CONNECTION (element);

  if (gst_peer_close_is_final (self)) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS,
        ("A pad was requested from a closed peer connection."),
        ("InvalidStateError: %s; only after a change to NULL can the element "
         "be used again.",
            name != NULL ? name : "sink_%u"));
    return NULL;
  }

  return gst_peer_pads_request (self, templ, name, caps);
}

static void
gst_peer_connection_release_pad (GstElement *element, GstPad *pad)
{
  gst_peer_pads_release (GST_PEER_CONNECTION (element), pad);
}

/* === states === */

/* A new life for an element that was closed. */
static void
begin_life (GstPeerConnection *self)
{
  GstPeerClose *before;

  gst_peer_child_replace (self);
  GST_OBJECT_LOCK (self);
  before = self->close;
  self->close = gst_peer_close_new (self);
  self->eos_seqnum = GST_SEQNUM_INVALID;
  GST_OBJECT_UNLOCK (self);
  gst_peer_close_end (before);
  gst_peer_states_reset (self);
}

/* Closes, if nobody has yet, and waits until it is done. */
static void
end_life (GstPeerConnection *self)
{
  gst_peer_close (self, GST_PEER_CLOSE_STATE_CHANGE, NULL);
  if (!gst_peer_close_wait (self))
    GST_WARNING_OBJECT (self,
        "the close is not done within %u ms; the peer "
        "may not have heard of it",
        self->close_timeout);
  if (self->child != NULL) {
    gst_peer_insides_end_messages (self->child);
    if (!gst_peer_child_is_pc_thread (self))
      gst_peer_insides_flush_jitterbuffers (self->child);
    /* Whatever is not done keeps it no longer. */
    gst_element_set_locked_state (self->child, FALSE);
  }
  if (gst_peer_child_is_pc_thread (self))
    gst_peer_child_stop_later (self);
}

/* Whoever drops the last reference then may end the process right after. From
 * NULL to NULL too: its own thread may have stopped it, and not waited. */
static void
let_go (GstPeerConnection *self)
{
  guint timeout = g_atomic_int_get (&self->close_timeout);

  if (!gst_peer_loop_is_current (self->loop) &&
      !gst_peer_child_is_pc_thread (self) &&
      !gst_peer_loop_flush (self->loop, g_get_monotonic_time () +
                                            G_TIME_SPAN_SECOND +
                                            timeout * G_TIME_SPAN_MILLISECOND))
    GST_WARNING_OBJECT (self, "its thread is held up and frees the rest later");
}

static GstStateChangeReturn
gst_peer_connection_change_state (
    GstElement *element, GstStateChange transition)
{
  GstPeerConnection *self = GST_PEER_CONNECTION (element);
  GstStateChangeReturn result;

  switch (transition) {
  case GST_STATE_CHANGE_NULL_TO_READY:
    if (self->child == NULL) {
      GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN, (NULL),
          ("webrtcbin is missing: install gst-plugins-bad"));
      return GST_STATE_CHANGE_FAILURE;
    }
    if (gst_peer_states_is_closed (self))
      begin_life (self);
    break;
  case GST_STATE_CHANGE_READY_TO_PAUSED:
    gst_peer_stream_start_reset (element);
    break;
  case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
    gst_peer_close_before_pause (self);
    break;
  case GST_STATE_CHANGE_PAUSED_TO_READY:
    end_life (self);
    break;
  case GST_STATE_CHANGE_READY_TO_NULL:
    /* When it never got to PAUSED. */
    end_life (self);
    break;
  default:
    break;
  }

  result = GST_ELEMENT_CLASS (gst_peer_connection_parent_class)
               ->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    gst_peer_close_after_pause (self);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    gst_peer_child_stopped (self);
  if (GST_STATE_TRANSITION_NEXT (transition) == GST_STATE_NULL)
    let_go (self);

  return result;
}

/* Removed from its pipeline, it works on until it is stopped, and rtpsession
 * cannot without a clock. */
static gboolean
gst_peer_connection_set_clock (GstElement *element, GstClock *clock)
{
  return (clock == NULL &&
             gst_peer_insides_state (element) >= GST_STATE_PAUSED) ||
         GST_ELEMENT_CLASS (gst_peer_connection_parent_class)
             ->set_clock (element, clock);
}

/* === events and messages === */

/* Through a bin, which keeps a reference of its own, EOS has gone to the
 * sources upstream as well and comes down to the sink pads in its time, for
 * which a close waits as long as it may. */
static gboolean
came_through_bin (GstEvent *event)
{
  return GST_MINI_OBJECT_REFCOUNT_VALUE (event) > 1;
}

static gboolean
gst_peer_connection_send_event (GstElement *element, GstEvent *event)
{
  GstPeerConnection *self = GST_PEER_CONNECTION (element);
  guint32 seqnum = gst_event_get_seqnum (event);
  gboolean comes_down;

  /* webrtcbin would stop listening to the network. */
  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return GST_ELEMENT_CLASS (gst_peer_connection_parent_class)
        ->send_event (element, event);

  comes_down = came_through_bin (event) && gst_peer_pads_await_eos (self);
  if (self->close_on_eos || !comes_down)
    gst_peer_close_after_drain (self, seqnum, comes_down);
  gst_event_unref (event);

  return TRUE;
}

/* On whichever thread posts. */
static void
gst_peer_connection_handle_message (GstBin *bin, GstMessage *message)
{
  GstPeerConnection *self = GST_PEER_CONNECTION (bin);
  GstMessageType type = GST_MESSAGE_TYPE (message);
  gboolean closed = gst_peer_states_is_closed (self);

  /* Our own EOS message follows the close, and STREAM_START the sink pads';
   * theirs mean something else. */
  if (type == GST_MESSAGE_EOS || type == GST_MESSAGE_STREAM_START ||
      gst_peer_remote_take_message (self, message) ||
      (closed && (type == GST_MESSAGE_ERROR || type == GST_MESSAGE_WARNING))) {
    GST_DEBUG_OBJECT (self, "kept back: %" GST_PTR_FORMAT, message);
    gst_message_unref (message);
    return;
  }

  GST_BIN_CLASS (gst_peer_connection_parent_class)
      ->handle_message (bin, message);
  if (type == GST_MESSAGE_ERROR)
    gst_peer_close (self, GST_PEER_CLOSE_ERROR, NULL);
}

/* === GstChildProxy: webrtcbin's children by name, as webrtcbin has them === */

static GObject *
get_child_by_name (GstChildProxy *proxy, const char *name)
{
  return (GObject *)gst_bin_get_by_name (GST_BIN (proxy), name);
}

static void
gst_peer_connection_child_proxy_init (GstChildProxyInterface *iface)
{
  GstChildProxyInterface *parent = g_type_interface_peek_parent (iface);

  iface->get_child_by_name = get_child_by_name;
  iface->get_child_by_index = parent->get_child_by_index;
  iface->get_children_count = parent->get_children_count;
}

/* === object === */

static void
gst_peer_connection_constructed (GObject *object)
{
  G_OBJECT_CLASS (gst_peer_connection_parent_class)->constructed (object);

  /* Without webrtcbin the change to READY fails, with a message. */
  gst_peer_child_create (GST_PEER_CONNECTION (object));
}

static void
gst_peer_connection_dispose (GObject *object)
{
  GstPeerConnection *self = GST_PEER_CONNECTION (object);

  if (self->child != NULL &&
      gst_peer_outlives_last_reference (GST_ELEMENT (self)))
    return;
  if (self->child != NULL) {
    gst_peer_remote_unwatch (self, self->child);
    gst_peer_channels_forget (self);
  }
  gst_clear_object (&self->child);

  G_OBJECT_CLASS (gst_peer_connection_parent_class)->dispose (object);
}

static void
gst_peer_connection_finalize (GObject *object)
{
  GstPeerConnection *self = GST_PEER_CONNECTION (object);

  gst_peer_loop_free (self->loop);
  gst_peer_close_end (self->close);
  gst_peer_ice_hold_forget (self);
  gst_peer_states_clear (&self->states);
  gst_peer_channels_clear (&self->channels);
  gst_peer_promises_clear (&self->promises);
  gst_peer_turn_servers_clear (&self->turn_servers);
  g_hash_table_unref (self->ended_ssrcs);
  gst_peer_credentials_free (self->credentials);
  g_clear_object (&self->ice_agent);
  g_clear_object (&self->agent);

  G_OBJECT_CLASS (gst_peer_connection_parent_class)->finalize (object);
}

static void
gst_peer_connection_close (GstPeerConnection *self, GstPromise *promise)
{
  gst_peer_close (self, GST_PEER_CLOSE_CLOSE, promise);
}

static void
install_own_properties (GObjectClass *klass)
{
  /**
   * GstPeerConnection:close-timeout:
   *
   * The time in ms after which a close stops waiting: for what is buffered to
   * be delivered (EOS only), for packets to leave, for TURN servers to answer.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_CLOSE_TIMEOUT,
      g_param_spec_uint ("close-timeout", "Close timeout",
          "Time after which a close stops waiting (ms)", 10, 600000,
          DEFAULT_CLOSE_TIMEOUT,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING |
              G_PARAM_STATIC_STRINGS));

  /**
   * GstPeerConnection:close-on-eos:
   *
   * Whether EOS on all sink pads closes the connection. When not, every sender
   * ends at its EOS, the EOS message is posted, and the connection stays.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_CLOSE_ON_EOS,
      g_param_spec_boolean ("close-on-eos", "Close on EOS",
          "Close the connection at EOS on all sink pads", DEFAULT_CLOSE_ON_EOS,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING |
              G_PARAM_STATIC_STRINGS));

  /**
   * GstPeerConnection:close-report:
   *
   * What the close did, %NULL before its end. A #GstStructure
   * `peerconnection-closed` with
   *
   * * `reason` (string): "close", "eos", "state-change", "error" or "remote"
   * * `total-us` (#guint64): how long it took
   * * `steps` (array of #GstStructure): for each step, named by its structure,
   *   `spec` (string), its numbers in the W3C text, `result` (string), "done",
   *   "skipped" or "overdue", and `us` (#guint64), how long it took
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, PROP_CLOSE_REPORT,
      g_param_spec_boxed ("close-report", "Close report",
          "What the close did, step by step (NULL = not closed)",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
gst_peer_connection_class_init (GstPeerConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBinClass *bin_class = GST_BIN_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_peer_connection_debug, "peerconnection", 0,
      "RTCPeerConnection as an element");

  object_class->constructed = gst_peer_connection_constructed;
  object_class->dispose = gst_peer_connection_dispose;
  object_class->finalize = gst_peer_connection_finalize;
  object_class->set_property = gst_peer_connection_set_property;
  object_class->get_property = gst_peer_connection_get_property;

  element_class->change_state = gst_peer_connection_change_state;
  element_class->set_clock = gst_peer_connection_set_clock;
  element_class->send_event = gst_peer_connection_send_event;
  element_class->request_new_pad = gst_peer_connection_request_new_pad;
  element_class->release_pad = gst_peer_connection_release_pad;
  bin_class->handle_message = gst_peer_connection_handle_message;

  gst_element_class_set_static_metadata (element_class, "Peer connection",
      "Filter/Network/WebRTC",
      "WebRTC peer connection that tells its peer when it ends",
      "The gst-peerconnection authors");
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &sink_template, GST_TYPE_PEER_SINK_PAD);
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &src_template, GST_TYPE_PEER_SRC_PAD);

  install_own_properties (object_class);

  /**
   * GstPeerConnection::close:
   * @object: the #GstPeerConnection
   * @promise: (nullable): replied to with the #GstPeerConnection:close-report
   *
   * Closes the connection, without delivering what is queued. When it returns,
   * `signaling-state`, `connection-state` and `ice-connection-state` are
   * `closed`; the peer is told in the background. May be called from any
   * thread and from any callback, any number of times: the first call counts,
   * every promise is replied to.
   *
   * Since: 0.1
   */
  g_signal_new_class_handler ("close", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_peer_connection_close), NULL, NULL, NULL, G_TYPE_NONE, 1,
      GST_TYPE_PROMISE);

  if (g_private_get (&registering) == NULL)
    gst_peer_surface_install (object_class);
}

static void
gst_peer_connection_init (GstPeerConnection *self)
{
  gst_peer_surface_install (G_OBJECT_GET_CLASS (self));

  /* As webrtcbin: it is both, whatever it turns out to carry. */
  gst_bin_set_suppressed_flags (
      GST_BIN (self), GST_ELEMENT_FLAG_SINK | GST_ELEMENT_FLAG_SOURCE);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK | GST_ELEMENT_FLAG_SOURCE);

  self->close_timeout = DEFAULT_CLOSE_TIMEOUT;
  self->close_on_eos = DEFAULT_CLOSE_ON_EOS;
  self->eos_seqnum = GST_SEQNUM_INVALID;
  gst_peer_turn_servers_init (&self->turn_servers);
  self->ended_ssrcs = g_hash_table_new (NULL, NULL);
  gst_peer_states_init (&self->states);
  gst_peer_channels_init (&self->channels);
  gst_peer_promises_init (&self->promises);
  self->close = gst_peer_close_new (self);
  self->loop = gst_peer_loop_new ("peerconnection");
}
