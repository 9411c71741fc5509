/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "http-clients.h"

G_BEGIN_DECLS

/* One client's connection, for one request: how long it may take for what, and
 * whether it is still there. Everything is on the server's thread. */
typedef struct _GstPeerHttpConnection GstPeerHttpConnection;

GstPeerHttpConnection *gst_peer_http_connection_new (
    GSocket *socket, gboolean is_secure, GstPeerHttpClients *clients);
void gst_peer_http_connection_free (GstPeerHttpConnection *self);

void gst_peer_http_connection_tell (GstPeerHttpConnection *self,
    GstDebugLevel level, const char *format, ...) G_GNUC_PRINTF (3, 4);
gboolean gst_peer_http_connection_is_secure (GstPeerHttpConnection *self);
GCancellable *gst_peer_http_connection_get_cancellable (
    GstPeerHttpConnection *self);

GSocketAddress *gst_peer_http_connection_hand_over (
    GstPeerHttpConnection *self);
GstPeerHttpConnection *gst_peer_http_connection_of (GSocketAddress *remote);
GstPeerHttpConnection *gst_peer_http_connection_get (
    SoupServerMessage *message);
GstPeerHttpConnection *gst_peer_http_connection_steal (
    SoupServerMessage *message);

typedef void (*GstPeerHttpGone) (gpointer user_data);
void gst_peer_http_connection_hold (GstPeerHttpConnection *self,
    SoupServerMessage *message, GstPeerHttpGone gone, gpointer user_data);
void gst_peer_http_connection_release (GstPeerHttpConnection *self);

void gst_peer_http_connection_expect (
    GstPeerHttpConnection *self, const char *what, guint time);
GSource *gst_peer_http_connection_watch (GstPeerHttpConnection *self,
    GSourceFunc func, gpointer user_data, GDestroyNotify notify);
void gst_peer_http_connection_end_output (GstPeerHttpConnection *self);
void gst_peer_http_connection_finish (GstPeerHttpConnection *self);

G_END_DECLS
