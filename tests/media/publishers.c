/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A peersrc that several peersinks publish to, in one process. */

#include <gst/check/gstcheck.h>
#include <gst/rtp/gstrtcpbuffer.h>
#include <gst/webrtc/webrtc.h>

#include "players.h"
#include "studio.h"

GST_START_TEST (test_publishers_have_pads_of_their_own)
{
  g_autoptr (Studio) studio = studio_new (2);
  GstElement *first = studio_publish (studio, 10000);
  GstElement *second, *next;
  g_auto (GStrv) sessions = NULL;

  studio_await (studio, &studio->n_buffers[0], ENOUGH_FRAMES);
  second = studio_publish (studio, 10000);
  studio_await (studio, &studio->n_buffers[1], ENOUGH_FRAMES);
  g_object_get (studio->src, "sessions", &sessions, NULL);
  ck_assert_uint_eq (g_strv_length (sessions), 2);

  /* The end of one is no matter of the other's. */
  studio_stop (first);
  studio_await (studio, &studio->n_eos[0], 1);
  studio_await (studio, &studio->n_removed[0], 1);
  studio_await_more (studio, &studio->n_buffers[1], 15);
  ck_assert_uint_eq (studio_get (studio, &studio->n_eos[1]), 0);

  studio_stop (second);
  studio_await (studio, &studio->n_removed[1], 1);

  /* There is a next one, as was asked for. */
  next = studio_publish (studio, 10000);
  studio_await_more (studio, &studio->n_buffers[0], ENOUGH_FRAMES);
  studio_stop (next);
  studio_await (studio, &studio->n_eos[0], 2);
}
GST_END_TEST

GST_START_TEST (test_one_too_many_is_told_so)
{
  g_autoptr (Studio) studio = studio_new (1);
  GstElement *first = studio_publish (studio, 10000);
  GstElement *second;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  const GstStructure *details;
  guint status;

  studio_await (studio, &studio->n_buffers[0], ENOUGH_FRAMES);
  second = studio_publish (studio, 1000);
  bus = gst_element_get_bus (second);
  message = gst_bus_timed_pop_filtered (bus, WATCHDOG, GST_MESSAGE_ERROR);
  ck_assert (message != NULL);
  gst_message_parse_error_details (message, &details);
  ck_assert (gst_structure_get_uint (details, "http-status-code", &status));
  ck_assert_uint_eq (status, 503);
  studio_stop (second);

  studio_await_more (studio, &studio->n_buffers[0], 15);
  studio_stop (first);
}
GST_END_TEST

/* As long as a handler may take; or until what it is too slow for has come. */
static void
hold_up (GstElement *src, GstPad *pad, Studio *studio)
{
  gint64 end = g_get_monotonic_time () + G_TIME_SPAN_SECOND / 5;
  gboolean in_time = TRUE;

  g_mutex_lock (&studio->lock);
  while (!studio->stopped && in_time)
    in_time = g_cond_wait_until (&studio->cond, &studio->lock, end);
  g_mutex_unlock (&studio->lock);
}

static void
await_closed (GstElement *pipeline)
{
  gboolean closed = FALSE;

  while (!closed) {
    g_autoptr (GstMessage) message =
        await_message (pipeline, GST_MESSAGE_ELEMENT);

    closed = gst_message_has_name (message, "peersrc-closed");
  }
}

/* Those who are linked may be freed then, however slow the application is. */
GST_START_TEST (test_no_pad_outlasts_the_pipeline)
{
  g_autoptr (Studio) studio = studio_new (1);
  guint n_pads;

  g_signal_connect (studio->src, "pad-added", G_CALLBACK (hold_up), studio);
  g_signal_emit_by_name (studio->src, "close", NULL);
  await_closed (studio->pipeline);
  gst_element_set_state (studio->pipeline, GST_STATE_NULL);
  n_pads = studio->src->numsrcpads;
  g_mutex_lock (&studio->lock);
  studio->stopped = TRUE;
  g_cond_broadcast (&studio->cond);
  g_mutex_unlock (&studio->lock);
  ck_assert_uint_eq (studio_get (studio, &studio->n_removed[0]), 1);
  ck_assert_uint_eq (n_pads, 0);
}
GST_END_TEST

/* === who says no more than that its streams end === */

static GObject *
find_rtp_session (GstElement *connection)
{
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (connection), "rtpbin");
  GObject *session;

  g_signal_emit_by_name (rtpbin, "get-internal-session", 0, &session);
  ck_assert (session != NULL);

  return session;
}

/* Not the source that repeats what was lost, if anything was. */
static guint
find_sender (GObject *session)
{
  g_autoptr (GstStructure) stats = NULL;
  const GValue *sources;
  guint64 most = 0;
  guint ssrc = 0;

  g_object_get (session, "stats", &stats, NULL);
  sources = gst_structure_get_value (stats, "source-stats");
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  for (guint i = 0; i < ((GValueArray *)g_value_get_boxed (sources))->n_values;
       i++) {
    const GstStructure *source = gst_value_get_structure (
        g_value_array_get_nth (g_value_get_boxed (sources), i));
    guint64 n_sent = 0;

    gst_structure_get_uint64 (source, "packets-sent", &n_sent);
    if (n_sent > most)
      gst_structure_get_uint (source, "ssrc", &ssrc);
    most = MAX (most, n_sent);
  }
  G_GNUC_END_IGNORE_DEPRECATIONS
  ck_assert_uint_ne (ssrc, 0);

  return ssrc;
}

