/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>

#include "silence.h"

/* The wall clock at a monotonic time of 0 */
#define WALL (1000000 * G_TIME_SPAN_SECOND)
#define MS G_TIME_SPAN_MILLISECOND
/* A stamp that the kernel makes up while it is asked */
#define MADE_UP -1

/* One question, with times in ms */
typedef struct {
  int now;
  int stamp;
  int clock_set; /* by that much */
  int silence;
} Question;

static const struct {
  const char *name;
  Question questions[5];
} cases[] = {
  { "a packet, and silence",
      { { 1000, 500, 0, 0 }, { 2000, 1400, 0, 600 }, { 3000, 1400, 0, 1600 },
          { 9000, 1400, 0, 7600 } } },
  { "packets all the time",
      { { 1000, 990, 0, 0 }, { 2000, 1999, 0, 1 }, { 3000, 2980, 0, 20 },
          { 9000, 8000, 0, 1000 } } },
  { "no packet at all",
      { { 1000, 0, 0, 0 }, { 2000, 0, 0, 1000 }, { 9000, 0, 0, 8000 } } },
  { "the first packets have no stamp",
      { { 1000, MADE_UP, 0, 0 }, { 3500, MADE_UP, 0, 2500 },
          { 4500, 3500, 0, 3500 }, { 6000, 5900, 0, 100 } } },
  { "only the first has no stamp",
      { { 1000, MADE_UP, 0, 0 }, { 3500, 1020, 0, 2480 },
          { 4500, 1020, 0, 3480 } } },
  { "the clock is set forward",
      { { 1000, 500, 0, 0 }, { 2000, 1900, 0, 100 },
          { 3000, 1900, 3600000, 1100 }, { 4000, 3700, 3600000, 1000 },
          { 5000, 3604900, 3600000, 100 } } },
  { "the clock is set back",
      { { 1000, 500, 0, 0 }, { 2000, 1900, 0, 100 },
          { 3000, 1900, -3600000, 1100 }, { 4000, 3700, -3600000, 2100 },
          { 5000, -3595100, -3600000, 100 } } },
};

GST_START_TEST (test_the_silence_is_that_since_the_last_packet)
{
  GstPeerSilence silence = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (cases[__i__].questions); i++) {
    const Question *question = &cases[__i__].questions[i];
    gint64 wall = WALL + (question->now + question->clock_set) * MS;
    gint64 stamp =
        question->stamp == MADE_UP ? wall : WALL + question->stamp * MS;
    gint64 said;

    if (question->now == 0)
      break;
    said = gst_peer_silence_update (&silence, stamp, wall, question->now * MS);
    fail_unless (said == question->silence * MS,
        "%s: %" G_GINT64_FORMAT " ms at %d", cases[__i__].name, said / MS,
        question->now);
  }
}

GST_END_TEST;

static GSocket *
open_socket (void)
{
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, NULL);

  fail_unless (g_socket_bind (socket, address, TRUE, NULL));

  return socket;
}

static void
pass_packet (GSocket *from, GSocket *to)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (to, NULL);
  char byte = 0;

  fail_unless_equals_int (
      g_socket_send_to (from, address, &byte, 1, NULL, NULL), 1);
  fail_unless_equals_int (g_socket_receive (to, &byte, 1, NULL, NULL), 1);
}

GST_START_TEST (test_the_kernel_is_not_believed_before_it_remembers)
{
  g_autoptr (GSocket) from = open_socket ();
  g_autoptr (GSocket) to = open_socket ();
  gint64 first = g_get_monotonic_time ();
  gint64 passed, before, silence;

  pass_packet (from, to);
  gst_peer_silence_of_socket (to);
  /* Mostly too early for a stamp: 7 of 7 on an idle machine. */
  pass_packet (from, to);
  passed = g_get_monotonic_time ();
  fail_if (g_socket_condition_timed_wait (to, G_IO_IN, 20 * MS, NULL, NULL));

  for (int i = 0; i < 2; i++) {
    before = g_get_monotonic_time ();
    silence = gst_peer_silence_of_socket (to);
    /* The clocks are two. */
    fail_unless (silence >= before - passed - MS,
        "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " us", silence,
        before - passed);
    fail_unless (silence <= g_get_monotonic_time () - first + MS);
  }
}

GST_END_TEST;

static Suite *
silence_suite (void)
{
  Suite *suite = suite_create ("silence");
  TCase *tcase = tcase_create ("silence");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_the_silence_is_that_since_the_last_packet, 0,
      G_N_ELEMENTS (cases));
  tcase_add_loop_test (
      tcase, test_the_kernel_is_not_believed_before_it_remembers, 0, 10);

  return suite;
}

GST_CHECK_MAIN (silence);
