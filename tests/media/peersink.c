/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A peersink and one that plays from it, in one process. */

#include <gst/check/gstcheck.h>
#include <gst/webrtc/webrtc.h>
#include <libsoup/soup.h>
#include <openssl/crypto.h>
#include <string.h>

#define WATCHDOG (20 * GST_SECOND)

/* === the peersink === */

static guint
find_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();

  return g_socket_listener_add_any_inet_port (listener, NULL, NULL);
}

typedef struct {
  char *url;
  GstElement *pipeline;
} Server;

static Server *
server_new (const char *source)
{
  Server *self = g_new0 (Server, 1);
  guint port = find_port ();
  g_autofree char *description = g_strdup_printf (
      "%s ! peersink location=whep://127.0.0.1:%u/live", source, port);

  self->url = g_strdup_printf ("http://127.0.0.1:%u/live", port);
  self->pipeline = gst_parse_launch (description, NULL);
  ck_assert (self->pipeline != NULL);

  return self;
}

static void
server_free (Server *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->pipeline);
  g_free (self->url);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Server, server_free)

static GstMessage *
await_message (GstElement *pipeline, GstMessageType type)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstMessage *message =
      gst_bus_timed_pop_filtered (bus, WATCHDOG, type | GST_MESSAGE_ERROR);

  ck_assert_msg (message != NULL, "no %s", gst_message_type_get_name (type));
  ck_assert_msg (GST_MESSAGE_TYPE (message) == type, "%s",
      gst_structure_to_string (gst_message_get_structure (message)));

  return message;
}

/* === who plays from it === */

typedef struct {
  GstElement *pipeline;
  GstElement *peer;
  char *session;

  GMutex lock;
  GCond cond;
  guint n_frames;
} Player;

static void
on_notify (GstElement *peer, GParamSpec *pspec, Player *self)
{
  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static int
get_enum (Player *self, const char *name)
{
  int value;

  g_object_get (self->peer, name, &value, NULL);
  return value;
}

static void
player_await (Player *self, const char *name, int value)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG / GST_USECOND;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (get_enum (self, name) != value && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  g_mutex_unlock (&self->lock);
  ck_assert_msg (in_time, "%s is not %d", name, value);
}

static void
on_frame (GstElement *sink, GstBuffer *buffer, GstPad *pad, Player *self)
{
  g_mutex_lock (&self->lock);
  self->n_frames++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
on_pad_added (GstElement *peer, GstPad *pad, Player *self)
{
  GstElement *bin = gst_parse_bin_from_description (
      "rtpvp8depay ! fakesink name=sink async=false sync=false "
      "signal-handoffs=true",
      TRUE, NULL);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (bin), "sink");
  g_autoptr (GstPad) input = gst_element_get_static_pad (bin, "sink");

  g_signal_connect (sink, "handoff", G_CALLBACK (on_frame), self);
  gst_bin_add (GST_BIN (self->pipeline), bin);
  gst_element_sync_state_with_parent (bin);
  gst_pad_link (pad, input);
}

/* More than a second of them: GStreamer's DTLS connections have a timer of that
 * length, whose thread must not drop the last reference while their decoder is
 * disposed of (gstdtlsconnection.c, schedule_timeout_handling). */
#define ENOUGH_FRAMES 45

static void
player_await_media (Player *self)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG / GST_USECOND;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (self->n_frames < ENOUGH_FRAMES && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  g_mutex_unlock (&self->lock);
  ck_assert_msg (in_time, "only %u frames have come", self->n_frames);
}

static GstWebRTCSessionDescription *
make_offer (Player *self)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (
      "application/x-rtp,media=video,encoding-name=VP8,payload=96,"
      "clock-rate=90000");
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  g_autoptr (GstPromise) promise = gst_promise_new ();
  g_autoptr (GstWebRTCSessionDescription) offer = NULL;
  GstWebRTCSessionDescription *local;

  g_signal_emit_by_name (self->peer, "add-transceiver",
      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps, &transceiver);
  g_signal_emit_by_name (self->peer, "create-offer", NULL, promise);
  gst_promise_wait (promise);
  ck_assert (gst_structure_get (gst_promise_get_reply (promise), "offer",
      GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, NULL));
  g_signal_emit_by_name (self->peer, "set-local-description", offer, NULL);
  player_await (
      self, "ice-gathering-state", GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE);
  g_object_get (self->peer, "local-description", &local, NULL);

  return local;
}

static GBytes *
post (const char *url, GstWebRTCSessionDescription *offer, char **location)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (SoupMessage) message = soup_message_new ("POST", url);
  g_autofree char *text = gst_sdp_message_as_text (offer->sdp);
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  GBytes *answer;

  soup_message_set_request_body_from_bytes (message, "application/sdp", body);
  answer = soup_session_send_and_read (session, message, NULL, NULL);
  ck_assert_int_eq (soup_message_get_status (message), 201);
  *location = g_strdup (soup_message_headers_get_one (
      soup_message_get_response_headers (message), "Location"));

  return answer;
}