static gboolean
add_bye (GObject *session, GstBuffer *buffer, gboolean early, gpointer ssrc)
{
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;

  gst_rtcp_buffer_map (buffer, GST_MAP_READWRITE, &rtcp);
  ck_assert (gst_rtcp_buffer_add_packet (&rtcp, GST_RTCP_TYPE_BYE, &packet));
  gst_rtcp_packet_bye_add_ssrc (&packet, GPOINTER_TO_UINT (ssrc));
  gst_rtcp_buffer_unmap (&rtcp);

  return TRUE;
}

GST_START_TEST (test_the_end_of_each_stream_is_that_of_the_session)
{
  g_autoptr (Studio) studio = studio_new (1);
  GstElement *publisher = studio_publish (studio, 10000);
  g_autoptr (GstElement) sink =
      gst_bin_get_by_interface (GST_BIN (publisher), GST_TYPE_CHILD_PROXY);
  g_autoptr (GObject) connection = NULL;
  g_autoptr (GObject) session = NULL;
  g_autoptr (GstMessage) message = NULL;

  studio_await (studio, &studio->n_buffers[0], ENOUGH_FRAMES);
  connection = gst_child_proxy_get_child_by_index (GST_CHILD_PROXY (sink), 0);
  session = find_rtp_session (GST_ELEMENT (connection));
  g_signal_connect (session, "on-sending-rtcp", G_CALLBACK (add_bye),
      GUINT_TO_POINTER (find_sender (session)));

  /* What it sends goes on, but the studio is done. */
  message = await_message (publisher, GST_MESSAGE_ERROR);
  studio_stop (publisher);
}
GST_END_TEST

/* The connection stays, but nothing comes of it. */
GST_START_TEST (test_silence_is_the_end_of_the_session)
{
  g_autoptr (Studio) studio = studio_new (1);
  GstElement *publisher;
  g_autoptr (GstMessage) warning = NULL;

  /* That of the first frame as well, which a busy machine may take a while for. */
  g_object_set (studio->src, "media-timeout", 5000, NULL);
  publisher = studio_publish (studio, 10000);
  studio_await (studio, &studio->n_buffers[0], 2 * ENOUGH_FRAMES);
  gst_element_set_state (publisher, GST_STATE_PAUSED);
  studio_await (studio, &studio->n_eos[0], 1);
  warning = await_message (studio->pipeline, GST_MESSAGE_WARNING);
  studio_stop (publisher);
}
GST_END_TEST

/* === the end in the middle of a frame === */

#define WHOLE_FRAMES ENOUGH_FRAMES
#define PART 2

typedef struct {
  GMutex lock;
  GCond cond;
  guint n_sent; /* packets */
  guint n_received;
  guint n_frames; /* that were sent whole */
  guint n_part;   /* packets of the one that was not */
} Cut;

/* All packets of so many frames, and of the next the delimiter and a slice. */
static gboolean
is_sent (Cut *self, GstBuffer *packet)
{
  gboolean whole, sent;
  guint8 marker;

  gst_buffer_extract (packet, 1, &marker, 1);
  g_mutex_lock (&self->lock);
  whole = self->n_frames < WHOLE_FRAMES;
  sent = whole || self->n_part < PART;
  self->n_sent += sent;
  self->n_part += !whole && sent;
  self->n_frames += whole && (marker & 0x80) != 0;
  g_mutex_unlock (&self->lock);

  return sent;
}

static GstPadProbeReturn
on_payload (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstBufferList *list;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    return is_sent (user_data, GST_PAD_PROBE_INFO_BUFFER (info))
               ? GST_PAD_PROBE_OK
               : GST_PAD_PROBE_DROP;

  list = gst_buffer_list_make_writable (GST_PAD_PROBE_INFO_BUFFER_LIST (info));
  for (guint i = 0; i < gst_buffer_list_length (list);) {
    if (is_sent (user_data, gst_buffer_list_get (list, i)))
      i++;
    else
      gst_buffer_list_remove (list, i, 1);
  }
  GST_PAD_PROBE_INFO_DATA (info) = list;

  return GST_PAD_PROBE_OK;
}

static void
on_encoder (
    GstElement *sink, GstPad *input, GstElement *encoder, gpointer user_data)
{
  g_object_set (encoder, "option-string", "slices=4", NULL);
}

static void
on_payloader (GstElement *sink, const char *session, GstPad *input,
    GstElement *payloader, Cut *cut)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (payloader, "src");

  gst_util_set_object_arg (G_OBJECT (payloader), "aggregate-mode", "none");
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_payload,
      cut, NULL);
}

static GstPadProbeReturn
on_received (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Cut *self = user_data;

  g_mutex_lock (&self->lock);
  self->n_received++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);

  return GST_PAD_PROBE_OK;
}

