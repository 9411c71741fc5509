/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sessions.h"

G_BEGIN_DECLS

struct _GstPeerSessions {
  GstBin *element; /* which this is a part of */
  GstPeerLoop *loop;
  const GstPeerMedia *media;
  const GstPeerSessionsEvents *events;
  gpointer user_data;

  GMutex lock;
  GstPeerSignaller *signaller;
  GHashTable *sessions; /* id to GstPeerSession */
  gboolean refusing;
};

/* sessions-events.c */
void gst_peer_sessions_connect (
    GstPeerSessions *self, GstPeerSignaller *signaller);

G_END_DECLS
