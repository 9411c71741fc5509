/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "forgive.h"
#include "peers-private.h"

typedef struct {
  Peer *peer;
  char *name;
} Promised;

static void
peer_clear (Peer *peer)
{
  peer_log_clear (peer);
  g_free (peer);
}

static void
peers_clear (Peers *self)
{
  peer_clear (self->offerer);
  peer_clear (self->answerer);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_pointer (&self->signalling, g_main_context_unref);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
}

void
peers_unref (Peers *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify)peers_clear);
}

Peer *
peer_other (Peer *peer)
{
  Peers *self = peer->peers;

  return peer == self->offerer ? self->answerer : self->offerer;
}

/* Promises */

static void
on_promise_changed (GstPromise *promise, gpointer data)
{
  static const char *results[] = { "pending", "interrupted", "replied",
    "expired" };
  Promised *promised = data;

  peer_log (promised->peer, "promise:%s=%s", promised->name,
      results[gst_promise_wait (promise)]);
}

static void
promised_free (Promised *promised)
{
  peers_unref (promised->peer->peers);
  g_free (promised->name);
  g_free (promised);
}

GstPromise *
peer_promise (Peer *peer, const char *name)
{
  Promised *promised = g_new0 (Promised, 1);

  promised->peer = peer;
  promised->name = g_strdup (name);
  g_atomic_rc_box_acquire (peer->peers);
  return gst_promise_new_with_change_func (
      on_promise_changed, promised, (GDestroyNotify)promised_free);
}

/* Awaits the n-th settlement of that name, given how many there were. */
static GstStructure *
peer_await_reply (
    Peer *peer, GstPromise *promise, const char *name, guint before)
{
  g_autofree char *pattern = g_strdup_printf ("promise:%s=*", name);
  const GstStructure *reply;

  peer_await_nth (peer, pattern, before + 1);
  ck_assert_msg (gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED,
      "%s: promise of %s not replied", peer->name, name);
  reply = gst_promise_get_reply (promise);
  return reply != NULL ? gst_structure_copy (reply) : NULL;
}

static guint
peer_count_promises (Peer *peer, const char *name)
{
  g_autofree char *pattern = g_strdup_printf ("promise:%s=*", name);

  return peer_count (peer, pattern);
}

/* Negotiation */

static GstWebRTCSessionDescription *
peer_create_description (Peer *peer, const char *signal, const char *field)
{
  guint before = peer_count_promises (peer, signal);
  g_autoptr (GstPromise) promise = peer_promise (peer, signal);
  GstWebRTCSessionDescription *description = NULL;
  GstStructure *reply;

  g_signal_emit_by_name (peer->element, signal, NULL, promise);
  reply = peer_await_reply (peer, promise, signal, before);
  if (reply == NULL ||
      !gst_structure_get (reply, field, GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
          &description, NULL)) {
    peers_dump (peer->peers);
    ck_abort_msg ("%s: %s failed", peer->name, signal);
  }
  gst_clear_structure (&reply);
  return description;
}

static void
peer_set_description (
    Peer *peer, const char *signal, GstWebRTCSessionDescription *description)
{
  guint before = peer_count_promises (peer, signal);
  g_autoptr (GstPromise) promise = peer_promise (peer, signal);
  GstStructure *reply;

  g_signal_emit_by_name (peer->element, signal, description, promise);
  reply = peer_await_reply (peer, promise, signal, before);
  if (reply != NULL && gst_structure_has_field (reply, "error")) {
    g_autofree char *text = gst_structure_to_string (reply);

    peers_dump (peer->peers);
    ck_abort_msg ("%s: %s failed: %s", peer->name, signal, text);
  }
  gst_clear_structure (&reply);
}

void
peers_offer (Peers *self, Peer *from)
{
  g_autoptr (GstWebRTCSessionDescription) offer =
      peer_create_description (from, "create-offer", "offer");

  peer_set_description (from, "set-local-description", offer);
  peer_set_description (peer_other (from), "set-remote-description", offer);
}

void
peers_negotiate (Peers *self, Peer *from)
{
  Peer *to = peer_other (from);
  g_autoptr (GstWebRTCSessionDescription) answer = NULL;

  peers_offer (self, from);
  answer = peer_create_description (to, "create-answer", "answer");
  peer_set_description (to, "set-local-description", answer);
  peer_set_description (from, "set-remote-description", answer);
}

/* Senders and channels */

