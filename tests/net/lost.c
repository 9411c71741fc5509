/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A cable that is cut for ever, between gst-launch-1.0 at both ends, and a peer
 * that is as good as lost. */

#include "link.h"

#include "net-peers.h"
#include "program.h"

#include <glib/gstdio.h>
#include <signal.h>

#define SOURCE                                                                 \
  "videotestsrc is-live=true "                                                 \
  "! video/x-raw,width=160,height=120,framerate=15/1 ! "
/* Says so when there is something in the file. */
#define RECORDER                                                               \
  " s.video_0 ! queue ! h264parse ! progressreport update-freq=1 ! mp4mux "    \
  "! filesink location="
#define RECORDED "progressreport0"

/* After that, a session is to have ended. */
#define GIVEN_UP (30 * G_TIME_SPAN_SECOND)

static Program *
launch (Link *link, LinkPlace place, const char *line)
{
  g_autofree char *command = g_strconcat ("gst-launch-1.0 -e ", line, NULL);
  g_auto (GStrv) arguments = g_strsplit (command, " ", -1);
  Program *program;

  link_enter (link, place);
  program = program_new ((const char *const *)arguments);
  link_enter (link, LINK_HOME);

  return program;
}

/* An MP4 file has its index last: without, it cannot be read. */
static void
assert_finished (const char *path)
{
  g_autofree char *line = g_strdup_printf (
      "filesrc location=%s ! qtdemux ! fakesink sync=false", path);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, 10 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  ck_assert_msg (
      message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS,
      "%s is no finished file", path);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static const char lost[] = "does not answer any more";

GST_START_TEST (test_cut_for_ever)
{
  g_autoptr (Link) link = link_new ();
  g_autofree char *directory = g_dir_make_tmp ("lost-XXXXXX", NULL);
  g_autofree char *played = g_build_filename (directory, "played.mp4", NULL);
  g_autofree char *taken = g_build_filename (directory, "taken.mp4", NULL);
  g_autofree char *play_line =
      g_strconcat ("peersrc name=s on-peer-lost=eos "
                   "location=whep://" LINK_NEAR_ADDRESS ":8080/live" RECORDER,
          played, NULL);
  g_autofree char *take_line = g_strconcat (
      "peersrc name=s location=whip://" LINK_NEAR_ADDRESS ":8081/in" RECORDER,
      taken, NULL);
  g_autoptr (Program) server = launch (link, LINK_NEAR,
      SOURCE "peersink location=whep://" LINK_NEAR_ADDRESS ":8080/live");
  g_autoptr (Program) ingest = launch (link, LINK_NEAR, take_line);
  g_autoptr (Program) player = launch (link, LINK_FAR,
      "peersrc location=whep://" LINK_NEAR_ADDRESS ":8080/live "
      "! fakesink");
  g_autoptr (Program) recorder = launch (link, LINK_FAR, play_line);
  g_autoptr (Program) publisher = launch (link, LINK_FAR,
      SOURCE "peersink location=whip://" LINK_NEAR_ADDRESS ":8081/in "
             "on-peer-lost=eos");
  gint64 since;

  program_await (player, "Connected");
  program_await (publisher, "Connected");
  program_await (recorder, RECORDED);
  program_await (ingest, RECORDED);
  link_set_faults (link, (LinkFaults){ .cut = TRUE });
  since = g_get_monotonic_time ();

  program_assert_end (player, 1, lost);
  program_assert_end (recorder, 0, lost);
  program_assert_end (publisher, 0, lost);
  program_assert_end (ingest, 0, NULL);
  ck_assert_int_lt (g_get_monotonic_time () - since, GIVEN_UP);
  assert_finished (played);
  assert_finished (taken);

  /* Who serves goes on. */
  ck_assert (g_subprocess_get_identifier (server->process) != NULL);
  g_subprocess_send_signal (server->process, SIGINT);
  program_assert_end (server, 0, NULL);

  g_unlink (played);
  g_unlink (taken);
  g_rmdir (directory);
}
GST_END_TEST

/* A peer that missed the close is not to take for alive what is closed, but has
 * not gone to NULL: its agent would send a check every 5 s. */
GST_START_TEST (test_closed_is_silent)
{
  g_autoptr (Link) link = link_new ();
  g_autoptr (Peers) peers = net_peers_connect (link, PEER_CHANNEL);
  g_autoptr (GstStructure) report = NULL;

  link_cut (link, 1000);
  report = peer_close (peers->offerer, NULL);
  peer_await (peers->answerer, "connection-state=disconnected");
  peer_await (peers->answerer, "connection-state=failed");
}
GST_END_TEST

static Suite *
lost_suite (void)
{
  Suite *suite = suite_create ("lost");
  TCase *tcase = tcase_create ("general");

  tcase_add_test (tcase, test_cut_for_ever);
  tcase_add_test (tcase, test_closed_is_silent);
  tcase_set_timeout (tcase, 60);
  suite_add_tcase (suite, tcase);

  return suite;
}

GST_CHECK_MAIN (lost)
