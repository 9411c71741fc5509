/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Peers ask for key frames when they join and after every loss, and one is for
 * all of them: how many are asked of the encoder. */
typedef struct {
  gint64 time; /* of the last, asked for or made, in µs */
  gboolean has_time;
  gboolean asked; /* for one that is not made yet */
  gboolean pending;
} GstPeerKeyFrames;

/* From one to the next. */
#define GST_PEER_KEY_FRAME_INTERVAL (300 * G_GINT64_CONSTANT (1000))

/* One that has not come by then is lost, as where the encoder is at the other
 * end of a network; a slow one is not asked twice. */
#define GST_PEER_KEY_FRAME_WAIT (1000 * G_GINT64_CONSTANT (1000))

gboolean gst_peer_key_frames_request (GstPeerKeyFrames *self, gint64 now);
void gst_peer_key_frames_made (GstPeerKeyFrames *self, gint64 now);
gboolean gst_peer_key_frames_take (GstPeerKeyFrames *self, gint64 now);

G_END_DECLS
