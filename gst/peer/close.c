/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* "Close the connection", https://www.w3.org/TR/webrtc/#dfn-close-the-connection
 *
 * The rows below are the order of the close; what a row does is in
 * close-steps.c, in the same order. */

#include "close-private.h"

#include "channels.h"
#include "child.h"
#include "pads.h"
#include "ice-agent.h"
#include "peerconnection-private.h"
#include "presence.h"

#define GST_CAT_DEFAULT gst_peer_connection_debug

/* clang-format off */
static const GstPeerStep steps[] = {
  /* name               W3C          what is done                      at most, %
                                                                of close-timeout */
  { "resume",            "",          gst_peer_close_step_resume,        10 },
  { "drain",             "",          gst_peer_close_step_drain,         60 },
  { "closed",            "1-3,10-11", gst_peer_close_step_closed,         5 },
  { "rtp-bye",           "4",         gst_peer_close_step_bye,           10 },
  { "receivers",         "4",         gst_peer_close_step_receivers,      5 },
  { "input",             "",          gst_peer_close_step_input,         10 },
  { "data-channels",     "5",         gst_peer_close_step_channels,       5 },
  { "sctp-abort",        "6",         gst_peer_close_step_abort,         10 },
  { "dtls-close-notify", "7",         gst_peer_close_step_close_notify,  10 },
  { "ice",               "8-9",       gst_peer_close_step_ice,          100 },
};
/* clang-format on */

static const char *const reason_names[] = { "close", "eos", "state-change",
  "error", "remote" };

/* What a caller waits for beyond close-timeout: the end of the last step is
 * followed by the report. */
#define WAIT_MARGIN (250 * G_TIME_SPAN_MILLISECOND)

GstPeerClose *
gst_peer_close_new (GstPeerConnection *element)
{
  GstPeerClose *self = g_new0 (GstPeerClose, 1);

  self->ref_count = 1;
  self->element = element;
  self->promises =
      g_ptr_array_new_with_free_func ((GDestroyNotify)gst_promise_unref);
  g_mutex_init (&self->lock);

  return self;
}

