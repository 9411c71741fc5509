/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstPeerTurnTls GstPeerTurnTls;

GstPeerTurnTls *gst_peer_turn_tls_new (
    GstElement *element, const char *uri, GError **error);
void gst_peer_turn_tls_free (GstPeerTurnTls *self);

gboolean gst_peer_turn_tls_wants (const char *uri);
const char *gst_peer_turn_tls_get_uri (GstPeerTurnTls *self);
const char *gst_peer_turn_tls_get_local_uri (GstPeerTurnTls *self);

G_END_DECLS
