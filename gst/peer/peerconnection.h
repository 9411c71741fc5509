/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_PEER_CONNECTION (gst_peer_connection_get_type ())
G_DECLARE_FINAL_TYPE (
    GstPeerConnection, gst_peer_connection, GST, PEER_CONNECTION, GstBin)

/* Data of a peer connection whose owner closes it when its peer is lost, and first
 * says why: the streams end with the close then, and not before. */
#define GST_PEER_OWNER_CLOSES "peer-owner-closes"

GST_ELEMENT_REGISTER_DECLARE (peerconnection);

G_END_DECLS
