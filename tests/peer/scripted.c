/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The order of the close, with a webrtcbin that does what the test says. */

#include "scripted.h"

/* === order === */

GST_START_TEST (test_rows_are_in_the_order_of_the_w3c)
{
  static const char *const rows[][2] = {
    { "resume", "" },
    { "drain", "" },
    { "closed", "1-3,10-11" },
    { "rtp-bye", "4" },
    { "receivers", "4" },
    { "input", "" },
    { "data-channels", "5" },
    { "sctp-abort", "6" },
    { "dtls-close-notify", "7" },
    { "ice", "8-9" },
  };
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = script_close (script);
  const GValue *steps = gst_structure_get_value (report, "steps");

  ck_assert_uint_eq (gst_value_array_get_size (steps), G_N_ELEMENTS (rows));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const GstStructure *step =
        gst_value_get_structure (gst_value_array_get_value (steps, i));

    ck_assert_str_eq (gst_structure_get_name (step), rows[i][0]);
    ck_assert_str_eq (gst_structure_get_string (step, "spec"), rows[i][1]);
  }
}
GST_END_TEST

GST_START_TEST (test_everything_is_told_in_order)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = script_close (script);

  script_assert_log (script, FULL_LOG);
  assert_results (report,
      "resume=skipped drain=skipped closed=done rtp-bye=done "
      "receivers=skipped input=done data-channels=done sctp-abort=done "
      "dtls-close-notify=done ice=done");
}
GST_END_TEST

/* rtpsession's thread is on its way to its first report. */
GST_START_TEST (test_bye_beside_the_first_report)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;
  g_autoptr (GstPad) sink =
      gst_element_get_static_pad (script->encoders[0], "rtcp_sink_0");

  gst_pad_send_event (sink, gst_event_new_stream_start ("rtcp"));
  report = script_close (script);
  script_assert_log (script, FULL_LOG);
}
GST_END_TEST

/* What is paused cannot send. */
GST_START_TEST (test_paused_child_plays_first)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  gst_element_set_state (script->pipeline, GST_STATE_PAUSED);
  report = script_close (script);
  /* The states are closed at once, on the thread that closes. */
  script_assert_log (script,
      "closed, play, bye 0 000000aa, bye 0 000000bb, channel-closed, "
      "abort 0 12:close, alert 0, ice, report");
  assert_step (report, "resume", "done");
}
GST_END_TEST

GST_START_TEST (test_eos_drains_before_the_states_close)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  gst_element_send_event (script->element, gst_event_new_eos ());
  script_await (script, "report");
  g_object_get (script->element, "close-report", &report, NULL);
  script_assert_log (script,
      "drain, channel-closed, closed, bye 0 000000aa, "
      "bye 0 000000bb, abort 0 12:close, alert 0, ice, report");
  assert_step (report, "drain", "done");
  assert_step (report, "data-channels", "skipped");
}
GST_END_TEST

/* No step of a close that has begun is left out for a change to NULL. */
GST_START_TEST (test_null_tells_everything_in_order)
{
  g_autoptr (Script) script = script_full ();

  /* The pipeline is in PAUSED by the time of it. */
  gst_element_set_state (script->pipeline, GST_STATE_NULL);
  script_assert_log (script,
      "closed, play, bye 0 000000aa, bye 0 000000bb, channel-closed, "
      "abort 0 12:close, alert 0, ice, report");
}
GST_END_TEST

GST_START_TEST (test_transceivers_stop)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  script_add_transceiver (script);
  report = script_close (script);
  script_await (script, "stopped");
}
GST_END_TEST

/* === which streams get a BYE === */

GST_START_TEST (test_only_what_was_sent_gets_a_bye)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  script_add_stream (script, 0, 0xcc, 0, TRUE);
  script_add_stream (script, 0, 0xdd, 100, FALSE);
  script_add_stream (script, 0, 0xee, 0, FALSE);
  report = script_close (script);
  script_assert_log (script, FULL_LOG);
}
GST_END_TEST

GST_START_TEST (test_nothing_was_sent)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (GstStructure) report = NULL;

  script_add_transport (script, "connected");
  script_add_stream (script, 0, 0xaa, 0, TRUE);
  script_play (script);
  report = script_close (script);
  script_assert_log (script, "closed, alert 0, ice, report");
  assert_results (report,
      "resume=skipped drain=skipped closed=done rtp-bye=skipped "
      "receivers=skipped input=done data-channels=skipped sctp-abort=skipped "
      "dtls-close-notify=done ice=done");
}
GST_END_TEST

/* === transports === */

GST_START_TEST (test_every_transport_is_told)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (GstStructure) report = NULL;

  for (guint i = 0; i < 3; i++) {
    script_add_transport (script, "connected");
    script_add_stream (script, i, 0xa0 + i, 100, TRUE);
  }
  script_play (script);
  report = script_close (script);
  assert_results (report,
      "resume=skipped drain=skipped closed=done rtp-bye=done "
      "receivers=skipped input=done data-channels=skipped sctp-abort=skipped "
      "dtls-close-notify=done ice=done");

  /* Bins keep what they hold newest first. */
  script_assert_log (script,
      "closed, bye 2 000000a2, bye 1 000000a1, bye 0 000000a0, "
      "alert 2, alert 1, alert 0, ice, report");
}
GST_END_TEST

/* The alert of one is no proof for another. */
GST_START_TEST (test_one_transport_of_two_is_connected)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (GstStructure) report = NULL;

  script_add_transport (script, "connected");
  script_add_transport (script, "connecting");
  script_add_stream (script, 0, 0xaa, 100, TRUE);
  script_add_stream (script, 1, 0xbb, 100, TRUE);
  script_play (script);
  report = script_close (script);
  script_assert_log (script, "closed, bye 0 000000aa, alert 0, ice, report");
  assert_step (report, "dtls-close-notify", "done");
}
GST_END_TEST

