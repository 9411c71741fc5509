/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "mute.h"

#define PROBE "mute-probe"
#define LARGE 600 /* bytes; SCTP fills 1200 */

static GstPadProbeReturn
drop (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

static GstPadProbeReturn
drop_large (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  gsize size = GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER
                   ? gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info))
                   : gst_buffer_list_calculate_size (
                         GST_PAD_PROBE_INFO_BUFFER_LIST (info));

  return size > LARGE ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

static void
mute (GstElement *element, const char *name, GstPadProbeCallback func)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);
  gulong probe = gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, func, NULL,
      NULL);

  g_object_set_data (G_OBJECT (pad), PROBE, GSIZE_TO_POINTER (probe));
}

void
mute_pad (GstElement *element, const char *name)
{
  mute (element, name, drop);
}

static void
mute_source (const GValue *source, gpointer user_data)
{
  mute_pad (g_value_get_object (source), "src");
}

static void
for_each_source (
    GstElement *pipeline, GstIteratorForeachFunction func, gpointer user_data)
{
  g_autoptr (GstIterator) sources =
      gst_bin_iterate_all_by_element_factory_name (
          GST_BIN (pipeline), "nicesrc");

  gst_iterator_foreach (sources, func, user_data);
}

void
mute_network (GstElement *pipeline)
{
  for_each_source (pipeline, mute_source, NULL);
}

static void
mute_source_for_large (const GValue *source, gpointer user_data)
{
  mute (g_value_get_object (source), "src", drop_large);
}

void
mute_large_packets (GstElement *pipeline)
{
  for_each_source (pipeline, mute_source_for_large, NULL);
}

static void
hear_source (const GValue *source, gpointer user_data)
{
  g_autoptr (GstPad) pad =
      gst_element_get_static_pad (g_value_get_object (source), "src");

  gst_pad_remove_probe (
      pad, GPOINTER_TO_SIZE (g_object_steal_data (G_OBJECT (pad), PROBE)));
}

void
hear_network (GstElement *pipeline)
{
  for_each_source (pipeline, hear_source, NULL);
}

static GstPadProbeReturn
drop_until (GstPad *pad, GstPadProbeInfo *info, gpointer end)
{
  return g_get_monotonic_time () < *(gint64 *)end ? GST_PAD_PROBE_DROP
                                                  : GST_PAD_PROBE_REMOVE;
}

static void
mute_source_until (const GValue *source, gpointer end)
{
  g_autoptr (GstPad) pad =
      gst_element_get_static_pad (g_value_get_object (source), "src");

  gst_pad_add_probe (pad,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, drop_until,
      g_memdup2 (end, sizeof (gint64)), g_free);
}

void
mute_network_for (GstElement *pipeline, gint64 duration)
{
  gint64 end = g_get_monotonic_time () + duration;

  for_each_source (pipeline, mute_source_until, &end);
}
