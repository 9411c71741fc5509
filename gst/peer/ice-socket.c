/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The socket below the pair of candidates that a stream has selected. libnice
 * tells that of plain UDP only. Below a TURN server's UDP, and a TCP connection
 * that we have opened, it is one of those of the component. */

#include "ice-socket.h"

#include <sys/socket.h>

#include <agent.h>

static gboolean
is_bound_to (GSocket *socket, const NiceAddress *address)
{
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (socket, NULL);
  struct sockaddr_storage bytes = { 0 };
  NiceAddress bound;

  if (local == NULL ||
      !g_socket_address_to_native (local, &bytes, sizeof (bytes), NULL))
    return FALSE;
  nice_address_init (&bound);
  nice_address_set_from_sockaddr (&bound, (struct sockaddr *)&bytes);

  return nice_address_equal (&bound, address);
}

/* A TCP socket that others connect to hears nothing itself. */
static gboolean
can_hear (GSocket *socket)
{
  g_autoptr (GSocketAddress) remote = NULL;

  if (g_socket_get_socket_type (socket) == G_SOCKET_TYPE_DATAGRAM)
    return TRUE;
  remote = g_socket_get_remote_address (socket, NULL);

  return remote != NULL;
}

static GSocket *
find (
    NiceAgent *agent, guint stream, guint component, const NiceAddress *address)
{
  g_autoptr (GPtrArray) sockets =
      nice_agent_get_sockets (agent, stream, component);

  for (guint i = 0; sockets != NULL && i < sockets->len; i++) {
    GSocket *socket = g_ptr_array_index (sockets, i);

    if (can_hear (socket) && is_bound_to (socket, address))
      return g_object_ref (socket);
  }

  return NULL;
}

static char *
make_key (guint stream)
{
  return g_strdup_printf ("peer-socket-%u", stream);
}

/* On the agent's thread, or on that which reads from it. The candidates are
 * copies. */
static void
on_new_selected_pair (NiceAgent *agent, guint stream, guint component,
    NiceCandidate *local, NiceCandidate *remote, gpointer user_data)
{
  g_autofree char *key = make_key (stream);
  GSocket *socket = nice_agent_get_selected_socket (agent, stream, component);

  if (socket == NULL)
    socket = find (agent, stream, component, &local->base_addr);
  g_object_set_data_full (G_OBJECT (agent), key, socket, g_object_unref);
}

/**
 * gst_peer_ice_socket_watch:
 * @nice_agent: that has selected none yet
 */
void
gst_peer_ice_socket_watch (GObject *nice_agent)
{
  if (g_signal_handler_find (nice_agent, G_SIGNAL_MATCH_FUNC, 0, 0, NULL,
          on_new_selected_pair, NULL) == 0)
    g_signal_connect (nice_agent, "new-selected-pair-full",
        G_CALLBACK (on_new_selected_pair), NULL);
}

static gpointer
ref (gpointer socket, gpointer user_data)
{
  return socket != NULL ? g_object_ref (socket) : NULL;
}

/**
 * gst_peer_ice_socket_dup:
 * @stream: from 1 on
 *
 * Returns: (transfer full) (nullable): the socket; %NULL where there is none, or
 *   where nobody knows it
 */
GSocket *
gst_peer_ice_socket_dup (GObject *nice_agent, guint stream)
{
  g_autofree char *key = make_key (stream);

  return g_object_dup_data (nice_agent, key, ref, NULL);
}
