/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "session.h"

G_BEGIN_DECLS

/* What a session of a peersrc carries: an outlet for each medium. */
extern const GstPeerMedia gst_peer_receiver_media;

G_END_DECLS
