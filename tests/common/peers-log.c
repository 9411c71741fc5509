/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "peers-private.h"

typedef struct {
  gint64 time;
  char *what;
} Entry;

typedef struct {
  Peer *to;
  guint mline;
  char *candidate;
} Candidate;

static void
entry_clear (Entry *entry)
{
  g_free (entry->what);
}

/* The log */

void
peer_log (Peer *peer, const char *format, ...)
{
  Entry entry = { g_get_monotonic_time (), NULL };
  va_list args;

  va_start (args, format);
  entry.what = g_strdup_vprintf (format, args);
  va_end (args);

  g_mutex_lock (&peer->peers->lock);
  g_array_append_val (peer->log, entry);
  g_cond_broadcast (&peer->peers->cond);
  g_mutex_unlock (&peer->peers->lock);
}

static const Entry *
peer_find_locked (Peer *peer, const char *pattern, guint n)
{
  guint i;

  for (i = peer->mark; i < peer->log->len; i++) {
    const Entry *entry = &g_array_index (peer->log, Entry, i);

    if (g_pattern_match_simple (pattern, entry->what) && --n == 0)
      return entry;
  }
  return NULL;
}

void
peers_dump (Peers *self)
{
  Peer *peers[] = { self->offerer, self->answerer };
  guint i, j;

  g_mutex_lock (&self->lock);
  for (i = 0; i < G_N_ELEMENTS (peers); i++) {
    for (j = 0; j < peers[i]->log->len; j++) {
      const Entry *entry = &g_array_index (peers[i]->log, Entry, j);

      g_printerr ("%s%s %9.3f ms  %s\n", j == peers[i]->mark ? "---\n" : "",
          peers[i]->name, (double)(entry->time - self->epoch) / 1000,
          entry->what);
    }
  }
  g_mutex_unlock (&self->lock);
}

gint64
peer_await_nth (Peer *peer, const char *pattern, guint n)
{
  Peers *self = peer->peers;
  gint64 deadline = g_get_monotonic_time () + PEERS_WATCHDOG;
  const Entry *entry;
  gint64 time = -1;
  gboolean expired = FALSE;

  g_mutex_lock (&self->lock);
  while ((entry = peer_find_locked (peer, pattern, n)) == NULL && !expired)
    expired = !g_cond_wait_until (&self->cond, &self->lock, deadline);
  if (entry != NULL)
    time = entry->time;
  g_mutex_unlock (&self->lock);

  if (time == -1) {
    peers_dump (self);
    ck_abort_msg ("%s: no \"%s\" (%u)", peer->name, pattern, n);
  }
  return time;
}

gint64
peer_await (Peer *peer, const char *pattern)
{
  return peer_await_nth (peer, pattern, 1);
}

guint
peer_count (Peer *peer, const char *pattern)
{
  guint n = 0;

  g_mutex_lock (&peer->peers->lock);
  while (peer_find_locked (peer, pattern, n + 1) != NULL)
    n++;
  g_mutex_unlock (&peer->peers->lock);
  return n;
}

void
peer_mark (Peer *peer)
{
  g_mutex_lock (&peer->peers->lock);
  peer->mark = peer->log->len;
  g_mutex_unlock (&peer->peers->lock);
}

/* Handlers. Those that read a property may do so because webrtcbin emits
 * notify without its lock; on-data-channel and the channel's own signals it
 * emits with the lock held, so these touch nothing but the log. */

/* Every handler holds the fixture for as long as it may run. */
static void
on_handler_gone (gpointer data, GClosure *closure)
{
  peers_unref (((Peer *)data)->peers);
}

static void
peer_listen (
    Peer *peer, gpointer object, const char *signal, GCallback callback)
{
  g_atomic_rc_box_acquire (peer->peers);
  g_signal_connect_data (object, signal, callback, peer, on_handler_gone, 0);
}

static char *
get_enum_nick (gpointer object, const char *property)
{
  GParamSpec *pspec =
      g_object_class_find_property (G_OBJECT_GET_CLASS (object), property);
  const GEnumValue *value;
  int i;

  ck_assert_msg (G_IS_PARAM_SPEC_ENUM (pspec), "no property %s", property);
  g_object_get (object, property, &i, NULL);
  value = g_enum_get_value (G_PARAM_SPEC_ENUM (pspec)->enum_class, i);
  return g_strdup (value != NULL ? value->value_nick : "(invalid)");
}

static void
on_notify_state (GObject *object, GParamSpec *pspec, Peer *peer)
{
  g_autofree char *nick = get_enum_nick (object, pspec->name);

  peer_log (peer, "%s=%s", pspec->name, nick);
}

