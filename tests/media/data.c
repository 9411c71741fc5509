/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages from data pads of a peersink to those of a peersrc. */

#include "data-fixture.h"
#include "mute.h"

#include <dlfcn.h>

/* A peersink that publishes to a peersrc. The sender does not play yet. */
typedef struct {
  Receiver *receiver;
  Sender *sender;
} Pair;

static void
pair_init (Pair *self)
{
  g_autofree char *location = make_location ("whip", "in");
  g_autofree char *src = g_strdup_printf ("peersrc location=%s", location);
  g_autofree char *sink =
      g_strdup_printf ("peersink close-timeout=20000 location=%s", location);

  self->receiver = receiver_new (src);
  self->sender = sender_new (sink);
}

static void
pair_clear (Pair *self)
{
  sender_free (self->sender);
  receiver_free (self->receiver);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

static void
play (Sender *sender)
{
  ck_assert_int_ne (gst_element_set_state (sender->pipeline, GST_STATE_PLAYING),
      GST_STATE_CHANGE_FAILURE);
}

/* Until what is pushed is sent. */
static void
play_open (Sender *sender, guint n_channels)
{
  play (sender);
  sender_await_open (sender, n_channels);
}

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
  play_open (pair.sender, 1);
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
  play (pair.sender);
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
  play_open (pair.sender, 1);
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
  play_open (pair.sender, 2);
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
  play_open (pair.sender, 1);
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
  play_open (pair.sender, 1);
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
  play_open (pair.sender, 1);
  ck_assert_int_eq (push_text (pad, "open"), GST_FLOW_OK);
  g_atomic_int_set (&closes_first, TRUE);
  ck_assert_int_eq (push_text (pad, "closed"), GST_FLOW_OK);
  bus = gst_element_get_bus (pair.sender->pipeline);
  warning = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  ck_assert (warning == NULL);
}
GST_END_TEST

/* === a server, and who plays from it === */

static Receiver *
play_from (const char *location)
{
  g_autofree char *description =
      g_strdup_printf ("peersrc data-channels=true location=%s", location);

  return receiver_new (description);
}

GST_START_TEST (test_all_players_get_all)
{
  g_autofree char *location = make_location ("whep", "live");
  g_autofree char *description =
      g_strdup_printf ("peersink close-timeout=20000 location=%s", location);
  g_autoptr (Sender) sender = sender_new (description);
  g_autoptr (GstPad) pad = sender_add_pad (sender, "data_%u", TEXT);
  g_autoptr (GstMessage) eos = NULL;
  g_autoptr (Receiver) one = NULL;
  g_autoptr (Receiver) two = NULL;
  Inlet *inlets[2];

  play (sender);
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

#define BIG (16 * 1024)                       /* bytes */
#define AWAY (2500 * G_TIME_SPAN_MILLISECOND) /* not for good */

/* It is waited for, for a while, and memory stays bounded meanwhile. */
GST_START_TEST (test_who_is_stuck_is_left_behind)
{
  g_autofree char *location = make_location ("whep", "live");
  g_autofree char *description =
      g_strdup_printf ("peersink close-timeout=20000 location=%s", location);
  g_autoptr (Sender) sender = sender_new (description);
  g_autoptr (GstPad) pad = sender_add_pad (sender, "data_0", BINARY);
  g_autoptr (GstMessage) warning = NULL;
  g_autoptr (Receiver) stuck = NULL;
  g_autoptr (Receiver) other = NULL;
  gint64 begin, took;
  Inlet *inlet;

  play (sender);
  stuck = play_from (location);
  other = play_from (location);
  receiver_await_inlet (stuck, "data_0");
  inlet = receiver_await_inlet (other, "data_0");
  sender_await_open (sender, 2);
  mute_network (stuck->pipeline);
  begin = g_get_monotonic_time ();
  for (guint i = 0; i < 500; i++)
    ck_assert_int_eq (push_zeros (pad, BIG), GST_FLOW_OK);
  took = g_get_monotonic_time () - begin;
  inlet_await_messages (inlet, 500);
  warning = await_bus (sender->pipeline, GST_MESSAGE_WARNING);
  ck_assert_int_ge (took, 2 * G_TIME_SPAN_SECOND);
  ck_assert_uint_le (sender->max_buffered, 1024 * 1024);
  ck_assert_uint_ge (sender->max_buffered, 512 * 1024);
}
GST_END_TEST

/* SCTP sends again after 1 s, and after 2 more. */
GST_START_TEST (test_who_is_away_loses_nothing)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GstPad) pad = NULL;
  gint64 begin, took;
  Inlet *inlet;

  pair_init (&pair);
  pad = sender_add_pad (pair.sender, "data_0", BINARY);
  play_open (pair.sender, 1);
  ck_assert_int_eq (push_zeros (pad, BIG), GST_FLOW_OK);
  inlet = receiver_await_inlet (pair.receiver, "data_0");
  inlet_await_messages (inlet, 1);
  mute_network_for (pair.receiver->pipeline, AWAY);
  begin = g_get_monotonic_time ();
  for (guint i = 1; i < 200; i++)
    ck_assert_int_eq (push_zeros (pad, BIG), GST_FLOW_OK);
  took = g_get_monotonic_time () - begin;
  inlet_await_messages (inlet, 200);
  ck_assert_int_ge (took, AWAY);
}
GST_END_TEST

/* Many small ones take more memory than their bytes. usrsctp does not count
 * that, and takes some 16,000 of these first. */