static const char *const unconnected[] = { "new", "connecting", "failed" };

GST_START_TEST (test_without_dtls_nothing_is_told)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  script_set_transport_state (script, 0, unconnected[__i__]);
  report = script_close (script);
  script_assert_log (script, "closed, channel-closed, ice, report");
  assert_results (report,
      "resume=skipped drain=skipped closed=done rtp-bye=skipped "
      "receivers=skipped input=skipped data-channels=done sctp-abort=skipped "
      "dtls-close-notify=skipped ice=done");
}
GST_END_TEST

/* === media beside the close === */

static void
push_media (Script *script)
{
  script_push_rtp (script, 0);
  if (script_has (script, "channel-closed"))
    script_push_rtcp (script, 0);
  script_write (script, "pushed");
}

/* What another thread sends is dropped in front of the network from the first
 * BYE on; the fixture's hook comes after each BYE and before the ABORT. */
GST_START_TEST (test_no_media_after_the_bye)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  script_push_rtp (script, 0);
  script_push_rtcp (script, 0);
  script_assert_log (script, "rtp 0, report 0");

  script->meanwhile = push_media;
  report = script_close (script);
  script_assert_log (script,
      "closed, bye 0 000000aa, pushed, bye 0 000000bb, pushed, "
      "channel-closed, pushed, abort 0 12:close, alert 0, ice, report");
  assert_all_told (report);
}
GST_END_TEST

GST_START_TEST (test_nothing_after_the_close)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  script_push_data (script, 0);
  script_assert_log (script, "data 0");

  report = script_close (script);
  script_push_rtp (script, 0);
  script_push_rtcp (script, 0);
  script_push_data (script, 0);
  script_assert_log (script, FULL_LOG);
}
GST_END_TEST

/* === the close_notify again === */

static const struct {
  guint n_unheard;
  const char *log;
} unheard[] = {
  { 1, "closed, alert 0, alert 0, ice, report" },
  { 2, "closed, alert 0, alert 0, alert 0, ice, report" },
  { G_MAXUINT, "closed, alert 0, alert 0, alert 0, alert 0, alert 0, ice, "
               "report" },
};

GST_START_TEST (test_close_notify_is_repeated_until_answered)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (GstStructure) report = NULL;

  script->n_unheard = unheard[__i__].n_unheard;
  script_add_transport (script, "connected");
  script_play (script);
  report = script_close (script);
  script_assert_log (script, unheard[__i__].log);
  assert_step (report, "dtls-close-notify", "done");
}
GST_END_TEST

/* Each transport has a peer of its own to be told. */
GST_START_TEST (test_every_transport_awaits_its_answer)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (GstStructure) report = NULL;

  script->n_unheard = 1;
  script_add_transport (script, "connected");
  script_add_transport (script, "connected");
  script_play (script);
  report = script_close (script);
  script_assert_log (
      script, "closed, alert 1, alert 0, alert 1, alert 0, ice, report");
}
GST_END_TEST

/* A peer that closes has its close_notify answered, once, and nothing else. */
GST_START_TEST (test_peer_that_closes_is_answered)
{
  g_autoptr (Script) script = script_new ();

  script->n_unheard = G_MAXUINT;
  script_add_transport (script, "connected");
  script_add_stream (script, 0, 0xaa, 100, TRUE);
  script_play (script);
  script_set_transport_state (script, 0, "closed");
  script_await (script, "report");
  script_assert_log (script, "closed, alert 0, ice, report");
}
GST_END_TEST

/* === what webrtcbin has not replied to when it stops === */

GST_START_TEST (test_forgotten_promises_are_answered)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstPromise) promise = gst_promise_new ();

  g_signal_emit_by_name (script->element, "create-offer", NULL, promise);
  g_signal_emit_by_name (script->element, "create-offer", NULL, NULL);
  gst_element_set_state (script->pipeline, GST_STATE_NULL);
  ck_assert_int_eq (gst_promise_wait (promise), GST_PROMISE_RESULT_REPLIED);
  ck_assert (
      gst_structure_has_field (gst_promise_get_reply (promise), "error"));
}
GST_END_TEST

static Suite *
scripted_suite (void)
{
  Suite *suite = suite_create ("scripted");
  TCase *order = tcase_create ("order");

  suite_add_tcase (suite, order);
  tcase_add_test (order, test_rows_are_in_the_order_of_the_w3c);
  tcase_add_test (order, test_everything_is_told_in_order);
  tcase_add_test (order, test_forgotten_promises_are_answered);
  tcase_add_test (order, test_bye_beside_the_first_report);
  tcase_add_test (order, test_paused_child_plays_first);
  tcase_add_test (order, test_eos_drains_before_the_states_close);
  tcase_add_test (order, test_null_tells_everything_in_order);
  tcase_add_test (order, test_transceivers_stop);
  tcase_add_test (order, test_only_what_was_sent_gets_a_bye);
  tcase_add_test (order, test_nothing_was_sent);
  tcase_add_test (order, test_every_transport_is_told);
  tcase_add_test (order, test_one_transport_of_two_is_connected);
  tcase_add_loop_test (
      order, test_without_dtls_nothing_is_told, 0, G_N_ELEMENTS (unconnected));
  tcase_add_test (order, test_no_media_after_the_bye);
  tcase_add_test (order, test_nothing_after_the_close);
  tcase_add_loop_test (order, test_close_notify_is_repeated_until_answered, 0,
      G_N_ELEMENTS (unheard));
  tcase_add_test (order, test_every_transport_awaits_its_answer);
  tcase_add_test (order, test_peer_that_closes_is_answered);

  return suite;
}

GST_CHECK_MAIN (scripted);
