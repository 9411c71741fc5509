/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void gst_peer_ice_socket_watch (GObject *nice_agent);
GSocket *gst_peer_ice_socket_dup (GObject *nice_agent, guint stream);
void gst_peer_ice_socket_forget (GObject *nice_agent, guint stream);

G_END_DECLS
