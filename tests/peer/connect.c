/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Connecting, when two threads do so. */

#include "report.h"

#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* While webrtcbin applies the answer, another thread tells a state of ICE, as
 * the agent's does when the peer's first check comes in just then. */
typedef struct {
  Peers *peers;
  GObject *ice_transport; /* (nullable): the offerer's */
  GThread *teller;        /* (nullable) */
  gint teller_id;         /* of the kernel's */
  gint told;
} Race;

static gpointer
tell (gpointer data)
{
  Race *race = data;

  g_atomic_int_set (&race->teller_id, syscall (SYS_gettid));
  g_object_notify (race->ice_transport, "state");
  g_atomic_int_set (&race->told, TRUE);

  return NULL;
}

static gboolean
is_asleep (gint thread)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/self/task/%d/stat", (int)thread);
  g_autofree char *stat = NULL;
  const char *name_end;

  if (thread == 0 || !g_file_get_contents (path, &stat, NULL, NULL))
    return FALSE;
  name_end = strrchr (stat, ')');

  return name_end != NULL && g_str_has_prefix (name_end, ") S");
}

/* On webrtcbin's thread, with the lock of the receive bin held. */
static void
on_log (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message,
    gpointer data)
{
  Race *race = data;

  if (race->teller != NULL || race->ice_transport == NULL || object == NULL ||
      !g_str_has_suffix (
          gst_debug_message_get (message), "receive state to pass") ||
      !gst_object_has_as_ancestor (
          GST_OBJECT (object), GST_OBJECT (race->peers->offerer->element)))
    return;

  race->teller = g_thread_new ("tell", tell, race);
  while (!g_atomic_int_get (&race->told) &&
         !is_asleep (g_atomic_int_get (&race->teller_id)))
    g_thread_yield ();
}

/* On webrtcbin's thread, which holds no lock then. */
static void
on_signaling_state (GstElement *element, GParamSpec *pspec, Race *race)
{
  g_autoptr (GObject) sctp = NULL;
  g_autoptr (GObject) dtls = NULL;
  GstWebRTCSignalingState state;

  g_object_get (
      element, "signaling-state", &state, "sctp-transport", &sctp, NULL);
  if (state != GST_WEBRTC_SIGNALING_STATE_HAVE_LOCAL_OFFER)
    return;
  g_object_get (sctp, "transport", &dtls, NULL);
  g_object_get (dtls, "transport", &race->ice_transport, NULL);
}

GST_START_TEST (test_ice_speaks_while_the_answer_is_set)
{
  g_autoptr (Peers) peers = peers_new ("peerconnection", "peerconnection");
  Race race = { peers, NULL, NULL, 0, FALSE };

  g_signal_connect (peers->offerer->element, "notify::signaling-state",
      G_CALLBACK (on_signaling_state), &race);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_set_threshold_for_name (
      "webrtctransportreceivebin", GST_LEVEL_DEBUG);
  gst_debug_add_log_function (on_log, &race, NULL);

  peers_add (peers, PEER_CHANNEL);
  peers_connect (peers);

  ck_assert_msg (race.teller != NULL, "webrtcbin does not say what it does");
  g_thread_join (race.teller);
  gst_debug_remove_log_function (on_log);
  g_object_unref (race.ice_transport);
}
GST_END_TEST

static Suite *
connect_suite (void)
{
  Suite *suite = suite_create ("connect");
  TCase *races = tcase_create ("races");

  suite_add_tcase (suite, races);
  tcase_add_test (races, test_ice_speaks_while_the_answer_is_set);

  return suite;
}

GST_CHECK_MAIN (connect);
