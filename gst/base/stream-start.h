/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What a bin is told when its sinks have begun. The sinks inside of a connection
 * do so with each peer, and long after the streams. So theirs is kept back, and
 * the element's own comes when all its sink pads have begun: at once, if it has
 * none. */
void gst_peer_stream_start_reset (GstElement *element);
void gst_peer_stream_start_take (
    GstElement *element, GstPad *pad, GstEvent *event);

G_END_DECLS
