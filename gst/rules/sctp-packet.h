/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean gst_peer_sctp_packet_has_abort (const guint8 *data, gsize size);
GBytes *gst_peer_sctp_packet_new_abort (
    const guint8 *data, gsize size, const char *reason);
guint32 gst_peer_crc32c (const guint8 *data, gsize size);

G_END_DECLS
