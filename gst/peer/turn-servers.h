/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "peerconnection.h"

G_BEGIN_DECLS

/* Guarded by the element's object lock. */
typedef struct {
  GPtrArray *added;   /* what add-turn-server gave to webrtcbin */
  GPtrArray *tunnels; /* element-type GstPeerTurnTls, for the element's life */
  char *over_tls;     /* the property turn-server, when it is one of these */
} GstPeerTurnServers;

void gst_peer_turn_servers_init (GstPeerTurnServers *self);
void gst_peer_turn_servers_clear (GstPeerTurnServers *self);

void gst_peer_turn_servers_set (
    GstPeerConnection *element, GstElement *child, const char *uri);
void gst_peer_turn_servers_get (GstPeerConnection *element, GValue *value);
char *gst_peer_turn_servers_resolve (
    GstPeerConnection *element, const char *uri);
void gst_peer_turn_servers_check (
    GstPeerConnection *element, const char *uri, gboolean taken);
void gst_peer_turn_servers_remember (
    GstPeerConnection *element, const char *uri);
void gst_peer_turn_servers_replay (
    GstPeerConnection *element, GstElement *child);

G_END_DECLS
