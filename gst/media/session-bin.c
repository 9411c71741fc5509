/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session-bin.h"

struct _GstPeerSessionBin {
  GstBin parent;

  gint stopped; /* atomic */
};

G_DEFINE_FINAL_TYPE (GstPeerSessionBin, gst_peer_session_bin, GST_TYPE_BIN)

static GstStateChangeReturn
gst_peer_session_bin_change_state (
    GstElement *element, GstStateChange transition)
{
  GstPeerSessionBin *self = GST_PEER_SESSION_BIN (element);

  /* A bin takes no notice of the failure of what it has no more. */
  if (transition == GST_STATE_CHANGE_NULL_TO_READY &&
      g_atomic_int_get (&self->stopped))
    return GST_STATE_CHANGE_FAILURE;

  return GST_ELEMENT_CLASS (gst_peer_session_bin_parent_class)
      ->change_state (element, transition);
}

static void
gst_peer_session_bin_class_init (GstPeerSessionBinClass *klass)
{
  GST_ELEMENT_CLASS (klass)->change_state = gst_peer_session_bin_change_state;
}

static void
gst_peer_session_bin_init (GstPeerSessionBin *self)
{
}

/**
 * gst_peer_session_bin_new:
 *
 * Returns: (transfer full)
 */
GstElement *
gst_peer_session_bin_new (void)
{
  return gst_object_ref_sink (g_object_new (GST_TYPE_PEER_SESSION_BIN, NULL));
}

/**
 * gst_peer_session_bin_stop:
 *
 * Out of the element that it is in, and to NULL, for good. May wait.
 *
 * What streams may be in a sink until that is stopped, and before, the element is
 * paused, with all that is in it: so this is not, any more. But who changes the
 * state of the element may have got hold of this before, and would start it again.
 */
void
gst_peer_session_bin_stop (GstPeerSessionBin *self)
{
  g_autoptr (GstObject) element = gst_object_get_parent (GST_OBJECT (self));

  if (element != NULL)
    gst_bin_remove (GST_BIN (element), GST_ELEMENT (self));
  g_atomic_int_set (&self->stopped, TRUE);
  gst_element_set_state (GST_ELEMENT (self), GST_STATE_NULL);
}
