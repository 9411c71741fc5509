/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <gst/check/gstcheck.h>

#include "connection-state.h"

#define SECOND G_TIME_SPAN_SECOND

static const struct {
  GstPeerPresence before;
  gint64 silence;
  GstPeerPresence after;
} presences[] = {
  { GST_PEER_HEARD, 0, GST_PEER_HEARD },
  { GST_PEER_HEARD, 5 * SECOND - 1, GST_PEER_HEARD },
  { GST_PEER_HEARD, 5 * SECOND, GST_PEER_SILENT },
  { GST_PEER_HEARD, 20 * SECOND - 1, GST_PEER_SILENT },
  { GST_PEER_HEARD, 20 * SECOND, GST_PEER_LOST },
  { GST_PEER_HEARD, G_MAXINT64, GST_PEER_LOST },
  /* Heard again. */
  { GST_PEER_SILENT, 0, GST_PEER_HEARD },
  { GST_PEER_SILENT, 5 * SECOND - 1, GST_PEER_HEARD },
  { GST_PEER_SILENT, 5 * SECOND, GST_PEER_SILENT },
  { GST_PEER_SILENT, 20 * SECOND - 1, GST_PEER_SILENT },
  { GST_PEER_SILENT, 20 * SECOND, GST_PEER_LOST },
  /* Too late. */
  { GST_PEER_LOST, 0, GST_PEER_LOST },
  { GST_PEER_LOST, 5 * SECOND, GST_PEER_LOST },
  { GST_PEER_LOST, 20 * SECOND, GST_PEER_LOST },
};

GST_START_TEST (test_silence_becomes_loss_and_loss_stays)
{
  fail_unless_equals_int (
      gst_peer_presence (presences[__i__].before, presences[__i__].silence),
      presences[__i__].after);
}

GST_END_TEST;

#define CONNECTION(state) GST_WEBRTC_PEER_CONNECTION_STATE_##state

static const struct {
  GstWebRTCPeerConnectionState child;
  /* when the peer is heard, silent, lost */
  GstWebRTCPeerConnectionState shown[3];
} connections[] = {
  { CONNECTION (NEW),
      { CONNECTION (NEW), CONNECTION (NEW), CONNECTION (NEW) } },
  { CONNECTION (CONNECTING), { CONNECTION (CONNECTING), CONNECTION (CONNECTING),
                                 CONNECTION (CONNECTING) } },
  { CONNECTION (CONNECTED), { CONNECTION (CONNECTED), CONNECTION (DISCONNECTED),
                                CONNECTION (FAILED) } },
  { CONNECTION (DISCONNECTED),
      { CONNECTION (DISCONNECTED), CONNECTION (DISCONNECTED),
          CONNECTION (DISCONNECTED) } },
  { CONNECTION (FAILED),
      { CONNECTION (FAILED), CONNECTION (FAILED), CONNECTION (FAILED) } },
  { CONNECTION (CLOSED),
      { CONNECTION (CLOSED), CONNECTION (CLOSED), CONNECTION (CLOSED) } },
};

GST_START_TEST (test_the_connection_state_shows_the_presence)
{
  for (int i = GST_PEER_HEARD; i <= GST_PEER_LOST; i++)
    fail_unless_equals_int (
        gst_peer_connection_state (connections[__i__].child, i, FALSE),
        connections[__i__].shown[i]);
}

GST_END_TEST;

GST_START_TEST (test_the_connection_state_is_closed_once_closed)
{
  for (int i = GST_PEER_HEARD; i <= GST_PEER_LOST; i++)
    fail_unless_equals_int (
        gst_peer_connection_state (connections[__i__].child, i, TRUE),
        CONNECTION (CLOSED));
}

GST_END_TEST;

#define ICE(state) GST_WEBRTC_ICE_CONNECTION_STATE_##state

static const struct {
  GstWebRTCICEConnectionState child;
  GstWebRTCICEConnectionState shown[3];
} ice_connections[] = {
  { ICE (NEW), { ICE (NEW), ICE (NEW), ICE (NEW) } },
  { ICE (CHECKING), { ICE (CHECKING), ICE (CHECKING), ICE (CHECKING) } },
  { ICE (CONNECTED), { ICE (CONNECTED), ICE (DISCONNECTED), ICE (FAILED) } },
  { ICE (COMPLETED), { ICE (COMPLETED), ICE (DISCONNECTED), ICE (FAILED) } },
  { ICE (DISCONNECTED),
      { ICE (DISCONNECTED), ICE (DISCONNECTED), ICE (DISCONNECTED) } },
  { ICE (FAILED), { ICE (FAILED), ICE (FAILED), ICE (FAILED) } },
  { ICE (CLOSED), { ICE (CLOSED), ICE (CLOSED), ICE (CLOSED) } },
};

GST_START_TEST (test_the_ice_connection_state_shows_the_presence)
{
  for (int i = GST_PEER_HEARD; i <= GST_PEER_LOST; i++)
    fail_unless_equals_int (
        gst_peer_ice_connection_state (ice_connections[__i__].child, i, FALSE),
        ice_connections[__i__].shown[i]);
}

GST_END_TEST;

GST_START_TEST (test_the_ice_connection_state_is_closed_once_closed)
{
  for (int i = GST_PEER_HEARD; i <= GST_PEER_LOST; i++)
    fail_unless_equals_int (
        gst_peer_ice_connection_state (ice_connections[__i__].child, i, TRUE),
        ICE (CLOSED));
}

GST_END_TEST;

GST_START_TEST (test_the_signaling_state_is_the_childs_until_closed)
{
  fail_unless_equals_int (gst_peer_signaling_state (__i__, FALSE), __i__);
}

GST_END_TEST;

GST_START_TEST (test_the_signaling_state_is_closed_once_closed)
{
  fail_unless_equals_int (gst_peer_signaling_state (__i__, TRUE),
      GST_WEBRTC_SIGNALING_STATE_CLOSED);
}

GST_END_TEST;

static Suite *
connection_state_suite (void)
{
  Suite *suite = suite_create ("connection-state");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_silence_becomes_loss_and_loss_stays, 0,
      G_N_ELEMENTS (presences));
  tcase_add_loop_test (tcase, test_the_connection_state_shows_the_presence, 0,
      G_N_ELEMENTS (connections));
  tcase_add_loop_test (tcase, test_the_connection_state_is_closed_once_closed,
      0, G_N_ELEMENTS (connections));
  tcase_add_loop_test (tcase, test_the_ice_connection_state_shows_the_presence,
      0, G_N_ELEMENTS (ice_connections));
  tcase_add_loop_test (tcase,
      test_the_ice_connection_state_is_closed_once_closed, 0,
      G_N_ELEMENTS (ice_connections));
  tcase_add_loop_test (tcase,
      test_the_signaling_state_is_the_childs_until_closed, 0,
      GST_WEBRTC_SIGNALING_STATE_HAVE_REMOTE_PRANSWER + 1);
  tcase_add_loop_test (tcase, test_the_signaling_state_is_closed_once_closed, 0,
      GST_WEBRTC_SIGNALING_STATE_HAVE_REMOTE_PRANSWER + 1);

  return suite;
}

GST_CHECK_MAIN (connection_state);
