/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * two-peers [--seconds=N] [--factory=NAME] INPUT OUTPUT
 *
 * The smallest complete program around `peerconnection`: two pipelines in one
 * process, connected by real ICE, DTLS and SRTP.
 *
 *   sender    INPUT -> decode -> VP8, Opus -> RTP -> peerconnection
 *   receiver  peerconnection -> RTP -> VP8, Opus -> WebM -> OUTPUT
 *
 * When INPUT ends, its EOS reaches the sending peerconnection, which delivers
 * what came before it, closes, and tells how in a message. The receiving one
 * notices and ends its streams with EOS as well, and so the file is finished.
 *
 * Probes and signals run on threads of GStreamer and never wait. */

#define GST_USE_UNSTABLE_API
#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#define RTP "application/x-rtp,media="
#define VP8 RTP "video,encoding-name=VP8,clock-rate=90000,payload=96"
#define OPUS RTP "audio,encoding-name=OPUS,clock-rate=48000,payload=97"
#define SENDER                                                                 \
  "uridecodebin name=media"                                                    \
  " media. ! video/x-raw ! queue name=pictures max-size-buffers=4"             \
  "  ! videoconvert ! clocksync ! vp8enc name=video deadline=1 cpu-used=8"     \
  "    lag-in-frames=0 end-usage=cbr target-bitrate=2000000"                   \
  "  ! rtpvp8pay picture-id-mode=15-bit ! " VP8 " ! pc.sink_0"                 \
  " media. ! audio/x-raw ! queue name=sound max-size-buffers=4"                \
  "  ! audioconvert ! audioresample ! audio/x-raw,channels=2 ! clocksync"      \
  "  ! opusenc name=audio ! rtpopuspay ! " OPUS " ! pc.sink_1"
#define RECEIVER                                                               \
  "webmmux name=mux ! filesink name=file"                                      \
  " rtpvp8depay name=video ! queue ! mux.video_0"                              \
  " rtpopusdepay name=audio ! queue ! mux.audio_0"

enum { VIDEO, AUDIO, N_KINDS };
static const char *const kinds[] = { "video", "audio" };
static const char *const queues[] = { "pictures", "sound" };
static const char *const stand_ins[] = { "videotestsrc", "audiotestsrc" };

typedef struct _Peer {
  const char *name, *makes;
  const char *reason, *steps; /* What its close report has to tell. */
  struct _Peer *remote;
  GstElement *pipeline, *pc;
  int frames[N_KINDS];
  gint64 closed_at; /* When its close began, in us. */
  GstStructure *report;
  gboolean eos;
} Peer;

static Peer receiver;
static Peer sender = { "sender", "answer", "eos",
  "rtp-bye dtls-close-notify ice", &receiver };
static Peer receiver = { "receiver", "offer", "remote", "ice", &sender };
static GMainLoop *loop;
static GstElement *stand_in; /* For a track that the recording lacks. */
static gboolean failed;

#define FAIL(...)                                                              \
  (g_printerr ("FAILED: " __VA_ARGS__), failed = TRUE, g_main_loop_quit (loop))

/* ---- Media: where the pipelines need a hand ----------------------------- */

static GstElement *
get (Peer *peer, const char *name)
{
  return gst_bin_get_by_name (GST_BIN (peer->pipeline), name);
}

static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer count)
{
  if (GST_IS_BUFFER (info->data))
    g_atomic_int_inc ((int *)count);
  else if (stand_in && GST_EVENT_TYPE (info->data) == GST_EVENT_EOS)
    gst_element_send_event (stand_in, gst_event_new_eos ());
  return GST_PAD_PROBE_OK;
}

/* A recording without sound gets a tone, and one without pictures gets a test
 * picture, which end together with the recording. */
static void
on_no_more_pads (GstElement *media)
{
  for (int i = 0; i < N_KINDS; i++) {
    g_autoptr (GstElement) queue = get (&sender, queues[i]);
    if (!gst_pad_is_linked (queue->sinkpads->data)) {
      stand_in = gst_element_factory_make (stand_ins[i], NULL);
      gst_bin_add (GST_BIN (sender.pipeline), stand_in);
      gst_element_link (stand_in, queue);
      gst_element_sync_state_with_parent (stand_in);
    }
  }
}