static Player *
player_new (const char *url)
{
  Player *self = g_new0 (Player, 1);
  g_autoptr (GstWebRTCSessionDescription) offer = NULL;
  g_autoptr (GstWebRTCSessionDescription) answer = NULL;
  g_autoptr (GBytes) text = NULL;
  GstSDPMessage *sdp;

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->pipeline = gst_pipeline_new (NULL);
  self->peer = gst_element_factory_make ("peerconnection", NULL);
  gst_bin_add (GST_BIN (self->pipeline), gst_object_ref (self->peer));
  gst_util_set_object_arg (
      G_OBJECT (self->peer), "bundle-policy", "max-bundle");
  g_signal_connect (self->peer, "notify", G_CALLBACK (on_notify), self);
  g_signal_connect (self->peer, "pad-added", G_CALLBACK (on_pad_added), self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);

  offer = make_offer (self);
  text = post (url, offer, &self->session);
  gst_sdp_message_new (&sdp);
  gst_sdp_message_parse_buffer (
      g_bytes_get_data (text, NULL), g_bytes_get_size (text), sdp);
  answer = gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
  g_signal_emit_by_name (self->peer, "set-remote-description", answer, NULL);
  player_await (
      self, "connection-state", GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED);
  player_await_media (self);

  return self;
}

static void
player_free (Player *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_signal_handlers_disconnect_by_data (self->peer, self);
  gst_object_unref (self->peer);
  gst_object_unref (self->pipeline);
  g_free (self->session);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Player, player_free)

/* The server's first frames; before that it has nothing to serve. */
static GstPadProbeReturn
on_first (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  gst_element_post_message (user_data, gst_message_new_application (user_data,
                                           gst_structure_new_empty ("first")));
  return GST_PAD_PROBE_REMOVE;
}

static void
server_play (Server *self)
{
  g_autoptr (GstElement) encoder =
      gst_bin_get_by_name (GST_BIN (self->pipeline), "source");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (encoder, "src");
  g_autoptr (GstMessage) first = NULL;

  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER, on_first, self->pipeline, NULL);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  first = await_message (self->pipeline, GST_MESSAGE_APPLICATION);
}

/* === */

#define LIVE "videotestsrc is-live=true name=source"

GST_START_TEST (test_eos_without_peers)
{
  g_autoptr (Server) server = server_new ("videotestsrc num-buffers=5");
  g_autoptr (GstMessage) eos = NULL;

  gst_element_set_state (server->pipeline, GST_STATE_PLAYING);
  eos = await_message (server->pipeline, GST_MESSAGE_EOS);
}
GST_END_TEST

