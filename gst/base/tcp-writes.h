/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GArray *gst_peer_tcp_writes_new (void);
void gst_peer_tcp_writes_update (GArray *self);
void gst_peer_tcp_writes_keep_written (GArray *self);
GSocket *gst_peer_tcp_writes_open (GArray *self, guint i);

G_END_DECLS
