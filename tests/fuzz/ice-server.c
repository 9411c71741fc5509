/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "ice-server.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* What is taken is written in a way that means the same. */
static void
check (GstPeerIceServer *server)
{
  g_autofree char *uri = NULL;
  g_autofree char *again = NULL;
  g_autofree char *link = NULL;
  g_autoptr (GstPeerIceServer) same = NULL;

  if (server == NULL)
    return;
  uri = gst_peer_ice_server_to_uri (server);
  g_assert (strpbrk (uri, "\r\n \"<>") == NULL);
  /* Encoded, it may be longer than what is taken. */
  same = gst_peer_ice_server_new_from_uri (uri, NULL);
  if (same != NULL) {
    again = gst_peer_ice_server_to_uri (same);
    g_assert (strcmp (uri, again) == 0);
  }
  link = gst_peer_ice_server_to_link (server, NULL);
  if (link != NULL)
    g_assert (strpbrk (link, "\r\n,") == NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autoptr (GstPeerIceServer) from_uri =
      gst_peer_ice_server_new_from_uri (text, NULL);
  g_autoptr (GstPeerIceServer) from_url =
      gst_peer_ice_server_new (text, "user", "p:/@%,", NULL);
  g_autoptr (GstPeerIceServer) with_user =
      gst_peer_ice_server_new ("turn:h", text, text, NULL);

  check (from_uri);
  check (from_url);
  check (with_user);

  return 0;
}
