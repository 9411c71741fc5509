/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The handshakes of a server. Everything is on its thread, and nothing of it
 * waits. */
typedef struct _GstPeerHttpTls GstPeerHttpTls;

/**
 * GstPeerHttpTlsDone:
 * @stream: (nullable) (transfer full): encrypted; %NULL when it came to nothing
 */
typedef void (*GstPeerHttpTlsDone) (GIOStream *stream, gpointer user_data);

GstPeerHttpTls *gst_peer_http_tls_new (GTlsCertificate *certificate);
void gst_peer_http_tls_free (GstPeerHttpTls *self);
void gst_peer_http_tls_add (GstPeerHttpTls *self, GIOStream *stream,
    GCancellable *cancellable, GstPeerHttpTlsDone done, gpointer user_data);

G_END_DECLS
