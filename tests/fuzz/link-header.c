/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "ice-server.h"
#include "link-header.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* What is found can be used as it is. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *value = g_strndup ((const char *)data, size);
  g_autoptr (GPtrArray) links = gst_peer_link_header_parse (value);
  g_auto (GStrv) servers = gst_peer_link_header_find_ice_servers (value);

  g_assert (links->len <= 64);
  for (guint i = 0; i < links->len; i++) {
    const char *target =
        gst_peer_link_get_target (g_ptr_array_index (links, i));

    g_assert (strstr (value, target) != NULL);
    g_assert (strchr (target, '>') == NULL);
  }
  for (guint i = 0; servers[i] != NULL; i++) {
    g_autoptr (GstPeerIceServer) server =
        gst_peer_ice_server_new_from_uri (servers[i], NULL);
    g_autofree char *uri =
        server != NULL ? gst_peer_ice_server_to_uri (server) : NULL;

    g_assert_cmpstr (uri, ==, servers[i]);
    g_assert (i < 16);
  }

  return 0;
}
