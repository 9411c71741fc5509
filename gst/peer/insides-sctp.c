/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What insides.c says, of what is inside of an association. */

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

/* Of the associations that there are. */
static GMutex numbers_lock;
static GHashTable *numbers;
static guint16 last_number;

static void
give_back (gpointer number)
{
  g_mutex_lock (&numbers_lock);
  g_hash_table_remove (numbers, number);
  g_mutex_unlock (&numbers_lock);
}

static guint
take_number (void)
{
  guint number;

  g_mutex_lock (&numbers_lock);
  if (numbers == NULL)
    numbers = g_hash_table_new (NULL, NULL);
  do
    number = ++last_number;
  while (
      number == 0 || (!g_hash_table_add (numbers, GUINT_TO_POINTER (number)) &&
                         g_hash_table_size (numbers) < G_MAXUINT16));
  g_mutex_unlock (&numbers_lock);

  return number;
}

static gboolean
has_property (GstElement *element, const char *name)
{
  return g_object_class_find_property (G_OBJECT_GET_CLASS (element), name) !=
         NULL;
}

/**
 * gst_peer_insides_number_association:
 * @part: the decoder or the encoder, which has just been made
 * @number: of the association; a decoder's is new
 *
 * Before 1.28 webrtcbin draws one of 16 bits (webrtcsctptransport.c), and two
 * who draw the same share one association, of which neither gets a channel: with
 * a hundred of them in a process, every 655th. So there are no two of ours.
 */
void
gst_peer_insides_number_association (GstElement *part, guint *number)
{
  const gboolean is_decoder =
      gst_peer_insides_is (GST_OBJECT (part), "sctpdec");

  if (is_decoder)
    *number = 0;
  if (!has_property (part, "sctp-association-id") ||
      has_property (part, "automatic-association-id"))
    return;

  if (is_decoder) {
    *number = take_number ();
    g_object_set_data_full (G_OBJECT (part), "peer-association",
        GUINT_TO_POINTER (*number), give_back);
  }
  if (*number != 0)
    g_object_set (part, "sctp-association-id", *number, NULL);
}

/* Where a decoder has its association: private (gstsctpdec.h), and another place
 * where it draws the number by itself. */
typedef struct {
  GstElement parent;
  gpointer combiner;
  GstPad *sink;
  guint number;
  guint port;
  GObject *association;
  gulong handler;
} Decoder;

typedef struct {
  GstElement parent;
  gpointer combiner;
  GstPad *sink;
  guint number;
  guint port;
  gboolean is_automatic;
  GObject *automatic;
  GObject *association;
  gulong handler;
} NumberingDecoder;

/**
 * gst_peer_insides_get_association:
 * @decoder: of an association that has been established
 *
 * Returns: (transfer none) (nullable)
 */
GObject *
gst_peer_insides_get_association (GstElement *decoder)
{
  GObject *association = NULL;
  GTypeQuery query;

  g_type_query (G_OBJECT_TYPE (decoder), &query);
  if (query.instance_size == sizeof (Decoder))
    association = ((Decoder *)decoder)->association;
  else if (query.instance_size == sizeof (NumberingDecoder))
    association = ((NumberingDecoder *)decoder)->association;

  return G_IS_OBJECT (association) &&
                 g_str_equal (
                     G_OBJECT_TYPE_NAME (association), "GstSctpAssociation")
             ? association
             : NULL;
}

/* Its kill timer runs every 10 ms as long as somebody is inside. */
#define USRSCTP_TIME GST_SECOND

static void
free_after_usrsctp (gpointer associations)
{
  gst_peer_insides_free_on_clock (associations, USRSCTP_TIME);
}

/**
 * gst_peer_insides_keep_association:
 * @encoder: of an association that has just been established, on the thread
 *   that tells so
 *
 * usrsctp_close() does not wait for usrsctp's own thread. Where that is inside of
 * the association, for a timeout, or to free one that the peer has aborted while
 * a message was being sent, it goes on to call GStreamer with a pointer to the
 * association, which the last of its elements has freed (ext/sctp, up to 1.28).
 */
void
gst_peer_insides_keep_association (GstElement *encoder)
{
  g_autoptr (GstObject) child = gst_object_get_parent (GST_OBJECT (encoder));
  g_autoptr (GPtrArray) decoders =
      gst_peer_insides_find_all (GST_ELEMENT (child), "sctpdec");
  GPtrArray *associations = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < decoders->len; i++) {
    GObject *association =
        gst_peer_insides_get_association (g_ptr_array_index (decoders, i));

    if (association == NULL)
      GST_WARNING_OBJECT (child, "an association of unknown shape is not kept");
    else
      g_ptr_array_add (associations, g_object_ref (association));
  }
  g_object_set_data_full (
      G_OBJECT (child), "peer-associations", associations, free_after_usrsctp);
}

static gboolean
take_pad (GstElement *encoder, GstPad *pad, gpointer pads)
{
  g_ptr_array_add (pads, gst_object_ref (pad));
  return TRUE;
}

/**
 * gst_peer_insides_end_messages:
 *
 * No message gets into the association any more, and no thread is inside of it.
 * One may be: it waits for room in a full send buffer, and would for ever once
 * the peer is gone or the association closed (gstsctpenc.c,
 * gst_sctp_enc_sink_chain). Only the release of its pad ends that. From 1.26 on
 * webrtcbin waits for it as soon as its channel is closed.
 */
void
gst_peer_insides_end_messages (GstElement *child)
{
  g_autoptr (GstElement) encoder = gst_peer_insides_sctp_encoder (child);
  g_autoptr (GPtrArray) pads =
      g_ptr_array_new_with_free_func (gst_object_unref);

  if (encoder == NULL)
    return;

  gst_element_foreach_sink_pad (encoder, take_pad, pads);
  for (guint i = 0; i < pads->len; i++) {
    GstPad *pad = g_ptr_array_index (pads, i);

    gst_peer_insides_discard (pad);
    if (GST_PAD_STREAM_TRYLOCK (pad))
      GST_PAD_STREAM_UNLOCK (pad);
    else
      gst_element_release_request_pad (encoder, pad);
  }
}
