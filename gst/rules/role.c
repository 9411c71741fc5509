/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which way media goes and the scheme of the location say everything else. */

#include "role.h"

/* A web address is one to go to. */
static const struct {
  const char *scheme;
  GstPeerRole when_sending;
  GstPeerRole when_receiving;
} roles[] = {
  { "whip", GST_PEER_ROLE_WHIP_CLIENT, GST_PEER_ROLE_WHIP_SERVER },
  { "whips", GST_PEER_ROLE_WHIP_CLIENT, GST_PEER_ROLE_WHIP_SERVER },
  { "whep", GST_PEER_ROLE_WHEP_SERVER, GST_PEER_ROLE_WHEP_CLIENT },
  { "wheps", GST_PEER_ROLE_WHEP_SERVER, GST_PEER_ROLE_WHEP_CLIENT },
  { "http", GST_PEER_ROLE_WHIP_CLIENT, GST_PEER_ROLE_WHEP_CLIENT },
  { "https", GST_PEER_ROLE_WHIP_CLIENT, GST_PEER_ROLE_WHEP_CLIENT },
};

/**
 * gst_peer_role_find:
 * @location: (nullable): a URI
 * @sends: whether media goes to the peers
 */
GstPeerRole
gst_peer_role_find (const char *location, gboolean sends)
{
  g_autofree char *scheme =
      location != NULL ? g_uri_parse_scheme (location) : NULL;

  for (guint i = 0; scheme != NULL && i < G_N_ELEMENTS (roles); i++) {
    if (g_ascii_strcasecmp (roles[i].scheme, scheme) == 0)
      return sends ? roles[i].when_sending : roles[i].when_receiving;
  }

  return GST_PEER_ROLE_NONE;
}

gboolean
gst_peer_role_is_server (GstPeerRole self)
{
  return self == GST_PEER_ROLE_WHIP_SERVER || self == GST_PEER_ROLE_WHEP_SERVER;
}
