// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The GStreamer side of the browser tests. It talks JSON, one object a line.
//
// stdin, by "cmd": offer {sdp}, answer {sdp}, candidate {sdpMLineIndex,
// candidate}, send {texts}, close, eos (on the pipeline), eos-element, null
// (pipeline to NULL), quit. A "then" names the command that follows at once.
//
// stdout, by "type", with "t", the wall clock in milliseconds: ready {version},
// offer {sdp}, answer {sdp}, candidate, state {name, value}, pad-added {media},
// pad-flowing {media}, pad-eos {media}, channel-open, channel-message {text},
// channel-error {message}, channel-close, call {name, before, after, states},
// close-reply {report}, element-message {name, report}, error-message
// {message, debug}, eos-message, fault {message}.

#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#include <locale.h>
#include <openssl/crypto.h>

#ifndef GST_USE_UNSTABLE_API
#define GST_USE_UNSTABLE_API
#endif
#include <gst/webrtc/webrtc.h>

#include "e2e-events.h"
#include "e2e-json.h"

#define SEND_PIPELINE                                                          \
  "%s name=peer bundle-policy=max-bundle "                                     \
  "videotestsrc is-live=true pattern=ball "                                    \
  "! video/x-raw,width=320,height=240,framerate=30/1 "                         \
  "! vp8enc deadline=1 keyframe-max-dist=30 ! rtpvp8pay pt=96 ! queue "        \
  "! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! peer. "      \
  "audiotestsrc is-live=true wave=ticks ! opusenc ! rtpopuspay pt=97 ! queue " \
  "! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer. "

#define RECORD_PIPELINE                                                        \
  "%s name=peer bundle-policy=max-bundle "                                     \
  "matroskamux name=mux ! filesink name=file sync=false async=false "          \
  "rtpvp8depay name=video request-keyframe=true wait-for-keyframe=true "       \
  "! queue ! mux. "                                                            \
  "rtpopusdepay name=audio ! opusparse ! queue ! mux. "

#define CHANNEL "pipeline.( %s name=peer bundle-policy=max-bundle )"

static char *factory = NULL;
static char *file = NULL;
static gboolean media = FALSE;
static gboolean answerer = FALSE;
static gboolean close_on_message = FALSE;
static int close_timeout = 0;

static const GOptionEntry entries[] = {
  { "factory", 0, 0, G_OPTION_ARG_STRING, &factory, "Element", "NAME" },
  { "file", 0, 0, G_OPTION_ARG_FILENAME, &file, "Record into", "OUT.mkv" },
  { "media", 0, 0, G_OPTION_ARG_NONE, &media, "Send audio and video", NULL },
  { "answer", 0, 0, G_OPTION_ARG_NONE, &answerer, "Await an offer", NULL },
  { "close-on-message", 0, 0, G_OPTION_ARG_NONE, &close_on_message,
      "Close from inside on-message-string", NULL },
  { "close-timeout", 0, 0, G_OPTION_ARG_INT, &close_timeout,
      "The property of that name", "MS" },
  { NULL },
};

typedef struct {
  GMainLoop *loop;
  GstElement *pipeline;
  GstElement *peer;
  GObject *channel;
  int offered;
} E2ePeer;

static void
add_states (JsonObject *event, GObject *peer)
{
  static const char *const names[] = { "signaling-state", "connection-state",
    "ice-connection-state" };
  JsonObject *states = json_object_new ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_auto (GValue) value = G_VALUE_INIT;
    g_object_get_property (peer, names[i], &value);
    json_object_set_member (states, names[i], e2e_json_from_value (&value));
  }
  json_object_set_object_member (event, "states", states);
}

// The call whose effect the browser is to see, between two clock readings.
static void
run_call (E2ePeer *self, const char *name, void (*call) (E2ePeer *))
{
  JsonObject *event = e2e_event_new ("call");

  json_object_set_string_member (event, "name", name);
  json_object_set_double_member (event, "before", e2e_now ());
  call (self);
  json_object_set_double_member (event, "after", e2e_now ());
  add_states (event, G_OBJECT (self->peer));
  e2e_event_emit (event);
}

static void
on_close_reply (GstPromise *promise, gpointer user_data)
{
  JsonObject *event = e2e_event_new ("close-reply");
  const GstStructure *reply = gst_promise_get_reply (promise);

  if (reply)
    json_object_set_member (event, "report", e2e_json_from_structure (reply));
  e2e_event_emit (event);
  gst_promise_unref (promise);
}

