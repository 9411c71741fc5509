/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What insides.c says, of what is inside of an association's decoder. */

#include "insides.h"

GST_DEBUG_CATEGORY_EXTERN (gst_peer_connection_debug);
#define GST_CAT_DEFAULT gst_peer_connection_debug

/**
 * gst_peer_insides_dup_sctp_queue:
 * @src: of an association's decoder
 *
 * Its type is private (gstsctpdec.c): a pad, and this queue.
 *
 * Returns: (transfer full) (nullable): what messages wait in there
 */
GstDataQueue *
gst_peer_insides_dup_sctp_queue (GstPad *src)
{
  struct {
    GstPad parent;
    GstDataQueue *queue;
  } *own = (gpointer)src;
  GTypeQuery query;

  g_type_query (G_OBJECT_TYPE (src), &query);
  if (g_strcmp0 (query.type_name, "GstSctpDecPad") == 0 &&
      g_type_parent (query.type) == GST_TYPE_PAD &&
      query.instance_size == sizeof (*own) && GST_IS_DATA_QUEUE (own->queue))
    return g_object_ref (own->queue);

  GST_WARNING_OBJECT (src, "of unknown shape, its messages are left alone");
  return NULL;
}
