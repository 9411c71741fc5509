/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* How often an element says that its streams begin, which the bin that it is in
 * keeps to itself. */
#define STREAM_STARTS "stream-starts"

static gboolean
count_and_post (GstElement *element, GstMessage *message)
{
  GstElementClass *stock = g_type_class_peek (GST_TYPE_BIN);
  gint *n = g_object_get_data (G_OBJECT (element), STREAM_STARTS);

  if (n != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_STREAM_START &&
      GST_MESSAGE_SRC (message) == GST_OBJECT (element))
    g_atomic_int_inc (n);

  return stock->post_message (element, message);
}

static inline void
stream_starts_watch (GstElement *element, gint *n)
{
  *n = 0;
  g_object_set_data (G_OBJECT (element), STREAM_STARTS, n);
  GST_ELEMENT_GET_CLASS (element)->post_message = count_and_post;
}

G_END_DECLS
