/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages from data pads of a peersink to those of a peersrc. */

#include "data-fixture.h"

#include <dlfcn.h>

static void
end (GstPad *pad)
{
  ck_assert (gst_pad_push_event (pad, gst_event_new_eos ()));
}

#define N_MESSAGES 10000

GST_START_TEST (test_every_message_comes_in_order)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstMessage) sent = NULL;
  Inlet *inlet;

  pair_init (&pair);
  pad = sender_add_pad (pair.sender, "data_0", TEXT);
  sender_play_open (pair.sender, 1);
  for (guint i = 0; i < N_MESSAGES; i++) {
    g_autofree char *text = g_strdup_printf ("message %u", i);

    ck_assert_int_eq (push_text (pad, text), GST_FLOW_OK);
  }
  end (pad);

  inlet = receiver_await_inlet (pair.receiver, "data_0");
  inlet_await_eos (inlet);
  ck_assert_uint_eq (inlet->messages->len, N_MESSAGES);
  for (guint i = 0; i < N_MESSAGES; i++) {
    g_autofree char *text = g_strdup_printf ("message %u", i);

    inlet_check (inlet, i, text);
    ck_assert (g_array_index (inlet->kinds, gboolean, i));
  }
  ck_assert (GST_CLOCK_TIME_IS_VALID (inlet->last));
  sent = await_bus (pair.sender->pipeline, GST_MESSAGE_EOS);
}
GST_END_TEST

/* What is published is for one peer, so the first message waits for it. It does
 * not do so for ever, and then there is a warning. */
GST_START_TEST (test_the_first_message_waits_for_the_peer)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GstPad) pad = NULL;
  gint64 begin, took;

  pair_init (&pair);
  pad = sender_add_pad (pair.sender, "data_0", TEXT);
  sender_play (pair.sender);
  begin = g_get_monotonic_time ();
  ck_assert_int_eq (push_text (pad, "early"), GST_FLOW_OK);
  took = g_get_monotonic_time () - begin;
  if (took >= 2 * G_TIME_SPAN_SECOND) {
    gst_message_unref (await_bus (pair.sender->pipeline, GST_MESSAGE_WARNING));
  } else {
    Inlet *inlet = receiver_await_inlet (pair.receiver, "data_0");

    inlet_await_messages (inlet, 1);
    inlet_check (inlet, 0, "early");
  }
}
GST_END_TEST

GST_START_TEST (test_settings_of_pads)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GstPad) pad = NULL;
  g_autofree char *protocol = NULL;
  gboolean ordered;
  int max_retransmits, max_packet_lifetime;
  Inlet *inlet;

  pair_init (&pair);
  pad = sender_add_pad (pair.sender, "data_0", BINARY);
  gst_child_proxy_set (GST_CHILD_PROXY (pair.sender->sink), "data_0::label",
      "telemetry", "data_0::protocol", "nmea", "data_0::ordered", FALSE,
      "data_0::max-retransmits", 0, NULL);
  sender_play_open (pair.sender, 1);
  ck_assert_int_eq (push_zeros (pad, 3), GST_FLOW_OK);

  inlet = receiver_await_inlet (pair.receiver, "telemetry");
  g_object_get (inlet->outlet, "protocol", &protocol, "ordered", &ordered,
      "max-retransmits", &max_retransmits, "max-packet-lifetime",
      &max_packet_lifetime, NULL);
  ck_assert_str_eq (protocol, "nmea");
  ck_assert (!ordered);
  ck_assert_int_eq (max_retransmits, 0);
  ck_assert_int_eq (max_packet_lifetime, -1);
  ck_assert_str_eq (inlet->name, "data_0");
  inlet_await_messages (inlet, 1);
  ck_assert (!g_array_index (inlet->kinds, gboolean, 0));
}
GST_END_TEST

/* The other one goes on, and so does the session. */
GST_START_TEST (test_eos_closes_its_channel)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GstPad) one = NULL;
  g_autoptr (GstPad) other = NULL;
  g_autoptr (GstMessage) eos = NULL;
  Inlet *inlet_one, *inlet_other;

  pair_init (&pair);
  one = sender_add_pad (pair.sender, "data_0", TEXT);
  other = sender_add_pad (pair.sender, "data_1", BINARY);
  sender_play_open (pair.sender, 2);
  ck_assert_int_eq (push_text (one, "first and last"), GST_FLOW_OK);
  end (one);
  inlet_one = receiver_await_inlet (pair.receiver, "data_0");
  inlet_await_eos (inlet_one);
  inlet_check (inlet_one, 0, "first and last");

  ck_assert_int_eq (push_text (other, "after that"), GST_FLOW_OK);
  inlet_other = receiver_await_inlet (pair.receiver, "data_1");
  inlet_await_messages (inlet_other, 1);
  ck_assert (!inlet_other->eos);
  end (other);
  inlet_await_eos (inlet_other);
  inlet_check (inlet_other, 0, "after that");
  eos = await_bus (pair.sender->pipeline, GST_MESSAGE_EOS);
}
GST_END_TEST

