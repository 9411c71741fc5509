/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Accepts connections, as many at once as there may be, by TLS or in the clear.
 * Everything is on the server's thread. */
typedef struct _GstPeerHttpListener GstPeerHttpListener;

/**
 * GstPeerHttpAccepted:
 * @local: (transfer none)
 * @remote: (transfer none): keeps the GstPeerHttpConnection
 */
typedef void (*GstPeerHttpAccepted) (GIOStream *stream, GSocketAddress *local,
    GSocketAddress *remote, gpointer user_data);

GstPeerHttpListener *gst_peer_http_listener_new (GSocketAddress *address,
    GTlsCertificate *certificate, GstPeerHttpAccepted accepted,
    gpointer user_data, GError **error);
void gst_peer_http_listener_accept (GstPeerHttpListener *self);
void gst_peer_http_listener_free (GstPeerHttpListener *self);

G_END_DECLS
