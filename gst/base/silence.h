/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct {
  gint64 stamp; /* what the kernel said, on the wall clock */
  gint64 asked; /* when it said so; monotonic, as below */
  gint64 heard; /* when there was a packet last */
} GstPeerSilence;

gint64 gst_peer_silence_update (
    GstPeerSilence *self, gint64 stamp, gint64 wall, gint64 now);
gint64 gst_peer_silence_of_socket (GSocket *socket);

G_END_DECLS
