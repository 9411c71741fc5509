/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "signaller.h"

G_BEGIN_DECLS

#define GST_TYPE_PEER_SESSION_CLIENT (gst_peer_session_client_get_type ())
G_DECLARE_FINAL_TYPE (GstPeerSessionClient, gst_peer_session_client, GST,
    PEER_SESSION_CLIENT, GObject)

G_END_DECLS
