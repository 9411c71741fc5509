/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>

G_BEGIN_DECLS

/* The first element of its factory, however deep inside of @bin. */
static inline GstElement *
dup_inside (GstElement *bin, const char *factory)
{
  g_autoptr (GstIterator) elements =
      gst_bin_iterate_all_by_element_factory_name (GST_BIN (bin), factory);
  g_auto (GValue) element = G_VALUE_INIT;

  ck_assert_int_eq (gst_iterator_next (elements, &element), GST_ITERATOR_OK);

  return g_value_dup_object (&element);
}

/* The one that has given packets on. Another stands beside it where a lost packet
 * was sent again: for the reports of the stream that repeats, whose packets it
 * never sees. */
static inline GstElement *
dup_jitterbuffer_inside (GstElement *bin)
{
  g_autoptr (GstIterator) elements =
      gst_bin_iterate_all_by_element_factory_name (
          GST_BIN (bin), "rtpjitterbuffer");
  g_auto (GValue) element = G_VALUE_INIT;

  while (gst_iterator_next (elements, &element) == GST_ITERATOR_OK) {
    g_autoptr (GstStructure) stats = NULL;
    guint64 n_pushed;

    g_object_get (g_value_get_object (&element), "stats", &stats, NULL);
    ck_assert (gst_structure_get_uint64 (stats, "num-pushed", &n_pushed));
    if (n_pushed > 0)
      return g_value_dup_object (&element);
    g_value_reset (&element);
  }
  ck_abort_msg ("no jitterbuffer has given a packet on");
}

G_END_DECLS
