/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GObject *gst_peer_ice_get_nice_agent (GObject *ice_agent);
void gst_peer_ice_watch_peer (GObject *ice_agent);
gboolean gst_peer_ice_detach (GObject *ice_agent, guint n_streams);
GTask *gst_peer_ice_close_new (
    GObject *ice_agent, GAsyncReadyCallback callback, gpointer user_data);
void gst_peer_ice_close (GTask *task);
void gst_peer_ice_end (GObject *ice_agent, guint n_streams);
gboolean gst_peer_ice_has_pair (GObject *ice_agent, guint n_streams);
gint64 gst_peer_ice_silence (GObject *ice_agent, guint n_streams);

G_END_DECLS
