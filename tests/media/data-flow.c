/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages from data pads of a peersink to who does not take them, or not as
 * fast. */

#include "data-fixture.h"
#include "mute.h"

#define BIG (16 * 1024)                       /* bytes */
#define AWAY (2500 * G_TIME_SPAN_MILLISECOND) /* not for good */
#define NEARLY_FULL (900 * 1024)              /* of 1 MiB */

static gpointer
push_on (gpointer pad)
{
  while (push_zeros (pad, BIG) == GST_FLOW_OK)
    ;

  return NULL;
}

/* It is waited for, for a while, and memory stays bounded meanwhile. */
GST_START_TEST (test_who_is_stuck_is_left_behind)
{
  g_autofree char *location = make_location ("whep", "live");
  g_autoptr (Sender) sender = sender_new (location);
  g_autoptr (GstPad) pad = sender_add_pad (sender, "data_0", BINARY);
  g_autoptr (GstMessage) warning = NULL;
  g_autoptr (Receiver) stuck = NULL;
  g_autoptr (Receiver) other = NULL;
  gint64 begin, took;
  Inlet *inlet;

  sender_play (sender);
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
  ck_assert_uint_le (sender_get_max_buffered (sender), 1024 * 1024);
  ck_assert_uint_ge (sender_get_max_buffered (sender), 512 * 1024);
}
GST_END_TEST

/* Nobody else is there to wait with it, at first. */
GST_START_TEST (test_who_comes_later_is_not_held_up)
{
  g_autofree char *location = make_location ("whep", "live");
  g_autoptr (Sender) sender = sender_new (location);
  g_autoptr (GstPad) pad = sender_add_pad (sender, "data_0", BINARY);
  g_autoptr (Receiver) stuck = NULL;
  g_autoptr (Receiver) other = NULL;
  GThread *pusher;
  gint64 begin;

  sender_play (sender);
  stuck = play_from (location);
  receiver_await_inlet (stuck, "data_0");
  sender_await_open (sender, 1);
  mute_network (stuck->pipeline);
  pusher = g_thread_new ("pusher", push_on, pad);
  sender_await_buffered (sender, NEARLY_FULL);
  other = play_from (location);
  sender_await_open (sender, 2);
  begin = g_get_monotonic_time ();
  gst_message_unref (await_bus (sender->pipeline, GST_MESSAGE_WARNING));
  ck_assert_int_lt (g_get_monotonic_time () - begin, 10 * G_TIME_SPAN_SECOND);
  gst_element_set_state (sender->pipeline, GST_STATE_NULL);
  g_thread_join (pusher);
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
  sender_play_open (pair.sender, 1);
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
  sender_play_open (pair.sender, 1);
  ck_assert_int_eq (push_zeros (pad, 1), GST_FLOW_OK);
  inlet_await_messages (receiver_await_inlet (pair.receiver, "data_0"), 1);
  mute_network (pair.receiver->pipeline);
  for (guint i = 0; i < 30000; i++)
    ck_assert_int_eq (push_zeros (pad, 64), GST_FLOW_OK);
  warning = await_bus (pair.sender->pipeline, GST_MESSAGE_WARNING);
  ck_assert_uint_le (sender_get_max_buffered (pair.sender), 64 * 2100);
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
  sender_play_open (pair.sender, 1);
  ck_assert_int_eq (push_zeros (pad, 1), GST_FLOW_OK);
  inlet_await_messages (receiver_await_inlet (pair.receiver, "data_0"), 1);
  mute_network (pair.receiver->pipeline);
  begin = g_get_monotonic_time ();
  for (guint i = 0; i < 500; i++)
    ck_assert_int_eq (push_zeros (pad, BIG), GST_FLOW_OK);
  took = g_get_monotonic_time () - begin;
  ck_assert_int_lt (took, 2 * G_TIME_SPAN_SECOND);
  ck_assert_uint_le (sender_get_max_buffered (pair.sender), 1024 * 1024);
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
  sender_play_open (pair.sender, 2);
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

/* By the one who sends, the one who receives, and both. */
GST_START_TEST (test_close_in_mid_flow)
{
  g_auto (Pair) pair = { NULL };
  g_autoptr (GstPad) pad = NULL;
  GThread *pusher;

  pair_init (&pair);
  pad = sender_add_pad (pair.sender, "data_0", BINARY);
  sender_play_open (pair.sender, 1);
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

static Suite *
data_flow_suite (void)
{
  Suite *suite = suite_create ("data-flow");
  TCase *tcase = tcase_create ("data-flow");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 60); /* one waits for 20 s */
  tcase_add_test (tcase, test_who_is_stuck_is_left_behind);
  tcase_add_test (tcase, test_who_comes_later_is_not_held_up);
  tcase_add_test (tcase, test_who_is_away_loses_nothing);
  tcase_add_test (tcase, test_small_messages_are_counted);
  tcase_add_test (tcase, test_what_may_get_lost_is_not_waited_for);
  tcase_add_test (tcase, test_who_sends_too_much_loses_the_channel);
  tcase_add_loop_test (tcase, test_close_in_mid_flow, 0, 3);

  return suite;
}

GST_CHECK_MAIN (data_flow);
