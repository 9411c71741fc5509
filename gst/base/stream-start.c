/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stream-start.h"

/* A sink pad that has begun; it has its event only afterwards. */
#define BEGUN "peer-has-begun"

static void
post (GstElement *element, guint group_id)
{
  GstMessage *message = gst_message_new_stream_start (GST_OBJECT (element));

  if (group_id != GST_GROUP_ID_INVALID)
    gst_message_set_group_id (message, group_id);
  gst_element_post_message (element, message);
}

static gboolean
has_begun (GstElement *element, GstPad *pad, gpointer user_data)
{
  return g_object_get_data (G_OBJECT (pad), BEGUN) != NULL;
}

static gboolean
forget (GstElement *element, GstPad *pad, gpointer n_pads)
{
  g_object_set_data (G_OBJECT (pad), BEGUN, NULL);
  (*(guint *)n_pads)++;

  return TRUE;
}

/**
 * gst_peer_stream_start_reset:
 *
 * Streams may begin now.
 */
void
gst_peer_stream_start_reset (GstElement *element)
{
  guint n_pads = 0;

  gst_element_foreach_sink_pad (element, forget, &n_pads);
  if (n_pads == 0)
    post (element, GST_GROUP_ID_INVALID);
}

/**
 * gst_peer_stream_start_take:
 * @pad: one of its sink pads
 * @event: that has come there
 *
 * On the streaming thread.
 */
void
gst_peer_stream_start_take (GstElement *element, GstPad *pad, GstEvent *event)
{
  guint group_id = GST_GROUP_ID_INVALID;

  if (GST_EVENT_TYPE (event) != GST_EVENT_STREAM_START)
    return;

  g_object_set_data (G_OBJECT (pad), BEGUN, pad);
  if (!gst_element_foreach_sink_pad (element, has_begun, NULL))
    return;
  gst_event_parse_group_id (event, &group_id);
  post (element, group_id);
}