static void
peer_add_sender (Peer *peer, const char *launch)
{
  g_autoptr (GError) error = NULL;
  GstElement *sender = gst_parse_bin_from_description (launch, TRUE, &error);
  g_autoptr (GstPad) src = NULL;
  g_autoptr (GstPad) sink = NULL;

  ck_assert_msg (sender != NULL, "%s", error != NULL ? error->message : "");
  gst_bin_add (GST_BIN (peer->pipeline), sender);
  src = gst_element_get_static_pad (sender, "src");
  sink = gst_element_request_pad_simple (peer->element, "sink_%u");
  ck_assert (sink != NULL);
  peer_watch_sender (peer, sink);
  ck_assert_int_eq (gst_pad_link (src, sink), GST_PAD_LINK_OK);
  gst_element_sync_state_with_parent (sender);
  peer->n_senders++;
}

GstWebRTCDataChannel *
peer_add_channel (Peer *peer, const char *label)
{
  GstWebRTCDataChannel *channel = NULL;

  if (GST_STATE_TARGET (peer->pipeline) == GST_STATE_NULL)
    gst_element_set_state (peer->pipeline, GST_STATE_READY);
  g_signal_emit_by_name (
      peer->element, "create-data-channel", label, NULL, &channel);
  ck_assert_msg (channel != NULL, "%s: no channel", peer->name);
  peer_watch_channel (peer, channel);
  peer->n_made++;
  gst_object_unref (channel);
  return channel;
}

GstWebRTCDataChannel *
peer_find_channel (Peer *peer, GstWebRTCDataChannel *other)
{
  int wanted;

  g_object_get (other, "id", &wanted, NULL);
  for (guint i = 0; i < peer->channels->len; i++) {
    GstWebRTCDataChannel *channel = g_ptr_array_index (peer->channels, i);
    int id;

    g_object_get (channel, "id", &id, NULL);
    if (id == wanted)
      return channel;
  }
  ck_abort_msg ("%s: no channel %d", peer->name, wanted);
}

void
peer_add (Peer *peer, PeerFeatures features)
{
  if (features & PEER_AUDIO)
    peer_add_sender (peer,
        "audiotestsrc is-live=true wave=ticks ! audioconvert ! queue"
        " ! opusenc ! rtpopuspay pt=97"
        " ! capsfilter caps=application/x-rtp,media=audio,"
        "encoding-name=OPUS,payload=97,"
        "clock-rate=48000");
  if (features & PEER_VIDEO)
    peer_add_sender (peer,
        "videotestsrc is-live=true"
        " ! video/x-raw,width=160,height=120,framerate=15/1 ! queue"
        " ! vp8enc deadline=1 keyframe-max-dist=15 ! rtpvp8pay pt=96"
        " ! capsfilter caps=application/x-rtp,media=video,"
        "encoding-name=VP8,payload=96,"
        "clock-rate=90000");
  if (features & PEER_CHANNEL)
    peer_add_channel (peer, "test");
}

void
peers_add (Peers *self, PeerFeatures features)
{
  peer_add (self->offerer, features);
  peer_add (self->answerer, features & ~PEER_CHANNEL);
}

/* The two sides */

static Peer *
peer_new (Peers *self, const char *name, const char *factory)
{
  Peer *peer = g_new0 (Peer, 1);

  peer->name = name;
  peer->peers = self;

  peer->pipeline = gst_object_ref_sink (gst_pipeline_new (name));
  peer->element = gst_element_factory_make (factory, NULL);
  ck_assert_msg (peer->element != NULL, "no element %s", factory);
  gst_object_ref_sink (peer->element);
#ifdef UNTIMED
  /* What runs many times as slowly says nothing by its time. */
  if (g_str_equal (factory, "peerconnection"))
    g_object_set (peer->element, "close-timeout", 20000, NULL);
#endif
  gst_bin_add (GST_BIN (peer->pipeline), peer->element);

  peer_log_init (peer);
  return peer;
}

static gpointer
signalling_main (gpointer data)
{
  Peers *self = data;

  g_main_context_push_thread_default (self->signalling);
  g_main_loop_run (self->loop);
  g_main_context_pop_thread_default (self->signalling);
  return NULL;
}

/* The plugin keeps it. */
static void
make_certificate (void)
{
  GstElement *decoder = gst_element_factory_make ("dtlsdec", NULL);

  ck_assert (decoder != NULL);
  gst_object_unref (gst_object_ref_sink (decoder));
}

TCase *
peers_tcase_create (const char *name)
{
  TCase *tcase = tcase_create (name);

  tcase_add_unchecked_fixture (tcase, make_certificate, NULL);

  return tcase;
}

