/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "link.h"
#include "peers.h"

G_BEGIN_DECLS

/* The offerer is at the near end of @link, the answerer at the far one. */
Peers *net_peers_new (Link *link);
Peers *net_peers_connect (Link *link, PeerFeatures features);

G_END_DECLS
