/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A peer that closes a data channel has had all its messages acknowledged before
 * (RFC 8831 section 6.7). sctpdec keeps them in a queue for a thread of the
 * channel's, and at the reset of the stream, it throws away what is there
 * (gstsctpdec.c, on_gst_sctp_association_stream_reset). So that these messages
 * reach the channel, the packet with the reset waits for them. */

#include "delivery.h"

#include <gst/base/gstdataqueue.h>

#include "insides.h"
#include "sctp-packet.h"

/* Nothing in the channel's way waits; this is for many messages at a time when
 * the processors have much else to do. */
#define TIMEOUT (1 * G_TIME_SPAN_SECOND)

/* Shared by who waits and by the probe, of which either may be the last. */
typedef struct {
  GMutex lock;
  GCond cond;
  guint n_passed;
} Passage;

static void
clear_passage (gpointer data)
{
  Passage *passage = data;

  g_mutex_clear (&passage->lock);
  g_cond_clear (&passage->cond);
}

static void
release_passage (gpointer passage)
{
  g_atomic_rc_box_release_full (passage, clear_passage);
}

/* On the channel's thread, with each message that has left the queue. */
static GstPadProbeReturn
on_message (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Passage *passage = user_data;

  g_mutex_lock (&passage->lock);
  passage->n_passed++;
  g_cond_signal (&passage->cond);
  g_mutex_unlock (&passage->lock);

  return GST_PAD_PROBE_OK;
}

static void
wait_until_empty (GstPad *pad, GstDataQueue *queue, gint64 deadline)
{
  Passage *passage = g_atomic_rc_box_new0 (Passage);
  guint seen = 0;
  gboolean in_time = TRUE;
  gulong probe;

  g_mutex_init (&passage->lock);
  g_cond_init (&passage->cond);
  probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_message,
      g_atomic_rc_box_acquire (passage), release_passage);
  while (!gst_data_queue_is_empty (queue) && in_time) {
    g_mutex_lock (&passage->lock);
    while (passage->n_passed == seen && in_time)
      in_time = g_cond_wait_until (&passage->cond, &passage->lock, deadline);
    seen = passage->n_passed;
    g_mutex_unlock (&passage->lock);
  }
  gst_pad_remove_probe (pad, probe);
  release_passage (passage);
}

static GPtrArray *
dup_sources (GstElement *decoder)
{
  GPtrArray *sources = g_ptr_array_new_with_free_func (gst_object_unref);

  GST_OBJECT_LOCK (decoder);
  for (GList *l = decoder->srcpads; l != NULL; l = l->next)
    g_ptr_array_add (sources, gst_object_ref (l->data));
  GST_OBJECT_UNLOCK (decoder);

  return sources;
}

static void
await_delivery (GstElement *decoder)
{
  g_autoptr (GPtrArray) sources = dup_sources (decoder);
  gint64 deadline = g_get_monotonic_time () + TIMEOUT;

  for (guint i = 0; i < sources->len; i++) {
    GstPad *pad = g_ptr_array_index (sources, i);
    g_autoptr (GstDataQueue) queue = gst_peer_insides_dup_sctp_queue (pad);

    if (queue != NULL && !gst_data_queue_is_empty (queue))
      wait_until_empty (pad, queue, deadline);
  }
}

/* On the streaming thread of what comes from the network, which is the one that
 * fills the queues. */
static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstMapInfo map;
  gboolean resets;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_PAD_PROBE_OK;
  resets = gst_peer_sctp_packet_has_reset (map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  if (resets)
    await_delivery (user_data);

  return GST_PAD_PROBE_OK;
}

/**
 * gst_peer_delivery_watch:
 * @decoder: a new sctpdec
 */
void
gst_peer_delivery_watch (GstElement *decoder)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (decoder, "sink");

  if (sink != NULL)
    gst_pad_add_probe (
        sink, GST_PAD_PROBE_TYPE_BUFFER, on_packet, decoder, NULL);
}
