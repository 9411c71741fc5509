/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "data-pad.h"
#include "peersrc.h"

G_BEGIN_DECLS

/* One data channel that a peer has opened: a source pad. From any thread, but to
 * be freed no later than the element; nothing here waits. */
typedef struct _GstPeerDataOutlet GstPeerDataOutlet;

GstPeerDataOutlet *gst_peer_data_outlet_new (
    GstPeerSrc *src, GstWebRTCDataChannel *channel);
void gst_peer_data_outlet_end (GstPeerDataOutlet *self);
gboolean gst_peer_data_outlet_is_done (GstPeerDataOutlet *self);
void gst_peer_data_outlet_free (GstPeerDataOutlet *self);

void gst_peer_data_outlet_end_none (GstPeerSrc *src);

G_END_DECLS
