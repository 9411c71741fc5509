/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What comes into a stream, what comes out, and what is refused. */

#include "stream-fixture.h"

#include <glib/gstdio.h>

/* === one encoder === */

#define N_JOINERS 20

/* All of them get a key frame, of two at most, from one encoder. */
GST_START_TEST (test_twenty_join)
{
  g_autoptr (Fixture) fixture = fixture_new (LIVE " ! identity name=last");
  g_autoptr (Consumer) first = NULL;
  Consumer *joiners[N_JOINERS];
  guint before;

  fixture_play (fixture);
  first = consumer_new (fixture, "video/x-vp8");
  for (guint i = 0; i < N_JOINERS; i++)
    joiners[i] = consumer_new (fixture, "video/x-vp8");
  ck_assert_uint_eq (fixture->n_encoders, 1);
  consumer_open (first);
  consumer_await (first, &first->n_frames, 30);
  before = first->n_key_frames;
  for (guint i = 0; i < N_JOINERS; i++)
    consumer_open (joiners[i]);
  for (guint i = 0; i < N_JOINERS; i++)
    consumer_await (joiners[i], &joiners[i]->n_key_frames, 1);
  consumer_await (first, &first->n_frames, 60);
  ck_assert_uint_le (first->n_key_frames, before + 2);
  ck_assert_int_le (fixture->n_requests, 3);
  for (guint i = 0; i < N_JOINERS; i++)
    consumer_free (joiners[i]);
}
GST_END_TEST

/* As fast as it can be, so that frames pass at every moment of a join. */
#define VP8 "video/x-vp8,width=160,height=120,framerate=30/1"
#define FLOOD                                                                  \
  "fakesrc sizetype=fixed sizemax=100 ! " VP8 " ! identity name=last"
#define N_JOINS 500

/* The stream is not ended by who comes or goes, at whatever moment. */
GST_START_TEST (test_join_while_it_flows)
{
  g_autoptr (Fixture) fixture = fixture_new (FLOOD);
  g_autoptr (Consumer) watcher = NULL;

  fixture_play (fixture);
  watcher = consumer_new (fixture, "video/x-vp8");
  consumer_open (watcher);
  for (guint i = 0; i < N_JOINS; i++) {
    consumer_await_more (watcher, 1);
    consumer_free (consumer_new (fixture, "video/x-vp8"));
  }
  consumer_await_more (watcher, 100);
}
GST_END_TEST

/* Without anybody it stops, and begins anew with a key frame. */
GST_START_TEST (test_begins_anew)
{
  g_autoptr (Fixture) fixture = fixture_new (LIVE " ! identity name=last");

  fixture_play (fixture);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (Consumer) consumer = consumer_new (fixture, "video/x-vp8");

    ck_assert_uint_eq (consumer->n_frames, 0);
    consumer_open (consumer);
    consumer_await (consumer, &consumer->n_frames, 10);
    /* What was on its way to the encoder before it heard of that. */
    ck_assert_uint_le (consumer->n_before_key, 4);
    /* Not one for each frame that it could not use; but one that takes longer
     * to be made than a request counts for is asked for again. */
    ck_assert_uint_ge (consumer->n_key_frames, 1);
    ck_assert_uint_le (consumer->n_key_frames, 2);
  }
  ck_assert_uint_eq (fixture->n_encoders, 1);
}
GST_END_TEST

/* Who does not take media yet costs nothing. */
GST_START_TEST (test_not_open)
{
  g_autoptr (Fixture) fixture = fixture_new (LIVE " ! identity name=last");
  g_autoptr (Consumer) closed = NULL;
  g_autoptr (Consumer) open = NULL;

  fixture_play (fixture);
  closed = consumer_new (fixture, "video/x-vp8");
  open = consumer_new (fixture, "video/x-vp9");
  consumer_open (open);
  consumer_await (open, &open->n_frames, 10);
  ck_assert_uint_eq (closed->n_frames, 0);
}
GST_END_TEST

/* === every codec that there is an encoder for === */

static const char *const encoded[] = { "video/x-h264", "video/x-vp8",
  "video/x-vp9", "video/x-h265", "audio/x-opus",
  "audio/G722,rate=16000,channels=1", "audio/x-mulaw,rate=8000,channels=1",
  "audio/x-alaw,rate=8000,channels=1" };

