/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Being told of a close over a network that loses much. */

#include "link.h"

#include "net-peers.h"

#include <stdlib.h>

#define N_CLOSES 100
/* Of those, without being noticed in time. */
#define MAX_MISSED 1
#define IN_TIME 1000.0 /* ms */

/* Returns how many ms it took the peer to notice: by what it was told, or by
 * the silence of several seconds. */
static double
close_over (Link *link, PeerFeatures features)
{
  g_autoptr (Peers) peers = net_peers_connect (link, features);
  g_autoptr (GstStructure) report = NULL;
  gint64 since, until;
  double took;

  peer_mark (peers->answerer);
  link_set_faults (link, (LinkFaults){ .loss = 20 });
  since = g_get_monotonic_time ();
  report = peer_close (peers->offerer, NULL);
  until = peer_await (peers->answerer, "connection-state=*");
  link_set_faults (link, (LinkFaults){ 0 });
  took = (until - since) / (double)G_TIME_SPAN_MILLISECOND;
  if (took > IN_TIME) {
    g_autofree char *text = gst_structure_to_string (report);

    g_printerr ("missed: %s\n", text);
  }

  return took;
}

static int
compare (const void *a, const void *b)
{
  const double *x = a, *y = b;

  return *x < *y ? -1 : *x > *y;
}

/* A data channel alone, as with media there are BYEs as well. */
GST_START_TEST (test_loss)
{
  g_autoptr (Link) link = link_new ();
  double took[N_CLOSES];
  guint n_missed = 0;

  for (guint i = 0; i < N_CLOSES; i++) {
    took[i] = close_over (link, PEER_CHANNEL);
    n_missed += took[i] > IN_TIME;
  }
  qsort (took, N_CLOSES, sizeof (took[0]), compare);
  g_printerr ("%u closes with a loss of 20 %%: noticed after %.1f ms (median), "
              "%.1f ms (90 of 100), %.1f ms (worst)\n",
      N_CLOSES, took[N_CLOSES / 2], took[N_CLOSES * 9 / 10],
      took[N_CLOSES - 1]);
  ck_assert_uint_le (n_missed, MAX_MISSED);
}
GST_END_TEST

static Suite *
net_close_suite (void)
{
  Suite *suite = suite_create ("net-close");
  TCase *loss = tcase_create ("loss");

  tcase_add_test (loss, test_loss);
  tcase_set_timeout (loss, 180);
  suite_add_tcase (suite, loss);

  return suite;
}

GST_CHECK_MAIN (net_close)
