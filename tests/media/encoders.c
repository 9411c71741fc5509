/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The encoders of a peersink: whose they are, and what they suffer from. */

#include "players.h"

#include <string.h>

#define LIVE                                                                   \
  "videotestsrc is-live=true name=source ! "                                   \
  "video/x-raw,width=320,height=240,framerate=30/1"

typedef struct {
  GMutex lock;
  GstElement *encoder;
  guint n_encoders;
  gboolean is_null;
  GPtrArray *payloaders; /* in the order of the sessions */
  GPtrArray *sessions;
  gint n_key_frames;
  gint n_requests;
  GArray *frames;   /* element-type GstClockTime; as they are encoded */
  guint last_frame; /* of these, at a payloader */
  guint n_broken;
  gboolean hold; /* keep media from a payloader, and look from its beginning */
  gulong hold_id;
} Setup;

static GstPadProbeReturn
on_encoded (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Setup *self = user_data;

  if (info->type & GST_PAD_PROBE_TYPE_EVENT_UPSTREAM)
    g_atomic_int_add (
        &self->n_requests, gst_event_has_name (GST_PAD_PROBE_INFO_EVENT (info),
                               "GstForceKeyUnit"));
  else {
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

    if (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
      g_atomic_int_inc (&self->n_key_frames);
    g_mutex_lock (&self->lock);
    g_array_append_val (self->frames, GST_BUFFER_PTS (buffer));
    g_mutex_unlock (&self->lock);
  }

  return GST_PAD_PROBE_OK;
}

/* Each frame but a key frame needs the one before. */
static GstPadProbeReturn
check_order (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Setup *self = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  guint i = self->last_frame;

  g_mutex_lock (&self->lock);
  while (i < self->frames->len && g_array_index (self->frames, GstClockTime,
                                      i) != GST_BUFFER_PTS (buffer))
    i++;
  g_mutex_unlock (&self->lock);
  if ((self->hold || self->last_frame > 0) && i != self->last_frame + 1 &&
      GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    g_atomic_int_inc (&self->n_broken);
  self->last_frame = i;

  return GST_PAD_PROBE_OK;
}

static void
on_encoder_setup (
    GstElement *sink, GstPad *sink_pad, GstElement *encoder, Setup *self)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (encoder, "src");

  ck_assert_str_eq (GST_PAD_NAME (sink_pad), "sink_0");
  g_mutex_lock (&self->lock);
  gst_object_replace ((GstObject **)&self->encoder, GST_OBJECT_CAST (encoder));
  self->n_encoders++;
  self->is_null = GST_STATE (encoder) == GST_STATE_NULL;
  g_mutex_unlock (&self->lock);
  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_encoded,
      self, NULL);
  g_object_set (encoder, "target-bitrate", 123000, NULL);
}

static GstPadProbeReturn
hold_segment (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_SEGMENT
             ? GST_PAD_PROBE_OK
             : GST_PAD_PROBE_PASS;
}

static void
on_payloader_setup (GstElement *sink, const char *session, GstPad *sink_pad,
    GstElement *payloader, Setup *self)
{
  g_autoptr (GstPad) input = gst_element_get_static_pad (payloader, "sink");

  if (self->hold) {
    self->hold_id = gst_pad_add_probe (input,
        GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        hold_segment, NULL, NULL);
    gst_pad_add_probe (
        input, GST_PAD_PROBE_TYPE_BUFFER, check_order, self, NULL);
  }
  ck_assert_str_eq (GST_PAD_NAME (sink_pad), "sink_0");
  ck_assert_int_eq (GST_STATE (payloader), GST_STATE_NULL);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->payloaders, gst_object_ref (payloader));
  g_ptr_array_add (self->sessions, g_strdup (session));
  g_mutex_unlock (&self->lock);
}

static Setup *
setup_new (Server *server)
{
  Setup *self = g_new0 (Setup, 1);
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (server->pipeline), "sink");

  g_mutex_init (&self->lock);
  self->frames = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  self->payloaders = g_ptr_array_new_with_free_func (gst_object_unref);
  self->sessions = g_ptr_array_new_with_free_func (g_free);
  g_signal_connect (sink, "encoder-setup", G_CALLBACK (on_encoder_setup), self);
  g_signal_connect (
      sink, "payloader-setup", G_CALLBACK (on_payloader_setup), self);

  return self;
}

/* After the server. */
static void
setup_free (Setup *self)
{
  gst_clear_object (&self->encoder);
  g_array_unref (self->frames);
  g_ptr_array_unref (self->payloaders);
  g_ptr_array_unref (self->sessions);
  g_mutex_clear (&self->lock);
  g_free (self);
}

GST_START_TEST (test_setup)
{
  Server *server = server_new (LIVE);
  Setup *setup = setup_new (server);
  int bitrate;

  server_play (server);
  {
    g_autoptr (Player) one = NULL;
    g_autoptr (Player) two = NULL;

    one = player_new (server->url);
    two = player_new (server->url);
    ck_assert_uint_eq (setup->n_encoders, 1);
    ck_assert (setup->is_null);
    g_object_get (setup->encoder, "target-bitrate", &bitrate, NULL);
    ck_assert_int_eq (bitrate, 123000);
    ck_assert_uint_eq (setup->payloaders->len, 2);
    ck_assert_str_ne (g_ptr_array_index (setup->sessions, 0),
        g_ptr_array_index (setup->sessions, 1));
  }
  server_free (server);
  setup_free (setup);
}
GST_END_TEST

/* These players never ask: their key frame comes because we do. The encoder's
 * own would come after 20 s. */
