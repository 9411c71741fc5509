/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The TURN servers that the application has named, and what webrtcbin is given
 * for them. */

#include "turn-servers.h"

#include "ice-agent.h"
#include "peerconnection-private.h"
#include "quiet.h"
#include "turn-tls.h"

#define GST_CAT_DEFAULT gst_peer_connection_debug

void
gst_peer_turn_servers_init (GstPeerTurnServers *self)
{
  self->added = g_ptr_array_new_with_free_func (g_free);
  self->tunnels =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_peer_turn_tls_free);
}

void
gst_peer_turn_servers_clear (GstPeerTurnServers *self)
{
  g_ptr_array_unref (self->added);
  g_ptr_array_unref (self->tunnels);
  g_free (self->over_tls);
}

static gboolean
uses_libnice (GstPeerConnection *element)
{
  g_autoptr (GObject) agent = gst_peer_ice_get_nice_agent (element->agent);

  return agent != NULL;
}

static char *
find_tunnel (GstPeerTurnServers *self, const char *uri)
{
  for (guint i = 0; i < self->tunnels->len; i++) {
    GstPeerTurnTls *tunnel = g_ptr_array_index (self->tunnels, i);

    if (g_str_equal (gst_peer_turn_tls_get_uri (tunnel), uri))
      return g_strdup (gst_peer_turn_tls_get_local_uri (tunnel));
  }

  return NULL;
}

/**
 * gst_peer_turn_servers_resolve:
 * @uri: (nullable): as the application gives it
 *
 * Returns: (transfer full) (nullable): as libnice can use it; %NULL for one
 *   that nobody can, rather than without the TLS that it asks for
 */
char *
gst_peer_turn_servers_resolve (GstPeerConnection *element, const char *uri)
{
  GstPeerTurnServers *self = &element->turn_servers;
  g_autoptr (GError) error = NULL;
  GstPeerTurnTls *tunnel;
  char *local;

  if (!gst_peer_turn_tls_wants (uri) || !uses_libnice (element))
    return g_strdup (uri);

  GST_OBJECT_LOCK (element);
  local = find_tunnel (self, uri);
  GST_OBJECT_UNLOCK (element);
  if (local != NULL)
    return local;

  tunnel = gst_peer_turn_tls_new (GST_ELEMENT (element), uri, &error);
  if (tunnel == NULL) {
    GST_ELEMENT_WARNING (element, RESOURCE, SETTINGS,
        ("A TURN server is ignored."), ("%s", error->message));
    return NULL;
  }

  local = g_strdup (gst_peer_turn_tls_get_local_uri (tunnel));
  GST_OBJECT_LOCK (element);
  g_ptr_array_add (self->tunnels, tunnel);
  GST_OBJECT_UNLOCK (element);

  return local;
}

/**
 * gst_peer_turn_servers_check:
 * @uri: (nullable): that webrtcbin was given
 *
 * Says so when it was not taken, in the place of its ICE agent, which would say
 * the password as well.
 */
void
gst_peer_turn_servers_check (
    GstPeerConnection *element, const char *uri, gboolean taken)
{
  if (uri != NULL && !taken)
    GST_WARNING_OBJECT (element, "a TURN server is ignored: it has to be "
                                 "turn(s)://user:password@host:port");
}

/**
 * gst_peer_turn_servers_set:
 *
 * The property turn-server.
 */
void
gst_peer_turn_servers_set (
    GstPeerConnection *element, GstElement *child, const char *uri)
{
  g_autofree char *local = gst_peer_turn_servers_resolve (element, uri);
  g_autofree char *taken = NULL;
  g_autofree char *before = NULL;

  gst_peer_quiet_begin ();
  g_object_set (child, "turn-server", local, NULL);
  gst_peer_quiet_end ();
  g_object_get (child, "turn-server", &taken, NULL);
  gst_peer_turn_servers_check (element, local, taken != NULL);

  GST_OBJECT_LOCK (element);
  before = element->turn_servers.over_tls;
  element->turn_servers.over_tls =
      taken != NULL && g_strcmp0 (local, uri) != 0 ? g_strdup (uri) : NULL;
  GST_OBJECT_UNLOCK (element);
}

/**
 * gst_peer_turn_servers_get:
 * @value: what webrtcbin's turn-server is
 */
void
gst_peer_turn_servers_get (GstPeerConnection *element, GValue *value)
{
  GST_OBJECT_LOCK (element);
  if (element->turn_servers.over_tls != NULL)
    g_value_set_string (value, element->turn_servers.over_tls);
  GST_OBJECT_UNLOCK (element);
}

/**
 * gst_peer_turn_servers_remember:
 * @uri: that webrtcbin's add-turn-server has taken
 */
void
gst_peer_turn_servers_remember (GstPeerConnection *element, const char *uri)
{
  GST_OBJECT_LOCK (element);
  g_ptr_array_add (element->turn_servers.added, g_strdup (uri));
  GST_OBJECT_UNLOCK (element);
}

/**
 * gst_peer_turn_servers_replay:
 *
 * Adds to another webrtcbin what was added to those before.
 */
void
gst_peer_turn_servers_replay (GstPeerConnection *element, GstElement *child)
{
  GPtrArray *added = element->turn_servers.added;

  gst_peer_quiet_begin ();
  for (guint i = 0; i < added->len; i++) {
    gboolean done;

    g_signal_emit_by_name (
        child, "add-turn-server", g_ptr_array_index (added, i), &done);
  }
  gst_peer_quiet_end ();
}
