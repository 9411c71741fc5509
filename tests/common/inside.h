/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>

G_BEGIN_DECLS

/* Finds again what changes meanwhile, unlike gst_iterator_next(). */
static inline GstElement *
dup_inside_if (GstElement *bin, const char *factory, GCompareFunc differs)
{
  g_autoptr (GstIterator) elements =
      gst_bin_iterate_all_by_element_factory_name (GST_BIN (bin), factory);
  g_auto (GValue) element = G_VALUE_INIT;

  ck_assert_msg (gst_iterator_find_custom (elements, differs, &element, NULL),
      "no %s", factory);

  return g_value_dup_object (&element);
}

static inline int
is_any (gconstpointer element, gconstpointer user_data)
{
  return 0;
}

/* The first element of its factory, however deep inside of @bin. */
static inline GstElement *
dup_inside (GstElement *bin, const char *factory)
{
  return dup_inside_if (bin, factory, is_any);
}

static inline int
has_pushed_nothing (gconstpointer jitterbuffer, gconstpointer user_data)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 n_pushed;

  g_object_get (g_value_get_object (jitterbuffer), "stats", &stats, NULL);
  ck_assert (gst_structure_get_uint64 (stats, "num-pushed", &n_pushed));

  return n_pushed == 0;
}

/* The one that has given packets on. Another stands beside it where a lost packet
 * was sent again: for the reports of the stream that repeats, whose packets it
 * never sees. */
static inline GstElement *
dup_jitterbuffer_inside (GstElement *bin)
{
  return dup_inside_if (bin, "rtpjitterbuffer", has_pushed_nothing);
}

G_END_DECLS