GST_START_TEST (test_joiners_get_a_key_frame)
{
  Server *server = server_new (LIVE);
  Setup *setup = setup_new (server);

  server_play (server);
  {
    g_autoptr (Player) first = NULL;
    g_autoptr (Player) second = NULL;
    gint64 since, took;
    int before;

    first = player_new (server->url);
    before = g_atomic_int_get (&setup->n_key_frames);
    second = player_connect (server->url);
    since = g_get_monotonic_time ();
    player_await_media (second, 1);
    took = (g_get_monotonic_time () - since) / 1000;
    player_await_media (second, ENOUGH_FRAMES);
    GST_INFO ("first frame after %" G_GINT64_FORMAT " ms", took);
    ck_assert_int_ge (g_atomic_int_get (&setup->n_key_frames), before + 1);
    ck_assert_int_le (g_atomic_int_get (&setup->n_key_frames), before + 2);
    ck_assert_int_ge (g_atomic_int_get (&setup->n_requests), 1);
    ck_assert_int_lt (took, 5000);
  }
  server_free (server);
  setup_free (setup);
}
GST_END_TEST

/* What comes first waits a little, as on a machine that is busy: that the
 * stream began long before is no reason to drop it. */
GST_START_TEST (test_a_late_joiner_loses_nothing)
{
  Server *server = server_new (LIVE);
  Setup *setup = setup_new (server);

  server_play (server);
  {
    g_autoptr (Player) first = player_new (server->url);
    g_autoptr (Player) second = NULL;
    g_autoptr (GstPad) input = NULL;
    int before = g_atomic_int_get (&setup->n_key_frames);

    setup->hold = TRUE;
    second = player_connect (server->url);
    do
      player_await_media (first, first->n_frames + 1);
    while (g_atomic_int_get (&setup->n_key_frames) == before);
    player_await_media (first, first->n_frames + 10);
    input = gst_element_get_static_pad (
        g_ptr_array_index (setup->payloaders, 1), "sink");
    gst_pad_remove_probe (input, setup->hold_id);
    player_await_media (second, ENOUGH_FRAMES);
    ck_assert_int_eq (g_atomic_int_get (&setup->n_broken), 0);
  }
  server_free (server);
  setup_free (setup);
}
GST_END_TEST

static GstPadProbeReturn
block (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_OK;
}

/* One whose packets go nowhere, until its queue is full and beyond: the other
 * one does not hear of it, and what comes after is of use. */
GST_START_TEST (test_one_is_stuck)
{
  Server *server = server_new (LIVE);
  Setup *setup = setup_new (server);

  server_play (server);
  {
    g_autoptr (Player) stuck = player_new (server->url);
    g_autoptr (Player) other = player_new (server->url);
    g_autoptr (GstPad) pad = gst_element_get_static_pad (
        g_ptr_array_index (setup->payloaders, 0), "src");
    g_autoptr (GstPad) input = gst_element_get_static_pad (
        g_ptr_array_index (setup->payloaders, 0), "sink");
    gulong id = gst_pad_add_probe (
        pad, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, block, NULL, NULL);
    guint before = other->n_frames;
    int n_key_frames = g_atomic_int_get (&setup->n_key_frames);

    gst_pad_add_probe (
        input, GST_PAD_PROBE_TYPE_BUFFER, check_order, setup, NULL);
    /* Three times what a queue holds. */
    player_await_media (other, before + 90);
    ck_assert_int_le (
        g_atomic_int_get (&setup->n_key_frames), n_key_frames + 2);
    gst_pad_remove_probe (pad, id);
    before = stuck->n_frames;
    /* What was in the queue, and more. */
    player_await_media (stuck, before + 60);
    ck_assert_int_eq (g_atomic_int_get (&setup->n_broken), 0);
  }
  server_free (server);
  setup_free (setup);
}
GST_END_TEST

GST_START_TEST (test_an_encoder_fails)
{
  Server *server = server_new (LIVE);
  Setup *setup = setup_new (server);

  server_play (server);
  {
    g_autoptr (Player) player = NULL;
    g_autoptr (GstElement) sink =
        gst_bin_get_by_name (GST_BIN (server->pipeline), "sink");
    g_autoptr (GstBus) bus = gst_element_get_bus (server->pipeline);
    g_autoptr (GstMessage) message = NULL;
    g_autoptr (GError) error = NULL;

    player = player_new (server->url);
    GST_ELEMENT_ERROR (
        setup->encoder, STREAM, ENCODE, ("No more bits."), (NULL));
    message = gst_bus_timed_pop_filtered (bus, WATCHDOG, GST_MESSAGE_ERROR);
    gst_message_parse_error (message, &error, NULL);
    ck_assert (GST_MESSAGE_SRC (message) == GST_OBJECT (sink));
    ck_assert (
        g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE));
    ck_assert_msg (strstr (error->message, "encoder") != NULL &&
                       strstr (error->message, "sink_0") != NULL &&
                       strstr (error->message, "No more bits.") != NULL,
        "%s", error->message);
  }
  /* It can be tried again. */
  gst_element_set_state (server->pipeline, GST_STATE_NULL);
  server_play (server);
  player_free (player_new (server->url));
  server_free (server);
  setup_free (setup);
}
GST_END_TEST

static Suite *
encoders_suite (void)
{
  Suite *suite = suite_create ("encoders");
  TCase *tcase = tcase_create ("encoders");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_setup);
  tcase_add_test (tcase, test_joiners_get_a_key_frame);
  tcase_add_test (tcase, test_a_late_joiner_loses_nothing);
  tcase_add_test (tcase, test_one_is_stuck);
  tcase_add_test (tcase, test_an_encoder_fails);

  return suite;
}

GST_CHECK_MAIN (encoders);