static void
on_rtp_pad (GstElement *connection, GstPad *pad, Cut *cut)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_received, cut, NULL);
}

static void
on_session (GstElement *src, const char *id, GstElement *connection, Cut *cut)
{
  g_signal_connect (connection, "pad-added", G_CALLBACK (on_rtp_pad), cut);
}

/* What nobody can decode must not be the end of a recording. */
GST_START_TEST (test_no_part_of_a_frame_is_given_out)
{
  g_autoptr (Studio) studio = studio_new (1);
  Cut cut = { .n_sent = 0 };
  g_autofree char *description = g_strdup_printf (STUDIO_SOURCE
      " ! peersink name=sink video-caps=video/x-h264 location=%s",
      studio->url);
  GstElement *publisher = gst_parse_launch (description, NULL);
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (publisher), "sink");

  /* What a busy machine drops comes again within this. */
  g_object_set (studio->src, "latency", 3000, NULL);
  g_signal_connect (sink, "encoder-setup", G_CALLBACK (on_encoder), NULL);
  g_signal_connect (sink, "payloader-setup", G_CALLBACK (on_payloader), &cut);
  g_signal_connect (
      studio->src, "session-added", G_CALLBACK (on_session), &cut);
  gst_element_set_state (publisher, GST_STATE_PLAYING);
  g_mutex_lock (&cut.lock);
  while (cut.n_part < PART || cut.n_received < cut.n_sent)
    g_cond_wait (&cut.cond, &cut.lock);
  g_mutex_unlock (&cut.lock);

  gst_element_send_event (studio->src, gst_event_new_eos ());
  studio_await (studio, &studio->n_eos[0], 1);
  ck_assert_uint_eq (studio_get (studio, &studio->n_buffers[0]), WHOLE_FRAMES);
  studio_stop (publisher);
}
GST_END_TEST

/* Who records to it is told, the others go on, and it can be tried again. */
GST_START_TEST (test_a_disk_is_full)
{
  g_autoptr (Studio) studio = studio_new (2);
  GstElement *second = NULL, *first, *again;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  studio->full = TRUE;
  first = studio_publish (studio, 10000);
  message = await_error (studio->pipeline);
  gst_message_parse_error (message, &error, NULL);
  ck_assert_msg (g_error_matches (error, GST_RESOURCE_ERROR,
                     GST_RESOURCE_ERROR_NO_SPACE_LEFT),
      "%s", error->message);

  second = studio_publish (studio, 10000);
  studio_await (studio, &studio->n_buffers[1], ENOUGH_FRAMES);

  studio_stop (first);
  studio_stop (second);
  gst_element_set_state (studio->pipeline, GST_STATE_NULL);
  studio->full = FALSE;
  studio->n_buffers[0] = 0;
  gst_element_set_state (studio->pipeline, GST_STATE_PLAYING);
  again = studio_publish (studio, 10000);
  studio_await (studio, &studio->n_buffers[0], ENOUGH_FRAMES);
  studio_stop (again);
}
GST_END_TEST

static GstPadProbeReturn
on_blocked (GstPad *pad, GstPadProbeInfo *info, gpointer studio)
{
  studio_count (studio, &((Studio *)studio)->n_blocked);
  return GST_PAD_PROBE_OK;
}

/* A session's bin, to be stopped. */
static void
on_element_removed (GstBin *src, GstElement *bin, Studio *studio)
{
  studio_count (studio, &studio->n_stopping);
}

/* A session that ends waits for its streaming thread, which is downstream; the
 * pipeline, to let it go, stops its sinks first, but not without pausing. */
GST_START_TEST (test_null_while_a_session_ends)
{
  g_autoptr (Studio) studio = studio_new (1);
  GstElement *publisher = studio_publish (studio, 10000);
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstPad) sink = NULL;

  studio_await (studio, &studio->n_buffers[0], ENOUGH_FRAMES);
  g_signal_connect (
      studio->src, "element-removed", G_CALLBACK (on_element_removed), studio);
  pad = gst_element_get_static_pad (studio->src, "video_0");
  sink = gst_pad_get_peer (pad);
  gst_pad_add_probe (
      sink, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, on_blocked, studio, NULL);
  studio_await (studio, &studio->n_blocked, 1);

  studio_stop (publisher);
  studio_await (studio, &studio->n_stopping, 1);
}
GST_END_TEST

static Suite *
publishers_suite (void)
{
  Suite *suite = suite_create ("publishers");
  TCase *tcase = tcase_create ("publishers");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_publishers_have_pads_of_their_own);
  tcase_add_test (tcase, test_one_too_many_is_told_so);
  tcase_add_test (tcase, test_no_pad_outlasts_the_pipeline);
  tcase_add_test (tcase, test_the_end_of_each_stream_is_that_of_the_session);
  tcase_add_test (tcase, test_silence_is_the_end_of_the_session);
  tcase_add_test (tcase, test_no_part_of_a_frame_is_given_out);
  tcase_add_test (tcase, test_a_disk_is_full);
  tcase_add_test (tcase, test_null_while_a_session_ends);

  return suite;
}

GST_CHECK_MAIN (publishers);