static void
call_close (E2ePeer *self)
{
  if (!g_signal_lookup ("close", G_OBJECT_TYPE (self->peer))) {
    e2e_fault ("%s has no close signal", G_OBJECT_TYPE_NAME (self->peer));
    return;
  }
  g_signal_emit_by_name (self->peer, "close",
      gst_promise_new_with_change_func (on_close_reply, NULL, NULL));
}

static void
call_eos (E2ePeer *self)
{
  gst_element_send_event (self->pipeline, gst_event_new_eos ());
}

static void
call_eos_element (E2ePeer *self)
{
  gst_element_send_event (self->peer, gst_event_new_eos ());
}

static void
call_null (E2ePeer *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
}

// As the data channel sample of MDN's WebRTC guide does.
static void
on_closing_message (GObject *channel, const char *text, E2ePeer *self)
{
  run_call (self, "close-on-message", call_close);
}

static void
take_channel (E2ePeer *self, GObject *channel)
{
  self->channel = channel;
  e2e_watch_channel (channel);
  if (close_on_message)
    g_signal_connect (
        channel, "on-message-string", G_CALLBACK (on_closing_message), self);
}

static void
on_data_channel (GstElement *peer, GObject *channel, E2ePeer *self)
{
  take_channel (self, g_object_ref (channel));
}

static void
on_description (GstPromise *promise, gpointer user_data)
{
  E2ePeer *self = user_data;
  const char *type = answerer ? "answer" : "offer";
  const GstStructure *reply = gst_promise_get_reply (promise);
  g_autoptr (GstWebRTCSessionDescription) description = NULL;

  if (reply)
    gst_structure_get (
        reply, type, GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL);
  gst_promise_unref (promise);
  if (!description) {
    e2e_fault ("no %s was made", type);
    return;
  }
  // This first: the other side may be quick to answer.
  g_signal_emit_by_name (
      self->peer, "set-local-description", description, NULL);
  JsonObject *event = e2e_event_new (type);
  g_autofree char *sdp = gst_sdp_message_as_text (description->sdp);
  json_object_set_string_member (event, "sdp", sdp);
  e2e_event_emit (event);
}

static void
create_offer (gpointer user_data)
{
  E2ePeer *self = user_data;

  g_signal_emit_by_name (self->peer, "create-offer", NULL,
      gst_promise_new_with_change_func (on_description, self, NULL));
}

static void
on_negotiation_needed (GstElement *peer, E2ePeer *self)
{
  // The channel asks for it at READY already, but webrtcbin gathers no
  // candidates before PAUSED. The main loop only runs after that.
  if (!answerer && g_atomic_int_compare_and_exchange (&self->offered, 0, 1))
    g_idle_add_once (create_offer, self);
}

static void
on_offer_set (GstPromise *promise, gpointer user_data)
{
  E2ePeer *self = user_data;

  gst_promise_unref (promise);
  g_signal_emit_by_name (self->peer, "create-answer", NULL,
      gst_promise_new_with_change_func (on_description, self, NULL));
}

static void
on_ice_candidate (
    GstElement *peer, guint mline_index, char *candidate, E2ePeer *self)
{
  JsonObject *event = e2e_event_new ("candidate");

  json_object_set_int_member (event, "sdpMLineIndex", mline_index);
  json_object_set_string_member (event, "candidate", candidate);
  e2e_event_emit (event);
}

static void
set_remote_description (
    E2ePeer *self, GstWebRTCSDPType type, const char *text, GstPromise *promise)
{
  GstSDPMessage *sdp = NULL;

  if (gst_sdp_message_new_from_text (text, &sdp) != GST_SDP_OK) {
    e2e_fault ("cannot parse the remote description");
    return;
  }
  g_autoptr (GstWebRTCSessionDescription) description =
      gst_webrtc_session_description_new (type, sdp);
  g_signal_emit_by_name (
      self->peer, "set-remote-description", description, promise);
}

static void
send_texts (E2ePeer *self, JsonArray *texts)
{
  for (guint i = 0; i < json_array_get_length (texts); i++)
    g_signal_emit_by_name (
        self->channel, "send-string", json_array_get_string_element (texts, i));
}

