/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "session.h"

G_BEGIN_DECLS

struct _GstPeerSession {
  gint ref_count;
  char *id;
  GstBin *parent; /* the element */
  GstPeerLoop *loop;
  char **ice_servers;
  const GstPeerSessionEvents *events;
  gpointer user_data;
  const GstPeerMedia *media_class;
  gpointer media;

  /* Used on the loop, but for what is atomic. */
  GstElement *bin;
  GstElement *connection;
  GstElement *dropped; /* the one before */
  GSource *timeout;    /* one thing is waited for at a time */
  gboolean negotiating;
  gboolean offers;      /* the offer is ours */
  GstSDPMessage *offer; /* the peer's */
  gboolean described;
  gint connected; /* atomic */
  gboolean failed;
  gboolean lost; /* it was connected, and its peer does not answer any more */
  gboolean closing;
  gboolean finishing;
  gboolean stopped;  /* the connection is gone */
  gboolean released; /* and the signaller is done with it */
  GstStructure *report;
};

/* session.c */
void gst_peer_session_clear_timeout (GstPeerSession *self);
void gst_peer_session_await_connection (GstPeerSession *self);
void gst_peer_session_replace_connection (GstPeerSession *self);

/* session-connection.c */
GstElement *gst_peer_session_make_connection (GstPeerSession *self);

/* session-negotiation.c */
void gst_peer_session_check_gathering (GstPeerSession *self);
void gst_peer_session_take_candidate (
    GstPeerSession *self, guint mline, const char *candidate);

G_END_DECLS
