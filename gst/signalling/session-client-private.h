/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "announcer.h"
#include "http-client.h"
#include "http-session.h"
#include "loop.h"
#include "session-client.h"

G_BEGIN_DECLS

struct _GstPeerSessionClient {
  GObject parent;

  /* Set before the start. */
  char *scheme;
  char *location;
  char *auth_token;
  GTlsDatabase *tls_database;
  GTlsCertificateFlags tls_validation_flags;
  guint timeout;
  gboolean ice_servers_wanted;

  GUri *uri;

  /* From the start to the end of the stop: for those who say something. On the
   * loop it is there. */
  GMutex lock;
  GstPeerLoop *loop;

  /* The loop's. */
  GstPeerHttpClient *http;
  GstPeerHttpSession *session;
  gboolean is_ending; /* by end_session() or refuse() */
  gboolean is_over;
  gboolean is_stopping;
  GstPeerAnnouncer announcer;

  gint stopped; /* atomic */
};

gboolean gst_peer_session_client_start (
    GstPeerSignaller *signaller, GError **error);
void gst_peer_session_client_stop (GstPeerSignaller *signaller);

G_END_DECLS
