/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sessions.h"
#include "settings.h"

G_BEGIN_DECLS

/* What peersink and peersrc have in common: a location, the sessions that it
 * leads to, and their end. */
typedef struct _GstPeerEndpoint GstPeerEndpoint;

/**
 * GstPeerEndpointClass:
 * @sends: whether media goes to the peers
 * @media: what a session carries
 * @is_ready: whether what there is to be sent is known
 * @idle: the last session has ended, and the element has not been closed
 * @closed: the element was closed, and nothing is left of its sessions
 *
 * Both events come on the loop.
 */
typedef struct {
  gboolean sends;
  const char *closed_name; /* of the message at the end */
  const GstPeerMedia *media;
  gboolean (*is_ready) (GstBin *element);
  void (*idle) (GstBin *element);
  void (*closed) (GstBin *element);
} GstPeerEndpointClass;

typedef enum {
  GST_PEER_END_CLOSE,
  GST_PEER_END_EOS,
  GST_PEER_END_STATE_CHANGE,
  GST_PEER_END_REMOTE,
} GstPeerEnd;

void gst_peer_endpoint_install (
    GObjectClass *klass, const char *location, guint max_sessions);
GstPeerEndpoint *gst_peer_endpoint_new (GstBin *element,
    const GstPeerEndpointClass *klass, const char *location,
    guint max_sessions);
void gst_peer_endpoint_free (GstPeerEndpoint *self);

GstPeerLoop *gst_peer_endpoint_get_loop (GstPeerEndpoint *self);
GstPeerSessions *gst_peer_endpoint_get_sessions (GstPeerEndpoint *self);

gboolean gst_peer_endpoint_set_property (
    GstPeerEndpoint *self, guint id, const GValue *value);
gboolean gst_peer_endpoint_get_property (
    GstPeerEndpoint *self, guint id, GValue *value);

gboolean gst_peer_endpoint_change_state (
    GstPeerEndpoint *self, GstStateChange transition);
void gst_peer_endpoint_state_changed (GstPeerEndpoint *self,
    GstStateChange transition, GstStateChangeReturn result);

void gst_peer_endpoint_close (
    GstPeerEndpoint *self, GstPeerEnd reason, GstPromise *promise);
gboolean gst_peer_endpoint_is_closed (GstPeerEndpoint *self);
gboolean gst_peer_endpoint_is_client (GstPeerEndpoint *self);
gboolean gst_peer_endpoint_had_sessions (GstPeerEndpoint *self);
gboolean gst_peer_endpoint_take_message (
    GstPeerEndpoint *self, GstMessage *message);

void gst_peer_endpoint_proxy_init (gpointer iface, gpointer data);

G_END_DECLS
