/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "key-frames.h"

static gboolean
is_due (const GstPeerKeyFrames *self, gint64 now)
{
  gint64 interval =
      self->asked ? GST_PEER_KEY_FRAME_WAIT : GST_PEER_KEY_FRAME_INTERVAL;

  return !self->has_time || now - self->time >= interval;
}

static void
set_time (GstPeerKeyFrames *self, gint64 now, gboolean asked)
{
  self->time = now;
  self->has_time = TRUE;
  self->asked = asked;
  self->pending = FALSE;
}

/**
 * gst_peer_key_frames_request:
 *
 * Somebody needs a key frame.
 *
 * Returns: whether to ask for it now; otherwise it is kept for
 *   gst_peer_key_frames_take()
 */
gboolean
gst_peer_key_frames_request (GstPeerKeyFrames *self, gint64 now)
{
  if (!is_due (self, now)) {
    self->pending = TRUE;
    return FALSE;
  }
  set_time (self, now, TRUE);

  return TRUE;
}

/**
 * gst_peer_key_frames_made:
 *
 * There is one, which serves everybody who has asked so far.
 */
void
gst_peer_key_frames_made (GstPeerKeyFrames *self, gint64 now)
{
  set_time (self, now, FALSE);
}

/**
 * gst_peer_key_frames_take:
 *
 * For whoever comes by now and then.
 *
 * Returns: whether to ask now for what was kept
 */
gboolean
gst_peer_key_frames_take (GstPeerKeyFrames *self, gint64 now)
{
  if (!self->pending || !is_due (self, now))
    return FALSE;
  set_time (self, now, TRUE);

  return TRUE;
}