GST_START_TEST (test_small_messages_are_counted)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstMessage) warning = NULL;

  pair_init (&pair);
  pad = sender_add_pad (pair.sender, "data_0", BINARY);
  play_open (pair.sender, 1);
  ck_assert_int_eq (push_zeros (pad, 1), GST_FLOW_OK);
  inlet_await_messages (receiver_await_inlet (pair.receiver, "data_0"), 1);
  mute_network (pair.receiver->pipeline);
  for (guint i = 0; i < 30000; i++)
    ck_assert_int_eq (push_zeros (pad, 64), GST_FLOW_OK);
  warning = await_bus (pair.sender->pipeline, GST_MESSAGE_WARNING);
  ck_assert_uint_le (pair.sender->max_buffered, 64 * 2100);
}
GST_END_TEST

/* Nobody is waited for where messages may get lost. */
GST_START_TEST (test_what_may_get_lost_is_not_waited_for)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GstPad) pad = NULL;
  gint64 begin, took;

  pair_init (&pair);
  pad = sender_add_pad (pair.sender, "data_0", BINARY);
  gst_child_proxy_set (GST_CHILD_PROXY (pair.sender->sink),
      "data_0::max-packet-lifetime", 100, NULL);
  play_open (pair.sender, 1);
  ck_assert_int_eq (push_zeros (pad, 1), GST_FLOW_OK);
  inlet_await_messages (receiver_await_inlet (pair.receiver, "data_0"), 1);
  mute_network (pair.receiver->pipeline);
  begin = g_get_monotonic_time ();
  for (guint i = 0; i < 500; i++)
    ck_assert_int_eq (push_zeros (pad, BIG), GST_FLOW_OK);
  took = g_get_monotonic_time () - begin;
  ck_assert_int_lt (took, 2 * G_TIME_SPAN_SECOND);
  ck_assert_uint_le (pair.sender->max_buffered, 1024 * 1024);
}
GST_END_TEST

/* It loses that channel, and nothing else. */
GST_START_TEST (test_who_sends_too_much_loses_the_channel)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GstPad) flood = NULL;
  g_autoptr (GstPad) other = NULL;
  g_autoptr (GstMessage) warning = NULL;
  Inlet *inlet;

  pair_init (&pair);
  flood = sender_add_pad (pair.sender, "data_0", BINARY);
  other = sender_add_pad (pair.sender, "data_1", TEXT);
  play_open (pair.sender, 2);
  ck_assert_int_eq (push_zeros (flood, BIG), GST_FLOW_OK);
  inlet = receiver_await_inlet (pair.receiver, "data_0");
  inlet_await_messages (inlet, 1);
  inlet_hold (inlet, TRUE);
  for (guint i = 0; i < 500; i++)
    ck_assert_int_eq (push_zeros (flood, BIG), GST_FLOW_OK);
  warning = await_bus (pair.receiver->pipeline, GST_MESSAGE_WARNING);
  inlet_hold (inlet, FALSE);
  inlet_await_eos (inlet);
  ck_assert_uint_le (inlet->messages->len * BIG, 4 * 1024 * 1024 + 2 * BIG);
  ck_assert_uint_ge (inlet->messages->len * BIG, 3 * 1024 * 1024);

  ck_assert_int_eq (push_text (other, "goes on"), GST_FLOW_OK);
  inlet_await_messages (receiver_await_inlet (pair.receiver, "data_1"), 1);
}
GST_END_TEST

static gpointer
push_on (gpointer pad)
{
  while (push_zeros (pad, BIG) == GST_FLOW_OK)
    ;

  return NULL;
}

/* By the one who sends, the one who receives, and both. */
GST_START_TEST (test_close_in_mid_flow)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GstPad) pad = NULL;
  GThread *pusher;

  pair_init (&pair);
  pad = sender_add_pad (pair.sender, "data_0", BINARY);
  play_open (pair.sender, 1);
  pusher = g_thread_new ("pusher", push_on, pad);
  inlet_await_messages (receiver_await_inlet (pair.receiver, "data_0"), 100);
  if (__i__ == 0) {
    gst_element_set_state (pair.receiver->pipeline, GST_STATE_NULL);
  } else if (__i__ == 1) {
    g_autoptr (GstMessage) eos = NULL;

    g_signal_emit_by_name (pair.receiver->src, "close", NULL);
    eos = await_bus (pair.receiver->pipeline, GST_MESSAGE_ELEMENT);
  }
  gst_element_set_state (pair.sender->pipeline, GST_STATE_NULL);
  g_thread_join (pusher);
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
  play_open (pair.sender, 1);
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
  play_open (pair.sender, 1);
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
  tcase_set_timeout (tcase, 60); /* one waits for 20 s */
  tcase_add_test (tcase, test_every_message_comes_in_order);
  tcase_add_test (tcase, test_the_first_message_waits_for_the_peer);
  tcase_add_test (tcase, test_settings_of_pads);
  tcase_add_test (tcase, test_eos_closes_its_channel);
  tcase_add_test (tcase, test_kind_may_change);
  tcase_add_test (tcase, test_what_cannot_be_sent);
  tcase_add_test (tcase, test_it_is_closed_before_it_takes_a_message);
  tcase_add_test (tcase, test_all_players_get_all);
  tcase_add_test (tcase, test_who_is_stuck_is_left_behind);
  tcase_add_test (tcase, test_who_is_away_loses_nothing);
  tcase_add_test (tcase, test_small_messages_are_counted);
  tcase_add_test (tcase, test_what_may_get_lost_is_not_waited_for);
  tcase_add_test (tcase, test_who_sends_too_much_loses_the_channel);
  tcase_add_loop_test (tcase, test_close_in_mid_flow, 0, 3);
  tcase_add_test (tcase, test_messages_outlast_media);
  tcase_add_test (tcase, test_media_outlast_messages);

  return suite;
}

GST_CHECK_MAIN (data);
