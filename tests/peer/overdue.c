/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What each step of the close takes for its proof, and what happens when there
 * is none, with a webrtcbin that does what the test says. */

#include "scripted.h"

/* close-timeout where a step will not be done, in ms. */
#define SHORT_TIMEOUT 4000

static guint64
get_total (const GstStructure *report)
{
  guint64 total;

  ck_assert (
      gst_structure_get (report, "total-us", G_TYPE_UINT64, &total, NULL));
  return total;
}

static const struct {
  ScriptWithheld withheld;
  const char *step; /* the one that is overdue */
  const char *log;
} withheld_proofs[] = {
  { SCRIPT_RTCP, "rtp-bye",
      "closed, (bye 0 000000aa), (bye 0 000000bb), channel-closed, "
      "abort 0 12:close, alert 0, ice, report" },
  { SCRIPT_ABORT, "sctp-abort",
      "closed, bye 0 000000aa, bye 0 000000bb, channel-closed, (abort), "
      "alert 0, ice, report" },
  { SCRIPT_DATA, "sctp-abort",
      "closed, bye 0 000000aa, bye 0 000000bb, channel-closed, "
      "(abort 0 12:close), alert 0, ice, report" },
  { SCRIPT_ALERT, "dtls-close-notify",
      "closed, bye 0 000000aa, bye 0 000000bb, channel-closed, "
      "abort 0 12:close, (alert 0), ice, report" },
  { SCRIPT_ICE, "ice",
      "closed, bye 0 000000aa, bye 0 000000bb, channel-closed, "
      "abort 0 12:close, alert 0, (ice), report" },
};

GST_START_TEST (test_withheld_proof_delays_its_step_only)
{
  static const char *const steps[] = { "closed", "rtp-bye", "data-channels",
    "sctp-abort", "dtls-close-notify", "ice" };
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  g_object_set (script->element, "close-timeout", SHORT_TIMEOUT, NULL);
  script->withheld = withheld_proofs[__i__].withheld;
  report = script_close (script);

  script_assert_log (script, withheld_proofs[__i__].log);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    assert_step (report, steps[i],
        g_str_equal (steps[i], withheld_proofs[__i__].step) ? "overdue"
                                                            : "done");
}
GST_END_TEST

static void
on_reply (GstPromise *promise, gpointer n_replies)
{
  g_atomic_int_inc ((gint *)n_replies);
}

GST_START_TEST (test_signal_waits_for_no_step)
{
  g_autoptr (Script) script = script_full ();
  gint n_replies = 0;
  g_autoptr (GstPromise) promise =
      gst_promise_new_with_change_func (on_reply, &n_replies, NULL);

  g_object_set (script->element, "close-timeout", SHORT_TIMEOUT, NULL);
  script->withheld = SCRIPT_ICE;
  g_signal_emit_by_name (script->element, "close", promise);
  ck_assert_int_eq (g_atomic_int_get (&n_replies), 0);
  script_await (script, "report");
}
GST_END_TEST

GST_START_TEST (test_one_bye_of_two_is_no_proof)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  g_object_set (script->element, "close-timeout", SHORT_TIMEOUT, NULL);
  script->lost = "bye 0 000000bb";
  report = script_close (script);
  script_assert_log (script,
      "closed, bye 0 000000aa, (bye 0 000000bb), channel-closed, "
      "abort 0 12:close, alert 0, ice, report");
  assert_step (report, "rtp-bye", "overdue");
}
GST_END_TEST

GST_START_TEST (test_one_alert_of_two_is_no_proof)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  script_add_transport (script, "connected");
  gst_bin_sync_children_states (GST_BIN (script->child));
  g_object_set (script->element, "close-timeout", SHORT_TIMEOUT, NULL);
  script->lost = "alert 0";
  report = script_close (script);
  ck_assert (script_has (script, "alert 1"));
  ck_assert (script_has (script, "(alert 0)"));
  assert_step (report, "dtls-close-notify", "overdue");
}
GST_END_TEST

GST_START_TEST (test_change_to_playing_that_hangs)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  gst_element_set_state (script->pipeline, GST_STATE_PAUSED);
  g_object_set (script->element, "close-timeout", SHORT_TIMEOUT, NULL);
  script->withheld = SCRIPT_PLAY;
  report = script_close (script);
  script_assert_log (script,
      "closed, (play), bye 0 000000aa, bye 0 000000bb, channel-closed, "
      "abort 0 12:close, alert 0, ice, report");
  assert_step (report, "resume", "overdue");
  assert_all_told (report);
}
GST_END_TEST

/* Every step still has its turn, and all of them together have no longer than
 * close-timeout: without that bound this would take twice as long. */
GST_START_TEST (test_many_overdue_steps_end_in_time)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  g_object_set (script->element, "close-timeout", SHORT_TIMEOUT, NULL);
  script->withheld = SCRIPT_DRAIN | SCRIPT_ABORT | SCRIPT_ALERT | SCRIPT_ICE;
  gst_element_send_event (script->element, gst_event_new_eos ());
  script_await (script, "report");
  g_object_get (script->element, "close-report", &report, NULL);

  script_assert_log (script,
      "(drain), closed, bye 0 000000aa, bye 0 000000bb, channel-closed, "
      "(abort), (alert 0), (ice), report");
  assert_results (report,
      "resume=skipped drain=overdue closed=done rtp-bye=done "
      "receivers=skipped input=done data-channels=done sctp-abort=overdue "
      "dtls-close-notify=overdue ice=overdue");
  ck_assert_uint_lt (get_total (report), SHORT_TIMEOUT * 1000 * 5 / 4);
}
GST_END_TEST

