/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The socket below the pair of candidates that a stream has selected. libnice
 * tells that of plain UDP only. Below a TURN server's UDP, and a TCP connection
 * that we have opened, it is one of those of the component. A TCP connection that
 * the peer has opened is one of those of the process. */

#include "ice-socket.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <agent.h>

/* getsockname() or getpeername() */
typedef int (*GetName) (int fd, struct sockaddr *name, socklen_t *size);

static gboolean
has_name (int fd, GetName get_name, const NiceAddress *address)
{
  struct sockaddr_storage name = { 0 };
  socklen_t size = sizeof (name);
  NiceAddress nice_name;

  if (get_name (fd, (struct sockaddr *)&name, &size) != 0 ||
      (name.ss_family != AF_INET && name.ss_family != AF_INET6))
    return FALSE;
  nice_address_init (&nice_name);
  nice_address_set_from_sockaddr (&nice_name, (struct sockaddr *)&name);

  return nice_address_equal (&nice_name, address);
}

/* A TCP socket that others connect to hears nothing itself. */
static gboolean
can_hear (GSocket *socket)
{
  return g_socket_get_socket_type (socket) == G_SOCKET_TYPE_DATAGRAM ||
         g_socket_is_connected (socket);
}

static GSocket *
find_in_component (
    NiceAgent *agent, guint stream, guint component, const NiceAddress *address)
{
  g_autoptr (GPtrArray) sockets =
      nice_agent_get_sockets (agent, stream, component);

  for (guint i = 0; sockets != NULL && i < sockets->len; i++) {
    GSocket *socket = g_ptr_array_index (sockets, i);

    if (can_hear (socket) &&
        has_name (g_socket_get_fd (socket), getsockname, address))
      return g_object_ref (socket);
  }

  return NULL;
}

static gboolean
is_between (int fd, const NiceAddress *local, const NiceAddress *remote)
{
  return has_name (fd, getsockname, local) &&
         has_name (fd, getpeername, remote);
}

/* Returns: (transfer full) (nullable): with a descriptor of its own, as the other
 *   one may be closed, and its number used again, at any time */
static GSocket *
find_in_process (const NiceAddress *local, const NiceAddress *remote)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    int fd = atoi (name);
    int own =
        is_between (fd, local, remote) ? fcntl (fd, F_DUPFD_CLOEXEC, 0) : -1;

    GSocket *socket = own >= 0 && is_between (own, local, remote)
                          ? g_socket_new_from_fd (own, NULL)
                          : NULL;

    if (socket != NULL)
      return socket;
    if (own >= 0)
      close (own);
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
    socket = find_in_component (agent, stream, component, &local->base_addr);
  if (socket == NULL &&
      local->transport == NICE_CANDIDATE_TRANSPORT_TCP_PASSIVE)
    socket = find_in_process (&local->addr, &remote->addr);
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

/**
 * gst_peer_ice_socket_forget:
 * @stream: as above
 *
 * So that its connection ends when libnice closes it.
 */
void
gst_peer_ice_socket_forget (GObject *nice_agent, guint stream)
{
  g_autofree char *key = make_key (stream);

  g_object_set_data (nice_agent, key, NULL);
}
