/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "signaller.h"

G_BEGIN_DECLS

/* The signaller that waits for WHEP players or WHIP publishers. Its properties
 * are written before its start; one that was stopped is not started again. */
#define GST_TYPE_PEER_SESSION_SERVER (gst_peer_session_server_get_type ())
G_DECLARE_FINAL_TYPE (GstPeerSessionServer, gst_peer_session_server, GST,
    PEER_SESSION_SERVER, GObject)

G_END_DECLS
