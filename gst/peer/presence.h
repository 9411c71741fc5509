/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "peerconnection.h"

G_BEGIN_DECLS

void gst_peer_presence_on_state (GstPeerConnection *element);
void gst_peer_presence_stop (GstPeerConnection *element);

G_END_DECLS
