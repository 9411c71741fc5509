/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What insides.c says, of where the network comes in. */

#include "insides.h"

/**
 * gst_peer_insides_inputs:
 *
 * Returns: (transfer container) (element-type GstPad): where what comes from
 *   the network comes in
 */
GPtrArray *
gst_peer_insides_inputs (GstElement *child)
{
  GPtrArray *inputs = g_ptr_array_new_with_free_func (gst_object_unref);
  g_autoptr (GPtrArray) decoders =
      gst_peer_insides_find_all (child, "dtlssrtpdec");

  for (guint i = 0; i < decoders->len; i++) {
    g_autoptr (GstPad) sink =
        gst_element_get_static_pad (g_ptr_array_index (decoders, i), "sink");
    GstPad *source = sink != NULL ? gst_pad_get_peer (sink) : NULL;

    if (source != NULL)
      g_ptr_array_add (inputs, source);
  }

  return inputs;
}