static void
on_negotiation_needed (GstElement *element, Peer *peer)
{
  peer_log (peer, "on-negotiation-needed");
}

static void
on_new_transceiver (
    GstElement *element, GstWebRTCRTPTransceiver *transceiver, Peer *peer)
{
  peer_log (peer, "on-new-transceiver");
}

static gboolean
on_deliver_candidate (Candidate *candidate)
{
  g_signal_emit_by_name (candidate->to->element, "add-ice-candidate",
      candidate->mline, candidate->candidate);
  return G_SOURCE_REMOVE;
}

static void
candidate_free (Candidate *candidate)
{
  peers_unref (candidate->to->peers);
  g_free (candidate->candidate);
  g_free (candidate);
}

static void
on_ice_candidate (
    GstElement *element, guint mline, const char *text, Peer *peer)
{
  peer_log (peer, "on-ice-candidate");
  if (!g_atomic_int_get (&peer->withhold_candidates)) {
    g_autoptr (GSource) source = g_idle_source_new ();
    Candidate *candidate = g_new0 (Candidate, 1);

    candidate->to = peer_other (peer);
    g_atomic_rc_box_acquire (peer->peers);
    candidate->mline = mline;
    candidate->candidate = g_strdup (text);
    g_source_set_callback (source, G_SOURCE_FUNC (on_deliver_candidate),
        candidate, (GDestroyNotify)candidate_free);
    g_source_attach (source, peer->peers->signalling);
  }
}

static void
on_channel_notify (GObject *channel, GParamSpec *pspec, Peer *peer)
{
  g_autofree char *nick = get_enum_nick (channel, pspec->name);

  peer_log (peer, "channel:%s=%s", pspec->name, nick);
}

static void
on_channel_open (GstWebRTCDataChannel *channel, Peer *peer)
{
  peer_log (peer, "channel:on-open");
}

static void
on_channel_close (GstWebRTCDataChannel *channel, Peer *peer)
{
  peer_log (peer, "channel:on-close");
}

static void
on_channel_error (GstWebRTCDataChannel *channel, GError *error, Peer *peer)
{
  peer_log (peer, "channel:on-error");
}

static void
on_channel_string (GstWebRTCDataChannel *channel, const char *text, Peer *peer)
{
  peer_log (peer, "channel:on-message-string=%s", text != NULL ? text : "");
}

static void
on_channel_data (GstWebRTCDataChannel *channel, GBytes *data, Peer *peer)
{
  peer_log (peer, "channel:on-message-data=%" G_GSIZE_FORMAT,
      data != NULL ? g_bytes_get_size (data) : 0);
}

void
peer_watch_channel (Peer *peer, GstWebRTCDataChannel *channel)
{
  peer_listen (
      peer, channel, "notify::ready-state", G_CALLBACK (on_channel_notify));
  peer_listen (peer, channel, "on-open", G_CALLBACK (on_channel_open));
  peer_listen (peer, channel, "on-close", G_CALLBACK (on_channel_close));
  peer_listen (peer, channel, "on-error", G_CALLBACK (on_channel_error));
  peer_listen (
      peer, channel, "on-message-string", G_CALLBACK (on_channel_string));
  peer_listen (peer, channel, "on-message-data", G_CALLBACK (on_channel_data));

  g_mutex_lock (&peer->peers->lock);
  g_ptr_array_add (peer->channels, gst_object_ref (channel));
  if (peer->channel == NULL)
    peer->channel = channel;
  g_mutex_unlock (&peer->peers->lock);
}

static void
on_data_channel (GstElement *element, GstWebRTCDataChannel *channel, Peer *peer)
{
  peer_watch_channel (peer, channel);
  peer_log (peer, "on-data-channel");
}

static GstPadProbeReturn
on_received (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Peer *peer = data;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    if (!g_object_get_data (G_OBJECT (pad), "received")) {
      g_object_set_data (G_OBJECT (pad), "received", pad);
      peer_log (peer, "buffer=%s",
          (const char *)g_object_get_data (G_OBJECT (pad), "of"));
    }
  } else if (GST_EVENT_TYPE (info->data) == GST_EVENT_EOS) {
    peer_log (peer, "pad-eos=%s",
        (const char *)g_object_get_data (G_OBJECT (pad), "of"));
  }
  return GST_PAD_PROBE_OK;
}

static void
on_probe_gone (gpointer data)
{
  peers_unref (((Peer *)data)->peers);
}

/* The probe sits on the sink's pad, so that it sees what comes out of a ghost
 * pad whatever is behind it. */
