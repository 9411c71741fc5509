/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "session.h"

G_BEGIN_DECLS

/* What a session of a peersink carries: a track for each stream. */
extern const GstPeerMedia gst_peer_sender_media;

G_END_DECLS
