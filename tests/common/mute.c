/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mute.h"

static GstPadProbeReturn
drop (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

void
mute_pad (GstElement *element, const char *name)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, drop, NULL,
      NULL);
}

static void
mute_source (const GValue *source, gpointer user_data)
{
  mute_pad (g_value_get_object (source), "src");
}

void
mute_network (GstElement *pipeline)
{
  g_autoptr (GstIterator) sources =
      gst_bin_iterate_all_by_element_factory_name (
          GST_BIN (pipeline), "nicesrc");

  gst_iterator_foreach (sources, mute_source, NULL);
}
