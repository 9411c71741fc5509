/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From a description to the next one, each step when webrtcbin has made the one
 * before: the replies come on its thread and go on to the loop. */

#include "session-private.h"

#include <gst/sdp/sdp.h>

#include "remote-description.h"

/* An answer carries all candidates, as there is no way to send more. STUN
 * servers get this long. */
#define ANSWER_GATHER_TIMEOUT 500 /* ms */

/* What an offer lacks follows it. */
#define OFFER_GATHER_TIMEOUT 200 /* ms */

static void
fail_negotiation (GstPeerSession *self)
{
  g_autoptr (GError) error =
      g_error_new_literal (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
          self->offers ? "The answer does not fit the offer."
                       : "The offer cannot be answered.");

  gst_peer_session_fail (self, error);
}

static gboolean
is_error (GstPromise *promise)
{
  return gst_promise_wait (promise) != GST_PROMISE_RESULT_REPLIED ||
         (gst_promise_get_reply (promise) != NULL &&
             gst_structure_has_field (
                 gst_promise_get_reply (promise), "error"));
}

static GstPromise *
new_promise (GstPeerSession *self, GstPromiseChangeFunc func)
{
  return gst_promise_new_with_change_func (func, gst_peer_session_ref (self),
      (GDestroyNotify)gst_peer_session_unref);
}

/* === the description for the peer === */

static void
send_description (GstPeerSession *self)
{
  g_autoptr (GstWebRTCSessionDescription) description = NULL;

  if (self->described || self->closing)
    return;

  g_object_get (self->connection, "local-description", &description, NULL);
  if (description == NULL)
    return;
  if (!self->offers) {
    gst_peer_answer_keep_profiles (description->sdp, self->offer);
    if (self->media_class->describe != NULL)
      self->media_class->describe (self->media, description->sdp);
  }
  self->described = TRUE;
  gst_peer_session_await_connection (self);
  self->events->described (self, description, self->user_data);
}

/**
 * gst_peer_session_check_gathering:
 *
 * The ICE agent may have found all that it can.
 */
void
gst_peer_session_check_gathering (GstPeerSession *self)
{
  GstWebRTCICEGatheringState state;

  g_object_get (self->connection, "ice-gathering-state", &state, NULL);
  if (state != GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    return;
  if (!self->described)
    send_description (self);
  else if (self->offers && !self->closing)
    self->events->candidate (self, 0, "", self->user_data);
}

static void
await_candidates (GstPeerSession *self)
{
  if (self->closing)
    return;
  gst_peer_session_set_timeout (self,
      self->offers ? OFFER_GATHER_TIMEOUT : ANSWER_GATHER_TIMEOUT,
      send_description);
  gst_peer_session_check_gathering (self);
}

/**
 * gst_peer_session_take_candidate:
 *
 * One of our own. webrtcbin has put it into its description already.
 */
void
gst_peer_session_take_candidate (
    GstPeerSession *self, guint mline, const char *candidate)
{
  if (self->offers && self->described && !self->closing)
    self->events->candidate (self, mline, candidate, self->user_data);
}

/* === webrtcbin's replies, on its thread === */

static void
on_local_set (GstPromise *promise, gpointer user_data)
{
  gst_peer_session_call (
      user_data, is_error (promise) ? fail_negotiation : await_candidates);
  gst_promise_unref (promise);
}

static void
set_local (GstPeerSession *self, GstPromise *promise, const char *name)
{
  g_autoptr (GstWebRTCSessionDescription) description = NULL;

  if (is_error (promise) ||
      !gst_structure_get (gst_promise_get_reply (promise), name,
          GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL))
    gst_peer_session_call (self, fail_negotiation);
  else
    g_signal_emit_by_name (self->connection, "set-local-description",
        description, new_promise (self, on_local_set));
  gst_promise_unref (promise);
}

static void
on_answer_made (GstPromise *promise, gpointer user_data)
{
  set_local (user_data, promise, "answer");
}

static void
on_offer_made (GstPromise *promise, gpointer user_data)
{
  set_local (user_data, promise, "offer");
}

static void
on_offer_set (GstPromise *promise, gpointer user_data)
{
  GstPeerSession *self = user_data;

  if (is_error (promise))
    gst_peer_session_call (self, fail_negotiation);
  else
    g_signal_emit_by_name (self->connection, "create-answer", NULL,
        new_promise (self, on_answer_made));
  gst_promise_unref (promise);
}

static void
on_answer_set (GstPromise *promise, gpointer user_data)
{
  if (is_error (promise))
    gst_peer_session_call (user_data, fail_negotiation);
  gst_promise_unref (promise);
}

/* === the beginnings === */

/**
 * gst_peer_session_offer:
 *
 * Makes the offer, which comes as an event.
 */
void
gst_peer_session_offer (GstPeerSession *self)
{
  g_autoptr (GError) error = NULL;

  if (self->closing)
    return;
  self->negotiating = TRUE;
  self->offers = TRUE;
  if (!self->media_class->offer (self->media, &error)) {
    gst_peer_session_fail (self, error);
    return;
  }
  gst_element_sync_state_with_parent (self->bin);
  g_signal_emit_by_name (self->connection, "create-offer", NULL,
      new_promise (self, on_offer_made));
}

static void
take_offer (GstPeerSession *self, GstWebRTCSessionDescription *offer)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->offer, gst_sdp_message_free);
  gst_sdp_message_copy (offer->sdp, &self->offer);

  /* First, as an encoder that runs already sends at once, and into what is not
   * active its events are lost. */
  gst_element_sync_state_with_parent (self->bin);
  if (!self->media_class->answer (self->media, offer->sdp, &error)) {
    gst_peer_session_fail (self, error);
    return;
  }
  g_signal_emit_by_name (self->connection, "set-remote-description", offer,
      new_promise (self, on_offer_set));
}

static void
take_answer (GstPeerSession *self, GstWebRTCSessionDescription *answer)
{
  g_autoptr (GError) error = NULL;

  if (!self->media_class->accept (self->media, answer->sdp, &error)) {
    gst_peer_session_fail (self, error);
    return;
  }
  g_signal_emit_by_name (self->connection, "set-remote-description", answer,
      new_promise (self, on_answer_set));
}

/**
 * gst_peer_session_take_description:
 * @description: the peer's
 *
 * An offer is answered by an event. One that comes in the place of an answer to
 * ours begins anew: webrtcbin cannot take an offer back.
 */
void
gst_peer_session_take_description (
    GstPeerSession *self, GstWebRTCSessionDescription *description)
{
  g_autoptr (GstWebRTCSessionDescription) own =
      gst_webrtc_session_description_copy (description);
  g_autoptr (GError) error = NULL;

  if (self->closing)
    return;
  if (!gst_peer_remote_description_mend (own->sdp, &error)) {
    gst_peer_session_fail (self, error);
    return;
  }

  if (own->type == GST_WEBRTC_SDP_TYPE_OFFER) {
    if (self->negotiating && (!self->offers || self->dropped != NULL))
      return;
    if (self->offers)
      gst_peer_session_replace_connection (self);
    self->negotiating = TRUE;
    take_offer (self, own);
  } else if (self->offers) {
    take_answer (self, own);
  }
}

void
gst_peer_session_add_candidate (
    GstPeerSession *self, guint mline, const char *candidate)
{
  if (!self->closing)
    g_signal_emit_by_name (
        self->connection, "add-ice-candidate", mline, candidate);
}
