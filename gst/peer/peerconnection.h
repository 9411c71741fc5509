/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_PEER_CONNECTION (gst_peer_connection_get_type ())
G_DECLARE_FINAL_TYPE (
    GstPeerConnection, gst_peer_connection, GST, PEER_CONNECTION, GstBin)

GST_ELEMENT_REGISTER_DECLARE (peerconnection);

G_END_DECLS
