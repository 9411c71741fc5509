/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net-peers.h"

/* webrtcbin has its threads from READY on; what they open is where they are.
 * 1.22 connects no data channel beside unbundled media. */
static void
begin (Link *link, LinkPlace place, Peer *peer)
{
  gst_util_set_object_arg (
      G_OBJECT (peer->element), "bundle-policy", "max-bundle");
  link_enter (link, place);
  gst_element_set_state (peer->pipeline, GST_STATE_READY);
  link_enter (link, LINK_HOME);
}

/* Application data that overtakes the end of the handshake is read when the
 * packet after it comes, which is lost then (gstdtlsconnection.c,
 * gst_dtls_connection_process): GStreamer's own. */
static void
forgive_dtlsconnection (void)
{
  g_autoptr (GRegex) regex =
      g_regex_new ("gst_dtls_connection_process: runtime check failed: "
                   "\\(!priv->bio_buffer\\)",
          0, 0, NULL);

  gst_check_add_log_filter (
      NULL, G_LOG_LEVEL_WARNING, g_steal_pointer (&regex), NULL, NULL, NULL);
}

Peers *
net_peers_new (Link *link)
{
  Peers *peers;

  /* What the elements themselves open is at the near end. */
  link_enter (link, LINK_NEAR);
  peers = peers_new ("peerconnection", "peerconnection");
  forgive_dtlsconnection ();
  begin (link, LINK_NEAR, peers->offerer);
  begin (link, LINK_FAR, peers->answerer);

  return peers;
}

Peers *
net_peers_connect (Link *link, PeerFeatures features)
{
  Peers *peers = net_peers_new (link);

  peers_add (peers, features);
  peers_connect (peers);

  return peers;
}
