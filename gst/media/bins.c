/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who changes the state of a bin takes hold of each element in it, and leaves
 * alone only what is locked by the time that it has the element's lock: so both
 * lock it first, or it might play again after it was stopped. */

#include "bins.h"

/**
 * gst_peer_bin_take_away:
 * @element: (transfer full)
 *
 * To NULL, and out of @bin, which may have given it up already, when it is
 * disposed of.
 */
void
gst_peer_bin_take_away (GstBin *bin, GstElement *element)
{
  gst_element_set_locked_state (element, TRUE);
  gst_element_set_state (element, GST_STATE_NULL);
  if (gst_object_has_as_parent (GST_OBJECT (element), GST_OBJECT (bin)))
    gst_bin_remove (bin, element);
  gst_object_unref (element);
}

/**
 * gst_peer_bin_take_out:
 *
 * Out of the bin that it is in, and to NULL, for which it may wait: what streams
 * may be in a sink until that is stopped, and before, the bin is paused, with all
 * that is in it.
 */
void
gst_peer_bin_take_out (GstElement *element)
{
  g_autoptr (GstObject) bin = gst_object_get_parent (GST_OBJECT (element));

  gst_element_set_locked_state (element, TRUE);
  if (bin != NULL)
    gst_bin_remove (GST_BIN (bin), element);
  gst_element_set_state (element, GST_STATE_NULL);
}
