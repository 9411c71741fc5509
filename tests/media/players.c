/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "players.h"

#include <libsoup/soup.h>
#include <string.h>

#include "ports.h"
#include "upnp.h"

/* === the peersink === */

Server *
server_new (const char *source)
{
  Server *self = g_new0 (Server, 1);
  guint port = find_port ();
  g_autofree char *description = g_strdup_printf (
      "%s ! peersink name=sink location=whep://127.0.0.1:%u/live", source,
      port);

  self->url = g_strdup_printf ("http://127.0.0.1:%u/live", port);
  self->pipeline = gst_parse_launch (description, NULL);
  ck_assert (self->pipeline != NULL);

  return self;
}

void
server_free (Server *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->pipeline);
  g_free (self->url);
  g_free (self);
}

GstMessage *
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

GstMessage *
await_error (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstMessage *message =
      gst_bus_timed_pop_filtered (bus, WATCHDOG, GST_MESSAGE_ERROR);

  ck_assert_msg (message != NULL, "no error");

  return message;
}

/* === who plays from it === */

static void
on_notify (GstElement *peer, GParamSpec *pspec, Player *self)
{
  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

int
player_get_enum (Player *self, const char *name)
{
  int value;

  g_object_get (self->peer, name, &value, NULL);
  return value;
}

void
player_await (Player *self, const char *name, int value)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG / GST_USECOND;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (player_get_enum (self, name) != value && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  g_mutex_unlock (&self->lock);
  ck_assert_msg (in_time, "%s is not %d", name, value);
}

static void
on_frame (GstElement *sink, GstBuffer *buffer, GstPad *pad, Player *self)
{
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&self->lock);
  self->n_frames++;
  self->longest_gap = MAX (self->longest_gap, now - self->last_frame);
  self->last_frame = now;
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

void
player_await_media (Player *self, guint n)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG / GST_USECOND;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (self->n_frames < n && in_time)
    in_time = g_cond_wait_until (&self->cond, &self->lock, end);
  g_mutex_unlock (&self->lock);
  ck_assert_msg (in_time, "only %u frames have come", self->n_frames);
}

void
player_watch_gaps (Player *self)
{
  g_mutex_lock (&self->lock);
  self->last_frame = g_get_monotonic_time ();
  self->longest_gap = 0;
  g_mutex_unlock (&self->lock);
}

/* The one that there may be now is one as well. */
gint64
player_get_longest_gap (Player *self)
{
  gint64 gap;

  g_mutex_lock (&self->lock);
  gap = MAX (self->longest_gap, g_get_monotonic_time () - self->last_frame);
  g_mutex_unlock (&self->lock);

  return gap;
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
  ck_assert_msg (soup_message_get_status (message) == 201, "%u: %.*s",
      soup_message_get_status (message), (int)g_bytes_get_size (answer),
      (const char *)g_bytes_get_data (answer, NULL));
  *location = g_strdup (soup_message_headers_get_one (
      soup_message_get_response_headers (message), "Location"));

  return answer;
}

Player *
player_connect (const char *url)
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
  disable_upnp (self->peer);
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

  return self;
}

Player *
player_new (const char *url)
{
  Player *self = player_connect (url);

  player_await_media (self, ENOUGH_FRAMES);

  return self;
}

void
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

/* The server's first frames; before that it has nothing to serve. */
static GstPadProbeReturn
on_first (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  gst_element_post_message (user_data, gst_message_new_application (user_data,
                                           gst_structure_new_empty ("first")));
  return GST_PAD_PROBE_REMOVE;
}

void
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