GST_START_TEST (test_address_in_use)
{
  g_autoptr (Server) server = server_new (LIVE);
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GUri) uri = g_uri_parse (server->url, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;

  ck_assert (g_socket_listener_add_inet_port (
      listener, g_uri_get_port (uri), NULL, NULL));
  ck_assert_int_eq (gst_element_set_state (server->pipeline, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);
  message = await_message (server->pipeline, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, &debug);
  ck_assert_msg (
      strstr (error->message, "127.0.0.1") != NULL, "%s", error->message);
}
GST_END_TEST

/* Two of a process share the server, and each has its path. */
GST_START_TEST (test_shared_server)
{
  g_autoptr (Server) server = server_new (LIVE);
  g_autofree char *location =
      g_strdup_printf ("whep%s2", server->url + strlen ("http"));
  g_autoptr (GstElement) same =
      gst_object_ref_sink (gst_element_factory_make ("peersink", NULL));
  g_autoptr (GstElement) other =
      gst_object_ref_sink (gst_element_factory_make ("peersink", NULL));
  g_autofree char *taken =
      g_strdup_printf ("whep%s", server->url + strlen ("http"));

  g_object_set (same, "location", taken, NULL);
  g_object_set (other, "location", location, NULL);
  gst_element_set_state (server->pipeline, GST_STATE_PLAYING);
  ck_assert_int_eq (gst_element_set_state (other, GST_STATE_PLAYING),
      GST_STATE_CHANGE_SUCCESS);
  ck_assert_int_eq (gst_element_set_state (same, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (same, GST_STATE_NULL);
  gst_element_set_state (other, GST_STATE_NULL);
}
GST_END_TEST

GST_START_TEST (test_eos_tells_the_peer)
{
  g_autoptr (Server) server = server_new (LIVE);
  g_autoptr (Player) player = NULL;
  g_autoptr (GstMessage) eos = NULL;

  server_play (server);
  player = player_new (server->url);
  gst_element_send_event (server->pipeline, gst_event_new_eos ());
  player_await (
      player, "connection-state", GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED);
  eos = await_message (server->pipeline, GST_MESSAGE_EOS);
}
GST_END_TEST

GST_START_TEST (test_null_tells_the_peer)
{
  g_autoptr (Server) server = server_new (LIVE);
  g_autoptr (Player) player = NULL;

  server_play (server);
  player = player_new (server->url);
  gst_element_set_state (server->pipeline, GST_STATE_NULL);
  player_await (
      player, "connection-state", GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED);
}
GST_END_TEST

/* The stream goes on for those who come and go, and come again after NULL. */
GST_START_TEST (test_peers_come_and_go)
{
  g_autoptr (Server) server = server_new (LIVE);

  for (guint life = 0; life < 2; life++) {
    server_play (server);
    for (guint i = 0; i < 2; i++) {
      g_autoptr (Player) one = player_new (server->url);
      g_autoptr (Player) two = player_new (server->url);

      gst_element_set_state (one->pipeline, GST_STATE_NULL);
      ck_assert_int_eq (get_enum (two, "connection-state"),
          GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED);
    }
    gst_element_set_state (server->pipeline, GST_STATE_NULL);
  }
}
GST_END_TEST

static const char *const locations[] = { "wheps://127.0.0.1/live",
  "whip://127.0.0.1/live", "http://127.0.0.1/live", "whep:///live", "whep:live",
  "live" };

/* Nothing else is served in its place, least of all in the clear. */
GST_START_TEST (test_other_locations_are_refused)
{
  g_autoptr (GstElement) sink =
      gst_object_ref_sink (gst_element_factory_make ("peersink", NULL));

  g_object_set (sink, "location", locations[__i__], NULL);
  ck_assert_int_eq (gst_element_set_state (sink, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (sink, GST_STATE_NULL);
}
GST_END_TEST

typedef struct {
  GMutex lock;
  GCond cond;
  guint n_source;
  guint n_encoded;
} Counts;

static GstPadProbeReturn
count_source (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Counts *counts = user_data;

  g_mutex_lock (&counts->lock);
  counts->n_source++;
  g_cond_broadcast (&counts->cond);
  g_mutex_unlock (&counts->lock);

  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
count_encoded (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Counts *counts = user_data;

  g_mutex_lock (&counts->lock);
  counts->n_encoded++;
  g_mutex_unlock (&counts->lock);

  return GST_PAD_PROBE_OK;
}

static void
await_source (Counts *counts, guint n_more)
{
  guint end;

  g_mutex_lock (&counts->lock);
  end = counts->n_source + n_more;
  while (counts->n_source < end)
    g_cond_wait (&counts->cond, &counts->lock);
  g_mutex_unlock (&counts->lock);
}

static void
watch_pad (GstElement *element, GstPadProbeCallback count, Counts *counts)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count, counts, NULL);
}

GST_START_TEST (test_nothing_is_encoded_for_nobody)
{
  g_autoptr (Server) server = server_new (LIVE);
  g_autoptr (Player) player = NULL;
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (server->pipeline), "source");
  g_autoptr (GstIterator) encoders =
      gst_bin_iterate_all_by_element_factory_name (
          GST_BIN (server->pipeline), "vp8enc");
  g_auto (GValue) encoder = G_VALUE_INIT;
  Counts counts = { .n_source = 0 };
  guint before, after;

  g_mutex_init (&counts.lock);
  g_cond_init (&counts.cond);
  server_play (server);
  player = player_new (server->url);
  gst_iterator_resync (encoders);
  ck_assert_int_eq (gst_iterator_next (encoders, &encoder), GST_ITERATOR_OK);
  watch_pad (source, count_source, &counts);
  watch_pad (g_value_get_object (&encoder), count_encoded, &counts);
  await_source (&counts, 10);
  ck_assert_uint_gt (counts.n_encoded, 0);

  gst_element_set_state (player->pipeline, GST_STATE_NULL);
  /* What was on its way gets through. */
  await_source (&counts, 10);
  before = counts.n_encoded;
  await_source (&counts, 10);
  after = counts.n_encoded;
  ck_assert_uint_eq (after, before);
  gst_element_set_state (server->pipeline, GST_STATE_NULL);
}
GST_END_TEST

static Suite *
peersink_suite (void)
{
  Suite *suite = suite_create ("peersink");
  TCase *tcase = tcase_create ("peersink");

  /* Threads of webrtcbin may end while exit() cleans it up. */
  OPENSSL_init_crypto (OPENSSL_INIT_NO_ATEXIT, NULL);
  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_eos_without_peers);
  tcase_add_test (tcase, test_address_in_use);
  tcase_add_test (tcase, test_shared_server);
  tcase_add_test (tcase, test_eos_tells_the_peer);
  tcase_add_test (tcase, test_null_tells_the_peer);
  tcase_add_test (tcase, test_peers_come_and_go);
  tcase_add_test (tcase, test_nothing_is_encoded_for_nobody);
  tcase_add_loop_test (
      tcase, test_other_locations_are_refused, 0, G_N_ELEMENTS (locations));

  return suite;
}

GST_CHECK_MAIN (peersink);