GST_START_TEST (test_encode)
{
  const char *caps = encoded[__i__];
  g_autoptr (Fixture) fixture = fixture_new (
      g_str_has_prefix (caps, "video")
          ? LIVE " ! identity name=last"
          : "audiotestsrc is-live=true ! audio/x-raw,rate=44100 ! identity name=last");
  g_autoptr (Consumer) consumer = NULL;

  fixture_play (fixture);
  consumer = consumer_new (fixture, caps);
  consumer_open (consumer);
  consumer_await (consumer, &consumer->n_frames, 10);
  ck_assert_uint_eq (consumer->n_without_sets, 0);
  ck_assert_uint_eq (consumer->n_before_key, 0);
}
GST_END_TEST

/* === what comes in === */

typedef struct {
  const char *source;
  const char *caps;
} Input;

static const Input inputs[] = {
  { LIVE " ! " X264 " name=last", "video/x-h264" },
  { LIVE ",format=I420 ! " X264
         " ! video/x-h264,stream-format=avc ! identity name=last",
      "video/x-h264" },
  { LIVE ",format=I420 ! " X264 " ! rtph264pay name=last", "video/x-h264" },
  { LIVE " ! vp8enc deadline=1 keyframe-max-dist=15 name=last", "video/x-vp8" },
  { LIVE " ! vp8enc deadline=1 keyframe-max-dist=15 ! rtpvp8pay name=last",
      "video/x-vp8" },
  { LIVE " ! vp9enc deadline=1 cpu-used=8 keyframe-max-dist=15 ! rtpvp9pay "
         "name=last",
      "video/x-vp9" },
  { "audiotestsrc is-live=true ! opusenc ! rtpopuspay name=last",
      "audio/x-opus" },
  { "audiotestsrc is-live=true ! alawenc ! rtppcmapay name=last",
      "audio/x-alaw,rate=8000,channels=1" },
  { "audiotestsrc is-live=true ! audioresample ! avenc_g722 ! rtpg722pay "
    "name=last",
      "audio/G722,rate=16000,channels=1" },
};

/* It goes out as it is, and says what it is. */
GST_START_TEST (test_input)
{
  const Input *input = &inputs[__i__];
  g_autoptr (Fixture) fixture = fixture_new (input->source);
  g_autoptr (GstCaps) expected = gst_caps_from_string (input->caps);
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (Consumer) consumer = NULL;
  const GstStructure *structure;

  fixture_play (fixture);
  while ((caps = gst_peer_stream_dup_caps (fixture->stream)) == NULL)
    g_thread_yield ();
  consumer = consumer_new (
      fixture, gst_structure_get_name (gst_caps_get_structure (caps, 0)));
  consumer_open (consumer);
  consumer_await (consumer, &consumer->n_key_frames, 3);
  structure = gst_caps_get_structure (caps, 0);
  ck_assert_msg (
      gst_caps_is_subset (caps, expected), "%s", gst_caps_to_string (caps));
  ck_assert_msg (!gst_structure_has_name (structure, "video/x-h264") ||
                     gst_structure_has_field (structure, "profile"),
      "%s", gst_caps_to_string (caps));
  ck_assert_uint_eq (fixture->n_encoders, 0);
  ck_assert_uint_eq (consumer->n_without_sets, 0);
}
GST_END_TEST

/* === B-frames === */

static const char *const with_b_frames[] = {
  FAST ",format=I420 ! x264enc bframes=2 b-adapt=false name=last",
  FAST ",format=I420 ! x264enc bframes=1 b-adapt=false key-int-max=8 ! "
       "video/x-h264,stream-format=avc ! identity name=last",
  FAST ",format=I420 ! x265enc name=last",
};

GST_START_TEST (test_b_frames)
{
  g_autoptr (Fixture) fixture = fixture_new (with_b_frames[__i__]);

  gst_element_set_state (fixture->pipeline, GST_STATE_PLAYING);
  fixture_await_error (fixture, "x264enc: bframes=0");
}
GST_END_TEST

typedef struct {
  const char *encoder;
  const char *mux;
  const char *demux;
  gboolean refused;
  gboolean seeks;
} File;

#define BYTE_STREAM "video/x-h264,stream-format=byte-stream"

static const File files[] = {
  { "x264enc bframes=3 b-adapt=false", "mp4mux", "qtdemux", TRUE },
  { "x264enc bframes=0", "mp4mux", "qtdemux", FALSE, TRUE },
  { "x264enc tune=zerolatency", "matroskamux", "matroskademux", FALSE, TRUE },
  { "x264enc bframes=3 b-adapt=false", "matroskamux", "matroskademux", TRUE },
  { "x264enc bframes=3 b-adapt=false", "mpegtsmux", "tsdemux", TRUE },
  { "x264enc bframes=0", "mpegtsmux", "tsdemux", FALSE },
  /* elementary streams, whose frames have no times of display */
  { "x264enc bframes=3", BYTE_STREAM, "h264parse", TRUE },
  { "x264enc bframes=0", BYTE_STREAM, "h264parse", FALSE },
};

