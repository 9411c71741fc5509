/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codecs.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* One medium that peers are sent: an input pad, and behind it each encoding of
 * it that a peer takes, made once for all of them. */
typedef struct _GstPeerStream GstPeerStream;

GstPeerStream *gst_peer_stream_new (GstBin *bin, const char *name);
void gst_peer_stream_free (GstPeerStream *self);

GstPad *gst_peer_stream_get_input (GstPeerStream *self);
GstCaps *gst_peer_stream_dup_caps (GstPeerStream *self);

GstPad *gst_peer_stream_request_source (
    GstPeerStream *self, const GstPeerCodec *codec, GError **error);
void gst_peer_stream_release_source (GstPad *source);

G_END_DECLS
