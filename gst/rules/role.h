/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GstPeerRole:
 * @GST_PEER_ROLE_NONE: the location is of no use
 * @GST_PEER_ROLE_WHIP_CLIENT: publishes to an endpoint
 * @GST_PEER_ROLE_WHIP_SERVER: is an endpoint that is published to
 * @GST_PEER_ROLE_WHEP_CLIENT: plays from an endpoint
 * @GST_PEER_ROLE_WHEP_SERVER: is an endpoint that is played from
 */
typedef enum {
  GST_PEER_ROLE_NONE,
  GST_PEER_ROLE_WHIP_CLIENT,
  GST_PEER_ROLE_WHIP_SERVER,
  GST_PEER_ROLE_WHEP_CLIENT,
  GST_PEER_ROLE_WHEP_SERVER,
} GstPeerRole;

GstPeerRole gst_peer_role_find (const char *location, gboolean sends);
gboolean gst_peer_role_is_server (GstPeerRole self);

G_END_DECLS