static void
write_file (const File *file, const char *path)
{
  g_autofree char *text = g_strdup_printf (FAST
      ",format=I420 ! %s ! h264parse ! %s ! filesink location=%s",
      file->encoder, file->mux, path);
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  ck_assert_int_eq (GST_MESSAGE_TYPE (message), GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* The second half once more, as a seek makes it: time runs back then. */
static GstPadProbeReturn
on_end (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    fixture_post (user_data, "end");

  return GST_PAD_PROBE_OK;
}

static void
play_twice (Fixture *fixture)
{
  GstPad *pad = gst_peer_stream_get_input (fixture->stream);

  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_end, fixture, NULL);
  gst_element_set_state (fixture->pipeline, GST_STATE_PLAYING);
  fixture_await (fixture, "end");
  for (guint i = 0; i < 4; i++) {
    ck_assert (gst_pad_push_event (pad,
        gst_event_new_seek (1.0, GST_FORMAT_TIME,
            GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, GST_SEEK_TYPE_SET,
            2500 * GST_MSECOND, GST_SEEK_TYPE_NONE, 0)));
    fixture_await (fixture, "end");
  }
}

GST_START_TEST (test_file)
{
  const File *file = &files[__i__];
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autoptr (Fixture) fixture = NULL;
  int fd = g_file_open_tmp ("stream-XXXXXX", &path, NULL);

  g_close (fd, NULL);
  write_file (file, path);
  text =
      g_strdup_printf ("filesrc location=%s ! %s ! h264parse ! queue name=last",
          path, file->demux);
  fixture = fixture_new (text);
  if (file->refused) {
    gst_element_set_state (fixture->pipeline, GST_STATE_PLAYING);
    fixture_await_error (fixture, "ffmpeg: -bf 0");
  } else if (file->seeks) {
    play_twice (fixture);
  } else {
    gst_pad_add_probe (gst_peer_stream_get_input (fixture->stream),
        GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_end, fixture, NULL);
    gst_element_set_state (fixture->pipeline, GST_STATE_PLAYING);
    fixture_await (fixture, "end");
  }
  g_unlink (path);
}
GST_END_TEST

/* === changes === */

GST_START_TEST (test_size_changes)
{
  g_autoptr (Fixture) fixture = fixture_new (
      "videotestsrc is-live=true ! capsfilter name=last caps=" SMALL);
  g_autoptr (GstElement) filter =
      gst_bin_get_by_name (GST_BIN (fixture->pipeline), "last");
  g_autoptr (Consumer) consumer = NULL;
  g_autoptr (GstCaps) larger =
      gst_caps_from_string ("video/x-raw,width=320,height=240,framerate=30/1");

  fixture_play (fixture);
  consumer = consumer_new (fixture, "video/x-vp8");
  consumer_open (consumer);
  consumer_await (consumer, &consumer->n_frames, 5);
  ck_assert_uint_eq (consumer->width, 160);
  g_object_set (filter, "caps", larger, NULL);
  consumer_await (consumer, &consumer->width, 320);
  ck_assert_uint_ge (consumer->n_key_frames, 2);
}
GST_END_TEST

#define TWO_CODECS                                                             \
  "concat name=last " LIVE " ! vp8enc deadline=1 ! identity "                  \
  "eos-after=%u ! last. " LIVE ",format=I420 ! " X264 " ! last."

GST_START_TEST (test_codec_changes)
{
  g_autofree char *text = g_strdup_printf (TWO_CODECS, 30);
  g_autoptr (Fixture) fixture = fixture_new (text);
  g_autoptr (Consumer) consumer = NULL;

  fixture_play (fixture);
  consumer = consumer_new (fixture, "video/x-vp8");
  consumer_open (consumer);
  fixture_await_error (fixture, "it was video/x-vp8, is video/x-h264 now");
}
GST_END_TEST

/* As long as nobody is sent anything, nobody has to follow. */
GST_START_TEST (test_codec_changes_for_nobody)
{
  g_autofree char *text = g_strdup_printf (TWO_CODECS, 10);
  g_autoptr (Fixture) fixture = fixture_new (text);
  g_autoptr (Consumer) consumer = NULL;
  gboolean changed = FALSE;

  fixture_play (fixture);
  {
    g_autoptr (Consumer) early = NULL;

    early = consumer_new (fixture, "video/x-vp8");
  }
  while (!changed) {
    g_autoptr (GstCaps) caps = gst_peer_stream_dup_caps (fixture->stream);

    changed = gst_structure_has_name (
        gst_caps_get_structure (caps, 0), "video/x-h264");
    g_thread_yield ();
  }
  consumer = consumer_new (fixture, "video/x-h264");
  consumer_open (consumer);
  consumer_await (consumer, &consumer->n_key_frames, 2);
}
GST_END_TEST

static void
push_frame (GstElement *source, const char *text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, 100, NULL);
  g_autoptr (GstSample) sample = gst_sample_new (buffer, caps, NULL, NULL);
  GstFlowReturn result;

  g_signal_emit_by_name (source, "push-sample", sample, &result);
  ck_assert_int_eq (result, GST_FLOW_OK);
}