static void
on_pad_added (GstElement *pc, GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  const char *media = gst_structure_get_string (structure, "media");
  g_autoptr (GstElement) depay = get (&receiver, media);
  gst_element_link_pads (pc, GST_PAD_NAME (pad), depay, "sink");
}

/* ---- Signalling: what applications send over a channel of their own ----- */

/* Emitting only queues the work, which each peer does in the order queued. */
static void
on_description (GstPromise *promise, gpointer user_data)
{
  Peer *local = user_data, *remote = local->remote;
  g_autoptr (GstWebRTCSessionDescription) desc = NULL;
  const GstStructure *reply = gst_promise_get_reply (promise);
  if (reply && gst_structure_get (reply, local->makes,
                   GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &desc, NULL)) {
    g_signal_emit_by_name (local->pc, "set-local-description", desc, NULL);
    g_signal_emit_by_name (remote->pc, "set-remote-description", desc, NULL);
    if (local == &receiver)
      g_signal_emit_by_name (sender.pc, "create-answer", NULL,
          gst_promise_new_with_change_func (on_description, &sender, NULL));
  }
  gst_promise_unref (promise);
}

/* The sender has its media. The receiver offers: who answers is the last to
 * be connected, so the first frame that it sends finds a receiver. */
static void
on_negotiation_needed (GstElement *pc)
{
  for (int i = 0; i < N_KINDS; i++) {
    g_autoptr (GstCaps) caps = gst_caps_from_string (i == VIDEO ? VP8 : OPUS);
    g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
    g_signal_emit_by_name (receiver.pc, "add-transceiver",
        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps, &transceiver);
  }
  g_signal_emit_by_name (receiver.pc, "create-offer", NULL,
      gst_promise_new_with_change_func (on_description, &receiver, NULL));
}

static void
on_ice_candidate (GstElement *pc, guint line, const char *text, Peer *peer)
{
  g_signal_emit_by_name (peer->remote->pc, "add-ice-candidate", line, text);
}

