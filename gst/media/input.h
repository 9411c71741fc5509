/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Where raw media, encoded media or RTP comes in; raw or encoded media, fit to
 * be sent, is what comes out. */
typedef struct _GstPeerInput GstPeerInput;

/**
 * GstPeerInputChange:
 *
 * Something else comes in from now on, on the streaming thread.
 *
 * Returns: whether what is behind can follow
 */
typedef gboolean (*GstPeerInputChange) (gpointer user_data);

GstPeerInput *gst_peer_input_new (GstBin *element, const char *name,
    GstPadTemplate *template, GstElement *output, GstPeerInputChange change,
    gpointer user_data);
void gst_peer_input_free (GstPeerInput *self);

GstPad *gst_peer_input_get_pad (GstPeerInput *self);

G_END_DECLS
