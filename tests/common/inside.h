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

G_END_DECLS
