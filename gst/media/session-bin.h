/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What a session lives in. Once stopped, it never starts again: a state change of
 * the element it was in may still come to it. */
#define GST_TYPE_PEER_SESSION_BIN (gst_peer_session_bin_get_type ())
G_DECLARE_FINAL_TYPE (
    GstPeerSessionBin, gst_peer_session_bin, GST, PEER_SESSION_BIN, GstBin)

GstElement *gst_peer_session_bin_new (void);
void gst_peer_session_bin_stop (GstPeerSessionBin *self);

G_END_DECLS