Peers *
peers_new (const char *offerer_factory, const char *answerer_factory)
{
  Peers *self = g_atomic_rc_box_new0 (Peers);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->epoch = g_get_monotonic_time ();
  self->forgiven = forgive_rtpsession ();
  self->signalling = g_main_context_new ();
  self->loop = g_main_loop_new (self->signalling, FALSE);
  self->offerer = peer_new (self, "offerer", offerer_factory);
  self->answerer = peer_new (self, "answerer", answerer_factory);
  self->thread = g_thread_new ("signalling", signalling_main, self);
  return self;
}

static gboolean
on_signalling_quit (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

/* Pads hold the fixture through their handlers and probes, so the pipeline has
 * to go before the fixture can. */
static void
peer_end (Peer *peer)
{
  gst_element_set_state (peer->pipeline, GST_STATE_NULL);
  peer_log_end (peer);
  gst_clear_object (&peer->element);
  gst_clear_object (&peer->pipeline);
}

void
peers_free (Peers *self)
{
  g_autoptr (GSource) quit = g_idle_source_new ();

  /* A source, since the loop may not be running yet. */
  g_source_set_callback (quit, on_signalling_quit, self->loop, NULL);
  g_source_attach (quit, self->signalling);
  g_thread_join (g_steal_pointer (&self->thread));
  peer_end (self->offerer);
  peer_end (self->answerer);
  gst_check_remove_log_filter (self->forgiven);
  peers_unref (self);
}

static void
peer_use_loopback (Peer *peer)
{
  g_autoptr (GObject) agent = NULL;
  gboolean added = FALSE;

  g_object_get (peer->element, "ice-agent", &agent, NULL);
  g_signal_emit_by_name (agent, "add-local-ip-address", "127.0.0.1", &added);
  ck_assert (added);
}

void
peers_use_loopback (Peers *self)
{
  peer_use_loopback (self->offerer);
  peer_use_loopback (self->answerer);
}

void
peer_end_transport (Peer *peer, const char *name)
{
  g_autoptr (GObject) agent = NULL;

  g_object_get (peer->element, "ice-agent", &agent, NULL);
  g_object_set (agent, name, FALSE, NULL);
}

/* Connecting */

void
peers_play (Peers *self)
{
  Peer *peers[] = { self->offerer, self->answerer };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (peers); i++)
    ck_assert_int_ne (
        gst_element_set_state (peers[i]->pipeline, GST_STATE_PLAYING),
        GST_STATE_CHANGE_FAILURE);
  for (i = 0; i < G_N_ELEMENTS (peers); i++)
    if (peers[i]->n_senders > 0)
      peer_await_nth (peers[i], "caps=*", peers[i]->n_senders);
}

void
peers_await_connected (Peers *self)
{
  Peer *peers[] = { self->offerer, self->answerer };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (peers); i++) {
    Peer *other = peer_other (peers[i]);

    peer_await (peers[i], "connection-state=connected");
    if (peers[i]->n_made > 0) {
      peer_await_nth (peers[i], "channel:on-open", peers[i]->n_made);
      peer_await_nth (other, "on-data-channel", peers[i]->n_made);
    }
    if (peers[i]->n_senders > 0)
      peer_await_nth (other, "buffer=*", peers[i]->n_senders);
    if (peer_count (peers[i], "bus:error=*") > 0) {
      peers_dump (self);
      ck_abort_msg ("%s: error", peers[i]->name);
    }
  }
}

void
peers_connect (Peers *self)
{
  peers_play (self);
  peers_negotiate (self, self->offerer);
  peers_await_connected (self);
}

/* Closing */

GstStructure *
peer_close (Peer *peer, gint64 *returned)
{
  guint before = peer_count_promises (peer, "close");
  g_autoptr (GstPromise) promise = peer_promise (peer, "close");

  g_signal_emit_by_name (peer->element, "close", promise);
  if (returned != NULL)
    *returned = g_get_monotonic_time ();
  return peer_await_reply (peer, promise, "close", before);
}

void
peer_send_eos (Peer *peer)
{
  gst_element_send_event (peer->pipeline, gst_event_new_eos ());
}

const GstStructure *
peer_report_step (const GstStructure *report, const char *name)
{
  const GValue *steps = gst_structure_get_value (report, "steps");
  g_autofree char *text = gst_structure_to_string (report);
  guint i;

  ck_assert_msg (GST_VALUE_HOLDS_ARRAY (steps), "no steps in %s", text);
  for (i = 0; i < gst_value_array_get_size (steps); i++) {
    const GstStructure *step =
        gst_value_get_structure (gst_value_array_get_value (steps, i));

    if (gst_structure_has_name (step, name))
      return step;
  }
  ck_abort_msg ("no step %s in %s", name, text);
  return NULL;
}
