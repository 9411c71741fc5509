/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* An HTTP server that elements with the same host and port share. Each owns a
 * path of it and what is below that. */
typedef struct _GstPeerHttpServer GstPeerHttpServer;

/**
 * GstPeerHttpHandler:
 * @message: to be answered, at once or after a pause
 * @rest: what follows the handler's path: "" or "/..."
 *
 * On the server's thread.
 */
typedef void (*GstPeerHttpHandler) (
    SoupServerMessage *message, const char *rest, gpointer user_data);

GstPeerHttpServer *gst_peer_http_server_acquire (
    const char *host, guint port, GError **error);
void gst_peer_http_server_release (GstPeerHttpServer *self);

gboolean gst_peer_http_server_add (GstPeerHttpServer *self, const char *path,
    GstPeerHttpHandler handler, gpointer user_data, GError **error);
void gst_peer_http_server_remove (GstPeerHttpServer *self, const char *path);

void gst_peer_http_server_call (GstPeerHttpServer *self, GSourceFunc func,
    gpointer data, GDestroyNotify notify);

G_END_DECLS
