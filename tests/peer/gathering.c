/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The end of gathering is told, also where it comes before the candidates. */

#include "peers.h"

#include <gst/check/gstcheck.h>

typedef struct {
  GObject *agent;

  GMutex lock;
  GCond cond;
  gboolean ended;
} Gathering;

/* On webrtcbin's thread, before that is told. */
static gboolean
hold_candidate (GSignalInvocationHint *hint, guint n_args, const GValue *args,
    gpointer user_data)
{
  Gathering *self = user_data;

  if (g_value_get_object (&args[0]) != self->agent)
    return G_SOURCE_CONTINUE;

  g_mutex_lock (&self->lock);
  while (!self->ended)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);

  return G_SOURCE_REMOVE;
}

static gboolean
let_go (gpointer user_data)
{
  Gathering *self = user_data;

  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);

  return G_SOURCE_REMOVE;
}

/* On the ICE agent's thread, when UPnP's time is over. */
static gboolean
on_end (GSignalInvocationHint *hint, guint n_args, const GValue *args,
    gpointer user_data)
{
  Gathering *self = user_data;
  g_autoptr (GSource) source = NULL;

  if (g_value_get_object (&args[0]) != self->agent)
    return G_SOURCE_CONTINUE;

  /* When everybody has been told. */
  source = g_idle_source_new ();
  g_source_set_callback (source, let_go, self, NULL);
  g_source_attach (source, g_source_get_context (g_main_current_source ()));

  return G_SOURCE_REMOVE;
}

static void
add_hook (Gathering *self, const char *event, GSignalEmissionHook hook)
{
  g_signal_add_emission_hook (
      g_signal_lookup (event, G_OBJECT_TYPE (self->agent)), 0, hook, self,
      NULL);
}

static const struct {
  gboolean answers;
  PeerFeatures features;
} rows[] = {
  { FALSE, PEER_CHANNEL },
  { FALSE, PEER_VIDEO },
  { TRUE, PEER_CHANNEL },
  { TRUE, PEER_VIDEO },
};

GST_START_TEST (test_its_end_comes_before_a_candidate)
{
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  Peer *peer = rows[__i__].answers ? peers->answerer : peers->offerer;
  g_autoptr (GObject) ice = NULL;
  Gathering gathering = { NULL };

  g_object_get (peer->element, "ice-agent", &ice, NULL);
  g_object_get (ice, "agent", &gathering.agent, NULL);
  g_mutex_init (&gathering.lock);
  g_cond_init (&gathering.cond);
  add_hook (&gathering, "candidate-gathering-done", on_end);
  add_hook (&gathering, "new-candidate-full", hold_candidate);

  peers_add (peers, rows[__i__].features);
  peers_play (peers);
  peers_negotiate (peers, peers->offerer);
  peer_await (peer, "ice-gathering-state=complete");

  g_object_unref (gathering.agent);
  g_mutex_clear (&gathering.lock);
  g_cond_clear (&gathering.cond);
}
GST_END_TEST

static Suite *
gathering_suite (void)
{
  Suite *suite = suite_create ("gathering");
  TCase *tcase = peers_tcase_create ("gathering");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (
      tcase, test_its_end_comes_before_a_candidate, 0, G_N_ELEMENTS (rows));

  return suite;
}

GST_CHECK_MAIN (gathering);