/* As a page sends what it likes. */
GST_START_TEST (test_kind_may_change)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstCaps) binary = gst_caps_from_string (BINARY);
  Inlet *inlet;

  pair_init (&pair);
  pad = sender_add_pad (pair.sender, "data_0", TEXT);
  sender_play_open (pair.sender, 1);
  ck_assert_int_eq (push_text (pad, "text"), GST_FLOW_OK);
  gst_pad_push_event (pad, gst_event_new_caps (binary));
  ck_assert_int_eq (push_text (pad, "bytes"), GST_FLOW_OK);
  inlet = receiver_await_inlet (pair.receiver, "data_0");
  inlet_await_messages (inlet, 2);
  inlet_check (inlet, 0, "text");
  inlet_check (inlet, 1, "bytes");
  ck_assert (g_array_index (inlet->kinds, gboolean, 0));
  ck_assert (!g_array_index (inlet->kinds, gboolean, 1));
}
GST_END_TEST

/* What cannot be sent is left out, with a warning, and the rest comes. */
GST_START_TEST (test_what_cannot_be_sent)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstMessage) warning = NULL;
  Inlet *inlet;

  pair_init (&pair);
  pad = sender_add_pad (pair.sender, "data_0", TEXT);
  sender_play_open (pair.sender, 1);
  ck_assert_int_eq (push_text (pad, "good"), GST_FLOW_OK);
  ck_assert_int_eq (push_text (pad, ""), GST_FLOW_OK);
  warning = await_bus (pair.sender->pipeline, GST_MESSAGE_WARNING);
  ck_assert_int_eq (push_text (pad, "\xff\xfe"), GST_FLOW_OK);
  ck_assert_int_eq (push_zeros (pad, 10), GST_FLOW_OK);
  {
    g_autofree char *huge = g_strnfill (1024 * 1024, 'x');

    ck_assert_int_eq (push_text (pad, huge), GST_FLOW_OK);
  }
  ck_assert_int_eq (push_text (pad, "good, too"), GST_FLOW_OK);
  inlet = receiver_await_inlet (pair.receiver, "data_0");
  inlet_await_messages (inlet, 2);
  inlet_check (inlet, 0, "good");
  inlet_check (inlet, 1, "good, too");
}
GST_END_TEST

static gboolean closes_first;

/* The test's, for the plugin too. */
__attribute__ ((visibility ("default"))) gboolean
gst_webrtc_data_channel_send_string_full (
    GstWebRTCDataChannel *channel, const char *text, GError **error)
{
  __typeof__ (gst_webrtc_data_channel_send_string_full) *real =
      dlsym (RTLD_NEXT, "gst_webrtc_data_channel_send_string_full");

  if (g_atomic_int_get (&closes_first))
    gst_webrtc_data_channel_close (channel);

  return real (channel, text, error);
}

/* After it has been seen to be open. */
GST_START_TEST (test_it_is_closed_before_it_takes_a_message)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) warning = NULL;

  pair_init (&pair);
  pad = sender_add_pad (pair.sender, "data_0", TEXT);
  sender_play_open (pair.sender, 1);
  ck_assert_int_eq (push_text (pad, "open"), GST_FLOW_OK);
  g_atomic_int_set (&closes_first, TRUE);
  ck_assert_int_eq (push_text (pad, "closed"), GST_FLOW_OK);
  bus = gst_element_get_bus (pair.sender->pipeline);
  warning = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  ck_assert (warning == NULL);
}
GST_END_TEST

/* === a server, and who plays from it === */

GST_START_TEST (test_all_players_get_all)
{
  g_autofree char *location = make_location ("whep", "live");
  g_autoptr (Sender) sender = sender_new (location);
  g_autoptr (GstPad) pad = sender_add_pad (sender, "data_%u", TEXT);
  g_autoptr (GstMessage) eos = NULL;
  g_autoptr (Receiver) one = NULL;
  g_autoptr (Receiver) two = NULL;
  Inlet *inlets[2];

  sender_play (sender);
  one = play_from (location);
  two = play_from (location);
  inlets[0] = receiver_await_inlet (one, "data_0");
  inlets[1] = receiver_await_inlet (two, "data_0");
  sender_await_open (sender, 2);
  for (guint i = 0; i < 1000; i++)
    ck_assert_int_eq (push_text (pad, "to both"), GST_FLOW_OK);
  end (pad);
  for (guint i = 0; i < G_N_ELEMENTS (inlets); i++) {
    inlet_await_eos (inlets[i]);
    ck_assert_uint_eq (inlets[i]->messages->len, 1000);
  }
  eos = await_bus (sender->pipeline, GST_MESSAGE_EOS);
}
GST_END_TEST

