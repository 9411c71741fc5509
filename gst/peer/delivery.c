/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A peer that closes a data channel has had all its messages acknowledged before
 * (RFC 8831 section 6.7). sctpdec keeps them in a queue for a thread of the
 * channel's, and at the reset of the stream, it throws away what is there
 * (gstsctpdec.c, on_gst_sctp_association_stream_reset). So that these messages
 * reach the channel, whoever tells it of the reset waits for them. The packet
 * that asks for the reset may be too early: SCTP puts that off until it has all
 * before it, be that in the same packet or in a later one.
 *
 * What is being sent in it is no use any more, but has to go out of the way of
 * the other channels. */

#include "delivery.h"

#include <gst/base/gstdataqueue.h>

#include "channels.h"
#include "insides.h"
#include "peerconnection-private.h"

/* Nothing in the channel's way waits; this is for many messages at a time when
 * the processors have much else to do. */
#define TIMEOUT (1 * G_TIME_SPAN_SECOND)

#define DECODER "peer-decoder" /* of an association: a GWeakRef */

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
wait_until_empty (GstPad *pad, GstDataQueue *queue)
{
  gint64 deadline = g_get_monotonic_time () + TIMEOUT;
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

static GstElement *
dup_decoder (GObject *association)
{
  GWeakRef *decoder = g_object_get_data (association, DECODER);

  return decoder != NULL ? g_weak_ref_get (decoder) : NULL;
}

static void
deliver (GstElement *decoder, guint stream)
{
  g_autofree char *name = g_strdup_printf ("src_%u", stream);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (decoder, name);
  g_autoptr (GstDataQueue) queue =
      pad != NULL ? gst_peer_insides_dup_sctp_queue (pad) : NULL;

  if (queue != NULL)
    wait_until_empty (pad, queue);
}

static void
stop_sending (GstElement *decoder, guint stream)
{
  g_autoptr (GstObject) child = gst_object_get_parent (GST_OBJECT (decoder));
  g_autoptr (GstObject) element =
      child != NULL ? gst_object_get_parent (child) : NULL;

  if (GST_IS_PEER_CONNECTION (element))
    gst_peer_channels_on_reset (
        GST_PEER_CONNECTION (element), GST_ELEMENT (child), stream);
}

/* Of all associations of the process, before their decoders are told; on the
 * streaming thread of what comes from the network, which fills the queues. */
static gboolean
on_reset (GSignalInvocationHint *hint, guint n_args, const GValue *args,
    gpointer user_data)
{
  g_autoptr (GstElement) decoder = dup_decoder (g_value_get_object (&args[0]));
  guint stream = g_value_get_uint (&args[1]);

  if (decoder != NULL) {
    stop_sending (decoder, stream);
    deliver (decoder, stream);
  }

  return G_SOURCE_CONTINUE;
}

static void
watch_resets (GType type)
{
  static gsize watched;

  if (g_once_init_enter (&watched)) {
    g_signal_add_emission_hook (
        g_signal_lookup ("stream-reset", type), 0, on_reset, NULL, NULL);
    g_once_init_leave (&watched, TRUE);
  }
}

static void
free_weak_ref (gpointer weak_ref)
{
  g_weak_ref_clear (weak_ref);
  g_free (weak_ref);
}

static void
watch (GstElement *decoder)
{
  GObject *association = gst_peer_insides_get_association (decoder);
  GWeakRef *weak_ref;

  if (association == NULL)
    return;
  watch_resets (G_OBJECT_TYPE (association));
  weak_ref = g_new0 (GWeakRef, 1);
  g_weak_ref_init (weak_ref, decoder);
  g_object_set_data_full (association, DECODER, weak_ref, free_weak_ref);
}

/**
 * gst_peer_delivery_watch:
 * @encoder: of an association that has just been established
 */
void
gst_peer_delivery_watch (GstElement *encoder)
{
  g_autoptr (GstObject) child = gst_object_get_parent (GST_OBJECT (encoder));
  g_autoptr (GPtrArray) decoders =
      gst_peer_insides_find_all (GST_ELEMENT (child), "sctpdec");

  for (guint i = 0; i < decoders->len; i++)
    watch (g_ptr_array_index (decoders, i));
}
