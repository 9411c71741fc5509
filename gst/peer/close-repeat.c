/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The close_notify once more, as nobody makes up for one that is lost: with one
 * packet of five lost, one peer of five is told nothing.
 *
 * What is sent is the same record, bit by bit, which is allowed and does no
 * harm: DTLS has to be prepared for the network's own duplicates, and discards
 * a record that it has seen (RFC 6347, 4.1.2.6), as SSL_read() does with
 * whatever follows a close_notify. It ends with the peer's own close_notify,
 * which is the answer that TLS asks for (RFC 5246, 7.2.1); a peer that does not
 * answer, or whose answer is lost, costs the time of the table below. */

#include "close-private.h"

#include "peerconnection-private.h"

#define GST_CAT_DEFAULT gst_peer_connection_debug

/* After how many ms it is sent again, sooner where close-timeout is short. A
 * burst of losses is waited out, so the gaps get longer. It is sent five times in
 * all: if one packet of five is lost, 32 of 100,000 peers are told nothing. */
static const guint gaps[] = { 10, 10, 20, 40 };
#define FULL_CLOSE_TIMEOUT 2000

static gboolean
is_answered (GstPeerClose *self)
{
  guint n_answers = 0;

  for (guint i = 0; i < self->inputs->len; i++) {
    GstPeerInput *input = g_ptr_array_index (self->inputs, i);

    n_answers += g_atomic_int_get (&input->alert_seen);
  }

  return n_answers >= self->lines->len;
}

static void
finish (GstPeerClose *self)
{
  gst_peer_close_stop_repeating (self);
  gst_peer_close_step_done (self, "dtls-close-notify");
}

static void
send_again (GstElement *element, gpointer user_data)
{
  GstPeerClose *self = user_data;

  for (guint i = 0; i < self->lines->len; i++) {
    GstPeerLine *line = g_ptr_array_index (self->lines, i);

    if (line->alert != NULL)
      gst_pad_chain (line->transport->exit, gst_buffer_ref (line->alert));
  }
  gst_peer_close_repeat (self);
}

static gboolean
on_gap (gpointer user_data)
{
  GstPeerClose *self = user_data;

  GST_DEBUG_OBJECT (self->element, "no close_notify of the peer: ours again");
  gst_peer_close_stop_repeating (self);
  self->n_repeats++;
  gst_peer_close_run_aside (self, send_again);

  return G_SOURCE_REMOVE;
}

static void
await_answer (GstPeerClose *self, guint gap)
{
  guint timeout = MIN (self->element->close_timeout, FULL_CLOSE_TIMEOUT);

  self->repeat = g_timeout_source_new (gap * timeout / FULL_CLOSE_TIMEOUT);
  g_source_set_callback (self->repeat, on_gap, gst_peer_close_ref (self),
      (GDestroyNotify)gst_peer_close_unref);
  g_source_attach (
      self->repeat, gst_peer_loop_get_context (self->element->loop));
}

static gboolean
on_sent (gpointer user_data)
{
  GstPeerClose *self = user_data;

  /* It was overdue: the end did not wait for it, and nothing is sent. */
  if (g_atomic_int_get (&self->shut))
    return G_SOURCE_REMOVE;

  if (self->answers_only || is_answered (self) ||
      self->n_repeats == G_N_ELEMENTS (gaps))
    finish (self);
  else
    await_answer (self, gaps[self->n_repeats]);

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_close_repeat:
 *
 * Every close_notify has been sent. From any thread.
 */
void
gst_peer_close_repeat (GstPeerClose *self)
{
  gst_peer_loop_call (self->element->loop, on_sent, gst_peer_close_ref (self),
      (GDestroyNotify)gst_peer_close_unref);
}

static gboolean
look_at_answers (gpointer user_data)
{
  GstPeerClose *self = user_data;

  if (self->repeat != NULL && is_answered (self))
    finish (self);

  return G_SOURCE_REMOVE;
}

/**
 * gst_peer_close_on_answer:
 *
 * A transport has got the peer's close_notify. From any thread.
 */
void
gst_peer_close_on_answer (GstPeerClose *self)
{
  GST_DEBUG_OBJECT (self->element, "the peer has sent its close_notify");
  gst_peer_loop_call (self->element->loop, look_at_answers,
      gst_peer_close_ref (self), (GDestroyNotify)gst_peer_close_unref);
}

/**
 * gst_peer_close_stop_repeating:
 *
 * On the loop.
 */
void
gst_peer_close_stop_repeating (GstPeerClose *self)
{
  if (self->repeat != NULL)
    g_source_destroy (self->repeat);
  g_clear_pointer (&self->repeat, g_source_unref);
}