/* === beside media === */

static GstPadProbeReturn
on_payloaded (GstPad *pad, GstPadProbeInfo *info, gpointer sink)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    gst_element_post_message (sink,
        gst_message_new_application (sink, gst_structure_new_empty ("ended")));

  return GST_PAD_PROBE_OK;
}

static void
on_payloader (GstElement *sink, const char *session, GstPad *input,
    GstElement *payloader, gpointer user_data)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (payloader, "src");

  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_payloaded, sink, NULL);
}

/* The session goes on as long as there is one of them. */
GST_START_TEST (test_messages_outlast_media)
{
  g_auto (Pair) pair = { NULL };
  GstElement *source =
      gst_parse_bin_from_description ("videotestsrc is-live=true", TRUE, NULL);
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstMessage) ended = NULL;
  g_autoptr (GstMessage) eos = NULL;
  Inlet *inlet;

  pair_init (&pair);
  gst_bin_add (GST_BIN (pair.sender->pipeline), source);
  ck_assert (
      gst_element_link_pads (source, "src", pair.sender->sink, "video_0"));
  pad = sender_add_pad (pair.sender, "data_0", TEXT);
  g_signal_connect (
      pair.sender->sink, "payloader-setup", G_CALLBACK (on_payloader), NULL);
  sender_play_open (pair.sender, 1);
  gst_element_send_event (source, gst_event_new_eos ());
  ended = await_bus (pair.sender->pipeline, GST_MESSAGE_APPLICATION);
  ck_assert_int_eq (push_text (pad, "after the end of the video"), GST_FLOW_OK);
  end (pad);
  inlet = receiver_await_inlet (pair.receiver, "data_0");
  inlet_await_eos (inlet);
  ck_assert_uint_eq (inlet->messages->len, 1);
  eos = await_bus (pair.sender->pipeline, GST_MESSAGE_EOS);
}
GST_END_TEST

GST_START_TEST (test_media_outlast_messages)
{
  g_auto (Pair) pair = { NULL };
  GstElement *source =
      gst_parse_bin_from_description ("videotestsrc is-live=true", TRUE, NULL);
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstMessage) ended = NULL;
  g_autoptr (GstMessage) eos = NULL;
  Inlet *inlet;

  pair_init (&pair);
  gst_bin_add (GST_BIN (pair.sender->pipeline), source);
  ck_assert (
      gst_element_link_pads (source, "src", pair.sender->sink, "video_0"));
  pad = sender_add_pad (pair.sender, "data_0", TEXT);
  g_signal_connect (
      pair.sender->sink, "payloader-setup", G_CALLBACK (on_payloader), NULL);
  sender_play_open (pair.sender, 1);
  ck_assert_int_eq (push_text (pad, "first"), GST_FLOW_OK);
  end (pad);
  inlet = receiver_await_inlet (pair.receiver, "data_0");
  inlet_await_eos (inlet);
  ck_assert_uint_eq (inlet->messages->len, 1);
  gst_element_send_event (source, gst_event_new_eos ());
  ended = await_bus (pair.sender->pipeline, GST_MESSAGE_APPLICATION);
  eos = await_bus (pair.sender->pipeline, GST_MESSAGE_EOS);
}
GST_END_TEST

static Suite *
data_suite (void)
{
  Suite *suite = suite_create ("data");
  TCase *tcase = tcase_create ("data");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_every_message_comes_in_order);
  tcase_add_test (tcase, test_the_first_message_waits_for_the_peer);
  tcase_add_test (tcase, test_settings_of_pads);
  tcase_add_test (tcase, test_eos_closes_its_channel);
  tcase_add_test (tcase, test_kind_may_change);
  tcase_add_test (tcase, test_what_cannot_be_sent);
  tcase_add_test (tcase, test_it_is_closed_before_it_takes_a_message);
  tcase_add_test (tcase, test_all_players_get_all);
  tcase_add_test (tcase, test_messages_outlast_media);
  tcase_add_test (tcase, test_media_outlast_messages);

  return suite;
}

GST_CHECK_MAIN (data);