/* ---- The main loop ------------------------------------------------------ */

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Peer *peer = user_data;
  guint64 us = 0;

  if (gst_message_has_name (message, "peerconnection-closed")) {
    peer->report = gst_structure_copy (gst_message_get_structure (message));
    gst_structure_get_uint64 (peer->report, "total-us", &us);
    peer->closed_at = g_get_monotonic_time () - (gint64)us;
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_LATENCY) {
    gst_bin_recalculate_latency (GST_BIN (peer->pipeline));
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    FAIL ("%s: %s\n", peer->name, error->message);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    peer->eos = TRUE;
    if (peer->remote->eos)
      g_main_loop_quit (loop);
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_stop (gpointer user_data)
{
  gst_element_send_event (sender.pipeline, gst_event_new_eos ());
  return G_SOURCE_REMOVE;
}

static gboolean
on_watchdog (gpointer user_data)
{
  static int before;
  int now = g_atomic_int_get (&receiver.frames[VIDEO]) +
            g_atomic_int_get (&receiver.frames[AUDIO]);
  if (now == before)
    FAIL ("nothing has arrived for 10 s, and the %s did not end\n",
        sender.eos ? "receiver" : "sender");
  before = now;
  return G_SOURCE_CONTINUE;
}

/* ---- From start to end -------------------------------------------------- */

static void
create (Peer *peer, const char *factory, const char *others)
{
  g_autofree char *description =
      g_strconcat (factory, " name=pc bundle-policy=max-bundle ", others, NULL);
  g_autoptr (GError) error = NULL;

  peer->pipeline = gst_parse_launch_full (
      description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  if (!peer->pipeline) {
    g_printerr ("FAILED: %s: %s\n", peer->name, error->message);
    exit (1);
  }
  for (int i = 0; i < N_KINDS; i++) {
    g_autoptr (GstElement) element = get (peer, kinds[i]);
    gst_pad_add_probe (element->srcpads->data,
        GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM, on_frame, &peer->frames[i], NULL);
  }
  peer->pc = get (peer, "pc");
  g_object_connect (
      peer->pc, "signal::on-ice-candidate", on_ice_candidate, peer, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (peer->pipeline);
  gst_bus_add_watch (bus, on_message, peer);
}

static void
print_report (Peer *peer)
{
  guint64 us = 0;
  if (!peer->report) {
    FAIL ("the %s gave no close report\n", peer->name);
    return;
  }
  const char *reason = gst_structure_get_string (peer->report, "reason");
  const GValue *steps = gst_structure_get_value (peer->report, "steps");
  gst_structure_get_uint64 (peer->report, "total-us", &us);
  g_print ("%s: closed in %.1f ms, reason: %s\n  %-20s%-11s%-8s%7s\n",
      peer->name, us / 1e3, reason, "step", "W3C", "result", "ms");
  for (guint i = 0; i < gst_value_array_get_size (steps); i++) {
    const GstStructure *step =
        gst_value_get_structure (gst_value_array_get_value (steps, i));
    const char *name = gst_structure_get_name (step);
    const char *result = gst_structure_get_string (step, "result");
    gst_structure_get_uint64 (step, "us", &us);
    g_print ("  %-20s%-11s%-8s%7.1f\n", name,
        gst_structure_get_string (step, "spec"), result, us / 1e3);
    if (!g_str_equal (result, "done") &&
        (g_str_equal (result, "overdue") || strstr (peer->steps, name)))
      FAIL ("the %s's step %s was not done\n", peer->name, name);
  }
  if (g_strcmp0 (reason, peer->reason) != 0)
    FAIL ("the %s should have closed for %s\n", peer->name, peer->reason);
}

int
main (int argc, char **argv)
{
  g_autofree char *factory = g_strdup ("peerconnection");
  int seconds = 0;
  const GOptionEntry entries[] = {
    { "seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "end after N s", "N" },
    { "factory", 0, 0, G_OPTION_ARG_STRING, &factory, "element", "NAME" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("INPUT OUTPUT");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, NULL) || argc != 3) {
    g_printerr ("%s", g_option_context_get_help (context, TRUE, NULL));
    return 2;
  }
  loop = g_main_loop_new (NULL, FALSE);
  create (&receiver, factory, RECEIVER);
  create (&sender, factory, SENDER);
  g_autoptr (GstElement) media = get (&sender, "media");
  g_autoptr (GstElement) file = get (&receiver, "file");
  g_autofree char *uri = gst_filename_to_uri (argv[1], NULL);
  g_object_set (media, "uri", uri, NULL);
  g_object_set (file, "location", argv[2], NULL);
  g_object_connect (media, "signal::no-more-pads", on_no_more_pads, NULL, NULL);
  g_object_connect (receiver.pc, "signal::pad-added", on_pad_added, NULL, NULL);
  g_object_connect (sender.pc, "signal::on-negotiation-needed",
      on_negotiation_needed, NULL, NULL);
  gst_element_set_state (receiver.pipeline, GST_STATE_PLAYING);
  gst_element_set_state (sender.pipeline, GST_STATE_PLAYING);
  g_timeout_add_seconds (10, on_watchdog, NULL);
  if (seconds > 0)
    g_timeout_add_seconds (seconds, on_stop, NULL);
  g_main_loop_run (loop);
  gst_element_set_state (sender.pipeline, GST_STATE_NULL);
  gst_element_set_state (receiver.pipeline, GST_STATE_NULL);

  print_report (&sender);
  print_report (&receiver);
  g_print ("the receiver knew %.1f ms after the sender began to close\n",
      (receiver.closed_at - sender.closed_at) / 1e3);
  for (int i = 0; i < N_KINDS; i++) {
    g_print ("%s: %d frames sent, %d received\n", kinds[i], sender.frames[i],
        receiver.frames[i]);
    failed |= receiver.frames[i] == 0;
  }
  return failed;
}
