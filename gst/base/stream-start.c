/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "stream-start.h"

/* A sink pad that has begun, until all have. */
#define BEGUN "peer-has-begun"

static void
post (GstElement *element, guint group_id)
{
  GstMessage *message = gst_message_new_stream_start (GST_OBJECT (element));

  if (group_id != GST_GROUP_ID_INVALID)
    gst_message_set_group_id (message, group_id);
  gst_element_post_message (element, message);
}

/* Under the element's lock. */
static void
forget_all (GstElement *element)
{
  for (GList *l = element->sinkpads; l != NULL; l = l->next)
    g_object_set_data (l->data, BEGUN, NULL);
}

/* Under the element's lock. */
static gboolean
have_all_begun (GstElement *element)
{
  for (GList *l = element->sinkpads; l != NULL; l = l->next) {
    if (g_object_get_data (l->data, BEGUN) == NULL)
      return FALSE;
  }

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
  gboolean none;

  GST_OBJECT_LOCK (element);
  forget_all (element);
  none = element->sinkpads == NULL;
  GST_OBJECT_UNLOCK (element);

  if (none)
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
  gboolean all;

  if (GST_EVENT_TYPE (event) != GST_EVENT_STREAM_START)
    return;

  GST_OBJECT_LOCK (element);
  g_object_set_data (G_OBJECT (pad), BEGUN, pad);
  all = have_all_begun (element);
  if (all)
    forget_all (element);
  GST_OBJECT_UNLOCK (element);

  if (!all)
    return;
  gst_event_parse_group_id (event, &group_id);
  post (element, group_id);
}