static void
on_pad_added (GstElement *element, GstPad *pad, Peer *peer)
{
  GstElement *sink;
  g_autoptr (GstPad) sink_pad = NULL;

  if (GST_PAD_IS_SINK (pad))
    return;
  peer_log (peer, "pad-added=%s", GST_PAD_NAME (pad));
  sink = gst_element_factory_make ("fakesink", NULL);
  g_object_set (sink, "async", FALSE, "sync", FALSE, NULL);
  sink_pad = gst_element_get_static_pad (sink, "sink");
  g_object_set_data_full (
      G_OBJECT (sink_pad), "of", gst_pad_get_name (pad), g_free);
  g_atomic_rc_box_acquire (peer->peers);
  gst_pad_add_probe (sink_pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_received, peer, on_probe_gone);
  gst_bin_add (GST_BIN (peer->pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  if (gst_pad_link (pad, sink_pad) != GST_PAD_LINK_OK)
    peer_log (peer, "bus:error=cannot link %s", GST_PAD_NAME (pad));
}

static void
on_pad_removed (GstElement *element, GstPad *pad, Peer *peer)
{
  peer_log (peer, "pad-removed=%s", GST_PAD_NAME (pad));
}

static void
on_pad_caps (GstPad *pad, GParamSpec *pspec, Peer *peer)
{
  if (gst_pad_has_current_caps (pad))
    peer_log (peer, "caps=%s", GST_PAD_NAME (pad));
}

static GstBusSyncReply
on_bus_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Peer *peer = data;

  switch (GST_MESSAGE_TYPE (message)) {
  case GST_MESSAGE_EOS:
    peer_log (peer, "bus:eos");
    break;
  case GST_MESSAGE_ERROR: {
    g_autoptr (GError) error = NULL;
    g_autofree char *debug = NULL;

    gst_message_parse_error (message, &error, &debug);
    peer_log (peer, "bus:error=%s: %s (%s)",
        GST_OBJECT_NAME (GST_MESSAGE_SRC (message)), error->message, debug);
    break;
  }
  case GST_MESSAGE_WARNING: {
    g_autoptr (GError) error = NULL;
    g_autofree char *debug = NULL;

    gst_message_parse_warning (message, &error, &debug);
    peer_log (peer, "bus:warning=%s: %s (%s)",
        GST_OBJECT_NAME (GST_MESSAGE_SRC (message)), error->message, debug);
    break;
  }
  case GST_MESSAGE_ELEMENT:
    peer_log (peer, "bus:element=%s",
        gst_structure_get_name (gst_message_get_structure (message)));
    break;
  default:
    break;
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

void
peer_log_init (Peer *peer)
{
  static const char *states[] = { "notify::connection-state",
    "notify::ice-connection-state", "notify::ice-gathering-state",
    "notify::signaling-state" };
  g_autoptr (GstBus) bus = NULL;
  guint i;

  peer->log = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (peer->log, (GDestroyNotify)entry_clear);
  peer->channels = g_ptr_array_new_with_free_func (gst_object_unref);

  bus = gst_element_get_bus (peer->pipeline);
  g_atomic_rc_box_acquire (peer->peers);
  gst_bus_set_sync_handler (bus, on_bus_message, peer, on_probe_gone);

  for (i = 0; i < G_N_ELEMENTS (states); i++)
    peer_listen (peer, peer->element, states[i], G_CALLBACK (on_notify_state));
  peer_listen (peer, peer->element, "on-negotiation-needed",
      G_CALLBACK (on_negotiation_needed));
  peer_listen (peer, peer->element, "on-new-transceiver",
      G_CALLBACK (on_new_transceiver));
  peer_listen (
      peer, peer->element, "on-ice-candidate", G_CALLBACK (on_ice_candidate));
  peer_listen (
      peer, peer->element, "on-data-channel", G_CALLBACK (on_data_channel));
  peer_listen (peer, peer->element, "pad-added", G_CALLBACK (on_pad_added));
  peer_listen (peer, peer->element, "pad-removed", G_CALLBACK (on_pad_removed));
}

void
peer_log_end (Peer *peer)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (peer->pipeline);
  guint i;

  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  g_signal_handlers_disconnect_by_data (peer->element, peer);
  for (i = 0; i < peer->channels->len; i++)
    g_signal_handlers_disconnect_by_data (peer->channels->pdata[i], peer);
  peer->channel = NULL;
  g_clear_pointer (&peer->channels, g_ptr_array_unref);
}

void
peer_log_clear (Peer *peer)
{
  g_clear_pointer (&peer->log, g_array_unref);
}

void
peer_watch_sender (Peer *peer, GstPad *sink)
{
  peer_listen (peer, sink, "notify::caps", G_CALLBACK (on_pad_caps));
}

char *
peer_get_state (Peer *peer, const char *property)
{
  return get_enum_nick (peer->element, property);
}
