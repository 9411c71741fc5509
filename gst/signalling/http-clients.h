/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* The clients of one server, together. Everything is on the server's thread. */
typedef struct _GstPeerHttpClients GstPeerHttpClients;

GstPeerHttpClients *gst_peer_http_clients_new (void);
GstPeerHttpClients *gst_peer_http_clients_ref (GstPeerHttpClients *self);
void gst_peer_http_clients_unref (GstPeerHttpClients *self);

guint gst_peer_http_clients_count (GstPeerHttpClients *self);
void gst_peer_http_clients_add (GstPeerHttpClients *self, int n);

void gst_peer_http_clients_tell (GstPeerHttpClients *self, GstDebugLevel level,
    const char *format, ...) G_GNUC_PRINTF (3, 4);

G_END_DECLS
