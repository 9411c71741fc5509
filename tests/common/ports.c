/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "ports.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>

/* Below those that Linux gives out by itself (ip_local_port_range). */
#define FIRST 10000
#define LAST 32000

static gboolean
try_bind (GSocketFamily family, GSocketType type, GSocketAddress *address)
{
  g_autoptr (GSocket) socket = g_socket_new (family, type, 0, NULL);

  return socket != NULL && g_socket_bind (socket, address, FALSE, NULL);
}

/* By a socket of that name, which is held as long as the process runs. */
static gboolean
claim (guint port)
{
  g_autofree char *name = g_strdup_printf ("gst-peerconnection-port-%u", port);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new_with_type (
      name, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  GSocket *socket =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, 0, NULL);

  if (g_socket_bind (socket, address, FALSE, NULL)) {
    static GSList *held;
    held = g_slist_prepend (held, socket);
    return TRUE;
  }
  g_object_unref (socket);
  return FALSE;
}

guint
find_port (void)
{
  for (;;) {
    guint port = g_random_int_range (FIRST, LAST);
    g_autoptr (GSocketAddress) address =
        g_inet_socket_address_new_from_string ("0.0.0.0", port);

    if (claim (port) &&
        try_bind (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, address) &&
        try_bind (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, address))
      return port;
  }
}
