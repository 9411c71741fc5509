/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net-peers.h"

/* webrtcbin has its threads from READY on; what they open is where they are. */
static void
begin (Link *link, LinkPlace place, Peer *peer)
{
  link_enter (link, place);
  gst_element_set_state (peer->pipeline, GST_STATE_READY);
  link_enter (link, LINK_HOME);
}

Peers *
net_peers_new (Link *link)
{
  Peers *peers = peers_new ("peerconnection", "peerconnection");

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
