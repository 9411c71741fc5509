/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "http-client.h"

#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

/* A session at a server, from the client's side: on the http client's thread. */
typedef struct _GstPeerHttpSession GstPeerHttpSession;

/**
 * GstPeerHttpSessionSettings:
 * @location: where sessions are made
 * @plays: it is WHEP, not WHIP
 * @auth_token: (nullable): that the http client sends
 * @timeout: ms from a description of ours to its answer
 */
typedef struct {
  GUri *location;
  gboolean plays;
  const char *auth_token;
  guint timeout;
} GstPeerHttpSessionSettings;

/**
 * GstPeerHttpSessionEvents:
 * @asked: the answer to gst_peer_http_session_ask()
 * @described: by the server; an offer is a counter-offer
 * @failed: nothing but @over comes after this
 * @over: after gst_peer_http_session_end()
 *
 * Each may be called from inside of any function but free.
 */
typedef struct {
  void (*asked) (const char *const *ice_servers, gpointer user_data);
  void (*described) (
      GstWebRTCSDPType type, const GstSDPMessage *sdp, gpointer user_data);
  void (*failed) (const GError *error, guint http_status, gpointer user_data);
  void (*over) (gpointer user_data);
} GstPeerHttpSessionEvents;

GstPeerHttpSession *gst_peer_http_session_new (GstPeerHttpClient *http,
    const GstPeerHttpSessionSettings *settings,
    const GstPeerHttpSessionEvents *events, gpointer user_data);
void gst_peer_http_session_free (GstPeerHttpSession *self);

void gst_peer_http_session_ask (GstPeerHttpSession *self);
void gst_peer_http_session_describe (
    GstPeerHttpSession *self, const GstWebRTCSessionDescription *description);
void gst_peer_http_session_add_candidate (
    GstPeerHttpSession *self, guint mline, const char *candidate);
void gst_peer_http_session_end (GstPeerHttpSession *self);

G_END_DECLS
