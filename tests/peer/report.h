/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the tests of the element's close share. */

#pragma once

#include "peers.h"

#define ALL_FEATURES (PEER_AUDIO | PEER_VIDEO | PEER_CHANNEL)

/* webrtcbin 1.22 never connects a data channel beside unbundled media. */
static inline void
bundle (Peers *peers)
{
  gst_util_set_object_arg (
      G_OBJECT (peers->offerer->element), "bundle-policy", "max-bundle");
  gst_util_set_object_arg (
      G_OBJECT (peers->answerer->element), "bundle-policy", "max-bundle");
}

/* Two connected elements, with nothing in their logs and nothing still to come:
 * gathering may end before the connection is there or after it. */
static inline Peers *
connect_peers (PeerFeatures features)
{
  Peers *peers = peers_new ("peerconnection", "peerconnection");

  bundle (peers);
  peers_add (peers, features);
  peers_connect (peers);
  peer_await (peers->offerer, "ice-gathering-state=complete");
  peer_await (peers->answerer, "ice-gathering-state=complete");
  peer_mark (peers->offerer);
  peer_mark (peers->answerer);

  return peers;
}

static inline GstStructure *
get_report (Peer *peer)
{
  GstStructure *report;

  g_object_get (peer->element, "close-report", &report, NULL);
  ck_assert_msg (report != NULL, "%s has no close-report", peer->name);

  return report;
}

static inline void
assert_step (const GstStructure *report, const char *name, const char *result)
{
  const GstStructure *step = peer_report_step (report, name);
  const char *was = gst_structure_get_string (step, "result");

  ck_assert_msg (
      g_str_equal (was, result), "step %s is %s, not %s", name, was, result);
}

/* Everything that a connection with media and a channel has to say. */
static inline void
assert_all_told (const GstStructure *report)
{
  assert_step (report, "closed", "done");
  assert_step (report, "rtp-bye", "done");
  assert_step (report, "sctp-abort", "done");
  assert_step (report, "dtls-close-notify", "done");
  assert_step (report, "ice", "done");
}

static inline void
assert_reason (Peer *peer, const char *reason)
{
  g_autoptr (GstStructure) report = get_report (peer);
  const char *was = gst_structure_get_string (report, "reason");

  ck_assert_msg (g_str_equal (was, reason), "%s: closed for %s, not %s",
      peer->name, was, reason);
}

/* A close of which only the end matters. */
static inline void
close_peer (Peer *peer)
{
  g_autoptr (GstStructure) report = peer_close (peer, NULL);

  ck_assert (report != NULL);
}