static void
run_command (E2ePeer *self, const char *cmd, JsonObject *args)
{
  if (g_str_equal (cmd, "offer"))
    set_remote_description (self, GST_WEBRTC_SDP_TYPE_OFFER,
        json_object_get_string_member (args, "sdp"),
        gst_promise_new_with_change_func (on_offer_set, self, NULL));
  else if (g_str_equal (cmd, "answer"))
    set_remote_description (self, GST_WEBRTC_SDP_TYPE_ANSWER,
        json_object_get_string_member (args, "sdp"), NULL);
  else if (g_str_equal (cmd, "candidate"))
    g_signal_emit_by_name (self->peer, "add-ice-candidate",
        (guint)json_object_get_int_member (args, "sdpMLineIndex"),
        json_object_get_string_member (args, "candidate"));
  else if (g_str_equal (cmd, "send"))
    send_texts (self, json_object_get_array_member (args, "texts"));
  else if (g_str_equal (cmd, "close"))
    run_call (self, cmd, call_close);
  else if (g_str_equal (cmd, "eos"))
    run_call (self, cmd, call_eos);
  else if (g_str_equal (cmd, "eos-element"))
    run_call (self, cmd, call_eos_element);
  else if (g_str_equal (cmd, "null"))
    run_call (self, cmd, call_null);
  else if (g_str_equal (cmd, "quit"))
    g_main_loop_quit (self->loop);
  else
    e2e_fault ("unknown command %s", cmd);
}

static gboolean
on_input (GIOChannel *input, GIOCondition condition, gpointer user_data)
{
  E2ePeer *self = user_data;
  g_autofree char *line = NULL;

  if (g_io_channel_read_line (input, &line, NULL, NULL, NULL) !=
      G_IO_STATUS_NORMAL) {
    g_main_loop_quit (self->loop);
    return G_SOURCE_REMOVE;
  }
  g_autoptr (JsonNode) node = json_from_string (line, NULL);
  if (node && JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObject *args = json_node_get_object (node);
    const char *then =
        json_object_get_string_member_with_default (args, "then", NULL);
    run_command (self,
        json_object_get_string_member_with_default (args, "cmd", ""), args);
    if (then)
      run_command (self, then, args);
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
build (E2ePeer *self, GError **error)
{
  const char *format = media ? SEND_PIPELINE : file ? RECORD_PIPELINE : CHANNEL;
  g_autofree char *text = g_strdup_printf (format, factory);

  self->pipeline = gst_parse_launch (text, error);
  if (!self->pipeline)
    return FALSE;
  self->peer = gst_bin_get_by_name (GST_BIN (self->pipeline), "peer");
  if (file) {
    g_autoptr (GstElement) sink =
        gst_bin_get_by_name (GST_BIN (self->pipeline), "file");
    g_object_set (sink, "location", file, NULL);
  }
  if (close_timeout)
    g_object_set (self->peer, "close-timeout", close_timeout, NULL);
  e2e_watch_pipeline (self->pipeline, self->peer);
  g_signal_connect (
      self->peer, "on-data-channel", G_CALLBACK (on_data_channel), self);
  g_signal_connect (self->peer, "on-negotiation-needed",
      G_CALLBACK (on_negotiation_needed), self);
  g_signal_connect (
      self->peer, "on-ice-candidate", G_CALLBACK (on_ice_candidate), self);
  return TRUE;
}

static gboolean
start (E2ePeer *self)
{
  GObject *channel = NULL;

  if (!answerer) {
    // The element takes no channel before READY.
    gst_element_set_state (self->pipeline, GST_STATE_READY);
    g_signal_emit_by_name (
        self->peer, "create-data-channel", "chat", NULL, &channel);
    if (!channel)
      return FALSE;
    take_channel (self, channel);
  }
  return gst_element_set_state (self->pipeline, GST_STATE_PLAYING) !=
         GST_STATE_CHANGE_FAILURE;
}

int
main (int argc, char **argv)
{
  E2ePeer self = { NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  /* Threads of webrtcbin may end while exit() cleans it up. */
  OPENSSL_init_crypto (OPENSSL_INIT_NO_ATEXIT, NULL);
  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!factory)
    factory = g_strdup ("peerconnection");
  if (!g_option_context_parse (context, &argc, &argv, &error) ||
      !build (&self, &error)) {
    g_printerr ("%s\n", error->message);
    return 1;
  }
  self.loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GIOChannel) input = g_io_channel_unix_new (0);
  g_io_add_watch (input, G_IO_IN | G_IO_HUP, on_input, &self);

  if (start (&self)) {
    JsonObject *event = e2e_event_new ("ready");
    g_autofree char *version = gst_version_string ();
    json_object_set_string_member (event, "version", version);
    e2e_event_emit (event);
    g_main_loop_run (self.loop);
  } else {
    e2e_fault ("the pipeline does not start");
  }
  gst_element_set_state (self.pipeline, GST_STATE_NULL);
  g_clear_object (&self.channel);
  gst_object_unref (self.peer);
  gst_object_unref (self.pipeline);
  g_main_loop_unref (self.loop);
  return 0;
}
