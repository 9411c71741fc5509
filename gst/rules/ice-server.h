/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GstPeerIceServer:
 * @scheme: "stun", "turn" or "turns"
 * @host: a name or an address, an IPv6 one without its brackets
 * @port: never 0
 * @transport: (nullable): "udp" or "tcp"
 * @username: (nullable): as it is, not encoded; %NULL for "stun"
 * @credential: (nullable): as it is, not encoded; %NULL for "stun"
 */
typedef struct {
  char *scheme;
  char *host;
  guint port;
  char *transport;
  char *username;
  char *credential;
} GstPeerIceServer;

GstPeerIceServer *gst_peer_ice_server_new (const char *url,
    const char *username, const char *credential, GError **error);
GstPeerIceServer *gst_peer_ice_server_new_from_uri (
    const char *uri, GError **error);
void gst_peer_ice_server_free (GstPeerIceServer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstPeerIceServer, gst_peer_ice_server_free)

char *gst_peer_ice_server_to_uri (const GstPeerIceServer *self);
char *gst_peer_ice_server_to_link (
    const GstPeerIceServer *self, GError **error);

G_END_DECLS
