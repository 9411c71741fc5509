/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* An HTTP server that elements with the same host and port share. Each owns a
 * path of it and what is below that. */
typedef struct _GstPeerHttpServer GstPeerHttpServer;

/**
 * GstPeerHttpRoute:
 * @protocol: what is spoken there: "whep" or "whip"
 * @handle: answers a request, at once or after gst_peer_http_pause(); the rest
 *   is what follows the path, "" or "/..."
 * @count: how many sessions there are
 *
 * Both functions are called on the server's thread.
 */
typedef struct {
  const char *protocol;
  void (*handle) (
      SoupServerMessage *message, const char *rest, gpointer user_data);
  guint (*count) (gpointer user_data);
} GstPeerHttpRoute;

GstPeerHttpServer *gst_peer_http_server_acquire (
    const char *host, guint port, GTlsCertificate *certificate, GError **error);
void gst_peer_http_server_release (GstPeerHttpServer *self);

gboolean gst_peer_http_server_add (GstPeerHttpServer *self, const char *path,
    const GstPeerHttpRoute *route, gpointer user_data, GError **error);
void gst_peer_http_server_remove (GstPeerHttpServer *self, const char *path);

void gst_peer_http_server_call (GstPeerHttpServer *self, GSourceFunc func,
    gpointer data, GDestroyNotify notify);

G_END_DECLS