static gpointer
request_source (gpointer fixture)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (VP8);

  return gst_peer_stream_request_source (
      ((Fixture *)fixture)->stream, gst_peer_codec_from_caps (caps), NULL);
}

static void
on_source_added (GstElement *bin, GstPad *pad, gpointer fixture)
{
  fixture_post (fixture, "joining");
}

/* Who is about to join is there already: held up where it takes its pad. */
GST_START_TEST (test_codec_changes_in_a_join)
{
  g_autoptr (Fixture) fixture =
      fixture_new ("appsrc name=source ! identity name=last");
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (fixture->pipeline), "source");
  g_autoptr (GstElement) tee = NULL;
  g_autoptr (GstObject) bin = NULL;
  g_autoptr (GstPad) sink = NULL;
  GThread *joining;

  push_frame (source, VP8);
  fixture_play (fixture);
  consumer_free (consumer_new (fixture, VP8));
  tee = gst_bin_get_by_name (GST_BIN (fixture->element), "tee");
  bin = gst_object_get_parent (GST_OBJECT (tee));
  sink = gst_element_get_static_pad (tee, "sink");
  g_signal_connect (bin, "pad-added", G_CALLBACK (on_source_added), fixture);

  GST_PAD_STREAM_LOCK (sink);
  joining = g_thread_new ("joining", request_source, fixture);
  fixture_await (fixture, "joining");
  push_frame (source, "video/x-h264,stream-format=byte-stream,alignment=au");
  fixture_await_error (fixture, "it was video/x-vp8, is video/x-h264 now");
  GST_PAD_STREAM_UNLOCK (sink);
  gst_peer_stream_release_source (g_thread_join (joining));
}
GST_END_TEST

GST_START_TEST (test_unknown_rtp)
{
  g_autoptr (Fixture) fixture =
      fixture_new (LIVE ",format=I420 ! avenc_mpeg4 ! rtpmp4vpay name=last");

  gst_element_set_state (fixture->pipeline, GST_STATE_PLAYING);
  fixture_await_error (fixture, "no payloader");
}
GST_END_TEST

/* Which a file may have. */
GST_START_TEST (test_aac)
{
  g_autoptr (Fixture) fixture =
      fixture_new ("audiotestsrc is-live=true ! avenc_aac name=last");

  gst_element_set_state (fixture->pipeline, GST_STATE_PLAYING);
  fixture_await_error (fixture, "Put decodebin");
}
GST_END_TEST

static Suite *
stream_suite (void)
{
  Suite *suite = suite_create ("stream");
  TCase *tcase = tcase_create ("stream");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_twenty_join);
  tcase_add_test (tcase, test_join_while_it_flows);
  tcase_add_test (tcase, test_begins_anew);
  tcase_add_test (tcase, test_not_open);
  tcase_add_loop_test (tcase, test_encode, 0, G_N_ELEMENTS (encoded));
  tcase_add_loop_test (tcase, test_input, 0, G_N_ELEMENTS (inputs));
  tcase_add_loop_test (tcase, test_b_frames, 0, G_N_ELEMENTS (with_b_frames));
  tcase_add_loop_test (tcase, test_file, 0, G_N_ELEMENTS (files));
  tcase_add_test (tcase, test_size_changes);
  tcase_add_test (tcase, test_codec_changes);
  tcase_add_test (tcase, test_codec_changes_for_nobody);
  tcase_add_test (tcase, test_codec_changes_in_a_join);
  tcase_add_test (tcase, test_unknown_rtp);
  tcase_add_test (tcase, test_aac);

  return suite;
}

GST_CHECK_MAIN (stream);
