/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The peer connection of a session, as the element's properties want it. */

#include "session-private.h"

#include "peerconnection.h"
#include "settings.h"

static void
add_turn_server (GstElement *connection, const char *uri)
{
  gboolean added;

  g_signal_emit_by_name (connection, "add-turn-server", uri, &added);
}

/* What the user has set counts; else what the peer's server names. */
static void
set_ice_servers (GstPeerSession *self, GstElement *connection)
{
  g_autofree char *stun_server = NULL;
  g_auto (GStrv) turn_servers =
      gst_peer_settings_dup_turn_servers (G_OBJECT (self->parent));
  char **servers;

  g_object_get (self->parent, "stun-server", &stun_server, NULL);
  if (stun_server != NULL)
    g_object_set (connection, "stun-server", stun_server, NULL);
  servers = stun_server == NULL && turn_servers == NULL ? self->ice_servers
                                                        : turn_servers;

  for (guint i = 0; servers != NULL && servers[i] != NULL; i++) {
    if (g_str_has_prefix (servers[i], "stun"))
      g_object_set (connection, "stun-server", servers[i], NULL);
    else
      add_turn_server (connection, servers[i]);
  }
}

/* Port mappings are found by a question to whatever router may be there, which
 * each gathering then waits for (libnice: 200 ms). Browsers do without. */
static void
leave_router_alone (GstElement *connection)
{
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = NULL;

  g_object_get (connection, "ice-agent", &ice, NULL);
  if (ice != NULL &&
      g_object_class_find_property (G_OBJECT_GET_CLASS (ice), "agent") != NULL)
    g_object_get (ice, "agent", &agent, NULL);
  if (agent != NULL &&
      g_object_class_find_property (G_OBJECT_GET_CLASS (agent), "upnp") != NULL)
    g_object_set (agent, "upnp", FALSE, NULL);
}

/* Before the class of `peerconnection` asks for it under GObject's lock, which a
 * plugin that another thread loads may wait for, as parsebin's do. */
static void
load_webrtcbin (void)
{
  g_autoptr (GstElementFactory) factory =
      gst_element_factory_find ("webrtcbin");
  g_autoptr (GstPluginFeature) loaded = NULL;

  if (factory != NULL)
    loaded = gst_plugin_feature_load (GST_PLUGIN_FEATURE (factory));
}

/**
 * gst_peer_session_make_connection:
 *
 * Returns: (transfer full): not in a bin yet
 */
GstElement *
gst_peer_session_make_connection (GstPeerSession *self)
{
  GstElement *connection;
  guint close_timeout;
  int policy;

  load_webrtcbin ();
  connection =
      gst_object_ref_sink (gst_element_factory_make ("peerconnection", NULL));
  g_object_set_data (G_OBJECT (connection), GST_PEER_OWNER_CLOSES, connection);
  gst_util_set_object_arg (
      G_OBJECT (connection), "bundle-policy", "max-bundle");
  g_object_get (self->parent, "close-timeout", &close_timeout,
      "ice-transport-policy", &policy, NULL);
  g_object_set (connection, "close-timeout", close_timeout,
      "ice-transport-policy", policy, NULL);
  set_ice_servers (self, connection);
  leave_router_alone (connection);

  return connection;
}
