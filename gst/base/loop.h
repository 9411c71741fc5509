/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A thread with a main context of its own, on which an element does whatever
 * may wait. Tasks run one after the other, in the order they were called. */
typedef struct _GstPeerLoop GstPeerLoop;

GstPeerLoop *gst_peer_loop_new (const char *name);
void gst_peer_loop_free (GstPeerLoop *self);

GMainContext *gst_peer_loop_get_context (GstPeerLoop *self);
gboolean gst_peer_loop_is_current (GstPeerLoop *self);

void gst_peer_loop_call (
    GstPeerLoop *self, GSourceFunc func, gpointer data, GDestroyNotify notify);

typedef gboolean (*GstPeerLoopCondition) (gpointer user_data);
gboolean gst_peer_loop_wait (GstPeerLoop *self, GstPeerLoopCondition reached,
    gpointer user_data, gint64 end_time);
void gst_peer_loop_wake (GstPeerLoop *self);
gboolean gst_peer_loop_flush (GstPeerLoop *self, gint64 end_time);

G_END_DECLS