/* === the drain === */

GST_START_TEST (test_close_cuts_the_drain)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  script->withheld = SCRIPT_DRAIN;
  gst_element_send_event (script->element, gst_event_new_eos ());
  script_await (script, "(drain)");
  report = script_close (script);
  script_assert_log (script, "(drain), " FULL_LOG);
  ck_assert_str_eq (gst_structure_get_string (report, "reason"), "eos");
  ck_assert_uint_lt (get_total (report), SCRIPT_TIMEOUT * 1000 / 2);
}
GST_END_TEST

/* The same for a drain that has not begun yet. */
GST_START_TEST (test_close_before_the_drain_leaves_it_out)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstPromise) promise = gst_promise_new ();

  gst_element_set_state (script->pipeline, GST_STATE_PAUSED);
  script->withheld = SCRIPT_PLAY | SCRIPT_DRAIN;
  gst_element_send_event (script->element, gst_event_new_eos ());
  script_await (script, "(play)");
  g_signal_emit_by_name (script->element, "close", promise);
  script_release (script, SCRIPT_PLAY);
  ck_assert_int_eq (gst_promise_wait (promise), GST_PROMISE_RESULT_REPLIED);
  script_await (script, "report");
  script_assert_log (script, "(play), " FULL_LOG);
  assert_step (gst_promise_get_reply (promise), "drain", "skipped");
}
GST_END_TEST

static void
push_rtp (Script *script)
{
  script_push_rtp (script, 0);
}

GST_START_TEST (test_media_is_no_proof_of_a_bye)
{
  g_autoptr (Script) script = script_full ();
  g_autoptr (GstStructure) report = NULL;

  g_object_set (script->element, "close-timeout", SHORT_TIMEOUT, NULL);
  script->withheld = SCRIPT_RTCP;
  script->meanwhile = push_rtp;
  report = script_close (script);
  assert_step (report, "rtp-bye", "overdue");
}
GST_END_TEST

/* === shapes that are not known === */

static gint n_warnings;

static void
count_warning (GstDebugCategory *category, GstDebugLevel level,
    const char *file, const char *function, gint line, GObject *object,
    GstDebugMessage *message, gpointer user_data)
{
  if (level == GST_LEVEL_WARNING &&
      g_str_equal (gst_debug_category_get_name (category), "peerconnection"))
    g_atomic_int_inc (&n_warnings);
}

static const struct {
  ScriptLacking lacking;
  const char *log;
} shapes[] = {
  { SCRIPT_NO_DATA_SINK, "closed, channel-closed, ice, report" },
  { SCRIPT_NO_RTCP_SINK, "closed, channel-closed, ice, report" },
  { SCRIPT_NO_NICESINK, "closed, channel-closed, ice, report" },
  { SCRIPT_NO_RTP_SESSION,
      "closed, channel-closed, abort 0 12:close, alert 0, ice, report" },
  { SCRIPT_NO_SCTP_SRC,
      "closed, bye 0 000000aa, channel-closed, alert 0, ice, report" },
  { SCRIPT_NO_SCTPDEC,
      "closed, bye 0 000000aa, channel-closed, alert 0, ice, report" },
};

/* There is a warning, the steps that want what is missing are skipped, and
 * the other ones happen. */
GST_START_TEST (test_child_of_unknown_shape)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (GstStructure) report = NULL;
  g_autofree char *results = NULL;

  script->lacking = shapes[__i__].lacking;
  script_add_transport (script, "connected");
  script_add_stream (script, 0, 0xaa, 100, TRUE);
  script_add_association (script);
  script_add_channel (script);
  script_play (script);

  gst_debug_set_threshold_for_name ("peerconnection", GST_LEVEL_WARNING);
  gst_debug_add_log_function (count_warning, NULL, NULL);
  report = script_close (script);

  script_assert_log (script, shapes[__i__].log);
  results = list_results (report);
  ck_assert_msg (strstr (results, "overdue") == NULL, "%s", results);
  ck_assert_int_ge (g_atomic_int_get (&n_warnings), 1);
}
GST_END_TEST

static Suite *
overdue_suite (void)
{
  Suite *suite = suite_create ("overdue");
  TCase *proofs = peers_tcase_create ("proofs");
  TCase *shape = peers_tcase_create ("shape");

  suite_add_tcase (suite, proofs);
  tcase_add_loop_test (proofs, test_withheld_proof_delays_its_step_only, 0,
      G_N_ELEMENTS (withheld_proofs));
  tcase_add_test (proofs, test_signal_waits_for_no_step);
  tcase_add_test (proofs, test_one_bye_of_two_is_no_proof);
  tcase_add_test (proofs, test_one_alert_of_two_is_no_proof);
  tcase_add_test (proofs, test_media_is_no_proof_of_a_bye);
  tcase_add_test (proofs, test_change_to_playing_that_hangs);
  tcase_add_test (proofs, test_many_overdue_steps_end_in_time);
  tcase_add_test (proofs, test_close_cuts_the_drain);
  tcase_add_test (proofs, test_close_before_the_drain_leaves_it_out);

  suite_add_tcase (suite, shape);
  tcase_add_loop_test (
      shape, test_child_of_unknown_shape, 0, G_N_ELEMENTS (shapes));

  return suite;
}

GST_CHECK_MAIN (overdue);
