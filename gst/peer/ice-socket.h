/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What is sent to find a socket, on the selected pair of a stream. */
typedef void (*GstPeerIceSend) (
    GObject *nice_agent, guint stream, gpointer user_data);

typedef enum {
  GST_PEER_ICE_NOT_SOUGHT, /* nothing, as there is nothing to be found */
  GST_PEER_ICE_SENT,       /* a request went out; the next one may, soon */
  GST_PEER_ICE_KEPT,       /* libnice keeps it, until the socket takes more */
} GstPeerIceSearch;

void gst_peer_ice_socket_watch (GObject *nice_agent);
gboolean gst_peer_ice_socket_has_pair (GObject *nice_agent, guint stream);
GSocket *gst_peer_ice_socket_dup (GObject *nice_agent, guint stream);
GstPeerIceSearch gst_peer_ice_socket_find (
    GObject *nice_agent, guint stream, GstPeerIceSend send, gpointer user_data);
void gst_peer_ice_socket_forget (GObject *nice_agent, guint stream);

G_END_DECLS
