/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "http-server.h"
#include "session-resources.h"
#include "session-server.h"

G_BEGIN_DECLS

#define GST_PEER_SDP_TYPE "application/sdp"
#define GST_PEER_FRAGMENT_TYPE "application/trickle-ice-sdpfrag"

struct _GstPeerSessionServer {
  GObject parent;

  /* The properties. */
  char *scheme;
  char *location;
  char *auth_token;
  char **ice_servers;
  GTlsCertificate *certificate;
  guint max_sessions;
  guint timeout; /* ms */
  gboolean strict;

  /* What they come to, at the start: session-settings.c. */
  gboolean is_secure;
  char *host;
  guint port;
  char *path;
  char *escaped_path;
  char **links; /* a Link header for each of the ICE servers */

  GstPeerHttpServer *http; /* from the start until nobody says anything */
  GstPeerResources *resources;
  gboolean stopped; /* on the HTTP server's thread */
};

gboolean gst_peer_session_server_settle (
    GstPeerSessionServer *self, GError **error);
void gst_peer_session_server_handle (
    SoupServerMessage *message, const char *rest, gpointer user_data);
void gst_peer_session_server_add_links (
    GstPeerSessionServer *self, SoupServerMessage *message);

G_END_DECLS