GstPeerClose *
gst_peer_close_ref (GstPeerClose *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
gst_peer_close_unref (GstPeerClose *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_clear_pointer (&self->sequence, gst_peer_sequence_free);
  g_clear_pointer (&self->lines, g_ptr_array_unref);
  g_clear_pointer (&self->inputs, g_ptr_array_unref);
  g_clear_pointer (&self->transports, g_ptr_array_unref);
  gst_clear_object (&self->child);
  g_ptr_array_unref (self->promises);
  gst_clear_structure (&self->report);
  g_mutex_clear (&self->lock);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstPeerClose, gst_peer_close_unref)

/**
 * gst_peer_close_end:
 * @self: (transfer full): the close of a life that is over
 */
void
gst_peer_close_end (GstPeerClose *self)
{
  gst_peer_close_remove_lines (self);
  gst_peer_close_unref (self);
}

static GstPeerClose *
dup_close (GstPeerConnection *element)
{
  GstPeerClose *self;

  GST_OBJECT_LOCK (element);
  self = gst_peer_close_ref (element->close);
  GST_OBJECT_UNLOCK (element);

  return self;
}

/**
 * gst_peer_close_post_eos:
 *
 * Tells the pipeline that the element, as one of its sinks, is done.
 */
void
gst_peer_close_post_eos (GstPeerConnection *element)
{
  GstMessage *message = gst_message_new_eos (GST_OBJECT (element));

  if (element->eos_seqnum != GST_SEQNUM_INVALID)
    gst_message_set_seqnum (message, element->eos_seqnum);
  gst_element_post_message (GST_ELEMENT (element), message);
}

/* === the run === */

static void
post_results (
    GstPeerClose *self, GstPeerCloseReason reason, const GstStructure *report)
{
  GstElement *element = GST_ELEMENT (self->element);

  g_object_notify (G_OBJECT (element), "close-report");
  gst_element_post_message (
      element, gst_message_new_element (
                   GST_OBJECT (element), gst_structure_copy (report)));
  /* Nobody waits for the EOS of an element that is being stopped. */
  if (reason != GST_PEER_CLOSE_STATE_CHANGE)
    gst_peer_close_post_eos (self->element);
}

static void
on_sequence_done (gpointer user_data)
{
  GstPeerClose *self = user_data;
  GstPeerConnection *element = self->element;
  g_autoptr (GPtrArray) promises = NULL;
  g_autoptr (GstStructure) report = NULL;
  GstPeerCloseReason reason;

  gst_peer_close_shut_lines (self);
  gst_peer_close_stop_repeating (self);

  g_mutex_lock (&self->lock);
  reason = self->reason;
  report = gst_structure_new ("peerconnection-closed", "reason", G_TYPE_STRING,
      reason_names[reason], NULL);
  gst_peer_sequence_report (self->sequence, report);
  self->report = gst_structure_copy (report);
  self->finished = TRUE;
  promises = g_steal_pointer (&self->promises);
  self->promises = g_ptr_array_new ();
  g_mutex_unlock (&self->lock);
  if (self->child != NULL)
    gst_element_set_locked_state (self->child, FALSE);

  GST_INFO_OBJECT (element, "%" GST_PTR_FORMAT, report);
  for (guint i = 0; i < promises->len; i++)
    gst_promise_reply (
        g_ptr_array_index (promises, i), gst_structure_copy (report));
  post_results (self, reason, report);

  g_mutex_lock (&self->lock);
  self->told = TRUE;
  g_mutex_unlock (&self->lock);
  gst_peer_loop_wake (element->loop);

  gst_peer_close_unref (self);
  gst_object_unref (element);
}

static gboolean
run (gpointer user_data)
{
  GstPeerClose *self = user_data;
  GstPeerConnection *element = self->element;
  gboolean put_off;

  g_mutex_lock (&self->lock);
  put_off = self->put_off = self->pausing;
  g_mutex_unlock (&self->lock);
  if (put_off)
    return G_SOURCE_REMOVE;

  gst_peer_presence_stop (element);
  self->child = gst_peer_child_dup (element);
  gst_peer_close_open_lines (self);
  g_mutex_lock (&self->lock);
  self->sequence = gst_peer_sequence_new (steps, G_N_ELEMENTS (steps),
      gst_peer_loop_get_context (element->loop), self);
  g_mutex_unlock (&self->lock);
  gst_peer_sequence_start (
      self->sequence, element->close_timeout, on_sequence_done);

  return G_SOURCE_REMOVE;
}

/* Begins once, for the first @reason. A close during the drain cuts that
 * short. */
static void
begin (GstPeerClose *self, GstPeerCloseReason reason)
{
  gboolean begun;

  g_mutex_lock (&self->lock);
  begun = self->begun;
  self->begun = TRUE;
  if (!begun)
    self->reason = reason;
  g_mutex_unlock (&self->lock);

  if (begun) {
    gst_peer_close_step_done (self, "drain");
    return;
  }
  /* Until on_sequence_done(). */
  gst_object_ref (self->element);
  gst_peer_close_ref (self);
  gst_peer_loop_call (self->element->loop, run, self, NULL);
}

/* From any thread. */
void
gst_peer_close_step_done (GstPeerClose *self, const char *step)
{
  GstPeerSequence *sequence;

  g_mutex_lock (&self->lock);
  sequence = self->sequence;
  g_mutex_unlock (&self->lock);

  if (sequence != NULL)
    gst_peer_sequence_step_done (sequence, step);
}

/**
 * gst_peer_close_mark:
 *
 * What of a close happens at once, on the thread that asks for it. Takes no
 * lock of webrtcbin's.
 */
void
gst_peer_close_mark (GstPeerClose *self)
{
  if (!gst_peer_states_close (self->element))
    return;

  gst_peer_channels_mute (self->element);
  gst_peer_pads_gate (self->element);
}

/* === entry points === */

/**
 * gst_peer_close:
 * @reason: why
 * @promise: (transfer none) (nullable): replied to with the report
 *
 * W3C's close: abrupt. When this returns, the states read closed; the rest is
 * done on the element's loop. A second close does nothing, but its promise is
 * replied to as well.
 */
void
gst_peer_close (
    GstPeerConnection *element, GstPeerCloseReason reason, GstPromise *promise)
{
  g_autoptr (GstPeerClose) self = dup_close (element);
  gboolean was_closed = gst_peer_states_is_closed (element);
  gboolean finished;

  g_mutex_lock (&self->lock);
  finished = self->finished;
  if (!finished && promise != NULL)
    g_ptr_array_add (self->promises, gst_promise_ref (promise));
  g_mutex_unlock (&self->lock);

  if (finished && promise != NULL)
    gst_promise_reply (promise, gst_structure_copy (self->report));
  if (was_closed)
    return;

  gst_peer_close_mark (self);
  begin (self, reason);
}

/**
 * gst_peer_close_after_drain:
 * @seqnum: of the EOS
 * @awaits_pads: whether it comes down the sink pads, too
 *
 * GStreamer's end: what came before is delivered first, within close-timeout.
 */
void
gst_peer_close_after_drain (
    GstPeerConnection *element, guint32 seqnum, gboolean awaits_pads)
{
  g_autoptr (GstPeerClose) self = dup_close (element);
  gboolean begun;

  g_mutex_lock (&self->lock);
  begun = self->begun;
  g_mutex_unlock (&self->lock);

  if (begun) {
    gst_peer_close_on_pads_drained (self);
    return;
  }
  element->eos_seqnum = seqnum;
  g_atomic_int_set (&self->awaits_pads, awaits_pads);
  begin (self, GST_PEER_CLOSE_EOS);
}

static gboolean
is_finished (gpointer user_data)
{
  GstPeerClose *self = user_data;
  gboolean finished;

  g_mutex_lock (&self->lock);
  finished = self->finished;
  g_mutex_unlock (&self->lock);

  return finished;
}

/**
 * gst_peer_close_before_pause:
 *
 * What is paused cannot send, and elements that change their states cannot be
 * made to: a close that has begun keeps its child playing, and one that begins
 * meanwhile waits for gst_peer_close_after_pause().
 */
void
gst_peer_close_before_pause (GstPeerConnection *element)
{
  g_autoptr (GstPeerClose) self = dup_close (element);
  g_autoptr (GstElement) child = gst_peer_child_dup (element);
  gboolean running;

  g_mutex_lock (&self->lock);
  running = self->begun && !self->finished;
  self->pausing = !running;
  g_mutex_unlock (&self->lock);
  if (!running || child == NULL)
    return;
  gst_element_set_locked_state (child, TRUE);
  /* That end may have come first. */
  if (is_finished (self))
    gst_element_set_locked_state (child, FALSE);
}

void
gst_peer_close_after_pause (GstPeerConnection *element)
{
  g_autoptr (GstPeerClose) self = dup_close (element);
  gboolean was_put_off;

  g_mutex_lock (&self->lock);
  self->pausing = FALSE;
  was_put_off = self->put_off;
  self->put_off = FALSE;
  g_mutex_unlock (&self->lock);
  if (was_put_off)
    gst_peer_loop_call (element->loop, run, self, NULL);
}

static gboolean
is_told (gpointer user_data)
{
  GstPeerClose *self = user_data;
  gboolean told;

  g_mutex_lock (&self->lock);
  told = self->told;
  g_mutex_unlock (&self->lock);

  return told;
}

/**
 * gst_peer_close_wait:
 *
 * Waits for the end of a close that has begun, at most for what is left of
 * close-timeout. Nothing is posted after it, as the bin that messages pass may
 * be freed then; but who is told by one, on the loop, does not wait for itself.
 */
gboolean
gst_peer_close_wait (GstPeerConnection *element)
{
  g_autoptr (GstPeerClose) self = dup_close (element);
  gint64 timeout = (gint64)element->close_timeout * G_TIME_SPAN_MILLISECOND;

  return gst_peer_loop_wait (element->loop,
      gst_peer_loop_is_current (element->loop) ? is_finished : is_told, self,
      g_get_monotonic_time () + timeout + WAIT_MARGIN);
}

/**
 * gst_peer_close_dup_report:
 *
 * Returns: (transfer full) (nullable): %NULL before the end of a close
 */
GstStructure *
gst_peer_close_dup_report (GstPeerConnection *element)
{
  g_autoptr (GstPeerClose) self = dup_close (element);
  GstStructure *report;

  g_mutex_lock (&self->lock);
  report = self->report != NULL ? gst_structure_copy (self->report) : NULL;
  g_mutex_unlock (&self->lock);

  return report;
}

/**
 * gst_peer_close_is_final:
 *
 * Returns: whether the connection is closed; in NULL the element may be
 *   prepared for its next life
 */
gboolean
gst_peer_close_is_final (GstPeerConnection *element)
{
  return gst_peer_states_is_closed (element) &&
         gst_peer_insides_state (GST_ELEMENT (element)) != GST_STATE_NULL;
}

/* === from elsewhere === */

void
gst_peer_close_on_channels_drained (GstPeerConnection *element)
{
  g_autoptr (GstPeerClose) self = dup_close (element);

  if (!g_atomic_int_get (&self->awaits_pads))
    gst_peer_close_step_done (self, "drain");
}

/**
 * gst_peer_close_on_dtls:
 *
 * A handshake is over, or a connection.
 */
void
gst_peer_close_on_dtls (GstPeerConnection *element)
{
  g_autoptr (GstPeerClose) self = dup_close (element);

  gst_peer_close_on_handshake_over (self);
}

/**
 * gst_peer_close_on_association_lost:
 *
 * The peer has aborted it: nothing is left to abort.
 */
void
gst_peer_close_on_association_lost (GstPeerConnection *element)
{
  g_autoptr (GstPeerClose) self = dup_close (element);

  gst_peer_close_step_done (self, "sctp-abort");
}

/**
 * gst_peer_close_on_ice_closed:
 *
 * On the loop. In a later life than the one that asked it is of no use.
 */
void
gst_peer_close_on_ice_closed (GstPeerConnection *element)
{
  g_autoptr (GstPeerClose) self = dup_close (element);

  if (self->transports == NULL)
    return;
  gst_peer_ice_end (element->agent, self->transports->len);
  gst_peer_close_step_done (self, "ice");
}

/**
 * gst_peer_close_on_sink_eos:
 *
 * EOS on one of several sink pads ends that sender, the last one the
 * connection. Of what is closed it says nothing: it is what upstream makes of a
 * pad that takes nothing any more. On the pad's streaming thread.
 */
void
gst_peer_close_on_sink_eos (
    GstPeerConnection *element, GstPad *pad, guint32 seqnum)
{
  if (gst_peer_states_is_closed (element))
    return;

  if (gst_peer_pads_await_eos (element)) {
    gst_peer_close_end_sender (element, pad);
  } else if (element->close_on_eos) {
    gst_peer_close_after_drain (element, seqnum, FALSE);
  } else {
    element->eos_seqnum = seqnum;
    gst_peer_close_end_sender (element, pad);
    gst_peer_close_post_eos (element);
  }
}
