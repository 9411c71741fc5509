/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What insides.c says, of where the network comes in. */

#include "insides.h"

/* What one packet takes to be looked at, many times over. */
#define CUT_OFF_TIMEOUT (100 * G_TIME_SPAN_MILLISECOND)

/* Shared by who waits and by the probe, of which either may be the last. */
typedef struct {
  GMutex lock;
  GCond cond;
  gboolean is_idle;
} Idle;

static void
clear_idle (gpointer data)
{
  Idle *idle = data;

  g_mutex_clear (&idle->lock);
  g_cond_clear (&idle->cond);
}

static void
release_idle (gpointer idle)
{
  g_atomic_rc_box_release_full (idle, clear_idle);
}

static GstPadProbeReturn
on_idle (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Idle *idle = user_data;

  g_mutex_lock (&idle->lock);
  idle->is_idle = TRUE;
  g_cond_signal (&idle->cond);
  g_mutex_unlock (&idle->lock);

  return GST_PAD_PROBE_REMOVE;
}

static GstPadProbeReturn
discard (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

/**
 * gst_peer_insides_cut_off:
 * @input: one of gst_peer_insides_inputs()
 *
 * Nothing that comes from there is looked at any more. What is closed behind a
 * DTLS decoder, and the decoder itself once it is, would answer with
 * GST_FLOW_FLUSHING or GST_FLOW_EOS: nicesrc stops at that, which also reads for
 * the ICE agent. Waits for what is being looked at, though not for an
 * application that keeps it.
 *
 * Returns: whether nothing is being looked at
 */
gboolean
gst_peer_insides_cut_off (GstPad *input)
{
  Idle *idle = g_atomic_rc_box_new0 (Idle);
  gint64 end = g_get_monotonic_time () + CUT_OFF_TIMEOUT;
  gboolean is_idle, in_time = TRUE;

  g_mutex_init (&idle->lock);
  g_cond_init (&idle->cond);
  gst_pad_add_probe (input,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, discard, NULL,
      NULL);
  gst_pad_add_probe (input, GST_PAD_PROBE_TYPE_IDLE, on_idle,
      g_atomic_rc_box_acquire (idle), release_idle);
  g_mutex_lock (&idle->lock);
  while (!idle->is_idle && in_time)
    in_time = g_cond_wait_until (&idle->cond, &idle->lock, end);
  is_idle = idle->is_idle;
  g_mutex_unlock (&idle->lock);
  release_idle (idle);

  return is_idle;
}

/**
 * gst_peer_insides_inputs:
 *
 * Returns: (transfer container) (element-type GstPad): where what comes from
 *   the network comes in
 */
GPtrArray *
gst_peer_insides_inputs (GstElement *child)
{
  GPtrArray *inputs = g_ptr_array_new_with_free_func (gst_object_unref);
  g_autoptr (GPtrArray) decoders =
      gst_peer_insides_find_all (child, "dtlssrtpdec");

  for (guint i = 0; i < decoders->len; i++) {
    g_autoptr (GstPad) sink =
        gst_element_get_static_pad (g_ptr_array_index (decoders, i), "sink");
    GstPad *source = sink != NULL ? gst_pad_get_peer (sink) : NULL;

    if (source != NULL)
      g_ptr_array_add (inputs, source);
  }

  return inputs;
}
