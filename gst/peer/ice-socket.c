/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The socket below the pair of candidates that a stream has selected. libnice
 * tells that of plain UDP only. Below a TURN server's UDP, and a TCP connection
 * that we have opened, it is one of those of the component. Of a TCP connection
 * to a TURN server, or that the peer has opened, libnice tells nothing: it is
 * the one that our requests go out of. */

#include "ice-socket.h"

#include "tcp-writes.h"

#include <sys/socket.h>

#include <agent.h>

/* That a socket has to be written to with, and it alone. Another one may be by
 * chance, in the time of a few system calls; if it is each time, the next
 * requests tell the two apart. */
#define N_REQUESTS 3
#define MAX_REQUESTS 20

typedef struct {
  GSocket *socket; /* %NULL: not known */
  /* On the element's loop */
  GArray *written; /* that may be it */
  guint n_alike;   /* requests that went out of each of them */
  guint n_requests;
} SelectedPair;

static void
clear_pair (gpointer data)
{
  SelectedPair *self = data;

  g_clear_object (&self->socket);
  g_clear_pointer (&self->written, g_array_unref);
}

static void
unref_pair (gpointer self)
{
  g_atomic_rc_box_release_full (self, clear_pair);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SelectedPair, unref_pair)

static gboolean
is_at (GSocket *socket, const NiceAddress *address)
{
  struct sockaddr_storage name = { 0 };
  socklen_t size = sizeof (name);
  NiceAddress nice_name;

  if (getsockname (g_socket_get_fd (socket), (struct sockaddr *)&name, &size) !=
      0)
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

    if (can_hear (socket) && is_at (socket, address))
      return g_object_ref (socket);
  }

  return NULL;
}

static char *
make_key (guint stream)
{
  return g_strdup_printf ("peer-selected-pair-%u", stream);
}

/* On the agent's thread, or on that which reads from it. The candidates are
 * copies. */
static void
on_new_selected_pair (NiceAgent *agent, guint stream, guint component,
    NiceCandidate *local, NiceCandidate *remote, gpointer user_data)
{
  g_autofree char *key = make_key (stream);
  SelectedPair *pair = g_atomic_rc_box_new0 (SelectedPair);

  pair->socket = nice_agent_get_selected_socket (agent, stream, component);
  if (pair->socket == NULL)
    pair->socket =
        find_in_component (agent, stream, component, &local->base_addr);
  g_object_set_data_full (G_OBJECT (agent), key, pair, unref_pair);
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
ref (gpointer pair, gpointer user_data)
{
  return pair != NULL ? g_atomic_rc_box_acquire (pair) : NULL;
}

static SelectedPair *
dup_pair (GObject *nice_agent, guint stream)
{
  g_autofree char *key = make_key (stream);

  return g_object_dup_data (nice_agent, key, ref, NULL);
}

/**
 * gst_peer_ice_socket_has_pair:
 * @stream: from 1 on
 *
 * Returns: whether a pair has been selected
 */
gboolean
gst_peer_ice_socket_has_pair (GObject *nice_agent, guint stream)
{
  g_autoptr (SelectedPair) pair = dup_pair (nice_agent, stream);

  return pair != NULL;
}

/**
 * gst_peer_ice_socket_dup:
 * @stream: from 1 on
 *
 * On the element's loop.
 *
 * Returns: (transfer full) (nullable): the socket; %NULL where there is none, or
 *   where it is not known
 */
GSocket *
gst_peer_ice_socket_dup (GObject *nice_agent, guint stream)
{
  g_autoptr (SelectedPair) pair = dup_pair (nice_agent, stream);

  return pair != NULL && pair->socket != NULL ? g_object_ref (pair->socket)
                                              : NULL;
}

/**
 * gst_peer_ice_socket_find:
 * @stream: as above
 * @send: sends a request
 *
 * Goes on to look for a socket that is not known yet. On the element's loop.
 *
 * Returns: what has been done
 */
GstPeerIceSearch
gst_peer_ice_socket_find (
    GObject *nice_agent, guint stream, GstPeerIceSend send, gpointer user_data)
{
  g_autoptr (SelectedPair) pair = dup_pair (nice_agent, stream);
  gboolean sent;

  if (pair == NULL || pair->socket != NULL || pair->n_requests == MAX_REQUESTS)
    return GST_PEER_ICE_NOT_SOUGHT;

  if (pair->written != NULL && pair->written->len > 0) {
    gst_peer_tcp_writes_update (pair->written);
  } else {
    g_clear_pointer (&pair->written, g_array_unref);
    pair->written = gst_peer_tcp_writes_new ();
    pair->n_alike = 0;
  }
  send (nice_agent, stream, user_data);
  gst_peer_tcp_writes_keep_written (pair->written);

  sent = pair->written->len > 0;
  pair->n_requests++;
  pair->n_alike++;
  if (pair->n_alike >= N_REQUESTS && pair->written->len == 1) {
    pair->socket = gst_peer_tcp_writes_open (pair->written, 0);
    g_clear_pointer (&pair->written, g_array_unref);
  }

  return sent ? GST_PEER_ICE_SENT : GST_PEER_ICE_KEPT;
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
